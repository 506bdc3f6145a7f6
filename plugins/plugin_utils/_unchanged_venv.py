# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The answer of the module ``shared_venv`` on this machine where nothing has to change, without starting the module.

To pack the module and to start it takes most of the time of a task that changes nothing. The engine is the same, and so
are the user and the environment: the answer is that of check mode, with a runner that starts no program but the
package database of the system. Whatever it does not answer at once, or answers with a change or an error, is left to
the module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible import constants as C
from ansible.module_utils.common.parameters import remove_values
from ansible.utils.display import Display

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import VenvError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed, SubprocessRunner
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.host_packages import QUERIES
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.task import VenvTask
from ansible_collections.mobile_ansible.venv.plugins.modules.shared_venv import ARGUMENT_SPEC, RULES

from ._arguments import validated

#: With these there is more to do than to compare.
_LONG_OPTIONS = ("upgrade", "verify", "wheels")


class _ProgramNeededError(Exception):
    """Only a program could tell, and that is for the module."""


class _PackageDatabase:
    """A runner that starts nothing else."""

    def run(self, argv: Sequence[str], **options: Any) -> Completed:
        """See :class:`Runner`."""
        if argv not in QUERIES.values():
            raise _ProgramNeededError
        return SubprocessRunner().run(argv, **options)


def unchanged_venv(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the module returns for the options ``given`` where it changes nothing; None where the module has to say."""
    warnings: list[str] = []
    masked: set[str] = set()
    try:
        options = validated(ARGUMENT_SPEC, given, **RULES)
        if any(options[name] for name in _LONG_OPTIONS):
            return None
        masked.update(filter(None, [options["index_url"]]))
        task = VenvTask(
            options,
            runner=_PackageDatabase(),
            is_check=True,
            scratch=lambda: C.DEFAULT_LOCAL_TMP,
            masked=masked,
            warn=warnings.append,
        )
        result = task.run()
    except (VenvError, OSError, _ProgramNeededError):
        return None
    if result["changed"]:
        return None
    for warning in warnings:
        Display().warning(warning)
    return dict(remove_values(result, masked))
