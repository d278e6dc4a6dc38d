# Two commands matter: `make run` and `make test`. Everything lives in .venv and data/; `make clean` forgets it.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.run-ready
TEST_READY := $(VENV)/.test-ready

export VILT_PUBLIC_URL ?= http://127.0.0.1:$(PORT)

.PHONY: help run test coverage check format lock clean bench storm

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

run: $(RUN_READY) ## start on 127.0.0.1:8000 (PORT=…), with a first client on the first start
	@$(BIN)/vilt migrate
	@$(BIN)/vilt welcome
	@exec $(BIN)/vilt serve --host 127.0.0.1 --port $(PORT)

test: check ## everything: the checks, then every test on SQLite and PostgreSQL, pages in a browser
	@.ci/tools
	@unset VILT_PUBLIC_URL; $(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=

coverage: $(TEST_READY) ## what the last `make test` ran through; its floor stands in pyproject.toml
	@$(BIN)/coverage report

check: $(TEST_READY) ## what needs no running service: style, types, doors of the house, Dockerfile
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/hadolint --config .hadolint.yaml Dockerfile

format: $(TEST_READY) ## put the code into shape
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

# No index address in the locks: pip's own configuration decides where from, the hashes decide what.
LOCK = $(BIN)/lock/bin/uv pip compile pyproject.toml - --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url

lock: | $(VENV) ## choose versions anew
	@test -x $(BIN)/lock/bin/uv || ($(PYTHON) -m venv $(BIN)/lock && $(BIN)/lock/bin/pip install --quiet uv)
	@echo 'setuptools>=77' | $(LOCK) --output-file requirements.txt
	@echo 'setuptools>=77' | $(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

bench: $(foreach name,launch class_start create attendance grow footprint,bench-$(name)) ## every benchmark; on a quiet machine

bench-%: $(TEST_READY)
	@$(BIN)/python -m bench.$*

storm: $(TEST_READY) ## the long fault storm: SEED=1 SESSIONS=10000
	@$(BIN)/python -m tests.faults --seed $(or $(SEED),1) --sessions $(or $(SESSIONS),10000)

clean: ## forget the environment, the caches and the practice data
	rm -rf $(VENV) data build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

# setuptools is in the locks, so that installing the project itself fetches nothing unpinned.
$(RUN_READY): requirements.txt pyproject.toml | $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(TEST_READY): requirements-dev.txt $(RUN_READY)
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
