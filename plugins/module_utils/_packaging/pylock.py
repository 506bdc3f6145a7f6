# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Read the ``pylock.toml`` (PEP 751) that uv prints, and choose one wheel of each package.

Modules run on Python 3.9, which has no ``tomllib``: this reads uv's own output and nothing else, and refuses what it
does not know. uv lists only wheels that fit the interpreter it resolved for, so every choice is a right one; ours is
stable, and its hash alone goes into the lock, so that a later upload to the same release changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .._errors import ResolutionError
from .requirement import Requirement, parse_requirement
from .version import allows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_PACKAGE = re.compile(r"^\[\[packages\]\]$", re.MULTILINE)
_STRING = r'"((?:[^"\\]|\\.)*)"'
_NAME = re.compile(rf"^name = {_STRING}$", re.MULTILINE)
_VERSION = re.compile(rf"^version = {_STRING}$", re.MULTILINE)
_WHEEL = re.compile(rf"\{{[^{{}}]*\burl = {_STRING}[^{{}}]*\bhashes = \{{[^{{}}]*\bsha256 = {_STRING}[^{{}}]*\}} *\}}")
_NUMBER = re.compile(r"\d+")
_SYSTEM = re.compile(r"_(\d+)_(\d+)_")


@dataclass(frozen=True)
class LockedPackage:
    """A distribution as it will be installed: the wheel ``filename`` at ``url``, with its ``sha256`` in hex."""

    name: str
    version: str
    filename: str
    url: str
    sha256: str


def parse_pylock(text: str, *, hashes: Mapping[str, Collection[str]] | None = None) -> list[LockedPackage]:
    """The packages of a ``pylock.toml`` in its order.

    ``hashes``: for a package, or some versions of it (``six==1.17.0``), the sha256 that its wheel may have. Raises
    :class:`ResolutionError` that names the ``package`` which has no hashed wheel, or none that is allowed.
    """
    allowed = [(parse_requirement(one, where="hashes"), frozenset(found)) for one, found in (hashes or {}).items()]
    return [_package(section, allowed) for section in _PACKAGE.split(text)[1:]]


def _package(section: str, hashes: Sequence[tuple[Requirement, frozenset[str]]]) -> LockedPackage:
    name, version = _NAME.search(section), _VERSION.search(section)
    wheels = [
        LockedPackage(name.group(1), version.group(1), _filename(url), url, sha256)
        for url, sha256 in _WHEEL.findall(section)
        if name and version and _filename(url).endswith(".whl")
    ]
    if not wheels:
        raise ResolutionError(
            f"{name.group(1) if name else 'a package'}: the index has no wheel with a sha256 for this interpreter, "
            "and packages are not built from source. Choose another version, or put a wheel into find_links",
            package=name.group(1) if name else None,
        )
    allowed = [wheel for wheel in wheels if all(wheel.sha256 in one for one in _restricting(wheel, hashes))]
    if not allowed:
        raise ResolutionError(
            f"{wheels[0].name}=={wheels[0].version}: no wheel of the index for this interpreter has a sha256 that "
            "the requirement files allow; update their hashes if you trust the index",
            package=wheels[0].name,
        )
    return max(allowed, key=_preference)


def _restricting(
    wheel: LockedPackage, hashes: Sequence[tuple[Requirement, frozenset[str]]]
) -> Iterator[frozenset[str]]:
    for requirement, allowed in hashes:
        if requirement.name == wheel.name and allows(requirement.versions, wheel.version):
            yield allowed


def _filename(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _preference(wheel: LockedPackage) -> tuple[bool, list[int], list[tuple[int, int]], str]:
    """Pure Python last; else the newest interpreter tag, then the newest system (``manylinux_2_28``)."""
    python, abi, platform = wheel.filename[: -len(".whl")].split("-")[-3:]
    systems = [(int(major), int(minor)) for major, minor in _SYSTEM.findall(platform)]
    return (
        platform != "any",
        [int(number) for number in _NUMBER.findall(python)],
        sorted(systems),
        f"{abi}-{platform}",
    )
