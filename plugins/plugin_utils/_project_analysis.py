# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The analysis of a project or a collection: where its collections come from, and what stays unresolved."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ansible

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.requests import CollectionRequest
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.lockfile import read_lock

from ._deps.core_answers import CoreAnswers
from ._deps.declarations import declarations_of
from ._deps.distributions.exclude import check_exclude
from ._deps.project.user_settings import UserSetting
from ._deps.sandbox import AnalysisRequest, SandboxAnswer, analyse_in_sandbox
from ._deps.sources import SourceFinder, TogetherError, open_finder, open_role_finder
from ._deps.unresolved import complaint, refused_names
from ._fact_store import FactStore
from ._playbook.project import real_source
from ._subject import Subject

if TYPE_CHECKING:
    from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told


def analyse_project(
    options: Mapping[str, Any],
    subject: Subject,
    *,
    told: Told | None = None,
    core: CoreAnswers | None = None,
    facts: FactStore | None = None,
) -> SandboxAnswer:
    """Analyse ``subject`` as the options of the module ``collection_deps`` say; ``told`` hears how much was fetched.

    ``core`` is what ansible-core answers, where that is known already; ``facts``: see ``analyse_in_sandbox``. The
    answer has a ``refusal`` when names stay unresolved.
    """
    if importlib.util.find_spec("findimports") is None:
        raise ToolMissingError(
            "collection_deps requires the Python package findimports on the controller. Install it into the "
            "environment of ansible-core (pip install findimports)"
        )
    check_exclude(options["exclude"])
    index = PackageIndex.of(options)
    store, source = Store(options["store"]), options["collections_source"]
    lock = read_lock(options["lock"]) if options.get("lock") is not None else None
    roles = open_role_finder(
        source,
        root=subject.root,
        store=store,
        index=index,
        upgrade=options["upgrade"],
        locked=lock.roles if lock is not None else None,
    )
    allowed, policy = options["allow_unresolved"], options["unresolved"]
    request = AnalysisRequest(
        subject.root,
        subject.playbooks,
        str(Path(ansible.__file__).resolve().parent),
        allowed=allowed,
        unresolved=policy,
        inventory=[real_source(source) for source in options["inventory"]],
        target_packages=options["target_packages"],
        exclude=options["exclude"],
        max_candidates=options["max_candidates"],
        collection=subject.is_collection,
        plugins=subject.plugins,
        settings=[UserSetting(**one) for one in options.get("settings", ())],
        home=os.path.expanduser("~") if options.get("follow_outside") else None,
        usual=options.get("usual", True),
    )
    open_source = partial(
        open_finder,
        source,
        store=store,
        index=index,
        told=told,
        upgrade=options["upgrade"],
        locked=lock.collections if lock is not None else None,
    )
    analysed = partial(analyse_in_sandbox, roles=roles, core=core, facts=facts)
    answer, finder = _answered(request, subject.request, open_source, analysed)
    report = answer.report
    report["declarations"] = declarations_of(report, finder, is_whole=not subject.playbooks)
    for name in ("role_declarations", "local_collections", "unsearched_collections"):
        del report[name]
    refused = report.pop("refused")
    refusal = complaint(refused_names(report["unresolved"], allowed, policy), refused) if refused else ""
    # A collection in the project is built or read whole, and not noted file by file.
    is_lasting = not (finder.given or roles.failed)
    return replace(answer, is_lasting=is_lasting, has_roles=roles.asked, refusal=refusal)


def _answered(
    request: AnalysisRequest,
    collection: CollectionRequest | None,
    open_source: Callable[..., SourceFinder],
    analysed: Callable[..., SandboxAnswer],
) -> tuple[SandboxAnswer, SourceFinder]:
    """The answer, and who found the collections: begun again where those that were taken first exclude later ones.

    With ``collection`` the subject is what the source delivers for it.
    """
    together: tuple[str, ...] = ()
    while True:
        finder = open_source(together=together)
        delivered = finder.asked(collection) if collection is not None else None
        root = str(delivered.path) if delivered is not None else request.root
        core = finder.source.core_requirement()
        asked = replace(request, root=root, delivered=delivered, ansible_core=core)
        try:
            answer = analysed(asked, source=finder, declare=finder.declare)
        except TogetherError as error:
            together = error.names
        else:
            return answer, finder
