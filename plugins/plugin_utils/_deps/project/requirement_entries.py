# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is wrong with an entry of a requirements file: what ansible-galaxy refuses, and keys that it ignores by mistake.

It ignores each key that it does not know, so that the version of an entry with ``versio`` is lost. A key that is not
nearly one of its own is a note of the author's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import ENTRY_KEYS
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import shortened

#: What an entry of a role can have (``VALID_SPEC_KEYS`` in ansible/playbook/role/requirement.py).
OF_ROLE = frozenset({"name", "role", "scm", "src", "version", "include"})
_OURS = frozenset({"requested_revision", "sha256"})
_KNOWN_OF_ROLE, _KNOWN_OF_COLLECTION = OF_ROLE | _OURS, frozenset(ENTRY_KEYS) | _OURS
#: One of them is what an entry is called by; ``from_requirement_dict`` in dependency_resolution/dataclasses.py of
#: ansible/galaxy, ``parse_role_req`` in ansible/cli/galaxy.py.
_NAMES_OF_ROLE, _NAMES_OF_COLLECTION = ("name", "role", "src", "include"), ("name", "source")
_SIMILARITY = 0.8
_MAX_KEY = 40
#: A name with a version behind it, which is no form of ansible-galaxy. What an address has is not among it.
_VERSIONED = re.compile(r"(?P<name>\w[\w-]*(?:\.[\w-]+)+) *(?P<sign>[:=<>!~@ ]+)(?P<version>[^/@\s:][^/@\s:]*)")


class EntryProblem(NamedTuple):
    """What is wrong, at the line of ``value``."""

    value: Any
    reason: str


def is_versioned_name(entry: Any) -> bool:
    """Whether an entry of a list is a name of Galaxy (``owner.name``) with a version behind it."""
    return isinstance(entry, str) and _VERSIONED.fullmatch(entry) is not None


def entry_problem(entry: Any, *, is_role: bool) -> EntryProblem | None:
    """What is wrong with ``entry`` of the list of roles, or else of collections; None for what has a usable form."""
    if isinstance(entry, dict):
        return _of_mapping(entry, is_role=is_role)
    if not isinstance(entry, str):
        return EntryProblem(entry, "an entry must be a name or a dictionary")
    found = _VERSIONED.fullmatch(entry)
    if found is None:
        return None
    version = found["version"] if found["sign"].strip() in ("", ":", "=", "==", "@") else _range(found)
    said = f"{shortened(entry)} is not a name; a version has a key of its own: write {_written(found['name'], version)}"
    return EntryProblem(entry, said)


def nearest_key(key: object, known: Iterable[str]) -> str | None:
    """The one of the keys ``known`` that ``key`` is a slip of, None for a known one and for a word of its own."""
    text, known = str(key)[:_MAX_KEY], tuple(known)
    if text in known:
        return None
    word = text.lower()
    swapped = [one for one in known if sorted(one) == sorted(word)]
    return next(iter([*swapped, *get_close_matches(word, known, n=1, cutoff=_SIMILARITY)]), None)


def is_key_of_role(key: object) -> bool:
    """Whether a key is one of a role's, or nearly."""
    return key in _KNOWN_OF_ROLE or nearest_key(key, OF_ROLE) is not None


def _of_mapping(entry: dict[Any, Any], *, is_role: bool) -> EntryProblem | None:
    known = _KNOWN_OF_ROLE if is_role else _KNOWN_OF_COLLECTION
    for key in entry:
        meant = nearest_key(key, known)
        if meant is not None and not _is_said(meant, entry):
            return EntryProblem(key, f"an entry has no key {shortened(key, _MAX_KEY)}; write {meant}")
    names = _NAMES_OF_ROLE if is_role else _NAMES_OF_COLLECTION
    if any(name in entry for name in names):
        return None
    if len(entry) == 1:
        ((name, version),) = entry.items()
        if isinstance(version, (str, int, float)) and not {name} & known:
            return EntryProblem(name, f"this entry has no name; write {_written(str(name), str(version))}")
    return EntryProblem(entry, f"this entry has no {' or '.join(names[:-1] if is_role else names)}; add it")


def _is_said(meant: str, entry: Collection[Any]) -> bool:
    """Whether an entry has the key ``meant`` as well; a role has two words for its name."""
    return meant in entry or (meant == "role" and "name" in entry)


def _range(found: re.Match[str]) -> str:
    return f'"{found["sign"].replace(" ", "").lstrip(":")}{found["version"]}"'


def _written(name: str, version: str) -> str:
    return f"'name: {shortened(name, 100)}' and 'version: {shortened(version, 100)}'"
