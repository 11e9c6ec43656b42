# Everything a checkout needs; each command sets up what it uses.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
INSTALL  = $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE  = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
           --generate-hashes --no-emit-index-url --no-header pyproject.toml

.PHONY: run test check prove models bench lock

run: $(VENV)/serving          # serve this checkout's models on 127.0.0.1:8000
	$(BIN)/riskscore serve

test: $(VENV)/development     # prove behaviour
	$(BIN)/python -m pytest

check: $(VENV)/development    # prove shape: format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

prove: $(VENV)/development    # the large proofs: minutes, not seconds
	$(BIN)/python -m bench.country

models: $(VENV)/development   # refit the champions on a simulated country, from its seed
	rm -rf build/country build/models
	$(BIN)/python -m training simulate --out build/country --people 150000 --days 540 --seed 1
	for product in sim_registration account_opening account_activity; do \
	    $(BIN)/python -m training fit $$product build/country --out build/models || exit 1; \
	done
	rm -rf models
	mv build/models models

bench: $(VENV)/serving        # nothing is measured yet
	@echo "no benchmark yet"

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
