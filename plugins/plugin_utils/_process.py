# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Start programs on the controller, where there is no ``AnsibleModule`` to do it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import (
    Completed,
    Supervision,
    cannot_start,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class SubprocessRunner:
    """A ``Runner`` for plugins that run in the process of ``ansible-playbook``."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        stdin: str | None = None,
        pass_fds: Sequence[int] = (),
        timeout: float | None = None,
    ) -> Completed:
        """See ``Runner``; raises :class:`CommandError` when the program cannot be started or runs too long."""
        with Supervision(argv, env=env, timeout=timeout) as supervision:
            try:
                # Not subprocess.run: interrupted, that kills its child, and it is the child that ends the program then.
                process = subprocess.Popen(
                    supervision.argv,
                    env=dict(env),
                    cwd=cwd,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=(*pass_fds, *supervision.pass_fds),
                    encoding="utf-8",
                    errors="surrogateescape",
                )
            except OSError as error:
                raise cannot_start(argv, error.strerror) from error
            stdout, stderr = process.communicate(stdin or "")
            return supervision.completed(process.returncode, stdout, stderr)
