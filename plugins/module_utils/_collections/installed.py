# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The source ``installed``: what an ``ansible-playbook`` of the user would find now, whatever its versions are.

Where Ansible searches is its own answer, because ansible.cfg, the environment and its Python decide it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._errors import SourceError
from .._galaxy.tool import reason_of
from .._printable import shortened
from .local import candidate_at
from .requests import by_name, check_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._galaxy.settings import GalaxySettings
    from .._galaxy.tool import GalaxyTool
    from .._runner import Runner
    from .build import TreeBuilder
    from .requests import CollectionRequest
    from .source import CollectionCandidate

INSTALLED_SOURCE = "installed"
#: As every Ansible program starts (ansible/cli/__init__.py), without the current directory among its modules.
_SEARCH_PATHS = """
import sys
sys.path[:] = filter(None, sys.path)
import json
try:
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig
    init_plugin_loader()
except Exception as error:
    sys.exit(f"[ERROR]: {' '.join(str(error).split())}")
print(json.dumps(AnsibleCollectionConfig.collection_paths))
"""
_TIMEOUT = 60.0


@dataclass
class InstalledSource:
    """The collections in the search paths of the Ansible that ``tool`` finds, as the user of ``settings`` has them."""

    builder: TreeBuilder
    tool: GalaxyTool
    runner: Runner
    settings: GalaxySettings
    spec: str = INSTALLED_SOURCE
    _directories: list[str] | None = field(default=None, init=False)

    def prepare(
        self, requests: Sequence[CollectionRequest], given: Sequence[CollectionCandidate] = ()
    ) -> Sequence[CollectionRequest]:
        """See ``CollectionSource``: what is there does not depend on what is asked for."""
        return by_name(requests, f"collections_source {self.spec}")

    def names(self) -> Sequence[str]:
        """The names of all collections found."""
        return sorted(
            {
                f"{namespace}.{name}"
                for root in self._roots()
                for namespace in _listed(root)
                for name in _listed(os.path.join(root, namespace))
            }
        )

    def candidates(self, name: str) -> Sequence[CollectionCandidate]:
        """The version that Ansible would use: the first in its search paths."""
        parts = check_name(name).split(".")
        places = (os.path.join(root, *parts) for root in self._roots())
        found = next((place for place in places if os.path.isdir(place)), None)
        if found is None:
            return []
        candidate = candidate_at(found, builder=self.builder)
        if candidate.name != name:
            raise SourceError(f"{found} is {candidate.name}, not {name}; install {name} again")
        return [candidate]

    def core_requirement(self) -> str | None:
        """None: collections are installed for any ansible-core."""
        return None

    def _roots(self) -> list[str]:
        """The directories ``ansible_collections``, in the order in which Ansible searches them."""
        if self._directories is None:
            self._directories = [os.path.join(path, "ansible_collections") for path in self._search_paths()]
        return self._directories

    def _search_paths(self) -> list[str]:
        argv = [self.tool.python(), "-B", "-c", _SEARCH_PATHS]
        ended = self.runner.run(argv, env=self.settings.environment, timeout=_TIMEOUT)
        try:
            paths = json.loads(ended.stdout) if ended.returncode == 0 else None
        except ValueError:
            paths = None
        if paths is None:
            reason = shortened(self.settings.masked(reason_of(ended)), 600)
            raise SourceError(
                f"collections_source installed: Ansible does not say where it searches: {reason}. Correct its "
                "configuration, or choose another source"
            )
        return [str(path) for path in paths]


def _listed(directory: str) -> list[str]:
    """The directories in it that can be a namespace or a collection; none where there is no such directory."""
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return [name for name in names if name.isidentifier() and os.path.isdir(os.path.join(directory, name))]
