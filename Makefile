# Two commands for a fresh machine: `make demo` and `make test`. Both first make a
# virtual environment in .venv; when nothing has changed, that step takes no time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo web docs test test-consumers lint format types bundles clean
help:
	@echo "make demo    make phantoms, train a 3D model, evaluate, predict (8 minutes)"
	@echo "make test    run all tests"
	@echo "make test-consumers  install MONAI Label and MONAI Deploy apart, try all bundles in them"
	@echo "make web     install the 3D viewer of the page, then open it (needs npm)"
	@echo "make docs    build the documentation's site into build/site"
	@echo "make lint    formatter, linter and type checker, as CI runs them"
	@echo "make format  rewrite the code as the formatter wants it"
	@echo "make bundles compile configs/ into bundles/"

# The stamp is older than setup.cfg when dependencies may have changed.
$(VENV)/installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "mritumor needs Python 3.10 or later; set PYTHON=python3.x")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	@touch $@

web: $(VENV)/installed
	$(BIN)/mritumor serve --install-viewer
	$(BIN)/mritumor serve

docs: $(VENV)/installed
	$(BIN)/python -m mkdocs build --quiet --strict
	@echo "open build/site/index.html, or with its search: $(BIN)/python -m http.server -d build/site"

demo: $(VENV)/installed
	$(BIN)/python tools/demo.py

test: $(VENV)/installed
	$(BIN)/python -m pytest $(TESTS)

# One thread a process: what is tried is tiny, and several are tried at a time.
test-consumers: $(VENV)/installed
	$(BIN)/python tools/consumers/install.py
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/consumers --consumers $(TESTS)

lint: $(VENV)/installed
	$(BIN)/black --check --quiet mritumor tests tools slicer_module
	$(BIN)/isort --check --quiet mritumor tests tools slicer_module
	$(BIN)/flake8 mritumor tests tools slicer_module
	$(BIN)/mypy
	$(BIN)/python tools/build_bundles.py --check

format: $(VENV)/installed
	$(BIN)/isort --quiet mritumor tests tools slicer_module
	$(BIN)/black --quiet mritumor tests tools slicer_module

bundles: $(VENV)/installed
	$(BIN)/python tools/build_bundles.py

clean:
	rm -rf demo build .mypy_cache .pytest_cache
