# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is said of the collections and roles of a report that differ from what the requirements files declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

#: What becomes of them.
UndeclaredPolicy = Literal["ignore", "warn", "fail"]
UNDECLARED_POLICIES: tuple[UndeclaredPolicy, ...] = ("ignore", "warn", "fail")
_SHOWN = 20


def undeclared_message(declarations: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """One message for all of them, empty for none; each is shown with the name that uses it first."""
    lines = [
        f"{one['file']}:{one['line']}: {one['collection']} ({one['kind']} {one['name']})"
        for one in declarations["undeclared"]
    ]
    lines += [f"{one['file']}:{one['line']}: role {one['role']}" for one in declarations["undeclared_roles"]]
    if not lines:
        return ""
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return (
        f"{len(lines)} of the collections and roles that the project uses are not in its requirements files: "
        f"{'; '.join(lines[:_SHOWN])}{more}. Add them there, so that ansible-galaxy installs them"
    )


def unmet_messages(declarations: Mapping[str, Sequence[Any]]) -> list[str]:
    """What to say of declared collections that have problems, or are in the project in other versions."""
    said = list(declarations.get("problems", ()))
    unmet = declarations.get("unmet", ())
    lines = [
        f"{one['file']}:{one['line']}: {one['collection']} {one['version']} is declared, and the project has "
        f"{one['found']}"
        for one in unmet
    ]
    if not lines:
        return said
    more = f"; and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return [
        *said,
        f"Ansible uses collections in the project in versions that the requirements files do not allow: "
        f"{'; '.join(lines[:_SHOWN])}{more}. Install the declared versions there, or remove the collections from the "
        "project",
    ]
