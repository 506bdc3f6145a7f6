# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

# Each target does its own set-up, once, in build/. The work is done by the programs in tests/tools.
PYTHON ?= python3
GATES := unit lint importer sanity units integration system molecule

# Relative paths are the user's. `make -C` (it switches on -w) changes the directory; PWD still says where the shell stands.
STAND := $(if $(findstring w,$(firstword -$(MAKEFLAGS))),$(or $(PWD),$(CURDIR)),$(CURDIR))

define HELP
make run          run the sample project in a venv that is derived, built and cached for it (in build/store)
  PLAYBOOK=path   run this playbook instead, with the store in your home directory
  INVENTORY=path  run it on the hosts of this inventory; LIMIT=pattern: on some of them
  STORE=path      keep the venvs there; ARGS="..." goes to ansible-playbook as it is
make test         everything below, with a summary
make unit         the fast loop: unit tests
make lint         form, types, licences, documentation, changelog
make importer     the tarball as a Galaxy server would inspect it
make sanity       ansible-test sanity on the oldest and the newest ansible-core
make units        the unit tests under ansible-test, on both
make integration  each module run for real, on both
make system       real ansible-playbook, real venvs, real hosts
make molecule     the role on two real hosts without a way out
make bench-venv   one venv for four real projects against four venvs, in figures; RUNS=n
make test-destructive  what takes long: break a build at each of its steps, cut the power
make lock         write tests/requirements anew from pyproject.toml
make clean        remove build/
PYTHON=path       another python3 (3.11 or newer) than the one on PATH
endef
export HELP

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-destructive $(GATES) bench-venv lock clean

help:
	@printf '%s\n' "$$HELP"

run: export STAND := $(STAND)
run: export PLAYBOOK := $(PLAYBOOK)
run: export INVENTORY := $(INVENTORY)
run: export LIMIT := $(LIMIT)
run: export STORE := $(STORE)
run: export ARGS := $(ARGS)
run:
	@$(PYTHON) tests/tools/run.py

test:
	@$(PYTHON) tests/tools/gates.py

test-destructive:
	@$(PYTHON) tests/tools/gates.py destructive

$(GATES):
	@$(PYTHON) tests/tools/gates.py $@

bench-venv: export RUNS := $(or $(RUNS),3)
bench-venv:
	@$(PYTHON) tests/tools/bench_venv.py

lock:
	@$(PYTHON) tests/tools/environments.py --lock

clean:
	@$(PYTHON) tests/tools/clean.py
