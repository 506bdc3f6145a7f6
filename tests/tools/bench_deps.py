# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""`make bench-deps`: the analysis of real projects, against ansible-playbook itself and what people do otherwise.

The projects are packages of the index that contain playbooks, fetched and unpacked into build/bench. Whether an answer
is right is not asked of the analysis: ansible-playbook has to accept each playbook with the derived collections alone
that it accepts with all collections of the `ansible` package. CPU seconds and memory are those of all processes of a
program: with an empty store but for the collections (cold), with what the store keeps of collections (warm), and for
unchanged input; each the median of RUNS. ONLY in the environment limits it to one project, PLAYBOOKS to so many
playbooks of each.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from cost import call, remove
from environments import SetUpError, environment, uv
from places import BUILD, ROOT, clean_environment, collection_tree
from wheelhouse import wheelhouse

BENCH = BUILD / "bench" / "deps"
STORE = BENCH / "store"
#: The packages, and where in each the playbooks are.
#: ``bifrost`` is none of them: no wheel that was opened, from 5.1.5 to 21.1.0, has a playbook.
PROJECTS = {
    "kolla-ansible==22.2.0": "*.data/data/share/kolla-ansible/ansible",
    "kayobe==18.6.0": "*.data/data/share/kayobe/ansible",
    "tripleo-ansible==6.0.0": "*.data/data/share/ansible",
    "debops==3.3.2": "debops/_data/ansible/collections/ansible_collections/debops/debops",
}
#: A name with two dots, as people look for them.
_NAME = re.compile(r"\b([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)\.[a-z_][a-z0-9_]*\b")
#: What ansible-lint says of a module that it does not find.
_NOT_FOUND = re.compile(r"(?:resolve module/action|Error loading plugin) '(\w+\.\w+\.[\w.]+)'")


@dataclass(frozen=True)
class Ended:
    """A program that ended: CPU seconds and the largest memory of its processes in bytes."""

    code: int
    output: str
    cpu: float
    memory: int


@dataclass
class Row:
    """What was measured of one project: CPU seconds of each playbook, and memory."""

    name: str
    playbooks: int = 0
    answers: int = 0
    accepted: int = 0
    accepted_with_all: int = 0
    collections: set[str] = field(default_factory=set)
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    listed: list[float] = field(default_factory=list)
    memory: int = 0
    by_name: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    linted: set[str] = field(default_factory=set)


def main() -> None:
    try:
        rows = [_measured(name, root) for name, root in _fetched()]
    except SetUpError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed with {error.returncode}:\n{error.output}")
    print(_report(rows))


def _fetched() -> Iterator[tuple[str, Path]]:
    """The projects, unpacked once."""
    sources = BENCH / "sources"
    for package, pattern in PROJECTS.items():
        name, _equals, version = package.partition("==")
        if name != os.environ.get("ONLY", name):
            continue
        target = BENCH / "projects" / package
        if not target.is_dir():
            argv = [environment("installer").program("pip"), "download", "--quiet", "--no-deps"]
            call([*argv, "--only-binary", ":all:", "--dest", str(sources), package], env=clean_environment())
            (wheel,) = sources.glob(f"{name.replace('-', '_')}-{version}-*.whl")
            with zipfile.ZipFile(wheel) as opened:
                opened.extractall(target)
        (root,) = target.glob(pattern)
        yield name, root


def _measured(name: str, root: Path) -> Row:
    row, bench = Row(name), Bench(root)
    known = bench.known()
    row.by_name = {found for found in _names(root) if found in known}
    row.declared = set(_declared(root))
    for playbook in list(_playbooks(root))[: int(os.environ.get("PLAYBOOKS", "8"))]:
        row.playbooks += 1
        bench.measure(playbook, row)
    return row


def _playbooks(root: Path) -> Iterator[Path]:
    """The files of plays, as far as YAML tells; an order that mixes the sizes."""
    for path in sorted(root.rglob("*.yml"), key=lambda path: (path.stem[::-1], path)):
        if "roles" in path.relative_to(root).parts:
            continue
        try:
            document = yaml.safe_load(path.read_text())
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if isinstance(document, list) and any(isinstance(play, dict) and "hosts" in play for play in document):
            yield path


def _names(root: Path) -> Iterator[str]:
    for path in root.rglob("*"):
        if path.suffix in (".yml", ".yaml", ".j2") and path.is_file():
            yield from _NAME.findall(path.read_text(errors="replace"))


def _declared(root: Path) -> Iterator[str]:
    """What the project's own requirements.yml lists."""
    for path in (root / "requirements.yml", root.parent / "requirements.yml"):
        loaded = yaml.safe_load(path.read_text()) if path.is_file() else None
        for one in (loaded.get("collections") or ()) if isinstance(loaded, dict) else ():
            yield str(one.get("name") if isinstance(one, dict) else one)


class Bench:
    """The programs, with one store; what is in collections of its own has them on its path, as its users do."""

    def __init__(self, root: Path) -> None:
        home = BENCH / "home"
        home.mkdir(parents=True, exist_ok=True)
        self._whole = environment("whole")
        self._controller = environment("controller")
        path = f"{Path(uv()).parent}:{os.environ['PATH']}"
        own = [above.parent for above in root.parents if above.name == "ansible_collections"]
        self._collections = [collection_tree(), *own]
        self._env = clean_environment(HOME=str(home), PATH=path, ANSIBLE_COLLECTIONS_PATH=self._path_with())
        self._wheels = str(wheelhouse())

    def known(self) -> set[str]:
        """The collections of the `ansible` package."""
        (tree,) = self._whole.path.glob("lib/python3*/site-packages/ansible_collections")
        return {f"{path.parent.parent.name}.{path.parent.name}" for path in tree.glob("*/*/MANIFEST.json")}

    def measure(self, playbook: Path, row: Row) -> None:
        """The analysis three times, and what ansible-playbook says of it."""
        first = self._analysed(playbook)  # It fetches what is not in the store.
        names = ("cold", "warm", "unchanged", "listed")
        times: dict[str, list[float]] = {name: [] for name in names}
        for _run in range(int(os.environ.get("RUNS", "3"))):
            remove(STORE / ".analyses")
            cold = self._analysed(playbook)
            _forget_projects()
            warm, again = self._analysed(playbook), self._analysed(playbook)
            listed = _ended([self._whole.program("ansible-playbook"), "--list-tasks", str(playbook)], self._env)
            if not first.output == cold.output == warm.output == again.output:
                sys.exit(f"{playbook}: the analyses with a cold and a warm store differ")
            for name, one in zip(names, (cold, warm, again, listed), strict=True):
                times[name].append(one.cpu)
            row.memory = max(row.memory, cold.memory, warm.memory)
        for name in names:
            getattr(row, name).append(statistics.median(times[name]))
        with_all = self._accepts(self._whole.program("ansible-playbook"), playbook, {})
        row.accepted_with_all += with_all
        if first.code != 0:
            return
        row.answers += 1
        row.linted |= self._linted(playbook)
        collections = json.loads(first.output)["profile"]["dependencies"]["galaxy"]["collections"]
        row.collections |= {one["name"] for one in collections}
        row.accepted += with_all and self._accepts(
            self._controller.program("ansible-playbook"),
            playbook,
            {"ANSIBLE_COLLECTIONS_PATH": self._path_with(self._alone(collections))},
        )

    def _path_with(self, *others: Path) -> str:
        return os.pathsep.join(map(str, (*others, *self._collections)))

    def _analysed(self, playbook: Path) -> Ended:
        program = [self._controller.program("python"), str(ROOT / "bin" / "ansible-playbook-venv")]
        source = ["--venv-source", "community_package", "--venv-store", str(STORE)]
        source += ["--venv-find-links", self._wheels, "--venv-offline"]
        return _ended([*program, str(playbook), "--venv-json", *source], self._env)

    def _linted(self, playbook: Path) -> set[str]:
        """The collections that ansible-lint misses where there are none; each is mocked, so that it goes on."""
        missing: set[str] = set()
        while True:
            config = BENCH / "ansible-lint.yml"
            config.write_text(json.dumps({"mock_modules": sorted(missing)}))
            argv = [environment("dev").program("ansible-lint"), "--offline", "-q", "-f", "json", "-c", str(config)]
            env = {**self._env, "PATH": f"{environment('dev').path}/bin:{self._env['PATH']}"}
            said = _ended([*argv, str(playbook)], env, errors=subprocess.STDOUT).output
            found = set(_NOT_FOUND.findall(said)) - missing
            if not found:
                return {".".join(name.split(".")[:2]) for name in missing}
            missing |= found

    def _accepts(self, program: str, playbook: Path, env: Mapping[str, str]) -> bool:
        return _ended([program, "--syntax-check", str(playbook)], {**self._env, **env}).code == 0

    @staticmethod
    def _alone(collections: list[dict[str, Any]]) -> Path:
        """A directory with these collections and no other, from the store."""
        alone = BENCH / "alone"
        shutil.rmtree(alone, ignore_errors=True)  # it need not be there
        for one in collections:
            namespace, name = one["name"].split(".")
            (tree,) = (STORE / ".collections").glob(f"{one['name']}-{one['version']}-*/tree")
            (alone / "ansible_collections" / namespace).mkdir(parents=True, exist_ok=True)
            (alone / "ansible_collections" / namespace / name).symlink_to(tree)
        alone.mkdir(exist_ok=True)
        return alone


def _forget_projects() -> None:
    """Take the cached analyses of projects out of the store; what is known of collections stays."""
    for path in (STORE / ".analyses").glob("*.json"):
        if "looked" in json.loads(path.read_text()):
            path.unlink()


def _ended(argv: list[str], env: Mapping[str, str], *, errors: int = subprocess.DEVNULL) -> Ended:
    """Run a program to its end; CPU seconds and memory are those of its processes as well."""
    with (BENCH / "output").open("w+b") as output:
        process = subprocess.Popen(
            argv, cwd=BENCH, env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    return Ended(process.returncode, said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _report(rows: list[Row]) -> str:
    lines = [
        "| project | playbooks | answers | accepted by Ansible, of those it accepts with all | collections | "
        "names with two dots | declared | ansible-lint | CPU s: cold | warm | unchanged | --list-tasks | "
        "warm for 1 of --list-tasks, slower | memory |",
        f"|{'---|' * 14}",
    ]
    for row in rows:
        ratios = [warm / listed for warm, listed in zip(row.warm, row.listed, strict=True)]
        cells = [
            row.name,
            row.playbooks,
            row.answers,
            f"{row.accepted} of {row.accepted_with_all}",
            len(row.collections),
            _compared(row.by_name, row.collections),
            _compared(row.declared, row.collections),
            _compared(row.linted, row.collections),
            *(f"{statistics.median(one):.2f}" for one in (row.cold, row.warm, row.unchanged, row.listed)),
            f"{statistics.geometric_mean(ratios):.2f}, {sum(one > 1 for one in ratios)} of {len(ratios)}",
            f"{row.memory >> 20} MiB",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _compared(found: set[str], derived: set[str]) -> str:
    return f"{len(found & derived)} of them, {len(found - derived)} others"


if __name__ == "__main__":
    main()
