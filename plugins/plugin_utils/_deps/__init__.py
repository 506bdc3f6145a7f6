# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What a playbook needs, found by reading alone: ``project`` → ``resolution`` → ``code`` → ``distributions``.

``project`` walks the files and collects names; ``resolution`` finds the plugin that a name means; ``code`` reads what
its Python files import, and when they give up without it; ``distributions`` says which package an import comes from.
``analyse`` joins them, ``sandbox`` runs that in a process of its own, ``profile`` is the result.
"""
