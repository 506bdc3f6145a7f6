# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Start programs on the controller, where there is no ``AnsibleModule`` to do it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import CommandError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._runner import Completed

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
        try:
            done = subprocess.run(
                list(argv),
                env=dict(env),
                cwd=cwd,
                input=stdin or "",
                pass_fds=tuple(pass_fds),
                timeout=timeout,
                capture_output=True,
                encoding="utf-8",
                errors="surrogateescape",
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            message = f"{argv[0]} was stopped: it ran longer than {timeout:g} s"
            raise CommandError(message, argv=list(argv), timeout=timeout) from error
        except OSError as error:
            raise CommandError(f"{argv[0]} cannot be started: {error.strerror}", argv=list(argv)) from error
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)
