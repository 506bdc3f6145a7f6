# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A plugin of one file, and what it requires."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.plugin_requirements import (
    PluginRequirements,
    requirements_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory, Plugin
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.routing import Library


def found(
    tmp_path: Path, code: str, *, documentation: str = "", declared: str = "", kind: str = "module", name: str = "one"
) -> PluginRequirements:
    """What a plugin with ``code`` requires."""
    plugins = tmp_path / "plugins" / ("modules" if kind == "module" else kind)
    plugins.mkdir(parents=True, exist_ok=True)
    (tmp_path / "requirements.txt").write_text(declared)
    path = plugins / "one.py"
    path.write_text(f"DOCUMENTATION = '''\n{documentation}\n'''\n{code}")
    project, core = Files(tmp_path), Core(tmp_path)
    library = Library(lambda name: CollectionDirectory(name, "1.0.0", tmp_path), project=project, core=core)
    return requirements_of(Plugin(kind, f"acme.web.{name}", "acme.web", path), library)


def requirements(tmp_path: Path, code: str, *, documentation: str = "", declared: str = "") -> dict[str, bool]:
    """The requirements of a module with ``code``, each with whether it is required."""
    of_module = found(tmp_path, code, documentation=documentation, declared=declared)
    assert not of_module.unresolved
    return {one.requirement: one.required for one in of_module.requirements}
