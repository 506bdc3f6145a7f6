# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The program behind the forced command of an SSH key: it starts, shows and ends runs for somebody with a phone.

All that arrives is hostile: words of the command line are matched with a closed grammar, and standard input becomes
files in a directory of the run. No shell sees any of it, and none of it becomes a variable of Ansible.
"""
