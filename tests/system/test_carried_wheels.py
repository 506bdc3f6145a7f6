# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Wheels of the controller for hosts without a network: only what is needed is sent, and nothing twice."""

from __future__ import annotations

import shlex
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from controller import Controller
from host_task import STORE, HostTask
from hosts import Host


@pytest.fixture(name="host", scope="module")
def fixture_host(make_hosts: Callable[..., list[Host]]) -> Host:
    """A host that reaches nothing but the controller, and on which nothing was put."""
    (host,) = make_hosts(1)
    return host


@pytest.fixture(name="wheels")
def fixture_wheels(wheelhouse: Path, tmp_path: Path) -> Path:
    """What the test needs, an older six, one for another machine and one that nobody needs."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for pattern in ("uv-*", "six-*", "jmespath-*", "netaddr-*"):
        for wheel in wheelhouse.glob(pattern):
            shutil.copy(wheel, wheels)
    fake(wheels / "six-1.0.0-py3-none-any.whl")
    fake(wheels / "six-9.0.0-cp27-cp27m-win32.whl")
    fake(
        wheels / "needs_six-1.0-py3-none-any.whl", "Requires-Dist: six\nRequires-Dist: netaddr; python_version < '3'\n"
    )
    return wheels


def fake(path: Path, metadata: str = "") -> None:
    name, version = path.name.split("-")[:2]
    info, text = f"{name}-{version}.dist-info", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", text)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture(name="module")
def fixture_module(controller: Controller, host: Host, tmp_path: Path) -> HostTask:
    return HostTask(controller, [host], tmp_path)


def sent(answer: dict[str, Any]) -> list[str]:
    assert not answer.get("failed"), answer["msg"]
    return sorted(name.partition("-")[0] for name in answer["wheels"]["sent"])


def test_only_what_is_needed_is_sent_and_nothing_twice(module: HostTask, host: Host, wheels: Path) -> None:
    """Predicted, built, unchanged; then a second package; then the same once more under another name."""
    asked: dict[str, Any] = {"wheels": str(wheels), "packages": ["six"]}
    predicted = module("--check", **asked)
    assert (predicted["changed"], sent(predicted)) == (True, ["six", "uv"])
    assert host.run(f"test -e {STORE}").returncode == 1
    assert host.run("find / -name 'shared-venv-wheels-*' -not -path '/proc/*'").stdout == ""
    first = module(**asked)
    assert (first["changed"], sent(first)) == (True, ["six", "uv"])
    assert "six-1.17.0-py2.py3-none-any.whl" in first["wheels"]["sent"]
    sizes = sum((wheels / name).stat().st_size for name in first["wheels"]["sent"])
    assert sizes <= first["wheels"]["bytes"] < sizes + 50_000
    again = module(**asked)
    assert (again["changed"], sent(again), again["wheels"]["bytes"]) == (False, [], 0)
    more = module(**{**asked, "packages": ["six", "jmespath"]})
    assert (more["changed"], sent(more)) == (True, ["jmespath"])
    other = module(**{**asked, "name": "other", "packages": ["jmespath"]})
    assert (other["changed"], sent(other)) == (True, [])
    assert host.run(f"{STORE}/site/bin/python -c 'import six, jmespath'").returncode == 0
    assert "netaddr" not in host.run(f"find {STORE}").stdout


def test_what_depends_on_a_wheel_is_sent_too_and_what_does_not_hold_here_is_not(
    module: HostTask, host: Host, wheels: Path
) -> None:
    predicted = module("--check", wheels=str(wheels), packages=["needs-six"], store="/srv/other")
    assert sent(predicted) == ["needs_six", "six", "uv"]


def test_of_the_optional_ones_those_with_a_wheel_are_sent(module: HostTask, host: Host, wheels: Path) -> None:
    optional = ["absent", "jmespath", "six>=9"]
    answer = module(wheels=str(wheels), packages=["six"], optional_packages=optional, store="/srv/optional")
    assert sent(answer) == ["jmespath", "six", "uv"]
    assert [one["package"] for one in answer["left_out"]] == ["absent", "six>=9"]
    assert host.run("/srv/optional/site/bin/python -c 'import six, jmespath'").returncode == 0


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"wheels": "/nowhere"}, "wheels: the directory /nowhere does not exist on the controller"),
        ({"wheels": "/srv"}, "wheels: /srv contains no wheels"),
        ({"packages": ["absent"]}, "absent"),
        ({"packages": ["six>=9"]}, "six"),
    ],
    ids=["no directory", "no wheels", "no such package", "no such version"],
)
def test_what_cannot_be_carried_is_one_error(
    module: HostTask, host: Host, wheels: Path, option: dict[str, Any], expected: str
) -> None:
    answer = module(**{"wheels": str(wheels), "packages": ["six"], "name": "fails", **option})
    assert answer["failed"] and expected in answer["msg"], answer
    assert answer["error_code"] in ("bad_input", "resolution")


def test_a_wheel_that_is_broken_is_named(module: HostTask, wheels: Path) -> None:
    (wheels / "broken-1.0-py3-none-any.whl").write_text("")
    answer = module(wheels=str(wheels), packages=["six"])
    assert "broken-1.0-py3-none-any.whl is not a complete wheel" in answer["msg"]


def test_without_a_uv_for_the_host_it_is_said(module: HostTask, wheels: Path) -> None:
    for wheel in wheels.glob("uv-*"):
        wheel.unlink()
    answer = module(wheels=str(wheels), packages=["six"], store="/srv/without-uv")
    assert (answer["failed"], answer["error_code"]) == (True, "tool_missing")
    assert "the directory of wheels on the controller has no wheel of uv for it" in answer["msg"]
    assert (
        answer["msg"].endswith("has no wheel of uv for it: add one") and answer["msg"].count("This host has no uv") == 1
    )


def test_what_an_override_says_of_a_dependency_is_sent(module: HostTask, host: Host, wheels: Path) -> None:
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["needs-six"]\n'
    text = f'{project}[tool.uv]\noverride-dependencies = ["six==1.0.0"]\n'
    host.run(f"mkdir -p /srv/overrides && printf '%s' {shlex.quote(text)} > /srv/overrides/pyproject.toml")
    asked: dict[str, Any] = {"requirements": ["/srv/overrides/pyproject.toml"], "store": "/srv/overridden"}
    predicted = module("--check", wheels=str(wheels), **asked)
    assert sent(predicted) == ["needs_six", "six", "uv"]
    assert "six-1.0.0-py3-none-any.whl" in predicted["wheels"]["sent"]


def test_nothing_is_sent_for_what_requires_nothing(module: HostTask, host: Host, wheels: Path) -> None:
    host.run("mkdir -p /srv/empty && touch /srv/empty/requirements.txt")
    answer = module(wheels=str(wheels), requirements=["/srv/empty/requirements.txt"], store="/srv/emptied")
    assert sent(answer) == ["uv"]


def test_the_role_shares_a_venv_on_a_host_without_a_network(
    module: HostTask, controller: Controller, host: Host, wheels: Path
) -> None:
    for name, text in (("report", "six"), ("report_news", "six\njmespath")):
        assert host.run(f"mkdir -p /srv/{name} && printf '{text}\n' > /srv/{name}/requirements.txt").returncode == 0
    given: dict[str, Any] = {
        "shared_venv_projects": ["/srv/report", "/srv/report_news"],
        "shared_venv_parent": "/srv/report",
    }
    given |= {"shared_venv_hosts": "all", "shared_venv_store": "/srv/shared", "shared_venv_pip": False}
    arguments = ("mobile_ansible.venv.share", "--inventory", str(module.inventory))
    without = controller.playbook(*arguments, variables={**given, "shared_venv_find_links": [str(wheels)]})
    said = " ".join(without.output.split())
    assert without.returncode == 2 and f"find_links: the directory {wheels} does not exist on this host" in said, said
    assert "shared_venv_wheels" in said
    shared = controller.playbook(*arguments, variables={**given, "shared_venv_wheels": str(wheels)})
    assert shared.returncode == 0, shared.output
    assert host.run("/srv/report_news/venv/bin/python -c 'import six, jmespath'").returncode == 0
    again = controller.playbook(*arguments, variables={**given, "shared_venv_wheels": str(wheels)})
    assert again.returncode == 0 and "changed=0" in again.stdout, again.output
