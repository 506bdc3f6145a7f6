# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""A collection as the subject: which plugins it has, what each requires, what is declared, and where these differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible
import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import is_printable, printable_data
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps import profile
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.collection_report import with_collection
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.collection_subject import (
    KINDS,
    CollectionAnalysis,
    analyse_collection,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.limits import MAX_LISTED
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import DIRECTORIES, Core

FILTERS = "import jmespath\nclass FilterModule:\n    def filters(self):\n        return {'slug': 1, 'part': 2}\n"
MODULE = "import requests\n"
GALAXY = "namespace: acme\nname: web\nversion: 1.0.0\n"
#: A plugin of each form, and files beside them that are none.
FILES = {
    "galaxy.yml": GALAXY + "dependencies: {acme.base: '>=1', acme.idle: '*'}\n",
    "requirements.txt": "requests>=2\nboto3\npytest\n",
    "meta/runtime.yml": "plugin_routing:\n  modules:\n    old: {redirect: acme.web.site}\n    dead: {tombstone: {}}\n",
    "plugins/modules/site.py": "import requests\nfrom ansible_collections.acme.base.plugins.module_utils.a import b\n",
    "plugins/modules/deep/page.py": "from ...module_utils.client import get\n",
    "plugins/modules/shell.sh": "#!/bin/sh\n",
    "plugins/modules/win.ps1": "\n",
    "plugins/modules/win.yml": "DOCUMENTATION: {}\n",
    "plugins/modules/README.md": "\n",
    "plugins/modules/LICENSE": "\n",
    "plugins/modules/__init__.py": "",
    "plugins/action/site.py": "import lxml\n",
    "plugins/action/only.py": "import six\n",
    "plugins/filter/texts.py": FILTERS,
    "plugins/filter/__init__.py": "",
    "plugins/lookup/site.py": "try:\n    import hvac\nexcept ImportError:\n    hvac = None\n",
    "plugins/doc_fragments/common.py": "import nothing_here\n",
    "plugins/module_utils/client.py": "import netaddr\n",
}
BASE = {
    "galaxy.yml": GALAXY.replace("web", "base"),
    "requirements.txt": "netaddr\n",
    "plugins/module_utils/a.py": "import netaddr\n",
}


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(name="root")
def fixture_root(tmp_path: Path) -> Path:
    """The collection acme.web, beside acme.base."""
    write(tmp_path / "ansible_collections" / "acme" / "base", BASE)
    return write(tmp_path / "ansible_collections" / "acme" / "web", FILES)


def analysed(root: Path, *plugins: str, delivered: bool = False) -> CollectionAnalysis:
    def source(name: str, /) -> CollectionDirectory | None:
        path = root.parents[1] / name.replace(".", "/")
        return CollectionDirectory(name, "1.2.3", path) if path.is_dir() else None

    core = Core(Path(ansible.__file__).parent)
    return analyse_collection(
        root, plugins, core=core, source=source, delivered=source("acme.web") if delivered else None
    )


def report(found: CollectionAnalysis) -> dict[str, Any]:
    return with_collection(profile.report_of(found.analysis), found)


def plugins(found: CollectionAnalysis) -> set[str]:
    return {f"{one['kind']}:{one['name']}" for one in report(found)["plugins"]}


def test_all_plugins_each_once(root: Path) -> None:
    assert plugins(analysed(root)) == {
        "module:acme.web.site", "module:acme.web.deep.page", "module:acme.web.shell", "module:acme.web.win",
        "action:acme.web.only", "filter:acme.web.slug", "filter:acme.web.part", "lookup:acme.web.site",
    }  # fmt: skip


LISTED = """
import json, sys
from ansible.plugins.list import _list_plugins_from_paths
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([sys.argv[1]])
found = {
    kind: list(_list_plugins_from_paths(kind, [f"{sys.argv[2]}/plugins/{directory}"], "acme.web", docs=True))
    for kind, directory in json.loads(sys.argv[3]).items()
}
print(json.dumps(found))
"""


def test_the_plugins_are_those_that_ansible_lists(root: Path, tmp_path: Path) -> None:
    """It loads filters to list them, so these may require nothing here."""
    write(root, {"plugins/filter/texts.py": FILTERS.replace("import jmespath\n", "")})
    directories = json.dumps({kind: DIRECTORIES[kind] for kind in KINDS})
    argv = [sys.executable, "-c", LISTED, str(root.parents[2]), str(root), directories]
    environment = {**os.environ, "ANSIBLE_HOME": str(tmp_path / "home")}
    run = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    listed = {f"{kind}:{name}" for kind, names in json.loads(run.stdout).items() for name in names}
    assert plugins(analysed(root)) == listed - {"action:acme.web.site"}


def test_each_requirement_has_the_line_that_shows_it(root: Path) -> None:
    found = {(one["kind"], one["name"]): one for one in report(analysed(root))["plugins"]}
    assert found["module", "acme.web.site"] == {
        "kind": "module",
        "name": "acme.web.site",
        "file": "acme.web/plugins/modules/site.py",
        "collections": ["acme.base"],
        "requirements": [
            {"package": "requests>=2", "required": True, "where": "target", "layer": "declared",
             "file": "acme.web/plugins/modules/site.py", "line": 1},
            {"package": "netaddr", "required": True, "where": "target", "layer": "declared",
             "file": "acme.base/plugins/module_utils/a.py", "line": 1},
            {"package": "lxml", "required": True, "where": "controller", "layer": "table",
             "file": "acme.web/plugins/action/site.py", "line": 1},
        ],
    }  # fmt: skip
    (secret,) = found["lookup", "acme.web.site"]["requirements"]
    assert (secret["package"], secret["required"], secret["line"]) == ("hvac", False, 2)


def test_what_is_declared_and_where_it_differs(root: Path) -> None:
    found = report(analysed(root))
    assert found["declared"] == {
        "collection": "acme.web",
        "version": "1.0.0",
        "python": [
            {"package": "requests>=2", "file": "acme.web/requirements.txt", "line": 1},
            {"package": "boto3", "file": "acme.web/requirements.txt", "line": 2},
        ],
        "system": [],
        "collections": [{"name": "acme.base", "version": ">=1"}, {"name": "acme.idle", "version": "*"}],
    }
    differences = found["differences"]
    assert {one["package"]: (one["required"], one["where"], one["plugins"]) for one in differences["undeclared"]} == {
        "hvac": (False, ["controller"], ["acme.web.site"]),
        "jmespath": (True, ["controller"], ["acme.web.part", "acme.web.slug"]),
        "lxml": (True, ["controller"], ["acme.web.site"]),
        "six": (True, ["controller"], ["acme.web.only"]),
    }
    assert differences["unused"] == [{"package": "boto3", "file": "acme.web/requirements.txt", "line": 2}]
    assert differences["unused_collections"] == ["acme.idle"]
    assert differences["undeclared_collections"] == []


def test_a_collection_that_is_used_but_not_declared(root: Path) -> None:
    (root / "galaxy.yml").write_text(GALAXY)
    assert report(analysed(root))["differences"]["undeclared_collections"] == [
        {"collection": "acme.base", "plugins": ["acme.web.site"]}
    ]


@pytest.mark.parametrize("missing", ["acme.gone", "acme.base"])
def test_a_collection_that_cannot_be_had_is_unresolved(root: Path, missing: str) -> None:
    (root.parent / "base").rename(root.parent / "elsewhere")
    write(root, {"plugins/modules/more.py": f"import ansible_collections.{missing}.plugins.module_utils.x\n"})
    names = [one.name for one in analysed(root, "more").analysis.unresolved]
    assert names == [f"ansible_collections.{missing}.plugins.module_utils.x"]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["site"], {"module:acme.web.site", "lookup:acme.web.site"}),
        (["acme.web.site"], {"module:acme.web.site", "lookup:acme.web.site"}),
        (["lookup:acme.web.site"], {"lookup:acme.web.site"}),
        (["action:site"], {"action:acme.web.site"}),
        (["deep.page", "part"], {"module:acme.web.deep.page", "filter:acme.web.part"}),
        (["module:acme.web.old"], {"module:acme.web.site"}),
    ],
)
def test_named_plugins_alone(root: Path, named: list[str], expected: set[str]) -> None:
    found = analysed(root, *named)
    assert plugins(found) == expected
    differences = report(found)["differences"]
    assert (differences["unused"], differences["unused_collections"]) == ([], [])


def test_a_removed_plugin_is_unresolved(root: Path) -> None:
    assert [one.name for one in analysed(root, "dead").analysis.unresolved] == ["acme.web.dead"]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("sites", "has no plugin sites; similar names: site"),
        ("filter:site", "has no filter site"),
        ("acme.base.a", "acme.web 1.0.0 has no plugin acme.base.a"),
        ("module_utils:client", "has the kind module_utils; known are module, action"),
        ("../../x", "is not the name of a plugin"),
        ("", "is not the name of a plugin"),
    ],
)
def test_a_name_that_is_none_of_its_plugins_is_an_error(root: Path, named: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        analysed(root, named)
    assert message in error.value.message


def test_a_collection_of_the_source_is_in_the_profile_and_a_directory_is_not(root: Path) -> None:
    both = {
        delivered: profile.profile_of(analysed(root, delivered=delivered).analysis)["dependencies"]
        for delivered in (True, False)
    }
    base = {"name": "acme.base", "version": "1.2.3"}
    assert both[False]["galaxy"]["collections"] == [base]
    assert both[True]["galaxy"]["collections"] == [base, {"name": "acme.web", "version": "1.2.3"}]
    assert both[True]["python"] == both[False]["python"] == ["jmespath", "lxml", "netaddr", "requests>=2", "six"]


def test_a_directory_without_metadata_has_the_name_of_its_place(root: Path) -> None:
    (root / "galaxy.yml").unlink()
    assert analysed(root).directory.name == "acme.web"
    moved = root.parent / "no-name"
    root.rename(moved)
    with pytest.raises(InputError, match="is not a collection: it has no MANIFEST.json or galaxy.yml with a namespace"):
        analysed(moved)


def test_names_that_only_the_run_knows_are_said(root: Path) -> None:
    write(root, {"plugins/filter/made.py": "class FilterModule:\n    def filters(self):\n        return make()\n"})
    (one,) = analysed(root).analysis.dynamic
    assert (one.expression, one.location.file) == (
        "the names of the filters in acme.web/plugins/filter/made.py", "acme.web/plugins/filter/made.py",
    )  # fmt: skip


def test_long_lists_are_cut_and_counted_and_what_requires_something_goes_first(root: Path) -> None:
    for number in range(MAX_LISTED):
        write(root, {f"plugins/modules/a{number}.py": ""})
    found = report(analysed(root))
    assert (len(found["plugins"]), found["totals"]["plugins"]) == (MAX_LISTED, MAX_LISTED + 8)
    assert {"acme.web.site", "acme.web.slug"} <= {one["name"] for one in found["plugins"]}


@pytest.mark.parametrize(
    "name", ["requirements.txt", "galaxy.yml", "meta", "plugins", "plugins/modules", "plugins/modules/site.py"]
)
def test_a_link_out_of_the_collection_is_not_followed(root: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    link = root / name
    link.rename(outside)
    link.symlink_to(os.path.relpath(outside, link.parent))
    assert any("outside of" in one.reason for one in analysed(root).analysis.unresolved)


def test_no_text_of_a_collection_acts_on_a_terminal(root: Path) -> None:
    escape = "\x1b[2J"
    write(root, {
        f"plugins/filter/a{escape}.py": FILTERS.replace("slug", "other"),
        f"plugins/filter/b{escape}.py": "",
        f"plugins/modules/sit{escape}.py": "",
        "galaxy.yml": GALAXY.replace("1.0.0", '"1\\e[2J"') + 'dependencies: {acme.base: "\\e[2J"}\n',
        "bindep.txt": f"rsync{escape}\n",
        "requirements.txt": f"-r {escape}\n",
    })  # fmt: skip
    found = report(analysed(root))
    assert found == printable_data(found)
    with pytest.raises(InputError) as error:
        analysed(root, "module:sit")
    assert is_printable(error.value.message)


def test_a_version_without_end_is_cut(root: Path) -> None:
    (root / "galaxy.yml").write_text(GALAXY.replace("1.0.0", "1" * 100_000))
    assert len(report(analysed(root))["declared"]["version"]) < 1000
