# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Code that is known says what code says that is parsed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils import _deps
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code import known_code as module
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.known_code import known_code
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.code.parsed_code import Code, parsed_code
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.facts import KnownFacts

_OPTIONS = b"""
try:
    import xmltodict as x
    HAS_X = True
except ImportError:
    HAS_X = False
from a import b as c
TEXT = 'one'
SPEC = dict(mode=dict(default=1), engine=dict(default='xml'), other=dict(default=None), on=dict(default=True))
class Main(Base, other.Base):
    platform = 'Linux'
    settings = {'check': True}
    def run(self, module):
        engine = module.params['engine']
        if engine == 'xml' and not HAS_X:
            module.fail_json(msg=missing_required_lib('xmltodict'))
        elif module.params.get('mode') in (None, 1, 1.5, True):
            self.go()
        deps.validate(module, 'a:b')
        found = load()
        self.requires('pyyaml')
        return found
    def requires(self, name):
        if name not in self.versions():
            raise ValueError(missing_required_lib(name))
"""
_HERE = Path("/project/library/m.py")


def known(source: bytes, monkeypatch: pytest.MonkeyPatch) -> Code | None:
    """The code of a later run, which does not parse it; None where no fact was noted."""
    first = KnownFacts()
    known_code(source, _HERE, first)
    if not first.found:
        return None
    text = json.dumps(first.found)
    later = KnownFacts(text)
    with monkeypatch.context() as patched:
        patched.setattr(module, "parsed_code", None)
        code = known_code(source, _HERE, later)
    assert later.found == json.loads(text)
    return code


@pytest.mark.parametrize("source", [_OPTIONS, b"", b"import (", b"x = 1\0", b"\xff", b"from . import y\n" * 3])
def test_a_known_file_is_not_parsed(source: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert known(source, monkeypatch) == parsed_code(source, _HERE)


def test_all_code_of_this_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(Path(_deps.__file__).parents[2].rglob("*.py"))
    assert len(files) > 100
    for file in files:
        assert known(file.read_bytes(), monkeypatch) == parsed_code(file.read_bytes(), _HERE)


def test_a_branch_is_one_of_the_functions_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    code = known(_OPTIONS, monkeypatch)
    assert code is not None
    branches = [branch.function for function in code.functions for branch in function.branches]
    assert len(branches) == 3
    assert all(any(branch is function for function in code.functions) for branch in branches)


def test_a_change_is_another_file() -> None:
    facts = KnownFacts()
    for source in (b"import a", b"import b"):
        assert [one.name for one in known_code(source, _HERE, facts).imports] == [source.split()[1].decode()]
    assert len(facts.found) == 2


@pytest.mark.parametrize(
    "source",
    [
        b"def run(m):\n    if m.params['x'] == b'y':\n        import z\n",
        b"import z\nspec = dict(x=dict(default=b'y'))\n",
        b"import z\nspec = {'x': {'default': ...}}\n",
    ],
)
def test_a_value_that_json_does_not_have_is_not_noted(source: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert known(source, monkeypatch) is None
    assert [one.name for one in known_code(source, _HERE, KnownFacts()).imports] == ["z"]


def test_without_facts_it_is_parsed() -> None:
    assert known_code(_OPTIONS, _HERE, None) == parsed_code(_OPTIONS, _HERE)
