# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The hosts of the play that runs a playbook, whatever the command line selects for that playbook."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_hosts
author: The mobile_ansible.venv contributors (@mobile-ansible)
version_added: 0.1.0
short_description: Return the hosts pattern of the play in the playbook run
description:
  - The playbook C(mobile_ansible.venv.run) hands C(--limit), C(--tags), C(--skip-tags) and C(--start-at-task) on to the
    playbook that it runs. This lookup lets its own play run in spite of them. It is of no use in other playbooks.
  - It fails for options that cannot be handed on, such as C(--step) or C(--list-tasks), and unless
    C(run_playbook_hosts) matches one host, or any number of hosts with C(run_playbook_each).
options:
  _terms:
    description: None.
    type: list
    elements: str
  run_playbook_hosts:
    description: Where the playbook runs.
    type: str
    default: localhost
    vars:
      - name: run_playbook_hosts
  run_playbook_each:
    description: Whether each of the hosts runs the playbook for itself alone.
    type: bool
    default: false
    vars:
      - name: run_playbook_each
"""

EXAMPLES = r"""
- name: Run a playbook
  hosts: "{{ lookup('mobile_ansible.venv.run_hosts') }}"
"""

RETURN = r"""
_raw:
  description: One pattern.
  type: list
  elements: str
"""

import io
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase
from ansible.utils.context_objects import CLIArgs

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._playbook.inherited import (
    check_can_be_inherited,
    limit_of,
)
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._role_options import check_names

_HERE = "localhost"
_SHOWN = 3


class LookupModule(LookupBase):
    """What Ansible asks for."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """See above."""
        self.set_options(var_options=variables, direct=kwargs)
        hosts, each = self.get_option("run_playbook_hosts"), self.get_option("run_playbook_each")
        given = variables or {}
        try:
            check_names("run_playbook", given)
            check_can_be_inherited()
        except InputError as error:
            # Ansible repeats the message of a cause.
            raise AnsibleLookupError(error.message) from None
        if context.CLIARGS.get("syntax"):
            return [hosts]  # there need be no inventory
        known = given.get("groups", {}).get("all", ())
        matched = self._matched(hosts, each=each, variables=given)
        _check_playbook(given, matched)
        _start_at_the_first_task()
        _write_lines_at_once()
        if context.CLIARGS.get("subset") is None:
            return [hosts]
        if each:
            self._check_limit(hosts, matched, given)
            return [hosts]
        if not known:
            raise AnsibleLookupError("--limit: the inventory of this run has no hosts; set run_playbook_limit instead")
        # Any host within the limit stands for the play. Its tasks are delegated to where the playbook runs.
        return [f"all:{_HERE}"]

    def _matched(self, hosts: str, *, each: bool, variables: Mapping[str, Any]) -> Sequence[str]:
        """The hosts that match the pattern; raises where that is none, or more than one for all."""
        if hosts == _HERE:
            return [_HERE]
        matched = self._hosts_of(hosts, variables)
        if not matched:
            raise AnsibleLookupError(f"run_playbook_hosts: no host matches {hosts!r}; set it to hosts of the inventory")
        if len(matched) > 1 and not each:
            raise AnsibleLookupError(
                f"run_playbook_hosts: {hosts!r} matches {listed(matched, most=_SHOWN)}, and each of them would "
                "run the playbook for the whole inventory: name one host, or set run_playbook_each so that each host "
                "runs the playbook for itself"
            )
        return matched

    def _check_limit(self, hosts: str, matched: Sequence[str], variables: Mapping[str, Any]) -> None:
        """The limit selects among the hosts that run the playbook; where it leaves none, Ansible ends with success."""
        limit = str(limit_of(context.CLIARGS["subset"]))
        if not set(matched) & set(self._hosts_of(limit, variables)):
            raise AnsibleLookupError(
                f"--limit: {limit!r} leaves none of the hosts of run_playbook_hosts ({hosts!r}), so that no host would "
                "run the playbook; correct the limit, or set run_playbook_hosts"
            )

    def _hosts_of(self, pattern: str, variables: Mapping[str, Any]) -> list[str]:
        finder = lookup_loader.get("ansible.builtin.inventory_hostnames", loader=self._loader, templar=self._templar)
        return list(finder.run([pattern], variables=variables))


def _check_playbook(variables: Mapping[str, Any], hosts: Sequence[str]) -> None:
    """Without it Ansible would print the description of all variables of the role."""
    of_hosts = [variables["hostvars"].raw_get(host) for host in hosts] if "hostvars" in variables else []
    if not any("run_playbook_path" in one for one in (variables, *of_hosts)):
        raise AnsibleLookupError(
            "run_playbook_path: no playbook is named; set it, such as -e run_playbook_path=site.yml"
        )


def _write_lines_at_once() -> None:
    """Through a pipe what the playbook says would come when a buffer is full; on a terminal Python does it itself."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)


def _start_at_the_first_task() -> None:
    """Ansible would look for the task among those of this play, find none, and end with success."""
    if context.CLIARGS.get("start_at_task") is not None:
        context.CLIARGS = CLIArgs({**context.CLIARGS, "start_at_task": None})
