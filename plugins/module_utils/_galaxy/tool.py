# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The Python that has ``ansible-galaxy``, and what that says when it fails."""

from __future__ import annotations

import os
import re
import site
import sys
from contextlib import suppress
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from .._store.durable import sync_file_system
from .._store.layout import TOOLS
from .._store.staging import staging
from .._store.tree import json_sha256
from .._store.trust import check_trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._runner import Completed
    from .._store.store import Store
    from .._uv.commands import Uv

_DISTLIB = "distlib>=0.3.9"
#: How Ansible marks what it says, since 2.19 and before.
_LABEL = re.compile(r"^(?:\[(?P<label>[A-Z ]+)\]: |(?P<old>ERROR)! )")


class GalaxyTool:
    """Finds ``ansible-galaxy``.

    It is that of the Python that runs this, where Ansible is installed for it. Else ``uv`` installs one into the
    store's ``.tools``, once, for the interpreter ``python``.
    """

    def __init__(self, *, store: Store, uv: Callable[[], Uv], python: str | None = None) -> None:
        self._store = store
        self._uv = uv
        self._python = python or sys.executable

    def python(self, *, with_distlib: bool = False) -> str:
        """The interpreter that has ansible-galaxy, and what that needs for ``manifest`` in a galaxy.yml."""
        if _is_installed_here("ansible/cli/galaxy.py") and (not with_distlib or _is_installed_here("distlib")):
            return sys.executable
        return self._tool_environment(("ansible-core", _DISTLIB) if with_distlib else ("ansible-core",))

    def _tool_environment(self, requirements: tuple[str, ...]) -> str:
        """The interpreter of an environment with ``requirements``, which is made once and then used as it is."""
        tools = self._store.directory(TOOLS)
        path = os.path.join(tools, f"ansible-galaxy-{json_sha256([self._python, *requirements])[:16]}")
        if not check_trusted(path):
            self._store.prepare()
            uv = self._uv()
            locked = uv.compile(requirements, python=self._python)
            with staging(tools) as scratch:
                environment, listing = os.path.join(scratch, "venv"), os.path.join(scratch, "requirements.txt")
                uv.venv(environment, python=self._python)
                with open(listing, "w", encoding="utf-8") as stream:
                    stream.writelines(f"{one.name}=={one.version} --hash=sha256:{one.sha256}\n" for one in locked)
                uv.sync(listing, python=os.path.join(environment, "bin", "python"))
                sync_file_system(scratch)
                with suppress(OSError):  # another process was quicker, with the same
                    os.rename(environment, path)
        return os.path.join(path, "bin", "python")


def _is_installed_here(path: str) -> bool:
    """Whether the Python that runs this has a package or file in its own site-packages, not the user's.

    An import would not say: for a module ``ansible`` is what was sent with it.
    """
    package, _slash, file = path.partition("/")
    spec = PathFinder.find_spec(package, site.getsitepackages())
    places = spec.submodule_search_locations if spec is not None else None
    return any(os.path.exists(os.path.join(place, file)) for place in places or ())


def messages_of(stderr: str) -> list[tuple[str, str]]:
    """What Ansible says there: the label (``ERROR``, ``WARNING``) and the text of each message, on one line.

    Behind an empty line it repeats the message with its causes.
    """
    found: list[tuple[str, list[str]]] = []
    is_open = False
    for line in stderr.splitlines():
        match = _LABEL.match(line)
        if match:
            found.append((match["label"] or match["old"], []))
        is_open = is_open and bool(line.strip()) or match is not None
        if is_open:
            found[-1][1].append((line[match.end() :] if match else line).strip())
    return [(label, " ".join(parts)) for label, parts in found]


def reason_of(ended: Completed) -> str:
    """Why ansible-galaxy failed: its error, or the last that was said."""
    errors = (text for label, text in messages_of(ended.stderr) if label == "ERROR")
    *_lines, last = ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"]
    return next(errors, last)
