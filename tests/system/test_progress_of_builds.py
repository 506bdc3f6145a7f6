# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A build that takes long says how far it is while its task runs, here and on another host, and what became of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from controller import Controller
from hosts import Host
from installed_command import Command, finish
from polling import wait_until
from progress_runs import SCHEMA, Runs, never_falls, play, say
from shared_venv_process import SharedVenvProcess, built, installed
from slow_builds import SlowBuild, slow_build

CANARY = "canary-5ca1ab1e"
INFO = "mobile_ansible.venv.shared_venv_info"


@pytest.fixture(name="runs")
def fixture_runs(controller: Controller, tmp_path: Path) -> Runs:
    return Runs.below(tmp_path, controller)


@pytest.fixture(name="quick_uv")
def fixture_quick_uv(uv: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")


def statuses(runs: Runs, process: subprocess.Popen[str], *, seconds: float) -> list[dict[str, Any]]:
    """What is read every so many seconds until the run ends, and the last state."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["state"] == "running":
        if (runs.files / "status.json").exists():
            found.append(runs.status())
        assert found or process.poll() is None
        time.sleep(seconds)
    return found


def progress_file(store: Path) -> dict[str, Any]:
    """The file of the venv ``site``, which conforms to the schema, and is private."""
    path = store / ".progress" / "site.json"
    assert oct(path.stat().st_mode)[-3:] == "600" and oct(path.parent.stat().st_mode)[-3:] == "700"
    progress: dict[str, Any] = json.loads(path.read_text())
    jsonschema.validate(progress, SCHEMA)
    return progress


def info(store: Path, **options: Any) -> dict[str, Any]:
    return SharedVenvProcess.start(module="shared_venv_info", store=str(store), **options).result()


def is_at(store: Path, percent: float) -> Callable[[], bool]:
    def reached() -> bool:
        return (store / ".progress" / "site.json").exists() and progress_file(store)["percent"] > percent

    return reached


@pytest.mark.parametrize(
    ("packages", "seconds"), [(8, 1.0), pytest.param(15, 2.0, marks=pytest.mark.destructive)], ids=["10 s", "30 s"]
)
def test_status_is_read_once_a_second_while_a_task_builds(
    runs: Runs, store: Path, tmp_path: Path, packages: int, seconds: float
) -> None:
    with slow_build(tmp_path, store, packages=packages, seconds=seconds, password=CANARY) as slow:
        process = runs.start("-i", "a,", runs.write(play(say("before"), slow.task, say("afterwards"))))
        read = statuses(runs, process, seconds=1)
        shown, errors = process.communicate()
    assert process.returncode == 0, shown + errors
    assert never_falls(read) and never_falls(runs.events())
    assert [one["state"] for one in read] == ["running"] * (len(read) - 1) + ["succeeded"]
    during = {one["percent"] for one in read if one["step"].startswith("Build: ")}
    assert len(during) >= 5, during
    assert {percent for percent in during if 33.3 < percent < 66.7} == during - {33.3}
    told = [event for event in runs.events() if event["event"] == "progress"]
    assert {event["task"] for event in told} == {"Build"} and {event["host"] for event in told} == {"a"}
    assert "Fetch and install the packages" in {event["detail"] for event in told}
    assert never_falls([{"percent": event["task_percent"]} for event in told])
    assert progress_file(store)["state"] == "succeeded"
    assert "RETRY" not in shown + errors and len([line for line in shown.splitlines() if "TASK" in line]) == 3
    texts = [path.read_text() for place in (runs.files, store / ".progress") for path in place.iterdir()]
    assert CANARY not in "".join([*texts, errors])


def test_a_run_that_is_killed_while_it_builds_has_died(runs: Runs, store: Path, tmp_path: Path) -> None:
    with slow_build(tmp_path, store, packages=8, seconds=1) as slow:
        process = runs.start("-i", "a,", runs.write(play(slow.task, say("afterwards"))), start_new_session=True)
        runs.wait_for('"detail": "Fetch and install the packages"')
        reached = runs.status()["percent"]
        process.kill()
        process.communicate()
        wait_until(lambda: runs.status()["state"] == "died")
        assert runs.status()["percent"] >= reached > 0


@pytest.mark.usefixtures("quick_uv")
@pytest.mark.parametrize("with_children", [True, False], ids=["all of it", "the module"])
def test_a_build_that_is_killed_has_died_and_the_next_one_works(
    store: Path, tmp_path: Path, with_children: bool
) -> None:
    with slow_build(tmp_path, store, packages=4, seconds=0.5) as slow:
        victim = SharedVenvProcess.start(**slow.options)
        wait_until(is_at(store, 20))
        assert info(store, name="site")["progress"]["state"] == "running"
        victim.kill(with_children=with_children)
        died = info(store, name="site")
        assert (died["progress"]["state"], died["progress"]["eta"], died["venvs"]) == ("died", None, [])
        assert 20 < died["progress"]["percent"] < 100
        built(**slow.options)
    whole = info(store, name="site")
    assert (whole["progress"]["state"], whole["progress"]["percent"]) == ("succeeded", 100.0)
    assert whole["progress"]["id"] != died["progress"]["id"]
    assert [venv["name"] for venv in whole["venvs"]] == ["site"] and len(whole["generations"]) == 1
    assert installed(store / "site") == [f"{name}==1.0" for name in slow.packages]
    assert [path.name for path in (store / ".progress").iterdir()] == ["site.json"]


def written(store: Path) -> tuple[int, int]:
    """Which file it is, and when it was written; to read it changes its other times."""
    status = (store / ".progress" / "site.json").stat()
    return status.st_ino, status.st_mtime_ns


@pytest.mark.usefixtures("quick_uv")
def test_a_build_that_fails_says_so_and_what_changes_nothing_writes_nothing(store: Path, tmp_path: Path) -> None:
    with slow_build(tmp_path, store, packages=1, seconds=0.01) as slow:
        failed = SharedVenvProcess.start(**{**slow.options, "packages": ["demo0", "missing"]}).result()
        assert failed["failed"] and progress_file(store)["state"] == "failed"
        built(**slow.options)
        before = written(store)
        assert progress_file(store)["state"] == "succeeded"
        again = built(**slow.options)
        assert not again["changed"] and written(store) == before
        built(**{**slow.options, "packages": ["demo0", "missing"], "state": "absent"})
    assert list((store / ".progress").iterdir()) == []
    assert info(store, name="site")["progress"] is None


@pytest.mark.usefixtures("quick_uv")
def test_of_two_builders_of_a_name_the_one_with_the_lock_writes(store: Path, tmp_path: Path) -> None:
    with slow_build(tmp_path, store, packages=3, seconds=0.5) as slow:
        first = SharedVenvProcess.start(**slow.options)
        wait_until(is_at(store, 0))
        second = SharedVenvProcess.start(**slow.options)
        seen = []
        while first.process.poll() is None:
            seen.append(progress_file(store))
            time.sleep(0.02)
        assert first.result()["built"] and not second.result()["changed"]
    assert {one["pid"] for one in seen} == {first.process.pid} and never_falls(seen)
    assert progress_file(store)["pid"] == first.process.pid


@pytest.mark.usefixtures("quick_uv")
def test_the_venv_at_a_path_has_its_own(store: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "parent-venv")
    with slow_build(tmp_path, store, packages=1, seconds=0.01) as slow:
        del slow.options["name"]
        built(**slow.options, path=path)
    assert info(store, path=path)["progress"]["state"] == "succeeded"
    assert [venv["path"] for venv in info(store, path=path)["venvs"]] == [path]
    assert info(store, name="site")["progress"] is None and info(store)["progress"] is None


def waiting(slow: SlowBuild) -> list[dict[str, Any]]:
    """The tasks of the documentation."""
    where = {"store": slow.options["store"], "name": "site"}
    is_over = "store.attempts > 2 and (store.progress is none or store.progress.state != 'running')"
    return [
        {**slow.task, "async": 600, "poll": 0, "register": "job"},
        {"name": "Wait", INFO: where, "register": "store", "until": is_over, "retries": 100, "delay": 1},
        {
            "name": "Get",
            "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"},
            "register": "site",
            "until": "site is finished",
            "retries": 100,
            "delay": 1,
        },
        {"name": "Expect", "ansible.builtin.assert": {"that": "site.path and site.built == (build | bool)"}},
    ]


def test_a_build_in_the_background_is_waited_for_with_its_progress(runs: Runs, store: Path, tmp_path: Path) -> None:
    with slow_build(tmp_path, store, packages=5, seconds=1) as slow:
        playbook = runs.write(play(*waiting(slow)))
        runs.run("-i", "a,", "-e", "build=true", playbook)
        told = [event for event in runs.events() if event["event"] == "progress"]
        assert {event["task"] for event in told} == {"Wait"}
        percents = [event["task_percent"] for event in told]
        assert percents == sorted(percents) and len(set(percents)) >= 3
        assert never_falls(runs.events()) and runs.status()["state"] == "succeeded"
        runs.run("-i", "a,", "-e", "build=false", playbook)


def test_without_the_callback_nobody_looks(runs: Runs, store: Path, tmp_path: Path) -> None:
    with slow_build(tmp_path, store, packages=2, seconds=1) as slow:
        env = {"ANSIBLE_CALLBACKS_ENABLED": "", "ANSIBLE_DEBUG": "1"}
        shown, _errors = runs.run("-i", "a,", runs.write(play(slow.task)), env=env)
    assert "shared_venv" in shown and "grep -hF" not in shown
    assert progress_file(store)["state"] == "succeeded"


def test_an_analysis_that_fetches_collections_says_how_much(
    runs: Runs, store: Path, wheelhouse: Path, tmp_path: Path
) -> None:
    options = {"path": runs.write(play(), name="analysed.yml"), "store": str(store), "offline": True}
    source = {"collections_source": "community_package", "find_links": [str(wheelhouse)]}
    analyse = {"mobile_ansible.venv.collection_deps": {**options, **source}}
    runs.run("-i", "a,", runs.write(play({"name": "Analyse", **analyse}, say("afterwards"))))
    told = [event for event in runs.events() if event["event"] == "progress"]
    assert {(event["task"], event["detail"]) for event in told} == {("Analyse", "Fetch the collections")}
    assert never_falls(runs.events()) and runs.status()["state"] == "succeeded"


# Another host ---------------------------------------------------------------------------------------------------------


def far_inventory(runs: Runs, host: Host) -> str:
    inventory = runs.directory / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"far": {**host.inventory(), "ansible_connection": "ssh"}}}}))
    return str(inventory)


def test_a_build_on_another_host_is_followed(runs: Runs, hosts: list[Host], tmp_path: Path) -> None:
    """Over a second connection; the store is in the home directory there."""
    host = hosts[0]
    gateway = f"{host.address.rpartition('.')[0]}.1"
    inventory = far_inventory(runs, host)
    with slow_build(tmp_path, "~/venvs", packages=6, seconds=1, address=gateway, password=CANARY) as slow:
        slow.options.update(find_links=["/srv/wheelhouse"])
        process = runs.start("-i", inventory, runs.write(play(slow.task)))
        read = statuses(runs, process, seconds=1)
        shown, errors = process.communicate()
    assert process.returncode == 0, shown + errors
    assert never_falls(read) and read[-1]["state"] == "succeeded"
    during = [event for event in runs.events() if event["event"] == "progress"]
    assert len({event["task_percent"] for event in during}) >= 4, during
    assert {event["host"] for event in during} == {"far"}
    far = host.run("cat ~/venvs/.progress/site.json").stdout
    jsonschema.validate(json.loads(far), SCHEMA)
    assert json.loads(far)["state"] == "succeeded"
    assert CANARY not in "".join([far, errors, *(path.read_text() for path in runs.files.iterdir())])


@pytest.mark.parametrize("where", ["here", "far"])
def test_a_playbook_that_runs_in_a_venv_is_followed(
    runs: Runs, hosts: list[Host], wheelhouse: Path, tmp_path: Path, where: str
) -> None:
    """Its own percentage and step, without values of variables; the results that come back are told, too."""
    nap = {"ansible.builtin.command": "sleep 2"}
    tasks = [{"name": "Nap one", **nap}, {"name": "Nap {{ secret }}", **nap}, {"name": "Nap three", **nap}]
    inner = runs.write(play(*tasks, {"name": "Nap four", **nap}, hosts="localhost"), name="inner/site.yml")
    given: dict[str, Any] = {
        "path": inner,
        "packages": ["packaging"],
        "find_links": [str(wheelhouse) if where == "here" else "/srv/wheelhouse"],
        "offline": True,
        "store": str(tmp_path / "store") if where == "here" else "/srv/venvs-of-progress",
        "hosts": "localhost" if where == "here" else "far",
    }
    own = json.dumps({f"run_playbook_{name}": value for name, value in given.items()})
    runs.run("-i", far_inventory(runs, hosts[0]), "mobile_ansible.venv.run", "-e", own, "-e", f"secret={CANARY}")
    assert runs.status()["state"] == "succeeded" and never_falls(runs.events())
    told = [event for event in runs.events() if event["event"] == "progress" and "Run the playbook" in event["task"]]
    steps = [event["detail"] for event in told]
    assert {"Nap one", "Nap three"} <= set(steps) <= {
        "Nap one", "Nap three", "Nap four", "ansible.builtin.command", "Send the project", "Receive the results",
    }  # fmt: skip
    assert ("Receive the results" in steps) is (where == "far")
    percents = [event["task_percent"] for event in told]
    assert percents == sorted(percents) and len(set(percents)) >= 3 and percents[0] < 50
    assert CANARY not in "".join(path.read_text() for path in runs.files.iterdir())
    left = hosts[0].run("ls -d /tmp/venv-playbook-* ~/.ansible/tmp/*").stdout if where == "far" else ""
    assert left == ""


# The command ----------------------------------------------------------------------------------------------------------


def test_the_command_draws_a_bar_while_it_builds(command: Command, tmp_path: Path) -> None:
    command.write("site.yml", json.dumps([play(say("said"), hosts="localhost")]))
    with slow_build(tmp_path, command.store, packages=3, seconds=0.8) as slow:
        own = [f"--venv-index-url={slow.options['index_url']}", f"--venv-find-links={command.wheelhouse}"]
        own += [f"--venv-store={command.store}", *(f"--venv-package={name}" for name in slow.packages)]
        terminal = command.on_terminal_with("site.yml", *own)
        code, shown = finish(terminal)
        assert code == 0, shown
        before, _play, after = shown.partition("PLAY")
        bars = [part for part in before.split("\x1b[?7l")[1:] if "Fetch and install the packages" in part]
        assert len(set(bars)) >= 3 and all(drawn.startswith("[") for drawn in bars), shown
        assert before.endswith("\r\x1b[K") or "\x1b[?7l" not in before.rpartition("\r\x1b[K")[2]
        assert "[?7l" not in after
        again = finish(command.on_terminal_with("site.yml", *own))
        assert again[0] == 0 and "[?7l" not in again[1]


def test_without_a_terminal_the_command_says_one_line(command: Command) -> None:
    command.write("site.yml", json.dumps([play(say("said"), hosts="localhost")]))
    ended = command.run("site.yml", "--venv-package=six")
    assert ended.returncode == 0, ended.output
    own = [line for line in ended.stderr.splitlines() if line.startswith("ansible-playbook-venv: ")]
    assert len(own) == 1 and "building the venv" in own[0]
    assert "\x1b" not in ended.stderr and "%" not in ended.stderr
