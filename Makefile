# Every command of this project; `make` alone lists them. Needs Python 3.11 or newer, GNU make and git, nothing else.

PYTHON ?= python3
MODEL  ?= local
ARGS   ?=

# One process a core, but no more than have memory of their own; tests/workers.py shares the tests out.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadscope --no-loadscope-reorder

UV_VERSION := 0.13.9
VENV       := .venv
BIN        := $(VENV)/bin
INSTALLED  := $(VENV)/.installed
UV         := $(BIN)/uv --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo up test browser check format lock drill clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## make .venv and install what requirements.lock pins, if it is not there yet

# The stamp is made last: an install that broke off is taken up again.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "nightschool needs Python 3.11 or newer, and '$(PYTHON)' is not that. Name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --quiet --disable-pip-version-check install uv==$(UV_VERSION)
	$(UV) pip install --python $(BIN)/python --no-deps --require-hashes -r requirements.lock
	$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## run a whole night: a real agent, a real small model (or MODEL=simulated)
	$(BIN)/python -m demo --model $(MODEL) $(ARGS)

up: install ## serve this folder: Prefect's server and UI, deployments, worker, alerts (ARGS="--port 4300")
	$(BIN)/python -m deployments.serve $(ARGS)

test: install browser ## run all tests (pytest's own options: ARGS="-k gate")
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

drill: install ## run what takes long: many kills at random points
	$(BIN)/python -m pytest -m drill $(ARGS)

browser: ## install Chromium for the browser tests, where that is possible
	@if command -v chromium >/dev/null; then exit 0; fi; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root="sudo -n"; \
	if command -v apt-get >/dev/null && $$as_root true 2>/dev/null \
	  && $$as_root apt-get update -qq && $$as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null; then \
	  echo "Chromium was installed for the browser tests."; \
	else echo "There is no Chromium here, and it can't be installed: the browser tests will be skipped."; fi

check: install ## check format, lint, types and layers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## format the code, and repair what ruff can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: install ## resolve pyproject.toml anew into requirements.lock
	$(UV) pip compile pyproject.toml --extra all --universal --python-version 3.11 --generate-hashes \
	  --override lock-overrides.txt --no-header --no-emit-index-url -o requirements.lock
	@# The image's: the same versions, but for boto3, of which s3fs takes an older one.
	sed -n '/^boto/d; /^[a-z].*==/s/ \\$$//p' requirements.lock > $(VENV)/tested.txt
	$(UV) pip compile pyproject.toml --extra night --extra machines --extra gepa --extra phonenumbers --universal \
	  --python-version 3.11 --generate-hashes --override docker/left-out.txt --constraint $(VENV)/tested.txt \
	  --no-header --no-annotate --no-emit-index-url -o docker/requirements.lock

clean: ## remove .venv and caches; nights and their results stay
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
