# `make help` lists what there is. Works with GNU Make 3.81 and newer.

ENV ?= dev
ARGS ?=
VENV := .venv/bin
# The dependency layer holds native code: for arm64 on AWS, as samconfig.toml tells the template (a test compares them).
LAYER_ARCH ?= arm64
# ENV=local deploys to the local cloud that `porchlight up` started: nothing to sign with, the host's native code.
LOCAL := AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test LAYER_ARCH=
# The first of these that starts and is new enough runs the setup; the setup then finds Python 3.13 by itself.
PYTHONS := $(VENV)/python python3 python3.13 python3.14 python3.12 python3.11
FAST_SUITES := $(wildcard tests/unit tests/connectors tests/channels tests/labels tests/refunds tests/workflows tests/template)

.DEFAULT_GOAL := help
# What the caller's shell says about Python is not meant for .venv.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

.PHONY: help setup setup-checks run test check deploy lint format types lock bench fuzz clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Install the locked tools into .venv (nothing global); does nothing when they are there
	@$(call bootstrap,)

setup-checks:
	@$(call bootstrap,checkov)

run: setup ## Start the local cloud, deploy, play the demo; ARGS=--once leaves after the table
	@exec $(VENV)/porchlight demo $(ARGS)

test: setup-checks ## Run everything: check's linters, then every suite
	@$(VENV)/python -m local.setup.system_packages
	@$(MAKE) --no-print-directory lint types
	@exec $(VENV)/python -m pytest -n 4 $(ARGS)

check: setup-checks lint types ## The fast part: lint, types, unit, connectors, workflows, template
	@$(if $(FAST_SUITES),exec $(VENV)/python -m pytest $(FAST_SUITES) $(ARGS),echo "check: no fast suite yet")

deploy: setup ## Build and deploy to AWS: ENV=dev (default), staging, prod; or local
	@set -e; export PATH="$(CURDIR)/$(VENV):$$PATH" SAM_CLI_TELEMETRY=0 LAYER_ARCH=$(LAYER_ARCH) $(if $(filter local,$(ENV)),$(LOCAL)); \
	sam build --config-env $(ENV); sam deploy --config-env $(ENV) $(ARGS)

lint: setup ## Style and common mistakes (ruff), and the template's (cfn-lint; checkov and sam are in tests/template)
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/cfn-lint template.yaml

format: setup ## Put the code into ruff's form, and fix what it can
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

types: setup ## Types (mypy, strict)
	@$(VENV)/mypy

lock: setup ## Resolve requirements/*.in anew into the hashed lock files; ARGS=--upgrade for newer versions
	@$(VENV)/python -m local.setup.lock $(ARGS)

bench: ## Count what parsers, the front door and the sweep take (tests/bench); writes docs/benchmarks.md
	@$(call bootstrap,bench)
	@$(VENV)/python -m local.setup.system_packages bench
	@exec $(VENV)/python -m pytest --override-ini=addopts=--import-mode=importlib -q -s tests/bench $(ARGS)

fuzz: ## Run every parser under atheris, ARGS=--seconds=60 for each (tests/fuzz)
	@$(call bootstrap,fuzz)
	@exec $(VENV)/python -m tests.fuzz.run $(ARGS)

clean: ## Remove .venv, build output and caches
	rm -rf .venv .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .venv's own Python needs no packages (-S) and no environment (-I) for the setup, and starts in 15 ms.
define bootstrap
for python in $(PYTHONS); do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		exec "$$python" -I -S local/setup/bootstrap.py $(1); \
	fi; \
done; \
echo "Setup needs Python 3.11 or newer to start with, and none of $(PYTHONS) is one that starts." \
	"Install Python 3.13 (pyenv install 3.13, uv python install 3.13, brew install python@3.13 or" \
	"apt-get install python3.13 python3.13-venv), see that python3 starts it, and run the same command again." >&2; \
exit 1
endef
