# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""requirements_union for real: conflicts that uv finds, unions that can be built, and nothing that is changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from environments import uv as uv_program
from environments import uv_environment
from shared_venv_process import SharedVenvProcess, built, installed

PYPROJECT = '[project]\nname = "beta"\nversion = "1"\n'


@pytest.fixture(scope="module", name="warm_store")
def fixture_warm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose uv and cache the tests of this file share."""
    return tmp_path_factory.mktemp("stores") / "store"


def union(**options: Any) -> dict[str, Any]:
    return SharedVenvProcess.start(module="requirements_union", **options).result()


def project(directory: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return str(directory)


def everything(directory: Path) -> dict[str, tuple[int, int, bytes]]:
    """Each file below a directory with its mode, time and content."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_conflict_names_who_demands_what_where_and_changes_nothing(
    warm_store: Path, tmp_path: Path, check_mode: bool
) -> None:
    alpha = project(tmp_path / "alpha", {"requirements.txt": "# pins\nidna\nsix==1.15.0\n"})
    beta = project(
        tmp_path / "beta",
        {"pyproject.toml": PYPROJECT + 'dependencies = [\n  "idna",\n  "six==1.16.0",\n]\n'},
    )
    gamma = project(tmp_path / "gamma", {"requirements.txt": "six\n"})
    built(store=str(warm_store), name="before", packages=["six==1.17.0"])
    before = everything(tmp_path), os.listdir(warm_store), os.readlink(warm_store / "before")
    answer = union(store=str(warm_store), projects=[alpha, beta, gamma], _ansible_check_mode=check_mode)
    assert answer["failed"]
    assert answer["error_code"] == "resolution"
    assert f"alpha requires six==1.15.0 ({alpha}/requirements.txt, line 3)" in answer["msg"]
    assert f"beta requires six==1.16.0 ({beta}/pyproject.toml, line 6)" in answer["msg"]
    (conflict,) = answer["conflicts"]
    assert conflict["projects"] == ["alpha", "beta"]
    assert [(one["requirement"], one["line"]) for one in conflict["requirements"]] == [
        ("six==1.15.0", 3),
        ("six==1.16.0", 6),
    ]
    assert answer["advice"]["share"] is False
    assert (everything(tmp_path), os.listdir(warm_store), os.readlink(warm_store / "before")) == before


def test_a_conflict_that_only_a_resolution_shows(warm_store: Path, tmp_path: Path) -> None:
    """Nobody names one package twice: requests wants a newer idna than the other's constraint allows."""
    alpha = project(tmp_path / "alpha", {"requirements.txt": "six\nmarkupsafe\nrequests==2.31.0\n"})
    beta = project(tmp_path / "beta", {"requirements.txt": "six\nidna\n-c limits.txt\n", "limits.txt": "\nidna<2.5\n"})
    answer = union(store=str(warm_store), projects=[alpha, beta], fail_on="never")
    assert not answer.get("failed") and not answer["changed"]
    (conflict,) = answer["conflicts"]
    assert [(one["project"], one["requirement"], one["constraint"]) for one in conflict["requirements"]] == [
        ("alpha", "requests==2.31.0", False),
        ("beta", "idna<2.5", True),
    ]
    assert "requests==2.31.0 depends on idna>=2.5,<4" in conflict["reason"]


def test_a_union_is_what_can_be_built(warm_store: Path, tmp_path: Path) -> None:
    alpha = project(
        tmp_path / "alpha",
        {
            "requirements.txt": "Six >= 1.15\nidna\n-e .\n-c limits.txt\n",
            "limits.txt": "idna<3.8\n",
            "setup.cfg": "[options]\ninstall_requires =\n  packaging\n",
            "src/alpha_code.py": "ANSWER = 42\n",
        },
    )
    beta = project(
        tmp_path / "beta",
        {
            "pyproject.toml": PYPROJECT + 'requires-python = ">=3.9"\ndependencies = ["six<1.17"]\n'
            '[dependency-groups]\ntest = [{ include-group = "all" }]\nall = ["idna", "packaging"]\n'
        },
    )
    answer = union(store=str(warm_store), projects=[alpha, {"path": beta, "groups": ["test"]}])
    assert answer["requirements"] == ["idna", "packaging", "six<1.17", "six>=1.15"]
    assert answer["overlap"]["percent"] == 100
    assert answer["overlap"]["common"] == ["idna", "packaging", "six"]
    assert answer["advice"]["share"] is True
    assert [one["file"] for one in answer["provenance"]["packaging"]] == [
        f"{alpha}/setup.cfg",
        f"{beta}/pyproject.toml",
    ]
    venv = built(
        store=str(warm_store),
        name="union",
        python=answer["python"]["version"],
        packages=answer["requirements"],
        constraints=answer["constraint_files"],
        siblings=answer["siblings"],
    )
    assert "six==1.16.0" in installed(venv["path"])
    assert {line.split("==")[0] for line in installed(venv["path"])} == {"idna", "packaging", "six"}
    argv = [f"{venv['path']}/bin/python", "-c", "import alpha_code, idna; print(alpha_code.ANSWER, idna.__version__)"]
    printed = subprocess.run(argv, env={}, capture_output=True, text=True, check=True).stdout
    assert printed == "42 3.7\n"


def test_a_package_that_is_nowhere(warm_store: Path, tmp_path: Path) -> None:
    alpha = project(tmp_path / "alpha", {"requirements.txt": "six\nmobile-ansible-no-such-package\n"})
    beta = project(tmp_path / "beta", {"requirements.txt": "six"})
    answer = union(store=str(warm_store), projects=[alpha, beta])
    assert answer["failed"]
    assert [one["kind"] for one in answer["conflicts"]] == ["unavailable"]
    assert f"alpha requires mobile-ansible-no-such-package ({alpha}/requirements.txt, line 2)" in answer["msg"]
    assert answer["overlap"]["percent"] is None


def test_too_little_in_common(warm_store: Path, tmp_path: Path) -> None:
    alpha = project(tmp_path / "alpha", {"requirements.txt": "six"})
    beta = project(tmp_path / "beta", {"requirements.txt": "idna"})
    request: dict[str, Any] = {"store": str(warm_store), "projects": [alpha, beta]}
    assert not union(**request).get("failed")
    answer = union(**request, fail_on="low_overlap")
    assert answer["failed"]
    assert "0 of the 2 required packages are required by more than one of them" in answer["msg"]
    assert not union(**request, fail_on="low_overlap", threshold=0).get("failed")


def test_pythons_that_do_not_agree(warm_store: Path, tmp_path: Path) -> None:
    alpha = project(tmp_path / "alpha", {"requirements.txt": "six", ".python-version": "3.11.4\n"})
    beta = project(tmp_path / "beta", {"requirements.txt": "six"})
    projects = [alpha, {"path": beta, "python": ">=3.12"}]
    answer = union(store=str(warm_store), projects=projects)
    assert answer["failed"]
    assert f"alpha requires Python ==3.11.* ({alpha}/.python-version, line 1)" in answer["msg"]
    assert "beta requires Python >=3.12 (option projects): no Python meets all of these" in answer["msg"]


@pytest.mark.parametrize("fail_on", ["conflict", "never"])
def test_an_index_that_cannot_be_reached_is_an_error_and_no_conflict(tmp_path: Path, uv: str, fail_on: str) -> None:
    alpha = project(tmp_path / "alpha", {"requirements.txt": "six"})
    answer = SharedVenvProcess.start(
        module="requirements_union",
        environment={"PATH": f"{Path(uv).parent}:/usr/bin:/bin"},
        store=str(tmp_path / "store"),
        projects=[alpha],
        index_url="http://me:s3cret@127.0.0.1:9/simple",
        fail_on=fail_on,
    ).result()
    assert answer["failed"]
    assert answer["error_code"] == "network"
    assert "index_url: http://127.0.0.1:9/simple/six/ cannot be read: Connection refused" in answer["msg"]
    assert "s3cret" not in str({key: value for key, value in answer.items() if key != "invocation"})
    assert "conflicts" not in answer


def test_check_mode_makes_no_store(tmp_path: Path, wheelhouse: Path) -> None:
    alpha = project(tmp_path / "alpha", {"requirements.txt": "jmespath"})
    before = everything(tmp_path)
    answer = union(
        store=str(tmp_path / "store"),
        projects=[alpha],
        find_links=[str(wheelhouse)],
        offline=True,
        _ansible_check_mode=True,
        _ansible_remote_tmp=str(tmp_path / "remote"),
    )
    assert answer["requirements"] == ["jmespath"], answer
    assert not (tmp_path / "store").exists()
    assert everything(tmp_path) == before


def test_venvs_that_exist_are_measured(warm_store: Path, tmp_path: Path) -> None:
    directories = [project(tmp_path / name, {"requirements.txt": "six\nidna"}) for name in ("alpha", "beta")]
    for directory in directories:
        for argv in (["venv", "venv"], ["pip", "install", "--link-mode", "copy", "-r", "requirements.txt"]):
            env = {**uv_environment(), "VIRTUAL_ENV": f"{directory}/venv"}
            subprocess.run([uv_program(), "--quiet", *argv], cwd=directory, env=env, check=True)
    answer = union(store=str(warm_store), projects=directories)
    argv = ["du", "-s", "-B1", *(f"{directory}/venv" for directory in directories)]
    du = subprocess.run(argv, capture_output=True, text=True, check=True)
    total = sum(int(line.split()[0]) for line in du.stdout.splitlines())
    # Directories take space too, which du counts.
    assert 0.5 * total < answer["disk"]["bytes"] <= total
    assert [one["project"] for one in answer["disk"]["venvs"]] == ["alpha", "beta"]
    assert answer["disk"]["saved_bytes"] == pytest.approx(answer["disk"]["bytes"] / 2, rel=0.05)


def test_nothing_of_a_project_is_run(warm_store: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    code = f"open({str(canary)!r}, 'w')\n"
    alpha = project(
        tmp_path / "alpha",
        {"requirements.txt": "six\n-e .\n", "setup.py": code, "conftest.py": code, "sitecustomize.py": code},
    )
    answer = union(store=str(warm_store), projects=[alpha])
    assert not answer.get("failed"), answer["msg"]
    assert "dependencies that are computed when the project is built are not read" in str(answer["warnings"])
    (tmp_path / "alpha" / "uv.toml").write_text("index-url = 'http://127.0.0.1:9/'\n")
    refused = union(store=str(warm_store), projects=[alpha])
    assert refused["msg"].startswith(f"{alpha}/uv.toml, line 1: index-url names http://127.0.0.1:9/")
    for number, text in enumerate(["{{ lookup('pipe', 'touch X') }}", "$(touch X)", "six; `touch X`", "-r `touch X`"]):
        text = text.replace("X", str(canary))
        evil = project(tmp_path / f"evil{number}", {"requirements.txt": text})
        assert union(store=str(warm_store), projects=[evil])["msg"].startswith(f"{evil}/requirements.txt, line 1: ")
    assert not canary.exists()
