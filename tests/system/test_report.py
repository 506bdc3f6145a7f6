# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of real runs: by the command, by the playbook run, and by the callback alone."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from controller import Controller, Run
from installed_command import Command
from places import ROOT
from progress_runs import Runs, play, say, sleep

SCHEMA = json.loads((ROOT / "docs" / "reference" / "report.schema.json").read_text())
SECRET = "hunter2-hunter2"  # noqa: S105 (it opens nothing)
TASKS: list[dict[str, Any]] = [
    {"name": "<script>alert(1)</script>", "ansible.builtin.debug": {"msg": "hello"}},
    {"name": "Change", "ansible.builtin.command": {"cmd": "true"}},
    {"name": "Hide", "ansible.builtin.command": {"cmd": f"cat /{SECRET}"}, "no_log": True, "ignore_errors": True},
    {"name": f"Show {{{{ '{SECRET}' }}}}", "ansible.builtin.debug": {"msg": SECRET}},
    {
        "block": [{"name": "Try", "ansible.builtin.command": {"cmd": "ls /gone"}}],
        "rescue": [{"name": "Rescue", "ansible.builtin.debug": {"msg": "rescued"}}],
    },
    {"name": "Fail", "ansible.builtin.fail": {"msg": "</pre><b>on purpose</b>"}},
]


class Elements(HTMLParser):
    """The names of elements in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.names.add(tag)


def site(*tasks: dict[str, Any], **keywords: Any) -> str:
    return json.dumps([{"name": "Site", "hosts": "localhost", "gather_facts": False, "tasks": [*tasks], **keywords}])


def read(path: Path) -> dict[str, Any]:
    """A report, which conforms to the schema and belongs to its owner alone."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document: dict[str, Any] = json.loads(path.read_text())
    jsonschema.validate(document, SCHEMA)
    return document


def check_failed(directory: Path) -> dict[str, Any]:
    """Both forms of the report of :data:`TASKS`; returns the document."""
    document = read(directory / "report.json")
    assert document["state"] == "failed"
    assert document["playbook"] == "site.yml"
    assert document["verdict"].startswith("Failed on 1 of 1 host (localhost, task: Fail) after ")
    names = ["<script>alert(1)</script>", "Change", "Hide", "Show …", "Try", "Rescue", "Fail"]
    assert [row["name"] for row in document["timeline"]["tasks"]] == names
    assert [row["results"] for row in document["timeline"]["tasks"]] == [
        {"ok": 1}, {"changed": 1}, {"ignored": 1}, {"ok": 1}, {"rescued": 1}, {"ok": 1}, {"failed": 1},
    ]  # fmt: skip
    (host,) = document["hosts"]["items"]
    assert (host["ok"], host["changed"], host["failures"], host["ignored"]) == (5, 2, 1, 1)  # that fails, too
    fatal, hidden, rescued = document["failures"]["items"]
    assert (document["failures"]["count"], document["failures"]["left_out"]) == (3, 0)
    assert "/gone" in rescued["message"]
    assert (fatal["message"], fatal["path"].partition(":")[0]) == ("</pre><b>on purpose</b>", "site.yml")
    assert "hidden" in hidden["message"]
    assert document["venv"]["ansible_core"]
    page = (directory / "report.html").read_text()
    assert stat.S_IMODE((directory / "report.html").stat().st_mode) == 0o600
    assert SECRET not in page + json.dumps(document)
    elements = Elements()
    elements.feed(page)
    assert not elements.names & {"script", "a", "img", "iframe", "object", "form"}
    assert "b" in elements.names  # a failure
    assert "&lt;b&gt;on purpose&lt;/b&gt;" in page
    return document


def test_the_command_writes_one(command: Command) -> None:
    command.write("site.yml", site(*TASKS))
    (command.directory / "reports").mkdir()
    ran = command.run("site.yml", "--venv-report", "reports")
    assert ran.returncode == 2, ran.output
    assert "progress:" not in ran.stderr
    document = check_failed(command.directory / "reports")
    assert document["venv"]["path"].startswith(str(command.store))
    assert document["requirements"]["items"] == []
    assert document["id"]
    plain = command.run("site.yml")
    assert re.sub(r"[\d.:]+", "", plain.stdout) == re.sub(r"[\d.:]+", "", ran.stdout)  # but for times
    assert sorted(os.listdir(command.directory)) == ["reports", "site.yml"]


def test_the_command_tells_why_something_is_required(command: Command) -> None:
    command.write("ansible.cfg", "[defaults]\ncallbacks_enabled = ansible.posix.profile_tasks\n")
    command.write(
        "site.yml", site({"ansible.builtin.debug": {"msg": "{{ {'a': 1} | community.general.json_query('a') }}"}})
    )
    ran = command.run("site.yml", "--venv-report", "report.json")
    assert ran.returncode == 0, ran.output
    assert "TASKS RECAP" in ran.stdout  # the callback of the user
    document = read(command.directory / "report.json")
    assert document["verdict"].startswith("Succeeded on 1 host in ")
    found = {one["name"]: one for one in document["requirements"]["items"]}
    assert found["jmespath"]["because"][0]["place"] == "site.yml:1"
    assert found["community.general"]["version"]
    assert "jmespath" in {one["name"] for one in document["venv"]["packages"]}


def test_the_command_reports_what_keeps_the_playbook_from_running(command: Command) -> None:
    command.write("site.yml", site({"acme.gone.thing": {}}))
    ran = command.run("site.yml", "--venv-report", "report.json")
    assert ran.returncode == 1
    document = read(command.directory / "report.json")
    assert (document["state"], document["verdict"]) == ("failed", "The start of the playbook failed.")
    assert document["rc"] == 1
    # The names of options are those that can be typed, as in the error.
    assert "acme.gone.thing" in document["message"] and document["message"] in ran.stderr
    assert "--venv-source" in document["message"] and not re.search("collections_source|allow_unr", document["message"])


UNREACHABLE = ["-i", "away,", "-e", "ansible_host=127.0.0.1 ansible_port=9"]
AWAY = {"hosts": "away", "gather_facts": False, "tasks": [{"name": "Come", "ansible.builtin.ping": {}}]}


@pytest.mark.parametrize(
    ("content", "arguments", "expected", "verdict"),
    [
        (site(say("well")), [], 0, "Succeeded on 1 host"),
        (site({"ansible.builtin.fail": {"msg": "no"}}), [], 2, "Failed on 1 of 1 host (localhost, task: "),
        (json.dumps([AWAY]), UNREACHABLE, 4, "Failed on 1 of 1 host"),
        (site(say("well"), hosts="{{ unknown }}"), [], 4, "The run of the playbook failed"),
        (site(say("well")), ["-i", "nowhere,", "--limit", "gone"], 1, "The run of the playbook failed"),
        (site(say("well")), ["--list-tasks"], 0, "Ended"),
    ],
)  # fmt: skip
def test_the_exit_code_is_in_the_report_of_the_command(
    command: Command, content: str, arguments: list[str], expected: int, verdict: str
) -> None:
    """Also where an error came before the first play, and the callback heard nothing."""
    command.write("site.yml", content)
    ran = command.run("site.yml", *arguments, "--venv-report", "report.json")
    document = read(command.directory / "report.json")
    assert (ran.returncode, document["rc"]) == (expected, expected), ran.output
    assert document["verdict"].startswith(verdict), document["verdict"]
    assert (document["playbook"], document["state"] == "succeeded") == ("site.yml", expected == 0)
    plain = command.run("site.yml", *arguments)
    assert plain.returncode == expected
    assert re.sub(r"[\d.:]+", "", plain.stdout) == re.sub(r"[\d.:]+", "", ran.stdout)  # but for times


def test_a_playbook_that_cannot_start_leaves_no_report_of_an_earlier_run(command: Command) -> None:
    command.write("site.yml", site(say("well")))
    assert command.run("site.yml", "--venv-report", "report.json").returncode == 0
    assert command.run("site.yml", "-i", "nowhere,", "--limit", "gone", "--venv-report", "report.json").returncode != 0
    document = read(command.directory / "report.json")
    assert (document["state"], document["rc"]) == ("failed", 1)
    assert document["venv"]["path"].startswith(str(command.store))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone/report.html", "gone does not exist; create it, or choose another path"),
        ("report.txt", "its name must end in .html or .json"),
        ("site.yml/report.html", "does not exist"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_run(command: Command, path: str, message: str) -> None:
    command.write("site.yml", site(say("well")))
    ran = command.run("site.yml", "--venv-report", path)
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize("option", ["--venv-explain", "--venv-json", "--venv-build-only"])
def test_there_is_no_report_without_a_run(command: Command, option: str) -> None:
    command.write("site.yml", site(say("well")))
    ran = command.run("site.yml", "--venv-report", "report.html", option)
    assert ran.returncode == 2
    assert f"--venv-report: with {option} no playbook is run; leave out one of them" in ran.stderr
    assert not (command.directory / "report.html").exists()


def by_role(controller: Controller, directory: Path, *arguments: str, **variables: Any) -> Run:
    """The playbook ``run``, which is told what the venv holds."""
    given = {"run_playbook_path": "site.yml", "run_playbook_packages": ["packaging"], **variables}
    env = {"UV_SYSTEM_CERTS": "1"}
    return controller.playbook("mobile_ansible.venv.run", *arguments, variables=given, cwd=directory, env=env)


def test_the_role_writes_one(controller: Controller, tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(site(*TASKS))
    (tmp_path / "reports").mkdir()
    ran = by_role(controller, tmp_path, run_playbook_report="reports", run_playbook_artifacts=["site.yml"])
    assert ran.returncode == 2, ran.output
    document = check_failed(tmp_path / "reports")
    assert document["requirements"] is None
    assert [one["path"] for one in document["files"]["items"]] == ["site.yml"]
    assert all(row["path"].startswith("site.yml:") for row in document["timeline"]["tasks"])


@pytest.mark.parametrize("kind", ["json", "html"])
def test_the_role_tells_of_system_packages_that_the_host_lacks(
    controller: Controller, tmp_path: Path, kind: str
) -> None:
    """Also where the venv is there already: it is the second of the parameters."""
    (tmp_path / "site.yml").write_text(site(say("well")))
    definition = {"version": 3, "dependencies": {"system": ["no-such-package", "dpkg [platform:dpkg]"]}}
    (tmp_path / "ee.yml").write_text(json.dumps(definition))
    ran = by_role(controller, tmp_path, run_playbook_profile="ee.yml", run_playbook_report=f"report.{kind}")
    assert ran.returncode == 0, ran.output
    text = (tmp_path / f"report.{kind}").read_text()
    if kind == "json":
        expected = {"items": [{"package": "no-such-package", "hosts": []}], "left_out": 0}
        assert json.loads(text)["missing_system_packages"] == expected
    else:
        assert "Missing system packages" in text and "<bdi>no-such-package</bdi>" in text


def test_the_role_writes_one_of_each_host(controller: Controller, tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(site(say("well")).replace("localhost", "all"))
    hosts = "".join(f"{host} ansible_connection=local\n" for host in ("one", "two"))
    (tmp_path / "hosts").write_text(hosts)
    each = {"run_playbook_each": True, "run_playbook_hosts": "all"}
    ran = by_role(controller, tmp_path, "-i", "hosts", run_playbook_report="report.json", **each)
    assert ran.returncode == 0, ran.output
    assert not (tmp_path / "report.json").exists()
    for host in ("one", "two"):
        document = read(tmp_path / f"report-{host}.json")
        assert [row["host"] for row in document["hosts"]["items"]] == [host]


def test_the_role_reports_a_host_that_cannot_be_reached(controller: Controller, tmp_path: Path) -> None:
    """As before with its own exit code, and for each host where each runs it for itself."""
    (tmp_path / "site.yml").write_text(site(say("well")))
    (tmp_path / "hosts").write_text("away ansible_host=127.0.0.1 ansible_port=9\nhere ansible_connection=local\n")
    one, each = {"run_playbook_hosts": "away"}, {"run_playbook_hosts": "all", "run_playbook_each": True}
    for more, name in ((one, "report.json"), (each, "report-away.json")):
        ran = by_role(controller, tmp_path, "-i", "hosts", run_playbook_report="report.json", **more)
        assert ran.returncode == 4, ran.output
        document = read(tmp_path / name)
        assert (document["state"], document["verdict"]) == ("failed", "The connection to the host failed.")
        assert "Connection refused" in document["message"]
        assert "The connection to the host failed: Failed to connect" in ran.output
        assert re.search("away +: .* unreachable=1 ", ran.output)
    assert read(tmp_path / "report-here.json")["verdict"].startswith("Succeeded on 1 host")


def test_the_role_reports_in_its_own_words(controller: Controller, tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(site(say("well")))
    ran = by_role(controller, tmp_path, run_playbook_report="report.json", run_playbook_python="3.4")
    message = read(tmp_path / "report.json")["message"]
    assert (ran.returncode, message.endswith("name an interpreter's path in run_playbook_python")) == (2, True), message
    assert message in " ".join(ran.output.split())


def test_a_report_that_cannot_be_written_at_the_end_does_not_change_the_outcome(
    controller: Controller, tmp_path: Path
) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "site.yml").write_text(site({"ansible.builtin.file": {"path": "reports", "state": "absent"}}))
    ran = by_role(controller, tmp_path, run_playbook_report="reports/report.html")
    assert ran.returncode == 0, ran.output
    assert "/reports does not exist; create it, or choose another path" in ran.output
    assert "The playbook ran on 1 host" in ran.output


def test_a_report_that_the_command_cannot_write_at_the_end_is_a_warning(command: Command) -> None:
    (command.directory / "reports").mkdir()
    command.write("site.yml", site({"ansible.builtin.file": {"path": "reports", "state": "absent"}}))
    ran = command.run("site.yml", "--venv-report", "reports/report.html")
    assert ran.returncode == 0, ran.output
    assert "report.html cannot be written" in ran.stderr.replace("\n", " ")


def test_the_role_says_before_the_run_what_cannot_be_written(controller: Controller, tmp_path: Path) -> None:
    (tmp_path / "site.yml").write_text(site(say("well")))
    ran = by_role(controller, tmp_path, run_playbook_report="gone/report.html")
    assert ran.returncode == 2
    assert "gone does not exist; create it, or choose another path" in ran.output
    assert not (controller.home / ".local").exists()


def test_the_callback_writes_one_of_an_interrupted_run(controller: Controller, tmp_path: Path) -> None:
    runs = Runs.below(tmp_path, controller)
    env = {"MOBILE_ANSIBLE_VENV_PROGRESS_REPORT": "report.json"}
    with runs.start(runs.write(play(say("one"), sleep("two"))), "-i", "a,", env=env) as process:
        runs.wait_for('"task": "two"')
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    document = read(runs.directory / "report.json")
    assert document["state"] == "stopped"
    assert document["verdict"].startswith("Stopped after ")
    assert [(row["name"], row["results"]) for row in document["timeline"]["tasks"]] == [("one", {"ok": 1}), ("two", {})]


def test_a_run_that_a_run_starts_does_not_write_it(controller: Controller, tmp_path: Path) -> None:
    runs = Runs.below(tmp_path, controller)
    inner = runs.write(play(say("inner")), name="inner.yml")
    start = {"name": "outer", "ansible.builtin.command": {"cmd": f"ansible-playbook -i b, -c local {inner}"}}
    look = {"name": "look", "ansible.builtin.stat": {"path": "report.json"}, "register": "found"}
    fail = {"name": "found", "ansible.builtin.fail": {"msg": "the inner run wrote it"}, "when": "found.stat.exists"}
    runs.run(
        runs.write(play(start, look, fail)), "-i", "a,", env={"MOBILE_ANSIBLE_VENV_PROGRESS_REPORT": "report.json"}
    )
    assert read(runs.directory / "report.json")["playbook"] == "site.yml"
