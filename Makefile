# Every target is a script of the same name: see scripts/README.md.
.DEFAULT_GOAL := help
.PHONY: help setup shell-router shell-litellm shell ssh status logs down clean build up switch-to-router switch-to-litellm test test-unit test-e2e test-long test-image fuzz soak check format lock bump sbom distclean
MAKEFLAGS += --no-print-directory

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## Bring what the checkout needs into .venv and .tools (fast when nothing changed)
	@scripts/install

# --- the container: NAME=ccr PORT=2222 BIND=127.0.0.1 WORKSPACE=. CCR_ENGINE=auto|docker|podman|none ---------------------

# RUN reaches the script as it was typed: `value` keeps make from reading `$`, the environment keeps quotes.
unexport RUN
shell-router shell-litellm shell: export CCR_RUN := $(value RUN)
shell-router: ## Enter the container in which claude speaks through the router; builds and starts it (RUN='command')
	@scripts/shell-router

shell-litellm: ## The same with LiteLLM
	@ccr/service/container enter litellm

shell: ## Enter what runs, the container or the distributed set-up (RUN as above)
	@scripts/either shell

ssh: ## Enter the container by SSH, with its own key (ARGS='-A', ARGS='ls -l')
	@ccr/service/container ssh $(ARGS)

status: ## Say what runs, and how
	@scripts/either status

logs: ## Show what the services printed (ARGS=-f follows)
	@scripts/either logs $(ARGS)

down: ## Stop the container or the distributed set-up; volumes stay
	@scripts/either down

clean: ## Remove what this NAME made: containers, volumes (home, keys), network
	@scripts/either clean

build: ## Build both images
	@ccr/service/container build router
	@ccr/service/container build litellm

up: ## Start the distributed set-up: router, LiteLLM and client as containers of their own
	@scripts/distributed up

switch-to-router: ## The distributed set-up's client speaks to the router from now on
	@scripts/distributed switch router

switch-to-litellm: ## ... to LiteLLM
	@scripts/distributed switch litellm

# --- the checkout ---------------------------------------------------------------------------------------------------------

test: ## Run all tests: unit, coverage of the core, end to end (sets up first)
	@scripts/test

test-unit: ## Run the unit tests (ARGS='-k word' and so on)
	@scripts/test unit $(ARGS)

test-e2e: ## Run the end-to-end tests, with the real claude (ARGS as above)
	@scripts/test e2e $(ARGS)

test-long: ## Run the tests that wait for minutes (ARGS as above)
	@scripts/test long $(ARGS)

test-image: ## Build both images and test them in the container engine (ARGS as above)
	@scripts/test-image $(ARGS)

fuzz: ## Throw odd answers and requests at all readers (ARGS='SECONDS SEED')
	@scripts/fuzz $(ARGS)

soak: ## Run the router for minutes while providers, keys, files and it itself fail (ARGS='MINUTES SEED --json')
	@scripts/soak $(ARGS)

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

distclean: ## Remove everything that setup and the tools made in this checkout
	@scripts/clean
