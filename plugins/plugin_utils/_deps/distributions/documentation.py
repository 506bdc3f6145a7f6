# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a plugin's DOCUMENTATION requires, and the defaults of its options, those of its doc fragments included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import normalise_name

from ..code.closure import read_code
from ..project.files import Files
from ..project.names import split_name
from ..project.yaml import load_yaml
from ..resolution.routing import Library
from .declared import parsed

#: Lines of one plugin's requirements, and characters of a line, that are looked at; people write a few words.
MAX_LINES = 100
MAX_LINE = 1000
#: The texts below have single blanks only, and each of them fits at one point of the pattern.
_RANGE = r" ?(?P<ranges>(?:(?:==|>=|<=|~=|!=|<|>) ?[0-9][A-Za-z0-9.*]*(?: ?,)? ?)+)"
_CONDITION = re.compile(
    r"\b(?:if|when|only|optional|optionally|recommended|unless|depending|for (?:use|using)|either|or)\b|\w=\w"
    r"|\b(?:on|under|before|since) python\b"
    r"|\b(?:whenever|in case|provided|except|suggested|alternatively|options?|not (?:needed|necessary|required))\b"
    r"|\b(?:needed|necessary|required|used) for (?!(?:this|all|any|every|each|the (?:module|plugin))\b)",
    re.IGNORECASE,
)
_OPTIONAL = re.compile(r"\b(?:optional|optionally|not required|recommended)\b", re.IGNORECASE)
#: Names with versions, and nothing else between them.
_NAMED = r"[A-Za-z][A-Za-z0-9._-]*(?:\[[a-z,]+\])?(?: ?(?:==|>=|<=|~=|!=|<|>) ?[0-9][A-Za-z0-9.*]*)?"
_CHOICE = re.compile(rf"(?:either )?{_NAMED}(?:, {_NAMED})*,? or {_NAMED}", re.IGNORECASE)
_EXTRA = re.compile(r"\w\[[A-Za-z]")
_NEWER = re.compile(
    r"\bor (?:(?:a |any )?(?:later|earlier)|higher|newer|above|greater|better|more|lower|older|below|less)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\w+://[^\s)>,]+")
_DIGITS = 9
_YAML = (".yml", ".yaml")
_TRUE = frozenset({"true", "yes", "on", "1"})


@dataclass(frozen=True)
class Documented:
    """One line of ``requirements``."""

    text: str

    @property
    def conditional(self) -> bool:
        """Whether only some uses need it."""
        return bool(_CONDITION.search(_NEWER.sub("", _ADDRESS.sub("", self.text))))

    @property
    def optional(self) -> bool:
        """Whether it says so, and not of an extra only (``smbprotocol[kerberos] for optional authentication``)."""
        return bool(_OPTIONAL.search(self.text)) and not _EXTRA.search(self.text)

    @property
    def is_choice(self) -> bool:
        """Whether it is ``lxml or beautifulsoup4``, without a condition: one of them is required."""
        return _CHOICE.fullmatch(_NEWER.sub("", self.text).strip().rstrip(".")) is not None

    def requirement(self, names: frozenset[str]) -> str | None:
        """The requirement for one of the distributions ``names`` (normalised) if the line speaks of it."""
        whole = parsed(self.text.strip().rstrip("."))
        if whole is not None:
            return f"{whole.name}{whole.specifier}" if normalise_name(whole.name) in names else None
        for name in names:
            found = re.search(rf"(?<![\w.-]){_loose(name)}(?![\w-]|\.[A-Za-z_])(?:{_RANGE})?", self.text, re.IGNORECASE)
            if found:
                ranged = name + re.sub(r"\s", "", found["ranges"] or "").strip(",.")
                return ranged if parsed(ranged) is not None else name
        return None


@dataclass(frozen=True)
class Documentation:
    """The lines of ``requirements``, the names of ``options``, and what these are when nobody sets them."""

    requirements: tuple[Documented, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    options: frozenset[str] = frozenset()


def documented(path: Path, name: str, owner: str, library: Library) -> Documentation:
    """What the documentation of the plugin ``name`` in the file ``path`` of ``owner`` says; nothing without any.

    A file that has none itself, such as one of several filters, has a YAML file with the name of the plugin beside it
    (``_find_adjacent`` of ansible/utils/plugin_docs.py).
    """
    files = library.files(owner, path)
    text = _documentation(path, "DOCUMENTATION", files)
    beside = (path.with_name(f"{name.rpartition('.')[2]}{ending}") for ending in _YAML)
    sidecar = files.file(*beside) if not text else None
    if sidecar is not None:
        loaded = _load(files.data(sidecar))
        loaded = loaded.get("DOCUMENTATION") if isinstance(loaded, dict) else None
    else:
        loaded = _load(text.encode("utf-8", "replace"))
    parts = [loaded]
    for fragment in dict.fromkeys(map(str, _texts(loaded, "extends_documentation_fragment"))):
        parts.append(_fragment(fragment, library))
    lines = [line for part in parts for line in _requirements(part)]
    defaults = {name: value for part in reversed(parts) for name, value in _defaults(part)}
    options = frozenset(str(name) for part in parts for name in _options(part))
    return Documentation(tuple(lines[:MAX_LINES]), defaults, options)


def _options(loaded: Any) -> Mapping[Any, Any]:
    options = loaded.get("options") if isinstance(loaded, dict) else None
    return options if isinstance(options, dict) else {}


def _defaults(loaded: Any) -> Iterator[tuple[str, Any]]:
    """Each option that has a default, with that."""
    for name, option in _options(loaded).items():
        if isinstance(option, dict) and option.get("default") is not None:
            yield str(name), _typed(option.get("default"), str(option.get("type") or "str"))


def _typed(value: Any, kind: str) -> Any:
    if not isinstance(value, str):
        return value
    if kind in ("bool", "boolean"):
        return value.lower() in _TRUE
    return int(value[:_DIGITS]) if kind in ("int", "integer") and value.isdecimal() and value.isascii() else str(value)


def _fragment(name: str, library: Library) -> Any:
    """What a doc fragment says, ``ns.coll.fragment`` or ``ns.coll.fragment.variable``."""
    full = split_name(name)
    owner = library.open(full[0]) if full is not None else None
    if full is None or owner is None:
        return None
    rest = full[1]
    for base, variable in ((rest, "DOCUMENTATION"), (rest.rpartition(".")[0], rest.rpartition(".")[2].upper())):
        path = owner.plugin("doc_fragments", base) if base else None
        if path is not None:
            return _load(_documentation(path, variable, owner.files).encode("utf-8", "replace"))
    return None


def _documentation(path: Path, variable: str, files: Files) -> str:
    """The text that a Python file assigns to ``variable``, at its top or in a class."""
    return read_code(path, files).texts.get(variable, "") if path.suffix == ".py" else ""


def _load(data: bytes) -> Any:
    try:
        return load_yaml(data, "DOCUMENTATION")
    except InputError:
        return None


def _requirements(loaded: Any) -> list[Documented]:
    return [Documented(" ".join(_plain(line[:MAX_LINE]).split())) for line in _texts(loaded, "requirements")]


def _texts(loaded: Any, key: str) -> list[str]:
    """The text, or the texts of the list, at ``key`` of a documentation."""
    value = loaded.get(key) if isinstance(loaded, dict) else None
    return [one for one in (value[:MAX_LINES] if isinstance(value, list) else [value]) if isinstance(one, str)]


def _plain(text: str) -> str:
    """The text without Ansible's markup: ``L(pyone,https://…)`` is ``pyone``, ``C(lxml)`` is ``lxml``."""
    text = re.sub(r"\bO\(([^)]*)\)", r"option \1", text)
    text = re.sub(r"\b[LR]\(([^,)]*),[^)]*\)", r"\1", text)
    return re.sub(r"\b[CBIVOUMHE]\(([^)]*)\)", r"\1", text).replace("`", "")


def _loose(name: str) -> str:
    """A pattern for a distribution's name however its words are joined."""
    return "[-_.]?".join(re.escape(part) for part in name.split("-"))
