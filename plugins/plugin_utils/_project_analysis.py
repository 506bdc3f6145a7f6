# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The analysis of a project: which directory it is, where its collections come from, and what stays unresolved."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ansible

from ansible_collections.mobile_ansible.venv.plugins.module_utils._collections.download import Told
from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import ResolutionError, ToolMissingError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store
from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv.package_index import PackageIndex

from ._deps.distributions.exclude import check_exclude
from ._deps.keywords import AnsibleKeywords
from ._deps.sandbox import AnalysisRequest, SandboxAnswer, analyse_in_sandbox
from ._deps.sources import open_finder
from ._deps.unresolved import complaint, refused_names
from ._fact_store import FactStore
from ._playbook.project import named_project, real_source


def analyse_project(
    options: Mapping[str, Any],
    *,
    told: Told | None = None,
    keywords: AnsibleKeywords | None = None,
    facts: FactStore | None = None,
) -> SandboxAnswer:
    """Analyse as the options of the module ``collection_deps`` say; ``told`` hears how much was fetched.

    ``keywords`` are those of ansible-core, where they are known already; ``facts``: see ``analyse_in_sandbox``.

    Raises :class:`ResolutionError`, which carries the report, when names stay unresolved.
    """
    if importlib.util.find_spec("findimports") is None:
        raise ToolMissingError(
            "collection_deps requires the Python package findimports on the controller. Install it into the "
            "environment of ansible-core (pip install findimports)"
        )
    check_exclude(options["exclude"])
    root, playbooks = named_project(options["path"], options["playbooks"])
    index = PackageIndex.of(options)
    store, source = Store(options["store"]), options["collections_source"]
    finder = open_finder(source, store=store, index=index, told=told, upgrade=options["upgrade"])
    core = str(Path(ansible.__file__).resolve().parent)
    allowed, policy = options["allow_unresolved"], options["unresolved"]
    request = AnalysisRequest(
        root,
        playbooks,
        core,
        ansible_core=finder.source.core_requirement(),
        allowed=allowed,
        unresolved=policy,
        inventory=[real_source(source) for source in options["inventory"]],
        target_packages=options["target_packages"],
        exclude=options["exclude"],
        max_candidates=options["max_candidates"],
    )
    answer = analyse_in_sandbox(request, source=finder, keywords=keywords, facts=facts)
    report = answer.report
    refused = report.pop("refused")
    if refused:
        raise ResolutionError(complaint(refused_names(report["unresolved"], allowed, policy), refused), **report)
    return answer
