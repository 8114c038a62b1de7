# Every target makes .venv first, with the system's Python 3.11 or newer; nothing else is needed.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo dashboard test coverage check bench drills clean

demo: $(VENV)/.run
	@$(BIN)/topline demo

dashboard: $(VENV)/.run
	@$(BIN)/topline dashboard topline-demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not drill"

coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup --no-loadscope-reorder -m "not browser and not drill" --cov --cov-report=
	@$(BIN)/python tests/branches.py

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tests/typecheck.py
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

drills: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 -rP -m drill tests/drills

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "topline needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 demo"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	@echo "Setting up $(VENV) with topline and what it needs (once; a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Adding what the tests and checks need (once; a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,browser,check]'
	@touch $@
