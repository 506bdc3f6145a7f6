# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a venv says of itself. Its own interpreter runs this file (``python -I -B -c``); nothing here is imported by us.

``describe`` prints one object: prefix, version, the values of markers, and for each distribution its version, what it
requires and the modules that it brings; with a directory, for those in it, of which no code runs where the interpreter
is another one (``-S``). ``import LIMIT MODULE…`` imports the modules in turn and prints an object for
each; when one takes longer than LIMIT seconds the kernel ends the process.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.metadata
import json
import os
import platform
import re
import signal
import sys
from typing import Any

#: Modules at the top of site-packages by mistake; to import them would run tests or a build.
_STRAY = frozenset({"conftest", "docs", "examples", "setup", "test", "tests"})


def describe(*directories: str) -> dict[str, Any]:
    """See above; of distributions with the same name the first on the path counts, as in imports."""
    found: dict[str, Any] = {}
    for one in importlib.metadata.distributions(path=list(directories) or sys.path):
        name = one.metadata["Name"]
        if name:
            key = re.sub(r"[-_.]+", "-", name).lower()
            facts = {"version": one.version, "requires": one.requires or [], "modules": modules(paths(one))}
            found.setdefault(key, facts)
    return {"prefix": sys.prefix, "version": platform.python_version(), "markers": markers(), "distributions": found}


def markers() -> dict[str, str]:
    """The values that environment markers compare with (PEP 508)."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": platform.python_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def paths(distribution: importlib.metadata.Distribution) -> list[tuple[str, ...]]:
    """The files of a distribution (RECORD), each as its parts below site-packages."""
    return [tuple(file.parts) for file in distribution.files or []]


def modules(files: list[tuple[str, ...]]) -> list[str]:
    """The outermost packages and modules among ``files``; of namespace packages what is in them."""
    packages: set[tuple[str, ...]] = set()
    plain: set[tuple[str, ...]] = set()
    for *directory, name in files:
        stem, dot, suffix = name.partition(".")
        if dot + suffix in importlib.machinery.all_suffixes() and all(map(str.isidentifier, [*directory, stem])):
            (packages if stem == "__init__" else plain).add((*directory, stem))
    inside = {one[:-1] for one in packages}
    roots = {one for one in inside if one and not any(one[:end] in inside for end in range(1, len(one)))}
    top = {one for one in plain if len(one) == 1}
    namespaced = set() if roots or top else {one for one in plain if one[-1] != "__main__"}
    return sorted(".".join(one) for one in roots | top | namespaced if one[0] not in _STRAY)


def attempt(name: str) -> dict[str, Any]:
    """Import one module: what came of it, ``own`` being whether it is the import itself that does not work."""
    try:
        importlib.import_module(name)
    except BaseException as error:
        itself = isinstance(error, (AttributeError, SyntaxError)) or getattr(error, "name", None) is not None
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        message = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        return {"error": message, "missing": missing, "own": itself}
    return {"error": None}


def main(command: str, *arguments: str) -> None:
    """Do what the module's docstring says."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    if command == "describe":
        json.dump(describe(*arguments), answers)
        answers.close()
        return
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    for name in arguments[1:]:
        signal.alarm(int(arguments[0]))
        json.dump(attempt(name), answers)
        answers.write("\n")
        answers.flush()
    # What modules do when the interpreter ends is not part of the import, and a thread of theirs could prevent that.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
