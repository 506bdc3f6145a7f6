# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The options of the command in its documentation are those that it has."""

from __future__ import annotations

import argparse
import re

from places import ROOT

from ansible_collections.mobile_ansible.venv.plugins.plugin_utils._command.arguments import add_options

PAGE = ROOT / "docs" / "reference" / "command.md"


def test_every_option_of_the_command_is_documented() -> None:
    rows = re.findall(r"^\| `(--venv-[a-z-]+)(?: ([A-Z]+))?` \|", PAGE.read_text(), re.MULTILINE)
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser)
    options = [(action.option_strings[0], action.metavar or "") for action in parser._actions]
    assert rows == options
