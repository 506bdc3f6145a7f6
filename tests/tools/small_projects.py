# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Projects of a few lines, analysed with the ansible-core that is installed and with a collection of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.core_answers import ask_core
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis, CollectionDirectory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

#: Newer releases of ansible-core hash passwords with the C library.
HASHES_BY_ITSELF = (Path(ansible.__file__).parent / "_internal" / "_encryption").is_dir()
#: The keys of a task that are no action.
TASK_KEYWORDS = frozenset(ask_core().task_keywords)


def analysed(root: Path, files: Mapping[str, str], **options: Any) -> Analysis:
    """The analysis of ``site.yml`` among ``files``, by their paths; those in ``acme/hard`` are a collection."""
    for name, text in files.items():
        path = root / ("source" if name.startswith("acme/hard/") else "project") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def source(name: str, /) -> CollectionDirectory | None:
        path = root / "source" / Path(*name.split("."))
        return CollectionDirectory(name, "1.0.0", path) if path.is_dir() else None

    return analyse(
        root / "project",
        ["site.yml"],
        core=Core(Path(ansible.__file__).parent),
        source=source,
        task_keywords=TASK_KEYWORDS,
        play_keywords=ask_core().play_keywords,
        **options,
    )


def play(*tasks: str, keywords: str = "") -> str:
    """A playbook of one play with ``tasks`` and other ``keywords``, in lines."""
    keys = [f"  {line}" for line in keywords.splitlines()]
    return "\n".join(["- hosts: all", *keys, "  tasks:", *(f"  - {task}" for task in tasks), ""])


def reached(name: str) -> str:
    """A file of tasks that is seen to be reached: its module leads nowhere."""
    return f"- {name}:\n"


def missing(analysis: Analysis, kind: str = "module") -> set[str]:
    """The names of ``kind`` that lead nowhere."""
    return {one.name for one in analysis.unresolved if one.kind == kind}


def found(analysis: Analysis) -> set[str]:
    """The plugins and roles of collections that are used, by their full names."""
    return {one.plugin for one in analysis.evidence}


def dynamic(analysis: Analysis) -> list[str]:
    """What only the run will know."""
    return [one.expression for one in analysis.dynamic]
