# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Directories and tarballs as a source, and what a source is chosen by."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.package import CommunityPackage
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import CollectionSource
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.sources import open_source
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError, VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.tests.unit.plugins.module_utils._collections.samples import (
    NoRunner,
    no_uv,
)


def opened(spec: str, tmp_path: Path) -> CollectionSource:
    return open_source(spec, store=Store(str(tmp_path / "store")), uv=no_uv, runner=NoRunner())


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("community_package", "community_package==12.3.0"),
        ("community_package==12.3.0", "community_package==12.3.0"),
        ("community_package==13.0.0rc1", "community_package==13.0.0rc1"),
    ],
)
def test_the_community_package_is_opened_without_a_look(tmp_path: Path, spec: str, name: str) -> None:
    source = opened(spec, tmp_path)
    assert isinstance(source, CommunityPackage)
    assert source.spec == name
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "galaxy==1",
            "is not a valid source; use galaxy, installed, community_package, community_package==12.3.0, or an",
        ),
        ("", "collections_source: '' is not a valid source"),
        ("community_package==", "is not a valid source"),
        ("community_package==12", "is not a valid source"),
        ("community_package==12.3.0; x", "is not a valid source"),
        ("community_package==../../x", "is not a valid source"),
        ("community_package==12.3.0\n", "is not a valid source"),
        ("community_package>=12", "is not a valid source"),
        ("relative/path", "is not a valid source"),
        ("/a\0b", "is not a valid source"),
    ],
)
def test_what_is_no_source_is_refused(tmp_path: Path, spec: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        opened(spec, tmp_path)
    assert isinstance(caught.value, VenvError)
    assert message in caught.value.message
