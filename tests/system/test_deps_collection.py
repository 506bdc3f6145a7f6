# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""collection_deps of collections, for real: against ansible-builder, and up to a venv for the plugins."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from controller import Controller
from environments import Environment, environment, uv_environment

REAL = ("ansible.posix", "community.docker", "community.postgresql", "grafana.grafana", "infinidat.infinibox",
        "kubevirt.core", "vmware.vmware_rest")  # fmt: skip
ODD = {
    "galaxy.yml": "namespace: acme\nname: odd\nversion: 1.0.0\n",
    "meta/execution-environment.yaml": "version: 1\ndependencies: {python: reqs/all.txt, system: sys.txt}\n",
    "reqs/all.txt": "# the first\nSix>=1   # why\n\n-r more.txt\nPyTest\nlxml[html] ; python_version < '4'\n"
    "tool @ git+https://host.example/tool.git\n  \nansible-core\ngit+https://host.example/other.git#egg=other\n",
    "reqs/more.txt": "--requirement ../third.txt\nnetaddr\n",
    "third.txt": "a.b_c==1.*\n",
    "sys.txt": "# none\nrsync [platform:rpm]  # files\ngcc [compile]\npython [x]\n\nlibx >=1 [test]\n",
    "requirements.txt": "not-taken\n",
    "plugins/modules/site.py": "import six\nimport jmespath\n",
}


def task(directory: Path, wheelhouse: Path, **options: Any) -> dict[str, Any]:
    source = {"collections_source": "community_package", "find_links": [str(wheelhouse)], "offline": True}
    common = {"store": str(directory / "store"), **source}
    return {"mobile_ansible.venv.collection_deps": {"subject": "collection", **common, **options}}


def play(controller: Controller, directory: Path, *tasks: dict[str, Any]) -> None:
    playbook = directory / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    run = controller.playbook(playbook, cwd=directory)
    assert run.returncode == 0, run.output


def introspected(tree: Path) -> dict[tuple[str, str], set[str]]:
    """The lines that ansible-builder takes, by kind and collection, with single blanks; it warns before them."""
    builder = environment("builder").program("ansible-builder")
    run = subprocess.run(
        [builder, "introspect", tree], env=uv_environment(), capture_output=True, text=True, check=True
    )
    found: dict[tuple[str, str], set[str]] = {}
    for kind, lines in yaml.safe_load(run.stdout.partition("---\n")[2]).items():
        for line in lines:
            match = re.fullmatch(r"(.*?)(?:  # from collection (\S+))?", line)
            assert match is not None
            found.setdefault((kind, match[2] or "acme.odd"), set()).add(" ".join(match[1].split()))
    return found


def test_what_is_declared_is_what_ansible_builder_takes(
    controller: Controller, tmp_path: Path, wheelhouse: Path, whole_ansible: Environment
) -> None:
    odd = tmp_path / "ansible_collections" / "acme" / "odd"
    for name, text in ODD.items():
        (odd / name).parent.mkdir(parents=True, exist_ok=True)
        (odd / name).write_text(text)
    (installed,) = whole_ansible.path.glob("lib/python3*/site-packages")
    paths = [str(installed / "ansible_collections" / name.replace(".", "/")) for name in REAL]
    analyse = task(tmp_path, wheelhouse, path="{{ item }}", unresolved="warn")
    answer = tmp_path / "answer.json"
    save = {"copy": {"content": "{{ out.results | map(attribute='declared') | to_json }}", "dest": str(answer)}}
    play(controller, tmp_path, {**analyse, "loop": [*paths, str(odd)], "register": "out"}, save)
    declared = json.loads(answer.read_text())
    assert [one["collection"] for one in declared] == [*REAL, "acme.odd"]
    theirs = {**introspected(installed), **introspected(tmp_path)}
    for one in declared:
        name = one["collection"]
        assert {line["package"] for line in one["python"]} == theirs.get(("python", name), set()), name
        assert {" ".join(line.split()) for line in one["system"]} == theirs.get(("system", name), set()), name
    assert any(one["python"] for one in declared[:-1]) and any(one["system"] for one in declared[:-1])


def test_a_venv_for_some_plugins_of_a_collection(controller: Controller, tmp_path: Path, wheelhouse: Path) -> None:
    source = {"collections_source": "community_package", "find_links": [str(wheelhouse)], "offline": True}
    common = {"store": str(tmp_path / "store"), **source}
    build = {"name": "plugins", "profile": "{{ out.profile }}", "optional_packages": "{{ out.optional_packages }}"}
    analyse = task(tmp_path, wheelhouse, path="community.general:>=11", plugins=["json_query", "action:shutdown"])
    uses = "{{ out.plugins | map(attribute='name') | sort | join(' ') }} {{ out.differences.undeclared | to_json }}"
    play(
        controller,
        tmp_path,
        {**analyse, "register": "out"},
        {"copy": {"content": uses, "dest": str(tmp_path / "said")}},
        {"copy": {"content": "{{ out.ansible_core | to_json }}", "dest": str(tmp_path / "core")}},
        {"mobile_ansible.venv.shared_venv": {**common, **build}},
    )
    core = json.loads((tmp_path / "core").read_text())
    assert [one["collection"] for one in core["requires_ansible"]] == ["community.general"]
    assert (core["fits"], core["python"]) == (True, {"controller": ">=3.11", "target": ">=3.8"})
    names, _blank, undeclared = (tmp_path / "said").read_text().partition(" [")
    assert names == "community.general.json_query community.general.shutdown"
    assert [one["package"] for one in json.loads(f"[{undeclared}")] == ["jmespath"]
    python = tmp_path / "store" / "plugins" / "bin" / "python"
    imported = "import jmespath, ansible_collections.community.general.plugins.filter.json_query"
    subprocess.run([python, "-c", imported], check=True)
