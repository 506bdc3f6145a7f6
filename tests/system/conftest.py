# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the system tests share: environments in build/ (made once), a clean home directory a test, real hosts."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hosts as host_tools
import pytest
from another_user import AnotherUser
from controller import Controller
from environments import Environment, environment
from environments import uv as uv_program
from installed_command import Command
from linking import OWN, SITE
from shared_venv_process import built
from wheelhouse import wheelhouse as fill_wheelhouse

#: The files that take longest, longest first. The others follow by the number of their tests.
LONGEST = (
    "test_torrent_flow.py",
    "test_faithful_runs.py",
    "test_torrent_flow_api.py",
    "test_faithful_each.py",
    "test_locked_runs.py",
    "test_run_playbook.py",
    "test_share_fallback.py",
    "test_share_playbooks.py",
    "test_phone_gate.py",
    "test_torrent_fetch_by_ssh.py",
    "test_verify_checklist.py",
    "test_run_leftovers.py",
    "test_carried_content.py",
    "test_torrent_download.py",
    "test_phone_gate_hosts.py",
    "test_target_packages.py",
    "test_torrent_fetch.py",
    "test_phone_gate_applied_again.py",
    "test_prompts.py",
    "test_galaxy_source.py",
    "test_phone_gate_torrent.py",
    "test_progress_of_builds.py",
    "test_venv_playbook.py",
    "test_torrent_guard_process.py",
    "test_reap_timer.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files that take longest first: one that is started last keeps one processor busy, and the others idle."""
    by_file: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_file[item.path].append(item)

    def rank(path: Path) -> tuple[int, int]:
        return LONGEST.index(path.name) if path.name in LONGEST else len(LONGEST), -len(by_file[path])

    items[:] = [item for path in sorted(by_file, key=rank) for item in by_file[path]]


@pytest.fixture(scope="session")
def uv() -> str:
    """The absolute path of uv."""
    return uv_program()


@pytest.fixture(scope="session")
def wheelhouse() -> Path:
    """A directory of wheels, for ``find_links`` with ``offline``."""
    return fill_wheelhouse()


@pytest.fixture(scope="session")
def whole_ansible() -> Environment:
    """A venv with the whole `ansible` package: what a plain run of the user has."""
    return environment("whole")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home directory of one test."""
    directory = tmp_path / "home"
    directory.mkdir(mode=0o700)
    return directory


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where one test may keep its venvs; not there yet."""
    return tmp_path / "store"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """An empty directory for the wheels that one test makes."""
    directory = tmp_path / "wheels"
    directory.mkdir()
    return directory


@pytest.fixture
def from_wheels(store: Path, uv: str, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options of shared_venv for the venv ``site``, whose packages are in ``wheels`` alone."""
    monkeypatch.setenv("PATH", f"{os.path.dirname(uv)}:{os.environ['PATH']}")
    links = {"find_links": [str(wheels)], "offline": True, "python": "/usr/bin/python3"}
    return {"store": str(store), "name": "site", **links}


@pytest.fixture(scope="module")
def site_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the venvs ``site`` and ``twin``, to which the tests of a file only link."""
    store = tmp_path_factory.mktemp("stores") / "store"
    for name in ("site", "twin"):
        built(store=str(store), name=name, packages=SITE)
    return store


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that asks for another six than the one in ``site_store``."""
    directory = tmp_path / "news"
    directory.mkdir()
    (directory / "requirements.txt").write_text(f"{OWN}\n")
    return directory


@pytest.fixture
def controller(home: Path) -> Controller:
    """ansible-core and findimports, without any collection but this one."""
    return Controller(venv=environment("controller"), home=home)


@pytest.fixture(scope="session")
def them(uv: str, wheelhouse: Path) -> Iterator[AnotherUser]:
    """Another user of this machine; tests that use one are skipped where there can be none."""
    user = AnotherUser.make(uv=uv, wheelhouse=wheelhouse)
    yield user
    user.remove()


@pytest.fixture
def sticky() -> Iterator[Path]:
    """A directory like /tmp."""
    directory = Path(tempfile.mkdtemp(prefix="sticky-"))
    directory.chmod(0o1777)
    yield directory
    subprocess.run(["rm", "-rf", str(directory)], check=True)


@pytest.fixture(scope="session")
def make_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., list[host_tools.Host]]]:
    """``make_hosts(count, share={directory: place})``: real hosts with sshd, gone at the end of the session."""
    directories: list[Path] = []

    def make(count: int = 1, *, share: dict[str, str] | None = None) -> list[host_tools.Host]:
        if reason := host_tools.missing():
            pytest.skip(reason)
        directories.append(tmp_path_factory.mktemp("hosts"))
        return host_tools.create(directories[-1], count=count, share=share, owner=os.getpid())

    yield make
    for directory in directories:
        host_tools.destroy(directory)


@pytest.fixture(scope="module")
def hosts(make_hosts: Callable[..., list[host_tools.Host]], wheelhouse: Path) -> list[host_tools.Host]:
    """Two hosts for a module of tests; they reach the controller and each other only, wheels lie in /srv/wheelhouse."""
    return make_hosts(2, share={str(wheelhouse): "/srv/wheelhouse"})


@pytest.fixture(scope="module", name="command_store")
def fixture_command_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for the tests of a file: most need the same venv."""
    return tmp_path_factory.mktemp("command") / "store"


@pytest.fixture(name="command")
def fixture_command(controller: Controller, command_store: Path, wheelhouse: Path, tmp_path: Path) -> Command:
    """ansible-playbook-venv, as it is installed."""
    return Command.installed(controller, command_store, wheelhouse, tmp_path / "work")
