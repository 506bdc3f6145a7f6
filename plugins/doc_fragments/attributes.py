# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What modules can do in check mode and diff mode, and where they run. A module adds the details of its own."""

from __future__ import annotations


class ModuleDocFragment:
    """``attributes`` for a module that changes something, ``attributes.read_only`` for one that only reads."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Predicts the change in check mode, without changing anything.
    support: full
  diff_mode:
    description: Shows the differences between before and after.
    support: full
  platform:
    description: The operating systems that it runs on.
    support: full
    platforms: posix
"""

    READ_ONLY = r"""
attributes:
  check_mode:
    description: Changes nothing, and does the same in check mode.
    support: full
  diff_mode:
    description: Changes nothing, so there is no difference to show.
    support: N/A
  platform:
    description: The operating systems that it runs on.
    support: full
    platforms: posix
"""
