# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which imports a plugin cannot do without, and which distribution each is: tables of small plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.closure import read_code
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.plugin_requirements import (
    requirements_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory, Plugin
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.routing import Library

GUARD = "try:\n    import lxml\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
MAIN = "\nif __name__ == '__main__':\n    main()\n"
REQUIRED = {
    "hard": "import lxml\n",
    "hard, in a package": "from lxml.etree import parse as p\n",
    "by name": "import importlib\nlxml = importlib.import_module('lxml')\n",
    "lazy": "def main():\n    import lxml\n" + MAIN,
    "the handler raises": "try:\n    import lxml\nexcept ImportError as e:\n    raise RuntimeError from e\n",
    "checked": GUARD + "def main():\n    if not HAS:\n        module.fail_json(msg='x')\n" + MAIN,
    "checked by identity": "try:\n    import lxml\nexcept ImportError:\n    lxml = None\n"
    "def main():\n    if lxml is None:\n        raise ValueError\n" + MAIN,
    "checked by the saved error": "E = None\ntry:\n    import lxml\nexcept ImportError as e:\n    E = e\n"
    "def main():\n    if E is not None:\n        module.fail_json(msg='x')\n" + MAIN,
    "checked in a constructor": GUARD + "class Base:\n    def __init__(self):\n        if not HAS:\n"
    "            raise ValueError\nclass Own(Base):\n    pass\ndef main():\n    Own()\n" + MAIN,
    "checked in a helper": GUARD + "def need():\n    raise ValueError\ndef check():\n    if not HAS:\n        need()\n"
    "def main():\n    check()\n" + MAIN,
    "disabled": GUARD + "class CallbackModule:\n    def __init__(self):\n        if not HAS:\n"
    "            self.disabled = True\n",
    "never checked, but used": "try:\n    import lxml\nexcept ImportError:\n    pass\n"
    "def main():\n    lxml.run()\n" + MAIN,
    "declared": "with deps.declare('lxml'):\n    import lxml\ndef main():\n    deps.validate(module)\n" + MAIN,
    "declared and chosen": "with deps.declare('lxml'):\n    import lxml\n"
    "def main():\n    deps.validate(module, 'lxml')\n" + MAIN,
}
OPTIONAL = {
    "checked for an option": GUARD + "def main():\n    if x and not HAS:\n        module.fail_json(msg='x')\n" + MAIN,
    "checked below a condition": GUARD
    + "def main():\n    if x:\n        if not HAS:\n            raise ValueError\n"
    + MAIN,
    "never used": GUARD,
    "lazy, below a condition": "def main():\n    if x:\n        import lxml\n" + MAIN,
    "in a function that nobody calls": "def other():\n    import lxml\ndef main():\n    pass\n" + MAIN,
    "second choice": "try:\n    import requests\nexcept ImportError:\n    import lxml\n",
    "declared and left out": "with deps.declare('lxml'):\n    import lxml\n"
    "def main():\n    deps.validate(module, '-lxml')\n" + MAIN,
}
NOTHING = {
    "standard library": "import json\nimport os.path\n",
    "second choice to it": "try:\n    import json\nexcept ImportError:\n    import simplejson as json\n",
    "former standard library": "import distutils.version\n",
    "Python 2": "import sys\nif sys.version_info[0] == 2:\n    import lxml\n",
    "for type checkers": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lxml\n",
    "core": "from ansible.module_utils.basic import AnsibleModule\n",
    "the system's": "import selinux\nimport rpm\nimport apt_pkg\n",
    "in a doctest": "def f():\n    '''\n    >>> import lxml\n      >>> import lxml\n    '''\n",
}


def requirements(tmp_path: Path, code: str, *, documentation: str = "", declared: str = "") -> dict[str, bool]:
    """The requirements of a module with ``code``, each with whether it is required."""
    modules = tmp_path / "plugins" / "modules"
    modules.mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text(declared)
    path = modules / "one.py"
    path.write_text(f"DOCUMENTATION = '''\n{documentation}\n'''\n{code}")
    project, core = Files(tmp_path), Core(tmp_path)
    library = Library(lambda name: CollectionDirectory(name, "1.0.0", tmp_path), project=project, core=core)
    found = requirements_of(Plugin("module", "acme.web.one", "acme.web", path), library)
    assert not found.unresolved
    return {one.requirement: one.required for one in found.requirements}


@pytest.mark.parametrize("code", REQUIRED.values(), ids=REQUIRED)
def test_required(tmp_path: Path, code: str) -> None:
    assert requirements(tmp_path, code) == {"lxml": True}


@pytest.mark.parametrize("code", OPTIONAL.values(), ids=OPTIONAL)
def test_optional(tmp_path: Path, code: str) -> None:
    assert requirements(tmp_path, code).get("lxml") is False


@pytest.mark.parametrize("code", NOTHING.values(), ids=NOTHING)
def test_nothing(tmp_path: Path, code: str) -> None:
    assert requirements(tmp_path, code) == {}


@pytest.mark.parametrize(
    ("code", "documentation", "declared", "expected"),
    [
        ("import lxml", "requirements: ['lxml >= 4']", "lxml==5.0", "lxml==5.0"),
        ("import lxml", "requirements: ['lxml >= 4']", "", "lxml>=4"),
        ("import lxml", "requirements: ['the C(lxml) library, >= 4, from somewhere']", "", "lxml"),
        ("import lxml", "requirements: [other]", "other", "lxml"),
        ("import dns.resolver", "", "dnspython>=2.1 ; python_version > '3'", "dnspython>=2.1 ; python_version > '3'"),
        ("import dateutil", "requirements: [python-dateutil]", "", "python-dateutil"),
        ("import unheard_of", "", "unheard-of>=1", "unheard-of>=1"),
        ("import unheard.of.this", "", "unheard-of", "unheard-of"),
        ("import unheard_of", "requirements: ['python-unheard-of']", "", "python-unheard-of"),
        ("import bson", "requirements: [pymongo]", "", "pymongo"),
        ("import paho.mqtt.publish", "requirements: [mosquitto]", "", "paho-mqtt"),
    ],
)
def test_distributions_in_order_of_trust(
    tmp_path: Path, code: str, documentation: str, declared: str, expected: str
) -> None:
    assert requirements(tmp_path, f"{code}\n", documentation=documentation, declared=declared) == {expected: True}


def test_a_condition_in_the_documentation_makes_a_checked_import_optional(tmp_path: Path) -> None:
    code = GUARD + "def main():\n    if x and not HAS:\n        raise ValueError\n" + MAIN
    assert requirements(tmp_path, code, documentation="requirements: ['lxml, only if O(x) is used']") == {"lxml": False}


def test_a_promise_in_the_documentation_makes_it_required(tmp_path: Path) -> None:
    code = GUARD + "def main():\n    if x and not HAS:\n        raise ValueError\n" + MAIN
    assert requirements(tmp_path, code, documentation="requirements: [lxml]") == {"lxml": True}


@pytest.mark.parametrize("code", ["def broken(:\n", "\0", "x = " + "-" * 100_000 + "1"], ids=["syntax", "nul", "deep"])
def test_what_does_not_parse_says_so(tmp_path: Path, code: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(code)
    assert read_code(path, Files(tmp_path)).problem
