# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a directory says of the collection that it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.collection_metadata import (
    CollectionMetadata,
    metadata_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files


def read(root: Path) -> CollectionMetadata | None:
    return metadata_of(Files(root), root)


def built(**fields: Any) -> str:
    return json.dumps({"collection_info": {"namespace": "acme", "name": "web", "version": "1.0.0", **fields}}, indent=1)


def test_a_source_tree(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text(
        "namespace: acme\nname: web\nversion: 2.0.0\ndependencies: {acme.base: '>=1', 'x': 1}\n"
    )
    assert read(tmp_path) == CollectionMetadata("acme.web", "2.0.0", {"acme.base": ">=1"}, tmp_path / "galaxy.yml")


def test_a_built_collection_goes_before_its_source(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text("namespace: acme\nname: other\n")
    (tmp_path / "MANIFEST.json").write_text(built(dependencies={"acme.base": "*"}))
    found = read(tmp_path)
    assert found is not None
    assert (found.name, found.version, found.dependencies) == ("acme.web", "1.0.0", {"acme.base": "*"})


@pytest.mark.parametrize("fields", [{"dependencies": None}, {"dependencies": []}, {"dependencies": {"a": None}}])
def test_fields_of_any_type(tmp_path: Path, fields: dict[str, Any]) -> None:
    (tmp_path / "MANIFEST.json").write_text(built(**fields))
    found = read(tmp_path)
    assert found is not None and found.dependencies == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "name: web", "namespace: ..\nname: web", "namespace: a/b\nname: c", "namespace: [a]\nname: {}"]
)
def test_what_names_no_collection_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "galaxy.yml").write_text(text)
    assert read(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "app"}', "x" * 5_000_000, '{"collection_info": 1}'])
def test_a_manifest_of_another_program_does_not_count(tmp_path: Path, text: str) -> None:
    (tmp_path / "MANIFEST.json").write_text(text)
    assert read(tmp_path) is None
    (tmp_path / "galaxy.yml").write_text("namespace: acme\nname: web\n")
    found = read(tmp_path)
    assert found is not None and found.name == "acme.web"


def test_a_broken_galaxy_yml_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text("namespace: [\n")
    with pytest.raises(InputError, match="galaxy.yml, line 2"):
        read(tmp_path)
