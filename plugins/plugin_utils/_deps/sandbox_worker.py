# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The process in which an analysis runs: started as a script by ``sandbox``, limited before it imports anything else.

It talks in lines of JSON. It is sent the request, with the descriptor of memory for the name of the file that it reads;
it says what the project declares of collections (``{"declared": entries}``); it asks for collections (``{"collection":
name}``) and roles (``{"role": name, "entry": …}``, with what the project declares) and is sent where they are, with the
facts that are known of collections; it ends with ``{"result": …}`` or ``{"error": …}``. A result comes with what was
found at each path, ``{"looked": …}``, and with new ``facts``. Asked for ``files``, it says which ones a playbook uses,
and asks for neither. It has no other access: no network, no file to write.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import runpy
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

# The collection can be imported when this process is limited.

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import (
        Analysis,
        CollectionDirectory,
        CollectionEntry,
        FetchedRole,
    )
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

_MOUNT = Path(__file__).resolve().parents[1] / "_mount.py"


def main() -> None:
    """Read the request, analyse, answer."""
    request = json.loads(sys.stdin.readline())
    # What an analysis makes stays until its end: there is next to nothing to collect.
    gc.disable()
    _limit(request["limits"])
    sys.path[:] = request["sys_path"]
    runpy.run_path(str(_MOUNT))["mount_collection"]()
    _send(_answer(request))
    # All is said. An exit that takes apart what the analysis made takes long, and nobody waits for that but the user.
    os._exit(0)


def _limit(limits: dict[str, int]) -> None:
    """No more CPU time and memory than given, and not a byte into any file."""
    _cap(resource.RLIMIT_CPU, limits["cpu_seconds"])
    _cap(resource.RLIMIT_AS, limits["memory_bytes"])
    _cap(resource.RLIMIT_FSIZE, 0)
    _cap(resource.RLIMIT_CORE, 0)


def _cap(kind: int, value: int) -> None:
    """Lower a limit; where the system knows no such limit (memory on macOS) the others have to do."""
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (value, value))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.files import Files
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.shared_name import NameWriter

    last = ""
    name = NameWriter(request["name"])

    def reading(shown: str) -> None:
        nonlocal last
        last = shown
        name.write(shown)

    Files.reading = reading
    try:
        return _files(request) if request["files"] else _analysis(request)
    except VenvError as error:
        return {"error": {"message": error.message, "context": error.context}}
    except (MemoryError, RecursionError):
        what = f"The project {request['root']} requires more memory than an analysis may use, at the file {last}"
        return {"error": {"message": f"{what}: correct it, or choose only some playbooks", "context": {"file": last}}}
    except Exception as error:  # Said, not lost: this process has no other voice.
        return {
            "error": {
                "message": f"The analysis of {request['root']} failed: {type(error).__name__}: {error}, after {last}"
            }
        }


def _analysis(request: dict[str, Any]) -> dict[str, Any]:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.facts import KnownFacts
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

    core = Core(Path(request["core"]), facts=KnownFacts(request["facts"]))
    analysis, report = (_of_collection if request["collection"] else _of_project)(request, core)
    return {"result": report, "looked": analysis.looked, "facts": analysis.facts}


def _of_collection(request: dict[str, Any], core: Core) -> tuple[Analysis, dict[str, Any]]:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.collection_report import with_collection
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.collection_subject import (
        analyse_collection,
    )

    root, delivered = Path(request["root"]), _directory(request["delivered"])
    found = analyse_collection(root, request["plugins"], core=core, source=_source, delivered=delivered)
    return found.analysis, with_collection(_report(request, found.analysis, core), found)


def _of_project(request: dict[str, Any], core: Core) -> tuple[Analysis, dict[str, Any]]:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.analyse import analyse
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.facts import KnownFacts
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.user_settings import UserSetting

    analysis = analyse(
        Path(request["root"]),
        request["playbooks"],
        core=core,
        source=_source,
        declare=_declare,
        role_source=_role_source if request["fetches_roles"] else None,
        task_keywords=frozenset(request["task_keywords"]),
        play_keywords=frozenset(request["play_keywords"]),
        max_candidates=request["max_candidates"],
        inventory=request["inventory"],
        settings=[UserSetting(**one) for one in request["settings"]],
        home=request["home"],
        usual=request["usual"],
        facts=KnownFacts(request["project_facts"]),
    )
    return analysis, _report(request, analysis, core)


def _source(name: str, /) -> CollectionDirectory | None:
    """Ask for a collection."""
    _send({"collection": name})
    return _directory(json.loads(sys.stdin.readline()))


def _directory(said: dict[str, Any] | None) -> CollectionDirectory | None:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.facts import KnownFacts
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import CollectionDirectory

    if said is None:
        return None
    return CollectionDirectory(**{**said, "path": Path(said["path"]), "facts": KnownFacts(said["facts"])})


def _role_source(name: str, entry: Any, /) -> list[FetchedRole] | str:
    """Ask for a role; a text says why it cannot be had."""
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.model import FetchedRole

    _send({"role": name, "entry": entry})
    answer = json.loads(sys.stdin.readline())
    found = [FetchedRole(**{**one, "path": Path(one["path"])}) for one in answer["roles"]]
    return found or str(answer["reason"])


def _declare(entries: Sequence[CollectionEntry]) -> None:
    """Tell what the project's requirements files have."""
    _send({"declared": [asdict(one) for one in entries]})


def _report(request: dict[str, Any], analysis: Analysis, core: Core) -> dict[str, Any]:
    """The profile and all else that any analysis has."""
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.core_report import (
        core_problems,
        core_report,
        narrowed_core,
    )
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.profile import profile_of, report_of

    pinned = request["ansible_core"]
    analysis = replace(analysis, unresolved=(*analysis.unresolved, *core_problems(analysis, pinned)))
    choice, exclude, wanted = request["target_packages"], request["exclude"], narrowed_core(analysis, pinned)
    return {
        "profile": profile_of(analysis, ansible_core=wanted, target_packages=choice, exclude=exclude),
        "ansible_core": core_report(analysis, core, controller_python=request["requires_python"]),
        **report_of(
            analysis,
            allowed=request["allowed"],
            policy=request["unresolved"],
            target_packages=choice,
            exclude=exclude,
        ),
    }


def _files(request: dict[str, Any]) -> dict[str, Any]:
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project.named_files import named_files
    from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.resolution.core import Core

    found = named_files(
        Path(request["root"]),
        request["playbooks"],
        core=Core(Path(request["core"])),
        task_keywords=frozenset(request["task_keywords"]),
        follows_links=request["home"] is not None,
    )
    files, beside = found.relative(found.paths), found.relative(found.beside)
    return {"result": {"files": files, "beside": beside, "problems": list(found.problems)}}


def _send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
