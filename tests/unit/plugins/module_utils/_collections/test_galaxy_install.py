# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""How ansible-galaxy is started, and how its complaints become one line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.galaxy_install import GalaxyInstaller
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import (
    CollectionRequest,
    parse_requests,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.tarball import read_tarball
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import (
    CommandError,
    ResolutionError,
    SourceError,
    ToolMissingError,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.settings import GalaxySettings
from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.tool import GalaxyTool
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    builder,
    built,
    write_directory,
    write_tarball,
)

USER = {"HOME": "/home/me", "ANSIBLE_COLLECTIONS_PATH": "/mine", "ANSIBLE_FORCE_COLOR": "1", "ANSIBLE_GALAXY_X": "y"}
SETTINGS = GalaxySettings("servers", USER, ("secret-token",))
NOTHING = Completed((), 0, "", "")


class Tool:
    """Finds a Python, or does not."""

    def __init__(self, error: str | None = None) -> None:
        self._error = error

    def python(self) -> str:
        if self._error:
            raise ToolMissingError(self._error)
        return "/usr/bin/python3"


class Runner:
    """Stands for ansible-galaxy: writes what it installs, and ends as told."""

    def __init__(
        self, ended: Completed = NOTHING, *, installs: Mapping[str, Mapping[str, bytes]] | None = None
    ) -> None:
        self.argv: Sequence[str] = ()
        self.env: Mapping[str, str] = {}
        self.requirements: Any = None
        self.linked: list[str] = []
        self._ended = ended
        self._installs = installs or {}

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], timeout: float) -> Completed:
        self.argv, self.env = argv, env
        self.requirements = json.loads(Path(argv[argv.index("--requirements-file") + 1]).read_text())
        root = Path(argv[-1], "ansible_collections")
        self.linked = [str(path.relative_to(root)) for path in root.glob("*/*") if path.is_symlink()]
        (root / "acme.tools-1.0.0.info").mkdir(parents=True)
        (root / "acme.tools-1.0.0.info" / "GALAXY.yml").touch()
        for place, files in self._installs.items():
            write_directory(root / place, files)
        return self._ended


def installer(tmp_path: Path, runner: Any, tool: Tool | None = None) -> GalaxyInstaller:
    store = Store(str(tmp_path / "store"))
    return GalaxyInstaller(cast(GalaxyTool, tool or Tool()), runner, store, builder(store).cache, SETTINGS)


def test_the_entries_the_environment_and_what_is_held(tmp_path: Path) -> None:
    runner = Runner(installs={"acme/tools": built()})
    galaxy = installer(tmp_path, runner)
    held = galaxy.cache.add(read_tarball(write_tarball(tmp_path / "b.tar.gz", built(name="acme.base"))))
    entries = [
        {"name": "acme.tools", "version": ">=1", "source": "hub", "signatures": ["file:///a.asc"]},
        {"name": "git+https://example.org/x.git", "version": "v1"},
    ]
    assert [one.name for one in galaxy.fetch(parse_requests(entries), [held])] == ["acme.tools"]
    assert runner.requirements == {
        "collections": [
            {
                "name": "acme.tools",
                "type": "galaxy",
                "version": ">=1",
                "source": "hub",
                "signatures": ["file:///a.asc"],
            },
            {"name": "git+https://example.org/x.git", "type": "git", "version": "v1"},
            {"name": "acme.base", "type": "galaxy", "version": "1.0.0"},
        ]
    }
    assert runner.linked == ["acme/base"]
    scratch = runner.argv[-1]
    assert (runner.env["HOME"], runner.env["ANSIBLE_GALAXY_X"]) == ("/home/me", "y")
    assert runner.env["ANSIBLE_COLLECTIONS_PATH"] == scratch
    assert "ANSIBLE_FORCE_COLOR" not in runner.env
    assert not os.path.exists(scratch)
    assert "example.org" not in str(runner.argv)


_FAILED = "Failed to resolve the requested dependencies map. Could not satisfy the following requirements:"


_COLOURED = "[ERROR]: No\x1b[31m secret-token at http://me:pw@hub/\n"
_CONFLICT = f"[ERROR]: {_FAILED}\n* a.b:* (direct request)\n* c.d:>1 (dependency of a.b:1)\nHint: Pre-releases x\n"
_SKIPPED = "[WARNING]: Skipping Galaxy server http://a. It secret-token\n"


def test_a_fetch_is_told_when_it_begins(tmp_path: Path) -> None:
    """A server may let it wait, and then something must be seen."""
    runner = Runner(installs={"acme/tools": built()})
    told: list[tuple[tuple[int, int], bool]] = []
    galaxy = replace(installer(tmp_path, runner), told=lambda *amount: told.append((amount, bool(runner.argv))))
    galaxy.fetch(parse_requests(["acme.tools"]), [])
    assert told == [((0, 0), False)]


@pytest.mark.parametrize(
    ("code", "stderr", "kind", "said"),
    [
        (1, _COLOURED, SourceError, r"No\\x1b\[31m \*\*\* at http://…@hub/\. Correct"),
        (1, _CONFLICT, ResolutionError, r"not met: a\.b:\*, c\.d:>1\. Correct"),
        (0, _SKIPPED, SourceError, r"Skipping Galaxy server http://a\. It \*\*\*\."),
        (1, _SKIPPED + _CONFLICT, SourceError, r"Skipping Galaxy server http://a\. It \*\*\*\."),
        (1, _SKIPPED + _COLOURED, SourceError, "No"),
        (-9, "", SourceError, "it ended with -9"),
        (1, "[ERROR]: " + "x" * 5000, SourceError, "x{600}…"),
    ],
)
def test_each_complaint_is_one_line(tmp_path: Path, code: int, stderr: str, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=f"acme.tools.*{said}") as caught:
        installer(tmp_path, Runner(Completed((), code, "", stderr))).fetch([CollectionRequest("acme.tools")], [])
    assert "secret-token" not in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_not_what_its_manifest_says_is_not_kept(tmp_path: Path) -> None:
    changed = {**built(), "README.md": b"changed"}
    galaxy = installer(tmp_path, Runner(installs={"acme/tools": changed}))
    with pytest.raises(SourceError, match="cannot fetch acme.tools: acme/tools differs from its manifest"):
        galaxy.fetch([CollectionRequest("acme.tools")], [])
    assert os.listdir(galaxy.cache.directory) == []


def test_what_has_another_name_is_not_kept(tmp_path: Path) -> None:
    galaxy = installer(tmp_path, Runner(installs={"acme/tools": built(name="acme.secret")}))
    with pytest.raises(SourceError, match="what was delivered as acme.tools is acme.secret"):
        galaxy.fetch([CollectionRequest("acme.tools")], [])
    assert os.listdir(galaxy.cache.directory) == []


def test_a_program_that_cannot_be_started_or_is_stopped(tmp_path: Path) -> None:
    class Failing:
        def __init__(self, **context: Any) -> None:
            self._context = context

        def run(self, *_argv: Any, **_options: Any) -> Completed:
            raise CommandError("/bin/sh cannot be started: no", **self._context)

    for runner, said in (
        (Failing(), "/bin/sh cannot be started: no"),
        (Failing(timeout=3), "it ran longer than 1800 s"),
    ):
        with pytest.raises(SourceError, match=f"ansible-galaxy cannot fetch acme.tools: {said}"):
            installer(tmp_path, runner).fetch([CollectionRequest("acme.tools")], [])


def test_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    said = "ERROR! Unknown error when attempting to call Galaxy at 'https://x.invalid/api/': Name or service not known"
    with pytest.raises(SourceError, match="when the server answers. Or choose another collections_source$"):
        installer(tmp_path, Runner(Completed((), 1, "", said))).fetch([CollectionRequest("acme.tools")], [])


def test_a_host_without_ansible_galaxy(tmp_path: Path) -> None:
    galaxy = installer(tmp_path, Runner(), Tool("no index"))
    with pytest.raises(ToolMissingError, match="no ansible-galaxy to fetch acme.tools with, and .*: no index"):
        galaxy.fetch([CollectionRequest("acme.tools")], [])
