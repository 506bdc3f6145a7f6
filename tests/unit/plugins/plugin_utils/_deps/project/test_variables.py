# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which files of variables are read, as Ansible finds them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_projects import analysed, missing, play

NAMES = [
    "host_vars/db.example.com",
    "host_vars/db.example.com.yml",
    "host_vars/db.example.com.json",
    "host_vars/db.example.com/main.yml",
    "host_vars/db.example.com/plain",
    "host_vars/db.example.com/inner/main.yaml",
    "group_vars/all/1/2/3/4/5/6/7/main.yml",
    "group_vars/web.prod",
    "group_vars/web.prod.yaml",
    "group_vars/web.prod/main.yml",
    "group_vars/all",
]
IGNORED = [
    "host_vars/.db.yml",
    "group_vars/all~",
    "group_vars/README.md",
    "host_vars/db.example.com/a.txt",
    "host_vars/a.swp",
    "group_vars/all/old.d/a.yml",
]


@pytest.mark.parametrize("name", NAMES)
def test_files_that_ansible_reads(tmp_path: Path, name: str) -> None:
    text = json.dumps({"a": "{{ x | of.these.vars }}"})
    files = {"site.yml": play("debug:"), name: text, "hosts": "[web.prod]\ndb.example.com\n"}
    assert missing(analysed(tmp_path, files), "filter") == {"of.these.vars"}
    assert "of.these.vars" in read_by_ansible(tmp_path / "project")


@pytest.mark.parametrize("name", IGNORED)
def test_files_that_ansible_does_not_read(tmp_path: Path, name: str) -> None:
    files = {
        "site.yml": play("debug:"),
        name: "a: '{{ x | of.these.vars }}'\n",
        "hosts": "[web.prod]\ndb.example.com\n",
    }
    assert missing(analysed(tmp_path, files), "filter") == set()
    assert "of.these.vars" not in read_by_ansible(tmp_path / "project")


def read_by_ansible(directory: Path) -> str:
    """The variables of the host, as Ansible has them."""
    tool = Path(sys.executable).with_name("ansible-inventory")
    command = [str(tool), "-i", "hosts", "--host", "db.example.com"]
    environment = {**os.environ, "HOME": str(directory)}
    return subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("text", ["not: [closed", "only text\n", "- a list\n"])
def test_a_file_with_dots_that_has_no_variables_is_left_alone(tmp_path: Path, text: str) -> None:
    assert analysed(tmp_path, {"site.yml": play("debug:"), "host_vars/notes.of.mine": text}).unresolved == ()


def test_variables_of_an_ini_inventory(tmp_path: Path) -> None:
    files = {
        "site.yml": play("debug:"),
        "ansible.cfg": "[defaults]\ninventory=hosts.staging\n",
        "hosts.staging": "[web]\na ansible_connection='a.b.c' x=1\n",
    }
    assert missing(analysed(tmp_path, files), "connection") == {"a.b.c"}


ALTERNATIVES = {
    "the first": ("[one.yml, two.yml]", {"a.b.one"}, set()),
    "the second": ("[none.yml, two.yml]", {"a.b.two"}, set()),
    "none": ("[none.yml, nothing.yml]", set(), {"nothing.yml"}),
    "a template first": ("['{{ unknown }}.none', two.yml, one.yml]", {"a.b.two"}, set()),
    "a template that is known": ("['{{ playbook_dir }}/one.yml', two.yml]", {"a.b.one"}, set()),
    "a template and none": ("['{{ unknown }}.none', nothing.yml]", set(), set()),
}


@pytest.mark.parametrize(("names", "expected", "lacking"), ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_the_first_of_alternatives(tmp_path: Path, names: str, expected: set[str], lacking: set[str]) -> None:
    files = {f"{name}.yml": f"a: '{{{{ x | a.b.{name} }}}}'\n" for name in ("one", "two")}
    analysis = analysed(tmp_path, {"site.yml": play("debug:", keywords=f"vars_files: [{names}]"), **files})
    assert missing(analysis, "filter") == expected
    assert missing(analysis, "file") == lacking


def test_links_of_directories_of_variables(tmp_path: Path) -> None:
    """A circle, a link in the project, and one that leads out, which is said."""
    group_vars = tmp_path / "project" / "group_vars" / "all"
    group_vars.mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (group_vars / "again").symlink_to("..")
    (group_vars / "linked").symlink_to("../../shared")
    (group_vars / "out").symlink_to(tmp_path / "out")
    files = {"site.yml": play("debug:"), "shared/a.yml": "a: '{{ x | of.these.vars }}'\n"}
    analysis = analysed(tmp_path, files)
    assert missing(analysis, "filter") == {"of.these.vars"}
    assert missing(analysis, "path") == {"group_vars/all/out"}


@pytest.mark.parametrize("section", ["vars", "defaults"])
def test_a_directory_of_the_variables_of_a_role(tmp_path: Path, section: str) -> None:
    files = {
        f"roles/r/{section}/main/{name}": f"a: '{{{{ x | a.b.c{number} }}}}'\n"
        for number, name in enumerate(["1/2/3/4/5/6/a.yml", "plain", "old.d/a.yml", ".a.yml"])
    }
    analysis = analysed(tmp_path, {"site.yml": play("debug:", keywords="roles: [r]"), **files})
    assert missing(analysis, "filter") == {"a.b.c0", "a.b.c1"}


def test_variables_that_are_included_as_members(tmp_path: Path) -> None:
    tasks = ["include_vars: {file: v.yml, name: cfg}", "include_vars: v.yml name=other"]
    tasks += ["action: '{{ cfg.m }}'", "action: '{{ other.n }}'", "action: '{{ m }}'"]
    analysis = analysed(tmp_path, {"site.yml": play(*tasks), "v.yml": "m: a.b.one\nn: a.b.two\n"})
    assert missing(analysis) == {"a.b.one", "a.b.two"}
    assert [one.expression for one in analysis.dynamic] == ["{{ m }}"]
