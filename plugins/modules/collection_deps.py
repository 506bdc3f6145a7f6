#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: collection_deps
short_description: Find the requirements of a playbook, a project or a collection
version_added: 0.1.0
description:
  - Reads a playbook or a whole project and finds the collections, plugins and Python packages that it requires, each
    with the file and the line that shows it. The result contains a profile, from which
    M(mobile_ansible.venv.shared_venv) builds a virtual environment (venv).
  - With O(subject=collection) it reads a collection, and finds what each of its plugins requires, what the collection
    declares, and where the two differ.
  - It follows plays, blocks, handlers, roles with their dependencies, included and imported files, variables and
    templates. It follows the redirects of ansible-core and collections. It reads the imports of every plugin in use. So
    it finds packages that are not declared, and omits packages that only other plugins of a collection require.
  - Nothing of the project is run and no template is rendered. The analysis runs in a separate process with limits on
    CPU time and memory. Files outside of the project are not read; a link to a path outside of it is in RV(unresolved).
  - No list of the result has more than 1000 entries, RV(totals) contains the real numbers. Control characters of names
    are escaped, and long names are cut.
  - Settings of C(ansible.cfg) that name plugins count, in the root of the project and from there to each playbook, and
    so do plugins beside the playbook that Ansible loads by itself.
  - The requirements files of the project for C(ansible-galaxy), and the dependencies of a project that is a collection,
    decide which versions of the collections are used, and where they come from. What O(collections_source) does not
    have in a version that they allow is an error with its file and line; no other version is used. RV(declarations)
    says where declared and used collections and roles differ.
  - Names of packages are never guessed. Names that cannot be resolved are in RV(unresolved) and fail the task, unless
    they are in O(allow_unresolved) or O(unresolved) lets them pass.
author:
  - The mobile_ansible.venv contributors (@mobile-ansible)
requirements:
  - findimports (on the controller)
extends_documentation_fragment:
  - mobile_ansible.venv.attributes.read_only
  - mobile_ansible.venv.package_index
  - mobile_ansible.venv.store
attributes:
  action:
    description: It runs on the controller.
    support: full
  bypass_host_loop:
    description: It runs once for each host, unless the task has C(run_once).
    support: none
options:
  path:
    description:
      - Path of a playbook or a project directory. A relative path starts at the current directory.
      - With O(subject=collection) it is the directory of a collection, which has a C(galaxy.yml) or a
        C(MANIFEST.json), or lies in C(ansible_collections/namespace/name). Or it is the name of a collection that
        O(collections_source) delivers, with versions if you like, such as V(community.general:>=11).
      - The project of a playbook is the nearest directory above it that contains C(ansible.cfg), C(.git),
        C(galaxy.yml), C(requirements.yml), C(roles) or C(collections); the current directory comes first if it is such
        a directory. A home directory, C(/tmp), C(/srv) and their like are never a project. Without a project it is the
        directory of the playbook. Nothing outside of it is read, unless O(follow_outside) is set.
      - In a project directory all playbooks and roles in its tree are analysed, also roles that no playbook uses.
        Playbooks are recognised by their content. Left out are hidden directories, C(molecule), C(tests), C(templates),
        and what was installed there, which are collections, roles from Galaxy, virtual environments and the like.
      - A file that cannot be used is in RV(unresolved), and all others are analysed. A playbook of O(playbooks) that
        cannot be used is an error.
    type: str
    required: true
  subject:
    description:
      - What O(path) is. By default, a file is a V(playbook), and a directory is a V(project), also if it contains a
        collection.
      - V(playbook) with a directory requires O(playbooks). V(project) analyses all playbooks and roles of a directory.
      - V(collection) analyses the plugins of a collection, and not its roles and playbooks. A collection in a
        directory is not in RV(profile), whose venv is then one for its tests; one from O(collections_source) is.
        Collections beside that directory are not read, unless O(collections_source) names the directory of them.
    type: str
    choices: [playbook, project, collection]
  plugins:
    description:
      - List of plugins of the collection to analyse, all by default. It requires O(subject=collection).
      - An entry is the name of a plugin, with or without that of the collection, and means the plugins of all kinds
        that have this name. C(kind:name) means that of one kind, such as V(lookup:community.general.dig). The kinds
        have the names that C(ansible-doc --type) uses. C(action) and C(terminal) are kinds, too.
    type: list
    elements: str
    default: []
  playbooks:
    description:
      - List of playbooks to analyse, relative to O(path), which must be a directory, or with their full names, such as
        C(namespace.collection.playbook).
    type: list
    elements: str
    default: []
  collections_source:
    description:
      - Source of collections. V(galaxy) is what the Galaxy servers have. C(ansible-galaxy) resolves, fetches and
        verifies, with the servers, tokens, keyring and signatures that C(ansible.cfg) and the environment of the
        user on the controller have.
      - V(installed) is what an C(ansible-playbook) of that user would find now, in its search paths such as
        C(~/.ansible/collections), in the versions that are there.
      - V(community_package) is a pinned release of the C(ansible) package from the package index, with the version of
        ansible-core that it requires, V(community_package==12.3.0) another release of it. An absolute path is a
        directory of collections or tarballs, or one tarball.
      - The servers are asked once for the same collections, until O(upgrade). With O(offline) only what was fetched
        before is used.
      - Entries of requirements files with a server, an address or signatures require V(galaxy), if the project uses
        their collections. V(galaxy) fetches from the addresses that a project declares.
      - Roles that the project does not have are fetched by C(ansible-galaxy) as well, if a requirements file of the
        project declares them, or with V(galaxy) if they have a name such as C(owner.role). They are followed, and are
        in C(dependencies.galaxy.roles) of RV(profile).
    type: str
    default: galaxy
  store:
    description:
      - Directory on the controller in which collections are cached.
  allow_unresolved:
    description:
      - List of names that are allowed to be unresolved, as in RV(unresolved).
    type: list
    elements: str
    default: []
  unresolved:
    description:
      - What becomes of names that cannot be resolved and are not in O(allow_unresolved).
      - V(fail) fails the task for each of them; it is meant for checks, such as in CI.
      - V(as_ansible) fails the task where C(ansible-playbook) stops before the first task, which are the modules,
        roles and files that are not in an included file. What C(ansible-playbook) looks up only when it gets there,
        such as filters, lookups and included files, is a warning. So is what only the analysis does not read
        (RV(unresolved[].ansible_reads)). Requirements files that C(ansible-galaxy) cannot use
        fail it too, because the versions that they declare would be lost.
      - V(warn) makes all of them warnings.
    type: str
    choices: [fail, as_ansible, warn]
    default: fail
  undeclared:
    description:
      - What becomes of collections and roles that are used, although the requirements files of the project declare
        others and not these. They are in RV(declarations.undeclared) and RV(declarations.undeclared_roles).
      - V(warn) warns, V(fail) fails the task and is meant for checks, such as in CI. V(ignore) only lists them.
      - V(fail) also fails for RV(declarations.unmet) and RV(declarations.problems), which are warnings otherwise, and
        for a requirements file that cannot be used, whatever O(unresolved) is.
      - It does not matter for collections where the requirements files declare no collection, and for roles where the
        project has no requirements file.
    type: str
    choices: [ignore, warn, fail]
    default: warn
  formats:
    description:
      - Forms in which other programs read the result. They are in RV(files), for use with M(ansible.builtin.copy).
      - V(requirements.yml) is for C(ansible-galaxy), V(requirements.txt) for C(pip) and C(uv), V(bindep.txt) for
        C(bindep), V(execution-environment.yml) for C(ansible-builder).
      - V(graph.mmd) (Mermaid) and V(graph.dot) (Graphviz) draw which file uses which plugin, and what that requires.
    type: list
    elements: str
    choices: [requirements.yml, requirements.txt, bindep.txt, execution-environment.yml, graph.mmd, graph.dot]
    default: []
  inventory:
    description:
      - Sources of the inventory with which the playbook will run, as for C(ansible-playbook -i). What their variables
        name counts (connection plugins, C(ansible_network_os)), and the plugin of a dynamic inventory, also where they
        are not in the project. Scripts are not run.
      - A text instead of a list is one source, so that V(web1,web2) is a list of hosts.
      - A source that does not exist and has no comma is an error.
      - They are also used to find out whether a module can run on the host of the venv.
      - A module is taken to run there, unless it certainly cannot; see RV(evidence[].on_venv_host). Without this
        option, and with a source that is not a static file in the project, any host can be the host of the venv. So it
        is if C(ansible-playbook) was started with another connection than SSH, or with the variable
        C(ansible_connection).
    type: list
    elements: str
    default: []
  upgrade:
    description:
      - Whether to ask the Galaxy servers again for collections and roles that they were asked for before. For
        collections it matters only with O(collections_source=galaxy).
    type: bool
    default: false
  target_packages:
    description:
      - What becomes of packages that only modules require, on the hosts where these run.
      - V(auto) requires those of modules that can run on the host of the venv; they are in RV(profile) and in
        RV(optional_packages). V(all) requires all of them, V(none) none of them.
    type: str
    choices: [auto, all, none]
    default: auto
  exclude:
    description:
      - List of packages that are left out of RV(profile), RV(optional_packages) and RV(target_packages), although
        plugins in use require them. They stay in RV(evidence), and RV(left_out) lists them.
      - An entry is a name, or C(~) with a regular expression for the whole name, as in C(dependencies.exclude.python)
        of an execution-environment definition. RV(profile) has them there, so that C(ansible-builder) omits them too.
    type: list
    elements: str
    default: []
  max_candidates:
    description:
      - What all names with a template may stand for together, values of variables, files, roles and plugins counted.
        What is beyond that is not followed, and RV(dynamic) says at which names. Raise it then, or choose fewer
        playbooks.
    type: int
    default: 200000
  follow_outside:
    description:
      - Whether directories outside of the project are read too, if C(ansible.cfg) names them (C(roles_path), C(library)
        and its like), and the directories where Ansible looks for roles and plugins by default, such as
        C(~/.ansible/roles), C(~/.ansible/plugins/filter) and C(/usr/share/ansible/plugins/modules).
      - Links that lead out of the project are followed too.
      - If the task has another connection than V(local), the directories where Ansible looks by default are left out,
        because another host has other ones.
      - Use it only for projects that you trust. Directories of collections are
        not followed. If V(false), RV(dynamic) has these paths.
    type: bool
    default: false
  lock:
    description:
      - Directory on the controller with a lock that M(mobile_ansible.venv.shared_venv) wrote. Collections and roles are
        taken in the versions, commits and contents that it lists, so that RV(profile) is that of the lock, whatever
        O(collections_source) has now.
      - It is an error if the project requires what the lock does not have, or has in another version, and if
        O(collections_source) no longer has what the lock lists, or has it with another content.
    type: path
seealso:
  - module: mobile_ansible.venv.shared_venv
  - module: mobile_ansible.venv.venv_playbook
"""

EXAMPLES = r"""
- name: Find the requirements of a playbook
  mobile_ansible.venv.collection_deps:
    path: site.yml
  register: analysis

- name: Build a venv with them
  mobile_ansible.venv.shared_venv:
    name: site
    profile: "{{ analysis.profile }}"
    optional_packages: "{{ analysis.optional_packages }}"

- name: Find out what a collection requires, and whether it declares that
  mobile_ansible.venv.collection_deps:
    path: ~/src/ansible_collections/our_company/tools
    subject: collection
  register: analysis
  failed_when: >-
    analysis is failed
    or analysis.differences.undeclared | selectattr('required') | length > 0
    or analysis.differences.undeclared_collections | length > 0

- name: Build a venv for its tests
  mobile_ansible.venv.shared_venv:
    name: tools-tests
    profile: "{{ analysis.profile }}"
    optional_packages: "{{ analysis.optional_packages }}"

- name: Find out what two plugins of a collection require
  mobile_ansible.venv.collection_deps:
    path: community.general:>=11
    subject: collection
    plugins:
      - ldap_entry
      - lookup:dig

- name: Write what the project requires into files
  mobile_ansible.venv.collection_deps:
    path: /srv/projects/web
    formats: [requirements.yml, requirements.txt]
  register: analysis

- name: Update the requirement files of the project
  ansible.builtin.copy:
    content: "{{ item.value }}"
    dest: /srv/projects/web/{{ item.key }}
    mode: "0644"
  loop: "{{ analysis.files | dict2items }}"

- name: Fail if a collection is used that requirements.yml does not have
  mobile_ansible.venv.collection_deps:
    path: /srv/projects/web
    collections_source: galaxy
    undeclared: fail

- name: Analyse a project with a module that is not in any collection
  mobile_ansible.venv.collection_deps:
    path: /srv/projects/web
    playbooks:
      - playbooks/deploy.yml
    allow_unresolved:
      - our_company.internal.ticket
  register: analysis
"""

RETURN = r"""
profile:
  description:
    - An execution-environment definition, version 3, with the sections C(ansible_core), C(python) and C(galaxy), and
      with C(exclude) if O(exclude) is set.
      Collections have the
      exact version in which they were analysed, Python packages the ranges that were declared for them.
      A collection that a requirements file takes from elsewhere has its C(type), C(source) and C(signatures) too, and
      with C(type=git) the commit, tag or branch as its version.
  returned: success, or when names stay unresolved
  type: dict
  sample:
    version: 3
    dependencies:
      ansible_core:
        package_pip: ansible-core~=2.19.5
      python: [jmespath, "lxml>=2.3.0"]
      galaxy:
        collections:
          - name: community.general
            version: 11.4.2
            sha256: 3f1c5ad86cf1fd2c7f0a43f9b7a0e9d13f1c5ad86cf1fd2c7f0a43f9b7a0e9d1
optional_packages:
  description:
    - Those packages of RV(profile) that only modules require, on the hosts where these run. The playbook can run
      without them, so M(mobile_ansible.venv.shared_venv) can leave out those that have no wheel.
  returned: success, or when names stay unresolved
  type: list
  elements: str
  sample: ["python-ldap>=3.0"]
own_collection:
  description: Whether the project uses this collection. It is then not in RV(profile), because
    M(mobile_ansible.venv.venv_playbook) provides it.
  returned: success, or when names stay unresolved
  type: bool
  sample: false
target_packages:
  description: All packages that only modules require, on the hosts where these run.
  returned: success, or when names stay unresolved
  type: list
  elements: dict
  contains:
    package:
      description: The Python requirement.
      type: str
      sample: python-ldap>=3.0
    hosts:
      description: The patterns of the hosts, as plays and C(delegate_to) write them.
      type: list
      elements: str
      sample: [ldap_servers]
    on_venv_host:
      description: Whether the host of the venv can be among them.
      type: bool
      sample: false
    system:
      description: The packages of operating systems for it that the collections declare (bindep), with their selectors.
      type: list
      elements: str
      sample: ["python3-ldap [platform:dpkg]"]
left_out:
  description: The packages that are required, and that O(exclude) leaves out of the profile.
  returned: success, or when names stay unresolved
  type: list
  elements: dict
  contains:
    package:
      description: The Python requirement.
      type: str
      sample: python-ldap>=3.0
    reason:
      description: Why it is left out.
      type: str
      sample: exclude has ~python-.*
system_packages:
  description:
    - The packages of operating systems that the collections in use declare for run time (bindep). A venv cannot contain
      them.
  returned: success, or when names stay unresolved
  type: list
  elements: dict
  contains:
    collection:
      description: The collection.
      type: str
      sample: community.general
    entry:
      description: The entry, with its selectors.
      type: str
      sample: "python3-ldap [platform:dpkg]"
    where:
      description: Where the plugins of the collection that are in use run, V(controller), V(target) or both. A
        collection does not say which of its plugins require the package.
      type: list
      elements: str
      sample: [target]
evidence:
  description: What was found, one entry for each name with each of its collections or packages.
  returned: success, or when names stay unresolved
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of name, such as C(module), C(filter), C(lookup), C(connection) or C(role).
      type: str
      sample: filter
    name:
      description: The name as the project writes it.
      type: str
      sample: json_query
    file:
      description:
        - The file, relative to the project. Files of collections start with the name of the collection. With
          O(subject=collection) it is the file of the plugin; RV(plugins) has the lines of imports.
      type: str
      sample: roles/web/tasks/main.yml
    line:
      description: The line in it.
      type: int
      sample: 12
    collection:
      description: The collection of the plugin, empty for ansible-core and for plugins of the project.
      type: str
      sample: community.general
    plugin:
      description: The full name of the plugin at the end of all redirects.
      type: str
      sample: community.general.json_query
    distribution:
      description: The Python requirement that the plugin has, empty when the entry is about a collection only.
      type: str
      sample: jmespath
    required:
      description: Whether normal use of the plugin fails without it. Only such packages are in RV(profile).
      type: bool
      sample: true
    where:
      description: Whether it is required on the V(controller), in the environment that runs the playbook, or on the
        V(target) of a task.
      type: str
      sample: controller
    hosts:
      description: The patterns of the hosts where it is required.
      returned: if it is required on the target
      type: list
      elements: str
      sample: [ldap_servers]
    on_venv_host:
      description: Whether the host of the venv can be among them.
      returned: if it is required on the target
      type: bool
      sample: false
    layer:
      description: The source of this information, V(declared) by the collection, V(documentation) of the plugin,
        V(hint) in its code, or V(table) of known imports.
      type: str
      sample: documentation
plugins:
  description: The plugins that were analysed.
  returned: success, or when names stay unresolved, with O(subject=collection)
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of plugin. C(action) stands for action plugins without a module of the same name.
      type: str
      sample: module
    name:
      description: The full name.
      type: str
      sample: community.general.ldap_entry
    file:
      description: The file, after the name of the collection.
      type: str
      sample: community.general/plugins/modules/ldap_entry.py
    requirements:
      description: The packages that it requires.
      type: list
      elements: dict
      contains:
        package:
          description: The Python requirement.
          type: str
          sample: python-ldap
        required:
          description: Whether normal use of the plugin fails without it.
          type: bool
          sample: true
        where:
          description: Whether it is required on the V(controller) or on the V(target).
          type: str
          sample: target
        layer:
          description: The source of this information; see RV(evidence[].layer).
          type: str
          sample: documentation
        file:
          description: The file with the import, which can be one that the plugin imports.
          type: str
          sample: community.general/plugins/module_utils/ldap.py
        line:
          description: The line in it.
          type: int
          sample: 18
    collections:
      description: The other collections whose code it uses.
      type: list
      elements: str
      sample: []
declared:
  description: What the collection declares.
  returned: success, or when names stay unresolved, with O(subject=collection)
  type: dict
  contains:
    collection:
      description: Its name.
      type: str
      sample: community.docker
    version:
      description: Its version.
      type: str
      sample: 4.8.5
    python:
      description:
        - The Python requirements that C(ansible-builder introspect) takes, from the files that
          C(meta/execution-environment.yml) names, or else from C(requirements.txt). It leaves out what each image
          contains, such as C(ansible-core) and C(PyYAML), and tools for tests, such as C(pytest).
        - Files that are named but missing are in RV(unresolved), because C(ansible-builder) fails at them.
      type: list
      elements: dict
      contains:
        package:
          description: The requirement as written.
          type: str
          sample: requests
        file:
          description: The file.
          type: str
          sample: community.docker/meta/ee-requirements.txt
        line:
          description: The line in it.
          type: int
          sample: 7
    system:
      description: The lines for packages of operating systems (bindep), for run time and for other profiles.
      type: list
      elements: str
      sample: ["rsync [platform:redhat]"]
    collections:
      description: The collections on which it depends, with their versions.
      type: list
      elements: dict
      sample: [{"name": "ansible.utils", "version": ">=3.0.0"}]
differences:
  description: Where requirements and declaration differ.
  returned: success, or when names stay unresolved, with O(subject=collection)
  type: dict
  contains:
    undeclared:
      description:
        - Packages that plugins require, and that neither the collection declares nor a collection whose code it uses.
      type: list
      elements: dict
      contains:
        package:
          description: The Python requirement.
          type: str
          sample: jsondiff
        required:
          description: Whether normal use of one of the plugins fails without it.
          type: bool
          sample: true
        where:
          description: Where it is required, on the V(controller), on the V(target), or both.
          type: list
          elements: str
          sample: [target]
        plugins:
          description: The plugins that require it.
          type: list
          elements: str
          sample: [community.docker.docker_stack]
    undeclared_collections:
      description: The collections whose code plugins use, and on which the collection does not depend.
      type: list
      elements: dict
      sample: [{"collection": "ansible.utils", "plugins": ["our_company.tools.address"]}]
    unused:
      description: The entries of RV(declared.python) that no plugin requires. Empty with O(plugins).
      type: list
      elements: dict
      sample: [{"package": "boto3", "file": "our_company.tools/requirements.txt", "line": 2}]
    unused_collections:
      description:
        - The collections on which it depends, and whose code no plugin uses. Roles and playbooks of the collection can
          use them. Empty with O(plugins).
      type: list
      elements: str
      sample: [ansible.posix]
ansible_core:
  description:
    - Which versions of ansible-core the collections in use support, and what the one on the controller requires.
  returned: success, or when names stay unresolved
  type: dict
  contains:
    requires_ansible:
      description: What the collections say in C(meta/runtime.yml).
      type: list
      elements: dict
      contains:
        collection:
          description: The collection.
          type: str
          sample: community.general
        versions:
          description: The versions that it supports.
          type: str
          sample: ">=2.17.0"
        file:
          description: The file.
          type: str
          sample: community.general/meta/runtime.yml
        line:
          description: The line in it.
          type: int
          sample: 6
    range:
      description:
        - The versions that all of them support, empty if none of them says anything. It is the C(ansible_core) of
          RV(profile), unless O(collections_source) requires certain versions.
      type: str
      sample: ">=2.17.0"
    version:
      description: The version on the controller, which need not be that of the venv.
      type: str
      sample: 2.19.5
    fits:
      description: Whether all collections support that version.
      type: bool
      sample: true
    python:
      description: The versions of Python that this version of ansible-core requires.
      type: dict
      contains:
        controller:
          description: Of the controller, empty if ansible-core was not installed as a package.
          type: str
          sample: ">=3.11"
        target:
          description: Of the hosts on which its modules in Python run.
          type: str
          sample: ">=3.8"
files:
  description: The text of each of O(formats), by its name.
  returned: success
  type: dict
  sample: {"requirements.txt": "jmespath\nlxml>=2.3.0\n"}
unresolved:
  description: Names that could not be resolved.
  returned: success, or when names stay unresolved
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of name; V(import) for a Python import without a known package, V(keyword) for a key of a
        play, a block or a task that Ansible does not have, or whose value it refuses, V(file) for a file that is
        missing or cannot be used, V(requirements) for a requirements file that C(ansible-galaxy) cannot use, V(path)
        for one that is not followed, V(inventory) for an inventory that cannot be used,
        V(collection) for what C(collections:) lists where none of it can be had, V(ansible_core) for what collections
        require of ansible-core and what no version meets.
      type: str
      sample: module
    name:
      description: The name, for use in O(allow_unresolved).
      type: str
      sample: our_company.internal.ticket
    file:
      description: The file.
      type: str
      sample: playbooks/deploy.yml
    line:
      description: The line in it.
      type: int
      sample: 7
    reason:
      description: Why it is unresolved.
      type: str
      sample: the source of collections does not have our_company.internal
    stops:
      description: Whether C(ansible-playbook) stops for it before the first task. Of a requirements file, which only
        C(ansible-galaxy) reads, it says whether a run is refused for it.
      type: bool
      sample: true
    ansible_reads:
      description: Whether only the analysis does not read it, because of a limit that C(ansible-playbook) does not
        have. It leads out of the project, is encrypted as a whole, or is larger than what the analysis reads. What is
        behind it is missing in the result.
      type: bool
      sample: false
dynamic:
  description: Expressions whose value is known at run time only. They were followed where values of variables are
    literals. Among them are paths in C(ansible.cfg) that are not followed, and plugins that are missing and that
    Ansible does without.
  returned: success, or when names stay unresolved
  type: list
  elements: dict
  contains:
    expression:
      description: The expression.
      type: str
      sample: "{{ ansible_os_family }}.yml"
    file:
      description: The file.
      type: str
      sample: roles/web/tasks/main.yml
    line:
      description: The line in it.
      type: int
      sample: 3
declarations:
  description:
    - Where the collections and roles that the requirements files declare, and those that the project uses, differ.
  returned: success, or when names stay unresolved
  type: dict
  contains:
    undeclared:
      description:
        - The collections that are used and not declared, with the first name that uses each. Left out are those that
          the project has itself, and those that a declared collection depends on, because C(ansible-galaxy) installs
          them too. It is empty if no collection is declared.
      type: list
      elements: dict
      contains:
        collection:
          description: The collection.
          type: str
          sample: ansible.posix
        kind:
          description: The kind of name, as in RV(evidence[].kind).
          type: str
          sample: module
        name:
          description: The name as the project writes it.
          type: str
          sample: ansible.posix.mount
        file:
          description: The file.
          type: str
          sample: site.yml
        line:
          description: The line in it.
          type: int
          sample: 12
    unused:
      description:
        - The collections that are declared, and that neither the project nor a collection in use requires. A name in
          RV(dynamic) can be one of such a collection.
      type: list
      elements: dict
      contains:
        collection:
          description: The collection.
          type: str
          sample: community.docker
        file:
          description: The requirements file.
          type: str
          sample: collections/requirements.yml
        line:
          description: The line of the entry.
          type: int
          sample: 4
    unmet:
      description:
        - The collections that the project itself has in a version that its requirements files do not allow. Ansible
          uses them, so they are analysed. They are a warning, and fail the task with O(undeclared=fail).
      type: list
      elements: dict
      contains:
        collection:
          description: The collection.
          type: str
          sample: acme.tools
        version:
          description: The versions that are declared.
          type: str
          sample: 2.0.0
        found:
          description: The version in the project.
          type: str
          sample: 1.0.0
        file:
          description: The requirements file.
          type: str
          sample: requirements.yml
        line:
          description: The line of the entry.
          type: int
          sample: 3
    problems:
      description:
        - Why the declared collections cannot be had together, with O(collections_source=galaxy). Those that are used
          are in versions that their own entries allow, but others do not narrow them.
        - A collection that is used and stands in a list of roles, where its version does not count.
        - A collection that is the project itself, or a part of it, where a playbook in O(playbooks) uses it by its full
          name, and C(ansible-playbook) does not find it, because it does not lie in
          C(collections/ansible_collections) beside the playbook or in a directory of C(ansible.cfg).
        - They are warnings, and fail the task with O(undeclared=fail).
      type: list
      elements: str
      sample: []
    undeclared_roles:
      description:
        - The roles with names such as C(owner.role) that are used and not declared, each where it is named first. Left
          out are those in directories of roles inside the project, and those that a role from Galaxy depends on. It is
          empty if the project has no requirements file.
      type: list
      elements: dict
      contains:
        role:
          description: The role.
          type: str
          sample: geerlingguy.docker
        file:
          description: The file.
          type: str
          sample: site.yml
        line:
          description: The line in it.
          type: int
          sample: 3
    unused_roles:
      description:
        - The roles that are declared, and that neither the project nor a role in use names. A name in RV(dynamic) can
          be that of such a role.
      type: list
      elements: dict
      contains:
        role:
          description: The role.
          type: str
          sample: geerlingguy.nginx
        file:
          description: The requirements file.
          type: str
          sample: roles/requirements.yml
        line:
          description: The line of the entry.
          type: int
          sample: 2
error_code:
  description: A stable code of the kind of failure.
  returned: on failure
  type: str
  sample: resolution
totals:
  description: How many entries RV(evidence), RV(unresolved) and RV(dynamic) have without their limit of 1000.
  returned: success, or when names stay unresolved
  type: dict
  contains:
    evidence:
      description: Of RV(evidence). What is left out of it says again what other entries say.
      type: int
      sample: 12
    unresolved:
      description: Of RV(unresolved). Names that are allowed are left out first.
      type: int
      sample: 0
    dynamic:
      description: Of RV(dynamic).
      type: int
      sample: 3
    plugins:
      description: Of RV(plugins). What is left out of it requires nothing, as far as possible.
      returned: with O(subject=collection)
      type: int
      sample: 44
"""
