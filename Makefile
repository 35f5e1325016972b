# `make` prints what there is. Every target sets up first what it needs; without make: README.md.
# GNU make 3.81 (macOS) is enough.

PYTHON ?= python3
BIN := .venv/bin

# What other programs set for a Python of their own would mislead the course's (-E, below, too).
unexport PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_USER

# Given on the command line or not; an empty CONSTRAINTS= means the newest versions.
options = $(if $(TORCH),--torch "$(TORCH)") \
  $(if $(filter undefined,$(origin CONSTRAINTS)),,--constraints "$(CONSTRAINTS)")

# Prints nothing where .venv is up to date or was made, else one line that says what to do.
set-up = $(shell line=$$($(PYTHON) -E bootstrap.py $(options)) || echo "$${line:-The set-up did not \
start or was cut off: run the same command again. Without Python 3.11 or newer here, install it; under another \
name, name it, as in make lab PYTHON=python3.12}")

# As an error of make's own, that line is the last one on the screen.
stop-if-any = $(if $(1),$(error $(1)))

# What drives the browser, which learners do not need. Where it is there already, no network is needed:
# not to build the clone either, with the hatchling that the set-up installed.
add-browser = $(BIN)/python -m pip install --quiet --disable-pip-version-check \
  --constraint constraints.txt --no-build-isolation --editable ".[browser,site]"

# What makes pages of the notebooks.
add-site = $(BIN)/python -m pip install --quiet --disable-pip-version-check \
  --constraint constraints.txt --no-build-isolation --editable ".[site]"

.PHONY: help lab test setup lint notebooks mutants browser boxed everywhere stranger soak bench site editions wheel offline-kit constraints clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

lab: setup ## open the course in JupyterLab (ARGS=--no-browser: print its address only)
	@$(BIN)/dlcourse lab $(ARGS)

test: setup ## run every cell of every lesson and all other tests (ARGS="-k tensors")
	$(BIN)/pytest -n auto $(ARGS)

setup: ## make .venv, or find it up to date (TORCH=cpu: PyTorch without CUDA)
	@$(call stop-if-any,$(set-up)):

lint: setup ## check style and types of the code, and style of the notebooks
	@$(add-browser)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

notebooks: setup ## run all lessons and save them with their outputs
	$(BIN)/dlcourse run --save

mutants: setup ## try every small fault in every solution on its check (ARGS=tensors)
	$(BIN)/python tests/exercises/mutants.py $(ARGS)

browser: setup ## use course and site in a real browser as a learner would (needs Chromium)
	@$(add-browser)
	$(BIN)/pytest -n auto browser $(ARGS)

boxed: setup ## attack the box that grading runs submissions in (needs bubblewrap)
	$(BIN)/pytest boxed $(ARGS)

everywhere: setup ## run the suite under many settings (ARGS=no-home+tr_TR; all take hours)
	$(BIN)/python tests/settings/everywhere.py $(ARGS)

stranger: setup ## run the suite as on machines that are new to the project
	$(BIN)/python tests/settings/everywhere.py bare+zip+no-network stranger no-home lived-in full-home $(ARGS)

soak: setup ## run the suite N times under random settings: make soak N=20
	$(BIN)/python tests/settings/everywhere.py --soak $(or $(N),20) $(ARGS)

bench: setup ## time the lessons and the fast training; write .bench/results.json
	$(BIN)/python -m benchmarks $(ARGS)

site: setup ## make the course's web pages, in build/site/
	@$(add-site)
	$(BIN)/python site/build.py

editions: setup ## make notebooks to hand out, solved ones, slides and quizzes, in build/editions/
	@$(add-site)
	$(BIN)/python site/editions.py

wheel: setup ## build the package into dist/, lessons and data in it
	$(BIN)/python -m hatchling build

offline-kit: setup ## make a folder to install from without a network, in build/offline-kit/
	$(BIN)/python teaching/offline_kit.py $(ARGS)

constraints: setup ## write constraints.txt anew with the newest versions (then: make test)
	sed '/^[^#]/d' constraints.txt > constraints.new
	PATH="$(BIN):$$PATH" uv pip compile pyproject.toml --extra dev --extra browser --extra site --python-version 3.11 \
	  --quiet --no-header --no-annotate >> constraints.new
	mv constraints.new constraints.txt

clean: ## remove .venv and all else that can be made anew; never work/
	rm -rf .venv .venv.old .venv.lock .bench .browser build dist .mypy_cache .pytest_cache .ruff_cache data/unpacked
	find src tests browser boxed benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} +
