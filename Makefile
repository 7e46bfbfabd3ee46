# Everything a newcomer needs: `make demo` and `make test`. Needs Python 3.11+, make and git.
PYTHON ?= python3
VENV := .venv/bin
UV_COMPILE := $(VENV)/uv pip compile --generate-hashes --no-header --no-annotate --quiet \
	--universal --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full bench lint format lock messages clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## .venv, front-end packages, translations (skips what is up to date)
	@$(PYTHON) tools/start.py

demo: setup ## start everything with demo data; Ctrl-C stops it
	@exec $(VENV)/python -m cvm_platform.local

test: setup ## every check and every test, browser included
	@$(VENV)/python tools/check.py

test-full: setup ## the same with the long tier
	@$(VENV)/python tools/check.py --full

bench: setup ## measured ratios (minutes)
	@$(VENV)/python -m benchmarks

lint: setup ## the static checks alone
	@$(VENV)/python tools/check.py --lint

format: setup ## format Python code
	@$(VENV)/ruff check --fix --quiet . ; $(VENV)/ruff format .

lock: setup ## recompile requirements*.txt and package-lock.json
	@$(UV_COMPILE) requirements.in -o requirements.txt
	@$(UV_COMPILE) requirements-dev.in -o requirements-dev.txt
	@if [ -f package.json ]; then $(PYTHON) tools/start.py --npm install --package-lock-only; fi

messages: setup ## collect texts into locale/, then compile
	@$(VENV)/python tools/messages.py update

clean: ## remove what setup, demo and tests made (the demo's data too)
	@$(PYTHON) tools/clean.py
