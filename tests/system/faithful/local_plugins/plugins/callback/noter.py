# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = "name: noter\ntype: notification\nshort_description: Notes\ndescription: Notes what it sees.\n"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "noter"

    def v2_playbook_on_stats(self, stats):
        with open(os.path.join(os.getcwd(), "callback.txt"), "w", encoding="utf-8") as stream:
            stream.write("seen")
