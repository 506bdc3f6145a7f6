# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors

# Each target does its own set-up, once, in build/. The work is done by the programs in tests/tools.
PYTHON ?= python3
GATES := unit lint importer sanity units integration system molecule

# Relative paths are the user's. `make -C` (it switches on -w) changes the directory; PWD is still the current directory of the shell.
STAND := $(if $(findstring w,$(firstword -$(MAKEFLAGS))),$(or $(PWD),$(CURDIR)),$(CURDIR))

define HELP
make run          run the sample project in a venv that is built for it (in build/store)
  PLAYBOOK=path   run this playbook instead, with the store in your home directory
  INVENTORY=path  the inventory of the playbook; LIMIT=pattern limits the hosts
  STORE=path      the directory of the venvs; ARGS="..." is passed to ansible-playbook
make torrent-demo  download a torrent from a real swarm on this machine, with its receipt
make test         everything below, with a summary
make unit         unit tests
make lint         formatting, types, licences, documentation, changelog
make importer     galaxy-importer on the tarball, as a Galaxy server runs it
make sanity       ansible-test sanity on the oldest and the newest ansible-core
make units        unit tests under ansible-test, on both
make integration  each module in a real playbook, on both
make system       real ansible-playbook, real venvs, real hosts
make molecule     the roles on two real hosts without network access
make bench-venv   benchmark: one venv for four real projects, compared with four venvs; RUNS=n
make bench-deps   benchmark: the analysis of real projects, compared with ansible-playbook --list-tasks
make oracle-deps  import plugins in venvs of their derived packages alone; PLUGINS=file, with a line "KIND NAME" each
make bench-torrent  benchmark: 200 MiB by a droplet of the API double, step by step; RUNS=n
make test-destructive  slow tests: builds that break at each step, power cuts
make lock         update tests/requirements from pyproject.toml
make clean        remove build/
PYTHON=path       use this Python (3.11 or newer) instead of python3 on PATH
endef
export HELP

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run torrent-demo test test-destructive $(GATES) bench-venv bench-deps bench-torrent oracle-deps lock clean

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

torrent-demo:
	@$(PYTHON) tests/tools/torrent_demo.py

test:
	@$(PYTHON) tests/tools/gates.py

test-destructive:
	@$(PYTHON) tests/tools/gates.py destructive

$(GATES):
	@$(PYTHON) tests/tools/gates.py $@

bench-venv: export RUNS := $(or $(RUNS),3)
bench-venv:
	@$(PYTHON) tests/tools/bench_venv.py

bench-deps:
	@$(PYTHON) tests/tools/bench_deps.py

oracle-deps:
	@$(PYTHON) tests/tools/oracle_deps.py $(PLUGINS)

bench-torrent: export RUNS := $(RUNS)
bench-torrent:
	@$(PYTHON) tests/tools/bench_torrent.py

lock:
	@$(PYTHON) tests/tools/environments.py --lock

clean:
	@$(PYTHON) tests/tools/clean.py
