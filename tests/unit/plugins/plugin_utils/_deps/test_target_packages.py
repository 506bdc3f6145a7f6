# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Packages that only modules require: on which hosts, whether the host of the venv can be one, what the venv has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_projects import TASK_KEYWORDS

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.distributions.exclude import check_exclude
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import Analysis, CollectionDirectory
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.profile import profile_of, report_of
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.target_packages import packages_of

PROJECTS = Path(__file__).parent / "projects"
MODULE = "DOCUMENTATION = '''\nrequirements:\n  - {}\n'''\nimport {}\n"
HOSTS = "[servers]\none\ntwo ansible_connection=ssh\n"
TASK = "{mine.own.entry: {}}"


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Path:
    """A project with a collection of its own, whose module ``entry`` requires python-ldap, and an inventory."""
    write(tmp_path, "hosts", HOSTS)
    modules = "collections/ansible_collections/mine/own/plugins/modules"
    write(tmp_path, f"{modules}/entry.py", MODULE.format("python-ldap >= 3.0", "ldap"))
    write(tmp_path, f"{modules}/other.py", MODULE.format("dbus-python", "dbus"))
    write(tmp_path, "collections/ansible_collections/mine/own/galaxy.yml", "{namespace: mine, name: own}")
    return tmp_path


def source(_name: str, /) -> CollectionDirectory | None:
    """No collection but that of the project."""
    return None


def write(project: Path, path: str, text: str) -> None:
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text(text)


def analysed(project: Path, text: str, *inventory: str) -> Analysis:
    write(project, "site.yml", text)
    core = Core(PROJECTS / "core")
    return analyse(
        project,
        ["site.yml"],
        core=core,
        source=source,
        task_keywords=TASK_KEYWORDS,
        inventory=inventory or ["hosts"],
    )


def ldap(analysis: Analysis) -> tuple[tuple[str, ...], bool]:
    (found,) = [one for one in packages_of(analysis).targets if one.package.startswith("python-ldap")]
    return found.hosts, found.local


def play(hosts: str = "servers", task: str = TASK, **keywords: str) -> str:
    more = "".join(f"  {name}: {value}\n" for name, value in keywords.items())
    return f"- hosts: {hosts}\n{more}  tasks: [{task}]\n"


REMOTE: dict[str, tuple[str, tuple[str, ...]]] = {
    "a group": (play(), ("servers",)),
    "all": (play("all"), ("all",)),
    "a list": (play("[one, two]"), ("one,two",)),
    "delegated to another host": (play("localhost", "{mine.own.entry: {}, delegate_to: two}"), ("two",)),
    "a block that is": (play("localhost", "{delegate_to: two, block: [{mine.own.entry: {}}]}"), ("two",)),
    "ssh is said": (play(connection="ansible.builtin.ssh"), ("servers",)),
    "a play before it runs here": (play("localhost", "{debug: {}}") + play(), ("servers",)),
    "two plays": (play("two") + play("one"), ("one", "two")),
}


@pytest.mark.parametrize("case", REMOTE)
def test_what_certainly_runs_on_other_hosts(project: Path, case: str) -> None:
    text, hosts = REMOTE[case]
    assert ldap(analysed(project, text)) == (hosts, False)


LOCAL = {
    "localhost": play("localhost"),
    "its address": play("127.0.0.1"),
    "its other address": play("'::1'"),
    "among others": play("servers:localhost"),
    "a list with it": play("[servers, localhost]"),
    "a template": play("'{{ where }}'"),
    "an encrypted pattern": play("!vault '$ANSIBLE_VAULT;1.1;AES256'"),
    "no hosts": "- {hosts: , tasks: [{mine.own.entry: {}}]}\n",
    "a local connection": play(connection="local"),
    "its full name": play(connection="ansible.builtin.local"),
    "a template for a connection": play(connection="'{{ how }}'"),
    "a connection to a device": play(connection="ansible.netcommon.network_cli"),
    "a connection that nobody knows": play(connection="mine.own.tunnel"),
    "a task's connection": play(task="{mine.own.entry: {}, connection: local}"),
    "a block's connection": play(task="{connection: local, block: [{mine.own.entry: {}}]}"),
    "a nested block": play(task="{connection: local, block: [{block: [{block: [{mine.own.entry: {}}]}]}]}"),
    "delegated": play(task="{mine.own.entry: {}, delegate_to: localhost}"),
    "delegated to a template": play(task="{mine.own.entry: {}, delegate_to: '{{ there }}'}"),
    "delegated by a block": play(task="{delegate_to: localhost, block: [{mine.own.entry: {}}]}"),
    "delegated in a rescue": play(task="{block: [debug: {}], rescue: [{mine.own.entry: {}, delegate_to: localhost}]}"),
    "a local action": play(task="{local_action: {module: mine.own.entry}}"),
    "a local action in a line": play(task="{local_action: mine.own.entry a=b}"),
    "a variable of the play": play(vars="{ansible_connection: local}"),
    "a template for a variable": play(vars="{ansible_connection: '{{ how }}'}"),
    "a variable of a task": play(task="{mine.own.entry: {}, vars: {ansible_connection: local}}"),
    "a fact": play(task="{set_fact: {ansible_connection: local}}, {mine.own.entry: {}}"),
    "a host that is added": play(task="{add_host: {name: x, ansible_connection: local}}, {mine.own.entry: {}}"),
    "the same in a line": play(task="{add_host: name=x ansible_connection=local}, {mine.own.entry: {}}"),
    "a handler": "- {hosts: servers, handlers: [{mine.own.entry: {}, delegate_to: localhost}]}\n",
    "one task of two": play(task="{mine.own.entry: {}}, {mine.own.entry: {}, delegate_to: localhost}"),
}


@pytest.mark.parametrize("case", LOCAL)
def test_what_can_run_on_the_host_of_the_venv(project: Path, case: str) -> None:
    assert ldap(analysed(project, LOCAL[case]))[1]


INVENTORIES = {
    "none": ["nowhere"],
    "outside of the project": ["/etc/hosts"],
    "localhost": ["a,localhost,"],
    "a script": ["script"],
    "a program": ["hosts", "script.py"],
    "a plugin": ["cloud.yml"],
    "a host of it": ["localhost.ini"],
    "a connection in it": ["local.ini"],
    "one to a device": ["device.yml"],
    "a template in it": ["template.ini"],
    "encrypted": ["secret"],
    "malformed": ["broken.yml"],
    "a directory": ["directory"],
    "a variable beside it": ["beside/hosts"],
}


@pytest.mark.parametrize("case", INVENTORIES)
def test_an_inventory_that_can_have_the_host_of_the_venv(project: Path, case: str) -> None:
    write(project, "script", "#!/bin/sh\necho {}\n")
    write(project, "script.py", "print({})\n")
    write(project, "cloud.yml", "plugin: amazon.aws.aws_ec2\n")
    write(project, "localhost.ini", "[servers]\nlocalhost\n")
    write(project, "local.ini", "[servers]\nx ansible_connection=local\n")
    write(project, "device.yml", "all: {children: {servers: {vars: {ansible_connection: network_cli}}}}\n")
    write(project, "template.ini", "[servers]\nx ansible_connection={{how}}\n")
    write(project, "secret", "$ANSIBLE_VAULT;1.1;AES256\n00\n")
    write(project, "broken.yml", "{[\n")
    write(project, "directory/a.yml", "all: {hosts: {x: }}\n")
    write(project, "directory/b.ini", "y ansible_connection=local\n")
    write(project, "beside/hosts", HOSTS)
    write(project, "beside/group_vars/servers.yml", "ansible_connection: local\n")
    analysis = analysed(project, play(), *INVENTORIES[case])
    assert ldap(analysis) == (("servers",), True)
    assert {one.kind for one in analysis.unresolved} <= {"connection", "inventory", "file"}  # what the sources name


@pytest.mark.parametrize("inventory", [["hosts"], ["a,b"], ["static"], ["hosts", "static/more.yml"]])
def test_an_inventory_of_other_hosts(project: Path, inventory: list[str]) -> None:
    write(project, "static/more.yml", "all: {hosts: {x: {ansible_connection: ssh}}}\n")
    write(project, "static/group_vars/all.yml", "colour: green\n")
    assert ldap(analysed(project, play(), *inventory)) == (("servers",), False)


def test_the_project_has_a_say_too(project: Path) -> None:
    write(project, "ansible.cfg", "[defaults]\ntransport = local\n")
    assert ldap(analysed(project, play()))[1]
    write(project, "ansible.cfg", "[defaults]\ninventory = other\n")
    write(project, "other", "x ansible_connection=local\n")
    assert ldap(analysed(project, play()))[1]
    write(project, "other", "x\n")
    assert not ldap(analysed(project, play()))[1]


def test_an_inventory_that_changes_is_looked_at_again(project: Path) -> None:
    assert str(project / "hosts") in analysed(project, play()).looked


ROLE = "- hosts: {}\n  tasks: [{{{}}}]\n"


@pytest.mark.parametrize(
    "text",
    [
        "- {hosts: servers, roles: [directory]}\n- {hosts: localhost, roles: [directory]}\n",
        "- {hosts: servers, roles: [{role: directory, delegate_to: localhost}]}\n",
        "- {hosts: servers, roles: [{role: directory, connection: local}]}\n",
        ROLE.format("servers", "import_role: {name: directory}, delegate_to: localhost"),
        ROLE.format("servers", "include_role: {name: directory, apply: {delegate_to: localhost}}"),
        ROLE.format("servers", "include_role: {name: directory, apply: {connection: local}}"),
        ROLE.format("servers", "include_tasks: {file: more.yml, apply: {delegate_to: localhost}}"),
        ROLE.format("servers", "import_tasks: more.yml, connection: local"),
        ROLE.format("servers", "import_tasks: more.yml") + ROLE.format("localhost", "include_tasks: more.yml"),
        "- {hosts: servers, roles: [depends]}\n- {hosts: localhost, roles: [depends]}\n",
        "- import_playbook: first.yml\n- {hosts: localhost, roles: [directory]}\n",
    ],
)
def test_a_file_that_several_plays_run_has_the_hosts_of_all(project: Path, text: str) -> None:
    write(project, "roles/directory/tasks/main.yml", "- include_tasks: deep.yml\n")
    write(project, "roles/directory/tasks/deep.yml", "- mine.own.entry: {}\n")
    write(project, "roles/depends/meta/main.yml", "dependencies: [directory]\n")
    write(project, "more.yml", "- mine.own.entry: {}\n")
    write(project, "first.yml", "- {hosts: servers, roles: [directory]}\n")
    assert ldap(analysed(project, text))[1]
    assert not ldap(analysed(project, text.replace("localhost", "two").replace("local", "ssh")))[1]


def test_where_a_role_runs_that_no_play_uses_is_unknown(project: Path) -> None:
    write(project, "tasks/main.yml", "- mine.own.entry: {}\n")
    core = Core(PROJECTS / "core")
    analysis = analyse(project, [], core=core, source=source, task_keywords=TASK_KEYWORDS, inventory=["hosts"])
    assert ldap(analysis) == ((), True)


def test_a_role_of_many_plays_lists_some_of_their_hosts(project: Path) -> None:
    write(project, "roles/directory/tasks/main.yml", "- mine.own.entry: {}\n")
    hosts, local = ldap(analysed(project, "".join(f"- {{hosts: h{n}, roles: [directory]}}\n" for n in range(500))))
    assert 10 < len(hosts) < 100 and not local


BOTH = play(task="{mine.own.entry: {}}, {mine.own.other: {}, delegate_to: localhost}")


@pytest.mark.parametrize(
    ("choice", "python", "optional"),
    [
        ("auto", ["dbus-python"], ["dbus-python"]),
        ("all", ["dbus-python", "python-ldap>=3.0"], []),
        ("none", [], []),
    ],
)
def test_the_choice(project: Path, choice: Any, python: list[str], optional: list[str]) -> None:
    analysis = analysed(project, BOTH)
    report = report_of(analysis, target_packages=choice)
    assert profile_of(analysis, target_packages=choice)["dependencies"]["python"] == python
    assert report["optional_packages"] == optional
    assert [(one["package"], one["on_venv_host"]) for one in report["target_packages"]] == [
        ("dbus-python", True),
        ("python-ldap>=3.0", False),
    ]
    (line,) = [one for one in report["evidence"] if one["distribution"].startswith("python-ldap")]
    assert (line["where"], line["hosts"], line["on_venv_host"]) == ("target", ["servers"], False)


@pytest.mark.parametrize("where", ["action", "lookup"])
def test_what_both_sides_require_is_required(project: Path, where: str) -> None:
    """By the action plugin of the module itself, or by another plugin."""
    name = "entry" if where == "action" else "seek"
    write(project, f"collections/ansible_collections/mine/own/plugins/{where}/{name}.py", "import ldap\n")
    task = TASK if where == "action" else "{mine.own.entry: {}}, {debug: {msg: \"{{ lookup('mine.own.seek') }}\"}}"
    write(
        project,
        "collections/ansible_collections/mine/own/meta/execution-environment.yml",
        "{version: 3, dependencies: {python: [python-ldap>=3.0]}}\n",
    )
    report = report_of(analysed(project, play(task=task)), target_packages="none")
    assert report["target_packages"] == report["optional_packages"] == []
    analysis = analysed(project, play(task=task))
    assert profile_of(analysis, target_packages="none")["dependencies"]["python"] == ["python-ldap>=3.0"]


@pytest.mark.parametrize(
    ("path", "task"),
    [
        ("collections/ansible_collections/mine/own/plugins/action/run.py", "{mine.own.run: {}}"),
        ("action_plugins/run.py", "{run: {}}"),
        ("elsewhere/run.py", "{run: {}}"),
    ],
)
def test_an_action_without_a_module_runs_on_the_controller(project: Path, path: str, task: str) -> None:
    write(project, path, "import ldap\n")
    write(project, "ansible.cfg", "[defaults]\naction_plugins = elsewhere\n")
    evidence = analysed(project, play(task=task)).evidence
    assert [(one.distribution, one.where) for one in evidence] == [("python-ldap", "controller")]


BINDEP = "# comment\npython3-ldap [platform:dpkg]\npython3-ldap [platform:rpm] >=3  # more\nlibldap2-dev [compile]\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("bindep.txt", BINDEP),
        ("meta/execution-environment.yml", "{version: 3, dependencies: {system: needs.txt}}\n"),
        ("meta/execution-environment.yml", f"{{dependencies: {{system: {[*BINDEP.splitlines()]}}}}}\n"),
    ],
)
def test_the_package_of_the_system_is_named(project: Path, path: str, text: str) -> None:
    write(project, f"collections/ansible_collections/mine/own/{path}", text)
    write(project, "collections/ansible_collections/mine/own/needs.txt", BINDEP)
    found = {one.package: one.system for one in packages_of(analysed(project, BOTH)).targets}
    assert found == {
        "python-ldap>=3.0": ("python3-ldap [platform:dpkg]", "python3-ldap [platform:rpm] >=3"),
        "dbus-python": (),
    }
    assert report_of(analysed(project, BOTH))["system_packages"] == [
        {"collection": "mine.own", "entry": f"python3-ldap {rest}", "where": ["target"]}
        for rest in ("[platform:dpkg]", "[platform:rpm] >=3")
    ]


def test_the_package_of_the_system_is_for_where_plugins_run(project: Path) -> None:
    write(project, "collections/ansible_collections/mine/own/bindep.txt", "krb5-devel\n")
    write(project, "collections/ansible_collections/mine/own/plugins/lookup/seek.py", "import json\n")
    seek = "{debug: {msg: \"{{ lookup('mine.own.seek') }}\"}}"
    found = {
        task: [one["where"] for one in report_of(analysed(project, play(task=task)))["system_packages"]]
        for task in (seek, TASK, f"{seek}, {TASK}")
    }
    assert list(found.values()) == [[["controller"]], [["target"]], [["controller", "target"]]]


@pytest.mark.parametrize("entry", ["python-ldap", "Python_LDAP", " python-ldap", "~python-.*", "~PYTHON.LDAP"])
def test_what_the_user_excludes_is_left_out(project: Path, entry: str) -> None:
    analysis = analysed(project, BOTH, "other")
    profile = profile_of(analysis, target_packages="all", exclude=[entry])
    assert profile["dependencies"]["python"] == ["dbus-python"]
    assert profile["dependencies"]["exclude"] == {"python": [entry]}
    report = report_of(analysis, exclude=[entry])
    assert [one["package"] for one in report["target_packages"]] == ["dbus-python"]
    assert report["left_out"] == [{"package": "python-ldap>=3.0", "reason": f"exclude has {entry.strip()}"}]
    assert any(one["distribution"].startswith("python-ldap") for one in report["evidence"])


@pytest.mark.parametrize("entry", ["ldap", "~ldap", "python-ldap3", "~python"])
def test_what_an_entry_does_not_name_stays(project: Path, entry: str) -> None:
    packages = packages_of(analysed(project, BOTH), "all", [entry])
    assert [one.package for one in packages.targets] == ["dbus-python", "python-ldap>=3.0"]
    assert not packages.excluded


@pytest.mark.parametrize(
    ("entry", "message"), [(" ", "exclude: an entry is empty"), ("~[", "exclude: '~\\[' is not a regular")]
)
def test_an_entry_that_excludes_nothing_is_an_error(entry: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_exclude(["six", entry])
