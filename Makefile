# make demo   a running portal with a sample merchant        PORT=8080 DATA=var
# make test   every test, on SQLite, PostgreSQL and Chromium  ARGS="-k cancel" JOBS=2
# make lint   what a machine can judge       make fmt   what a machine can mend
# make bench  how fast it is                 make lock  newest dependencies: UPGRADE=--upgrade

PORT   ?= 8080
DATA   ?= var
JOBS   ?= 2
ARGS   ?=
VENV   ?= .venv
BIN    := $(VENV)/bin
# The newest Python of 3.11 or later that can make an environment.
PYTHON ?= $(firstword $(foreach p,python3.13 python3.12 python3.11 python3,$(if $(shell $p -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo ok),$p)))
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The official SDKs of older API versions, each in a folder of its own
SDKS   := $(patsubst requirements-sdk-%.lock,.cache/sdk/%/stamp,$(wildcard requirements-sdk-*.lock))

export PIP_NO_INPUT := 1

.PHONY: demo test lint fmt bench lock clean

demo: $(VENV)/runtime.stamp
	@$(BIN)/tenure demo --port $(PORT) --data $(DATA)

test: $(VENV)/dev.stamp $(SDKS)
	@chromium=$$(scripts/chromium.sh $(BIN)/python) && echo "Chromium: $$chromium" && \
	    TENURE_TEST_CHROMIUM="$$chromium" $(BIN)/python -m pytest -n $(JOBS) $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_migrations.py

fmt: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.stamp .venv-bench/stamp
	LOCALSTRIPE=$(abspath .venv-bench/bin/localstripe) $(BIN)/python -m benchmarks $(ARGS)

lock:
	PYTHON=$(PYTHON) scripts/lock.sh $(UPGRADE)

clean:
	rm -rf $(VENV) .venv-bench .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Environments. A stamp is newer than the lock it was made from, so that the second run starts at once.

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Tenure needs Python 3.11 or later with venv and ensurepip; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON), once …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.lock pyproject.toml | $(BIN)/python
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp | $(BIN)/python
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

.cache/sdk/%/stamp: requirements-sdk-%.lock | $(BIN)/python
	@rm -rf $(@D)
	@$(PIP) install --no-deps --require-hashes --target $(@D) -r $<
	@touch $@

.venv-bench/stamp: requirements-bench.lock
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-bench.lock
	@touch $@
