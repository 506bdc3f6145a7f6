# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Test derived packages by imports: ``oracle_deps.py [FILE]`` for the plugins in FILE, a line ``KIND NAME`` each.

The analysis says which distributions a plugin requires. A venv gets these alone: for a module without ansible-core and
what that requires, because the host of a task has only the files that Ansible sends. The plugin is imported there as
Ansible does it. Then each required distribution is removed once, and the plugin has to fail, or to remember that it
cannot run. Plugins with equal requirements share a venv.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environments import environment, uv
from places import clean_environment, collection_tree

HERE = Path(__file__).resolve().parent
#: What a line of the report says about a required distribution that was removed.
FAILS, REMEMBERS, LATER, UNSEEN = "fails", "remembers", "imports it when it runs", "unseen"
#: Where a playbook names a plugin of each kind.
_PLAYS = {
    "module": {"tasks": [{"{}": {}}]},
    "lookup": {"tasks": [{"debug": {"msg": "{{{{ lookup('{}') }}}}"}}]},
    "filter": {"tasks": [{"debug": {"msg": "{{{{ x | {} }}}}"}}]},
    "test": {"tasks": [{"debug": {"msg": "{{{{ x is {} }}}}"}}]},
    "connection": {"connection": "{}"},
    "become": {"become_method": "{}"},
    "strategy": {"strategy": "{}"},
}
_NOTHING: dict[str, Any] = {"error": "", "missing": {}, "state": {}, "later": []}
#: The ansible-core of the community package.
_CORE = "ansible-core==2.19.*"
_SETTINGS = {
    "callback": "[defaults]\ncallbacks_enabled = {}\n",
    "cache": "[defaults]\nfact_caching = {}\n",
    "vars": "[defaults]\nvars_plugins_enabled = {}\n",
    "inventory": "[defaults]\ninventory = hosts.yml\n",
}


@dataclass(frozen=True, order=True)
class NamedPlugin:
    """A plugin by its kind and full name."""

    kind: str
    name: str


@dataclass(frozen=True)
class Derived:
    """What the analysis derives for a plugin on one side: ``controller`` or ``target``."""

    plugin: NamedPlugin
    side: str
    required: tuple[str, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """What importing the plugin showed: with all that is required, and by each distribution without that."""

    derived: Derived
    error: str
    missing: Mapping[str, str] = field(default_factory=dict)
    guards: Sequence[str] = ()
    without: Mapping[str, str] = field(default_factory=dict)


def derived(plugin: NamedPlugin, collections: Path, core: Path) -> Iterator[Derived]:
    """What the analysis says about a plugin that a small project uses, for each side that has to run code of it."""
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps import sandbox
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory

    def source(name: str, /) -> CollectionDirectory | None:
        path = collections / "ansible_collections" / Path(*name.split("."))
        return CollectionDirectory(name, "1.0.0", path) if path.is_dir() else None

    with tempfile.TemporaryDirectory() as directory:
        write_project(Path(directory), plugin)
        request = sandbox.AnalysisRequest(directory, ["site.yml"], str(core), unresolved="warn")
        report = sandbox.analyse_in_sandbox(request, source=source).report
    lines = [one for one in report["evidence"] if one["kind"] == plugin.kind and one["name"] == plugin.name]
    sides = {"target"} if plugin.kind == "module" else {"controller"}
    for side in sorted(sides | {one["where"] for one in lines if one["distribution"]}):
        here = [one for one in lines if one["where"] == side and one["distribution"]]
        required = {one["distribution"] for one in here if one["required"]}
        yield Derived(
            plugin,
            side,
            tuple(sorted(required)),
            tuple(sorted({one["distribution"] for one in here} - required)),
        )


def write_project(root: Path, plugin: NamedPlugin) -> None:
    """A project that uses the plugin and nothing else."""
    play = _PLAYS.get(plugin.kind, {"tasks": []})
    text = (
        json.dumps(play).replace("{}", "\0").replace("{{{{", "{{").replace("}}}}", "}}").replace("\0", plugin.name, 1)
    )
    text = text.replace("\0", "{}")
    (root / "site.yml").write_text(json.dumps([{"hosts": "localhost", **json.loads(text)}]))
    if plugin.kind in _SETTINGS:
        (root / "ansible.cfg").write_text(_SETTINGS[plugin.kind].format(plugin.name))
    (root / "hosts.yml").write_text(f"plugin: {plugin.name}\n" if plugin.kind == "inventory" else "all: {}\n")


#: A few plugins of all sorts, with what they require.
SAMPLE = {
    NamedPlugin("filter", "community.general.json_query"): ("jmespath",),
    NamedPlugin("filter", "ansible.utils.ipaddr"): ("netaddr>=0.10.1",),
    NamedPlugin("module", "community.crypto.x509_certificate"): ("cryptography>=3.3",),
    NamedPlugin("module", "community.docker.docker_container"): ("requests",),
    NamedPlugin("connection", "community.docker.docker_api"): ("requests",),
    NamedPlugin("module", "theforeman.foreman.host"): ("requests>=2.4.2",),
    NamedPlugin("module", "community.general.ini_file"): (),
}


class Oracle:
    """Imports plugins in venvs below ``directory``; ``options`` are those of ``uv pip install``."""

    def __init__(self, directory: Path, collections: Path, options: Sequence[str] = ()) -> None:
        self._directory = directory
        self._collections = collections
        self._options = [*options, "--only-binary", ":all:"]

    def look(self, plugins: Sequence[Derived]) -> Iterator[Seen]:
        """What each plugin shows."""
        payloads = self._payloads([one.plugin.name for one in plugins if one.plugin.kind == "module"])
        groups: defaultdict[tuple[str, tuple[str, ...]], list[Derived]] = defaultdict(list)
        for one in plugins:
            groups[one.side, one.required].append(one)
        for number, ((side, required), group) in enumerate(groups.items()):
            venv = self._directory / f"venv-{number}"
            try:
                self._make(venv, side, required)
            except subprocess.CalledProcessError as error:
                reason = error.stderr.strip()[-600:]
                yield from (Seen(one, f"its requirements cannot be installed: {reason}") for one in group)
                continue
            yield from self._group(venv, required, group, payloads)
            subprocess.run(["rm", "-rf", str(venv)], check=True)

    def _group(
        self, venv: Path, required: Sequence[str], group: Sequence[Derived], payloads: Mapping[str, Any]
    ) -> Iterator[Seen]:
        whole = {one: self._import(venv, one, payloads) for one in group}
        without: dict[Derived, dict[str, str]] = {one: {} for one in group}
        for requirement in required:
            name = distribution_of(requirement)
            modules, version = self._content(venv, name)
            self._uv("pip", "uninstall", name, venv=venv)
            for one in group:
                without[one][name] = ended(whole[one], self._import(venv, one, payloads), modules)
            self._install(venv, ["--no-deps", f"{name}=={version}"])
        for one, seen in whole.items():
            yield Seen(one, seen["error"], seen["missing"], unsatisfied(seen), without[one])

    def _payloads(self, names: Sequence[str]) -> dict[str, Any]:
        """What Ansible would send for each module."""
        if not names:
            return {}
        argv = [environment("whole").program("python"), str(HERE / "oracle_payload.py"), str(self._collections)]
        answer: dict[str, Any] = json.loads(self._run([*argv, str(self._directory / "payloads"), *names]))
        return answer

    def _import(self, venv: Path, one: Derived, payloads: Mapping[str, Any]) -> dict[str, Any]:
        argv = [str(venv / "bin" / "python"), "-I", "-B", str(HERE / "oracle_import.py")]
        if one.side == "target" and one.plugin.kind == "module":
            payload = payloads[one.plugin.name]
            if "error" in payload:
                # On the host of a task nothing of a module runs whose work an action plugin does.
                return {**_NOTHING, "error": "" if payload["action"] else payload["error"]}
            argv += ["payload", payload["where"], payload["module"]]
        else:
            kind = "action" if one.plugin.kind == "module" else one.plugin.kind
            argv += ["loader", str(self._collections), kind, one.plugin.name]
        try:
            answer: dict[str, Any] = json.loads(self._run(argv))
        except subprocess.CalledProcessError as error:
            return {**_NOTHING, "error": error.stderr.strip()[-600:]}
        return answer

    def _make(self, venv: Path, side: str, required: Sequence[str]) -> None:
        self._run([uv(), "venv", "-q", "--no-project", "--python", sys.executable, str(venv)])
        packages = [*required, *([_CORE] if side == "controller" else [])]
        if packages:
            self._install(venv, packages)

    def _install(self, venv: Path, packages: Sequence[str]) -> None:
        self._uv("pip", "install", *self._options, *packages, venv=venv)

    def _uv(self, *arguments: str, venv: Path) -> None:
        self._run([uv(), *arguments, "-q", "--python", str(venv / "bin" / "python")])

    def _content(self, venv: Path, name: str) -> tuple[set[str], str]:
        """The names that a distribution gives to ``import``, and its version."""
        code = (
            "import importlib.metadata as m, json, sys; d = m.distribution(sys.argv[1]); "
            "print(json.dumps([sorted({f.parts[0].partition('.')[0] for f in d.files or []}), d.version]))"
        )
        modules, version = json.loads(self._run([str(venv / "bin" / "python"), "-I", "-c", code, name]))
        return set(modules), version

    def _run(self, argv: Sequence[str]) -> str:
        env = clean_environment(HOME=str(self._directory))
        done = subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, check=True, timeout=600)
        return done.stdout


def distribution_of(requirement: str) -> str:
    """The name in a requirement."""
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._packaging.requirement import parse_requirement

    return parse_requirement(requirement, where="the analysis").name


def unsatisfied(seen: Mapping[str, Any]) -> list[str]:
    """The names by which the modules of a plugin say that something is not there."""
    return sorted(
        f"{module.removeprefix('ansible_collections.')}.{name}"
        for module, names in seen["state"].items()
        for name, value in names.items()
        if module.startswith("ansible_collections.")
        and (value == "False" and name.upper().startswith(("HAS", "HAVE")) or value == "error")
    )


def ended(whole: Mapping[str, Any], without: Mapping[str, Any], modules: set[str]) -> str:
    """How a plugin shows that a distribution with these modules is not there."""
    if without["error"] and without["error"] != whole["error"]:
        return FAILS
    if without["state"] != whole["state"]:
        return REMEMBERS
    return LATER if modules & set(without["later"]) else UNSEEN


def main() -> None:
    """Print a line for each plugin, and the totals."""
    sys.path.insert(0, str(collection_tree()))
    site = community_package()
    lines = Path(sys.argv[1]).read_text().splitlines() if len(sys.argv) > 1 else []
    plugins = [NamedPlugin(*line.split()) for line in lines if line.strip()] or list(SAMPLE)
    asked = [one for plugin in plugins for one in derived(plugin, site, site / "ansible")]
    totals: defaultdict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory() as directory:
        for seen in Oracle(Path(directory), site).look(asked):
            totals["imported" if not seen.error else "not imported"] += 1
            for how in seen.without.values():
                totals[how] += 1
            sys.stdout.write(json.dumps(report(seen)) + "\n")
            sys.stdout.flush()
    sys.stdout.write(json.dumps(totals) + "\n")


def community_package() -> Path:
    """The directory of packages that has ansible-core and the collections of the `ansible` package."""
    (path,) = environment("whole").path.glob("lib/python3*/site-packages")
    return path


def report(seen: Seen) -> dict[str, Any]:
    """A line about a plugin."""
    one = seen.derived
    return {
        "plugin": f"{one.plugin.kind} {one.plugin.name}",
        "side": one.side,
        "required": one.required,
        "optional": one.optional,
        "error": seen.error,
        "missing": sorted({name.partition(".")[0] for name in seen.missing}),
        "guards": seen.guards,
        "without": seen.without,
    }


if __name__ == "__main__":
    main()
