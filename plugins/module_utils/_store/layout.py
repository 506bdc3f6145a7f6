# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a store is made of: the names of its directories and their modes. No other file spells them.

::

    <store>/
      <name>               -> .generations/<id>      a venv's public path
      .previous/<name>     -> ../.generations/<id>   what it was before
      .requests/<digest>   -> ../.generations/<id>   the answer to a request that was resolved once
      .generations/<id>/      venv.json is written last: where it is, the generation is complete
      .leases/<id>            flock: shared while something runs in it, exclusive to build or remove it
      .locks/<name>           flock: one writer a name; taken before a lease
      .roots/<hash>        -> /abs/project/venv      who links
      .collections/ .roles/ .wheels/ .tools/ .cache/ what builds use again
      .carried/                                      wheels that the controller sent
      .analyses/                                     what analyses found of playbooks and plugins, to use again
      .galaxy/                                       what ansible-galaxy brought for which requirements
      .progress/<name>.json                          how far the last build is, or how it ended
      .own/                                          a link to this collection, for playbooks that the command runs
      .locks/.caches          flock: shared while a venv is written, exclusive to remove what builds use again

Locks are always taken in the order name, then lease. What others could lock lies where they cannot open it.
"""

from __future__ import annotations

import os
from typing import Any

#: Where a store is unless ``store`` says otherwise.
DEFAULT_STORE = "~/.local/share/ansible-venvs"
#: The part of an argument spec that goes with the documentation fragment ``store``.
STORE_ARGUMENT: dict[str, dict[str, Any]] = {"store": {"type": "path", "default": DEFAULT_STORE}}

GENERATIONS = ".generations"
PREVIOUS = ".previous"
REQUESTS = ".requests"
ROOTS = ".roots"
COLLECTIONS = ".collections"
ROLES = ".roles"
WHEELS = ".wheels"
LEASES = ".leases"
LOCKS = ".locks"
TOOLS = ".tools"
CACHE = ".cache"
#: In the cache: the bytecode of sources, for each interpreter.
BYTECODE = "bytecode"
CARRIED = ".carried"
ANALYSES = ".analyses"
GALAXY = ".galaxy"
PROGRESS = ".progress"
#: This collection, for playbooks that the command runs.
OWN = ".own"
#: In the directory of locks, where no venv has this name.
CACHES_LOCK = ".caches"

FOR_ALL, FOR_ITS_OWNER = 0o755, 0o700
#: The directories of a store: what every user of it reads, and what only its owner opens, which are locks and what
#: programs write for themselves.
DIRECTORIES = {
    **dict.fromkeys((PREVIOUS, REQUESTS, GENERATIONS, ROOTS, COLLECTIONS, ROLES, WHEELS), FOR_ALL),
    **dict.fromkeys((LEASES, LOCKS, TOOLS, CACHE, CARRIED, ANALYSES, GALAXY, PROGRESS, OWN), FOR_ITS_OWNER),
}

#: Where it leads from another directory of the store.
_FROM_BESIDE = os.path.join("..", GENERATIONS)


def is_store(directory: str) -> bool:
    """Whether ``directory`` looks like a store, whoever made it."""
    return all(os.path.isdir(os.path.join(directory, name)) for name in (GENERATIONS, ROOTS))


def is_generation(path: str) -> bool:
    """Whether the real ``path`` can only be a generation of some store."""
    return os.path.basename(os.path.dirname(path)) == GENERATIONS


def generation_link(id: str, *, beside: bool = False) -> str:
    """What a link in the store says to lead to a generation; ``beside``: one in a directory of the store."""
    return os.path.join(_FROM_BESIDE if beside else GENERATIONS, id)
