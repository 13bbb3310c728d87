# Every target is a script of the same name: see scripts/README.md.
.DEFAULT_GOAL := help
.PHONY: help setup shell-router test test-unit test-e2e test-image check format lock bump sbom clean
MAKEFLAGS += --no-print-directory

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## Bring what the checkout needs into .venv and .tools (fast when nothing changed)
	@scripts/install

# RUN reaches the script as it was typed: `value` keeps make from reading `$`, the environment keeps quotes.
unexport RUN
shell-router: export CCR_RUN := $(value RUN)
shell-router: ## Open a shell in which claude speaks through the router (RUN='command', CCR_ENGINE=none|docker|podman|auto)
	@scripts/shell-router

test: ## Run all tests: unit, coverage of the core, end to end (sets up first)
	@scripts/test

test-unit: ## Run the unit tests (ARGS='-k word' and so on)
	@scripts/test unit $(ARGS)

test-e2e: ## Run the end-to-end tests, with the real claude (ARGS as above)
	@scripts/test e2e $(ARGS)

test-image: ## Build both images from nothing and test them in the container engine (ARGS as above)
	@scripts/test-image $(ARGS)

check: ## Check format, lint, types, architecture, scripts, Dockerfile, docs
	@scripts/check

format: ## Format the code
	@scripts/format

lock: ## Write the lock files again from pyproject.toml and package.json
	@scripts/lock

bump: ## Pin the newest Claude Code and tokenizer data; says which base image is the newest
	@scripts/bump

sbom: ## Write what the built images are made of into sbom/
	@scripts/sbom

clean: ## Remove everything that setup and the tools made
	@scripts/clean
