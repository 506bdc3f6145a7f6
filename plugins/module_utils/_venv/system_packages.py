# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which of the system packages that are declared (bindep) are for this host.

The rules and the names of platforms are those of ``bindep/depends.py``, version 2.14 (``active_rules``, ``_evaluate``,
``platform_profiles``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_PLATFORM, _DEFAULT = "platform:", "default"
_ENTRY = re.compile(r"(?P<name>\S{1,200})(?:\s+\[(?P<selectors>[^\]]{0,500})\])?.*", re.DOTALL)
_GROUP = re.compile(r"\((?P<group>[^()]*)\)|(?P<profile>[^\s()]+)")
#: Families by the ids of their systems.
_FAMILIES = {
    "dpkg": ("debian", "ubuntu", "pop"),
    "rpm": (
        *("amzn", "amazonami", "centos", "rhel", "redhatenterpriseserver", "redhatenterpriseworkstation", "fedora"),
        *("opensuseproject", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles", "suselinux", "ol", "oracle"),
        *("rocky", "almalinux"),
    ),
    "emerge": ("gentoo",),
    "pacman": ("arch", "manjaro"),
    "apk": ("alpine",),
}
#: Other names of a system, each with its version behind it as well.
_ALIASES = {
    "redhatenterpriseserver": ("rhel",),
    "redhatenterpriseworkstation": ("rhel",),
    "amzn": ("amazonami",),
    "amazonami": ("amzn",),
    "opensuse": ("opensuse", "opensuseproject"),
    "opensuse-leap": ("opensuse", "opensuseproject"),
    "opensuse-tumbleweed": ("opensuse", "opensuseproject"),
    "sles": ("suselinux",),
    "suselinux": ("sles",),
}


def names_for_host(lines: Iterable[str], platform: Collection[str] | None = None) -> list[str]:
    """The names of the packages of ``lines`` that a host of ``platform`` needs at run time, each once.

    ``platform`` are the names of the system, by default of this one. Where its family of packages is not known, all
    are named with their platforms, because none can be left out.
    """
    known = host_platform() if platform is None else platform
    matches = (_ENTRY.fullmatch(line.strip()) for line in lines)
    entries = [(match["name"], match["selectors"] or "", match[0]) for match in matches if match is not None]
    if not known:
        return sorted({line for _name, selectors, line in entries if _is_for(selectors, None)})
    return sorted({name for name, selectors, _line in entries if _is_for(selectors, known)})


def host_platform() -> frozenset[str]:
    """The names that this system has in selectors; none where its family of packages is not known."""
    from ansible.module_utils import distro

    return platform_names(distro.id(), version=distro.version(), codename=distro.codename())


def platform_names(ident: str, *, version: str, codename: str) -> frozenset[str]:
    """The names of the system with the ``ident`` of its os-release."""
    ident, version, codename = "".join(ident.split()).lower(), version.lower(), codename.lower()
    family = next((family for family, idents in _FAMILIES.items() if ident in idents), None)
    if family is None:
        return frozenset()
    parts = version.split(".") if version else []
    endings = ["", f"-{codename}", *(f"-{'.'.join(parts[:count])}" for count in range(1, len(parts) + 1))]
    found = {f"{name}{ending}" for name in (ident, *_ALIASES.get(ident, ())) for ending in endings if ending != "-"}
    if family == "rpm":
        found.add("suse" if "suse" in ident or ident == "sles" else "redhat")
    # Every release that can run here has Python 3 as its own.
    return frozenset({*found, family, "base-py3"})


def _is_for(selectors: str, platform: Collection[str] | None) -> bool:
    """Whether an entry is for the default profile on this platform, None for any."""
    profiles: list[list[str]] = []
    platforms: list[list[str]] = []
    for match in _GROUP.finditer(selectors):
        words = match["group"].split() if match["group"] is not None else [match["profile"]]
        if match["group"] is not None and platform is None:
            words = [word for word in words if not word.lstrip("!").startswith(_PLATFORM)]
        # A group counts as one of profiles, whatever is in it.
        is_platform = match["group"] is None and words[0].lstrip("!").startswith(_PLATFORM)
        (platforms if is_platform else profiles).append(["", *words] if match["group"] is not None else words)
    active = {_DEFAULT, *(f"{_PLATFORM}{name}" for name in platform or ())}
    return (platform is None or _holds(platforms, active)) and _holds(profiles, active)


def _holds(groups: Sequence[Sequence[str]], active: Collection[str]) -> bool:
    """``_evaluate``: no negative one is active, and one of the positive ones, if there are any."""
    single = [words[0] for words in groups if words[0]]
    if any(word.startswith("!") and word[1:] in active for word in single):
        return False
    positive = [word for word in single if not word.startswith("!")]
    together = [words[1:] for words in groups if not words[0]]
    found = any(word in active for word in positive) or any(_all_hold(words, active) for words in together)
    return found or not (positive or together)


def _all_hold(words: Iterable[str], active: Collection[str]) -> bool:
    return all((word.lstrip("!") in active) != word.startswith("!") for word in words)
