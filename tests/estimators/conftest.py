"""As the checks of compatibility, these tests run on one torch thread."""

from tests.sklearn_compatibility.conftest import one_thread

__all__ = ["one_thread"]
