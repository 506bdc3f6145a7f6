# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a failed import means, and which modules are imported."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.import_check import (
    assess_imports,
    modules_to_import,
)
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._verify.samples import INSTALLED, declared


def answer(error: str | None = None, **more: Any) -> dict[str, Any]:
    return {"error": error, "missing": None, "own": False, **more}


IMPORTS: dict[str, tuple[str, dict[str, Any], bool, str]] = {
    "works": ("requests", answer(), True, "1 of 1 modules"),
    "wants an optional package": (
        "requests",
        answer("ModuleNotFoundError: No module named 'socks'", missing="socks", own=True),
        True,
        "by design: requests: ModuleNotFoundError",
    ),
    "refuses": ("requests", answer("RuntimeError: there is no display"), True, "by design: requests: RuntimeError"),
    "lost a module of its own": (
        "requests",
        answer("No module named 'requests.api'", missing="requests.api", own=True),
        False,
        "requests: No module named 'requests.api'",
    ),
    "lost what it needs": (
        "lacking",
        answer("No module named 'absent'", missing="absent", own=True),
        False,
        "lacking: absent>=1 (required by lacking) is missing",
    ),
    "does not parse": ("requests", answer("SyntaxError: bad", own=True), False, "requests: SyntaxError: bad"),
}


@pytest.mark.parametrize("case", IMPORTS)
def test_what_a_failed_import_means(case: str) -> None:
    module, told, ok, found = IMPORTS[case]
    said, broken = assess_imports({module: module}, {module: told}, INSTALLED)
    assert broken is not ok
    assert found in said


def test_a_module_that_the_user_names_must_work() -> None:
    told = answer("RuntimeError: no")
    assert assess_imports({"app": None}, {"app": told}, INSTALLED) == ("app: RuntimeError: no", True)


def test_only_what_is_declared_is_imported() -> None:
    assert modules_to_import(declared("requests", "stubs", "absent"), INSTALLED) == {"requests": "requests"}
