# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The packages of operating systems that collections declare (bindep), which can have the same as one of Python."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.system_packages import names_for_host

from ..resolution.collection_content import CollectionContent
from .declared import MAX_DECLARED, builder_dependencies

_VERSION = r"(?:<=|<|!=|==|>=|>)[\w.+~:-]{1,100}"
#: A name with selectors (``[platform:dpkg (platform:redhat !test)]``) and versions, as the grammar of bindep has it.
_ENTRY = re.compile(
    r"(?P<name>[A-Za-z0-9/][A-Za-z0-9.+_/-]{0,99})"
    rf"(?:\s*(?P<selectors>\[[\w:.! ()-]{{0,200}}\]))?(?:\s+(?P<versions>{_VERSION}(?:,{_VERSION}){{0,9}}))?(?:\s.*)?"
)
#: No names of a system: what some system needs at run time.
_ANY_HOST: frozenset[str] = frozenset()
_COMMENT = re.compile(r"(?:^|\s)\s*#.*$")
#: How systems call the package of Python ``ldap``: python3-ldap, python3.12-ldap, py3-ldap, ldap-python.
_OF_PYTHON = re.compile(r"(?:python[\d.]*|py\d+)-(.+)|(.+)-python\d*")


def system_packages(content: CollectionContent) -> tuple[str, ...]:
    """The entries for run time: ``python3-ldap [platform:dpkg]``."""
    matches = filter(None, map(_ENTRY.fullmatch, system_lines(content)))
    entries = (" ".join(filter(None, match.group("name", "selectors", "versions"))) for match in matches)
    return tuple(entry for entry in entries if names_for_host([entry], _ANY_HOST))


def system_lines(content: CollectionContent) -> tuple[str, ...]:
    """All lines that are declared, without comments, also those that are only for building wheels."""
    dependencies = builder_dependencies(content)
    declared = (dependencies or {}).get("system", "bindep.txt" if dependencies is None else None)
    if isinstance(declared, str):
        path = content.files.file(content.path / declared)
        declared = content.files.text(path).splitlines() if path is not None else None
    lines = declared[:MAX_DECLARED] if isinstance(declared, list) else []
    return tuple(filter(None, (_COMMENT.sub("", str(line)[:1000]).strip() for line in lines)))


def named_among(entries: Iterable[str], distribution: str) -> tuple[str, ...]:
    """Those of ``entries`` that are packages of the Python ``distribution``, by its normalised name."""
    wanted = {distribution, _bare(distribution) or distribution}
    return tuple(sorted({entry for entry in entries if _bare(normalise_name(entry.partition(" ")[0])) in wanted}))


def _bare(name: str) -> str | None:
    """``ldap`` for ``python3-ldap``; None for what does not say that it is for Python."""
    match = _OF_PYTHON.fullmatch(name)
    return match[1] or match[2] if match is not None else None
