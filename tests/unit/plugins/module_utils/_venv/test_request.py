# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Requests: one spelling, one digest, and nothing that is not a requirement by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.mobile_ansible.venv.plugins.module_utils._errors import InputError
from ansible_collections.mobile_ansible.venv.plugins.module_utils._projects.combination import CombinedRequirements
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.profile import Profile
from ansible_collections.mobile_ansible.venv.plugins.module_utils._venv.request import VenvRequest, build_request

if TYPE_CHECKING:
    from pathlib import Path


def request(**options: Any) -> VenvRequest:
    given: dict[str, Any] = {"python": None, "ansible_core": None, "packages": [], "collections": []}
    return build_request(**{**given, "collections_source": "community_package", "profile": Profile(), **options})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("requests", "requests"),
        (" Requests ", "requests"),
        ("ruamel_yaml", "ruamel-yaml"),
        ("requests >= 2.31, < 3", "requests<3,>=2.31"),
        ("requests (>=2.31)", "requests>=2.31"),
        ("requests[socks, Security]>=2", "requests[security,socks]>=2"),
        ("x==1.*", "x==1.*"),
        ("x~=1.4.2 ; python_version < '3.12'", "x~=1.4.2 ; python_version < '3.12'"),
    ],
)
def test_a_requirement_has_one_spelling(line: str, expected: str) -> None:
    assert request(packages=[line]).packages == (expected,)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "-r requirements.txt",
        "--index-url=https://index.invalid",
        "./directory",
        "/srv/x.whl",
        "file:///srv/x.whl",
        "x @ https://files.invalid/x.whl",
        "git+https://code.invalid/x",
        "x\n-e .",
        "x # comment",
        "x>=",
        "{{ x }}",
        "x y",
    ],
)
def test_what_is_no_requirement_by_name_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="^packages: ") as caught:
        request(packages=[line])
    assert repr(line) in caught.value.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.19.14", "ansible-core==2.19.14"),
        ("2.19.*", "ansible-core==2.19.*"),
        ("~=2.19.5", "ansible-core~=2.19.5"),
        ("*", "ansible-core"),
        ("ansible-core>=2.19,<2.22", "ansible-core<2.22,>=2.19"),
    ],
)
def test_ansible_core_can_be_a_version_or_a_requirement(text: str, expected: str) -> None:
    assert request(ansible_core=text).ansible_core == expected


@pytest.mark.parametrize("text", ["ansible-core-evil", "latest", "2.19; rm -rf /"])
def test_what_is_no_version_of_ansible_core_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        request(ansible_core=text)


@pytest.mark.parametrize("python", ["3", "python3.12", "venv/bin/python", "2.7", "3.12.1"])
def test_python_is_a_minor_version_or_an_absolute_path(python: str) -> None:
    with pytest.raises(InputError, match="^python: "):
        request(python=python, packages=["x"])


def test_options_and_profile_are_joined() -> None:
    profile = Profile(python="3.12", ansible_core="2.19.14", packages=("lxml",), collections=("a.b",))
    joined = request(packages=["netaddr"], collections=["c.d"], profile=profile)
    assert joined.packages == ("lxml", "netaddr")
    assert [one.name for one in joined.collections] == ["a.b", "c.d"]
    assert (joined.python, joined.ansible_core) == ("3.12", "ansible-core==2.19.14")


def test_a_disagreement_of_option_and_profile_is_an_error() -> None:
    with pytest.raises(InputError, match="^python: '3.12' differs from the profile's '3.13'"):
        request(python="3.12", packages=["x"], profile=Profile(python="3.13"))


def test_nothing_asked_for_is_an_error() -> None:
    with pytest.raises(InputError, match="^Nothing is requested"):
        request()


def test_equal_needs_have_equal_digests_in_any_order() -> None:
    one = request(packages=["b", "A>=1"], collections=["x.y", "a.b"])
    other = request(packages=["a>=1"], collections=["a.b"], profile=Profile(packages=("B",), collections=("x.y",)))
    assert one.digest == other.digest
    assert one.digest != request(packages=["b", "a>=2"], collections=["x.y", "a.b"]).digest


def test_files_and_packages_make_one_request() -> None:
    needs = CombinedRequirements(("six>=1", "x"), ("y<2",), (("x", ("ab" * 32,)),), notes=("seen",))
    joined = request(packages=["Six >= 1"], needs=needs)
    assert (joined.packages, joined.constraints, joined.hashes) == (("six>=1", "x"), ("y<2",), (("x", ("ab" * 32,)),))
    plain = request(packages=["six>=1", "x"])
    assert plain.digest == request(needs=CombinedRequirements(("six>=1", "x"))).digest
    others = [
        CombinedRequirements(("six>=1", "x"), constraints=("y<3",)),
        CombinedRequirements(("six>=1", "x"), hashes=(("x", ()),)),
        CombinedRequirements(("x",)),
    ]
    assert len({plain.digest, joined.digest, *(request(needs=other).digest for other in others)}) == 5


def test_constraints_alone_ask_for_nothing() -> None:
    with pytest.raises(InputError, match="^Nothing is requested"):
        request(needs=CombinedRequirements(constraints=("y<2",)))


def test_the_source_of_collections_does_not_matter_where_there_are_none() -> None:
    digests = {request(packages=["x"], collections_source=source).digest for source in ("community_package", "/srv/x")}
    assert len(digests) == 1


def test_an_edit_in_a_local_source_changes_the_request(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    before = request(collections=["a.b"], collections_source=str(tmp_path))
    (tmp_path / "file").write_text("other")
    assert request(collections=["a.b"], collections_source=str(tmp_path)).digest != before.digest


def test_projects_without_requirements_ask_for_an_empty_venv() -> None:
    assert request(may_be_empty=True).packages == ()


def test_what_is_optional_in_a_profile_is_required_by_the_options() -> None:
    profile = Profile(packages=("a>=1", "b"))
    given = request(profile=profile, packages=["c"], optional_packages=["A >= 1", "c", "d"])
    assert (given.packages, given.optional_packages) == (("b", "c"), ("a>=1", "d"))
    needs = CombinedRequirements(("d",))
    assert request(profile=profile, optional_packages=["d"], needs=needs).optional_packages == ()


def test_signatures_are_part_of_a_request_that_has_them_and_no_other_changes() -> None:
    asked = request(collections=["a.b", {"name": "c.d", "signatures": ["file:///s"]}]).as_dict()["collections"]
    assert ["signatures" in one for one in asked] == [False, True]


def test_optional_packages_are_part_of_a_request_and_alone_are_one() -> None:
    plain, optional = request(packages=["x"]), request(packages=["x"], optional_packages=["y"])
    assert plain.digest != optional.digest != request(packages=["x", "y"]).digest
    # The requests of venvs that were built before have kept their digests.
    assert "optional_packages" not in plain.as_dict()
    assert request(optional_packages=["y"]).packages == ()
    with pytest.raises(InputError, match="^optional_packages: "):
        request(optional_packages=["./y"])


def test_roles_of_options_and_profile_are_part_of_a_request_and_alone_are_one(tmp_path: Path) -> None:
    plain = request(packages=["x"])
    given = request(packages=["x"], profile=Profile(roles=("acme.web",)), roles=[{"src": "acme.base", "version": "1"}])
    assert [one.name for one in given.roles] == ["acme.base", "acme.web"]
    assert given.digest != plain.digest and "roles" not in plain.as_dict()
    assert request(roles=["acme.web", "acme.base"]).digest == request(roles=["acme.base", "acme.web"]).digest
    with pytest.raises(InputError, match="^roles, entry 1: "):
        request(roles=["../x"])
    (tmp_path / "tasks").write_text("[]")
    before = request(roles=[str(tmp_path)])
    (tmp_path / "tasks").write_text("[{}]")
    assert request(roles=[str(tmp_path)]).digest != before.digest, "a directory of this host can change"


def test_a_request_without_a_required_content_is_the_one_that_it_was() -> None:
    plain = request(collections=["acme.tools"])
    assert "sha256" not in plain.as_dict()["collections"][0]
    assert "sha256" not in request(roles=["acme.web"]).as_dict()["roles"][0]
    assert request(roles=[{"name": "acme.web", "sha256": "0" * 64}]).as_dict()["roles"][0]["sha256"] == "0" * 64
    pinned = request(collections=[{"name": "acme.tools", "sha256": "0" * 64}])
    assert pinned.as_dict()["collections"][0]["sha256"] == "0" * 64
    assert pinned.digest != plain.digest


def test_what_the_controller_has_at_a_path_is_part_of_the_request(tmp_path: Path) -> None:
    """Here is nothing at that path, or something else."""
    asked = {"collections": ["acme.tools"], "collections_source": str(tmp_path)}
    here = request(**asked)
    there = request(**asked, local=[(str(tmp_path), "0" * 64)])
    assert there.local == ((str(tmp_path), "0" * 64),) != here.local
    assert there.digest != here.digest
