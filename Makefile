# make demo      sets up and runs the main job: trains a character RNN by truncated BPTT and draws it
# make test      sets up and runs the tests, or those of a room: make test T=tests/models
# make test-lab  the same with all that tests can use: the extras `lab` and `jax`, other engines; the system's
#                Graphviz and a browser where they are
# make test-oldest  the tests with the oldest version of each dependency that pyproject.toml allows
# make bench     sets up minigrad and its peers, and measures them side by side: docs/benchmarks.md, README.md
# make docs      sets up and builds the site: docs/_build/html/index.html
# make check     sets up, lints, and checks the types of an installed copy
# make clean     removes what the others made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo
T ?=
JOBS ?= auto

OLDEST := .venv-oldest

.PHONY: demo test test-lab test-oldest bench docs check clean

demo: $(VENV)/.core
	$(BIN)/python -m minigrad demo --out $(OUT)

test: $(VENV)/.test
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal $(T)

test-lab: $(VENV)/.lab
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal $(T)

test-oldest: $(OLDEST)/.made
	$(OLDEST)/bin/python -m pytest --numprocesses $(JOBS) --dist worksteal $(T)

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks --readme README.md

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q -b html -j auto docs docs/_build/html
	$(BIN)/python -m tests.docs.site docs/_build/html

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tests.types
	$(BIN)/python -m tests.trust.distribution

clean:
	rm -rf $(VENV) $(OLDEST) $(OUT) lab build docs/_build docs/api docs/shown *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Where a Python comes without ensurepip, its own pip installs into the new environment.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || $(PYTHON) -m venv --clear --without-pip $(VENV)

install = $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check

$(VENV)/.core: pyproject.toml | $(BIN)/python
	$(install) --editable .
	touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(install) --editable '.[test]'
	touch $@ $(VENV)/.core

$(VENV)/.lab: pyproject.toml | $(BIN)/python
	$(install) --editable '.[test,lab,jax,autograd,mygrad,micrograd]'
	touch $@ $(VENV)/.core $(VENV)/.test

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	$(install) --editable '.[bench]'
	touch $@ $(VENV)/.core

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	$(install) --editable '.[docs]'
	touch $@ $(VENV)/.core

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(install) --editable '.[dev]'
	touch $@ $(VENV)/.core $(VENV)/.test

# uv chooses the oldest versions; pip can't.
$(OLDEST)/.made: pyproject.toml | $(VENV)/.dev
	$(install) uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(OLDEST)
	$(BIN)/uv pip install --quiet --python $(OLDEST)/bin/python --resolution lowest-direct --editable '.[test,lab,jax]'
	touch $@
