# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Libraries that a plugin asks for by name: ``requires("pyyaml")``."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_plugins import requirements

#: The versions of what is there: the imports themselves tell nothing.
VERSIONS = """
def versions():
    found = {}
    try:
        import yaml
        found["pyyaml"] = yaml.__version__
    except ImportError:
        pass
    try:
        import lxml
        found["lxml"] = lxml.__version__
    except ImportError:
        pass
    return found
"""
#: Functions that fail without the library that they are given.
FATAL = {
    "plain": "def requires(name):\n    if name not in versions():\n"
    "        raise ValueError(missing_required_lib(name))\n",
    "after a return": "def requires(name):\n    if name in versions():\n        return\n"
    "    module.fail_json(msg=missing_required_lib(library=name))\n",
    "with a version": "def requires(name, version=None):\n    if not has(name, version):\n"
    "        if version is not None:\n            lib = '{0}>={1}'.format(name, version)\n        else:\n"
    "            lib = name\n        raise ValueError(missing_required_lib(lib, reason='x'))\n"
    "def has(name, version):\n    return name in versions()\n",
    "with a version in a text": "def requires(name, version=''):\n    if name not in versions():\n"
    "        module.fail_json(msg=missing_required_lib(f'{name}>={version}'))\n",
    "by its import": "def requires(name):\n    versions()\n    try:\n        import_module(name)\n"
    "    except ImportError:\n        raise ValueError(missing_required_lib(name))\n",
    "handed on": "def requires(name):\n    try:\n        check(module, wanted=name)\n    except ValueError:\n"
    "        module.fail_json(msg='x')\n"
    "def check(module, wanted):\n    if wanted not in versions():\n"
    "        raise ValueError(missing_required_lib(wanted))\n",
}
#: Functions that do not, or not always.
HARMLESS = {
    "it only says so": "def requires(name):\n    return versions().get(name)\n",
    "another parameter decides": "def requires(name, strict=False):\n    if strict and name not in versions():\n"
    "        raise ValueError(missing_required_lib(name))\n",
    "only another parameter decides": "def requires(name, strict=False):\n    versions()\n    if strict:\n"
    "        raise ValueError(missing_required_lib(name))\n",
    "another parameter names it": "def requires(reason, name='lxml'):\n    if name not in versions():\n"
    "        raise ValueError(missing_required_lib(name, reason=reason))\n",
    "it names another": "def requires(version):\n    if not versions():\n"
    "        raise ValueError(missing_required_lib(f'lxml>={version}'))\n",
    "below a condition": "def requires(name):\n    versions()\n    if x:\n"
    "        raise ValueError(missing_required_lib(name))\n",
}
MAIN = "def main():\n    {}\nif __name__ == '__main__':\n    main()\n"
CALL = "requires('pyyaml')"
MODULE = (
    VERSIONS
    + FATAL["plain"]
    + """
class Module:
    defaults = {"check_yaml": True, "module_class": AnsibleModule}

    def __init__(self, **kwargs):
        self.settings = {key: kwargs.pop(key, self.defaults[key]) for key in self.defaults}
        if self.settings["check_yaml"]:
            self.requires("pyyaml")

    def requires(self, name):
        requires(name)
"""
)


@pytest.mark.parametrize("fatal", FATAL.values(), ids=FATAL)
@pytest.mark.parametrize("call", [CALL, 'requires("PyYAML")', "requires(name='yaml')", "requires('pyyaml>=3.11')"])
def test_a_library_that_is_asked_for_on_every_way(tmp_path: Path, fatal: str, call: str) -> None:
    code = VERSIONS + fatal + MAIN.format(call)
    assert requirements(tmp_path, code) == {"PyYAML": True, "lxml": False}


@pytest.mark.parametrize("harmless", HARMLESS.values(), ids=HARMLESS)
def test_a_function_that_does_not_fail_for_a_library(tmp_path: Path, harmless: str) -> None:
    assert requirements(tmp_path, VERSIONS + harmless + MAIN.format(CALL)) == {"PyYAML": False, "lxml": False}


@pytest.mark.parametrize(
    "call",
    [
        f"if x:\n        {CALL}",
        f"if module.params['x']:\n        {CALL}",
        f"try:\n        run()\n    except ValueError:\n        {CALL}",
        "requires(wanted)",
        "requires('what pyyaml is for')",
        "requires('x', 'pyyaml')",
        "other('pyyaml')\n    requires(x)",
        "found = has('pyyaml')\n    requires(x)",
    ],
)
def test_a_library_that_is_not_asked_for_on_every_way(tmp_path: Path, call: str) -> None:
    assert requirements(tmp_path, VERSIONS + FATAL["plain"] + MAIN.format(call)) == {"PyYAML": False, "lxml": False}


@pytest.mark.parametrize(
    ("line", "required"), [("PyYAML (optional)", False), ("PyYAML, if x is used", True), ("PyYAML", True)]
)
def test_what_the_documentation_says_of_it(tmp_path: Path, line: str, required: bool) -> None:
    code = VERSIONS + FATAL["plain"] + MAIN.format(CALL)
    found = requirements(tmp_path, code, documentation=f"requirements: ['{line}']")
    assert found == {"PyYAML": required, "lxml": False}


def test_a_setting_that_is_on_by_default(tmp_path: Path) -> None:
    assert requirements(tmp_path, MODULE + MAIN.format("Module(check_other=False)")) == {"PyYAML": True, "lxml": False}
    table = MODULE.replace('{"check_yaml": True, "module_class": AnsibleModule}', "dict(check_yaml=True)")
    assert requirements(tmp_path, table + MAIN.format("Module(check_yaml=True)"))["PyYAML"]
    outside = "DEFAULTS: dict = {'check_yaml': True}\n" + MODULE.replace('{"check_yaml": True, ', "{")
    assert requirements(tmp_path, outside + MAIN.format("Module()"))["PyYAML"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Module()", "Module(check_yaml=False)"),
        ("Module()", "Module(check_yaml=x)"),
        ("Module()", "Module(**{'check_yaml': False})"),
        ("Module()", "module = Module\n    module.defaults['check_yaml'] = False"),
        ("Module()", "Module(argument_spec=dict(check_yaml=dict(type='bool')))"),
        ('"check_yaml": True', '"check_yaml": False'),
        ('"check_yaml": True', '"check_yaml": "yes"'),
        ("    defaults = {", "    other = {'check_yaml': False}\n    defaults = {"),
        ("    defaults = {", "    def set(self):\n      defaults = {"),
    ],
)
def test_a_setting_that_may_be_off(tmp_path: Path, old: str, new: str) -> None:
    code = (MODULE + MAIN.format("Module()")).replace(old, new)
    assert new in code
    assert requirements(tmp_path, code) == {"PyYAML": False, "lxml": False}


@pytest.mark.parametrize(
    ("option", "required"),
    [("default: false, type: bool", False), ("type: bool", False), ("default: true, type: bool", True)],
)
def test_an_option_is_no_setting(tmp_path: Path, option: str, required: bool) -> None:
    documentation = f"options:\n  check_yaml: {{{option}}}"
    found = requirements(tmp_path, MODULE + MAIN.format("Module()"), documentation=documentation)
    assert found == {"PyYAML": required, "lxml": False}


def test_the_name_by_which_it_is_asked_for_is_that_of_its_package(tmp_path: Path) -> None:
    code = (VERSIONS + FATAL["plain"]).replace("import yaml", "import acme_lib as yaml")
    assert requirements(tmp_path, code + MAIN.format("requires('acme-lib')")) == {"acme-lib": True, "lxml": False}
