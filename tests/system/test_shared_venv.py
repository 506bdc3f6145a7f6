# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""shared_venv for real: what is built, what is reused, what is refused. Looked at with the tools that users have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shared_venv_process import SharedVenvProcess, built, installed, leftovers, shared_venv

CRYPTO: dict[str, Any] = {"collections": ["community.crypto"], "collections_source": "community_package"}


@pytest.fixture(scope="module", name="warm_store")
def fixture_warm_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the tests of this file share, each with names of its own."""
    return tmp_path_factory.mktemp("stores") / "store"


@pytest.mark.catalogue(35)
def test_a_run_venv_holds_what_was_asked_for(warm_store: Path) -> None:
    answer = built(store=str(warm_store), name="site", packages=["netaddr>=1,<2"], **CRYPTO)
    generation = Path(answer["generation"])
    assert installed(warm_store / "site") == sorted(f"{one['name']}=={one['version']}" for one in answer["packages"])
    listing = subprocess.run(
        [str(generation / "bin/ansible-galaxy"), "collection", "list", "--format", "yaml"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(warm_store.parent)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"community.crypto:\n    version: {answer['collections'][0]['version']}\n" in listing
    assert answer["ansible_core"].startswith("2.19.")
    assert {path.lstat().st_nlink for path in generation.rglob("*") if path.is_file() and not path.is_symlink()} == {1}
    writable = [
        path for path in [generation, *generation.rglob("*")] if not path.is_symlink() and path.stat().st_mode & 0o222
    ]
    assert writable == []
    assert (generation / "requirements.txt").read_text().count("--hash=sha256:") == len(answer["packages"])


def test_a_second_run_starts_no_program_and_opens_no_connection(warm_store: Path, tmp_path: Path) -> None:
    request: dict[str, Any] = {"store": str(warm_store), "name": "quiet", "packages": ["six==1.17.0"]}
    noisy, quiet = tmp_path / "noisy", tmp_path / "quiet"
    assert SharedVenvProcess.start(notes=noisy, **request).result()["changed"]
    answer = SharedVenvProcess.start(notes=quiet, **request).result()
    assert not answer["changed"]
    assert "subprocess.Popen" in noisy.read_text()
    assert quiet.read_text() == ""


def test_equal_needs_share_one_generation_under_any_name(warm_store: Path, tmp_path: Path) -> None:
    names = [{"name": "twin-a"}, {"name": "twin-b"}, {"path": str(tmp_path / "venv")}]
    spellings = [["six==1.17.0", "markupsafe"], ["MarkupSafe", "six == 1.17.0"], ["markupsafe>=0", "six==1.17.0"]]
    answers = [built(store=str(warm_store), packages=line, **name) for name, line in zip(names, spellings, strict=True)]
    assert len({answer["generation"] for answer in answers}) == 1
    assert {os.path.realpath(answer["path"]) for answer in answers} == {answers[0]["generation"]}


@pytest.mark.catalogue(18)
def test_a_running_process_stays_in_its_generation_across_a_switch(warm_store: Path) -> None:
    """A lazy import after the switch comes from the old generation; a new process sees the new one."""
    built(store=str(warm_store), name="moving", packages=["six==1.16.0"])
    python = str(warm_store / "moving" / "bin" / "python")
    program = (
        "import sys; print('ready', flush=True); sys.stdin.readline(); import six; print(six.__version__, sys.prefix)"
    )
    with subprocess.Popen(
        [python, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={}
    ) as old:
        assert old.stdout is not None and old.stdout.readline() == "ready\n"
        before = os.path.realpath(warm_store / "moving")
        built(store=str(warm_store), name="moving", packages=["six==1.17.0"])
        output, _errors = old.communicate("go\n", timeout=30)
    assert output == f"1.16.0 {before}\n"
    argv = [python, "-c", "import six; print(six.__version__)"]
    assert subprocess.run(argv, env={}, capture_output=True, text=True, check=True).stdout == "1.17.0\n"


@pytest.mark.catalogue(25)
def test_check_mode_predicts_and_changes_nothing(tmp_path: Path) -> None:
    request: dict[str, Any] = {"store": str(tmp_path / "store"), "name": "checked", "packages": ["six==1.17.0"]}
    predicted = shared_venv(**request, _ansible_check_mode=True)
    assert predicted["changed"]
    assert not (tmp_path / "store").exists()
    real = built(**request)
    assert real["diff"] == predicted["diff"]
    assert [shared_venv(**request, _ansible_check_mode=True)["changed"], built(**request)["changed"]] == [False, False]
    gone = {"store": request["store"], "name": "checked", "state": "absent"}
    assert shared_venv(**gone, _ansible_check_mode=True)["changed"]
    assert (tmp_path / "store" / "checked").is_symlink()
    assert [built(**gone)["changed"], built(**gone)["changed"]] == [True, False]
    assert os.listdir(tmp_path / "store" / ".generations") == []


@pytest.mark.catalogue(38)
def test_the_hosts_settings_for_installers_have_no_effect(warm_store: Path) -> None:
    hostile = dict.fromkeys(("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"), "https://127.0.0.1:9/simple")
    hostile |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "UV_NO_BINARY": "1", "PYTHONHOME": "", "UV_SYSTEM_PYTHON": "1"}
    answer = SharedVenvProcess.start(
        environment=hostile, store=str(warm_store), name="hostile", packages=["six==1.15.0"]
    ).result()
    assert not answer.get("failed"), answer["msg"]
    assert installed(warm_store / "hostile") == ["six==1.15.0"]


@pytest.mark.catalogue(32)
@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_the_umask_of_the_builder_does_not_matter(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        answer = built(store=str(tmp_path / "store"), name="masked", packages=["six==1.17.0"])
    finally:
        os.umask(before)
    entries = [path for path in Path(answer["generation"]).rglob("*") if not path.is_symlink()]
    assert {path.stat().st_mode & 0o777 for path in entries} == {0o444, 0o555}


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can take the network away")
def test_a_host_without_pip_and_without_a_way_out(tmp_path: Path, wheelhouse: Path) -> None:
    answer = SharedVenvProcess.start(
        prefix=("unshare", "--net"),
        environment={"PATH": "/usr/bin:/bin"},
        store=str(tmp_path / "store"),
        name="island",
        collections=["ansible.utils"],
        collections_source="community_package",
        packages=["netaddr"],
        find_links=[str(wheelhouse)],
        offline=True,
    ).result()
    assert not answer.get("failed"), answer["msg"]
    assert {"ansible-core", "netaddr"} <= {line.split("==")[0] for line in installed(answer["path"])}
    assert [one["name"] for one in answer["collections"]] == ["ansible.utils"]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can take the network away")
def test_no_network_is_one_clear_error(warm_store: Path) -> None:
    built(store=str(warm_store), name="before", packages=["six==1.17.0"])
    answer = SharedVenvProcess.start(
        prefix=("unshare", "--net"), store=str(warm_store), name="unreachable", packages=["idna==3.9"]
    ).result()
    assert answer["failed"]
    assert "idna" in answer["msg"]
    assert not (warm_store / "unreachable").is_symlink()
    assert leftovers(warm_store) == []


BAD_INPUT: dict[str, tuple[dict[str, Any], str]] = {
    "slash": ({"name": "a/b"}, "name: 'a/b' is not a valid name of a venv"),
    "up": ({"name": "../x"}, "name: '../x' is not a valid name of a venv"),
    "unknown package": (
        {"packages": ["mobile-ansible-no-such-package"]},
        "mobile-ansible-no-such-package was not found",
    ),
    "conflict": ({"packages": ["six==1.17.0", "six==1.16.0"]}, "six==1.16.0"),
    "unknown collection": ({**CRYPTO, "collections": ["community.genral"]}, "community.genral"),
    "unknown source": ({"collections": ["a.b"], "collections_source": "/nowhere"}, "/nowhere does not exist"),
    "galaxy, offline": (
        {"collections": ["a.b"], "collections_source": "galaxy", "offline": True},
        "collections_source galaxy: the store does not have a.b in a version that is required",
    ),
    "no interpreter": ({"python": "/nowhere/python3"}, "/nowhere/python3 cannot be used"),
    "interpreter too old": ({"python": "3.9", "ansible_core": "2.19.14"}, "This host has no Python 3.9"),
    "only a source package": ({"packages": ["ansible==2.9.27"]}, "ansible==2.9.27"),
    "a path": ({"packages": ["./here"]}, "'./here' is not a requirement by name"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_clear_error_and_nothing_is_left(warm_store: Path, case: str) -> None:
    built(store=str(warm_store), name="before", packages=["six==1.17.0"])
    before = sorted(os.listdir(warm_store)), sorted(os.listdir(warm_store / ".generations"))
    options, message = BAD_INPUT[case]
    answer = shared_venv(**{"store": str(warm_store), "name": "bad", "packages": ["six==1.17.0"], **options})
    assert answer["failed"]
    assert message in answer["msg"]
    assert "Traceback" not in answer["msg"]
    assert (sorted(os.listdir(warm_store)), sorted(os.listdir(warm_store / ".generations"))) == before
    assert leftovers(warm_store) == []


def test_an_interpreter_that_is_too_old_for_ansible_core(warm_store: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{OLD_PYTHON}'\n")
    old.chmod(0o755)
    answer = shared_venv(store=str(warm_store), name="old", python=str(old), ansible_core="2.19.14")
    assert answer["msg"] == f"{old} is Python 3.9.2, but 3.11 or newer is required"


#: Stands in for an old interpreter, which the machine may not have.
OLD_PYTHON = (
    'import json; print(json.dumps({"executable": "/old", "implementation": "CPython", "version": "3.9.2", '
    '"soabi": "", "machine": "", "libc": ""}))'
)
