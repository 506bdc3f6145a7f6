# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Which imports a plugin cannot do without, and which distribution each is: tables of small plugins."""

from __future__ import annotations

import re
from pathlib import Path

import ansible
import pytest
from small_plugins import found, requirements
from small_projects import HASHES_BY_ITSELF

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.closure import read_code
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.plugin_requirements import (
    requirements_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory, Plugin
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.routing import Library

GUARD = "try:\n    import lxml\n    HAS = True\nexcept ImportError:\n    HAS = False\n"
STAND_IN = "try:\n    import lxml\nexcept ImportError:\n    lxml = {}\n"
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
    "used in an except clause only": "try:\n    from lxml import Broken\nexcept ImportError:\n    pass\n"
    "def main():\n    try:\n        run()\n    except Broken:\n        pass\n" + MAIN,
    "`object` takes its place": STAND_IN.format("object") + "def main():\n    lxml.run()\n" + MAIN,
    "`None` takes its place": STAND_IN.format("None") + "def main():\n    lxml.etree.run()\n" + MAIN,
    "`object` takes its place under another name": "try:\n    import lxml.etree as tree\nexcept ImportError:\n"
    "    tree = object\nclass LookupModule:\n    def run(self):\n        tree.parse()\n",
    "before one that is used": "try:\n    import lxml\n    import json\n    from requests import get\n"
    "except ImportError:\n    get = None\ndef main():\n    if get is None:\n        raise ValueError\n" + MAIN,
    "asked for under another name": "try:\n    import lxml\n    FOUND = True\nexcept ImportError:\n    FOUND = False\n"
    "def main():\n    if not has_lxml():\n        module.fail_json(msg='x')\n"
    "def has_lxml():\n    return FOUND\n" + MAIN,
    "the caller gives up": "def load():\n    try:\n        import lxml\n        return lxml\n    except ImportError:\n"
    "        return None\ndef main():\n    if not load():\n        module.fail_json(msg='x')\n" + MAIN,
    "the caller gives up on the result": "def load():\n    try:\n        import lxml\n    except ImportError:\n"
    "        return None\n    return lxml\ndef main():\n    found = load()\n    if found is None:\n"
    "        module.fail_json(msg='x')\n" + MAIN,
    "both are missing of two parts": GUARD
    + "def main():\n    if not (HAS and ready):\n        raise ValueError\n"
    + MAIN,
    "returned without it, and fatal for the caller": GUARD + "def details():\n    if not HAS:\n        return None\n"
    "    return lxml.run()\ndef main():\n    if not HAS:\n        raise ValueError\n    details()\n" + MAIN,
    "nothing is left below": GUARD + "def main():\n    if HAS:\n        return run()\n    raise ValueError\n" + MAIN,
    "on Linux": GUARD + "def main():\n    if sys.platform.startswith('linux'):\n        if not HAS:\n"
    "            raise ValueError\n" + MAIN,
    "everywhere but on Windows": GUARD + "def main():\n    if os.name == 'nt':\n        return\n"
    "    if not HAS:\n        raise ValueError\n" + MAIN,
    "Python 3": "import sys\nif sys.version_info >= (3, 0):\n    import lxml\n",
    "for Linux, by a class of its own": GUARD + "class Tool:\n    platform = 'Generic'\n    def __init__(self):\n"
    "        pass\nclass LinuxTool(Tool):\n    platform = 'Linux'\n    def __init__(self):\n        if not HAS:\n"
    "            raise ValueError\ndef main():\n    Tool()\n" + MAIN,
    "declared": "with deps.declare('lxml'):\n    import lxml\ndef main():\n    deps.validate(module)\n" + MAIN,
    "declared and chosen": "with deps.declare('lxml'):\n    import lxml\n"
    "def main():\n    deps.validate(module, 'lxml')\n" + MAIN,
}
OPTIONAL = {
    "checked for an option": GUARD + "def main():\n    if x and not HAS:\n        module.fail_json(msg='x')\n" + MAIN,
    "checked below a condition": GUARD
    + "def main():\n    if x:\n        if not HAS:\n            raise ValueError\n"
    + MAIN,
    "checked, but fatal on a condition only": GUARD + "def main():\n    if not HAS:\n        if x:\n"
    "            module.fail_json(msg='x')\n" + MAIN,
    "a class that may fail is there with it only": GUARD + "if HAS:\n    class Own:\n        def run(self):\n"
    "            module.fail_json(msg='x')\n",
    "used in a function whose name only gets a value": "try:\n    import lxml\nexcept ImportError:\n    pass\n"
    "def wait():\n    lxml.run()\ndef main():\n    wait = 1\n" + MAIN,
    "a function that returns nothing without it": GUARD + "def details():\n    if not HAS:\n        return {}\n"
    "    return lxml.run()\ndef main():\n    details()\n" + MAIN,
    "never used": GUARD,
    "something else takes its place": STAND_IN.format("Substitute()") + "def main():\n    lxml.run()\n" + MAIN,
    "`object` takes its place as a base class": STAND_IN.format("object")
    + "class Own(lxml):\n    pass\ndef main():\n    lxml.run()\n"
    + MAIN,
    "`None` takes its place, and is asked about": STAND_IN.format("None")
    + "def main():\n    found = lxml or other()\n    lxml.run(found)\n"
    + MAIN,
    "`None` takes its place until something else does": STAND_IN.format("None")
    + "def main():\n    global lxml\n    lxml = other()\n    lxml.run()\n"
    + MAIN,
    "`object` takes its place on some ways": STAND_IN.format("object if x else y")
    + "def main():\n    lxml.run()\n"
    + MAIN,
    "`object` takes its place, and it is used on some ways": STAND_IN.format("object")
    + "def main():\n    if x:\n        lxml.run()\n"
    + MAIN,
    "`None` takes the place of a second choice": "try:\n    import lxml\nexcept ImportError:\n    try:\n"
    "        import simplejson as lxml\n    except ImportError:\n        lxml = None\n"
    "def main():\n    lxml.run()\n" + MAIN,
    "lazy, below a condition": "def main():\n    if x:\n        import lxml\n" + MAIN,
    "in a function that nobody calls": "def other():\n    import lxml\ndef main():\n    pass\n" + MAIN,
    "a version that is asked for": "def version():\n    try:\n        import lxml\n        return lxml.__version__\n"
    "    except ImportError:\n        return None\ndef main():\n    version()\n" + MAIN,
    "a version, returned below": "def version():\n    try:\n        import lxml\n    except Exception:\n"
    "        return 'none'\n    return lxml.__version__\ndef main():\n    version()\n" + MAIN,
    "one item of a loop": "def main():\n    for one in many:\n        try:\n            import lxml\n"
    "        except ImportError:\n            continue\n        lxml.run(one)\n" + MAIN,
    "tried, and silenced": "def main():\n    try:\n        import lxml\n        lxml.silence()\n"
    "    except ImportError:\n        pass\n" + MAIN,
    "looked for, then imported": "class Tool:\n    def can(self):\n        try:\n            import lxml\n"
    "        except ImportError:\n            return False\n        return True\n    def use(self):\n"
    "        import lxml\ndef main():\n    tool = Tool()\n    if tool.can():\n        tool.use()\n" + MAIN,
    "for another system": GUARD + "def main():\n    if platform.system() == 'FreeBSD':\n        if not HAS:\n"
    "            raise ValueError\n" + MAIN,
    "for all systems without a class of their own": GUARD + "class Tool:\n    platform = 'Generic'\n"
    "    def __init__(self):\n        if not HAS:\n            raise ValueError\nclass LinuxTool(Tool):\n"
    "    platform = 'Linux'\n    def __init__(self):\n        pass\ndef main():\n    Tool()\n" + MAIN,
    "for another system, by a class of its own": GUARD + "class Tool:\n    platform = 'Generic'\n"
    "class BsdTool(Tool):\n    platform = 'FreeBSD'\n    def work(self):\n        if not HAS:\n"
    "            raise ValueError\nclass LinuxTool(Tool):\n    platform = 'Linux'\n    def work(self):\n        pass\n"
    "def main():\n    Tool().work()\n" + MAIN,
    "for some Pythons": "import sys\nif sys.version_info < (3, 11):\n    import lxml\n",
    "below a condition at the top": "if found:\n    import lxml\n",
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


EACH = (
    "try:\n    import one\n    HAS_1 = True\nexcept ImportError:\n    HAS_1 = False\ntry:\n    import two\n"
    "    HAS_2 = True\nexcept ImportError:\n    HAS_2 = False\n"
)
#: Imports of which one is enough.
EITHER = {
    "hard": "try:\n    import one\nexcept ImportError:\n    import two\n",
    "checked": "try:\n    import one\n    HAS = True\nexcept ImportError:\n    try:\n        import two\n"
    "        HAS = True\n    except ImportError:\n        HAS = False\n"
    "def main():\n    if not HAS:\n        module.fail_json(msg='x')\n" + MAIN,
    "one by one": "try:\n    import one\nexcept ImportError:\n    one = None\ntry:\n    import two\n"
    "except ImportError:\n    two = None\ndef main():\n    if one is None and two is None:\n        raise ValueError\n"
    + MAIN,
    "one by one, in brackets": EACH + "def main():\n    if not (HAS_1 or HAS_2):\n        raise ValueError\n" + MAIN,
    "asked for one by one": EACH + "def main():\n    if HAS_1:\n        one.run()\n    elif HAS_2:\n        two.run()\n"
    "    else:\n        module.fail_json(msg='x')\n" + MAIN,
    "asked for within each other": EACH + "def main():\n    if not HAS_1:\n        if not HAS_2:\n"
    "            module.fail_json(msg='x')\n" + MAIN,
    "the first that is there": EACH + "def main():\n    if HAS_1:\n        return one.run()\n    if HAS_2:\n"
    "        return two.run()\n    raise ValueError\n" + MAIN,
    "in a function": "def main():\n    try:\n        import one\n    except ImportError:\n        import two\n" + MAIN,
}


@pytest.mark.parametrize("code", REQUIRED.values(), ids=REQUIRED)
def test_required(tmp_path: Path, code: str) -> None:
    assert requirements(tmp_path, code).get("lxml") is True


@pytest.mark.parametrize(
    "tests",
    [
        "    if HAS_1:\n        if not HAS_2:\n            raise ValueError\n",
        "    if HAS_1:\n        one.run()\n    elif HAS_2:\n        two.run()\n    else:\n        less()\n",
    ],
    ids=["the second with the first only", "none at all"],
)
def test_neither_of_two_imports_is_necessary(tmp_path: Path, tests: str) -> None:
    found = requirements(tmp_path, f"{EACH}def main():\n{tests}{MAIN}", declared="one\ntwo\n")
    assert found == {"one": False, "two": False}


@pytest.mark.parametrize("code", EITHER.values(), ids=EITHER)
@pytest.mark.parametrize(
    ("declared", "documentation", "expected"),
    [
        ("one\ntwo\n", "", {"one": True, "two": False}),
        ("two\n", "requirements: [one]", {"one": False, "two": True}),
        ("", "requirements: [one or two]", {"one": True, "two": False}),
        ("two\n", "", {"two": True}),
    ],
)
def test_one_of_several_imports_is_enough(
    tmp_path: Path, code: str, declared: str, documentation: str, expected: dict[str, bool]
) -> None:
    assert requirements(tmp_path, code, declared=declared, documentation=documentation) == expected


def test_the_one_that_works_as_a_wheel(tmp_path: Path) -> None:
    code = "try:\n    import psycopg\nexcept ImportError:\n    import psycopg2\n"
    found = requirements(tmp_path, code, documentation="requirements: ['psycopg2 >= 2.5.1']")
    assert found == {"psycopg[binary]": False, "psycopg2-binary>=2.5.1": True}


def test_only_the_standard_library_is_left(tmp_path: Path) -> None:
    assert requirements(tmp_path, "try:\n    import lxml\nexcept ImportError:\n    import json\n") == {"lxml": False}


@pytest.mark.parametrize(
    ("default", "test", "required"),
    [
        ("default: lxml", "engine == 'lxml'", True),
        ("default: lxml", "params['engine'] != 'json'", True),
        ("default: json", "engine == 'lxml'", False),
        ("default: json", "params.get('engine') not in ('json', 'text')", False),
        ("description: none", "params['engine']", False),
        ("required: true", "engine == 'lxml'", False),
        ("description: none", "params['engine'] is None", False),
        ("{default: 'yes', type: bool}", "params['engine']", True),
    ],
)
@pytest.mark.parametrize(
    "code",
    [
        GUARD + "def main():\n    if {}:\n        if not HAS:\n            raise ValueError\n" + MAIN,
        GUARD + "def main():\n    if {} and not HAS:\n        raise ValueError\n" + MAIN,
        GUARD + "def main():\n    if not ({}):\n        pass\n    else:\n        check()\n"
        "def check():\n    if not HAS:\n        raise ValueError\n" + MAIN,
        "def main():\n    if {}:\n        import lxml\n" + MAIN,
    ],
    ids=["nested", "beside", "otherwise", "lazy"],
)
def test_the_default_of_an_option(tmp_path: Path, code: str, default: str, test: str, required: bool) -> None:
    documentation = f"options:\n  engine: {default if default[0] == '{' else '{' + default + '}'}"
    assert requirements(tmp_path, code.replace("{}", test), documentation=documentation) == {"lxml": required}


@pytest.mark.parametrize(("default", "required"), [("lxml", True), ("json", False)])
def test_the_default_of_an_option_with_another_name_in_the_code(tmp_path: Path, default: str, required: bool) -> None:
    code = "def main():\n    parser = module.params['engine']\n    if parser == 'lxml':\n        import lxml\n" + MAIN
    documentation = f"options:\n  engine: {{default: {default}}}"
    assert requirements(tmp_path, code, documentation=documentation) == {"lxml": required}


@pytest.mark.parametrize(
    "line",
    [
        "lxml, if O(x) is used",
        "lxml (optional)",
        "Optionally the C(lxml) library",
        "lxml is recommended",
        "lxml (on Python 3.13 or newer)",
        "lxml with O(format)",
        "lxml, in case of XML",
        "lxml whenever there is XML",
        "lxml is required for XML",
        "lxml (not needed with JSON)",
        "lxml is suggested",
        "lxml, except on old systems",
    ],
)
def test_what_the_documentation_asks_for_on_a_condition(tmp_path: Path, line: str) -> None:
    code = "def main():\n    import lxml\n" + MAIN
    assert requirements(tmp_path, code, documentation=f"requirements: ['{line}']") == {"lxml": False}


@pytest.mark.parametrize(
    "line",
    [
        "lxml library U(https://example.org/?a=b)",
        "lxml, version 2 or higher",
        "lxml (2.0 or newer)",
        "lxml 1.6 or lower",
        "lxml 1.6 or any earlier release",
        "lxml is required for this module",
        "lxml, needed for all states",
    ],
)
@pytest.mark.parametrize(
    "code",
    [
        GUARD + "def main():\n    if x and not HAS:\n        raise ValueError\n" + MAIN,
        "def version():\n    try:\n        import lxml\n    except ImportError:\n        return None\n"
        "def main():\n    version()\n" + MAIN,
    ],
    ids=["sometimes", "handled"],
)
def test_what_the_documentation_asks_for_without_a_condition(tmp_path: Path, code: str, line: str) -> None:
    assert requirements(tmp_path, code, documentation=f"requirements: ['{line}']") == {"lxml": True}


@pytest.mark.parametrize(
    ("guard", "use", "documentation", "required"),
    [
        ("pass", "if x:\n        lxml.run()", "requirements: [lxml]", True),
        ("UNREAD = False", "if x:\n        lxml.run()", "requirements: [lxml]", True),
        ("pass", "if x:\n        lxml.run()", "", False),
        ("pass", "if x:\n        lxml.run()", "requirements: ['lxml, if x is used']", False),
        ("pass", "if params['x']:\n        lxml.run()", "requirements: [lxml]", False),
        ("HAS = False", "if HAS:\n        lxml.run()", "requirements: [lxml]", False),
        ("pass", "pass", "requirements: [lxml]", False),
    ],
)
def test_a_guard_that_nobody_asks_about(
    tmp_path: Path, guard: str, use: str, documentation: str, required: bool
) -> None:
    code = f"try:\n    import lxml\nexcept ImportError:\n    {guard}\ndef main():\n    {use}\n{MAIN}"
    assert requirements(tmp_path, code, documentation=documentation) == {"lxml": required}


@pytest.mark.parametrize(
    ("documentation", "two"), [("requirements: [two]", True), ("requirements: ['two, if x is used']", False)]
)
def test_a_second_choice_that_is_documented(tmp_path: Path, documentation: str, two: bool) -> None:
    code = EITHER["checked"].replace("if not HAS", "if x and not HAS")
    assert requirements(tmp_path, code, declared="", documentation=documentation) == {"two": two}


def test_the_name_of_a_collection_is_not_that_of_a_package(tmp_path: Path) -> None:
    code = GUARD + "def main():\n    if x and not HAS:\n        raise ValueError\n" + MAIN
    assert requirements(tmp_path, code, documentation="requirements: [needs lxml.acme here]") == {"lxml": False}
    assert requirements(tmp_path, code, documentation="requirements: [needs lxml.]") == {"lxml": True}


@pytest.mark.parametrize(
    ("declared", "documentation", "expected"),
    [
        ("", "", {"proxmoxer", "requests"}),
        ("", "requirements: ['proxmoxer >= 2', 'requests >= 2.5']", {"proxmoxer>=2", "requests>=2.5"}),
        ("proxmoxer>=2\n", "requirements: [proxmoxer, requests]", {"proxmoxer>=2", "requests"}),
    ],
)
def test_what_a_library_takes_and_does_not_declare(
    tmp_path: Path, declared: str, documentation: str, expected: set[str]
) -> None:
    found = requirements(tmp_path, "import proxmoxer\n", declared=declared, documentation=documentation)
    assert found == dict.fromkeys(expected, True)


def test_a_namespace_comes_with_what_is_in_it(tmp_path: Path) -> None:
    code = "import google.cloud\nfrom google.cloud import storage\n"
    assert requirements(tmp_path, code) == {"google-cloud-storage": True}
    (alone,) = found(tmp_path / "alone", "import google.cloud\n").unresolved
    assert alone.name == "google.cloud"


def test_an_optional_extra_is_not_an_optional_package(tmp_path: Path) -> None:
    code = GUARD + "def main():\n    if not HAS:\n        raise ValueError\n" + MAIN
    documentation = "requirements: ['lxml[html] for optional parsing']"
    assert requirements(tmp_path, code, documentation=documentation) == {"lxml": True}


def test_all_lines_of_one_name_are_taken(tmp_path: Path) -> None:
    lines = "lxml>=5; python_version >= '3.10'\nlxml<5 ; python_version < '3.10' --hash=sha256:00\n"
    assert requirements(tmp_path, "import lxml\n", declared=lines) == {
        "lxml>=5; python_version >= '3.10'": True,
        "lxml<5 ; python_version < '3.10'": True,
    }


def test_the_collection_of_the_importing_file_goes_before_that_of_the_plugin(tmp_path: Path) -> None:
    web, net = tmp_path / "web", tmp_path / "net"
    for directory, declared, file, code in (
        (web, "lxml==1\nsix==1", "modules/one.py", "import ansible_collections.acme.net.plugins.module_utils.tools\n"),
        (net, "lxml==2", "module_utils/tools.py", "import lxml\nimport six\n"),
    ):
        (directory / "plugins" / file).parent.mkdir(parents=True)
        (directory / "plugins" / file).write_text(code)
        (directory / "requirements.txt").write_text(declared)
    library = Library(
        lambda name: CollectionDirectory(name, "1.0.0", web if name == "acme.web" else net),
        project=Files(tmp_path),
        core=Core(tmp_path),
    )
    plugin = Plugin("module", "acme.web.one", "acme.web", web / "plugins" / "modules" / "one.py")
    assert [one.requirement for one in requirements_of(plugin, library).requirements] == ["lxml==2", "six==1"]


@pytest.mark.parametrize(("beside", "required"), [("one.yml", True), ("one.yaml", True), ("many.yml", False)])
def test_the_documentation_of_one_of_several_filters(tmp_path: Path, beside: str, required: bool) -> None:
    """Tried with ``ansible-doc``: the file has the name of the filter, not that of the Python file."""
    path = tmp_path / "plugins" / "filter" / "many.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"{GUARD}def one(x):\n    if x:\n        if not HAS:\n            raise ValueError\n")
    path.with_name(beside).write_text("DOCUMENTATION:\n  requirements: [lxml]\n")
    library = Library(
        lambda name: CollectionDirectory(name, "1.0.0", tmp_path), project=Files(tmp_path), core=Core(tmp_path)
    )
    (one,) = requirements_of(Plugin("filter", "acme.web.one", "acme.web", path), library).requirements
    assert (one.required, one.layer) == (required, "documentation" if required else "table")


@pytest.mark.parametrize(
    "line", ["lxml @ git+https://x/lxml", "lxml[html]@https://x/l.whl", "git+https://x/y#egg=lxml"]
)
def test_an_address_is_not_what_the_index_has(tmp_path: Path, line: str) -> None:
    (one,) = found(tmp_path, "import lxml\n", declared=line).unresolved
    assert (one.kind, one.name, one.location.line) == ("import", "lxml", 4)
    assert "declares by an address" in one.reason
    assert found(tmp_path, "import lxml\n", declared=line).requirements == ()


FILTERS = (
    GUARD + "def plain(): pass\ndef parse():\n    if not HAS:\n        raise ValueError\n"
    "class FilterModule:\n    def filters(self):\n        return {'one': plain, 'other': parse}\n"
)


HANDED_OUT = (
    GUARD + "def plain(): pass\ndef parse(): pass\ndef missing():\n    raise ValueError\n"
    "class FilterModule:\n    table = {'one': plain, 'other': parse}\n    def filters(self):\n"
    "        if HAS:\n            return self.table\n        else:\n            return missing()\n"
)


def test_a_table_of_filters_that_itself_asks_for_an_import(tmp_path: Path) -> None:
    (one,) = found(tmp_path, HANDED_OUT, kind="filter").requirements
    assert one.required


@pytest.mark.parametrize(("name", "required"), [("one", False), ("other", True), ("lost", True)])
def test_a_file_of_several_filters(tmp_path: Path, name: str, required: bool) -> None:
    (one,) = found(tmp_path, FILTERS, kind="filter", name=name).requirements
    assert (one.requirement, one.required, one.where) == ("lxml", required, "controller")


@pytest.mark.parametrize(
    ("kind", "name", "requirement", "required"),
    [
        ("filter", "password_hash", "passlib", not HASHES_BY_ITSELF),
        ("lookup", "password", "passlib", False),
        ("connection", "winrm", "pywinrm", True),
        ("connection", "psrp", "pypsrp", True),
    ],
)
def test_what_core_uses_without_requiring_it(kind: str, name: str, requirement: str, required: bool) -> None:
    core = Core(Path(ansible.__file__).parent)
    library = Library(lambda name: None, project=Files(core.path), core=core)
    plugin = Plugin(kind, f"ansible.builtin.{name}", "ansible.builtin", core.plugin(kind, name))
    needs = {re.split("[<=>]", one.requirement)[0]: one for one in requirements_of(plugin, library).requirements}
    assert (needs[requirement].required, needs[requirement].where) == (required, "controller")


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
