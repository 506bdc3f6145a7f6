# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A shared venv over time: upgrade, lock, go back, and the tools that people use in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import debian
import pytest
from environments import environment
from shared_venv_process import SharedVenvProcess, built, installed, shared_venv


@pytest.fixture(scope="module", name="warm_store")
def fixture_warm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the tests of this file share, each with names of its own."""
    return tmp_path_factory.mktemp("stores") / "store"


def run(*argv: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", **environment}
    return subprocess.run(list(map(str, argv)), env=env, capture_output=True, text=True, check=False)


def test_versions_move_only_with_upgrade(warm_store: Path, wheelhouse: Path, tmp_path: Path) -> None:
    """A newer wheel appears in the directory of wheels: a plain run does not look, an upgrade takes it."""
    index = tmp_path / "wheels"
    index.mkdir()
    for version in ("1.16.0", "1.17.0"):
        download(index, f"six=={version}")
    (index / "six-1.17.0-py2.py3-none-any.whl").rename(tmp_path / "six-1.17.0-py2.py3-none-any.whl")
    for uv in wheelhouse.glob("uv-*.whl"):
        (index / uv.name).symlink_to(uv)
    request: dict[str, Any] = {
        "store": str(warm_store),
        "name": "moves",
        "packages": ["six"],
        "find_links": [str(index)],
        "offline": True,
    }
    built(**request)
    assert installed(warm_store / "moves") == ["six==1.16.0"]
    (tmp_path / "six-1.17.0-py2.py3-none-any.whl").rename(index / "six-1.17.0-py2.py3-none-any.whl")
    assert not built(**request)["changed"]
    upgrade = {**request, "upgrade": True}
    assert [shared_venv(**upgrade, _ansible_check_mode=True)["changed"], built(**upgrade)["changed"]] == [True, True]
    assert installed(warm_store / "moves") == ["six==1.17.0"]
    assert [shared_venv(**upgrade, _ansible_check_mode=True)["changed"], built(**upgrade)["changed"]] == [False, False]
    back = {"store": str(warm_store), "name": "moves", "generation": "previous"}
    assert built(**back)["changed"]
    assert not built(**request)["changed"], "a plain run must not undo going back"
    assert installed(warm_store / "moves") == ["six==1.16.0"]


def download(directory: Path, *requirements: str) -> None:
    """Fetch wheels with the pip of an environment that has one."""
    pip = environment("installer").program("pip")
    subprocess.run([pip, "download", "--quiet", "--no-deps", "--dest", str(directory), *requirements], check=True)


@pytest.mark.catalogue(23, 24)
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can take the network away")
def test_going_back_needs_no_network_and_is_done_once(warm_store: Path) -> None:
    request: dict[str, Any] = {"store": str(warm_store), "name": "back"}
    back = {**request, "generation": "previous"}
    missing = shared_venv(**back)
    assert missing["msg"] == f"{warm_store}/back has no previous generation to restore"
    for version in ("1.15.0", "1.16.0"):
        built(**request, packages=[f"six=={version}"])
    predicted = shared_venv(**back, _ansible_check_mode=True)
    real = SharedVenvProcess.start(prefix=("unshare", "--net"), **back).result()
    assert predicted["diff"] == real["diff"]
    assert (predicted["changed"], real["changed"]) == (True, True)
    assert installed(warm_store / "back") == ["six==1.15.0"]
    assert [shared_venv(**back, _ansible_check_mode=True)["changed"], built(**back)["changed"]] == [False, False]


def test_going_back_to_a_damaged_generation_is_refused(warm_store: Path) -> None:
    request: dict[str, Any] = {"store": str(warm_store), "name": "broken-back"}
    first = built(**request, packages=["six==1.13.0"])
    built(**request, packages=["six==1.14.0"])
    module = next(Path(first["generation"]).rglob("six.py"))
    module.chmod(0o644)
    module.write_text("hostile = True")
    answer = shared_venv(**request, generation="previous")
    assert answer["failed"]
    assert "site-packages/six.py was changed" in answer["msg"]
    assert installed(warm_store / "broken-back") == ["six==1.14.0"]


def test_a_lock_builds_the_same_elsewhere_without_resolving(warm_store: Path, tmp_path: Path) -> None:
    request: dict[str, Any] = {
        "name": "locked", "packages": ["idna"], "collections": ["community.crypto"],
        "collections_source": "community_package",
    }  # fmt: skip
    locks = tmp_path / "locks"
    locks.mkdir()
    first = built(store=str(warm_store), lock=str(locks), **request)
    assert not built(store=str(warm_store), lock=str(locks), **request)["changed"]
    notes = tmp_path / "notes"
    elsewhere: dict[str, Any] = {"store": str(tmp_path / "store"), "lock": str(locks), "locked": True}
    second = SharedVenvProcess.start(notes=notes, **elsewhere, **request).result()
    assert second["digest"] == first["digest"]
    drifted = shared_venv(**elsewhere, **{**request, "packages": ["idna", "six"]})
    assert drifted["msg"].startswith("The lock is for other requirements")
    download(tmp_path / "by pip", "--require-hashes", "--requirement", str(locks / "requirements.txt"))
    assert len(list((tmp_path / "by pip").iterdir())) == len(first["packages"])
    (locks / "requirements.txt").unlink()
    refused = shared_venv(**elsewhere, **request)["msg"]
    assert refused.startswith(f"lock: {locks}/requirements.txt is missing: restore it, or run once without the option")
    (locks / "requirements.yml").unlink()
    refused = shared_venv(**elsewhere, **request)["msg"]
    assert refused == f"lock: {locks} contains no lock: run once without the option 'locked' to write it"


def test_siblings_can_be_imported(warm_store: Path, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "my_sibling.py").write_text("answer = 42\n")
    answer = built(store=str(warm_store), name="sib", packages=["six==1.17.0"], siblings=[str(tmp_path / "src")])
    program = "import my_sibling, six; print(my_sibling.answer)"
    assert run(warm_store / "sib/bin/python", "-c", program).stdout == "42\n"
    without = built(store=str(warm_store), name="no-sib", packages=["six==1.17.0"])
    assert without["digest"] != answer["digest"]


SHELLS = {"bash": "activate", "zsh": "activate", "fish": "activate.fish"}


@pytest.mark.parametrize("shell", SHELLS)
def test_activation_names_the_public_path(warm_store: Path, tmp_path: Path, shell: str) -> None:
    program = debian.program(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    built(store=str(warm_store), name="active", packages=["six==1.16.0"])
    project = tmp_path / "my project"
    project.mkdir()
    (project / "venv").symlink_to(warm_store / "active")
    script = (
        f"cd '{project}'; source venv/bin/{SHELLS[shell]}; echo $VIRTUAL_ENV; command -v python;"
        " python -c 'import sys; print(sys.prefix)'; deactivate; echo \"[$VIRTUAL_ENV]\"; command -v python"
    )
    done = run(program, "-c", script)
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        f"{project}/venv",
        f"{project}/venv/bin/python",
        os.path.realpath(project / "venv"),
        "[]",
    ], done.stderr
    assert f"{project}/venv" not in "".join(lines[4:])


def test_an_activated_shell_sees_the_next_generation(warm_store: Path) -> None:
    built(store=str(warm_store), name="shell", packages=["six==1.16.0"])
    ask = "python -c 'import six; print(six.__version__)'"
    with subprocess.Popen(
        ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"}
    ) as shell:
        assert shell.stdin is not None and shell.stdout is not None
        shell.stdin.write(f"source {warm_store}/shell/bin/activate; {ask}\n")
        shell.stdin.flush()
        assert shell.stdout.readline() == "1.16.0\n"
        built(store=str(warm_store), name="shell", packages=["six==1.17.0"])
        output, _errors = shell.communicate(f"{ask}\n", timeout=60)
    assert output == "1.17.0\n"


def test_pip_of_the_venv_lists_and_changes_nothing(warm_store: Path) -> None:
    """As root, whom read-only files do not stop: pip fails, and its message names the right way."""
    answer = built(store=str(warm_store), name="pip", packages=["pip", "six==1.16.0"])
    python = warm_store / "pip" / "bin" / "python"
    listing = run(python, "-m", "pip", "list", "--format", "freeze")
    assert "six==1.16.0" in listing.stdout.splitlines()
    for change in (["install", "six==1.17.0"], ["install", "--upgrade", "six"], ["uninstall", "--yes", "six"]):
        done = run(python, "-m", "pip", *change)
        assert done.returncode != 0, change
        assert "change-it-with-the-module/mobile_ansible.venv.shared_venv" in done.stderr, change
    assert installed(answer["generation"])[-1] == "six==1.16.0"
    assert not built(store=str(warm_store), name="pip", packages=["pip", "six==1.16.0"])["changed"]


def test_a_process_that_somebody_started_keeps_the_generation_from_being_removed(warm_store: Path) -> None:
    answer = built(store=str(warm_store), name="busy", packages=["six==1.12.0"])
    python = str(warm_store / "busy" / "bin" / "python")
    with subprocess.Popen(
        [python, "-c", "input(); import six; print(six.__version__)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={},
    ) as person:
        wait_until_leased(warm_store / ".leases" / answer["digest"])
        built(store=str(warm_store), name="busy", state="absent")
        output, _errors = person.communicate("\n", timeout=60)
    assert output == "1.12.0\n"


def wait_until_leased(lease: Path) -> None:
    """Wait until a process holds the lease, as the kernel's own list of locks tells."""
    inode = f":{lease.stat().st_ino} "
    for _attempt in range(600):
        if any(inode in line for line in Path("/proc/locks").read_text().splitlines()):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError(f"nobody holds {lease}")
