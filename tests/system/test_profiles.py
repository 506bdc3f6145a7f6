# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Profiles that people save under names: by the playbook as they type it, used by the command and by the role."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from another_user import UID, AnotherUser
from controller import Controller, Run
from environments import environment
from installed_command import Command
from package_index import package_index, wheel
from places import COLLECTION

PROFILE, RUN = "mobile_ansible.venv.profile", "mobile_ansible.venv.run"
PLAYBOOK = """\
- name: Play
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Show it
      ansible.builtin.debug:
        msg: "{{ [{'a': 1}] | community.general.json_query('[0].a') }}"
"""
PLAIN = "- {name: Play, hosts: localhost, gather_facts: false, tasks: [{name: Ping, ansible.builtin.ping: }]}\n"
DEFINITION = {"version": 3, "dependencies": {"python": ["packaging"]}}


def one_line(output: str) -> str:
    """Without the line breaks of Ansible."""
    return " ".join(output.split())


class User:
    """Somebody with a home directory, who types the playbook, in a directory with ``site.yml``."""

    def __init__(self, controller: Controller, wheelhouse: Path, directory: Path) -> None:
        self.controller = controller
        self.directory = directory
        self.profiles = controller.home / ".config" / "ansible-venvs" / "profiles"
        self.store = controller.home / ".local" / "share" / "ansible-venvs"
        self._index = {"find_links": str(wheelhouse), "offline": "true", "collections_source": "community_package"}
        directory.mkdir()
        (directory / "site.yml").write_text(PLAYBOOK)

    def profile(self, *arguments: str, **variables: str | None) -> Run:
        """``-e profile_action=save -e profile_name=site``: all is text, as on a command line; None is left out."""
        given = {name: value for name, value in {**self._index, **variables}.items() if value is not None}
        words = [word for name, value in given.items() for word in ("-e", f"profile_{name}={value}")]
        return self.controller.playbook(PROFILE, *words, *arguments, cwd=self.directory)

    def saved(self, name: str = "site", **variables: str | None) -> Run:
        ended = self.profile(action="save", name=name, **variables)
        assert ended.returncode == 0, ended.output
        return ended

    def run(self, **variables: Any) -> Run:
        """The playbook ``run``; the source of collections is only in the profile."""
        index = {f"run_playbook_{name}": value for name, value in self._index.items() if name != "collections_source"}
        given = {"run_playbook_path": "site.yml", **index, **variables}
        return self.controller.playbook(RUN, variables=given, cwd=self.directory)

    def files(self, name: str = "site") -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted((self.profiles / name).iterdir())}

    def last_use(self, name: str = "site") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files(name)["last_use.json"])
        return found

    def venvs(self) -> list[str]:
        return sorted(path.name for path in self.store.iterdir() if path.is_symlink())


@pytest.fixture(name="user")
def fixture_user(controller: Controller, wheelhouse: Path, tmp_path: Path) -> User:
    return User(controller, wheelhouse, tmp_path / "stand")


def test_from_a_playbook_to_a_run_and_back_to_nothing(user: User) -> None:
    predicted = user.profile("--check", "--diff", action="save", name="site", **{"from": "site.yml"})
    assert predicted.returncode == 0, predicted.output
    assert "The profile site would be saved" in predicted.stdout
    assert not user.profiles.exists()
    saved = user.saved(**{"from": "site.yml"})
    assert "The profile site is saved" in saved.stdout
    assert "community.general" in saved.stdout and "jmespath" in saved.stdout
    files = user.files()
    assert set(files) == {
        "bindep.txt", "execution-environment.yml", "profile.json", "requirements.txt", "requirements.yml",
    }  # fmt: skip
    assert "jmespath" in files["requirements.txt"] and "community.general" in files["requirements.yml"]
    assert json.loads(files["profile.json"])["source"]["path"] == str(user.directory / "site.yml")
    assert "is unchanged" in user.saved(**{"from": "site.yml"}, collections_source=None).stdout
    assert user.files() == files
    listed = user.profile()
    assert "site: not used yet, from" in listed.stdout and listed.returncode == 0, listed.output
    # Nothing is analysed, and the source of collections is the one that was noted.
    ran = user.run(run_playbook_profile="site")
    assert ran.returncode == 0, ran.output
    use = user.last_use()
    assert (use["venv"], use["playbook"], use["here"]) == (
        str(user.store / user.venvs()[0]), str(user.directory / "site.yml"), True,
    )  # fmt: skip
    assert f"last used {use['used']} on {use['host']}" in user.profile(action="show", name="site").stdout
    removed = user.profile(action="remove", name="site")
    assert "The profile site was removed" in removed.stdout, removed.output
    assert not (user.profiles / "site").exists()
    user.saved("web", **{"from": "site.yml"})
    missing = user.profile(action="remove", name="site")
    assert "nothing was removed. There are: web." in missing.stdout and missing.returncode == 0, missing.output
    unknown = user.profile(action="check", name="nosuch")
    assert f"profile_name: {user.profiles} has no profile nosuch; there are: web" in one_line(unknown.output)


def test_other_programs_read_it(user: User, tmp_path: Path) -> None:
    user.saved(**{"from": "site.yml"})
    builder = environment("builder").program("ansible-builder")
    definition = user.profiles / "site" / "execution-environment.yml"
    created = subprocess.run(
        [builder, "create", "-f", definition, "-c", tmp_path / "context"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert created.returncode == 0, created.stdout + created.stderr
    assert "jmespath" in (tmp_path / "context" / "_build" / "requirements.txt").read_text()
    bindep = subprocess.run(
        [environment("builder").program("bindep"), "-f", user.profiles / "site" / "bindep.txt", "--profiles"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert bindep.returncode == 0, bindep.stderr
    galaxy = user.controller.run(
        "ansible-galaxy", "collection", "install", "--offline", "-p", tmp_path / "to",
        "-r", user.profiles / "site" / "requirements.yml",
    )  # fmt: skip
    assert "community.general" in galaxy.output and "requirements.yml" not in galaxy.stderr, galaxy.output


def test_equal_needs_share_one_venv_and_the_command_uses_names(user: User, command: Command) -> None:
    (user.directory / "definition.yml").write_text(yaml.safe_dump(DEFINITION))
    for name in ("one", "two"):
        user.saved(name, definition="./definition.yml")
    command.write("site.yml", PLAIN)
    paths = set()
    for name in ("one", "two"):
        built = command.run("site.yml", "--venv-profile", name, "--venv-build-only")
        assert built.returncode == 0, built.output
        paths.add(built.stdout.strip())
        assert user.last_use(name)["venv"] == built.stdout.strip()
    assert len(paths) == 1
    assert command.run("site.yml", "--venv-profile", "two").returncode == 0
    unknown = command.run("site.yml", "--venv-profile", "three")
    assert unknown.returncode == 1
    assert "has no profile three (there are: one, two)" in unknown.stderr


def test_a_file_without_an_ending_stays_a_file(user: User, command: Command) -> None:
    (user.directory / "definition.yml").write_text(yaml.safe_dump(DEFINITION))
    user.saved("one", definition="definition.yml")
    command.write("site.yml", PLAIN)
    for name in ("one", "other"):
        command.write(name, "version: 3\ndependencies: {python: [never-there]}\n")
    for given in ("other", "./one"):
        file = command.run("site.yml", "--venv-profile", given, "--venv-explain")
        assert "never-there" in file.stdout, file.output
    # What lies in a project never takes the place of a saved profile.
    both = command.run("site.yml", "--venv-profile", "one", "--venv-explain")
    assert both.returncode == 1
    assert f"write ./one for the file, or {user.profiles}/one for the profile" in both.stderr, both.output


def test_a_wrong_edit_is_one_error_with_file_and_line(user: User, command: Command) -> None:
    user.saved(**{"from": "site.yml"})
    definition = user.profiles / "site" / "execution-environment.yml"
    definition.write_text(definition.read_text().replace("  python:", "  pyton:"))
    (number,) = [n for n, line in enumerate(definition.read_text().splitlines(), 1) if "pyton" in line]
    expected = f"{definition}, line {number}: dependencies has unknown keys: pyton"
    command.write("site.yml", PLAIN)
    refused = command.run("site.yml", "--venv-profile", "site")
    assert refused.returncode == 1
    assert refused.stderr == f"ansible-playbook-venv: ERROR: {expected}\n"
    for ended in (user.run(run_playbook_profile="site"), user.profile(action="save", name="site")):
        assert ended.returncode != 0
        assert expected in " ".join(ended.output.split()), ended.output
    listed = user.profile()
    assert "site: cannot be used" in listed.stdout and expected in listed.stdout, listed.output


def test_an_edit_is_followed_and_never_lost(user: User) -> None:
    user.saved(**{"from": "site.yml"})
    definition = user.profiles / "site" / "execution-environment.yml"
    edited = definition.read_text().replace("  - jmespath", "  - jmespath\n  - packaging  # for us")
    definition.write_text(edited)
    assert "requirements.txt" in user.profile(action="check", name="site").stdout
    refused = user.profile(action="save", name="site", **{"from": "site.yml"})
    assert refused.returncode != 0
    assert "was edited or written by somebody else and is not replaced; set profile_force" in one_line(refused.output)
    user.saved()
    assert (definition.read_text(), "packaging" in user.files()["requirements.txt"]) == (edited, True)
    user.saved(force="true", **{"from": "site.yml"})
    assert "packaging" not in user.files()["requirements.txt"]


def test_what_is_out_of_date_is_found_when_somebody_asks(user: User, tmp_path: Path, uv: str) -> None:
    wheels = [wheel(tmp_path, "demo", {"demo.py": ""})]
    (user.directory / "site.yml").write_text(PLAIN)
    (user.directory / "definition.yml").write_text(yaml.safe_dump({"version": 3, "dependencies": {"python": ["demo"]}}))
    with package_index(dict(wheels)) as index:
        online = {"offline": "false", "index_url": index}
        user.saved("demo", definition="definition.yml", lock="true", **online)
        assert "demo==1.0 --hash=sha256:" in user.files("demo")["requirements.txt"]
        user.saved("plain", **{"from": "site.yml"})
        current = user.profile(action="check", **online)
        assert "All is current in 2 profiles." in current.stdout, current.output
        assert "venv: nothing to check: the profile was not used yet" in current.stdout
        assert "demo: not used yet, with a lock" in current.stdout
        offline = user.profile(action="check")
        assert "Not all is known of 2 of 2 profiles: demo, plain." in offline.stdout, offline.output
        assert "versions: not known" in offline.stdout
    wheels.append(wheel(tmp_path, "demo", {"demo.py": ""}, version="2.0"))
    (user.directory / "site.yml").write_text(PLAYBOOK)
    with package_index(dict(wheels)) as index:
        online = {"offline": "false", "index_url": index}
        found = user.profile(action="check", **online)
        assert "2 of 2 profiles out of date: demo, plain." in found.stdout, found.output
        assert "demo 1.0 -> 2.0" in found.stdout
        assert "+ collection community.general" in found.stdout and "+ jmespath" in found.stdout
        # The lock stays until somebody asks for another one.
        user.saved("demo", lock="true", **online)
        assert "demo==1.0" in user.files("demo")["requirements.txt"]
        user.saved("demo", lock="true", upgrade="true", **online)
        assert "demo==2.0" in user.files("demo")["requirements.txt"]


def test_a_venv_that_is_gone_or_damaged_is_found(user: User) -> None:
    (user.directory / "site.yml").write_text(PLAIN)
    user.saved(**{"from": "site.yml"})
    assert user.run(run_playbook_profile="site").returncode == 0
    assert "venv: current" in user.profile(action="check").stdout
    (venv,) = user.venvs()
    package = next((user.store / venv / "lib").glob("python3*/site-packages/packaging/__init__.py"))
    package.chmod(0o644)
    package.write_text("changed")
    assert f"{venv} is damaged" in user.profile(action="check").stdout
    (user.store / venv).unlink()
    gone = user.profile(action="check")
    assert f"{venv} does not exist any more" in gone.stdout and "1 of 1 profile out of date" in gone.stdout


def test_the_lock_of_a_profile_is_installed_exactly(user: User, command: Command) -> None:
    (user.directory / "definition.yml").write_text(yaml.safe_dump(DEFINITION))
    user.saved(definition="definition.yml")
    command.write("site.yml", PLAIN)
    options = ("site.yml", "--venv-profile", "site", "--venv-locked", "--venv-build-only")
    none = command.run(*options)
    assert none.returncode == 1 and "has no lock; save it with profile_lock=true" in none.stderr, none.output
    user.saved(lock="true")
    locked = command.run(*options)
    assert locked.returncode == 0, locked.output
    definition = user.profiles / "site" / "execution-environment.yml"
    definition.write_text(definition.read_text().replace("packaging", "packaging>=1"))
    drifted = command.run(*options)
    complaint = "the lock was made for another definition; to lock it again, save the profile with profile_lock=true"
    assert drifted.returncode == 1 and f"site has no lock to use: {complaint}" in drifted.stderr, drifted.output
    lost = user.saved().output
    assert f"The profile site has no lock any more: {complaint}" in one_line(lost)
    assert "with a lock" not in user.profile().stdout


def test_an_edited_lock_is_told_from_an_edited_definition(user: User, command: Command) -> None:
    (user.directory / "definition.yml").write_text(yaml.safe_dump(DEFINITION))
    assert "lock: requirements.txt and requirements.yml" in user.saved(definition="definition.yml", lock="true").stdout
    assert "site: not used yet, with a lock" in user.profile().stdout
    file = user.profiles / "site" / "requirements.txt"
    written = file.read_text()
    file.write_text(written.replace("packaging==", "packaging==0."))
    command.write("site.yml", PLAIN)
    refused = command.run("site.yml", "--venv-profile", "site", "--venv-locked")
    complaint = "the lock was edited after it was written; to lock it again, save the profile with profile_lock=true"
    assert refused.returncode == 1 and complaint in one_line(refused.stderr), refused.output
    checked = user.profile(action="check", name="site").stdout
    assert f"files: outdated: {complaint}" in checked and "    requirements" not in checked
    assert f"lock: not used: {complaint}" in user.profile(action="show", name="site").stdout
    locked = user.saved(lock="true")
    assert "was edited after it was written, and is written again: -packaging==0." in one_line(locked.output)
    assert file.read_text() == written
    assert "was edited" not in user.saved(lock="true").output
    # Somebody else's file beside the other one of the lock.
    file.write_text("six\n")
    complaint = "the lock has a requirements.txt that does not begin as this collection writes it"
    assert f"lock: not used: {complaint}" in user.profile(action="show", name="site").stdout
    assert f"files: outdated: {complaint}" in user.profile(action="check", name="site").stdout
    assert complaint in one_line(command.run("site.yml", "--venv-profile", "site", "--venv-locked").stderr)
    kept = user.profile(action="save", name="site", lock="true")
    assert kept.returncode != 0 and "written by somebody else and is not replaced" in one_line(kept.output)
    assert file.read_text() == "six\n"
    forced = user.saved(lock="true", force="true")
    assert "and is written again: -six" in one_line(forced.output) and file.read_text() == written


def test_the_inventory_that_is_there_is_noted(user: User) -> None:
    (user.directory / "site.yml").write_text(PLAIN)
    (user.directory / "hosts").write_text("localhost ansible_connection=local\n")
    note = user.profiles / "site" / "profile.json"
    user.saved(**{"from": "site.yml"})
    default = Path("/etc/ansible/hosts")
    assert json.loads(note.read_text())["source"].get("inventory", []) == [str(default)] * default.exists()
    ended = user.profile("-i", "web,", "-i", "hosts", action="save", name="site", **{"from": "site.yml"})
    assert ended.returncode == 0, ended.output
    assert json.loads(note.read_text())["source"]["inventory"] == ["web,", str(user.directory / "hosts")]
    (user.directory / "ansible.cfg").write_text("[defaults]\ninventory = hosts\n")
    user.saved(**{"from": "site.yml"})
    assert json.loads(note.read_text())["source"]["inventory"] == [str(user.directory / "hosts")]


def test_two_at_once_save_whole_profiles(user: User) -> None:
    for name, package in (("a", "packaging"), ("b", "jmespath")):
        definition = {"version": 3, "dependencies": {"python": [package]}}
        (user.directory / f"{name}.yml").write_text(yaml.safe_dump(definition))
    words = ["-e", "profile_action=save", "-e", "profile_name=site"]
    program = user.controller.venv.program("ansible-playbook")
    running = [
        subprocess.Popen(
            [program, PROFILE, *words, "-e", f"profile_definition={name}.yml"],
            cwd=user.directory, env=user.controller.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for name in ("a", "b", "a", "b")
    ]  # fmt: skip
    outputs = [process.communicate()[0].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], outputs
    files = user.files()
    package = "packaging" if "packaging" in files["execution-environment.yml"] else "jmespath"
    assert files["requirements.txt"].splitlines()[1:] == [package]
    assert not [name for name in files if name.endswith(".new")]


def test_what_came_from_elsewhere_is_data(user: User, tmp_path: Path) -> None:
    """A template, an escape sequence, a link, a pipe: nothing of it is evaluated, followed or waited for."""
    proof = tmp_path / "proof"
    template = f"{{{{ lookup('pipe', 'touch {proof}') }}}}"
    profiles = user.profiles
    for name in ("templates", "entry", "link", "pipe", "bomb"):
        (profiles / name).mkdir(parents=True)
    hostile = {**DEFINITION, "images": {"base_image": {"name": template}}}
    note = {
        "schema": 1, "saved": template, "source": {"path": f"\x1b[2J{template}"}, "collections_source": template,
        "optional_packages": [template],
    }  # fmt: skip
    use = {"schema": 1, "used": template, "host": "\x1b]0;x", "here": True, "venv": "/etc"}
    (profiles / "templates" / "execution-environment.yml").write_text(json.dumps(hostile))
    (profiles / "templates" / "profile.json").write_text(json.dumps(note))
    (profiles / "templates" / "last_use.json").write_text(json.dumps(use))
    entry = f'version: 3\ndependencies:\n  python:\n    - six\n    - "{template}"\n'
    (profiles / "entry" / "execution-environment.yml").write_text(entry)
    (profiles / "link" / "execution-environment.yml").symlink_to("/etc/passwd")
    os.mkfifo(profiles / "pipe" / "execution-environment.yml")
    grown = (f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in pairwise("abcdefgh"))
    bomb = "a: &a [x, x]\n" + "".join(grown)
    (profiles / "bomb" / "execution-environment.yml").write_text(bomb)
    for action in ("list", "check"):
        told = user.profile(action=action)
        assert "\x1b" not in told.stdout
        assert f"templates: last used {template} on \\x1b]0;x, from \\x1b[2J" in told.stdout, told.output
        assert "entry/execution-environment.yml, line 5: dependencies.python" in told.stdout, told.output
        assert "link/execution-environment.yml is a link; put a regular file there" in told.stdout
        assert "pipe/execution-environment.yml is not a regular file; put a regular file there" in told.stdout
        assert "bomb/execution-environment.yml, line" in told.stdout
    shown = user.profile(action="show", name="templates")
    assert shown.returncode == 0, shown.output
    ran = user.run(run_playbook_profile="templates", run_playbook_collections_source="community_package")
    # Its collection is not in the profile, so that the playbook fails in its venv.
    assert "json_query" in ran.output, ran.output
    copied = user.profile(action="save", name="copy", definition="templates")
    assert copied.returncode == 0, copied.output
    for name in ("../escape", "a/b", "x.yml", "-e", "", "é"):
        refused = user.profile(action="save", name=name, definition="templates")
        assert refused.returncode != 0, refused.output
        assert "profile_name" in refused.output, refused.output
    for name in ("link", "pipe", "bomb"):
        assert user.profile(action="remove", name=name).returncode == 0
    (profiles / "entry" / "of-the-user.txt").touch()
    kept = user.profile(action="remove", name="entry")
    assert kept.returncode != 0 and "of-the-user.txt; move them away" in " ".join(kept.output.split()), kept.output
    assert (profiles / "entry" / "execution-environment.yml").read_text() == entry
    assert not proof.exists()
    assert Path("/etc/passwd").is_file()


def test_what_another_user_can_change_is_refused(user: User, them: AnotherUser) -> None:
    (user.profiles / "site").mkdir(parents=True)
    (user.profiles / "site" / "execution-environment.yml").write_text(json.dumps(DEFINITION))
    assert "site: not used yet" in user.profile().stdout
    for path in (user.profiles / "site", user.profiles):
        os.chown(path, UID, UID)
        for ended in (user.profile(name="site", action="show"), user.run(run_playbook_profile="site")):
            assert ended.returncode != 0 or "cannot be used" in ended.stdout, ended.output
            assert "belongs to another user" in " ".join(ended.output.split()), ended.output
        os.chown(path, 0, 0)
    # A directory of root is for all to read. Its user notes the use elsewhere.
    shared = them.directory / "profiles"
    (shared / "site").mkdir(parents=True)
    (shared / "site" / "execution-environment.yml").write_text(json.dumps(DEFINITION))
    mount = them.directory / "search" / COLLECTION / "plugins" / "plugin_utils" / "_mount.py"
    program = (
        "import runpy, sys, json\n"
        f"runpy.run_path({str(mount)!r})['mount_collection']()\n"
        "base = 'ansible_collections.mobile_ansible.venv.plugins.plugin_utils._profiles'\n"
        "import importlib\n"
        "listing, directory = (importlib.import_module(f'{base}.{name}') for name in ('listing', 'directory'))\n"
        "profiles = directory.SavedProfiles(sys.argv[1])\n"
        "use = {'schema': 1, 'used': 'now', 'host': 'h', 'here': True, 'venv': '/v'}\n"
        "profiles.note_use('site', use)\n"
        "print(json.dumps([[one['name'], one['last_used']['at']] for one in listing.list_profiles(profiles)]))\n"
        "print('ansible' in sys.modules or 'yaml' in sys.modules)\n"
    )
    process = them.start(program, str(shared))
    assert process.communicate()[0].split("\n")[:2] == ['[["site", "now"]]', "False"]
    assert sorted(path.name for path in (shared / "site").iterdir()) == ["execution-environment.yml"]
