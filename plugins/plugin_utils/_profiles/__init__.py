# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Saved profiles: what an environment must contain, under a name of the user, as a directory of standard files.

``directory`` has the files and nothing of their meaning, ``definition`` reads what people edit, ``files`` writes what
follows from it, ``saving`` changes a profile, ``chosen`` is the way from a name or a path to what a run installs, and
``outdated`` tells what is out of date. ``listing`` needs the first of them alone, so that it is quick.
"""
