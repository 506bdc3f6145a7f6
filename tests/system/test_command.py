# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""ansible-playbook-venv is ansible-playbook: on a terminal with real keystrokes, and without one."""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from installed_command import Command, finish

PASSWORD = "correct horse"  # noqa: S105 (it opens nothing but a test)
ASKING = """\
- hosts: localhost
  gather_facts: false
  vars_prompt:
    - {name: colour, prompt: Which colour, private: false}
  tasks:
    - {name: Show it, debug: {msg: "it is {{ colour }}"}}
    - {name: Wait, pause: {prompt: Press enter}}
    - {name: Show the Python, debug: {msg: "{{ ansible_playbook_python }}"}}
"""


def test_prompts_are_asked_on_the_terminal(command: Command) -> None:
    command.write("site.yml", ASKING)
    terminal = command.on_terminal("site.yml")
    terminal.expect("Which colour: ")
    terminal.sendline("green")
    terminal.expect("it is green")
    terminal.expect("Press enter")
    terminal.sendline("")
    code, shown = finish(terminal)
    assert code == 0, shown
    assert re.search(rf"{command.store}/\.generations/[0-9a-f]+/bin/python", shown)


def test_passwords_are_asked_on_the_terminal(command: Command) -> None:
    secret = VaultLib([("default", VaultSecret(PASSWORD.encode()))]).encrypt("the cellar").decode()
    command.write("secret.yml", "place: !vault |\n" + "".join(f"  {line}\n" for line in secret.splitlines()))
    command.write(
        "site.yml",
        "- {hosts: localhost, gather_facts: false, vars_files: [secret.yml], tasks: [debug: {var: place}]}\n",
    )
    terminal = command.on_terminal("site.yml", "--ask-vault-pass", "-K")
    terminal.expect("BECOME password: ")
    terminal.sendline("nothing")
    terminal.expect("Vault password: ")
    terminal.sendline(PASSWORD)
    terminal.expect("the cellar")
    assert finish(terminal)[0] == 0


def test_steps_are_asked_on_the_terminal(command: Command) -> None:
    tasks = ", ".join(f"{{name: {name}, debug: {{msg: did {name}}}}}" for name in ("one", "two"))
    command.write("site.yml", f"- {{hosts: localhost, gather_facts: false, tasks: [{tasks}]}}\n")
    terminal = command.on_terminal("site.yml", "--step")
    terminal.expect("TASK: one")
    terminal.sendline("n")
    terminal.expect("TASK: two")
    terminal.sendline("y")
    code, shown = finish(terminal)
    assert (code, "did one" in shown, "did two" in shown) == (0, False, True)


def test_ctrl_c_ends_everything_as_ansible_does(command: Command) -> None:
    # No other test on this machine has a playbook of this name.
    command.write("interrupted.yml", "- {hosts: localhost, gather_facts: false, tasks: [command: sleep 4242.5]}\n")
    terminal = command.on_terminal("interrupted.yml")
    terminal.expect("TASK")
    pid = terminal.pid
    assert "ansible-playbook" in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    while "4242.5" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout:
        assert terminal.isalive()
    terminal.sendintr()
    code, shown = finish(terminal)
    assert code in (99, -signal.SIGINT), shown
    assert not Path(f"/proc/{pid}").exists()
    left = subprocess.run(
        ["pgrep", "-f", "ansible-playbook interrupted.yml"], capture_output=True, text=True, check=False
    )
    assert left.stdout == ""


@pytest.mark.parametrize(
    "options", [[], ["--check"], ["-l", "a"], ["-t", "one"], ["--skip-tags", "one"], ["-e", "x=5"]]
)
def test_options_mean_what_they_mean(command: Command, options: list[str]) -> None:
    """Compared with the ansible-playbook of the same venv, by what both print."""
    command.write("hosts", "[web]\na ansible_connection=local\nb ansible_connection=local\n")
    command.write("group_vars/web.yml", "colour: green\n")
    message = "{{ inventory_hostname }} {{ ansible_run_tags }} {{ x | default(colour) }}"
    tasks = "".join(f"    - {{name: {tag}, tags: {tag}, debug: {{msg: '{message}'}}}}\n" for tag in ("one", "two"))
    command.write("playbooks/site.yml", f"- hosts: web\n  gather_facts: false\n  tasks:\n{tasks}")
    command.write("ansible.cfg", "[defaults]\ninventory = hosts\nforks = 1\n")
    ran = command.run("playbooks/site.yml", *options)
    (venv,) = command.store.glob("ansible-core-*")
    plain = subprocess.run(
        [venv / "bin" / "ansible-playbook", "playbooks/site.yml", *options],
        cwd=command.directory, env=command.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (plain.returncode, plain.stdout)
    assert "msg" in ran.stdout and ran.returncode == 0, ran.output


def test_exit_codes_are_ansibles(command: Command) -> None:
    command.write("site.yml", "- {hosts: localhost, gather_facts: false, tasks: [fail: {msg: no}]}\n")
    command.write("broken.yml", "- hosts: [\n")
    assert command.run("site.yml").returncode == 2
    assert command.run("site.yml", "--bogus").returncode == 2
    refused = command.run("broken.yml")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert re.search(r"^ansible-playbook-venv: ERROR: .*broken\.yml", refused.stderr), refused.output
    assert len(refused.stderr.splitlines()) == 1


def test_help_shows_the_options_of_both(command: Command) -> None:
    shown = command.run("--help")
    assert shown.returncode == 0
    assert "--start-at-task" in shown.stdout and "--venv-explain" in shown.stdout


def test_a_configuration_that_only_the_venv_can_follow(command: Command) -> None:
    """The stdout callback and the filter come from a collection that the controller does not have."""
    command.write(
        "ansible.cfg", "[defaults]\nstdout_callback = ansible.posix.jsonl\ncollections_path = ./collections\n"
    )
    command.write(
        "site.yml", "- {hosts: localhost, gather_facts: false, tasks: [debug: {msg: \"{{ 'a' | mine.own.twice }}\"}]}\n"
    )
    command.write(
        "collections/ansible_collections/mine/own/galaxy.yml",
        "{namespace: mine, name: own, version: 1.0.0, readme: x, authors: [x]}\n",
    )
    command.write(
        "collections/ansible_collections/mine/own/plugins/filter/twice.py",
        "class FilterModule:\n    def filters(self):\n        return {'twice': lambda text: text * 2}\n",
    )
    ran = command.run("site.yml")
    events = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert ran.returncode == 0 and events, ran.output
    assert [host["msg"] for event in events for host in event.get("hosts", {}).values() if "msg" in host] == ["aa"]


def test_collections_of_the_home_directory_are_not_taken(command: Command) -> None:
    """They would beat those that were analysed."""
    strange = command.controller.home / ".ansible/collections/ansible_collections/ansible/posix/plugins/callback"
    strange.mkdir(parents=True)
    (strange / "jsonl.py").write_text("raise RuntimeError('a stranger')\n")
    command.write("site.yml", "- {hosts: localhost, gather_facts: false, tasks: [ping: ]}\n")
    ran = command.run(
        "site.yml", "--venv-collection", "ansible.posix", ANSIBLE_STDOUT_CALLBACK="ansible.posix.jsonl",
        ANSIBLE_COLLECTIONS_PATH=str(strange.parents[4]), PYTHONPATH=str(strange),
    )  # fmt: skip
    assert ran.returncode == 0 and '"v2_playbook_on_stats"' in ran.stdout, ran.output
    assert "a stranger" not in ran.output


def test_installed_collections_are_taken_when_the_user_says_so(command: Command, tmp_path: Path) -> None:
    """In the version that is there, which the profile says; the source is what decides, not where they are."""
    source, directory = tmp_path / "tools", command.controller.home / ".ansible/collections"
    galaxy = {"namespace": "acme", "name": "tools", "version": "1.4.0", "readme": "README.md", "authors": ["me"]}
    for name, text in {
        "galaxy.yml": json.dumps(galaxy),
        "README.md": "# tools\n",
        "plugins/filter/twice.py": "class FilterModule:\n    def filters(self):\n"
        "        return {'twice': lambda text: text * 2}\n",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    program = command.controller.venv.program("ansible-galaxy")
    argv = [program, "collection", "install", "--offline", "--collections-path", str(directory), str(source)]
    subprocess.run(argv, check=True, capture_output=True, env=command.environment())
    command.write(
        "site.yml",
        "- {hosts: localhost, gather_facts: false, tasks: [debug: {msg: \"{{ 'ab' | acme.tools.twice }}\"}]}\n",
    )
    without = command.run("site.yml")
    assert without.returncode == 2 and "acme.tools.twice" in without.stderr, without.output
    paths = f"{command.environment()['ANSIBLE_COLLECTIONS_PATH']}:{directory}"
    explaining = command.run("site.yml", "--venv-source", "installed", "--venv-json", ANSIBLE_COLLECTIONS_PATH=paths)
    found = explaining.json()
    (tools,) = found["profile"]["dependencies"]["galaxy"]["collections"]
    assert (tools["name"], tools["version"]) == ("acme.tools", "1.4.0")
    ran = command.run("site.yml", "--venv-source", "installed", ANSIBLE_COLLECTIONS_PATH=paths)
    assert ran.returncode == 0 and "abab" in ran.stdout, ran.output


def explained(command: Command, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = command.run("site.yml", "--venv-json", *arguments).json()
    return found


def test_a_kept_analysis_is_used_until_its_input_changes(command: Command) -> None:
    command.write("site.yml", "- {hosts: localhost, roles: [web]}\n")
    command.write("roles/web/tasks/main.yml", "- ping:\n")
    time.sleep(2.1)  # what has just changed is analysed again
    first = explained(command)
    assert first["profile"]["dependencies"]["galaxy"]["collections"] == []
    kept = {path.name for path in (command.store / ".analyses").iterdir()}
    assert explained(command) == first
    assert {path.name for path in (command.store / ".analyses").iterdir()} == kept
    # A file that was not there and is looked for.
    command.write("roles/web/handlers/main.yml", "- {name: again, community.general.ini_file: {path: x, section: y}}\n")
    (collection,) = explained(command)["profile"]["dependencies"]["galaxy"]["collections"]
    assert collection["name"] == "community.general"


def test_nothing_changed_costs_little_more_than_ansible_itself(command: Command) -> None:
    command.write("site.yml", "- {hosts: localhost, gather_facts: false, tasks: [ping: ]}\n")
    venv = Path(command.run("site.yml", "--venv-build-only").stdout.strip())
    assert command.run("site.yml").returncode == 0

    def cpu(*argv: str | Path) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(argv, cwd=command.directory, env=command.environment(), capture_output=True, check=True)
        assert b"ok=1" in done.stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    plain = min(cpu(venv / "bin" / "ansible-playbook", "site.yml") for _run in range(3))
    ours = min(cpu(command.program, *command.argv("site.yml")) for _run in range(3))
    # Half a second at most, where the plain run takes 0.6.
    assert ours < 1.8 * plain, f"{ours:.2f} s against {plain:.2f} s"


def test_two_at_once_have_one_venv_each(command: Command) -> None:
    """Two projects whose playbooks have the same name, with different requirements."""
    needs = {"a": "netaddr", "b": "jmespath"}
    for name, package in needs.items():
        task = f"command: '{{{{ ansible_playbook_python }}}} -c \"import {package}\"'"
        command.write(f"{name}/playbooks/site.yml", f"- {{hosts: localhost, gather_facts: false, tasks: [{task}]}}\n")
    started = [
        subprocess.Popen(
            [command.program, *command.argv("playbooks/site.yml", "--venv-package", needs[name])],
            cwd=command.directory / name,
            env=command.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in ("a", "b", "a", "b")
    ]
    for process in started:
        shown, _nothing = process.communicate(timeout=300)
        assert process.returncode == 0, shown


def test_the_command_works_from_anywhere(command: Command) -> None:
    """A relative path from another directory, and a directory that is a link."""
    command.write("team/roles/web/tasks/main.yml", "- debug: {msg: it is found}\n")
    command.write(
        "team/playbooks/site.yml", "- {hosts: localhost, gather_facts: false, roles: [{role: ../roles/web}]}\n"
    )
    (command.directory / "link").symlink_to("team")
    for place in ("team/playbooks/site.yml", "link/playbooks/site.yml"):
        ran = command.run(place)
        assert ran.returncode == 0 and "it is found" in ran.stdout, ran.output


_LATE = """\
- hosts: localhost
  gather_facts: false
  tasks:
    - debug: {msg: "{{ 1 | no_such_filter }}"}
      when: false
    - debug: {msg: was reached}
"""


def test_what_ansible_looks_up_late_is_a_warning_each_time(command: Command) -> None:
    command.write("site.yml", _LATE)
    for _run in range(2):  # analysed, and remembered
        run = command.run("site.yml")
        assert (run.returncode, "was reached" in run.stdout) == (0, True), run.output
        assert "WARNING: site.yml:4: filter no_such_filter: " in run.stderr
    refused = command.run("site.yml", "--venv-unresolved", "fail")
    assert (refused.returncode, "was reached" in refused.stdout) == (1, False)
    assert "no_such_filter" in refused.stderr
    allowed = command.run("site.yml", "--venv-unresolved=fail", "--venv-allow-unresolved", "no_such_filter")
    assert (allowed.returncode, "WARNING: site.yml" in allowed.stderr) == (0, False), allowed.output


def test_what_ansible_looks_up_first_stops_the_run(command: Command) -> None:
    command.write("site.yml", _LATE.replace("debug: {msg: was reached}", "no_such_module:"))
    run = command.run("site.yml")
    assert (run.returncode, "site.yml:6: module no_such_module" in run.stderr) == (1, True), run.output
    assert "no_such_filter" not in run.stderr
