# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The guard of a torrent run on the controller: ``guard_process`` starts ``guard_program``, in which ``guard`` waits.

``long_reaping`` is what it does in the end, ``guard_files`` what others see of it.
"""
