# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What the project declares is the evidence for what its own plugins and modules import."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, play

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis

FILTER = "import acme_tool\nclass FilterModule:\n    def filters(self):\n        return {'f': acme_tool.f}\n"
MODULE = '#!/usr/bin/python\nfrom acme_tool import f\nDOCUMENTATION = "options: {}"\ndef main():\n    f()\nmain()\n'
PYPROJECT = '[project]\nname = "p"\nversion = "1"\ndependencies = [{}]\n'


def declared(root: Path, files: dict[str, str], plugin: str = "filter_plugins/f.py") -> Analysis:
    """A project whose plugin imports what ``files`` declare."""
    used = play("debug:\n      msg: \"{{ 'a' | f }}\"", "own:")
    code = {"library/own.py": "", "filter_plugins/f.py": FILTER.replace("acme_tool", "json")}
    code[plugin] = MODULE if plugin.startswith("library") else FILTER
    return analysed(root, {"site.yml": used, **code, **files})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "acme.tool>=2,<3 # why\n"}, {"acme-tool<3,>=2"}),
        ({"requirements.txt": "-r more/a.txt\n", "more/a.txt": "Acme_Tool\n"}, {"acme-tool"}),
        (
            {"requirements.txt": "acme-tool\n-c c.txt\n", "c.txt": "acme-tool==2\nother==1\n"},
            {"acme-tool", "acme-tool==2"},
        ),
        ({"pyproject.toml": PYPROJECT.format('"git+https://h/x", "acme-tool>1"')}, {"acme-tool>1"}),
        ({"setup.cfg": "[options]\ninstall_requires =\n  x @ https://h/x\n  acme-tool>1\n"}, {"acme-tool>1"}),
        ({"requirements.txt": "./here\nx==${V}\n--pre\nacme-tool\n"}, {"acme-tool"}),
        ({"pyproject.toml": "[", "requirements.txt": "acme-tool\n"}, {"acme-tool"}),
        ({"pylock.toml": 'lock-version = "1.0"\n[[packages]]\nname = "acme-tool"\nversion = "2"\n'}, {"acme-tool==2"}),
    ],
)
@pytest.mark.parametrize("plugin", ["filter_plugins/f.py", "library/own.py"])
def test_an_import_that_the_project_declares(
    tmp_path: Path, files: dict[str, str], expected: set[str], plugin: str
) -> None:
    analysis = declared(tmp_path, files, plugin)
    assert not analysis.unresolved
    lines = [one for one in analysis.evidence if one.distribution]
    assert {one.distribution for one in lines} == expected
    assert {(one.layer, one.where) for one in lines} == {
        ("declared", "target" if plugin.startswith("library") else "controller")
    }


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "imports acme_tool, but neither the project's requirement files nor its documentation"),
        ({"requirements.txt": "other-tool\n"}, "neither the project's requirement files"),
        ({"c.txt": "acme-tool==2\n", "requirements.txt": "-c c.txt\n"}, "neither the project's requirement files"),
        ({"requirements.txt": "acme-tool @ git+https://u:secret@h/x\n"}, "which the project declares by an address"),
        ({"requirements.txt": "-e git+https://h/x#egg=acme_tool\n"}, "which the project declares by an address"),
        (
            {"requirements.txt": "acme-tool==${V}\n"},
            "project cannot be used: requirements.txt, line 1: ",
        ),
        ({"requirements.txt": "-r ../out.txt\n"}, "outside the project's directory"),
        ({"pyproject.toml": "["}, "cannot be used: pyproject.toml is not TOML"),
    ],
)
def test_an_import_that_the_project_does_not_declare(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    (tmp_path / "out.txt").write_text("acme-tool\n")
    (one,) = declared(tmp_path / "a", files).unresolved
    assert (one.kind, one.name, one.location.file) == ("import", "acme_tool", "filter_plugins/f.py")
    assert reason in one.reason
    assert "secret" not in one.reason


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("acme-tool\n")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "requirements.txt").symlink_to(tmp_path / "out.txt")
    (one,) = declared(tmp_path, {}).unresolved
    assert "requirements.txt is a link to a path outside of the project" in one.reason


def test_what_was_looked_at_is_told(tmp_path: Path) -> None:
    looked = declared(tmp_path, {"requirements.txt": "-r more.txt\n", "more.txt": "acme-tool\n"}).looked
    seen = {name: looked[str(tmp_path / "project" / name)] for name in ("requirements.txt", "more.txt", "setup.cfg")}
    assert [name for name, stamp in seen.items() if stamp is None] == ["setup.cfg"]


def test_a_collection_in_the_project_declares_itself_first(tmp_path: Path) -> None:
    base = "collections/ansible_collections/acme/own/"
    code = FILTER.replace("import acme_tool", "import acme_tool, acme_more")
    files = {
        "site.yml": play("debug:\n      msg: \"{{ 'a' | acme.own.f }}\""),
        f"{base}plugins/filter/f.py": code,
        f"{base}requirements.txt": "acme-tool>=3\n",
        "requirements.txt": "acme-tool>=1\nacme-more\n",
    }
    analysis = analysed(tmp_path, files)
    assert {one.distribution for one in analysis.evidence} == {"acme-tool>=3", "acme-more"}


def test_a_collection_of_the_source_is_not_vouched_for_by_the_project(tmp_path: Path) -> None:
    files = {
        "site.yml": play("debug:\n      msg: \"{{ 'a' | acme.hard.f }}\""),
        "acme/hard/plugins/filter/f.py": FILTER,
        "requirements.txt": "acme-tool\n",
    }
    assert [one.name for one in analysed(tmp_path, files).unresolved] == ["acme_tool"]
