# Two commands on a fresh machine: `make demo` and `make test`. Needs Python 3.11 or later and make; the rest is fetched.
#
# Every stamp lies inside what it vouches for and is touched last: an interrupted set-up is taken up again, a finished one
# costs nothing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := $(CURDIR)/.venv/bin
WEB := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist*' 2>/dev/null)

# A virtual environment does not survive being moved: one made elsewhere is made anew.
ifneq ($(shell cat .venv/.made 2>/dev/null),$(CURDIR))
.venv/.made: remake
endif

.PHONY: help setup test demo evaluate latency bench pictures format lock clean remake

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: .venv/.installed web/dist/index.html models/base/model.bin models/acts/.learnt ## install everything, build the pages, fetch the speech model, learn the call lines

test: setup ## set up, then every check and test, the browser's included
	@tools/test.sh

demo: setup ## set up, then three calls played live; Ctrl-C ends it
	@exec $(BIN)/callmonitor demo

evaluate: setup ## review the bundled calls and hold what is found against their labels
	@$(BIN)/callmonitor evaluate tests/data/calls

latency: setup ## measure how soon alerts and whispers are in the browser, on the demo's calls at real speed (6 minutes)
	@tools/browser.sh && $(BIN)/python tools/latency.py

bench: setup ## measure this machine, short forms: capacity, live calls, review, limit, against faster-whisper (5 minutes)
	@mkdir -p data/bench
	@$(BIN)/callmonitor capacity --json data/bench/capacity.json
	@$(BIN)/callmonitor bench live --calls 8 --minutes 0.5 --json data/bench/live.json
	@$(BIN)/callmonitor bench review --first 4 --json data/bench/review.json
	@$(BIN)/callmonitor bench limit --first 2 --reached data/bench/review.json --json data/bench/limit.json
	@$(BIN)/callmonitor bench versus --first 2 --json data/bench/versus.json

pictures: setup ## make the documentation's screenshots anew
	@tools/browser.sh && CALLMONITOR_SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/browser -k becomes

format: .venv/.installed ## tidy the Python sources
	@$(BIN)/ruff check --fix monitor tests && $(BIN)/ruff format monitor tests

lock: .venv/.made ## choose the newest allowed Python packages, pinned with their hashes
	@$(BIN)/python -m pip install -qq --upgrade --target .setup/uv uv
	@.setup/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade \
		--python-version 3.11 --extra dev pyproject.toml --output-file requirements.lock

clean: ## remove all that was installed or built; calls and models stay
	rm -rf .venv .setup web/node_modules web/dist web/dist.new build *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/.made:
	@tools/venv.sh
	@echo "$(CURDIR)" >$@

.venv/.installed: requirements.lock pyproject.toml .venv/.made
	@echo "Installing the Python packages ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m pip check >.venv/check.txt || { cat .venv/check.txt; echo "requirements.lock is behind pyproject.toml: make lock"; false; }
	@touch $@

web/node_modules/.installed: web/package.json web/package-lock.json | .venv/.installed
	@echo "Installing the pages' packages ..."
	@cd web && PATH="$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

# Built beside and moved into place, so that web/dist is whole or absent.
web/dist/index.html: web/node_modules/.installed $(WEB)
	@echo "Building the pages ..."
	@cd web && rm -rf dist.new && PATH="$(BIN):$$PATH" npm run --silent build -- --outDir dist.new --logLevel warn
	@cd web && rm -rf dist && mv dist.new dist && touch dist/index.html

# The command verifies what is there and renames a whole model into place; touch tells make that it has looked.
models/base/model.bin: models/manifest.toml | .venv/.installed
	@$(BIN)/callmonitor models fetch base
	@touch $@

# What is learnt is named by all it was made from; the command knows whether it is there.
models/acts/.learnt: $(wildcard monitor/playbook/zh/acts/*.tsv monitor/analysis/*.py) | .venv/.installed
	@$(BIN)/callmonitor models learn
	@touch $@
