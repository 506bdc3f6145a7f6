# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The ``requirements`` of a plugin's DOCUMENTATION, those of its doc fragments included."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name

from ..code.closure import read_code
from ..model import FileLocation
from ..project.files import Files
from ..project.names import split_name
from ..project.yaml import line_of, load_yaml
from ..resolution.routing import BUILTIN, Library
from .declared import parsed

#: Lines of one plugin's requirements, and characters of a line, that are looked at; people write a few words.
MAX_LINES = 100
MAX_LINE = 1000
#: The texts below have single blanks only, and each of them fits at one point of the pattern.
_RANGE = r" ?(?P<ranges>(?:(?:==|>=|<=|~=|!=|<|>) ?[0-9][A-Za-z0-9.*]*(?: ?,)? ?)+)"
_CONDITION = re.compile(
    r"\b(?:if|when|only|optional|optionally|unless|depending|for (?:use|using)|either|or)\b|\w=\w", re.IGNORECASE
)


@dataclass(frozen=True)
class Documented:
    """One line of ``requirements``: its text, and whether it names a condition."""

    text: str
    location: FileLocation

    @property
    def conditional(self) -> bool:
        """Whether only some uses need it."""
        return bool(_CONDITION.search(self.text))

    def requirement(self, names: frozenset[str]) -> str | None:
        """The requirement for one of the distributions ``names`` (normalised) if the line speaks of it."""
        whole = parsed(self.text.strip().rstrip("."))
        if whole is not None:
            return f"{whole.name}{whole.specifier}" if normalise_name(whole.name) in names else None
        for name in names:
            found = re.search(rf"(?<![\w.-]){_loose(name)}(?![\w-])(?:{_RANGE})?", self.text, re.IGNORECASE)
            if found:
                ranged = name + re.sub(r"\s", "", found["ranges"] or "").strip(",.")
                return ranged if parsed(ranged) is not None else name
        return None


def documented(path: Path, owner: str, library: Library) -> tuple[Documented, ...]:
    """The requirements that the documentation of the plugin file ``path`` of ``owner`` names; none when it has none."""
    files = library.files(owner)
    content = library.open(owner) if owner != BUILTIN else None
    text, line = _documentation(path, "DOCUMENTATION", files)
    sidecar = files.file(path.with_suffix(".yml")) if not text else None
    shown = content.shown(path) if content is not None else path.name
    if sidecar is not None:
        loaded = _load(files.data(sidecar), shown)
        loaded = loaded.get("DOCUMENTATION") if isinstance(loaded, dict) else None
    else:
        loaded = _load(text.encode("utf-8", "replace"), shown)
    found = _requirements(loaded, shown, line)
    for fragment in dict.fromkeys(_fragments(loaded)):
        found += _of_fragment(fragment, library)
    return tuple(found[:MAX_LINES])


def _of_fragment(name: str, library: Library) -> list[Documented]:
    """The requirements of a doc fragment, ``ns.coll.fragment`` or ``ns.coll.fragment.variable``."""
    full = split_name(name)
    owner = library.open(full[0]) if full is not None else None
    if full is None or owner is None:
        return []
    rest = full[1]
    for base, variable in ((rest, "DOCUMENTATION"), (rest.rpartition(".")[0], rest.rpartition(".")[2].upper())):
        path = owner.plugin("doc_fragments", base) if base else None
        if path is not None:
            text, line = _documentation(path, variable, owner.files)
            shown = owner.shown(path)
            return _requirements(_load(text.encode("utf-8", "replace"), shown), shown, line)
    return []


def _documentation(path: Path, variable: str, files: Files) -> tuple[str, int]:
    """The text that a Python file assigns to ``variable``, at its top or in a class, and the line where it starts."""
    code = read_code(path, files) if path.suffix == ".py" else None
    return code.texts.get(variable, ("", 1)) if code is not None else ("", 1)


def _load(data: bytes, shown: str) -> Any:
    try:
        return load_yaml(data, shown)
    except InputError:
        return None


def _requirements(loaded: Any, shown: str, before: int) -> list[Documented]:
    lines = loaded.get("requirements") if isinstance(loaded, dict) else None
    return [
        Documented(" ".join(_plain(line[:MAX_LINE]).split()), FileLocation(shown, before + line_of(line) - 1))
        for line in (lines[:MAX_LINES] if isinstance(lines, list) else [lines])
        if isinstance(line, str)
    ]


def _fragments(loaded: Any) -> list[str]:
    names = loaded.get("extends_documentation_fragment") if isinstance(loaded, dict) else None
    return [str(name) for name in (names[:MAX_LINES] if isinstance(names, list) else [names]) if isinstance(name, str)]


def _plain(text: str) -> str:
    """The text without Ansible's markup: ``L(pyone,https://…)`` is ``pyone``, ``C(lxml)`` is ``lxml``."""
    text = re.sub(r"\b[LR]\(([^,)]*),[^)]*\)", r"\1", text)
    return re.sub(r"\b[CBIVOUMHE]\(([^)]*)\)", r"\1", text).replace("`", "")


def _loose(name: str) -> str:
    """A pattern for a distribution's name however its words are joined."""
    return "[-_.]?".join(re.escape(part) for part in name.split("-"))
