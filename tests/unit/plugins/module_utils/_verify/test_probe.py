# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the probe says that a distribution brings."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._verify.probe import modules


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
