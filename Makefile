# Everything runs in .venv, which the first target that needs it makes with Python, make and pip alone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
# Pages whose code stands between two sidebars; those in docs/guide and examples have a ruff.toml.
NARROW := docs/recipes.md docs/scaling.md

.DEFAULT_GOAL := help
.PHONY: help demo test lint format docs docs-check dist-check bench clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

# The stamps are as old as the last installation; a change of what to install outdates them.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "fgp-sklearn needs Python 3.11 or later, and '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)."; \
		echo "Name another one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { \
		echo "This Python has no ensurepip; its own pip fills $(VENV)."; \
		$(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
	@echo "Installing into $(VENV) (some minutes the first time) ..."
	@$(PIP_INSTALL) -e ".[dev,datasets,plot]"
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	@echo "Installing what the documentation needs into $(VENV) ..."
	@$(PIP_INSTALL) -e ".[docs]"
	@touch $@

demo: $(VENV)/.installed ## Run the quickstart: supervised against pre-trained on two benchmarks
	N_SPLITS=3 $(BIN)/python examples/plot_quickstart.py

test: $(VENV)/.installed ## Run the tests and the examples of the docstrings
	$(BIN)/python -m pytest -q -n auto --dist loadfile

lint: $(VENV)/.installed ## Check style, types, layers and walls of modules, and docstrings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/ruff format --check --line-length 79 $(NARROW)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docstrings.py tests/test_walls.py

format: $(VENV)/.installed ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/ruff format --line-length 79 $(NARROW)

docs: $(VENV)/.installed-docs ## Build the documentation into docs/_build/html
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

docs-check: docs ## Open every page of the documentation in Chromium, light and dark, wide and narrow
	$(BIN)/python docs/check_site.py

dist-check: $(VENV)/.installed-docs ## Build wheel and sdist; run tour and quickstart on them in a fresh environment
	$(BIN)/python docs/check_wheel.py

bench: $(VENV)/.installed ## Measure speed beside its targets (about ten minutes)
	$(BIN)/python benchmarks/speed.py

clean: ## Remove what was built, except .venv
	rm -rf build dist docs/_build docs/auto_examples docs/reference/generated docs/tour.ipynb docs/architectures.csv
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find fgp_sklearn tests examples benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +
