# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Ways to say that an import may be missing, and that a plugin gives up then, each as Python runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import analysed, play

GUARDED = """
try:
    import lxml
    HAS_A = True
except ImportError:
    HAS_A = False
try:
    import jmespath
    HAS_B = True
except ImportError:
    HAS_B = False
def main():
    module = AnsibleModule(argument_spec={spec})
{body}
main()
"""
BODIES = {
    "or": ("HAS_A or module.fail_json(msg='x')", {"lxml"}),
    "and": ("not HAS_A and module.fail_json(msg='x')", {"lxml"}),
    "or, of both": ("(HAS_A and HAS_B) or module.fail_json(msg='x')", {"lxml", "jmespath"}),
    "or, of either": ("HAS_A or HAS_B or module.fail_json(msg='x')", {"lxml"}),
    "assert": ("assert HAS_A, 'lxml'", {"lxml"}),
    "assert both": ("assert HAS_A and HAS_B", {"lxml", "jmespath"}),
    "assert either": ("assert HAS_A or HAS_B", {"lxml"}),
    "any": ("if not any([HAS_A, HAS_B]):\n    module.fail_json(msg='x')", {"lxml"}),
    "any of a tuple": ("assert any((HAS_A, HAS_B))", {"lxml"}),
    "any of a generator": ("if not any(one for one in (HAS_A, HAS_B)):\n    module.fail_json(msg='x')", {"lxml"}),
    "all": ("if not all([HAS_A, HAS_B]):\n    module.fail_json(msg='x')", {"lxml", "jmespath"}),
    "any of what is missing": ("if any([not HAS_A, not HAS_B]):\n    raise ValueError", {"lxml", "jmespath"}),
    "all of what is missing": ("if all((not HAS_A, not HAS_B)):\n    raise ValueError", {"lxml"}),
    "or another reason": ("if not HAS_A or module.params['x']:\n    module.fail_json(msg='x')", {"lxml"}),
    "another reason first": ("if len(module.params) > 3 or not HAS_A:\n    raise ValueError", {"lxml"}),
    "and another reason": ("if not HAS_A and module.params['x']:\n    module.fail_json(msg='x')", set()),
    "a loop": (
        "for found, name in ((HAS_A, 'a'), (HAS_B, 'b')):\n    if not found:\n        module.fail_json(msg=name)",
        {"lxml", "jmespath"},
    ),
    "a loop over flags": ("for one in [HAS_B]:\n    if not one:\n        raise ValueError", {"jmespath"}),
    "a loop over a dictionary": (
        "for name, found in {'a': HAS_A}.items():\n    if not found:\n        module.fail_json(msg=name)",
        {"lxml"},
    ),
    "a loop that goes on": ("for one in [HAS_A]:\n    if not one:\n        print(one)", set()),
    "a loop over something else": ("for one in names():\n    if not one:\n        raise ValueError", set()),
    "a default": ("if module.params['engine'] == 'a':\n    if not HAS_A:\n        module.fail_json(msg='x')", {"lxml"}),
    "another default": ("if module.params['engine'] == 'b':\n    if not HAS_A:\n        raise ValueError", set()),
}
SPECS = ["dict(engine=dict(type='str', default='a'))", "{'engine': {'default': 'a'}}", "dict(engine={'default': 'a'})"]


def distributions(tmp_path: Path, code: str) -> dict[str, bool]:
    """The distributions that a module imports, and whether they are required."""
    files = {"site.yml": play("acme.hard.it:"), "acme/hard/plugins/modules/it.py": code}
    found: dict[str, bool] = {}
    for one in analysed(tmp_path, files).evidence:
        if one.distribution:
            found[one.distribution] = found.get(one.distribution, False) or one.required
    return found


@pytest.mark.parametrize(("body", "required"), BODIES.values(), ids=BODIES)
def test_ways_to_give_up(tmp_path: Path, body: str, required: set[str]) -> None:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    found = distributions(tmp_path, GUARDED.format(spec=SPECS[0], body=lines))
    assert found == {"lxml": "lxml" in required, "jmespath": "jmespath" in required}


@pytest.mark.parametrize("spec", SPECS)
def test_defaults_that_only_the_code_has(tmp_path: Path, spec: str) -> None:
    lines = "    if module.params['engine'] == 'a' and not HAS_B:\n        module.fail_json(msg='x')"
    assert distributions(tmp_path, GUARDED.format(spec=spec, body=lines)) == {"lxml": False, "jmespath": True}


def test_the_documented_default_is_taken_first(tmp_path: Path) -> None:
    documentation = "DOCUMENTATION = 'options: {engine: {default: b}}'\n"
    lines = "    if module.params['engine'] == 'a' and not HAS_B:\n        module.fail_json(msg='x')"
    assert not distributions(tmp_path, documentation + GUARDED.format(spec=SPECS[0], body=lines))["jmespath"]


@pytest.mark.parametrize(
    ("code", "required"),
    [
        ("from contextlib import suppress\nwith suppress(ImportError):\n    import lxml\n", False),
        ("import contextlib\nwith contextlib.suppress(ImportError, ValueError):\n    import lxml\n", False),
        ("with suppress(Exception):\n    if True:\n        with suppress(KeyError):\n            import lxml\n", False),
        ("with suppress(KeyError):\n    import lxml\n", True),
        ("with opened():\n    import lxml\n", True),
    ],
)
def test_an_import_that_may_be_missing(tmp_path: Path, code: str, required: bool) -> None:
    assert distributions(tmp_path, code) == {"lxml": required}


@pytest.mark.parametrize(
    ("line", "required"),
    [
        ("lxml or beautifulsoup4", True),
        ("either lxml >= 4.0 or beautifulsoup4", True),
        ("beautifulsoup4, html5lib or lxml", True),
        ("lxml or beautifulsoup4 if you like", False),
        ("lxml or newer", False),
        ("lxml or beautifulsoup4 when O(x=true)", False),
    ],
)
def test_one_or_the_other_of_the_documentation(tmp_path: Path, line: str, required: bool) -> None:
    documentation = f"DOCUMENTATION = 'requirements: [\"{line}\"]'\n"
    code = "try:\n    import lxml\nexcept ImportError:\n    pass\n"
    found = distributions(tmp_path, documentation + code)
    assert list(found.values()) == [required]
