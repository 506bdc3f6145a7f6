# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What an address or a path is called, and how it is shown."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.address import (
    hide_passwords,
    kind_of_source,
    public,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("git+https://code.example/x@v1#egg=x", "a Git repository"),
        ("git+ssh://git@code.example/x", "a Git repository"),
        ("git+file:///srv/x", "a Git repository"),
        ("git://code.example/x", "a Git repository"),
        ("ssh://git@code.example/x", "a Git repository"),
        ("git@code.example:me/x.git", "a Git repository"),
        ("some.name[a, b] @ git+https://code.example/x.tar.gz", "a Git repository"),
        ("x@git+https://code.example/x", "a Git repository"),
        ("hg+https://code.example/x", "a Mercurial repository"),
        ("svn+ssh://code.example/x", "a Subversion repository"),
        ("bzr+https://code.example/x", "a Bazaar repository"),
        ("x @ https://code.example/x-1.tar.gz?raw=1#sha256=00 ; os_name == 'posix'", "an archive"),
        ("x.zip", "an archive"),
        ("../x-1.tgz[extra]", "an archive"),
        ("x-1-py3-none-any.whl", "a wheel"),
        ("https://code.example/x-1-py3-none-any.whl", "a wheel"),
        ("x @ file:///srv/x", "a directory"),
        ("file:///srv/x", "a directory"),
        ("../x", "a directory"),
        ("..", "a directory"),
        ("~/x", "a directory"),
        ("libs/x", "a directory"),
        ("C:\\x", "a directory"),
        ("https://code.example/x", "a URL"),
        ("x @ {root:uri}/../y", "a URL"),
        ("requests>=2", None),
        ("x[a]>=1 ; python_version < '3'", None),
        ("this is no requirement", None),
        ("", None),
    ],
)
def test_a_source_is_called_what_it_is(text: str, kind: str | None) -> None:
    assert kind_of_source(text) == kind


def test_secrets_are_not_shown() -> None:
    assert public("https://me:p@ss@h.example:1/a/?t=s3cret#f") == "https://h.example:1/a/"
    assert hide_passwords("x https://me:p@ss@h.example/a@v1 y") == "x https://…@h.example/a@v1 y"
    assert hide_passwords("git+https://h.example/a@v1") == "git+https://h.example/a@v1"
