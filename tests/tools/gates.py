# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The gates that a change must pass. Run as a program: the gates named, or all; ends with a summary and 0 or 1.

As many steps run side by side as there are processors. The system tests come first: they take longest, and two thirds
of their time other programs work for them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hosts
from ansible_test import AnsibleTest, ansible_test, checkout_files, with_oldest_python
from environments import SetUpError, environment
from interpreters import Version
from places import BUILD, COLLECTION, MOLECULE_HOSTS, ROOT, clean_environment, collection_tree
from steps import Check, NotSetUp, Skip, Step, run_all, summary
from wheelhouse import wheelhouse

_Make = Callable[[str, AnsibleTest], Check]

# For each core that is tested, the newest last: the Pythons that can run it, the preferred one first.
CORES: dict[str, tuple[Version, ...]] = {"2.19": ((3, 11), (3, 12), (3, 13)), "2.21": ((3, 13), (3, 12), (3, 14))}
OLDEST_CORE, *_, NEWEST_CORE = CORES
# Modules run on hosts with this and later.
OLDEST_PYTHON: Version = (3, 9)


def unit() -> Iterator[Step]:
    """The fast loop: plain pytest over the pure parts."""
    yield _pytest("unit", "tests/unit", "tests/tools", "--numprocesses=2", "--dist=worksteal")


def system() -> Iterator[Step]:
    """Real ansible-playbook, real venvs, real hosts."""
    # Tests of a file share what is costly to make; conftest.py puts the files that take longest first.
    how = ("--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder")
    yield _pytest("system", "tests/system", "-m", "not destructive", *how)


def destructive() -> Iterator[Step]:
    """What is sampled in the quick gate, whole: faults at each step of a build, kills, power cuts."""
    yield _pytest("destructive", "tests/system", "-m", "destructive", "--numprocesses=2", "--dist=load")


def _pytest(name: str, *arguments: str) -> Check:
    junit = BUILD / "junit" / name
    argv = [environment("dev").program("pytest"), *arguments, f"--junitxml={junit / 'results.xml'}"]
    argv += ["-o", f"cache_dir={BUILD / 'cache' / 'pytest'}"]
    return Check(name, argv, _environment(), cwd=ROOT, junit=junit)


def _environment() -> dict[str, str]:
    """The programs of the dev environment first on PATH, the collection where they look for it, a home in build/."""
    home = BUILD / "home"
    home.mkdir(parents=True, exist_ok=True)
    env = clean_environment(ANSIBLE_COLLECTIONS_PATH=str(collection_tree()), HOME=str(home))
    env["PATH"] = f"{environment('dev').path / 'bin'}:{env['PATH']}"
    return env


def lint() -> Iterator[Step]:
    """Form, types, licences, documentation, changelog."""
    dev, env = environment("dev"), _environment()
    tree = (collection_tree() / COLLECTION).relative_to(ROOT)
    files = [name for name in checkout_files() if name.endswith((".yml", ".yaml"))]
    checks: dict[str, list[str]] = {
        "ruff check": ["check", "."],
        "ruff format": ["format", "--check", "."],
        "shellcheck": [".ci/run"],
        "mypy": [str(tree / "plugins"), str(tree / "tests" / "unit"), str(tree / "tests" / "system"), "tests/tools"],
        "yamllint": ["--strict", *files],
        "reuse": ["lint", "--lines"],
        "antsibull-changelog": ["lint"],
        "antsibull-docs": [
            "lint-collection-docs",
            "--plugin-docs",
            "--validate-collection-refs=self",
            "--skip-rstcheck",
            ".",
        ],
        "ansible-lint": ["--offline", "--profile", "production"],
    }
    for name, arguments in checks.items():
        yield Check(name, [dev.program(name.split()[0]), *arguments], env, cwd=ROOT)


def sanity() -> Iterator[Step]:
    """ansible-test's own look at every file."""
    for core in CORES:
        # What only looks at the text of files finds the same with each core: the newest has the strictest rules.
        only = (
            ()
            if core == NEWEST_CORE
            else _tests("compile", "import", "validate-modules", "ansible-doc", "runtime-metadata")
        )
        yield from _on_core(core, "sanity", _junit_check("sanity", "--junit", *only))
    yield from _on_oldest_python("sanity", _junit_check("sanity", "--junit", *_tests("compile", "import")))


def _tests(*names: str) -> tuple[str, ...]:
    return tuple(argument for name in names for argument in ("--test", name))


def units() -> Iterator[Step]:
    """The unit tests once more, as ansible-test loads a collection: on the oldest Python, and on another core.

    The gate ``unit`` has the core that fits this Python: the oldest on 3.11, the newest on later ones.
    """
    other = NEWEST_CORE if sys.version_info < (3, 12) else OLDEST_CORE
    yield from _on_core(other, "units", _junit_check("units", "--num-workers", "1"))
    yield from _on_oldest_python("units", _junit_check("units", "--num-workers", "1"))


def integration() -> Iterator[Step]:
    """Each module run for real: check, real, check, real."""
    for core in CORES:
        yield from _on_core(core, "integration", _integration_check)


def _on_core(core: str, name: str, make: _Make) -> Iterator[Step]:
    label, pythons = f"{name} on core {core}", CORES[core]
    if tool := ansible_test(core, pythons=pythons, purpose=f"{name}-{core}"):
        yield make(label, tool)
    else:
        wanted = " or ".join(f"{major}.{minor}" for major, minor in pythons)
        yield Skip(label, f"ansible-core {core} needs Python {wanted}, which is not here")


def _on_oldest_python(name: str, make: _Make) -> Iterator[Step]:
    python = "{}.{}".format(*OLDEST_PYTHON)
    label = f"{name} on Python {python}"
    tool = ansible_test(OLDEST_CORE, pythons=CORES[OLDEST_CORE], purpose=f"{name}-{python}")
    if tool and (older := with_oldest_python(tool, version=OLDEST_PYTHON)):
        yield make(label, older)
    else:
        yield Skip(label, f"there is no Python {python} here to try modules with")


def _junit_check(command: str, *options: str) -> _Make:
    def make(label: str, tool: AnsibleTest) -> Check:
        junit = tool.directory / "tests" / "output" / "junit"
        return Check(label, tool.argv(command, *options), tool.env, tool.directory, junit)

    return make


def _integration_check(label: str, tool: AnsibleTest) -> Check:
    return Check(label, tool.argv("integration"), tool.env, tool.directory)


def importer() -> Iterator[Step]:
    """The tarball as a Galaxy server would inspect it."""
    program = [sys.executable, str(ROOT / "tests" / "tools" / "importer.py")]
    yield Check("importer", program, clean_environment(), cwd=ROOT)


def molecule() -> Iterator[Step]:
    """The role on two real hosts without network access."""
    if reason := hosts.missing():
        yield Skip("molecule", reason)
        return
    environment("torrent")  # that of the seeder
    env = _environment() | {"HOSTS_STATE": str(MOLECULE_HOSTS), "WHEELHOUSE": str(wheelhouse())}
    argv = [environment("dev").program("molecule"), "test", "--all"]
    after = [sys.executable, str(Path(hosts.__file__)), "destroy", str(MOLECULE_HOSTS)]
    yield Check("molecule", argv, env, cwd=ROOT, after=after)


GATES: dict[str, Callable[[], Iterator[Step]]] = {
    gate.__name__: gate for gate in (system, molecule, unit, lint, importer, sanity, units, integration)
}


def main(names: list[str]) -> int:
    known = {**GATES, destructive.__name__: destructive}
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"No gate is called {', '.join(unknown)}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    steps = (step for name in names or GATES for step in _steps(name, known[name]))
    results = run_all(steps, jobs=os.cpu_count() or 1, logs=BUILD / "logs")
    print(summary(results), flush=True)
    return 1 if any(result.failed for result in results) else 0


def _steps(name: str, gate: Callable[[], Iterator[Step]]) -> Iterator[Step]:
    """The steps of a gate, as far as its environments can be made."""
    try:
        yield from gate()
    except SetUpError as error:
        yield NotSetUp(name, str(error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
