# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Tools that people use every day, through a project's link to a shared venv: direnv, uv, pip, editors, pytest.

Activation in bash, zsh and fish, and pip of the venv itself, are in test_shared_venv_over_time.py.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import debian
import pytest
from environments import Environment, environment
from polling import wait_until
from shared_venv_process import SharedVenvProcess, built, installed

NAME = "site"
PACKAGES = ["pip", "pytest==9.0.2", "six==1.16.0"]
NEXT = ["pip", "pytest==9.0.3", "six==1.17.0"]
VERSIONS = "import sys, six; print(sys.prefix, six.__version__)"


@dataclass(frozen=True)
class Project:
    """A directory whose ``venv`` is a link to the shared venv ``name`` in ``store``; ``home`` is its user's."""

    directory: Path
    store: Path
    home: Path
    name: str = NAME

    @property
    def generation(self) -> Path:
        """The directory that the link leads to in the end."""
        return (self.directory / "venv").resolve()

    def build(self, packages: list[str]) -> None:
        built(store=str(self.store), name=self.name, packages=packages)

    def link(self, name: str = "venv") -> None:
        options: dict[str, Any] = {
            "project": str(self.directory),
            "name": name,
            "target": self.name,
            "store": str(self.store),
        }
        answer = SharedVenvProcess.start(module="venv_symlink", **options).result()
        assert not answer.get("failed"), answer["msg"]

    def run(self, *argv: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the project as its user, with nothing of the caller's environment."""
        env = {"HOME": str(self.home), "LANG": "C.UTF-8", "PATH": debian.PATH, **environment}
        return subprocess.run(
            list(map(str, argv)), env=env, cwd=self.directory, capture_output=True, text=True, check=False, timeout=120
        )

    def said(self, *argv: str | Path, **environment: str) -> str:
        """What a program printed; it must succeed."""
        done = self.run(*argv, **environment)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout


def new_project(directory: Path, *, name: str = NAME, store: Path | None = None) -> Project:
    project = Project(directory / "my project", store or directory / "store", directory / "home", name)
    project.directory.mkdir()
    project.home.mkdir()
    project.build(PACKAGES)
    project.link()
    return project


@pytest.fixture(scope="module", name="project")
def fixture_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that the tests of this file share; they only look at its venv."""
    return new_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(name="moving")
def fixture_moving(project: Project, tmp_path: Path) -> Project:
    """A project whose shared venv is this test's alone, to be changed."""
    return new_project(tmp_path, name=tmp_path.name, store=project.store)


@pytest.fixture(scope="session", name="editors")
def fixture_editors() -> Environment:
    """The engines of language servers, and a type checker, in an environment of their own."""
    return environment("editors")


ENVRC = {
    "activate": "source venv/bin/activate",
    "path": "PATH_add venv/bin",
    "layout": "export VIRTUAL_ENV=venv\nlayout python3",
}


@pytest.mark.parametrize("way", ENVRC)
def test_direnv_enters_it_and_follows(moving: Project, way: str) -> None:
    direnv = debian.program("direnv")
    if direnv is None:
        pytest.skip("direnv is not installed")
    (moving.directory / ".envrc").write_text(f"{ENVRC[way]}\n")
    moving.said(direnv, "allow", ".")
    script = f'command -v python; command -v pytest; echo "${{VIRTUAL_ENV:-}}"; python -c "{VERSIONS}"'
    venv = moving.directory / "venv"
    for packages, six in ((PACKAGES, "1.16.0"), (NEXT, "1.17.0")):
        moving.build(packages)
        lines = moving.said(direnv, "exec", ".", "sh", "-c", script).splitlines()
        active = "" if way == "path" else str(venv)
        assert lines == [f"{venv}/bin/python", f"{venv}/bin/pytest", active, f"{moving.generation} {six}"]
    assert not (moving.directory / ".direnv").exists(), "direnv made an environment of its own"


def test_uv_lists_and_checks_by_the_link(project: Project, uv: str) -> None:
    listing = json.loads(project.said(uv, "pip", "list", "--python", "venv", "--format", "json"))
    found = [f"{package['name']}=={package['version']}" for package in listing]
    assert found == installed(project.generation)
    assert "six==1.16.0" in found
    project.said(uv, "pip", "check", "--python", "venv")
    by_activation = project.said(uv, "pip", "freeze", VIRTUAL_ENV=str(project.directory / "venv"))
    assert "six==1.16.0" in by_activation.splitlines()


def test_uv_runs_programs_in_it(project: Project, uv: str) -> None:
    run = [uv, "run", "--no-project", "--python", "venv/bin/python"]
    expected = f"{project.generation} 1.16.0\n"
    assert project.said(*run, "python", "-c", VERSIONS) == expected
    (project.directory / "pyproject.toml").write_text(
        '[project]\nname = "news"\nversion = "1"\ndependencies = ["six"]\n'
    )
    try:
        run = [uv, "run", "--no-sync", "python", "-c", VERSIONS]
        assert project.said(*run, UV_PROJECT_ENVIRONMENT="venv") == expected
    finally:
        (project.directory / "pyproject.toml").unlink()


def test_uv_finds_it_by_its_usual_name_or_activation(moving: Project, uv: str) -> None:
    venv = moving.directory / "venv"
    assert moving.said(uv, "python", "find", VIRTUAL_ENV=str(venv)) == f"{venv}/bin/python\n"
    moving.link(".venv")
    assert moving.said(uv, "python", "find") == f"{moving.directory}/.venv/bin/python\n"


def test_uv_sees_the_next_generation(moving: Project, uv: str) -> None:
    """uv remembers for each interpreter where its packages are: it has to remember the link."""
    listing = [uv, "pip", "freeze", "--python", "venv"]
    run = [uv, "run", "--no-project", "--python", "venv/bin/python", "python", "-c", VERSIONS]
    for packages, six in ((PACKAGES, "1.16.0"), (NEXT, "1.17.0")):
        moving.build(packages)
        assert f"six=={six}" in moving.said(*listing).splitlines()
        assert moving.said(*run) == f"{moving.generation} {six}\n"


def test_another_pip_lists_it_and_cannot_change_it(project: Project) -> None:
    """``pip --python``: the pip of one environment works on another. Also root's is refused."""
    pip = environment("installer").program("pip")
    listing = project.said(pip, "--disable-pip-version-check", "--python", "venv", "list", "--format", "json")
    assert {"name": "six", "version": "1.16.0"} in json.loads(listing)
    refused = project.run(pip, "--python", "venv", "install", "six==1.17.0")
    assert refused.returncode != 0
    assert "change-it-with-the-module/mobile_ansible.venv.shared_venv" in refused.stderr
    assert "six==1.16.0" in installed(project.generation)


#: What VS Code's Python extension asks an interpreter that it has found, in its words.
_INTERPRETER_INFO = (
    "import json, sys; print(json.dumps({'versionInfo': tuple(sys.version_info), 'sysPrefix': sys.prefix,"
    " 'sysVersion': sys.version, 'is64Bit': sys.maxsize > 2**32, 'exe': sys.executable}))"
)
#: How it reads the version without starting the interpreter.
_VERSION = re.compile(r"^version(?:_info)?\s*=\s*(\d+\.\d+\.\d+)", re.MULTILINE)


def found_by_editor(workspace: Path) -> dict[Path, str]:
    """Environments in a workspace as VS Code finds them: a directory with pyvenv.cfg and bin/python, and its version.

    VS Code itself is not to be had here; this is what its Python extension documents and does.
    """
    found = {}
    for directory in workspace.iterdir():
        configuration, python = directory / "pyvenv.cfg", directory / "bin" / "python"
        if configuration.is_file() and os.access(python, os.X_OK):
            match = _VERSION.search(configuration.read_text())
            assert match is not None, configuration.read_text()
            found[python] = match[1]
    return found


def test_what_vs_code_looks_for_is_there_and_agrees(moving: Project) -> None:
    for packages in (PACKAGES, NEXT):
        moving.build(packages)
        python = moving.directory / "venv/bin/python"
        found = found_by_editor(moving.directory)
        assert list(found) == [python]
        info = json.loads(moving.said(python, "-I", "-c", _INTERPRETER_INFO))
        assert info["sysPrefix"] == str(moving.generation)
        assert info["exe"] == str(moving.generation / "bin/python")
        assert ".".join(map(str, info["versionInfo"][:3])) == found[python]


def test_pyright_reads_it(moving: Project, editors: Environment) -> None:
    """By the interpreter, as an editor hands it over, and by the settings of a project."""
    (moving.directory / "app.py").write_text("import six\nimport nosuch\nreveal_type(six.PY3)\n")
    argv = [editors.program("basedpyright"), "--outputjson"]
    check_by_path = moving.run(*argv, "--pythonpath", "venv/bin/python", "app.py")
    (moving.directory / "pyrightconfig.json").write_text('{"venvPath": ".", "venv": "venv"}')
    for done in (check_by_path, moving.run(*argv, "app.py")):
        told = json.loads(done.stdout)["generalDiagnostics"]
        missing = [line["message"] for line in told if line.get("rule") == "reportMissingImports"]
        assert missing == ['Import "nosuch" could not be resolved'], done.stdout


def test_jedi_completes_from_it_and_follows(moving: Project, editors: Environment) -> None:
    """The engine of editors' completion; each start of it finds the generation of its time."""
    program = (
        "import jedi; found = jedi.create_environment('venv', safe=False);"
        "script = jedi.Script('import six\\nsix.__version__', path='app.py', environment=found);"
        "print(script.infer(1, 7)[0].module_path); print([name.name for name in script.complete(2, 7)][:1])"
    )
    for packages in (PACKAGES, NEXT):
        moving.build(packages)
        (six,) = moving.generation.rglob("site-packages/six.py")
        assert moving.said(editors.program("python"), "-c", program) == f"{six}\n['__version__']\n"


def test_mypy_asks_its_interpreter(moving: Project, editors: Environment) -> None:
    (moving.directory / "app.py").write_text("import iniconfig\nreveal_type(iniconfig.IniConfig)\nimport nosuch\n")
    mypy = [editors.program("mypy"), "--python-executable", "venv/bin/python", "app.py"]
    told = moving.run(*mypy).stdout
    assert 'Revealed type is "def (' in told
    assert told.count("[import-not-found]") == 1, told


def test_console_scripts_run_and_the_next_start_sees_the_new(moving: Project) -> None:
    script = moving.directory / "venv/bin/pytest"
    assert moving.said(script, "--version") == "pytest 9.0.2\n"
    (moving.directory / "test_it.py").write_text("import six\ndef test_it():\n    assert six.__version__ == '1.16.0'\n")
    assert "1 passed" in moving.said(script, "-p", "no:cacheprovider", "-q")
    moving.build(NEXT)
    assert moving.said(script, "--version") == "pytest 9.0.3\n"
    assert "1 failed" in moving.run(script, "-p", "no:cacheprovider", "-q").stdout


def test_a_console_script_that_runs_keeps_its_generation(moving: Project) -> None:
    """pytest waits in a test while the venv changes, then imports a package for the first time."""
    (moving.directory / "test_slow.py").write_text(
        "import pathlib, time\n"
        "def test_slow():\n"
        "    pathlib.Path('started').touch()\n"
        "    while not pathlib.Path('go').exists():\n"
        "        time.sleep(0.05)\n"
        "    import six\n"
        "    assert six.__version__ == '1.16.0'\n"
    )
    argv = [str(moving.directory / "venv/bin/pytest"), "-p", "no:cacheprovider", "-q", "test_slow.py"]
    with subprocess.Popen(argv, cwd=moving.directory, env={}, stdout=subprocess.PIPE, text=True) as process:
        wait_until((moving.directory / "started").exists)
        moving.build(NEXT)
        (moving.directory / "go").touch()
        output, _errors = process.communicate(timeout=60)
    assert (process.returncode, "1 passed" in output) == (0, True), output
