# `make demo` and `make test` need Python >= 3.11 and make; all else they install into .venv.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

# The first interpreter that runs, is new enough and can make an environment. Override: make PYTHON=…
PYTHON ?= $(shell for candidate in python3.13 python3.12 python3.11 python3 python; do \
	"$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1 && { echo "$$candidate"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench notebooks verify clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

demo: $(VENV)/.runs  ## simulate a quarter of the example fleet, as written and as intended
	$(BIN)/ove-capacity simulate scenarios/rh-ove.yaml
	@echo
	$(BIN)/ove-capacity simulate scenarios/rh-ove.yaml --variant intended

test: $(VENV)/.develops  ## all fast tests: unit, conformance, architecture, documents, notebooks
	$(BIN)/python -m pytest --nbmake

lint: $(VENV)/.develops  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/.develops  ## timings, as ratios to the plain source of the same kernel
	$(BIN)/python -m tests.benchmarks

notebooks: $(VENV)/.develops  ## run every notebook
	$(BIN)/python -m pytest --nbmake notebooks

verify: $(VENV)/.develops  ## the slow proofs
	$(BIN)/python -m pytest -m verification

clean:  ## remove the environment and all caches
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

# Stamps: an environment is made once, and brought up to date when what it is made from changes.
$(VENV)/.made:
	@test -n "$(PYTHON)" || { \
		echo "No Python >= 3.11 with venv was found; install one, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Creating $(VENV) with $(PYTHON)"
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runs: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) -e .
	@$(BIN)/python -m compileall -q ove_capacity  # half a second of each start where Python may write no bytecode
	@$(BIN)/ove-capacity compile  # or the first large question waits for it
	@touch $@

$(VENV)/.develops: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) -e '.[dev]'
	@$(BIN)/ove-capacity compile
	@touch $@ $(VENV)/.runs
