# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From what the user wrote for ``collections_source`` to the source that delivers."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Callable

from .._errors import InputError, SourceError
from .._galaxy.settings import GalaxySettings
from .._galaxy.tool import GalaxyTool
from .._uv.package_index import PackageIndex
from .build import TreeBuilder
from .collection_cache import CollectionCache
from .galaxy import GALAXY_SOURCE, GalaxySource
from .galaxy_answers import GalaxyAnswers
from .galaxy_install import GalaxyInstaller
from .installed import INSTALLED_SOURCE, InstalledSource
from .local import LocalSource
from .package import CommunityPackage

if TYPE_CHECKING:
    from .._runner import Runner
    from .._store.store import Store
    from .._uv.commands import Uv
    from .download import Told
    from .source import CollectionSource

COMMUNITY_PACKAGE = "community_package"
#: The last release with community.digitalocean.
COMMUNITY_RELEASE = "12.3.0"

_RELEASE = re.compile(rf"{COMMUNITY_PACKAGE}==(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)", re.ASCII)


def open_source(
    spec: str,
    *,
    store: Store,
    uv: Callable[[], Uv],
    runner: Runner,
    index: PackageIndex | None = None,
    python: str | None = None,
    told: Told | None = None,
    upgrade: bool = False,
) -> CollectionSource:
    """The source that ``spec`` names; nothing is fetched yet.

    ``store`` caches what is delivered. ``uv`` is called when the wheel of the package, or ansible-galaxy for a source
    tree, is not there; ``python`` is the interpreter that it resolves for; ``told`` hears how much was fetched. With
    ``upgrade`` servers are asked again. Raises :class:`InputError` or :class:`SourceError`.
    """
    index = index or PackageIndex()
    tool, cache = GalaxyTool(store=store, uv=uv, python=python), CollectionCache(store)
    builder = TreeBuilder(cache, store=store, tool=tool, runner=runner)
    if spec == GALAXY_SOURCE:
        settings = GalaxySettings.of_user()
        answers = GalaxyAnswers(store, cache, settings.digest)
        installer = GalaxyInstaller(tool, runner, store, cache, settings, told)
        return GalaxySource(
            builder=builder, answers=answers, installer=installer, offline=index.offline, upgrade=upgrade
        )
    if spec == INSTALLED_SOURCE:
        return InstalledSource(builder, tool, runner, GalaxySettings.of_user())
    if os.path.isabs(spec) and "\0" not in spec:
        if not os.path.exists(spec):
            raise SourceError(f"collections_source: {spec} does not exist")
        return LocalSource(spec, builder=builder)
    match = _RELEASE.fullmatch(f"{spec}=={COMMUNITY_RELEASE}" if spec == COMMUNITY_PACKAGE else spec)
    if match is None:
        raise InputError(
            f"collections_source: {spec[:200]!r} is not a valid source; use {GALAXY_SOURCE}, {INSTALLED_SOURCE}, "
            f"{COMMUNITY_PACKAGE}, {COMMUNITY_PACKAGE}=={COMMUNITY_RELEASE}, or an absolute path"
        )
    return CommunityPackage(match[1], store=store, builder=builder, uv=uv, index=index, python=python, told=told)
