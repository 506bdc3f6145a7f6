# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Markers hold where ``packaging`` says, which comes with every pytest."""

from __future__ import annotations

import pytest
from packaging.markers import Marker

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.marker import (
    holds,
    normalise_marker,
)

VALUES = {
    "python_version": "3.11",
    "python_full_version": "3.11.2",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1.0-18-amd64",
    "extra": "",
}


@pytest.mark.parametrize(
    "marker",
    [
        "python_version < '3.9'",
        "python_version >= '3.9' and sys_platform == 'linux'",
        "python_version < '3.9' or sys_platform == 'win32' and os_name == 'posix'",
        "(python_version < '3.9' or sys_platform == 'linux') and os_name == 'nt'",
        "(python_version < '3.9' or sys_platform == 'linux') and os_name == 'posix'",
        "'linux' in sys_platform",
        "sys_platform not in 'win32 cygwin'",
        "platform_machine in 'x86_64 aarch64'",
        "python_full_version != '3.11.2'",
        "python_version == '3.*'",
        "python_version ~= '3.8'",
        "'3.10' <= python_version",
        "platform_python_implementation == 'CPython'",
        'implementation_name != "pypy"',
        "extra == 'socks'",
    ],
)
def test_markers_hold_where_packaging_says(marker: str) -> None:
    assert holds(marker, VALUES) == Marker(marker).evaluate(dict(VALUES))


def test_an_extra_that_is_asked_for() -> None:
    assert holds("extra == 'socks'", {**VALUES, "extra": "socks"})
    assert holds("", VALUES)


def test_brackets_have_a_limit() -> None:
    assert normalise_marker("(" * 5 + "os_name == 'a'" + ")" * 5) == "(((((os_name == 'a')))))"
    with pytest.raises(ValueError, match="more than 20 nested brackets"):
        normalise_marker("(" * 50 + "os_name == 'a'" + ")" * 50)
