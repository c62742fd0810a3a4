# Everything a newcomer needs: `make demo`, then `make test`. All of it happens in .venv.
PYTHON ?= python3.11
VENV := .venv
SPREAD := --numprocesses auto --maxprocesses 4 --dist worksteal # a process of tests for each core
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install demo test test-all browser ray soak bucket extremes fuzz bench matrix lint format types check docs build clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-test: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test]'
	@touch $@ $(VENV)/installed

$(VENV)/installed-lint: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test,lint]'
	@touch $@ $(VENV)/installed $(VENV)/installed-test

$(VENV)/installed-browser: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test,browser]'
	@touch $@ $(VENV)/installed $(VENV)/installed-test

$(VENV)/installed-buckets: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test,buckets]'
	@touch $@ $(VENV)/installed $(VENV)/installed-test

$(VENV)/installed-bench: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[bench]'
	@touch $@ $(VENV)/installed

install: $(VENV)/installed ## Install scorecam into .venv

demo: $(VENV)/installed ## Explain the sample photos into demo/, with a model that needs no download
	$(BIN)/scorecam explain sample_images --model EfficientNetLite0 --output-dir demo --save heatmap,overlay,panel
	$(BIN)/scorecam explain sample_images/cat_and_coffee.jpg --model EfficientNetLite0 --output-dir demo/two_classes \
		--class 'Egyptian cat' --class espresso
	$(BIN)/scorecam report demo --recursive --output demo/report.html

test: $(VENV)/installed-test ## Run the tests but for the slow ones
	$(BIN)/python -m pytest -m 'not slow' $(SPREAD)

test-all: $(VENV)/installed-test ## Run all tests
	$(BIN)/python -m pytest

browser: $(VENV)/installed-browser ## Install what the tests of the page need beside a Chromium of the system

ray: $(VENV)/installed-test ## Install Ray and run the tests of workers on a cluster
	$(PIP) --editable '.[test,ray]'
	$(BIN)/python -m pytest tests/runs/test_on_ray.py

soak: $(VENV)/installed-test ## Run over 10,000 files and kill a run 20 times (ARGS="--files 2000 --photos 200")
	$(BIN)/python -m tests.soak.batch $(ARGS)

extremes: $(VENV)/installed-test ## Explain 50 photos that take the most their formats allow (ARGS="jpeg")
	$(BIN)/python -m tests.soak.extremes $(ARGS)

bucket: $(VENV)/installed-buckets ## Run over a bucket of this machine and kill it twice (ARGS="--photos 50")
	$(BIN)/python -m tests.soak.bucket $(ARGS)

fuzz: $(VENV)/installed-test ## Read 2,000 damaged photos of each format (ARGS="--count 100 --seed 2")
	$(BIN)/python -m tests.fuzz.photos $(ARGS)

bench: $(VENV)/installed-bench ## Time whole maps against other programs (ARGS="--models VGG16 --rounds 1")
	$(BIN)/python -m tests.bench.speed $(ARGS)

matrix: $(VENV)/installed-test ## Which kinds of model this and other programs explain: docs/compared.md (ARGS="xplique")
	$(BIN)/python -m tests.matrix $(ARGS)

lint: $(VENV)/installed-lint ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/installed-lint ## Put style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/installed-lint ## Check types
	$(BIN)/mypy

docs: $(VENV)/installed-test ## Write the present --help into docs/commands.md
	$(BIN)/python -m tests.test_readme

check: lint types ## Check style and types

build: $(VENV)/installed-lint ## Build the wheel and the source package into dist/
	$(PIP) build
	$(BIN)/python -m build

clean: ## Remove what the targets above made
	rm -rf $(VENV) build dist demo .matrix .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
