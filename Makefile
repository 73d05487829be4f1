# Names for what people do with this project; the work is elsewhere. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
ENVIRONMENT ?= local
PROFILE ?= core
BIN := $(CURDIR)/.venv/bin
INVENTORY := inventories/$(ENVIRONMENT)

export FIN_PLATFORM_PROFILE := $(PROFILE)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

.PHONY: help up down status doctor environment test lint bench-apply lock

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: doctor environment ## build the platform on this machine and prove that it works (PROFILE=core or full)
	PATH="$(BIN):$$PATH" ansible-playbook site.yml -i $(INVENTORY)

down: environment ## remove the local cluster and everything that `make up` put on this machine
	PATH="$(BIN):$$PATH" ansible-playbook playbooks/destroy-cluster.yml -i $(INVENTORY) \
		-e platform_confirm_destroy=$(ENVIRONMENT)

status: environment ## show nodes, components, services and how to reach them
	@PATH="$(BIN):$$PATH" python roles/workstation/files/status.py

doctor: ## list everything that this machine lacks, with remedies; changes nothing
	@$(PYTHON) roles/workstation/files/doctor.py

environment: ## make the locked Python environment in .venv
	@$(PYTHON) roles/workstation/files/environment.py

test: environment ## run every test within the time budget, cheapest first
	@PATH="$(BIN):$$PATH" python -m tests.run

lint: environment ## run the quick checks: format, lint, types, rules of this tree
	@PATH="$(BIN):$$PATH" python -m tests.run --only lint

bench-apply: environment ## compare fin.platform.manifests with kubectl and kubernetes.core.k8s
	@PATH="$(BIN):$$PATH" python bench/apply.py

lock: environment ## resolve requirements.in again into requirements.lock
	@PATH="$(BIN):$$PATH" python tests/lock.py
