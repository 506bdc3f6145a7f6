# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The process of ansible-galaxy: where it may make and remove directories."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import SourceError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy import run
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.complaints import (
    Complaint,
    complaint_of,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.run import GalaxyCommand, failure
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.settings import GalaxySettings
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.tool import GalaxyTool, reason_of
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import SubprocessRunner

WITH_ANSIBLE = pytest.mark.skipif(not importlib.util.find_spec("ansible.cli"), reason="ansible-galaxy is not installed")


@pytest.fixture(name="galaxy")
def fixture_galaxy(tmp_path: Path) -> GalaxyCommand:
    """The ansible-galaxy that is installed here, for a user with an empty home."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "ANSIBLE_FORCE_COLOR": "1"}
    settings = GalaxySettings("servers", environment, ())
    return GalaxyCommand(cast(GalaxyTool, None), SubprocessRunner(), settings, "roles")


@WITH_ANSIBLE
@pytest.mark.parametrize(
    "change", ["os.makedirs({!r})", "os.mkdir({!r})", "import shutil; shutil.rmtree({!r})", "os.mkdir(root + '../out')"]
)
@pytest.mark.parametrize("kind", ["role", "collection"])
def test_it_makes_and_removes_nothing_elsewhere(galaxy: GalaxyCommand, tmp_path: Path, change: str, kind: str) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    elsewhere = tmp_path / "elsewhere"
    code = change.format(str(elsewhere)) + "\n"
    ended = galaxy.run(sys.executable, [kind, "list"], scratch=str(scratch), what="it", changes=f"import os\n{code}")
    assert ended.returncode == 1
    assert f"[ERROR]: a {kind} has a name that leads to {tmp_path}/" in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scratch"]


@WITH_ANSIBLE
def test_in_its_place_it_may_and_variables_go_last(galaxy: GalaxyCommand, tmp_path: Path) -> None:
    code = "os.makedirs(os.path.join(root, 'a', 'b')); print(os.environ['X'], os.environ.get('ANSIBLE_FORCE_COLOR'))\n"
    options: dict[str, Any] = {"scratch": str(tmp_path), "what": "it", "variables": {"X": "y"}}
    ended = galaxy.run(sys.executable, ["--version"], changes=code, **options)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("y None\nansible-galaxy") and (tmp_path / "a" / "b").is_dir()


@pytest.fixture(name="silent")
def fixture_silent() -> Iterator[str]:
    """The address of a server that accepts connections and says nothing."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept())
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection, _address in kept:
            connection.close()


@WITH_ANSIBLE
@pytest.mark.parametrize(
    "arguments", [["collection", "install", "--no-cache", "a.b", "-p"], ["role", "install", "me.web", "-p"]]
)
def test_a_server_that_never_answers_ends_it_and_is_named_without_its_password(
    galaxy: GalaxyCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: str, arguments: list[str]
) -> None:
    monkeypatch.setattr(run, "SILENCE", 3)
    (tmp_path / "home" / ".ansible").mkdir(parents=True)
    variables = {"ANSIBLE_GALAXY_SERVER": f"http://me:secret@{silent}/", "ANSIBLE_GALAXY_SERVER_TIMEOUT": "1"}
    argv = [*arguments, str(tmp_path)]
    ended = galaxy.run(sys.executable, argv, scratch=str(tmp_path), what="it", variables=variables)
    complaint = complaint_of(reason_of(ended))
    assert ended.returncode == 1
    assert complaint.reason.startswith(f"the server http://{silent} did not answer for ")
    assert "server_timeout" in complaint.advice
    assert int(complaint.reason.split()[-2]) in range(2, 9)


@WITH_ANSIBLE
def test_a_server_that_refuses_is_told_as_before(galaxy: GalaxyCommand, tmp_path: Path) -> None:
    (tmp_path / "home" / ".ansible").mkdir(parents=True)
    variables = {"ANSIBLE_GALAXY_SERVER": "http://127.0.0.1:9/"}
    argv = ["collection", "install", "--no-cache", "a.b", "-p", str(tmp_path)]
    ended = galaxy.run(sys.executable, argv, scratch=str(tmp_path), what="it", variables=variables)
    assert ended.returncode == 1 and "did not answer for" not in ended.stderr


@WITH_ANSIBLE
def test_git_gives_up_a_silent_server_unless_the_user_says_otherwise(galaxy: GalaxyCommand, tmp_path: Path) -> None:
    code = "print(os.environ['GIT_HTTP_LOW_SPEED_TIME'], os.environ['GIT_HTTP_LOW_SPEED_LIMIT'])\n"
    options: dict[str, Any] = {"scratch": str(tmp_path), "what": "it", "changes": code}
    assert galaxy.run(sys.executable, ["--version"], **options).stdout.startswith("60 1\n")
    own = GalaxySettings("servers", {**galaxy.settings.environment, "GIT_HTTP_LOW_SPEED_TIME": "5"}, ())
    theirs = replace(galaxy, settings=own)
    assert theirs.run(sys.executable, ["--version"], **options).stdout.startswith("5 1\n")


def test_a_failure_is_short_and_says_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"^ansible-galaxy cannot fetch it: no x{10}\. Correct the servers"):
        raise failure("it", Complaint(f"no {'x' * 10}. "))
    assert len(failure("it", Complaint("x" * 5000)).message) < 1000
