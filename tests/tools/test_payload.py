# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a module sends to every host and compiles there at every start does not grow unnoticed.

Ansible ships every file that an import names, also one under ``if TYPE_CHECKING:`` or in a function.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.executor.module_common import ModuleDepFinder

_COLLECTION = ("ansible_collections", "mobile_ansible", "venv")
_ROOT = Path(__file__).resolve().parents[2]

#: Our own files and KiB that each module may send, itself included. Raise one only for what the module really needs.
CEILINGS = {
    "magnet_info": (16, 65),
    "requirements_union": (55, 314),
    "shared_venv": (123, 740),
    "shared_venv_info": (22, 123),
    "shared_venv_prune": (20, 112),
    "shared_venv_verify": (54, 284),
    "torrent_download": (29, 161),
    "torrent_droplet": (12, 45),
    "torrent_info": (16, 76),
    "torrent_price": (11, 47),
    "torrent_reap": (10, 37),
    "venv_migration_test": (33, 178),
    "venv_symlink": (43, 222),
}
#: What brings the builder, or what asks an index; no module that only looks or links may send it.
_BUILDER = re.compile(
    "plugins/module_utils/(_uv|_collections|_galaxy|_roles|_union)/|_venv/(manager|build|plan|compile|audit)[.]py"
)
_WITH_BUILDER = {"requirements_union", "shared_venv"}
#: These run where ansible-playbook runs: their files are the documentation of action plugins.
_ON_THE_CONTROLLER = {
    "collection_deps", "report", "run_report", "torrent_fetch", "torrent_guard", "torrent_run", "venv_playbook",
    "venv_profile", "venv_profile_info",
}  # fmt: skip


def payload(module: str) -> dict[str, int]:
    """The files of this collection that Ansible sends for ``module``, with their bytes; packages are empty."""
    pending = [_ROOT / "plugins" / "modules" / f"{module}.py"]
    found: dict[str, int] = {}
    while pending:
        path = pending.pop()
        name = str(path.relative_to(_ROOT))
        if name not in found:
            source = path.read_bytes()
            found[name] = len(source)
            pending += imported(path, source)
    return {name: size for name, size in found.items() if size}


def imported(path: Path, source: bytes) -> Iterator[Path]:
    """The files that Ansible sends because this one imports them."""
    dotted = ".".join([*_COLLECTION, *path.relative_to(_ROOT).with_suffix("").parts])
    for parts in ModuleDepFinder(dotted, ast.parse(source)).submodules:
        if parts[:3] == _COLLECTION:
            # The last part may be a name in a file, and only Ansible's own finder of files can tell.
            candidates = (_ROOT.joinpath(*parts[3:end]).with_suffix(".py") for end in (len(parts), len(parts) - 1))
            yield from [candidate for candidate in candidates if candidate.is_file()][:1]


@pytest.mark.parametrize("module", sorted(CEILINGS))
def test_a_module_sends_no_more_than_it_needs(module: str) -> None:
    sent = payload(module)
    most_files, most_kib = CEILINGS[module]
    kib = sum(sent.values()) / 1024
    listed = "\n".join(sorted(sent))
    assert len(sent) <= most_files and kib <= most_kib, f"{len(sent)} files, {kib:.0f} KiB:\n{listed}"


@pytest.mark.parametrize("module", sorted(CEILINGS.keys() - _WITH_BUILDER))
def test_what_only_looks_or_links_sends_no_builder(module: str) -> None:
    assert [name for name in payload(module) if _BUILDER.search(name)] == []


def test_a_ceiling_is_near_what_is_sent() -> None:
    """One that is far above holds nothing."""
    for module, (files, kib) in CEILINGS.items():
        sent = payload(module)
        assert len(sent) >= 0.85 * files and sum(sent.values()) / 1024 >= 0.85 * kib, module


def test_every_module_has_a_ceiling() -> None:
    modules = {path.stem for path in (_ROOT / "plugins" / "modules").glob("[!_]*.py")}
    assert modules == CEILINGS.keys() | _ON_THE_CONTROLLER
