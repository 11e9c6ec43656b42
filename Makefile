# Everything a checkout needs; each command sets up what it uses.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
INSTALL  = $(BIN)/python -m pip install --quiet --disable-pip-version-check
FIT      = $(BIN)/python -m training fit
SHIPPED  = riskscore training bench examples .ci
AUDIT    =                    # --required, where there is a network
LATER    = --from 2025-09-01 --scores-from build/upstream/sim_registration
COMPILE  = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
           --generate-hashes --no-emit-index-url --no-strip-extras --no-header pyproject.toml

.PHONY: setup run test check prove models bench lock

setup: $(VENV)/development    # training and tests in .venv, and nothing else

run: $(VENV)/serving          # serve this checkout's models on 127.0.0.1:8000
	$(BIN)/riskscore serve --first-key

test: $(VENV)/development     # prove behaviour
	$(BIN)/python -m pytest -n auto

check: $(VENV)/development    # prove shape: format, lint, types, import contracts, weaknesses
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --confidence-level medium -r $(SHIPPED)
	$(BIN)/python .ci/audit.py $(AUDIT)

prove: $(VENV)/development    # the large proofs: minutes, not seconds
	$(BIN)/python -m pytest tests/prove
	$(BIN)/python -m bench.country

models: $(VENV)/development   # refit the champions on a simulated country, from its seed
	rm -rf build/country build/upstream build/models
	$(BIN)/python -m training simulate --out build/country --people 150000 --days 540 --seed 1
	$(FIT) sim_registration build/country --out build/models
	$(FIT) sim_registration build/country --out build/upstream --as-of 2025-06-01
	$(FIT) account_opening build/country --out build/models $(LATER)
	$(FIT) account_activity build/country --out build/models $(LATER)
	rm -rf models
	mv build/models models

bench: $(VENV)/development    # what speed costs and is worth: one table, csv and picture in build/bench
	$(BIN)/python -m bench

lock: $(VENV)/development     # resolve the requirement files anew
	$(COMPILE) -o requirements.txt
	$(COMPILE) --extra portfolio -o requirements-portfolio.txt
	$(COMPILE) --extra dev -o requirements-dev.txt

$(BIN)/python:
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or later, please' if sys.version_info < (3, 11) else 0)"
	$(PYTHON) -m venv $(VENV)

$(VENV)/serving: requirements.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements.txt
	$(INSTALL) --no-deps -e .
	touch $@

$(VENV)/development: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements-dev.txt
	$(INSTALL) --no-deps -e .
	touch $@ $(VENV)/serving
