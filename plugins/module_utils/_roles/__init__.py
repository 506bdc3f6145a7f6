# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Roles that are in no collection, from Galaxy, Git, tarballs and directories: from an entry of a requirements file to
a directory in the store's cache.

``requests`` says what is asked for, ``source`` knows when nothing has to be fetched, ``installer`` fetches with
``ansible-galaxy role``, ``tree`` checks what that brought, ``role_cache`` holds it, ``copy`` puts it into a venv.
"""
