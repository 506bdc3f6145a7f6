# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""The analysis of a collection or of some of its plugins: what each requires, and what the collection declares."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._printable import listed, shortened

from .distributions.introspection import Introspection, introspected
from .distributions.plugin_requirements import PluginRequirements
from .model import Analysis, CollectionDirectory, CollectionFinder, Dynamic, FileLocation, Plugin, Reference
from .project.collection_metadata import METADATA_FILES, metadata_of
from .project.files import Files
from .project.names import is_collection, parts_of
from .project.scan import Findings
from .project.task_hosts import HostGraph
from .resolution.collection_content import CollectionContent
from .resolution.core import DIRECTORIES, Core
from .resolution.routing import Library, LocalPlugins, Router
from .resolved import resolved

#: What is loaded by its name; the other directories hold code and texts that plugins use.
KINDS = tuple(kind for kind in DIRECTORIES if kind not in ("doc_fragments", "module_utils"))

_COMMAND_LINE = FileLocation("option plugins", 1)


@dataclass(frozen=True)
class CollectionAnalysis:
    """``requirements`` are those of each plugin; ``whole``: all plugins of the collection were analysed.

    ``dependencies`` are the collections that it declares, with ranges. ``inherited`` are the names of the Python
    requirements that other collections declare whose code its plugins use.
    """

    directory: CollectionDirectory
    analysis: Analysis
    requirements: Mapping[Plugin, PluginRequirements]
    files: Mapping[Plugin, str]
    declared: Introspection
    dependencies: Mapping[str, str]
    inherited: frozenset[str]
    whole: bool


def analyse_collection(
    root: Path,
    plugins: Sequence[str] = (),
    *,
    core: Core,
    source: CollectionFinder,
    delivered: CollectionDirectory | None = None,
) -> CollectionAnalysis:
    """Analyse the ``plugins`` of the collection in ``root``, none for all: names, or ``kind:name``.

    ``delivered`` says which collection it is, when the source has it; else the directory says so itself.
    """
    files = Files(root)
    directory = delivered or _described(files)

    def find(name: str) -> CollectionDirectory | None:
        return directory if name == directory.name else source(name)

    library = Library(find, project=files, core=core)
    router = Router(core=core, library=library, local=LocalPlugins(files, [], {}))
    content = library.open(directory.name)
    if content is None:
        raise InputError(f"path: {directory.name} is a name of ansible-core's own plugins, not that of a collection")
    findings = Findings()
    for reference in _references(content, plugins, router):
        findings.name(reference.kind, reference.name, reference.location)
    requirements: dict[Plugin, PluginRequirements] = {}
    analysis = resolved(findings, HostGraph(), router, requirements=requirements)
    metadata = metadata_of(content.files, content.path)
    dependencies = metadata.dependencies if metadata is not None else {}
    declared = introspected(content)
    return CollectionAnalysis(
        directory=directory,
        analysis=replace(
            analysis,
            unresolved=(*analysis.unresolved, *declared.problems),
            dynamic=(*analysis.dynamic, *(() if plugins else _unlisted(content))),
            looked={path: stamp for one in library.readers() for path, stamp in one.looked.items()},
        ),
        requirements=requirements,
        files={one: library.shown(one.path, one.collection) for one in requirements if one.path is not None},
        declared=declared,
        dependencies=dependencies,
        inherited=_inherited(library, directory.name),
        whole=not plugins,
    )


def _described(files: Files) -> CollectionDirectory:
    """The collection that a directory says it is, in its metadata or by its place below ``ansible_collections``."""
    metadata = metadata_of(files, files.root)
    if metadata is not None:
        return CollectionDirectory(metadata.name, metadata.version, files.root, local=True)
    above = files.root.parent
    name = f"{above.name}.{files.root.name}"
    if above.parent.name == "ansible_collections" and is_collection(name):
        return CollectionDirectory(name, "*", files.root, local=True)
    raise InputError(
        f"path: {files.root} is not a collection: it has no {' or '.join(METADATA_FILES)} with a namespace and a name"
    )


def _references(content: CollectionContent, plugins: Sequence[str], router: Router) -> Iterator[Reference]:
    """The plugins to analyse, each as if its own file named it."""
    if plugins:
        for text in dict.fromkeys(plugins):
            yield from _named(content, text)
        return
    for kind in KINDS:
        # An action plugin with the name of a module runs for that, and counts there.
        modules = frozenset(content.own_names("module")) if kind == "action" else frozenset()
        for name in sorted(frozenset(content.own_names(kind)) - modules):
            reference = Reference(kind, f"{content.name}.{name}", _COMMAND_LINE)
            # What is sent elsewhere is the plugin of another name.
            for plugin in (one.plugin for one in router.resolve_all(reference)):
                if plugin is not None and plugin.path is not None and plugin.name == reference.name:
                    yield replace(reference, location=FileLocation(content.shown(plugin.path), 1))


def _named(content: CollectionContent, text: str) -> Iterator[Reference]:
    """The plugins of a name, of each kind that has it, or of the kind before a colon."""
    kind, colon, name = text.rpartition(":")
    kinds = (kind,) if colon else KINDS
    if colon and kind not in KINDS:
        raise InputError(f"plugins: {shortened(text)} has the kind {shortened(kind)}; known are {', '.join(KINDS)}")
    short = name.removeprefix(f"{content.name}.")
    if not parts_of(short):
        raise InputError(f"plugins: {shortened(text)} is not the name of a plugin, such as module:{content.name}.name")
    having = [one for one in kinds if short in content.names(one)]
    if not colon and "module" in having:
        having = [one for one in having if one != "action"]
    if not having:
        known = sorted({other for one in kinds for other in content.names(one)})
        close = difflib.get_close_matches(short, known, n=3)
        hint = f"; similar names: {listed([*map(shortened, close)])}" if close else ""
        what = kind if colon else "plugin"
        raise InputError(f"plugins: {content.name} {content.directory.version} has no {what} {shortened(short)}{hint}")
    for one in having:
        path = content.plugin(one, short)
        location = FileLocation(content.shown(path), 1) if path is not None else _COMMAND_LINE
        yield Reference(one, f"{content.name}.{short}", location)


def _inherited(library: Library, own: str) -> frozenset[str]:
    """The names of the Python requirements that the other collections declare whose code is in use."""
    others = (content for name, content in library.opened.items() if content is not None and name != own)
    return frozenset(name for content in others for name in introspected(content).named)


def _unlisted(content: CollectionContent) -> Iterator[Dynamic]:
    """The files of filters and tests whose names only the run will know."""
    for kind in ("filter", "test"):
        for path in content.files_without_names(kind):
            shown = content.shown(path)
            yield Dynamic(f"the names of the {kind}s in {shortened(shown)}", FileLocation(shown, 1))
