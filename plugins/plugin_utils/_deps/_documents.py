# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The ``requirements`` of a plugin's DOCUMENTATION, those of its doc fragments included."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._closure import read_code
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._content import Content, normalised
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._files import read_regular
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._model import Place
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._routing import Library, split_name
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps._yaml import line_of, load_yaml

_EXACT = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[(?P<extras>[A-Za-z0-9, _-]+)\])?\s*"
    r"(?P<ranges>\(?\s*(?:(?:==|>=|<=|~=|!=|<|>)\s*[0-9][A-Za-z0-9.*+!-]*\s*,?\s*)*\)?)\s*\.?\Z"
)
_RANGE = r"\s*(?P<ranges>(?:(?:==|>=|<=|~=|!=|<|>)\s*[0-9][A-Za-z0-9.*]*\s*,?\s*)+)"
_CONDITION = re.compile(
    r"\b(?:if|when|only|optional|optionally|unless|depending|for (?:use|using)|either|or)\b|\w=\w", re.IGNORECASE
)


@dataclass(frozen=True)
class Documented:
    """One line of ``requirements``: its text, and whether it names a condition."""

    text: str
    place: Place

    @property
    def conditional(self) -> bool:
        """Whether only some uses need it."""
        return bool(_CONDITION.search(self.text))

    def requirement(self, names: frozenset[str]) -> str | None:
        """The requirement for one of the distributions ``names`` (normalised) if the line speaks of it."""
        match = _EXACT.match(self.text.strip())
        if match:
            ranges = re.sub(r"[\s()]", "", match["ranges"]).strip(",")
            return match["name"] + ranges if normalised(match["name"]) in names else None
        for name in names:
            found = re.search(rf"(?<![\w.-]){_loose(name)}(?![\w-])(?:{_RANGE})?", self.text, re.IGNORECASE)
            if found:
                return name + re.sub(r"\s", "", found["ranges"] or "").strip(",")
        return None


def documented(path: Path, content: Content | None, library: Library) -> tuple[Documented, ...]:
    """The requirements that the documentation of the plugin file ``path`` names; none when it has none."""
    text, line = _documentation(path, "DOCUMENTATION")
    sidecar = path.with_suffix(".yml")
    shown = content.shown(path) if content is not None and content.folder.path in path.parents else path.name
    if not text and sidecar.is_file():
        loaded = _load(read_regular(sidecar), shown)
        loaded = loaded.get("DOCUMENTATION") if isinstance(loaded, dict) else None
    else:
        loaded = _load(text.encode(), shown)
    found = _requirements(loaded, shown, line)
    for fragment in _fragments(loaded):
        found += _of_fragment(fragment, content, library)
    return tuple(found)


def _of_fragment(name: str, content: Content | None, library: Library) -> list[Documented]:
    """The requirements of a doc fragment, ``ns.coll.fragment`` or ``ns.coll.fragment.variable``."""
    if name.count(".") < 2:
        return []
    collection, rest = split_name(name)
    owner = content if content is not None and content.name == collection else library.open(collection)
    if owner is None:
        return []
    for base, variable in ((rest, "DOCUMENTATION"), (rest.rpartition(".")[0], rest.rpartition(".")[2].upper())):
        path = owner.plugin("doc_fragments", base) if base else None
        if path is not None:
            text, line = _documentation(path, variable)
            shown = owner.shown(path) if owner.folder.path in path.parents else f"{collection}/{path.name}"
            return _requirements(_load(text.encode(), shown), shown, line)
    return []


def _documentation(path: Path, variable: str) -> tuple[str, int]:
    """The text that a Python file assigns to ``variable``, at its top or in a class, and the line where it starts."""
    tree = read_code(path).tree if path.suffix == ".py" else None
    for node in ast.walk(tree) if tree is not None else ():
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign) or not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            continue
        if any(getattr(target, "id", "") == variable for target in node.targets):
            return value.value, value.lineno
    return "", 1


def _load(data: bytes, shown: str) -> Any:
    try:
        return load_yaml(data, shown)
    except InputError:
        return None


def _requirements(loaded: Any, shown: str, before: int) -> list[Documented]:
    lines = loaded.get("requirements") if isinstance(loaded, dict) else None
    return [
        Documented(" ".join(_plain(line).split()), Place(shown, before + line_of(line) - 1))
        for line in (lines if isinstance(lines, list) else [lines])
        if isinstance(line, str)
    ]


def _fragments(loaded: Any) -> list[str]:
    names = loaded.get("extends_documentation_fragment") if isinstance(loaded, dict) else None
    return [str(name) for name in (names if isinstance(names, list) else [names]) if isinstance(name, str)]


def _plain(text: str) -> str:
    """The text without Ansible's markup: ``L(pyone,https://…)`` is ``pyone``, ``C(lxml)`` is ``lxml``."""
    text = re.sub(r"\b[LR]\(([^,)]*),[^)]*\)", r"\1", text)
    return re.sub(r"\b[CBIVOUMHE]\(([^)]*)\)", r"\1", text).replace("`", "")


def _loose(name: str) -> str:
    """A pattern for a distribution's name however its words are joined."""
    return "[-_.]?".join(re.escape(part) for part in name.split("-"))
