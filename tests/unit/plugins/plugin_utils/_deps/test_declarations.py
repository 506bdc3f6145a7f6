# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Where declared and used collections differ, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.collection_cache import CachedCollection
from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.source import (
    CollectionCandidate,
    CollectionSource,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.declarations import declarations_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionEntry, FileLocation
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.sources import SourceFinder
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.undeclared import (
    undeclared_message,
    unmet_messages,
)

EMPTY: dict[str, Any] = {
    "evidence": [], "unresolved": [], "dynamic": [], "role_declarations": {}, "local_collections": {},
    "unsearched_collections": [],
}  # fmt: skip
#: What collections depend on.
DEPENDENCIES = {"acme.tools": ["acme.base"], "acme.base": ["acme.deep"]}


def compared(
    declared: list[str],
    used: list[str],
    *,
    taken: list[str] | None = None,
    dependencies: Sequence[str] = (),
    **report: list[dict[str, Any]],
) -> tuple[list[str], list[tuple[str, int]]]:
    """What is undeclared, and what is unused with its line; the project brings what is used and not ``taken``.

    It is a collection that depends on ``dependencies``.
    """

    def candidates(name: str) -> list[CollectionCandidate]:
        needs = dict.fromkeys(DEPENDENCIES.get(name, ()), "*")
        take = partial(CachedCollection, name, "1.0.0", "", "/x", needs, None)
        return [CollectionCandidate(name, "1.0.0", needs, take)]

    source = SimpleNamespace(spec="x", candidates=candidates, prepare=lambda requests, given=(): requests)
    finder = SourceFinder(cast(CollectionSource, source))
    finder.declare(
        [
            CollectionEntry({"name": name}, FileLocation("requirements.yml", line), is_dependency=name in dependencies)
            for line, name in enumerate(declared, start=2)
        ]
    )
    for name in used if taken is None else taken:
        finder(name)
    evidence = [
        {"collection": name, "kind": "module", "name": f"{name}.x", "file": "site.yml", "line": line, "required": True}
        for line, name in enumerate(["", *used, *used], start=1)
    ]
    full = {**EMPTY, "evidence": evidence, **report}
    found = declarations_of(full, finder)
    return [one["collection"] for one in found["undeclared"]], [
        (one["collection"], one["line"]) for one in found["unused"]
    ]


@pytest.mark.parametrize(
    ("declared", "used", "undeclared"),
    [
        (["acme.tools"], ["acme.tools"], []),
        (["acme.other"], ["acme.tools", "acme.base"], ["acme.tools", "acme.base"]),
        (["acme.tools"], ["acme.tools", "acme.base", "acme.deep"], []),
        (["acme.tools"], ["acme.deep"], []),
        (["acme.base"], ["acme.tools"], ["acme.tools"]),
        ([], ["acme.tools"], []),
    ],
)
def test_undeclared_is_what_ansible_galaxy_would_not_install(
    declared: list[str], used: list[str], undeclared: list[str]
) -> None:
    assert compared(declared, used)[0] == undeclared


def test_what_the_project_brings_is_not_undeclared_and_is_used() -> None:
    assert compared(["acme.other", "acme.mine"], ["acme.mine"], taken=[]) == ([], [("acme.other", 2)])


@pytest.mark.parametrize(
    ("declared", "used", "unused"),
    [
        (["acme.tools", "acme.other"], ["acme.tools"], [("acme.other", 3)]),
        (["acme.tools", "acme.deep"], ["acme.tools"], []),
        (["acme.other", "acme.other"], [], [("acme.other", 2), ("acme.other", 3)]),
    ],
)
def test_unused_is_what_nothing_in_use_requires(
    declared: list[str], used: list[str], unused: list[tuple[str, int]]
) -> None:
    assert compared(declared, used)[1] == unused


def test_what_a_collection_in_the_project_depends_on_is_declared_and_not_unused() -> None:
    declared = ["acme.base", "acme.other", "acme.other"]
    assert compared(declared, ["acme.base", "acme.some"], dependencies=["acme.base", "acme.other"]) == (
        ["acme.some"],
        [],
    )


def test_a_name_that_is_not_resolved_uses_its_collection() -> None:
    declared = ["acme.other", "acme.some"]
    unresolved = [{"name": "acme.other.gone"}]
    dynamic = [{"expression": "acme.some.{{ x }}"}]
    assert compared(declared, [], unresolved=unresolved) == ([], [("acme.some", 3)])
    assert compared(declared, [], dynamic=dynamic) == ([], [("acme.other", 2)])


@pytest.mark.parametrize(
    ("declared", "role", "is_problem"),
    [([], "acme.tools", True), (["acme.tools"], "acme.tools", False), ([], "acme.web", False)],
)
def test_a_collection_in_a_list_of_roles_is_a_problem(declared: list[str], role: str, is_problem: bool) -> None:
    source = SimpleNamespace(spec="x", candidates=lambda name: [], prepare=lambda requests, given=(): requests)
    finder = SourceFinder(cast(CollectionSource, source))
    finder.declare([CollectionEntry({"name": name}, FileLocation("requirements.yml", 9)) for name in declared])
    evidence = {"collection": "acme.tools", "kind": "module", "name": "x", "file": "s", "line": 1, "required": True}
    roles = {"undeclared_roles": [], "unused_roles": [{"role": role, "file": "requirements.yml", "line": 2}]}
    found = declarations_of({**EMPTY, "evidence": [evidence], "role_declarations": roles}, finder)
    said = f"requirements.yml:2: {role} is in a list of roles, and the project uses the collection of this name: "
    assert found["problems"] == ([f"{said}put it below the key 'collections'"] if is_problem else [])
    assert unmet_messages(found) == found["problems"]


def test_what_was_found_of_roles_is_handed_on() -> None:
    finder = SourceFinder(cast(CollectionSource, SimpleNamespace()))
    roles = {"undeclared_roles": [{"role": "acme.web"}], "unused_roles": []}
    assert declarations_of({**EMPTY, "role_declarations": roles}, finder) == {
        "undeclared": [], "unused": [], "unmet": [], "problems": [], **roles,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "version", "unmet"),
    [
        ([{"version": "2.0.0"}], "1.0.0", [("2.0.0", 2)]),
        ([{"version": ">=1"}, {"version": "<1.5"}], "1.5.0", [(">=1,<1.5", 2), (">=1,<1.5", 3)]),
        ([{"version": ">=1"}], "1.0.0", []),
        ([{"version": "2.0.0"}], "*", []),
        ([{"version": "v2", "type": "git", "source": "https://x.org/t.git"}], "1.0.0", []),
        ([], "1.0.0", []),
    ],
)
def test_what_the_project_has_in_another_version_than_it_declares_is_unmet(
    entries: list[dict[str, str]], version: str, unmet: list[tuple[str, int]]
) -> None:
    finder = SourceFinder(cast(CollectionSource, SimpleNamespace(candidates=lambda _name: [])))
    named = [{"name": "acme.tools", **entry} for entry in entries]
    finder.declare(
        [CollectionEntry(one, FileLocation("requirements.yml", line)) for line, one in enumerate(named, start=2)]
    )
    found = declarations_of({**EMPTY, "local_collections": {"acme.tools": version}}, finder)
    assert [(one["version"], one["line"]) for one in found["unmet"]] == unmet
    (*_problems, message) = ["", *unmet_messages(found)]
    assert (f"acme.tools {unmet[0][0]} is declared, and the project has {version}" in message) if unmet else not message


def test_why_the_declared_collections_cannot_be_had_together_is_said() -> None:
    finder = SourceFinder(cast(CollectionSource, SimpleNamespace()))
    finder.problem = "the server is down"
    (message,) = unmet_messages(declarations_of(EMPTY, finder))
    assert message.endswith(": the server is down")


@pytest.mark.parametrize("is_whole", [False, True], ids=["playbooks", "the whole project"])
@pytest.mark.parametrize("is_used", [False, True], ids=["not used", "used"])
def test_a_collection_that_ansible_does_not_find_in_the_project_is_a_problem_of_playbooks(
    is_used: bool, is_whole: bool
) -> None:
    place = {"kind": "module", "name": "acme.tools.hello", "file": "plays/site.yml", "line": 7, "required": is_used}
    report = {**EMPTY, "evidence": [{"collection": "acme.tools", **place}], "unsearched_collections": ["acme.tools"]}
    finder = SourceFinder(cast(CollectionSource, SimpleNamespace(spec="x", candidates=lambda _name: [])))
    problems = declarations_of(report, finder, is_whole=is_whole)["problems"]
    assert len(problems) == (is_used and not is_whole)
    for problem in problems:
        assert problem.startswith("plays/site.yml:7: acme.tools is a collection that the project itself has")
        assert "collections/ansible_collections/acme/tools" in problem
        assert problem in unmet_messages({"problems": problems})


def test_the_message_names_each_place_up_to_a_number() -> None:
    one = {"collection": "a.b", "kind": "module", "name": "a.b.c", "file": "site.yml", "line": 4}
    role = {"role": "acme.web", "file": "site.yml", "line": 9}
    message = undeclared_message({"undeclared": [one], "undeclared_roles": [role]})
    assert message.startswith("2 of the collections and roles")
    assert "site.yml:4: a.b (module a.b.c); site.yml:9: role acme.web. Add them" in message
    assert "role acme.web; and 4 more. Add" in undeclared_message({
        "undeclared": [one] * 19, "undeclared_roles": [role] * 5,
    })  # fmt: skip
    assert undeclared_message({"undeclared": [], "undeclared_roles": []}) == ""
