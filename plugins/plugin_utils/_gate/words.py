# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Messages of other parts in words of the gate: who asks it has no options, and its owner has variables of the role."""

from __future__ import annotations

import re

from .._option_names import in_words_of_the_user

_ROLE = "run_playbook_"
_OF_BOTH = ("collections_source", "index_url", "find_links", "offline")
#: What the owner of the gate can set, by the names of options of modules and of variables of the role run_playbook.
_NAMES = {
    **{name: f"phone_gate_{name}" for name in _OF_BOTH},
    **{f"{_ROLE}{name}": f"phone_gate_{name}" for name in (*_OF_BOTH, "artifacts")},
    f"{_ROLE}artifacts_limit": "phone_gate_results_mib",
    f"{_ROLE}timeout": "phone_gate_seconds",
}
#: What only helps with a name of a collection.
OTHER_SOURCE = ", or let the owner of the gate set phone_gate_collections_source"
#: Remedies that nobody has here, as they are written where they are said, and what stands in their place.
_REMEDIES = (
    (
        rf"(?:Correct them, choose another (?:{_ROLE})?collections_source, or add|Correct them, or add|Or add)"
        rf" [a-z ]+ to (?:{_ROLE})?allow_unresolved",
        f"Correct them and send the project again{OTHER_SOURCE}",
    ),
    (rf"(?:, or|;) set (?:follow_outside|{_ROLE}trusted) if you trust the project", ""),
    (rf"; choose fewer playbooks, or raise (?:{_ROLE})?max_candidates", ""),
    (rf"\. To leave out a package that the analysis found, use (?:the option 'exclude'|{_ROLE}exclude)", ""),
    (r"(?:, or choose only|\. Choose a smaller directory, or only) some playbooks", ""),
)
_COMPILED = tuple((re.compile(pattern), words) for pattern, words in _REMEDIES)


def in_words_of_the_gate(message: str) -> str:
    """``message`` with what a phone, or the owner of the gate, can do."""
    for pattern, words in _COMPILED:
        message = pattern.sub(words, message)
    return in_words_of_the_user(message, _NAMES)
