# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""ansible-playbook-venv with unusual playbooks, directories and stores, and when it is interrupted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from installed_command import Command, finish

PING = "- {hosts: localhost, gather_facts: false, tasks: [ping: ]}\n"
IS_ROOT = os.geteuid() == 0


def processes(text: str) -> str:
    """The command lines of processes with ``text`` in them."""
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return "".join(line for line in shown.splitlines() if text in line)


def test_playbooks_of_two_projects_run_in_one_venv(command: Command) -> None:
    for name, module in {"a": "community.general.ini_file", "b": "ansible.posix.sysctl"}.items():
        command.write(f"{name}/ansible.cfg", "")
        task = f"{{name: x, {module}: {{}}, when: false}}"
        command.write(f"{name}/site.yml", f"- {{hosts: localhost, gather_facts: false, tasks: [{task}]}}\n")
    found = command.run("a/site.yml", "b/site.yml", "--venv-json").json()
    collections = [one["name"] for one in found["profile"]["dependencies"]["galaxy"]["collections"]]
    assert collections == ["ansible.posix", "community.general"]
    assert {one["project"] for one in found["evidence"]} == {str(command.directory / name) for name in "ab"}


def test_a_playbook_of_a_collection_of_the_project(command: Command) -> None:
    root = "collections/ansible_collections/mine/own"
    command.write("ansible.cfg", "[defaults]\ncollections_path = collections\n")
    command.write(f"{root}/galaxy.yml", "{namespace: mine, name: own, version: 1.0.0, readme: x, authors: [x]}\n")
    task = "{name: x, ansible.posix.sysctl: {}, when: false}"
    command.write(
        f"{root}/playbooks/site.yml", f"- {{hosts: localhost, gather_facts: false, tasks: [{task}, ping: ]}}\n"
    )
    (needed,) = command.run("mine.own.site", "--venv-json").json()["profile"]["dependencies"]["galaxy"]["collections"]
    assert needed["name"] == "ansible.posix"
    ran = command.run("mine.own.site")
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output


def test_a_playbook_that_is_no_file_requires_a_profile(command: Command) -> None:
    piped = ["sh", "-c", 'printf "%s" "$PLAYBOOK" | "$@"', "sh"]
    refused = command.run("/dev/stdin", before=piped, PLAYBOOK=PING)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "/dev/stdin is not a regular file" in refused.stderr and "--venv-profile" in refused.stderr
    command.write("profile.yml", "{version: 3, dependencies: {}}\n")
    ran = command.run("/dev/stdin", "--venv-profile", "profile.yml", before=piped, PLAYBOOK=PING)
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.yml"], 1, "none.yml does not exist"),
        (["."], 1, ". is a directory"),
        (["site.yml", "--venv-stor", "x"], 2, "--venv-stor"),
        (["site.yml", "--venv-profile="], 2, "--venv-profile: the path is empty"),
        (["site.yml", "-f", "many", "--venv-package", "netaddr"], 2, "-f/--forks"),
        (["site.yml", "-K", "--become-password-file", "x", "--venv-package", "netaddr"], 2, "not allowed with"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_built(
    command: Command, arguments: list[str], code: int, said: str
) -> None:
    command.write("site.yml", PING)
    refused = command.run(*arguments)
    assert (refused.returncode, refused.stdout) == (code, "")
    assert said in refused.stderr and "Traceback" not in refused.stderr
    assert "building" not in refused.stderr


def test_spaces_and_letters_of_other_languages_in_paths(command: Command) -> None:
    command.write("über uns/ansible.cfg", "")
    command.write("über uns/play books/site.yml", PING)
    (command.directory / "ein link").symlink_to("über uns")
    for name in ("über uns", "ein link"):
        there = Command(
            command.program, command.controller, command.store, command.wheelhouse, command.directory / name
        )
        ran = there.run("play books/site.yml", PWD=str(there.directory))
        assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output


def test_without_a_home_directory(command: Command) -> None:
    command.write("site.yml", PING)
    ran = command.run("site.yml", before=["env", "-u", "HOME"])
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output


def test_the_current_directory_was_removed(command: Command) -> None:
    command.write("site.yml", PING)
    (command.directory / "gone").mkdir()
    argv = ["sh", "-c", 'cd gone && rmdir ../gone && exec "$@"', "sh"]
    refused = command.run(str(command.directory / "site.yml"), before=argv)
    assert refused.returncode != 0 and "Traceback" not in refused.stderr
    assert "the current directory cannot be used" in refused.stderr


@pytest.mark.skipif(not IS_ROOT, reason="only root mounts")
def test_a_store_on_a_read_only_file_system_is_used(command: Command) -> None:
    command.write("site.yml", PING)
    assert command.run("site.yml").returncode == 0
    mount = f'mount --bind "{command.store}" "{command.store}" && mount -o remount,ro,bind "{command.store}"'
    within = ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    ran = command.run("site.yml", before=within)
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output
    refused = command.run("site.yml", "--venv-package", "netaddr", before=within)
    assert refused.returncode == 1 and "is on a read-only file system" in refused.stderr, refused.output


@pytest.mark.parametrize("moment", [0.05, 0.5, "building"])
def test_ctrl_c_before_the_playbook_leaves_nothing(command: Command, tmp_path: Path, moment: float | str) -> None:
    own = Command(command.program, command.controller, tmp_path / "store", command.wheelhouse, command.directory)
    own.write("site.yml", PING)
    terminal = own.on_terminal("site.yml", "--venv-package", "netaddr")
    if isinstance(moment, str):
        terminal.expect(moment)
        time.sleep(0.3)
    else:
        time.sleep(moment)
    terminal.sendintr()
    code, shown = finish(terminal)
    assert code in (99, -2), shown
    assert "Traceback" not in shown and "PLAY" not in shown
    assert processes(str(own.store)) == ""
    ran = own.run("site.yml", "--venv-package", "netaddr")
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output


def test_a_venv_that_was_removed_is_built_again(command: Command, tmp_path: Path) -> None:
    own = Command(command.program, command.controller, tmp_path / "store", command.wheelhouse, command.directory)
    own.write("site.yml", PING)
    assert own.run("site.yml").returncode == 0
    for generation in (own.store / ".generations").iterdir():
        subprocess.run(["chmod", "-R", "u+w", generation], check=True)
        shutil.rmtree(generation)
    ran = own.run("site.yml")
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output
    assert "building the venv" in ran.stderr


def test_a_home_in_which_ansible_cannot_start(command: Command, tmp_path: Path) -> None:
    """In /proc nobody can make a directory. Once the store has what ansible-core answered, Ansible itself says so."""
    own = Command(command.program, command.controller, tmp_path / "store", command.wheelhouse, command.directory)
    own.write("site.yml", PING)
    refused = own.run("site.yml", HOME="/proc")
    assert (refused.returncode, refused.stdout) == (1, ""), refused.output
    (line,) = refused.stderr.splitlines()
    assert "/proc/.ansible" in line and "set ANSIBLE_HOME" in line
    usable = str(own.store)
    ran = own.run("site.yml", HOME="/proc", ANSIBLE_HOME=usable, ANSIBLE_REMOTE_TMP=f"{usable}/tmp")
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output
    refused = own.run("site.yml", HOME="/proc")
    assert (refused.returncode, refused.stdout) == (5, ""), refused.output
    assert "/proc/.ansible" in refused.stderr


def test_a_project_can_enable_the_callback_of_this_collection(command: Command) -> None:
    command.write("ansible.cfg", "[defaults]\ncallbacks_enabled = mobile_ansible.venv.progress\n")
    command.write("site.yml", PING)
    ran = command.run("site.yml")
    assert ran.returncode == 0 and "ok=1" in ran.stdout, ran.output
    assert "progress: 0 % (0 of 1) ping" in ran.stderr
    assert "Error loading plugin" not in ran.stderr


def test_a_playbook_in_a_directory_finds_the_roles_of_its_project(command: Command) -> None:
    command.write("roles/web/tasks/main.yml", "- {name: Say, debug: {msg: the role}}\n")
    command.write("playbooks/site.yml", "- {hosts: localhost, gather_facts: false, roles: [web]}\n")
    ran = command.run("playbooks/site.yml")
    assert ran.returncode == 0 and "the role" in ran.stdout, ran.output
    command.write("ansible.cfg", "[defaults]\nroles_path = other\n")
    command.write("other/db/tasks/main.yml", "- {name: Say, debug: {msg: the other}}\n")
    command.write("playbooks/site.yml", "- {hosts: localhost, gather_facts: false, roles: [web, db]}\n")
    ran = command.run("playbooks/site.yml")
    assert ran.returncode == 0 and "the role" in ran.stdout and "the other" in ran.stdout, ran.output


def test_a_misspelt_option_is_an_error_with_the_nearest_one(command: Command) -> None:
    command.write("site.yml", PING)
    refused = command.run("site.yml", "--venv-packge=boto3")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--venv-packge is not an option" in refused.stderr and "the nearest is --venv-package" in refused.stderr


def test_a_full_name_of_a_checkout_runs_behind_a_link(command: Command) -> None:
    """ansible-playbook does not find it without the link; what is said of it is true of both."""
    command.write("galaxy.yml", "{namespace: mine, name: tools, version: 1.0.0, readme: x, authors: [x]}\n")
    twice = "class FilterModule:\n    def filters(self):\n        return {'twice': lambda text: text * 2}\n"
    command.write("plugins/filter/twice.py", twice)
    task = "debug: {msg: \"{{ 'ab' | mine.tools.twice }}\"}"
    command.write("playbooks/site.yml", f"- {{hosts: localhost, gather_facts: false, tasks: [{task}]}}\n")
    said = "playbooks/site.yml:1: mine.tools is a collection that the project itself has"
    without = command.run("playbooks/site.yml")
    assert without.returncode == 2 and said in without.stderr, without.output
    plain = command.controller.playbook("playbooks/site.yml", cwd=command.directory)
    assert plain.returncode == 2, plain.output
    link = command.directory / "playbooks" / "collections" / "ansible_collections" / "mine" / "tools"
    link.parent.mkdir(parents=True)
    link.symlink_to("../../../..")
    ran = command.run("playbooks/site.yml")
    assert ran.returncode == 0 and "abab" in ran.stdout and said not in ran.stderr, ran.output


def test_what_is_excluded_is_told_and_not_in_the_venv(command: Command) -> None:
    command.write("filter_plugins/pick.py", "import jmespath\nclass FilterModule:\n    def filters(self): return {}\n")
    command.write("requirements.txt", "jmespath>=1\n")
    command.write("site.yml", "- {hosts: localhost, gather_facts: false, tasks: [ping: ]}\n")
    said = "Packages that are not in the venv: jmespath>=1 (exclude has jmes"
    assert f"{said}path)" in command.run("site.yml", "--venv-exclude", "jmespath", "--venv-explain").stdout
    ran = command.run("site.yml", "--venv-exclude", "jmes.*", "--venv-exclude", "~jmes.*", "--venv-report", "r.json")
    told = json.loads((command.directory / "r.json").read_text())
    assert told["requirements"]["packages_left_out"] == {
        "items": [{"package": "jmespath>=1", "reason": "exclude has ~jmes.*"}], "left_out": 0,
    }, ran.output  # fmt: skip
    assert "jmespath" not in {one["name"] for one in told["venv"]["packages"]}
