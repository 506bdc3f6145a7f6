# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The report of a run: a document in JSON, and one HTML file that is made from the document alone.

Pure but for ``report_file``, which writes. All input counts as hostile: names come from playbooks, and what a run
returns comes from the host where it ran.
"""
