# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What owners do to a shared venv with usual tools fails and changes nothing; what root does is found and repaired."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import SharedVenvProcess, built, installed

PACKAGES = ["pip", "six==1.17.0"]
PYTHON = "/usr/bin/python3"
OWNER = 65534
AS_OWNER = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"]
PROJECT = '[project]\nname = "news"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["jmespath"]\n'


@dataclass(frozen=True)
class Shared:
    """A project of another user whose ``venv`` leads to a shared one, also the user's."""

    project: Path
    generation: Path
    uv: str
    wheels: Path
    options: dict[str, Any]

    def run(self, command: str, *, as_owner: bool) -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": f"{os.path.dirname(self.uv)}:{os.defpath}",
            "HOME": str(self.project),
            "WHEELS": str(self.wheels),
            "UV_PYTHON_DOWNLOADS": "never",
        }
        argv = [*(AS_OWNER if as_owner else []), "sh", "-c", command]
        return subprocess.run(argv, cwd=self.project, env=env, capture_output=True, text=True, check=False)

    def fingerprint(self) -> dict[str, tuple[int, str]]:
        """Every file and link with its mode and its content."""
        return {
            str(path.relative_to(self.generation)): (
                path.lstat().st_mode,
                os.readlink(path) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in self.generation.rglob("*")
            if path.is_symlink() or path.is_file()
        }


@pytest.fixture(name="shared")
def fixture_shared(uv: str, wheelhouse: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    if os.geteuid() != 0 or not shutil.which("setpriv") or not os.access(PYTHON, os.X_OK):
        pytest.skip("only root can act as another user, and an interpreter is needed that the user can reach")
    home = Path(tempfile.mkdtemp(prefix="owner-"))
    home.chmod(0o755)
    program = Path(shutil.copy(uv, home / "uv"))
    wheels = Path(shutil.copytree(wheelhouse, home / "wheels", ignore=shutil.ignore_patterns("ansible-*")))
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")
    options: dict[str, Any] = {"store": str(home / "store"), "name": "site", "packages": PACKAGES, "python": PYTHON}
    options |= {"find_links": [str(wheels)], "offline": True}
    answer = built(**options)
    project = home / "news"
    project.mkdir()
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "venv").symlink_to("../store/site")
    subprocess.run(["chown", "-hR", f"{OWNER}:{OWNER}", str(home)], check=True)
    yield Shared(project, Path(answer["generation"]), str(program), wheels, options)
    subprocess.run(["rm", "-rf", str(home)], check=True)


_UV = "--offline --no-index --find-links $WHEELS"
COMMANDS = {
    "pip install": "venv/bin/python -m pip install --no-index --find-links $WHEELS jmespath",
    "pip uninstall": "venv/bin/python -m pip uninstall --yes six",
    "uv pip install": f"uv pip install {_UV} --python venv/bin/python jmespath",
    "uv pip uninstall": "uv pip uninstall --python venv/bin/python six",
    "uv sync": f"UV_PROJECT_ENVIRONMENT=venv uv sync {_UV}",
    "uv sync --active": f'VIRTUAL_ENV="$PWD/venv" uv sync --active {_UV}',
    "venv --clear": f"{PYTHON} -m venv --without-pip --clear venv",
    "uv venv --clear": f"uv venv --offline --clear --python {PYTHON} venv",
    "rm": "rm -rf venv/",
}


@pytest.mark.catalogue(34)
@pytest.mark.parametrize("command", COMMANDS)
def test_the_owner_changes_nothing(shared: Shared, command: str) -> None:
    before = shared.fingerprint()
    ended = shared.run(COMMANDS[command], as_owner=True)
    assert ended.returncode != 0, ended.stdout + ended.stderr
    assert shared.fingerprint() == before, ended.stdout + ended.stderr
    assert "six==1.17.0" in installed(shared.project / "venv")


@pytest.mark.catalogue(34)
def test_what_root_does_with_uv_is_found_and_repaired(shared: Shared) -> None:
    subprocess.run(["chown", "-hR", "0:0", str(shared.project.parent)], check=True)
    ended = shared.run(COMMANDS["uv pip install"], as_owner=False)
    assert ended.returncode == 0, ended.stderr
    info = SharedVenvProcess.start(module="shared_venv_info", store=shared.options["store"], verify=True).result()
    assert "jmespath" in str(info["venvs"][0]["problems"])
    looked = SharedVenvProcess.start(module="shared_venv_verify", projects=[str(shared.project)]).result()
    (project,) = looked["projects"]
    assert "sealed" in [line["check"] for line in project["checks"] if line["ok"] is False]
    answer = built(**shared.options)
    assert answer["changed"]
    assert [line.partition("==")[0] for line in installed(shared.project / "venv")] == ["pip", "six"]
