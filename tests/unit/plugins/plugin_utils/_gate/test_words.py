# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""No message of the gate tells to set what nobody can set there; the messages are those of the parts that say them."""

from __future__ import annotations

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._uv import commands
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.project import tree, values
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._deps.unresolved import complaint
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._gate.words import in_words_of_the_gate
from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._report.report import in_words_of

_LOST = {"file": "a.yml", "line": 3, "kind": "role", "name": "r", "reason": "gone", "stops": True}
_IMPORT = {**_LOST, "kind": "import"}
_FETCHED = {**_LOST, "reason": "ansible-galaxy cannot fetch r: no network. Correct it"}
_REQUIREMENTS = {**_LOST, "kind": "requirements"}
MESSAGES = (
    *(complaint([one], 1) for one in (_LOST, _IMPORT, _FETCHED, _REQUIREMENTS, {**_REQUIREMENTS, "stops": False})),
    complaint([_LOST] * 5, 9),
    f"a link leads out of it{tree.OR_FOLLOW}",
    values._CUT,
    f"no such package{commands._REMEDY}",
)
#: What neither a phone nor the owner of a gate has.
_OPTIONS = (
    "allow_unresolved", "follow_outside", "max_candidates", "exclude", "run_playbook_", "trusted", "fewer playbooks"
)  # fmt: skip


@pytest.mark.parametrize("is_of_the_role", [False, True])
@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_names_what_somebody_has(message: str, is_of_the_role: bool) -> None:
    given = in_words_of("run_playbook", message) if is_of_the_role else message
    assert any(option in given for option in _OPTIONS) or "stops" in message or given.endswith("Correct them")
    said = in_words_of_the_gate(given)
    assert not [option for option in _OPTIONS if option in said], said
    assert said.split(".")[0][:10] == message[:10]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("choose another collections_source", "choose another phone_gate_collections_source"),
        ("set run_playbook_index_url, or the option 'offline'", "set phone_gate_index_url, or phone_gate_offline"),
        ("longer than run_playbook_timeout", "longer than phone_gate_seconds"),
        ("phone_gate_find_links", "phone_gate_find_links"),
        ("the file roles/offline/collections_source.yml", "the file roles/offline/collections_source.yml"),
    ],
)  # fmt: skip
def test_what_the_owner_sets_has_its_name(message: str, said: str) -> None:
    assert in_words_of_the_gate(message) == said
