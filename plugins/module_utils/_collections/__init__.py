# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Sources of collections → verified folders in the store's keep.

``_requests`` says what is wanted, ``_sources`` where it comes from, ``_resolve`` chooses versions, ``_keep`` holds
what was verified, ``_copy`` puts it into a venv. A source offers each collection as a ``Content`` (``_content``): who
it is and the sha256 that each of its files must have.
"""
