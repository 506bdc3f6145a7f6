# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The files of a profile as texts: what is written, and who wrote what is there. Nothing is opened here.

A definition that was written here says the sha256 of its lines, so that an edit is noticed, and not lost. The files
that are made from it say so, and are never edited.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import parse_request
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import is_lock

from .._deps.formats import FORMATS, yaml_text
from .definition import Definition
from .directory import COLLECTIONS, DEFINITION, PACKAGES, SYSTEM

_START = "---\n"
_HEADER_TEXT = "# Written by mobile_ansible.venv.venv_profile, sha256 {}\n"
_HEADER = re.compile(r"\A# Written by mobile_ansible\.venv\.venv_profile, sha256 [0-9a-f]{64}\n")
_MADE = f"# Made by mobile_ansible.venv.venv_profile from {DEFINITION}: edit that, and save the profile again\n"
#: The files that are made from the definition.
MADE = (COLLECTIONS, PACKAGES, SYSTEM)


def definition_of(data: Mapping[str, Any]) -> str:
    """A definition as YAML, without a header; the same for equal data, whatever order it has."""
    return yaml_text(data)


def with_header(text: str) -> str:
    """The definition as it is written: with the sha256 of its lines."""
    body = _body(text)
    return f"{_START}{_HEADER_TEXT.format(hashlib.sha256(body.encode()).hexdigest())}{body}"


def is_edited(text: str) -> bool:
    """Whether somebody else wrote the definition, or changed it."""
    return with_header(text) != text


def made_from(definition: Definition) -> dict[str, str]:
    """The files that other programs read, in their formats."""
    profile = definition.profile
    galaxy = (definition.data.get("dependencies") or {}).get("galaxy") or {}
    dependencies = {
        "python": list(profile.packages),
        "galaxy": {
            "collections": [_entry(one) for one in profile.collections],
            **({"roles": galaxy["roles"]} if profile.roles else {}),
        },
    }
    report = {
        "profile": {"dependencies": dependencies},
        "system_packages": [{"entry": line} for line in profile.system],
    }
    return {name: _headed(FORMATS[name](report)) for name in MADE}


def is_replaceable(name: str, text: str) -> bool:
    """Whether nobody but this collection wrote this file, which is made from the definition or a lock."""
    if name == DEFINITION:
        return not is_edited(text)
    return text.removeprefix(_START).startswith(_MADE) or is_lock(text)


def _entry(entry: Any) -> Any:
    """An entry as ansible-galaxy reads it in a file, where no text has a name and a version."""
    request = parse_request(entry)
    if isinstance(entry, str) and request.type == "galaxy" and request.version != "*":
        return {"name": request.name, "version": request.version}
    return entry


def _headed(text: str) -> str:
    start = _START if text.startswith(_START) else ""
    return f"{start}{_MADE}{text.removeprefix(_START)}"


def _body(text: str) -> str:
    return _HEADER.sub("", text.removeprefix(_START), count=1)
