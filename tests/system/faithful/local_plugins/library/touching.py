# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.helping import help_out


def main():
    module = AnsibleModule(argument_spec={"text": {"type": "str"}})
    module.exit_json(changed=module.params["text"] == help_out())


if __name__ == "__main__":
    main()
