# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""This collection for the playbook that it runs: what belongs to it, and how the run finds it.

Its callback is replaced by a silent one, which the configuration of a project may enable: who started the run shows how
far it is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What an installed collection, or a directory of its sources, has for a playbook.
_PARTS = ("plugins", "roles", "playbooks", "meta", "galaxy.yml", "MANIFEST.json", "FILES.json")
_PLUGINS, _CALLBACKS = "plugins", "callback"
_SILENT_PROGRESS = """\
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "mobile_ansible.venv.progress"
    CALLBACK_NEEDS_ENABLED = True
"""


def parts_of_collection(collection: str) -> Iterator[str]:
    """The names in the directory ``collection`` that a playbook can need."""
    return (name for name in _PARTS if os.path.exists(os.path.join(collection, name)))


def provide_collection(search_path: str, collection: str | None) -> None:
    """Let the directory ``search_path`` have links to ``collection``, which is this one; None: the callback only."""
    target = os.path.join(search_path, "ansible_collections", "mobile_ansible", "venv")
    callbacks = os.path.join(target, _PLUGINS, _CALLBACKS)
    os.makedirs(callbacks)
    with open(os.path.join(callbacks, "progress.py"), "x", encoding="utf-8") as stream:
        stream.write(_SILENT_PROGRESS)
    if collection is None:
        return
    names = [name for name in parts_of_collection(collection) if name != _PLUGINS]
    kinds = (kind for kind in os.listdir(os.path.join(collection, _PLUGINS)) if kind != _CALLBACKS)
    for name in (*names, *(os.path.join(_PLUGINS, kind) for kind in kinds)):
        os.symlink(os.path.join(collection, name), os.path.join(target, name))
