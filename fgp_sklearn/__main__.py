"""``python -m fgp_sklearn``: the command ``fgp-sklearn``."""

import sys

from fgp_sklearn.cli import main

if __name__ == "__main__":
    sys.exit(main())
