# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a playbook inherits from the command line of the ansible-playbook that runs the task."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible.parsing.dataloader import DataLoader

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._playbook.options import ARGUMENT_SPEC
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook import inherited
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.inherited import (
    AS_FILE,
    AS_OPTION,
    AS_TYPED,
    REFUSED,
    SELECTION,
    OuterRun,
    check_can_be_inherited,
)

#: Ansible answers these itself; the last is the playbook.
_ELSEWHERE = {"args", "help", "version"}


@pytest.fixture(autouse=True)
def fixture_forget() -> Iterator[None]:
    yield
    inherited.typed_options.cache_clear()


def outer(**given: Any) -> OuterRun:
    loader = DataLoader()
    known: dict[str, Any] = {"secrets": [], "become_password": None, "connection_password": None, **given}
    return OuterRun(
        load=loader.load, load_file=lambda path: loader.load_from_file(path, trusted_as_template=True), **known
    )


def typed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    inherited.typed_options.cache_clear()
    monkeypatch.setattr("sys.argv", ["/x/bin/ansible-playbook", "mobile_ansible.venv.run", *arguments])


def inherits(directory: Path, scope: str = "all", run: OuterRun | None = None, **params: Any) -> dict[str, Any]:
    """What differs from the options of the task."""
    asked = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()} | {"inherit": scope, **params}
    found = (run or outer()).inherited(asked, str(directory))
    return {name: value for name, value in found.items() if value != asked.get(name) and value != []}


def test_each_option_of_ansible_playbook_has_one_place() -> None:
    cli = PlaybookCLI(["ansible-playbook", "x"])
    cli.init_parser()
    places = [AS_TYPED.keys(), AS_OPTION, AS_FILE, SELECTION, REFUSED.keys(), _ELSEWHERE]
    assert sorted(name for place in places for name in place) == sorted({one.dest for one in cli.parser._actions})
    spellings = {one.dest: one.option_strings for one in cli.parser._actions}
    assert all(option in spellings[name] for name, option in {**AS_TYPED, **REFUSED}.items())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {}),
        (("-C", "-D", "-vv", "-f", "7"), {"check": True, "diff": True, "verbosity": 2, "forks": 7}),
        (("-i", "a,", "--inventory", "hosts"), {"inventory": ["a,", "hosts"]}),
        (("-t", "x,y", "--tags", "z", "--skip-tags", "n"), {"tags": ["x,y", "z"], "skip_tags": ["n"]}),
        (("-l", "web:!db"), {"limit": "web:!db"}),
        (("--start-at", "Two"), {"arguments": ["--start-at-task=Two"]}),
        (("-b", "-u", "me", "-T", "3"), {"arguments": ["--become", "--user=me", "--timeout=3"]}),
        (("--ssh-extra-args=-v -4",), {"arguments": ["--ssh-extra-args=-v -4"]}),
        (("--flush-cache", "--force-handlers"), {"arguments": ["--flush-cache", "--force-handlers"]}),
    ],
)
def test_what_was_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], expected: dict[str, Any]
) -> None:
    typed(monkeypatch, *arguments)
    assert inherits(tmp_path) == expected


def test_settings_are_no_selection(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    typed(monkeypatch, "-C", "-t", "x", "-l", "a", "--start-at-task", "x", "--skip-tags", "y")
    assert inherits(tmp_path, "settings") == {"check": True}
    assert inherits(tmp_path, "none") == {}


def test_the_task_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    typed(monkeypatch, "-t", "x", "-l", "a", "-f", "3", "-i", "h,")
    own: dict[str, Any] = {"tags": ["mine"], "limit": "b", "forks": 9, "inventory": ["i,"]}
    assert inherits(tmp_path, **own) == {}


def test_something_else_than_ansible_playbook_was_told_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inherited.typed_options.cache_clear()
    monkeypatch.setattr("sys.argv", ["/x/bin/pytest", "-C", "--list-hosts"])
    assert inherits(tmp_path) == {}
    check_can_be_inherited()


def test_limits_in_a_file_are_read_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "retry").write_text("a\n\nb\n")
    monkeypatch.chdir(tmp_path)
    typed(monkeypatch, "-l", "@retry,!c")
    assert inherits(tmp_path)["limit"] == "a,b,!c"


def test_secrets_are_in_private_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    typed(monkeypatch)
    secrets = [("default", b"one"), ("dev", b"two")]
    found = inherits(tmp_path, "settings", outer(secrets=secrets, become_password="three", connection_password="four"))
    vaults = [text.partition("@") for text in found["vault_password_files"]]
    named = {label: path for label, _at, path in vaults}
    named |= {"become": found["become_password_file"], "connection": found["connection_password_file"]}
    assert {label: Path(path).read_text() for label, path in named.items()} == {
        "default": "one", "dev": "two", "become": "three", "connection": "four",
    }  # fmt: skip
    assert {stat.S_IMODE(Path(path).stat().st_mode) for path in named.values()} == {0o600}


def extra_vars(directory: Path) -> dict[str, Any]:
    """All files joined as Ansible joins them."""
    found = inherits(directory).get("extra_vars_files", [])
    return {name: value for path in found for name, value in yaml.safe_load(Path(path).read_text()).items()}


def test_extra_variables_but_our_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.yml"
    mixed.write_text("run_playbook_path: x\nmine: '{{ y }}'\n")
    arguments = ["x=5 run_playbook_path=site.yml", '{"l": [1, "{{ y }}"], "run_playbook_store": "/s"}', f"@{mixed}"]
    typed(monkeypatch, *(word for one in [*arguments, "x=6", "run_playbook_each=true"] for word in ("-e", one)))
    assert extra_vars(tmp_path) == {"x": "6", "l": [1, "{{ y }}"], "mine": "{{ y }}"}


def test_a_file_of_the_user_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So what it has of vaults and of unsafe values is read by Ansible itself."""
    (tmp_path / "own.yml").write_text("a: !unsafe '{{ b }}'\n")
    typed(monkeypatch, "-e", f"@{tmp_path}/own.yml")
    assert inherits(tmp_path) == {"extra_vars_files": [f"{tmp_path}/own.yml"]}


def test_an_unsafe_value_never_becomes_a_template(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text("a: [{b: !unsafe '{{ b }}'}]\nrun_playbook_path: x\n")
    typed(monkeypatch, "-e", f"@{tmp_path}/own.yml")
    with pytest.raises(InputError, match="own.yml contains both run_playbook variables and values with !unsafe"):
        inherits(tmp_path)


@pytest.mark.parametrize("option", [*REFUSED.values(), "--skip-tags"])
def test_what_cannot_be_handed_on_is_an_error(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    value = {"--module-path": ["/x"], "--skip-tags": ["a,always"]}.get(option, [])
    typed(monkeypatch, option, *value, "-e", "run_playbook_path=site.yml")
    with pytest.raises(InputError, match=option):
        check_can_be_inherited()


def test_the_syntax_of_a_playbook_that_imports_ours_can_be_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "--syntax-check", "-e", "x=y")
    check_can_be_inherited()
