# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What ansible-galaxy says of Git, of versions and of downloads, and what is made of it."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._galaxy.complaints import complaint_of

CLONED = """Cloning into '/tmp/x'...
git@x.org: Permission denied (publickey).
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
[ERROR]: Failed to clone a Git repository from `git@x.org:t.git`: Command '['git']' returned non-zero exit status 128.
"""
SWITCHED = "Cloning into 'x'...\nerror: pathspec 'v9' did not match any file(s) known to git\n[ERROR]: x\n"
COMMAND = "- command /usr/bin/git {} failed in directory /tmp/d/{} (rc={}) - {}"
VERSIONS = "[{'name': '1.0.0', 'source': 'http://x'}, {'name': '2.0.0', 'source': 'http://x'}]"
SERVERS, ACCESS, REVISION = "Correct the servers", "Correct the address, or let", "it must be a branch, tag or commit"


@pytest.mark.parametrize(
    ("reason", "stderr", "said", "advice"),
    [
        (
            "Failed to clone a Git repository from `git@x.org:t.git`: Command returned non-zero exit status 128",
            CLONED,
            "git cannot clone git@x.org:t.git (git@x.org: Permission denied (publickey); fatal: Could not read from "
            "remote repository)",
            ACCESS,
        ),
        (
            "Failed to switch a cloned Git repo `file:///t` to the requested revision `v9`: Command returned 1",
            SWITCHED,
            "file:///t has no branch, tag or commit v9 (error: pathspec 'v9' did not match any file(s) known to git)",
            REVISION,
        ),
        (
            COMMAND.format("clone -- file:///none db", "", 128, "Cloning into 'db'... fatal: '/none' does not exist"),
            "",
            "git cannot clone file:///none (fatal: '/none' does not exist)",
            ACCESS,
        ),
        (
            COMMAND.format("checkout v9", "web", 1, "error: pathspec 'v9' did not match any file(s) known to git"),
            "",
            "https://x.org/web.git has no branch, tag or commit v9 (error: pathspec 'v9' did not match any file(s) "
            "known to git)",
            REVISION,
        ),
        (
            COMMAND.format("checkout v9", "other", 1, ""), "",
            "the repository of other has no branch, tag or commit v9", REVISION,
        ),
        (
            f"- the specified version (9.9) of acme.web was not found in the list of available versions ({VERSIONS}).",
            "",
            "acme.web has no version 9.9; it has 1.0.0, 2.0.0",
            "Correct the version of the entry",
        ),
        (
            "Failed to download collection tar from 'http://x/t.tar.gz': HTTP Error 404",
            "",
            "Failed to download collection tar from 'http://x/t.tar.gz': HTTP Error 404",
            "Correct the address of the entry",
        ),
        ("Unknown error when attempting to call Galaxy: HTTP Code: 401", "", "Unknown error when", SERVERS),
    ],
)  # fmt: skip
def test_each_complaint_names_what_is_wrong_with_advice_that_fits(
    reason: str, stderr: str, said: str, advice: str
) -> None:
    complaint = complaint_of(reason, stderr, addresses={"web": "https://x.org/web.git"})
    assert complaint.reason.startswith(said)
    assert advice in complaint.advice and ("keyring" in complaint.advice) == (advice == SERVERS)


def test_what_others_say_is_bounded_and_fit_for_a_terminal() -> None:
    complaint = complaint_of("Failed to clone a Git repository from `x`", "fatal: \x1b[31m" + "x" * 10_000)
    assert len(complaint.reason) < 500 and "\x1b" not in complaint.reason
    assert complaint_of("- command git " * 100_000).advice.startswith(SERVERS)
