# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The command line of the inner ``ansible-playbook``: a pure function of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .options import RunRequest


def build_argv(executable: str, request: RunRequest) -> list[str]:
    """The argv that a user would have typed. It names files that hold secrets, never a secret.

    Values are glued to their option (``--limit=-x``), so that a leading dash stays a value.
    """
    argv = [executable]
    argv += [f"--inventory={source}" for source in request.inventory]
    argv += [f"--limit={request.limit}"] if request.limit else []
    argv += [f"--tags={tag}" for tag in request.tags]
    argv += [f"--skip-tags={tag}" for tag in request.skip_tags]
    argv += ["--check"] if request.check else []
    argv += ["--diff"] if request.diff else []
    argv += [f"--forks={request.forks}"] if request.forks else []
    argv += ["-" + "v" * request.verbosity] if request.verbosity else []
    argv += [_vault_option(source.path, source.label) for source in request.vault_passwords]
    for option, path in (
        ("--become-password-file", request.become_password_file),
        ("--connection-password-file", request.connection_password_file),
        ("--private-key", request.private_key_file),
    ):
        argv += [f"{option}={path}"] if path else []
    argv += [f"--extra-vars=@{path}" for path in request.extra_vars_files]
    argv += request.arguments
    return [*argv, request.playbook]


def _vault_option(path: str, label: str | None) -> str:
    return f"--vault-password-file={path}" if label is None else f"--vault-id={label}@{path}"
