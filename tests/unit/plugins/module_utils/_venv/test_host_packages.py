# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Only system packages that the host lacks are named, and its package database says which these are."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed, SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv import host_packages
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.host_packages import missing_packages

DEBIAN, FEDORA = frozenset({"debian", "dpkg"}), frozenset({"fedora", "redhat", "rpm"})
INSTALLED = "installed git, \nnot-installed curl, \nconfig-files wget, \ninstalled mawk, awk, editor (= 1)\n"


class Database:
    """Answers as the package database of a host would."""

    def __init__(self, stdout: str = "", rc: int = 0, *, is_there: bool = True) -> None:
        self.asked: list[Sequence[str]] = []
        self._answer = stdout, rc
        self._is_there = is_there

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        stdin: str | None = None,
        pass_fds: Sequence[int] = (),
        timeout: float | None = None,
    ) -> Completed:
        del env, cwd, stdin, pass_fds, timeout
        self.asked.append(argv)
        if not self._is_there:
            raise CommandError(f"{argv[0]} cannot be started: No such file or directory", argv=list(argv))
        return Completed(tuple(argv), self._answer[1], self._answer[0], "")


@pytest.fixture(autouse=True)
def fixture_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, DEBIAN)


def on(monkeypatch: pytest.MonkeyPatch, platform: frozenset[str]) -> None:
    monkeypatch.setattr(host_packages, "host_platform", lambda: platform)


@pytest.mark.parametrize(
    ("name", "is_missing"),
    [("git", False), ("curl", True), ("wget", True), ("nothing", True), ("awk", False), ("editor", False)],
)
def test_what_the_database_has_is_not_named(name: str, *, is_missing: bool) -> None:
    found = missing_packages([name], runner=Database(INSTALLED), venv=None)
    assert found.missing == [name] * is_missing
    assert (found.warning or "").endswith(f": {name}") == is_missing


@pytest.mark.parametrize(("platform", "program"), [(DEBIAN, "dpkg-query"), (FEDORA, "rpm")])
def test_the_family_of_the_host_says_whom_to_ask(
    monkeypatch: pytest.MonkeyPatch, platform: frozenset[str], program: str
) -> None:
    on(monkeypatch, platform)
    database = Database(INSTALLED)
    lines = ["lxml-devel [platform:rpm]", "liblxml-dev [platform:dpkg]"]
    found = missing_packages(lines, runner=database, venv=None)
    assert [argv[0] for argv in database.asked] == [program]
    assert found.missing == ["lxml-devel" if platform is FEDORA else "liblxml-dev"]


def test_nothing_is_asked_where_nothing_is_required() -> None:
    database = Database()
    assert missing_packages(["git [platform:rpm]"], runner=database, venv=None).missing == []
    assert not database.asked


@pytest.mark.parametrize("database", [Database(is_there=False), Database(rc=2)])
def test_without_the_database_all_are_named_once(database: Database) -> None:
    found = missing_packages(["git", "curl"], runner=database, venv=None)
    assert found.missing is None
    assert "dpkg-query does not say" in str(found.warning)
    assert str(found.warning).endswith("): curl, git")


def test_on_another_system_all_are_named_with_their_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, frozenset())
    found = missing_packages(["git [platform:dpkg]", "git [platform:rpm]"], runner=Database(), venv=None)
    assert found.missing is None
    assert str(found.warning).endswith("is not known: git [platform:dpkg], git [platform:rpm]")


@pytest.mark.parametrize(
    ("entry", "package", "is_supplied"),
    [
        ("cryptography-50.0.2.dist-info", "python3-cryptography", True),
        ("pyopenssl-25.0.dist-info", "python3-pyOpenSSL", True),
        ("OpenSSL", "python3-openssl", True),
        ("dns_lexicon-1.dist-info", "python3.12-dns-lexicon", True),
        ("six.py", "python3-six", True),
        ("sixes", "python3-six", False),
        ("git", "git", False),
        ("cryptography", "python3-cryptography-vectors", False),
    ],
)
def test_libraries_that_the_venv_has_are_not_missed(
    tmp_path: Path, entry: str, package: str, *, is_supplied: bool
) -> None:
    (tmp_path / "lib" / "python3.12" / "site-packages" / entry).mkdir(parents=True)
    found = missing_packages([package], runner=Database(), venv=str(tmp_path))
    assert found.missing == ([] if is_supplied else [package])


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="this host has another package database")
def test_the_database_of_this_host_is_understood() -> None:
    found = missing_packages(["dpkg", "awk", "no-such-package"], runner=SubprocessRunner(), venv=None)
    assert found.missing == ["no-such-package"]
