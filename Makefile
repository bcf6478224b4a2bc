# A spinal cord stimulator in software, never for clinical use.
# Needs Python 3.11 or newer, make, and a package index. `make` alone lists what it can do.

PYTHON  ?= python3
VENV    := .venv
WORKERS := auto
ARGS    :=

BIN     := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Warnings of a build are for whoever builds.
PIP     := PYTHONWARNINGS=ignore $(BIN)/python -m pip --disable-pip-version-check install --quiet
# An editable installation leaves compiling to the first run, which may not be allowed to write.
COMPILE := $(BIN)/python -m compileall -q scs firmware_model programmer_tui

# A stamp is touched when its step has succeeded, so the second run of a target starts at once, and a
# run that was interrupted is taken up again.
MADE    := $(VENV)/.made
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench simulate docs coverage mutants nightly sbom audit clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(RUNTIME) ## Install into .venv and play the demonstration
	@$(BIN)/scs demo $(ARGS)

test: $(DEV) ## Install into .venv and run every test (ARGS="-k words" picks some)
	@$(BIN)/python -m pytest -q -n $(WORKERS) $(ARGS)

lint: $(DEV) ## Check style, format, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(DEV) ## Measure against pymodbus and against bare imports
	@$(BIN)/scs bench $(ARGS)

SEED :=
simulate: $(DEV) ## Play seeds of faults against implant, link and programmers (SEED=7 plays that one)
	@$(BIN)/scs simulate $(if $(SEED),--seed $(SEED),) $(ARGS)

# The tests of what decides, without those that take seconds a run: a mutant is tried with each of them.
DECIDES := tests/unit/test_charge.py tests/unit/test_safety.py tests/unit/test_verdict_words.py \
  tests/unit/test_interlocks.py tests/unit/test_comparator.py tests/unit/test_stimulator.py \
  tests/simulation/test_implant_safety.py tests/simulation/test_two_witnesses.py

coverage: $(DEV) ## Measure that every branch of what decides is taken
	@$(BIN)/python -m pytest -q -n $(WORKERS) $(DECIDES) --cov-branch \
	  --cov=scs.domain.safety --cov=scs.domain.charge --cov=firmware_model.interlocks \
	  --cov-report=term-missing --cov-fail-under=100

mutants: $(DEV) ## Try the tests on mutants of what decides (some minutes; not on Windows)
	@$(PIP) --editable '.[dev,mutants]'
	@rm -rf mutants
	@HYPOTHESIS_PROFILE=ci $(BIN)/mutmut run > /dev/null
	@$(BIN)/python -m tests.support.mutants

nightly: $(DEV) ## Run the long campaigns, for hours (PART=10 runs a tenth, SEED=2 is another night)
	@$(BIN)/python -m tests.support.nightly --part $(or $(PART),1) --seed $(or $(SEED),1) $(ARGS)
	@$(BIN)/python -m pytest -q -m nightly

docs: $(DEV) ## Write again what the documents take from the code
	@$(BIN)/scs schema > docs/program.schema.json.new
	@mv docs/program.schema.json.new docs/program.schema.json
	@$(BIN)/python -m scs.wire.describe > docs/protocol.cddl.new
	@mv docs/protocol.cddl.new docs/protocol.cddl
	@$(BIN)/scs wire dissector > docs/scs.lua.new
	@mv docs/scs.lua.new docs/scs.lua
	@$(BIN)/python -m firmware_model.modes > docs/modes.md.new
	@mv docs/modes.md.new docs/modes.md
	@$(BIN)/python -m firmware_model.regions > docs/memory.md.new
	@mv docs/memory.md.new docs/memory.md
	@$(BIN)/python -m programmer_tui.catalogue > docs/keys.md.new
	@mv docs/keys.md.new docs/keys.md
	@$(BIN)/python -m tests.support.traceability
	@$(BIN)/python -m tests.support.pictures docs/screens

sbom: $(DEV) ## Write what scs needs to run as CycloneDX into build/sbom.cdx.json
	@$(PIP) --editable '.[dev,supply]'
	@mkdir -p build
	@$(BIN)/python -m tests.support.bill_of_materials > build/sbom.cdx.json.new
	@mv build/sbom.cdx.json.new build/sbom.cdx.json
	@echo "build/sbom.cdx.json"

audit: sbom ## Ask the public database of advisories about exactly those versions (needs the network)
	@$(BIN)/python -m tests.support.audit $(ARGS)

clean: ## Remove the virtual environment and everything that tools left behind
	@rm -rf mutants $(VENV) build dist *.egg-info .coverage .coverage.* htmlcov
	@rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	@$(PYTHON) -c '' 2>/dev/null || { \
	  echo "There is no '$(PYTHON)' here. Install Python 3.11 or newer, or name yours: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "'$(PYTHON)' is $$($(PYTHON) -V 2>&1), and this project needs 3.11 or newer. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not make a virtual environment; on Debian and Ubuntu, install python3-venv."; exit 1; }
# The pip that Python brings is as old as Python and takes twice the time; it will do where there is no other.
	@$(PIP) --upgrade 'pip>=25,<28' 2>/dev/null || true
	@touch $@

$(RUNTIME): pyproject.toml | $(MADE)
	@echo "Installing the stimulator and what it needs"
	@$(PIP) --editable .
	@$(COMPILE)
	@touch $@

$(DEV): pyproject.toml | $(MADE)
	@echo "Installing the stimulator, its tests and its tools"
	@$(PIP) --editable '.[dev]'
	@$(COMPILE)
	@touch $@ $(RUNTIME)
