# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What is installed against what is declared, and what a failed import means."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.model import (
    DeclaredRequirement,
    Location,
    ProjectRequirements,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.checks import (
    imports_line,
    modules_to_import,
    requirements_line,
)
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.probe import modules
from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.requirement_check import (
    Distribution,
    Installed,
    lacks,
    misfits,
)

INSTALLED = Installed(
    {
        "requests": Distribution(
            "2.31.0", ("urllib3<3,>=1.21", 'PySocks!=1.5.7,>=1.5.6; extra == "socks"'), ("requests",)
        ),
        "urllib3": Distribution("2.0", (), ("urllib3",)),
        "looping": Distribution("1", ("looping[b]; extra == 'a'", "looping[a]; extra == 'b'"), ("looping",)),
        "lacking": Distribution("1", ("absent>=1",), ("lacking",)),
        "stubs": Distribution("1.0"),
    },
    {"python_version": "3.11", "sys_platform": "linux"},
)


def declared(*texts: str, constraints: tuple[str, ...] = ()) -> ProjectRequirements:
    def demand(text: str, constraint: bool) -> DeclaredRequirement:
        return DeclaredRequirement(
            parse_requirement(text, where="here"), Location("p", "/p/requirements.txt", 1), constraint
        )

    return ProjectRequirements(
        name="p",
        directory="/p",
        requirements=tuple(demand(text, False) for text in texts),
        constraints=tuple(demand(text, True) for text in constraints),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("requests>=2", []),
        ("requests ; python_version < '3'", []),
        ("absent ; sys_platform == 'win32'", []),
        ("absent>=2", ["absent>=2 (/p/requirements.txt, line 1) is missing"]),
        (
            "urllib3<2",
            ["urllib3<2 (/p/requirements.txt, line 1) does not fit urllib3 2.0, which is there"],
        ),
        (
            "requests[socks]",
            ["pysocks!=1.5.7,>=1.5.6 ; extra == 'socks' (needed by requests[socks]) is missing"],
        ),
        ("looping[a]", []),
    ],
)
def test_what_is_missing_or_does_not_fit(text: str, found: list[str]) -> None:
    assert misfits(declared(text), INSTALLED) == found
    assert requirements_line(declared(text), INSTALLED).ok is (not found)


def test_a_constraint_counts_only_where_its_package_is_there() -> None:
    assert misfits(declared(constraints=("absent<2", "urllib3>=1")), INSTALLED) == []
    assert len(misfits(declared(constraints=("urllib3<2",)), INSTALLED)) == 1


def test_what_a_distribution_cannot_do_without() -> None:
    assert lacks("requests", INSTALLED) == []
    assert lacks("lacking", INSTALLED) == ["absent>=1 (needed by lacking) is missing"]


def answer(module: str, error: str | None = None, **more: Any) -> dict[str, Any]:
    return {"module": module, "error": error, "missing": None, "own": False, **more}


IMPORTS: dict[str, tuple[dict[str, Any], bool, str]] = {
    "works": (answer("requests"), True, "1 of 1 modules"),
    "wants an optional package": (
        answer("requests", "ModuleNotFoundError: No module named 'socks'", missing="socks", own=True),
        True,
        "by design: requests: ModuleNotFoundError",
    ),
    "refuses": (answer("requests", "RuntimeError: there is no display"), True, "by design: requests: RuntimeError"),
    "lost a module of its own": (
        answer("requests", "No module named 'requests.api'", missing="requests.api", own=True),
        False,
        "requests: No module named 'requests.api'",
    ),
    "lost what it needs": (
        answer("lacking", "No module named 'absent'", missing="absent", own=True),
        False,
        "lacking: absent>=1 (needed by lacking) is missing",
    ),
    "does not parse": (answer("requests", "SyntaxError: bad", own=True), False, "requests: SyntaxError: bad"),
}


@pytest.mark.parametrize("case", IMPORTS)
def test_what_a_failed_import_means(case: str) -> None:
    told, ok, found = IMPORTS[case]
    line = imports_line({told["module"]: told["module"]}, [told], INSTALLED, ended=None)
    assert line.ok is ok
    assert found in line.found


def test_a_module_that_the_user_names_must_work() -> None:
    told = answer("app", "RuntimeError: no")
    assert imports_line({"app": None}, [told], INSTALLED, ended=None).ok is False


def test_the_module_at_which_the_process_ended_is_named() -> None:
    told = [{"begins": "requests"}, answer("requests"), {"begins": "urllib3"}]
    line = imports_line(dict.fromkeys(("requests", "urllib3")), told, INSTALLED, ended="the interpreter ended with -11")
    assert (line.ok, line.found) == (False, "urllib3: the interpreter ended with -11")


def test_only_what_is_declared_is_imported() -> None:
    assert modules_to_import(declared("requests", "stubs", "absent"), INSTALLED) == {"requests": "requests"}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ("six.py six-1.dist-info/RECORD", ["six"]),
        ("yaml/__init__.py yaml/loader.py _yaml/__init__.py", ["_yaml", "yaml"]),
        ("google/cloud/storage/__init__.py google/cloud/storage/blob.py", ["google.cloud.storage"]),
        ("space/one.py space/two.py", ["space.one", "space.two"]),
        ("_cffi_backend.cpython-311-x86_64-linux-gnu.so cffi/__init__.py", ["cffi"]),
        ("foo-stubs/__init__.pyi", []),
        ("../../bin/tool", []),
        ("tests/__init__.py setup.py real/__init__.py", ["real"]),
        ("package/__init__.py package/sub/__init__.py", ["package"]),
    ],
)
def test_the_outermost_modules_of_a_distribution(files: str, found: list[str]) -> None:
    paths = [tuple(file.split("/")) for file in files.split()]
    assert [one for one in modules(paths) if not one.startswith("_cffi")] == found
