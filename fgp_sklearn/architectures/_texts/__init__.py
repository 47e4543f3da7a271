"""Forms in which benchmarks write architectures: one file per family, and one row in the table per form."""

from fgp_sklearn.architectures._texts._darts import DARTS_FORMS
from fgp_sklearn.architectures._texts._hugging_face import HUGGING_FACE_FORMS
from fgp_sklearn.architectures._texts._nasbench101 import NASBENCH101_FORMS
from fgp_sklearn.architectures._texts._nasbench201 import NASBENCH201_FORMS
from fgp_sklearn.architectures._texts._nasbench301 import NASBENCH301_FORMS
from fgp_sklearn.architectures._texts._nasbench_macro import NASBENCH_MACRO_FORMS
from fgp_sklearn.architectures._texts._nats_size import NATS_SIZE_FORMS
from fgp_sklearn.architectures._texts._once_for_all import ONCE_FOR_ALL_FORMS
from fgp_sklearn.architectures._texts._text_form import TextForm
from fgp_sklearn.architectures._texts._transformers import TRANSFORMER_FORMS
from fgp_sklearn.architectures._texts._transnas import TRANSNAS_FORMS

TEXT_FORMS: dict[str, TextForm] = {
    form.name: form
    for form in (
        *NASBENCH101_FORMS,
        *NASBENCH201_FORMS,
        *NATS_SIZE_FORMS,
        *DARTS_FORMS,
        *NASBENCH301_FORMS,
        *NASBENCH_MACRO_FORMS,
        *TRANSNAS_FORMS,
        *ONCE_FOR_ALL_FORMS,
        *TRANSFORMER_FORMS,
        *HUGGING_FACE_FORMS,
    )
}

__all__ = ["TEXT_FORMS", "TextForm"]
