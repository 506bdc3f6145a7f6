# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""uv, one method a subcommand: resolve, make a venv, install from a hashed list.

uv sees our environment only. What decides where packages come from travels in that environment and not in arguments,
because an index address can hold a password and arguments are for all to read.
"""

from __future__ import annotations

import copy
import glob
import os
import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from .._disk_errors import says_full
from .._errors import (
    AuditError,
    CommandError,
    NetworkError,
    ResolutionError,
    VenvError,
)
from .._packaging.address import hide_passwords, public
from .._packaging.pylock import LockedPackage, parse_pylock
from .._store.staging import staging
from .network import network_error

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from .._runner import Completed, Runner
    from .package_index import PackageIndex

#: Variables of the host that decide how the network is reached; everything else is ours.
NETWORK_VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
#: In seconds, how long an index may say nothing, and how often it is asked again.
HTTP_TIMEOUT = 20
HTTP_RETRIES = 2
RESOLVE_TIMEOUT = 300.0
INSTALL_TIMEOUT = 1800.0
#: uv's exit code when requirements cannot be met; it has others when it could not look.
_UNSATISFIABLE = 1
#: How uv says that it was not to use the network, and that the index does not have a name.
_OFFLINE = "network was disabled"
_UNKNOWN_NAME = "was not found in the package registry"
#: What always helps with packages that nobody listed himself.
_REMEDY = ". To leave out a package that the analysis found, use the option 'exclude'"
#: How uv says that a package exists, but not as a wheel for this interpreter.
_NO_WHEELS = ("no usable wheels", "no wheels with a matching")
#: How uv says that it needs something that its cache does not have.
_WITHOUT_NETWORK = (_OFFLINE, "Network connectivity is disabled")

_Result = TypeVar("_Result")


def network_environment() -> dict[str, str]:
    """The part of the host's environment that a program needs to reach the network, and its home and search path."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", *NETWORK_VARIABLES) if name in os.environ}
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", **kept}


@contextmanager
def readable_by_all() -> Iterator[None]:
    """Let what is written here, and by programs started here, be for all to read and for its owner to change.

    A venv in a shared store is for others too, and nobody else may write to a cache, whatever umask the user has.
    """
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


class Uv:
    """The program at ``executable``, with its ``cache`` directory in the store."""

    def __init__(self, executable: str, *, runner: Runner, index: PackageIndex, cache: str) -> None:
        self.executable = executable
        self._cache = cache
        self._runner = runner
        self._index = index
        self._environment = {
            **network_environment(),
            "UV_CACHE_DIR": cache,
            "UV_HTTP_TIMEOUT": str(HTTP_TIMEOUT),
            "UV_HTTP_RETRIES": str(HTTP_RETRIES),
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_SYSTEM_CERTS": "1",
            **index.environment(),
        }

    def compile(
        self,
        requirements: Sequence[str],
        *,
        python: str | None = None,
        no_deps: bool = False,
        constraints: Sequence[str] = (),
        overrides: Sequence[str] = (),
        hashes: Mapping[str, Collection[str]] | None = None,
        offline: bool = False,
        once: bool = False,
    ) -> list[LockedPackage]:
        """Resolve PEP 508 ``requirements`` to wheels for the interpreter ``python``, sorted by name.

        ``constraints`` narrow versions and ask for nothing; ``overrides`` hold in place of all that is said of their
        names, in ``requirements`` too; ``hashes`` are the sha256 that a package's wheel may have;
        ``offline`` looks at nothing but what was fetched before; ``once`` believes the cache where they cannot be met.
        Raises :class:`ResolutionError` with uv's explanation when they cannot be met; its ``unsatisfiable`` says
        whether that is so wherever packages come from, and not because an index could not be read or a disk is full.
        """
        argv = ["pip", "compile", "--quiet", "--format", "pylock.toml", "--only-binary", ":all:", "--no-header"]
        if no_deps:
            argv.append("--no-deps")
        if offline:
            argv.append("--offline")
        if python is not None:
            argv += ["--python", python]

        def resolve(uv: Uv) -> str:
            return uv._resolve(argv, requirements, constraints, overrides)

        return parse_pylock(resolve(self) if offline or once else self.despite_cache(resolve), hashes=hashes)

    def _resolve(
        self, argv: Sequence[str], requirements: Sequence[str], constraints: Sequence[str], overrides: Sequence[str]
    ) -> str:
        with ExitStack() as stack:
            files, options = [], []
            for option, lines in (("--constraint", constraints), ("--override", overrides)):
                descriptor = stack.enter_context(_unnamed_file("".join(f"{line}\n" for line in lines)))
                if descriptor is not None:
                    files.append(descriptor)
                    options += [option, _path(descriptor)]
            done = self._run([*argv, *options, "-"], stdin="\n".join(requirements) + "\n", pass_fds=files)
        if done.returncode != 0:
            raise self._failure_to_resolve(done, requirements)
        return done.stdout

    def _failure_to_resolve(self, done: Completed, requirements: Sequence[str]) -> VenvError:
        self._index.check_directories()
        unreachable = network_error(_said(done), self._index)
        if unreachable is not None:
            return unreachable
        explanation = _explanation(done)
        # Where the user says offline, there is nothing but what is there already.
        prevented = (_OFFLINE in explanation and not self._index.offline) or says_full(explanation)
        explanation += self._where_it_looked(explanation)
        unsatisfiable = done.returncode == _UNSATISFIABLE and not prevented
        return ResolutionError(
            f"The Python packages {', '.join(requirements)} cannot be resolved: "
            + (f"{explanation.rstrip('.')}{_REMEDY}" if unsatisfiable else explanation),
            requirements=list(requirements),
            explanation=explanation,
            unsatisfiable=unsatisfiable,
        )

    def _where_it_looked(self, explanation: str) -> str:
        """What the user can change where uv did not find something, to be put behind its ``explanation``."""
        if any(words in explanation for words in _NO_WHEELS):
            return (
                " Packages are not built from source: put a wheel into find_links, require another version, or leave "
                "the package out"
            )
        if not any(words in explanation for words in (_UNKNOWN_NAME, _OFFLINE, *_WITHOUT_NETWORK)):
            return ""
        if self._index.offline:
            return (
                " The network is not used (the option 'offline' or the option 'wheels' is set): put the missing wheels "
                "into find_links or into the directory of the option 'wheels', or allow the network"
            )
        return f" (index_url: {public(self._index.index_url)})" if self._index.index_url else ""

    def venv(self, path: str, *, python: str) -> None:
        """Make an empty venv at ``path`` from the interpreter ``python``."""
        argv = ["venv", "--quiet", "--no-project", "--python", python, path]
        self._run(argv).check(f"Creating a venv with {python}")

    def sync(self, requirements_file: str, *, python: str, pass_fds: Sequence[int] = ()) -> None:
        """Install exactly the hashed ``requirements_file`` into the venv of ``python``, wheels only.

        ``pass_fds``: descriptors of locks that must live as long as uv does. Files are copied, which clones them where
        the file system can: ``clone`` falls back to hardlinks, through which an edit would reach uv's cache. The
        network is used for what the cache does not have, as a hash leaves nothing to ask an index.
        """
        argv = ["pip", "sync", "--quiet", "--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"]
        argv += ["--python", python, requirements_file]
        done = self._run([*argv, "--offline"], pass_fds=pass_fds, timeout=INSTALL_TIMEOUT)
        if not self._index.offline and any(words in _explanation(done) for words in _WITHOUT_NETWORK):
            done = self._run(argv, pass_fds=pass_fds, timeout=INSTALL_TIMEOUT)
        if done.returncode != 0:
            unreachable = network_error(_said(done), self._index)
            if unreachable is not None:
                raise unreachable
            explanation = _explanation(done)
            message = f"The Python packages cannot be installed: {explanation}{self._where_it_looked(explanation)}"
            raise CommandError(message, rc=done.returncode, explanation=explanation)

    def unpacked(self, dist_info: str) -> list[str]:
        """Where the cache has wheels with the directory ``dist_info``, as they were before they were installed."""
        pattern = os.path.join(glob.escape(self._cache), "archive-v*", "*", glob.escape(dist_info), "RECORD")
        return [os.path.dirname(os.path.dirname(path)) for path in glob.glob(pattern)]

    def unpacked_since(self, seen: set[str]) -> Iterator[str]:
        """The names of ``*.dist-info`` in the cache, except in the archives ``seen``, which are more afterwards.

        An archive has its name once it is complete.
        """
        archives = set(glob.glob(os.path.join(glob.escape(self._cache), "archive-v*", "*"))) - seen
        seen |= archives
        for archive in archives:
            yield from (name for name in os.listdir(archive) if name.endswith(".dist-info"))

    def despite_cache(self, action: Callable[[Uv], _Result]) -> _Result:
        """What ``action`` returns. Where it fails it is done again with an empty cache; if that helps, the cache goes.

        uv believes its cache, and does not wait until what it writes there is on the disk: after a power cut files can
        be empty that it takes for good.
        """
        try:
            return action(self)
        except VenvError as error:
            if not _cache_can_be_why(error):
                raise
            with staging(os.path.dirname(self._cache)) as directory:
                other = copy.copy(self)
                other._cache, other._environment = directory, {**self._environment, "UV_CACHE_DIR": directory}
                try:
                    result = action(other)
                except VenvError:
                    raise error from None
            self._run(["cache", "clean", "--quiet"]).check("Cleaning the cache of uv")
            return result

    def _run(
        self,
        arguments: Sequence[str],
        *,
        stdin: str | None = None,
        pass_fds: Sequence[int] = (),
        timeout: float = RESOLVE_TIMEOUT,
    ) -> Completed:
        with readable_by_all(), _unnamed_file(self._index.configuration()) as descriptor:
            # No other configuration is read then, of the user or of the host.
            config = {"UV_CONFIG_FILE": _path(descriptor)} if descriptor is not None else {"UV_NO_CONFIG": "1"}
            return self._runner.run(
                [self.executable, *arguments],
                env={**self._environment, **config},
                cwd="/",
                stdin=stdin,
                pass_fds=[*pass_fds, *([descriptor] if descriptor is not None else [])],
                timeout=timeout,
            )


def _cache_can_be_why(error: VenvError) -> bool:
    """Whether a failure can come from a damaged cache: neither the network nor a full disk explains it."""
    explanation = error.context.get("explanation")
    if isinstance(error, NetworkError):
        return False
    if explanation is None:
        return isinstance(error, AuditError)
    return not says_full(explanation) and _OFFLINE not in explanation


@contextmanager
def _unnamed_file(text: str) -> Iterator[int | None]:
    """The descriptor of a file with ``text``, None for no text: a file without a name leaves nothing behind."""
    if not text:
        yield None
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        stream.seek(0)
        yield stream.fileno()


def _path(descriptor: int) -> str:
    """How a program that inherits ``descriptor`` opens it."""
    return f"/dev/fd/{descriptor}"


def _said(done: Completed) -> str:
    return hide_passwords(done.stderr or done.stdout)


def _explanation(done: Completed) -> str:
    """uv's error without its labels and line breaks."""
    lines = [line.strip() for line in _said(done).strip().splitlines()]
    return " ".join(line for line in lines if line).replace("error: ", "", 1)
