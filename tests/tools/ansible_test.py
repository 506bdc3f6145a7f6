# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-test needs to run from a checkout that lies anywhere, with nothing but the package index in reach.

It insists on a real directory ``ansible_collections/<namespace>/<name>`` and refuses a symlink, so it gets a copy of
what git knows and of what is new and not ignored. It fetches a get-pip script from a server of its own: it finds
stand-ins in its cache instead, which run the very same pip from its wheel.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from environments import Environment, SetUpError, environment
from interpreters import Version, find_python
from places import BUILD, COLLECTION, ROOT, clean_environment

_DIRECTORY = BUILD / "ansible-test"
_HOME = _DIRECTORY / "home"
_CACHE = _HOME / ".ansible" / "test" / "cache"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_GET_PIP = '''\
"""Stands in for get-pip {version}: installs pip from the wheel beside this file."""
import os
import runpy
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "{wheel}"))
wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.argv = ["pip", "install", "--no-index", "--find-links", here] + wanted
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''


@dataclass(frozen=True)
class AnsibleTest:
    """An ansible-core that can test this collection: run ``argv(command, …)`` in ``directory`` with ``env``."""

    core: str
    python: str
    directory: Path
    venv: Environment
    env: dict[str, str]

    def argv(self, command: str, *options: str) -> list[str]:
        return [self.venv.program("ansible-test"), command, "--color", "no", "--python", self.python, *options]


def ansible_test(core: str, *, pythons: tuple[Version, ...], purpose: str) -> AnsibleTest | None:
    """ansible-test of the core ``core`` (such as 2.19) on the first of ``pythons`` that is here; None without one.

    Each ``purpose`` has a copy of the checkout of its own, so that two may run at once.
    """
    interpreter = find_python(pythons)
    if interpreter is None:
        return None
    venv = environment(f"core-{core}", python=str(interpreter))
    python = re.search(r"\d+\.\d+", venv.path.glob("lib/python*").__next__().name)
    assert python is not None
    _provide_get_pip(venv)
    _provide_key()
    search_path = f"{venv.path / 'bin'}:{environment('installer').path / 'bin'}:{_SYSTEM_PATH}"
    env = clean_environment(HOME=str(_HOME), PATH=search_path, UV_SYSTEM_CERTS="1")
    return AnsibleTest(core=core, python=python.group(), directory=copy_checkout(purpose), venv=venv, env=env)


def with_oldest_python(tool: AnsibleTest, *, version: Version) -> AnsibleTest | None:
    """The same ansible-test looking at modules and module_utils with an older Python; None where that is missing."""
    interpreter = find_python([version])
    if interpreter is None:
        return None
    directory = environment("oldest-python", python=str(interpreter)).path / "bin"
    search_path = f"{tool.venv.path / 'bin'}:{directory}:{tool.env['PATH']}"
    return replace(tool, python=f"{version[0]}.{version[1]}", env={**tool.env, "PATH": search_path})


def copy_checkout(purpose: str) -> Path:
    """A fresh copy of the checkout, uncommitted files included, where ansible-test wants it."""
    target = _DIRECTORY / purpose / COLLECTION
    shutil.rmtree(target, ignore_errors=True)  # it need not be there
    for name in checkout_files():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, destination, follow_symlinks=False)
    # Without a repository of its own it asks the checkout's, which ignores build/: all skipped, and success.
    subprocess.run(["git", "init", "--quiet", str(target)], env=clean_environment(), check=True)
    return target


def checkout_files() -> list[str]:
    """The files of the checkout, relative: what git tracks and is still there, and what is new and not ignored."""
    argv = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetUpError("The tests need git and a git checkout to know which files are the project's.") from error
    return sorted(name for name in set(listing.split("\0")) if name and os.path.lexists(ROOT / name))


def _provide_key() -> None:
    """The key that ansible-test makes for itself: two that start at once in a new home would both make it."""
    key = _HOME / ".ansible" / "test" / "id_rsa"
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["ssh-keygen", "-m", "PEM", "-q", "-t", "rsa", "-N", "", "-f", key], check=True)


def _provide_get_pip(venv: Environment) -> None:
    """Put the stand-ins for each pip that this ansible-test pins into its cache."""
    (source,) = venv.path.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py")
    for version in set(re.findall(r"""\bpip=['"]([\d.]+)['"]""", source.read_text())):
        script = _CACHE / f"get_pip_{version.replace('.', '_')}.py"
        if script.exists():
            continue
        _CACHE.mkdir(parents=True, exist_ok=True)
        argv = [environment("installer").program("pip"), "download", "--quiet", "--no-deps", "--dest", str(_CACHE)]
        env = clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1")
        subprocess.run([*argv, "--only-binary", ":all:", f"pip=={version}"], env=env, check=True)
        (wheel,) = _CACHE.glob(f"pip-{version}-*.whl")
        script.write_text(_GET_PIP.format(version=version, wheel=wheel.name))
