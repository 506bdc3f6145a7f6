# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Requirement files as people and programs write them: what is read, from which line, and what is refused."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.reader import read_file
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.requirements_txt import logical_lines

if TYPE_CHECKING:
    from pathlib import Path

SHA = "ab" * 32
OTHER = "cd" * 32

READ: dict[str, tuple[str, list[tuple[str, int]]]] = {
    "plain": ("six\nidna==3.1\n", [("six", 1), ("idna==3.1", 2)]),
    "no newline at the end": ("six", [("six", 1)]),
    "CRLF": ("six\r\n\r\nidna\r\n", [("six", 1), ("idna", 3)]),
    "comments": ("# six\nidna # six\n  # x\n", [("idna", 2)]),
    "continued": ("six \\\n  >=1, \\\n  <2\nidna", [("six<2,>=1", 1), ("idna", 4)]),
    "continued into the end": ("six \\", [("six", 1)]),
    "a comment ends a continued line": ("six \\\n# idna \\\nx", [("six", 1), ("x", 3)]),
    "a comment with a backslash goes on nowhere": ("# a \\\nsix", [("six", 2)]),
    "an empty line ends a continued one": ("six \\\n\nidna", [("six", 1), ("idna", 3)]),
    "markers": ("six ; python_version<'4'\n", [("six ; python_version < '4'", 1)]),
    "hashes": (f"six==1 --hash=sha256:{SHA} \\\n  --hash=sha256:{OTHER}\nidna", [("six==1", 1), ("idna", 3)]),
    "asks for what is always so": ("--only-binary=:all:\n--require-hashes\n--prefer-binary\nsix", [("six", 4)]),
    "the same twice": ("six\nsix\n", [("six", 1), ("six", 2)]),
    "empty": ("", []),
    "only comments": ("# a\n\n   # b", []),
}


@pytest.mark.parametrize("case", READ)
def test_lines_and_where_they_stand(tmp_path: Path, case: str) -> None:
    text, expected = READ[case]
    path = tmp_path / "requirements.txt"
    path.write_bytes(text.encode())
    found = read_file(str(path))
    assert [(demand.line, demand.location.line) for demand in found.requirements] == expected
    assert {demand.location.file for demand in found.requirements} <= {str(path)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_mark_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "requirements.txt").write_bytes("# ü\nsix\n".encode(encoding))
    assert [one.line for one in read_file(str(tmp_path / "requirements.txt")).requirements] == ["six"]


REFUSED: dict[str, tuple[str, int, str]] = {
    "index": (
        "six\n--index-url https://me:s3cret@index.invalid/simple",
        2,
        "set index_url to that address, or remove it",
    ),
    "short index": ("-i https://me:s3cret@index.invalid/simple", 1, "set index_url to that address, or remove it"),
    "second index": ("--extra-index-url=https://me:s3cret@x.invalid", 1, "set index_url to that address, or remove it"),
    "find links": ("-f ./wheels", 1, "remove it from the file, and add it to find_links, as an absolute path"),
    "a page of links": ("-f https://me:s3cret@x.invalid/y", 1, "names https://x.invalid/y, and"),
    "no index": ("--no-index", 1, "set the option 'offline' and find_links"),
    "an index without a scheme": ("-i me:s3cret@x.invalid", 1, "names an index, and"),
    "a host that is trusted": ("--trusted-host x.invalid", 1, "SSL_CERT_FILE"),
    "no binary": ("--no-binary :all:", 1, "a build from source"),
    "pre-releases": ("--pre", 1, "require a pre-release by name"),
    "unknown option": ("--frobnicate s3cret", 1, "--frobnicate is not supported"),
    "another project": (
        "\n-e ../other",
        2,
        "'../other' is not a requirement by name, such as 'requests>=2.31', but a directory",
    ),
    "an editable address": ("-e git+https://me:s3cret@code.invalid/x#egg=x", 1, "but a Git repository"),
    "an archive": ("./dist/x-1.tar.gz", 1, "but an archive"),
    "an editable without a value": ("-e", 1, "--editable has no directory"),
    "an address": ("x @ https://me:s3cret@code.invalid/x.whl", 1, "is not a requirement by name"),
    "a comment without a space": ("six#comment", 1, "is not a requirement by name"),
    "not a requirement": ("six\n\nthis is no requirement", 3, "is not a requirement by name"),
    "a variable": ("${PACKAGE}==1", 1, "variables in requirement files are not expanded"),
    "a template": ("{{ lookup('pipe', 'id') }}", 1, "is not a requirement by name"),
    "another hash": ("six==1 --hash=md5:00", 1, "--hash=md5 is not one of sha256, sha384, sha512"),
    "half a hash": ("six==1 --hash=sha256:00", 1, "does not have the length of a hash"),
    "no hash": ("six==1 --hash=sha256", 1, "is not a hash"),
    "only another strong hash": (f"six==1 --hash=sha512:{SHA * 2}", 1, "the line has only sha512; write the sha256"),
    "a variable in an include": ("-r ${DIR}/x.txt", 1, "are not expanded, so that"),
    "a shell's variable in a constraint": ("six\n-c $HOME/x.txt", 2, "write the value of $HOME"),
    "a variable of Windows": ("-r %APPDATA%\\x.txt", 1, "write the value of %APPDATA%"),
    "a variable in an editable": ("-e ${SRC}", 1, "write the value of ${SRC}"),
    "a variable in an address": ("x @ https://me:${S3CRET}@code.invalid/x.whl", 1, "write the value of ${S3CRET}"),
    "a variable in a source": (
        "-i https://me:${PW}@x.invalid/simple",
        1,
        "set index_url to that address, or remove it",
    ),
    "ssh": ("git+ssh://git@code.invalid/x.git@v1", 1, "but a Git repository"),
    "scp": ("-e git@code.invalid:me/x.git", 1, "but a Git repository"),
    "a named repository": ("x[a] @ git+https://me:s3cret@code.invalid/x@v1", 1, "but a Git repository"),
    "Mercurial": ("x @ hg+https://code.invalid/x", 1, "but a Mercurial repository"),
    "a wheel": ("dist/x-1-py3-none-any.whl", 1, "but a wheel"),
    "a named wheel": ("x @ file:///srv/x-1-py3-none-any.whl", 1, "but a wheel"),
    "an archive at an address": ("https://code.invalid/x-1.tar.gz#sha256=00", 1, "but an archive"),
    "a named directory": ("x @ file:///srv/x", 1, "but a directory"),
    "an absolute directory": ("/srv/x", 1, "but a directory"),
    "a directory at home": ("-e ~/x", 1, "but a directory"),
    "a relative directory": ("libs/x", 1, "but a directory"),
    "a page": ("x @ https://code.invalid/x", 1, "but a URL"),
    "build options": ("six==1 --config-settings=a=b", 1, "cannot be set for a single requirement"),
    "include of nothing": ("-r", 1, "has no file name"),
    "include of the network": ("-r https://me:s3cret@x.invalid/r.txt", 1, "is not read from the network"),
    "missing": ("-r missing.txt", 1, "missing.txt cannot be read: No such file"),
    "outside": ("-r ../r.txt", 1, "'../r.txt' is outside the project's directory"),
    "absolute": ("-c /etc/passwd", 1, "'/etc/passwd' is outside the project's directory"),
    "a directory": ("-r .", 1, "outside"),
    "a link out": ("-r out.txt", 1, "'out.txt' is outside the project's directory"),
    "a link to itself": ("-r round.txt", 1, "cannot be read"),
    "a FIFO": ("-r fifo", 1, "is not a regular file"),
    "itself": ("-r requirements.txt", 1, "includes itself"),
    "a loop": ("-r loop.txt", 1, "includes itself"),
    "not text": ("-r binary.txt", 0, "is not UTF-8"),
    "NUL": ("-r nul.txt", 0, "contains NUL"),
    "half of UTF-16": ("-r half.txt", 0, "is not UTF-16-LE"),
    "deep": ("-r deep0.txt", 1, "more than 20 deep"),
    "extras in a constraint": ("-c extras.txt", 0, "extras.txt, line 1: a constraint limits versions"),
    "itself in a constraint": ("-c dot.txt", 0, "dot.txt, line 1: "),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_and_names_the_line(tmp_path: Path, case: str) -> None:
    text, line, message = REFUSED[case]
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "r.txt").write_text("six")
    path = project / "requirements.txt"
    path.write_text(text)
    (project / "out.txt").symlink_to(tmp_path / "r.txt")
    (project / "round.txt").symlink_to("round.txt")
    os.mkfifo(project / "fifo")
    (project / "loop.txt").write_text("six\n-r requirements.txt")
    (project / "binary.txt").write_bytes(b"six\n\xff")
    (project / "nul.txt").write_bytes(b"six\0")
    (project / "half.txt").write_bytes(b"\xff\xfes\0i")
    (project / "extras.txt").write_text("six[a]<2")
    (project / "dot.txt").write_text("-e .")
    for number in range(30):
        (project / f"deep{number}.txt").write_text(f"-r deep{number + 1}.txt")
    with pytest.raises(InputError) as caught:
        read_file(str(path))
    assert message in caught.value.message
    assert "s3cret" not in caught.value.message
    if line and case not in {"a loop", "deep"}:
        assert caught.value.message.startswith(f"{path}, line {line}: ")


def test_includes_are_relative_to_the_including_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text("-r base.txt\n--requirement=../more.txt\n-c 'limits here.txt'\n")
    (tmp_path / "requirements" / "base.txt").write_text("six\n-cmore-limits.txt")
    (tmp_path / "requirements" / "limits here.txt").write_text("six<2\n-r more-limits.txt")
    (tmp_path / "requirements" / "more-limits.txt").write_text("idna<4")
    (tmp_path / "more.txt").write_text("idna")
    found = read_file(str(tmp_path / "requirements" / "dev.txt"))
    assert [(one.line, os.path.basename(one.location.file)) for one in found.requirements] == [
        ("six", "base.txt"),
        ("idna", "more.txt"),
    ]
    assert [(one.line, os.path.basename(one.location.file)) for one in found.constraints] == [
        ("idna<4", "more-limits.txt"),
        ("six<2", "limits here.txt"),
    ]


def test_a_file_can_be_all_constraints(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("six<2\n-r more.txt")
    (tmp_path / "more.txt").write_text("idna")
    found = read_file(str(tmp_path / "c.txt"), constraint=True)
    assert found.requirements == ()
    assert [one.line for one in found.constraints] == ["six<2", "idna"]


@pytest.mark.parametrize("line", ["-e .", "--editable=.", "-e ./", ".", "./", "-e .[speed]", ".[speed, Speed]"])
def test_the_project_itself_becomes_a_sibling_with_its_own_needs(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"six\n{line}\n")
    project = '[project]\nname = "me"\nversion = "1"\ndependencies = ["idna"]\n'
    extras = '[project.optional-dependencies]\nspeed = ["x"]\n'
    (tmp_path / "pyproject.toml").write_text(project + extras)
    found = read_file(str(tmp_path / "requirements.txt"))
    assert found.siblings == (str(tmp_path),)
    expected = ["six", "idna", *(["x"] if "speed" in line else [])]
    assert [one.line for one in found.requirements] == expected
    (tmp_path / "src").mkdir()
    assert read_file(str(tmp_path / "requirements.txt")).siblings == (str(tmp_path / "src"),)


def test_an_extra_that_the_project_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-e .[speed]\n")
    (tmp_path / "setup.py").write_text("raise SystemExit('never run')")
    with pytest.raises(InputError, match=r"requirements.txt, line 1: the project has no extra speed"):
        read_file(str(tmp_path / "requirements.txt"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("six\n" * 100_000, "more than 20000 lines"),
        ("-r a.txt\n-r b.txt\n", None),
        ("# " + "x" * 3_000_000, "is larger than 2 MiB"),
        ("six \\\n" * 200_000, "is not a requirement by name"),
        ("a" * 1_900_000, "is not a requirement by name"),
        ("six" + " " * 1_900_000 + "x", "is not a requirement by name"),
        ("x @ " + "//a" * 600_000, "is not a requirement by name"),
    ],
)
def test_bombs_end_quickly(tmp_path: Path, text: str, message: str | None) -> None:
    """The second is two files that include each other's doubles, 2^20 in all if each were read again."""
    (tmp_path / "requirements.txt").write_text(text)
    for number in range(15):
        for name in ("a", "b"):
            suffix = number or ""
            (tmp_path / f"{name}{suffix}.txt").write_text(f"-r a{number + 1}.txt\n-r b{number + 1}.txt\n")
    (tmp_path / "a15.txt").write_text("six")
    (tmp_path / "b15.txt").write_text("six")
    started = time.process_time()
    if message is None:
        assert len(read_file(str(tmp_path / "requirements.txt")).requirements) == 2
    else:
        with pytest.raises(InputError, match=message):
            read_file(str(tmp_path / "requirements.txt"))
    assert time.process_time() - started < 2


def test_too_many_files(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("".join(f"-r {number}.txt\n" for number in range(300)))
    for number in range(300):
        (tmp_path / f"{number}.txt").write_text("six")
    with pytest.raises(InputError, match="line 200: .* includes more than 200 requirement files"):
        read_file(str(tmp_path / "requirements.txt"))


@pytest.mark.parametrize("path", ["requirements.txt", "../x", "", "~/x"])
def test_a_relative_path_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="is not the absolute path"):
        read_file(path)


def test_the_file_itself_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="^/.*/none.txt cannot be read: No such file"):
        read_file(str(tmp_path / "none.txt"))


def test_a_continued_line_keeps_the_number_of_its_first() -> None:
    assert list(logical_lines("a \\\nb\nc")) == [(1, "a b"), (3, "c")]
