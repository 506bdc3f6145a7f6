# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What roles print on a terminal: plain text, each thing once, and nothing of our own files."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from controller import Controller
from environments import environment

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Terminal:
    """Somebody who works with two projects at a terminal."""

    controller: Controller
    directory: Path
    wheels: Path

    def link(self, name: str) -> Path:
        return self.directory / name / "venv"

    def play(self, playbook: str, *arguments: str, projects: str = "", code: int = 0, **env: str) -> str:
        """All that the terminal shows, without its colours."""
        argv = [self.controller.venv.program("ansible-playbook"), f"mobile_ansible.venv.{playbook}"]
        argv += ["-e", f"shared_venv_store={self.directory / 'store'}", "-e", f"shared_venv_find_links={self.wheels}"]
        argv += ["-e", "shared_venv_offline=true", "-e"]
        argv += [f"shared_venv_projects='{projects or ','.join(str(self.link(name).parent) for name in ('a', 'b'))}'"]
        inside, outside = pty.openpty()
        environment = self.controller.environment(TERM="xterm", COLUMNS="80", **env)
        with subprocess.Popen(
            [*argv, *arguments],
            cwd=self.controller.home,
            env=environment,
            stdin=outside,
            stdout=outside,
            stderr=outside,
        ) as process:
            os.close(outside)
            shown = b"".join(iter(lambda: _read(inside), b""))
            assert process.wait() == code, shown.decode()
        os.close(inside)
        return _COLOURS.sub("", shown.decode()).replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # so the kernel says that nobody writes to it any more
        return b""


@pytest.fixture(name="terminal")
def fixture_terminal(tmp_path: Path, controller: Controller, wheelhouse: Path) -> Terminal:
    return with_two_projects(controller, tmp_path / "projects", wheelhouse)


def with_two_projects(controller: Controller, directory: Path, wheelhouse: Path) -> Terminal:
    terminal = Terminal(controller, directory, wheelhouse)
    for name in ("a", "b"):
        (terminal.directory / name).mkdir(parents=True)
        (terminal.directory / name / "requirements.txt").write_text("six\n")
    return terminal


@pytest.fixture(name="sharing", scope="module")
def fixture_sharing(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> tuple[Terminal, str]:
    """Two projects that share, the link of one of which is gone, and what was shown when they began to."""
    directory = tmp_path_factory.mktemp("terminal")
    (directory / "home").mkdir(mode=0o700)
    controller = Controller(venv=environment("controller"), home=directory / "home")
    terminal = with_two_projects(controller, directory / "projects", wheelhouse)
    shown = terminal.play("share", "-e", f"shared_venv_parent={terminal.directory / 'a'}")
    terminal.link("b").unlink()
    return terminal, shown


def assert_plain(shown: str) -> None:
    """No file of ours, no list in JSON, no text with its line breaks or quotes escaped."""
    # Which file it includes, Ansible says of every role.
    shown = re.sub(r"^included: .*$", "", shown, flags=re.MULTILINE)
    for ugly in ("Origin:", "roles/", "tasks/", '["', "['", '\\n"', '\\"', '"checks"'):
        assert ugly not in shown, shown


def test_share_prints_plain_text(sharing: tuple[Terminal, str]) -> None:
    terminal, shown = sharing
    assert_plain(shown)
    store = terminal.directory / "store"
    assert re.search(rf"^2 projects share the venv {store}/a-\w+, and every check passed\.$", shown, re.MULTILINE)
    assert "built): " in shown


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        ([], {}),
        (["-v"], {}),
        (["--check"], {}),
        ([], {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}),
        (["--inventory", "one,two", "-e", "ansible_connection=local"], {}),
    ],
    ids=["plain", "verbose", "check", "yaml", "two hosts"],
)
def test_verify_prints_plain_text(sharing: tuple[Terminal, str], arguments: list[str], env: dict[str, str]) -> None:
    terminal, _shown = sharing
    parent = ["-e", f"shared_venv_parent={terminal.directory / 'a'}"]
    interpreter = ["-e", f"ansible_python_interpreter={sys.executable}"]
    shown = terminal.play("verify", *parent, *arguments, *interpreter, code=2, **env)
    report = shown.partition(": Report]")[2]
    several = "--inventory" in arguments
    assert_plain(report)
    for host in ("one", "two") if several else ("",):
        prefix = f"{host}: " if host else ""
        expected = f"""
{prefix}1 of 2 projects has a venv with problems.
{terminal.link("b")}:
  link: {terminal.link("b")} does not exist
    To repair it, run the playbook mobile_ansible.venv.share again.
project """
        assert expected in report
    assert report.count("does not exist") == (2 if several else 1)


def test_a_module_that_fails_has_one_plain_sentence(terminal: Terminal) -> None:
    shown = terminal.play("share", "-e", "shared_venv_parent=/srv/misspelt", code=2)
    assert_plain(shown)
    assert "shared_venv_parent: /srv/misspelt is not among the projects" in shown
    assert not (terminal.directory / "store" / ".generations").exists()
    for project in ("a", "b"):
        (terminal.directory / project / "venv").mkdir()
    shown = terminal.play("share", "-e", f"shared_venv_path={terminal.directory / 'venv'}", code=2)
    assert_plain(shown)
    assert "run the playbook mobile_ansible.venv.migrate" in shown


def test_migrate_names_the_parent_and_shows_what_tests_said_as_text(terminal: Terminal) -> None:
    for name in ("a", "b"):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(terminal.link(name))], check=True)
    program = "import sys; sys.stderr.write('\\x1b[2J\\x1b]0;title\\x07it broke\\n'); sys.exit(1)"
    (terminal.directory / "b" / "test.py").write_text(program)
    projects = f"[{{path: {terminal.directory / 'a'}}}, {{path: {terminal.directory / 'b'}, test: [python, test.py]}}]"
    shown = terminal.play("migrate", projects=projects, code=2)
    assert_plain(shown.replace("\\x1b]", ""))
    assert "1 of 2 projects now share a venv; the own venv of 1 was restored, because tests failed." in shown
    assert "its tests failed\n  \\x1b[2J\\x1b]0;title\\x07it broke\n" in shown
    assert "\x1b" not in shown and "\x07" not in shown
    (terminal.directory / "b" / "test.py").write_text("")
    shown = terminal.play("migrate", projects=projects)
    assert_plain(shown)
    assert f"\nparent: {terminal.directory / 'a'} (to choose another, set shared_venv_parent)\n" in shown
    assert "Say what is wrong" not in shown


def test_a_playbook_that_fails_is_told_as_text(terminal: Terminal) -> None:
    site = terminal.controller.home / "site.yml"
    site.write_text(
        "[{name: P, hosts: localhost, gather_facts: false, tasks: [{name: Stop, ansible.builtin.fail: {msg: so}}]}]"
    )
    options = [
        f"run_playbook_{name}"
        for name in (f"path={site}", "packages=six", f"find_links={terminal.wheels}", "output=summary")
    ]
    arguments = [word for option in options for word in ("-e", option)]
    shown = terminal.play("run", *arguments, code=2)
    assert_plain(shown)
    assert "\nThe run of the playbook failed: localhost failed in task 'Stop': so\n" in shown
    assert "\nlocalhost: ok 0, failures 1\n" in shown or "\nlocalhost: failures 1\n" in shown
