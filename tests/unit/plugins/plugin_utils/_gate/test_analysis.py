# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the analysis of an upload comes to, in words of who sent it."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.analysis import analysed, can_begin
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.reporting import JSON, report_of
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.plugin_utils._gate.samples import Gate

#: Of what is installed beside the tests; nothing is fetched.
SOURCES = {"collections_source": "installed", "offline": True}


@pytest.fixture(autouse=True)
def fixture_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that of the process of a run, which does not believe the environment."""
    home, user = tmp_path / "home", pwd.getpwuid(os.geteuid())
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: pwd.struct_passwd((*user[:5], str(home), user[6])))


def project(directory: Path, text: str, **files: str) -> str:
    """One with this playbook."""
    directory.mkdir()
    for name, content in {"site.yml": text, **files}.items():
        (directory / name).write_text(content)
    return str(directory)


NO_PLAYBOOKS = {
    "broken YAML": "- hosts: [\n",
    "a text": "run the web server\n",
    "a mapping": "hosts: all\ntasks: []\n",
    "no play": "[]\n",
    "tasks": "- name: Install\n  ansible.builtin.package: {name: nginx}\n",
    "two documents": "- hosts: all\n---\n- hosts: all\n",
    "tasks that are none": "- hosts: all\n  tasks: {debug: {}}\n",
}


@pytest.mark.parametrize("text", NO_PLAYBOOKS.values(), ids=NO_PLAYBOOKS)
def test_what_is_no_playbook_is_refused(tmp_path: Path, text: str) -> None:
    found, report = analysed(project(tmp_path / "it", text), "site.yml", SOURCES)
    assert found["refused"] is not None and "site.yml" in found["refused"]
    assert report == {} or report["unresolved"]


def test_a_name_that_leads_nowhere_is_refused_with_what_its_sender_can_do(tmp_path: Path) -> None:
    play = "- hosts: all\n  roles: [acme.web.nosuch]\n  tasks: [{import_tasks: gone.yml}]\n"
    found, report = analysed(project(tmp_path / "it", play), "site.yml", SOURCES)
    said = json.dumps([found, report["unresolved"]])
    for name in ("allow_unresolved", "follow_outside", " collections_source", "max_candidates"):
        assert name not in said, said
    assert "send the project again" in str(found["refused"]) and "phone_gate_collections_source" in said


@pytest.mark.parametrize(
    "rest",
    ["roles: [nosuch]", "taks: []", "tasks: [{import_tasks: gone.yml}]", "tasks: [{ansible.builtin.coppy: {src: a}}]"],
)
def test_no_other_source_is_named_where_none_can_help(tmp_path: Path, rest: str) -> None:
    found, _report = analysed(project(tmp_path / "it", f"- hosts: all\n  {rest}\n"), "site.yml", SOURCES)
    assert "send the project again" in str(found["refused"])
    assert "phone_gate_collections_source" not in str(found["refused"])


def test_an_error_of_the_settings_is_none_of_the_playbook(tmp_path: Path) -> None:
    path = project(tmp_path / "it", "- hosts: all\n")
    with pytest.raises(VenvError):
        analysed(path, "site.yml", {**SOURCES, "find_links": ["https://me:password@wheels.example/"]})
    with pytest.raises(VenvError):
        analysed(path, "gone.yml", SOURCES)


WRONG_FORMS = {
    "no hosts": ("- tasks: [{debug: {}}]\n", "hosts"),
    "two actions": ("- hosts: all\n  tasks: [{debug: {}, command: id}]\n", "command"),
    "no action": ("- hosts: all\n  tasks: [{name: one}]\n", "no module or action"),
    "no keyword of a play": ("- hosts: all\n  taks: []\n", "taks"),
    "a text for a task": ("- hosts: all\n  handlers: [debug]\n", "mapping"),
}


@pytest.mark.parametrize(("text", "said"), WRONG_FORMS.values(), ids=WRONG_FORMS)
def test_what_ansible_refuses_for_its_form_is_refused(tmp_path: Path, text: str, said: str) -> None:
    found, report = analysed(project(tmp_path / "it", text), "site.yml", SOURCES)
    assert said in str(found["refused"]) and not can_begin(report)
    assert "phone_gate_collections_source" not in str(found["refused"])


def test_a_name_is_no_matter_of_the_form(tmp_path: Path) -> None:
    found, report = analysed(project(tmp_path / "it", "- hosts: all\n  tasks: [{a.b.c: {}}]\n"), "site.yml", SOURCES)
    assert found["refused"] and can_begin(report)
    found, report = analysed(
        project(tmp_path / "two", "- hosts: all\n  tasks: [null, {debug: {}}]\n"), "site.yml", SOURCES
    )
    assert found["refused"] is None and can_begin(report)


@pytest.mark.parametrize("text", [NO_PLAYBOOKS["broken YAML"], WRONG_FORMS["two actions"][0]])
@pytest.mark.parametrize("profile", [{}, {"profile": "plain"}])
def test_a_refused_run_says_so(gate: Gate, tmp_path: Path, profile: dict[str, Any], text: str) -> None:
    """With a profile, only what cannot be read, and what Ansible does not begin, is refused."""
    config = json.loads(Path(gate.path).read_text())
    (tmp_path / "ansible.cfg").touch()
    more = {"sources": SOURCES, "ansible_config": str(tmp_path / "ansible.cfg")}
    Path(gate.path).write_text(json.dumps({**config, **more}))
    saved = Path(config["profiles"], "plain")
    saved.mkdir(parents=True, mode=0o700)
    (saved / "execution-environment.yml").write_text('{"version": 3}')
    run = gate.run(**profile)
    Path(run.path("project", "site.yml")).write_text(text)
    gate.process(run, "analyse").join()
    state = run.state()
    assert state["state"] == "refused", state["error"]
    assert (run.analysis() or {})["refused"] == state["error"]
    report = json.loads(report_of(run, JSON, torrents=gate.spool.torrents))
    assert (report["state"], report["message"], report["rc"]) == ("refused", state["error"], None)
    assert report["verdict"] == "Refused: the analysis found that it cannot run. Nothing was run."
