# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The project's own."""

import requests
import nobody_knows_this


def main():
    requests.get(nobody_knows_this)


main()
