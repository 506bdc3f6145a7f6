# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Profiles as tasks save, use, read and remove them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.action import collection_deps, venv_profile, venv_profile_info
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import Lockfile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest

Act = Callable[..., dict[str, Any]]
DEFINITION = {"version": 3, "dependencies": {"python": ["jmespath"]}}


@pytest.fixture(name="act")
def fixture_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Act:
    """Run an action as a task does, in a current directory, for the host ``web1``."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    def act(
        module: Any = venv_profile, *, check: bool = False, over: str = "local", **arguments: Any
    ) -> dict[str, Any]:
        task = SimpleNamespace(
            args=arguments, check_mode=check, async_val=0, action="venv_profile", diff=False, delegate_to=None,
            no_log=False, _uuid="1",
        )  # fmt: skip
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"), transport=over)
        parts = {"play_context": None, "loader": None, "templar": None, "shared_loader_obj": None}
        done: dict[str, Any] = module.ActionModule(task=task, connection=connection, **parts).run(
            task_vars={"inventory_hostname": "web1"}
        )
        return done

    return act


def files(root: Path) -> dict[str, str]:
    directory = root / ".config" / "ansible-venvs" / "profiles" / "site"
    return {path.name: path.read_text() for path in directory.iterdir()} if directory.exists() else {}


def test_four_runs_of_saving_and_of_removing(act: Act, tmp_path: Path) -> None:
    runs = []
    for is_check in (True, False, True, False):
        runs.append(act(name="site", definition=DEFINITION, check=is_check))
        assert (files(tmp_path) == {}) == (len(runs) == 1)
    assert [run["changed"] for run in runs] == [True, True, False, False]
    assert runs[0]["diff"] == runs[1]["diff"] != []
    assert {one["after_header"]: one["after"] for one in runs[0]["diff"]} == {
        f"{runs[0]['path']}/{name}": text for name, text in files(tmp_path).items() if name != "profile.json"
    }
    removals = []
    for is_check in (True, False, True, False):
        removals.append(act(name="site", state="absent", check=is_check))
        assert (files(tmp_path) == {}) == (len(removals) > 1)
    assert [run["changed"] for run in removals] == [True, True, False, False]
    assert removals[0]["diff"] == removals[1]["diff"] != []


@pytest.mark.parametrize("given", ["mine.yml", "./mine.yml", "~/cwd/mine.yml"])
def test_a_definition_comes_from_a_path_of_the_current_directory(act: Act, given: str) -> None:
    Path("mine.yml").write_text(json.dumps(DEFINITION))
    assert act(name="site", definition=given)["definition"] == DEFINITION


def test_a_copy_of_another_profile_keeps_what_was_noted(act: Act, tmp_path: Path) -> None:
    act(name="other", definition=DEFINITION, collections_source="installed")
    assert act(name="site", definition="other")["changed"]
    assert json.loads(files(tmp_path)["profile.json"])["collections_source"] == "installed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "../x", "definition": DEFINITION}, "not a valid name"),
        ({"name": "site.yml", "definition": DEFINITION}, "not a valid name"),
        ({"name": "site"}, "is not a profile yet"),
        ({"name": "site", "definition": ["x"]}, "neither a dictionary"),
        ({"name": "site", "definition": "gone"}, "no profile gone"),
        ({"name": "site", "definition": {"version": 3, "x": 1}}, "unknown keys: x"),
        ({"name": "site", "definition": DEFINITION, "playbook": "site.yml"}, "mutually exclusive"),
        ({"name": "site", "state": "used"}, "venv"),
    ],
)
def test_what_cannot_be_saved_leaves_nothing(act: Act, tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    done = act(**arguments)
    assert done["failed"] and said in done["msg"]
    assert files(tmp_path) == {}


def test_a_use_is_noted_with_the_host_of_the_venv(act: Act, tmp_path: Path) -> None:
    act(name="site", definition=DEFINITION)
    act(name="site", state="used", venv="/v/x", playbook="site.yml", over="ssh")
    use = json.loads(files(tmp_path)["last_use.json"])
    assert (use["host"], use["here"], use["venv"], use["playbook"]) == (
        "web1", False, "/v/x", str(tmp_path / "cwd" / "site.yml"),
    )  # fmt: skip
    act(name="site", state="used", venv="/v/y", over="ssh", check=True)
    assert json.loads(files(tmp_path)["last_use.json"]) == use
    act(name="site", state="used", venv="/v/z")
    assert json.loads(files(tmp_path)["last_use.json"])["here"] is True


def test_the_profiles_are_read_with_what_is_wrong_of_one(act: Act, tmp_path: Path) -> None:
    assert act(venv_profile_info)["profiles"] == []
    path = Path(act(name="site", definition=DEFINITION)["path"])
    (path.parent / "bad").mkdir()
    (path.parent / "bad" / "execution-environment.yml").write_text("version: 2\n")
    bad, site = act(venv_profile_info)["profiles"]
    assert "line 1: version is" in bad["problem"] and "definition" not in bad
    assert (site["problem"], site["definition"], site["edited"]) == (None, DEFINITION, False)
    (one,) = act(venv_profile_info, name="site")["profiles"]
    assert one == site
    missing = act(venv_profile_info, name="gone")
    assert missing["failed"] and "there are: bad, site" in missing["msg"]


@pytest.fixture(name="locked")
def fixture_locked(act: Act, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile with a lock, which no venv is built for."""

    def lock(request: VenvRequest, options: Any, **more: Any) -> Lockfile:
        return Lockfile(request.locked_digest, "3.12", (("jmespath", "1.0.1", "a" * 64),), ())

    monkeypatch.setattr(venv_profile, "new_lock", lock)
    done = act(name="site", definition=DEFINITION, lock=True)
    assert done["locked"] and "warnings" not in done
    return Path(done["path"])


def test_a_lock_that_is_lost_is_told_with_the_reason(act: Act, locked: Path) -> None:
    assert act(name="site")["locked"], "it stays"
    file = locked / "requirements.txt"
    file.write_text(file.read_text().replace("1.0.1", "1.0.0"))
    for is_check in (True, False):
        done = act(name="site", check=is_check)
        assert not done["locked"] and done["warnings"][0].startswith(
            "The profile site has no lock any more: the lock was edited after it was written; to lock it again, save"
        )
    assert "warnings" not in act(name="site")


def test_a_lock_of_another_definition_is_told_as_one(act: Act, locked: Path) -> None:
    other = {"version": 3, "dependencies": {"python": ["jmespath>=1.0"]}}
    (warning,) = act(name="site", definition=other)["warnings"]
    assert "site has no lock any more: the lock was made for another definition; to lock it" in warning


def test_what_is_lost_of_an_edited_lock_is_told_where_it_is_made_again(act: Act, locked: Path) -> None:
    file = locked / "requirements.txt"
    written = file.read_text()
    file.write_text(written.replace("1.0.1", "1.0.0"))
    (one,) = act(venv_profile_info)["profiles"]
    assert one["locked"] and one["lock_problem"].startswith("the lock was edited after it was written; to lock it")
    (warning,) = act(name="site", lock=True)["warnings"]
    assert "is written again: -jmespath==1.0.0" in warning and file.read_text() == written
    (one,) = act(venv_profile_info)["profiles"]
    assert (one["locked"], one["lock_problem"]) == (True, None)
    other = {"version": 3, "dependencies": {"python": ["jmespath>=1.0"]}}
    assert "warnings" not in act(name="site", definition=other, lock=True), "a lock that follows is no loss"


def test_the_removal_of_what_is_not_there_names_what_is(act: Act) -> None:
    act(name="site", definition=DEFINITION)
    done = act(name="sit", state="absent")
    assert (done["changed"], done["profiles"]) == (False, ["site"])


@pytest.mark.parametrize("module", [collection_deps, venv_profile])
def test_an_inventory_that_does_not_exist_is_named_before_anything_is_read(
    act: Act, tmp_path: Path, module: Any
) -> None:
    given = {"playbook": "site.yml", "name": "site"} if module is venv_profile else {"path": str(tmp_path)}
    result = act(module, **given, inventory=["web1,", "missing.ini"])
    assert result["failed"]
    assert result["msg"] == "inventory: missing.ini does not exist; a list of hosts needs a comma, as in 'host1,'"
