# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The table of what playbooks require, of one project and of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.explanation import explanation
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.requirements import Requirements, combined


def report(*packages: str, collection: str, version: str = "1.0.0") -> dict[str, Any]:
    evidence = {
        "kind": "module", "name": f"{collection}.do", "file": "site.yml", "line": 3, "collection": collection,
        "distribution": packages[0], "required": True, "layer": "collection", "where": "controller",
    }  # fmt: skip
    dependencies = {
        "ansible_core": {"package_pip": "ansible-core~=2.19.5"},
        "python": list(packages),
        "galaxy": {"collections": [{"name": collection, "version": version}]},
    }
    return {
        "profile": {"version": 3, "dependencies": dependencies},
        "evidence": [evidence],
        "unresolved": [{"file": "site.yml", "line": 9, "kind": "module", "name": "gone", "reason": "it is unknown"}],
        "dynamic": [{"file": "site.yml", "line": 5, "expression": "{{ x }}"}],
    }


def test_one_project() -> None:
    shown = list(explanation(combined({"/w/a": report("netaddr", collection="ansible.utils")})))
    assert shown == [
        "ansible-core: ~=2.19.5",
        "collections: ansible.utils 1.0.0",
        "Python packages: netaddr",
        "",
        "what                     where       requires  from        on",
        "module ansible.utils.do  site.yml:3  netaddr   collection  controller",
        "unresolved: site.yml:9: module gone: it is unknown",
        "known at run time only: site.yml:5: {{ x }}",
    ]


def test_several_projects_are_told_apart() -> None:
    reports = {
        "/w/a": report("netaddr", collection="ansible.utils"),
        "/w/b": report("jmespath>=1", "netaddr", collection="community.general", version="2.0.0"),
    }
    shown = "\n".join(explanation(combined(reports)))
    assert "collections: ansible.utils 1.0.0, community.general 2.0.0" in shown
    assert "Python packages: jmespath>=1, netaddr\n" in shown
    assert "/w/a: site.yml:3" in shown and "/w/b: site.yml:9" in shown


@pytest.mark.parametrize(
    ("cores", "core"),
    [
        (["ansible-core~=2.19.5", "ansible-core~=2.19.5"], "ansible-core~=2.19.5"),
        (["ansible-core>=2.15", "ansible-core<2.20,>=2.17"], "ansible-core<2.20,>=2.17"),
        ([None, "ansible-core>=2.15"], "ansible-core>=2.15"),
        ([None, None], None),
        (["ansible-core>=2.18", "ansible-core<2.17"], "ansible-core>=2.18"),
    ],
)
def test_an_ansible_core_for_all_projects(cores: list[str | None], core: str | None) -> None:
    reports = {f"/w/{number}": report("netaddr", collection="ansible.utils") for number in range(len(cores))}
    for one, wanted in zip(reports.values(), cores, strict=True):
        dependencies = one["profile"]["dependencies"]
        del dependencies["ansible_core"]
        dependencies.update({"ansible_core": {"package_pip": wanted}} if wanted else {})
    found = combined(reports).profile["dependencies"].get("ansible_core")
    assert found == ({"package_pip": core} if core else None)


def of_target(package: str, *, hosts: str, local: bool) -> dict[str, Any]:
    (evidence,) = report(package, collection="mine.own")["evidence"]
    one = {"package": package, "hosts": [hosts], "on_venv_host": local, "system": []}
    return {"evidence": [{**evidence, "where": "target", "hosts": [hosts]}], "target_packages": [one]}


def test_what_is_excluded() -> None:
    found = {
        **report("netaddr", collection="ansible.utils"),
        "left_out": [{"package": "six", "reason": "exclude has s"}],
    }
    both = combined({"/w/a": found, "/w/b": report("lxml", collection="ansible.utils"), "/w/c": found})
    assert [line for line in explanation(both) if "six" in line] == [
        "Packages that are not in the venv: six (exclude has s)"
    ]


def test_what_is_required_on_hosts() -> None:
    whole = {**report("netaddr", collection="mine.own"), **of_target("ldap", hosts="servers", local=False)}
    shown = list(explanation(combined({"/w/a": whole})))
    assert "Modules require packages on their hosts that are not in the venv: ldap on servers" in shown
    assert any(line.endswith("target (servers)") for line in shown)


def with_system(*entries: tuple[str, str, list[str]], **evidence: Any) -> dict[str, Any]:
    """A report of which the collections declare system packages: collection, entry and where it is required."""
    whole = report("netaddr", collection="mine.own")
    listed = [{"collection": name, "entry": entry, "where": where} for name, entry, where in entries]
    used = [{**whole["evidence"][0], **evidence}] if evidence else whole["evidence"]
    return {**whole, "evidence": used, "system_packages": listed}


def told_of_system(whole: dict[str, Any]) -> list[str]:
    return [line for line in explanation(combined({"/w/a": whole})) if line.startswith("system packages")]


def test_system_packages_are_told_with_the_collections_that_declare_them() -> None:
    whole = with_system(*((name, "git", ["controller"]) for name in ("mine.own", "ansible.utils")))
    assert told_of_system(whole) == [
        "system packages that collections declare for this host: git (ansible.utils, mine.own)"
    ]
    assert told_of_system(with_system(("mine.own", "git [test]", ["controller"]))) == []


@pytest.mark.parametrize(
    ("hosts", "local", "expected"),
    [
        (["web"], False, ["hosts of the plays: git (mine.own on web)"]),
        (["localhost"], True, ["this host: git (mine.own)"]),
        (["localhost", "db,web"], True, ["this host: git (mine.own)", "hosts of the plays: git (mine.own on db,web)"]),
        ([], True, ["this host: git (mine.own)"]),
    ],
)
def test_a_system_package_is_required_where_the_modules_run(hosts: list[str], local: bool, expected: list[str]) -> None:
    whole = with_system(("mine.own", "git", ["target"]), where="target", hosts=hosts, on_venv_host=local)
    assert told_of_system(whole) == [f"system packages that collections declare for {line}" for line in expected]
    (one,) = combined({"/w/a": whole}).system_packages
    assert one["here"] == local


def test_a_system_package_of_both_sides_is_told_for_both() -> None:
    both = ("mine.own", "git [platform:dpkg]", ["controller", "target"])
    whole = with_system(both, where="target", hosts=["web"], on_venv_host=False)
    assert "for hosts of the plays: git [platform:dpkg] (mine.own on web)" in told_of_system(whole)[-1]
    assert combined({"/w/a": whole}).system_packages[0]["here"]


def test_what_is_optional_for_one_playbook_can_be_required_by_another() -> None:
    optional = {**report("ldap", "dbus", collection="mine.own"), "optional_packages": ["ldap", "dbus"]}
    both = combined({"/w/a": optional, "/w/b": report("ldap", collection="mine.own")})
    assert both.profile["dependencies"]["python"] == ["dbus", "ldap"]
    assert both.optional_packages == ["dbus"]


@pytest.mark.parametrize("dependencies", [[], {"galaxy": {"collections": [{"version": "1"}]}}, {"python": "six"}])
def test_a_malformed_profile_of_the_user_is_one_error(dependencies: Any) -> None:
    with pytest.raises(InputError):
        list(explanation(Requirements({"version": 3, "dependencies": dependencies})))


def test_roles_of_all_projects_are_told_and_one_cannot_be_two(tmp_path: Path) -> None:
    first, second = (report("netaddr", collection="ansible.utils") for _project in range(2))
    web = {"name": "acme.web", "version": "1.0"}
    first["profile"]["dependencies"]["galaxy"]["roles"] = [web]
    second["profile"]["dependencies"]["galaxy"]["roles"] = [web, {"name": "local", "src": str(tmp_path)}]
    both = combined({"/w/a": first, "/w/b": second})
    assert "roles: acme.web 1.0, local" in list(explanation(both))
    second["profile"]["dependencies"]["galaxy"]["roles"] = [{**web, "version": "2.0"}]
    with pytest.raises(InputError, match="require the role acme.web from different sources or in different versions"):
        combined({"/w/a": first, "/w/b": second})
