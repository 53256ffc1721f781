# Parlour. `make` prints this help.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
ONLY ?=
PYTEST_ARGS ?=
# Two at once: most tests wait for a process, a browser or a disk. A file's tests stay together, so that they share what they started.
JOBS ?= 2

.PHONY: help setup run test check lint types imports format bench install simulate torture lock clean

help: ## Print this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1mmake %-8s\033[0m %s\n", $$1, $$2}'

setup: ## Bring in everything: system packages, .venv, browser assets
	@tools/setup.sh test

run: ## Start a store, its devices and head office on this machine; Ctrl-C stops all
	@tools/setup.sh run
	@exec $(VENV)/bin/parlour run

test: ## Run all tests, the walk through a day in a real browser included
	@tools/setup.sh test
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: lint types imports test ## What must hold before a change lands

lint: ## Style
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: ## Static types
	@$(VENV)/bin/mypy

imports: ## Who may import whom
	@$(VENV)/bin/lint-imports

format: ## Put the code in form
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

install: ## Install on this machine as a store's appliance (root; DESTDIR=... for the files alone)
	@tools/install.sh

simulate: ## Histories of a chain by seed: make simulate SEEDS=10000 [START=1] [KIND=plain]; on PostgreSQL with PARLOUR_TEST_HQ=postgresql
	@$(PY) -m tests.simulation.history $(or $(SEEDS),1000) $(or $(START),1) $(or $(KIND),attacked)

torture: ## Kill real processes, fill the disk, restart the broker: make torture [ROUNDS=500] [POINTS=200] [RESTARTS=100]
	@$(PY) -m tests.torture.run $(or $(ROUNDS),500)
	@$(PY) -m tests.torture.disk $(or $(POINTS),200)
	@PARLOUR_RESTARTS=$(or $(RESTARTS),100) $(PY) -m pytest -q tests/edge/sensors/test_restarts.py

bench: ## Measure against peers: make bench [ONLY=store]
	@tools/setup.sh test
	@$(PY) -m benchmarks $(ONLY)

lock: ## Pin all dependencies again, with hashes
	@for part in edge hq; do uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command 'make lock' -q pyproject.toml --extra $$part -o requirements/$$part.txt; done
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command 'make lock' -q pyproject.toml --extra edge --extra hq --extra dev -o requirements/dev.txt
	@echo 'esphome==2026.6.5' | uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command 'make lock' -q - -o requirements/esphome.txt

clean: ## Remove what was built; data in PARLOUR_HOME stays
	@rm -rf build dist node_modules screenshots benchmarks/results .mypy_cache .ruff_cache .pytest_cache .hypothesis
