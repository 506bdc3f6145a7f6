# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Links and paths of ansible.cfg that lead out of a project are followed where the user says so, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import ansible
import pytest
import yaml
from small_projects import analysed, dynamic, missing, play, reached

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.config import read_config
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.scan import Findings
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.user_settings import (
    UserSetting,
    of_environment,
)

BASE = yaml.safe_load((Path(ansible.__file__).parent / "config" / "base.yml").read_text())
USES = play("own:", keywords="roles: [r]")


def outside(root: Path, config: str, *, home: str | None, **options: Any) -> Analysis:
    """The analysis of a playbook whose role and module lie beside the project, and in the home of the user."""
    for place in ("shared", "home"):
        (root / place / "roles" / "r" / "tasks").mkdir(parents=True)
        (root / place / "roles" / "r" / "tasks" / "main.yml").write_text(reached(f"of.the.{place}"))
        (root / place / "library").mkdir()
        (root / place / "library" / "own.py").write_text("import of_module\n")
    return analysed(root, {"site.yml": USES, "ansible.cfg": f"[defaults]\n{config}"}, home=home, **options)


def test_roles_and_plugins(tmp_path: Path) -> None:
    config = "roles_path = ../shared/roles\nlibrary = ../shared/library\n"
    analysis = outside(tmp_path, config, home="/nowhere")
    assert (missing(analysis), missing(analysis, "import")) == ({"of.the.shared"}, {"of_module"})
    (role,) = [one.location.file for one in analysis.unresolved if one.kind == "module"]
    assert role == str(tmp_path / "shared" / "roles" / "r" / "tasks" / "main.yml")
    assert dynamic(analysis) == []


@pytest.mark.parametrize(
    "path",
    [
        *("{root}/shared/roles", "~/../shared/roles", "roles:../shared/roles", "{{{{CWD}}}}/../shared/roles"),
        *("$HOME/../shared/roles", "${{HOME}}/../shared/roles"),
    ],
)
def test_every_spelling(tmp_path: Path, path: str) -> None:
    config = f"roles_path = {path.format(root=tmp_path)}\n"
    assert "of.the.shared" in missing(outside(tmp_path, config, home=str(tmp_path / "home")))


def test_what_the_user_does_not_trust_is_said(tmp_path: Path) -> None:
    analysis = outside(tmp_path, "roles_path = ../shared/roles:~/roles\nlibrary = ../shared/library\n", home=None)
    assert missing(analysis) == {"own"}
    assert missing(analysis, "role") == {"r"}
    assert len([one for one in dynamic(analysis) if "not followed" in one]) == 3


def test_a_reason_that_ends_with_a_period_gets_no_second_one(tmp_path: Path) -> None:
    files = {"site.yml": play("include: x.yml"), "ansible.cfg": "[defaults]\nlibrary = ../shared/library\n"}
    (reason,) = [one.reason for one in analysed(tmp_path, files).unresolved if one.kind == "module"]
    assert "instead. ansible.cfg, line 2: library names a directory outside of the project" in reason


@pytest.mark.parametrize("path", ["../shared/roles", "~/roles", "$HOME/roles", "roles:/shared/roles"])
def test_a_missing_role_says_which_directory_was_left_out(tmp_path: Path, path: str) -> None:
    reasons = reasons_of(outside(tmp_path, f"roles_path = {path}\n", home=None))
    assert "ansible.cfg, line 2: roles_path names" in reasons["r"] and "set follow_outside" in reasons["r"]
    assert "follow_outside" not in reasons["own"]


def test_so_does_a_missing_plugin_of_the_same_kind(tmp_path: Path) -> None:
    reasons = reasons_of(outside(tmp_path, "library = ../shared/library\n", home=None))
    assert "line 2: library names" in reasons["own"] and "follow_outside" not in reasons["r"]


@pytest.mark.parametrize("config", ["roles_path = roles", "roles_path = $ELSEWHERE/roles", "collections_path = ../x"])
def test_the_advice_stands_only_where_it_can_help(tmp_path: Path, config: str) -> None:
    assert "follow_outside" not in str(reasons_of(outside(tmp_path, f"{config}\n", home=None)))


def test_what_is_missing_although_directories_are_followed_has_no_advice(tmp_path: Path) -> None:
    reasons = reasons_of(outside(tmp_path, "roles_path = ../gone\n", home="/nowhere"))
    assert "r" in reasons and "follow_outside" not in str(reasons)


@pytest.mark.parametrize("link", ["roles/r", "roles", "roles/r/tasks", "roles/r/tasks/main.yml"])
def test_a_link_out_of_the_project_says_what_follows_it(tmp_path: Path, link: str) -> None:
    (tmp_path / "shared" / "roles" / "r" / "tasks").mkdir(parents=True)
    (tmp_path / "shared" / "roles" / "r" / "tasks" / "main.yml").write_text("[]")
    (tmp_path / "project" / link).parent.mkdir(parents=True)
    (tmp_path / "project" / link).symlink_to(tmp_path / "shared" / link)
    files = {"site.yml": play("debug:", keywords="roles: [r]")}
    told = [one.reason for one in analysed(tmp_path, files, home=None).unresolved]
    assert any("or set follow_outside if you trust the project" in one for one in told)
    assert analysed(tmp_path, {}, home="/nowhere").unresolved == ()


def reasons_of(analysis: Analysis) -> dict[str, str]:
    return {one.name: one.reason for one in analysis.unresolved}


def test_collections_come_from_the_project_and_the_venv(tmp_path: Path) -> None:
    analysis = outside(tmp_path, "collections_path = ../shared\nroles_path = ../shared/roles\n", home="/nowhere")
    assert [one.partition(" = ")[0] for one in dynamic(analysis)] == ["collections_path"]


@pytest.mark.parametrize(("config", "expected"), [("", {"own", "of.the.home"}), ("roles_path = roles\n", {"own"})])
def test_where_ansible_looks_by_default(tmp_path: Path, config: str, expected: set[str]) -> None:
    home = tmp_path / "user"
    home.mkdir()
    (home / ".ansible").symlink_to(tmp_path / "home")
    assert missing(outside(tmp_path, config, home=str(home))) == expected


def test_on_another_host_only_what_is_named_is_followed(tmp_path: Path) -> None:
    analysis = outside(tmp_path, "library = ../shared/library\n", home=str(tmp_path), usual=False)
    assert missing(analysis, "import") == {"of_module"} and missing(analysis, "role") == {"r"}


USED = {
    "plugins/modules/own.py": "import of_module\n",
    "plugins/module_utils/shared.py": "import of_utils\n",
    "plugins/modules/other.py": "from ansible.module_utils.shared import x\n",
    "plugins/filter/texts.py": "import of_filters\n",
    "plugins/callback/says.py": "import of_callback\n",
    "plugins/connection/tunnel.py": "import of_connection\n",
    "roles/r/tasks/main.yml": reached("of.the.role"),
}
EVERYTHING = {"of_module", "of_utils", "of_filters", "of_callback", "of_connection"}


def by_default(root: Path, place: str, config: str, *, home: str | None, **options: Any) -> tuple[set[str], set[str]]:
    """The imports of plugins that Ansible finds by itself in ``place``, and the modules that lead nowhere."""
    for name, text in USED.items():
        (root / place / name).parent.mkdir(parents=True, exist_ok=True)
        (root / place / name).write_text(text)
    site = play("own:", "other:", keywords="roles: [r]\nconnection: tunnel")
    files = {"site.yml": site, "ansible.cfg": f"[defaults]\n{config}"}
    analysis = analysed(root, files, home=home, **options)
    return missing(analysis, "import"), missing(analysis)


@pytest.mark.parametrize(
    ("place", "config", "home"),
    [
        ("user/.ansible", "", "user"),
        ("mine", "home = ../mine\n", "nowhere"),
        ("project/mine", "home = mine\n", "nowhere"),
        ("project/mine", "home = mine\n", None),
    ],
)
def test_plugins_that_ansible_finds_by_default(tmp_path: Path, place: str, config: str, home: str | None) -> None:
    found = by_default(tmp_path, place, config, home=str(tmp_path / home) if home is not None else None)
    assert found == (EVERYTHING, {"of.the.role"})


def test_the_variable_for_the_home_of_ansible(tmp_path: Path) -> None:
    settings = of_environment({"ANSIBLE_HOME": "mine"}, home="/", current=str(tmp_path))
    assert by_default(tmp_path, "mine", "", home="/nowhere", settings=settings)[0] == EVERYTHING


def test_a_setting_takes_the_place_of_the_default(tmp_path: Path) -> None:
    config = "library = lib\nmodule_utils = utils\nfilter_plugins = filters\nroles_path = roles\n"
    assert by_default(tmp_path, "user/.ansible", config, home=str(tmp_path / "user")) == (
        {"of_callback", "of_connection"},
        {"own", "other"},
    )


@pytest.mark.parametrize("config", ["", "home = ../user/.ansible\n"])
def test_of_a_user_who_is_elsewhere_nothing_is_found(tmp_path: Path, config: str) -> None:
    assert by_default(tmp_path, "user/.ansible", config, home=None) == (set(), {"own", "other"})


def test_the_places_are_those_of_ansible(tmp_path: Path) -> None:
    """Each directory of plugins for which config/base.yml has a default, and that of roles."""
    default = re.compile(r'{{ ANSIBLE_HOME ~ "(/[^"]*)" }}')
    paths = [one for one in BASE.values() if one.get("type") == "pathspec"]
    written = {one["name"]: default.fullmatch(str(one.get("default"))) for one in paths}
    places = {Path(f"{tmp_path}{one}") for found in written.values() if found for one in found[1].split(":")[:1]}
    for place in places:
        place.mkdir(parents=True)
    (tmp_path / "project").mkdir()
    files = Files(tmp_path / "project")
    settings = [UserSetting("defaults", "home", str(tmp_path), "ANSIBLE_HOME")]
    config = read_config(files, Findings(), user=settings, home="/nowhere")
    found = {*config.roles(files.root), *(path for paths in config.plugins.values() for path in paths)}
    assert found == places - {tmp_path / "collections"} and len(found) > 15


def test_a_variable_names_a_directory_outside(tmp_path: Path) -> None:
    settings = of_environment({"ANSIBLE_ROLES_PATH": "shared/roles"}, home="/", current=str(tmp_path))
    assert "of.the.shared" in missing(outside(tmp_path, "", home="/nowhere", settings=settings))


@pytest.mark.parametrize("home", ["/nowhere", None])
@pytest.mark.parametrize("link", ["roles/r", "roles", "roles/r/tasks", "roles/r/tasks/main.yml"])
def test_a_link_out_of_the_project(tmp_path: Path, link: str, home: str | None) -> None:
    (tmp_path / "shared" / "roles" / "r" / "tasks").mkdir(parents=True)
    (tmp_path / "shared" / "roles" / "r" / "tasks" / "main.yml").write_text(reached("of.the.shared"))
    (tmp_path / "project" / link).parent.mkdir(parents=True)
    (tmp_path / "project" / link).symlink_to(tmp_path / "shared" / link)
    analysis = analysed(tmp_path, {"site.yml": play(keywords="roles: [r]")}, home=home)
    assert missing(analysis) == ({"of.the.shared"} if home else set())
    assert bool(missing(analysis, "path") or missing(analysis, "role")) == (not home)
    assert (str(tmp_path / "shared" / "roles" / "r" / "tasks" / "main.yml") in analysis.looked) == bool(home)


def test_a_configuration_that_is_a_link_out_of_the_project(tmp_path: Path) -> None:
    """Its relative paths start where the link is, as for Ansible."""
    for place in ("project", "shared"):
        (tmp_path / place / "own" / "r" / "tasks").mkdir(parents=True)
        (tmp_path / place / "own" / "r" / "tasks" / "main.yml").write_text(reached(f"of.the.{place}"))
    (tmp_path / "shared" / "ansible.cfg").write_text("[defaults]\nroles_path = own\n")
    (tmp_path / "project" / "ansible.cfg").symlink_to("../shared/ansible.cfg")
    assert missing(analysed(tmp_path, {"site.yml": play(keywords="roles: [r]")}, home="/nowhere")) == {"of.the.project"}


def test_a_link_to_a_link_out_of_a_directory_that_is_followed(tmp_path: Path) -> None:
    (tmp_path / "third" / "tasks").mkdir(parents=True)
    (tmp_path / "third" / "tasks" / "main.yml").write_text(reached("of.the.third"))
    (tmp_path / "shared" / "roles").mkdir(parents=True)
    (tmp_path / "shared" / "roles" / "r").symlink_to(tmp_path / "link")
    (tmp_path / "link").symlink_to(tmp_path / "third")
    files = {"site.yml": play(keywords="roles: [r]"), "ansible.cfg": "[defaults]\nroles_path = ../shared/roles\n"}
    assert missing(analysed(tmp_path, files, home="/nowhere")) == {"of.the.third"}


def test_a_link_that_leads_nowhere_is_missing(tmp_path: Path) -> None:
    (tmp_path / "project" / "roles").mkdir(parents=True)
    (tmp_path / "project" / "roles" / "r").symlink_to(tmp_path / "absent" / "r")
    analysis = analysed(tmp_path, {"site.yml": play(keywords="roles: [r]")}, home="/nowhere")
    assert missing(analysis, "role") == {"r"}
    assert analysis.looked[str(tmp_path / "absent")] is None


def test_a_file_of_inventory_is_said(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text("all: {}\n")
    analysis = outside(tmp_path, "inventory = ../hosts.yml,../absent\n", home="/nowhere")
    assert dynamic(analysis) == ["inventory = ../hosts.yml (it points outside of the project and is not followed)"]


def test_all_that_was_looked_at_is_told(tmp_path: Path) -> None:
    config = "roles_path = ../shared/roles:../absent\n"
    looked = outside(tmp_path, config, home="/nowhere").looked
    assert looked[str(tmp_path / "absent")] is None
    assert looked[str(tmp_path / "shared" / "roles")] is not None
    assert looked[str(tmp_path / "shared" / "roles" / "r" / "tasks" / "main.yml")] is not None
