# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Small collections as a Galaxy server has them, built by the real ansible-galaxy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from controller import Controller
from environments import environment

MODULE = "#!/usr/bin/python\nimport json\nprint(json.dumps({{'msg': '{}'}}))\n"


def write_tree(directory: Path, name: str, version: str, dependencies: dict[str, str] | None = None) -> Path:
    """A source tree with one module, ``hello``, which says the name and version of the collection."""
    namespace, short = name.split(".")
    (directory / "plugins" / "modules").mkdir(parents=True)
    (directory / "README.md").touch()
    (directory / "plugins" / "modules" / "hello.py").write_text(MODULE.format(f"{name} {version}"))
    described = {"namespace": namespace, "name": short, "version": version, "readme": "README.md", "authors": ["me"]}
    (directory / "galaxy.yml").write_text(json.dumps({**described, "dependencies": dependencies or {}}))
    return directory


def build_tarballs(home: Path) -> dict[str, bytes]:
    """By ``namespace-name-version``: ``acme.tools``, which requires ``acme.base``, and that."""
    trees = [
        write_tree(home / "tools1", "acme.tools", "1.0.0", {"acme.base": ">=1.0.0"}),
        write_tree(home / "tools2", "acme.tools", "2.0.0", {"acme.base": ">=1.0.0"}),
        write_tree(home / "base", "acme.base", "1.1.0"),
    ]
    return tarballs_of(trees, home)


def tarballs_of(trees: Iterable[Path], home: Path) -> dict[str, bytes]:
    """The collections in these source trees, by ``namespace-name-version``, built in ``home``."""
    developer = Controller(venv=environment("dev"), home=home)
    run = developer.run("ansible-galaxy", "collection", "build", "--output-path", home, *map(str, trees))
    assert run.returncode == 0, run.output
    return {path.name.removesuffix(".tar.gz"): path.read_bytes() for path in home.glob("*.tar.gz")}
