# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of an analysis in the forms that other programs read: requirement files, a definition, a graph.

Names in a report are text of the project and of collections: each form quotes them by its own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import yaml

Report = Mapping[str, Any]
#: A node of the graph: its kind and its label.
Node = tuple[str, str]


def _requirements_yml(report: Report) -> str:
    """For ``ansible-galaxy install -r``."""
    galaxy = report["profile"]["dependencies"]["galaxy"]
    # Programs that check this form know no sha256.
    roles, collections = (
        [{key: text for key, text in one.items() if key != "sha256"} for one in galaxy.get(kind, ())]
        for kind in ("roles", "collections")
    )
    return _yaml({**({"roles": roles} if roles else {}), "collections": collections})


def _requirements_txt(report: Report) -> str:
    """For ``pip install -r`` and ``uv pip install -r``."""
    return _lines(report["profile"]["dependencies"]["python"])


def _bindep_txt(report: Report) -> str:
    """For ``bindep -f``."""
    return _lines(_system(report))


def _execution_environment(report: Report) -> str:
    """For ``ansible-builder create -f``."""
    dependencies = report["profile"]["dependencies"]
    system = _system(report)
    return _yaml({"version": 3, "dependencies": {**dependencies, **({"system": system} if system else {})}})


def _mermaid(report: Report) -> str:
    """A flowchart for Mermaid: playbooks and roles, plugins, collections, packages."""
    arrows = _arrows(report)
    numbers = _numbers(arrows)
    nodes = [f'  n{number}["{_mermaid_text(label)}"]' for (_kind, label), number in numbers.items()]
    lines = [f"  n{numbers[start]} --> n{numbers[end]}" for start, end in arrows]
    return _lines(["flowchart LR", *nodes, *lines])


def _dot(report: Report) -> str:
    """The same for Graphviz."""
    arrows = _arrows(report)
    numbers = _numbers(arrows)
    nodes = [f'  n{number} [label="{_dot_text(label)}"];' for (_kind, label), number in numbers.items()]
    lines = [f"  n{numbers[start]} -> n{numbers[end]};" for start, end in arrows]
    return _lines(["digraph requirements {", "  rankdir=LR;", "  node [shape=box];", *nodes, *lines, "}"])


#: The name of each form, which is that of the file that programs expect.
FORMATS: Mapping[str, Callable[[Report], str]] = {
    "requirements.yml": _requirements_yml,
    "requirements.txt": _requirements_txt,
    "bindep.txt": _bindep_txt,
    "execution-environment.yml": _execution_environment,
    "graph.mmd": _mermaid,
    "graph.dot": _dot,
}


def _system(report: Report) -> list[str]:
    """The packages of operating systems: ``python3-ldap [platform:dpkg]``."""
    return sorted({one["entry"] for one in report["system_packages"]})


def _arrows(report: Report) -> list[tuple[Node, Node]]:
    """File → plugin → collection → package, each arrow once."""
    arrows: dict[tuple[Node, Node], None] = {}
    for one in report["evidence"]:
        plugin = ("plugin", f"{one['kind']} {one['plugin'] or one['name']}")
        arrows[("file", one["file"]), plugin] = None
        if one["collection"]:
            arrows[plugin, ("collection", one["collection"])] = None
        if one["distribution"] and one["required"]:
            arrows[plugin, ("package", one["distribution"])] = None
    return list(arrows)


def _numbers(arrows: list[tuple[Node, Node]]) -> dict[Node, int]:
    nodes = dict.fromkeys(node for arrow in arrows for node in arrow)
    return {node: number for number, node in enumerate(nodes)}


def _mermaid_text(label: str) -> str:
    """Within quotes Mermaid knows no escape but character references, which begin with ``#``."""
    return "".join(one if one.isalnum() or one in " ._-/:=,@[]()" else f"#{ord(one)};" for one in label)


def _dot_text(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"')


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _yaml(value: Mapping[str, Any]) -> str:
    return "---\n" + yaml_text(value)


def yaml_text(data: Mapping[str, Any]) -> str:
    """Plain data as YAML that people read; the same for equal data, whatever order it has."""
    return yaml.safe_dump(_ordered(data), sort_keys=False, allow_unicode=True, width=10_000)


def _ordered(value: Any) -> Any:
    """What something is called comes first, then its version, then the rest by the alphabet."""
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (name != "name", name != "version", name))
        return {name: _ordered(value[name]) for name in names}
    return [_ordered(one) for one in value] if isinstance(value, (list, tuple)) else value
