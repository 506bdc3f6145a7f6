# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""From a source of collections to verified directories in the store's cache.

``requests`` says what is asked for, ``sources`` where it comes from, ``resolve`` chooses versions, ``collection_cache``
holds what was verified, ``copy`` puts it into a venv. A source offers each collection as a ``Collection``
(``collection``): its name and version, and the sha256 that each of its files must have.
"""
