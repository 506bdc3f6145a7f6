# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""Other users who work in the same directories all the time, or hold every lock that they can get."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import another_user
import pytest
from another_user import BOTH, AnotherUser
from shared_venv_process import built, installed, leftovers

from ansible_collections.mobile_ansible.venv.plugins.module_utils._store.store import Store

pytestmark = pytest.mark.skipif(another_user.missing() is not None, reason=str(another_user.missing()))


#: Makes and removes directories of one name, as fast as it can.
_RACER = """
import os, sys
print("ready", flush=True)
while True:
    try:
        os.mkdir(sys.argv[1], 0o777)
        os.chmod(sys.argv[1], 0o777)
        os.rmdir(sys.argv[1])
    except OSError:
        pass
"""


@pytest.mark.catalogue(33)
def test_a_name_that_they_make_and_remove_all_the_time(them: AnotherUser, sticky: Path) -> None:
    """Whoever is faster: what root prepared is root's, or refused."""
    place = sticky / "store"
    racer = them.start(_RACER, str(place))
    try:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
        made = 0
        for _attempt in range(1500):
            try:
                Store(str(place)).prepare()
            except Exception as error:  # Anything else than a refusal is asserted below.
                assert "belongs to another user" in str(error) or "cannot be used" in str(error), repr(error)
                continue
            assert place.stat().st_uid == 0
            assert {entry.stat().st_uid for entry in place.iterdir()} == {0}
            made += 1
            shutil.rmtree(place)
        assert made > 0
    finally:
        racer.kill()
        racer.communicate()


#: Opens and locks whatever it can below a directory until its input ends, then says what it locked.
_LOCKER = """
import fcntl, json, os, select, sys
locked = {}
while not select.select([sys.stdin], [], [], 0)[0]:
    for directory, directories, files in os.walk(sys.argv[1]):
        for name in [*directories, *files]:
            path = os.path.join(directory, name)
            if path in locked or os.path.islink(path):
                continue
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locked[path] = descriptor
            except OSError:
                pass
    if not locked:
        continue
    print("", flush=True)
print(json.dumps(sorted(locked)), flush=True)
"""


def test_nothing_that_others_can_open_is_locked_on(
    them: AnotherUser, sticky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They hold every lock that they can get, from before a build to its end; it needs none of them."""
    monkeypatch.setenv("PATH", f"{them.directory / 'bin'}:{os.environ['PATH']}")
    store = sticky / "store"
    built(**them.options(store))
    store.chmod(0o755)
    locker = them.start(_LOCKER, str(store))
    assert locker.stdout is not None
    locker.stdout.readline()
    built(**them.options(store, packages=BOTH, lock_timeout=2))
    built(**them.options(store, name="second", packages=[*BOTH, "netaddr"], lock_timeout=2))
    built(state="absent", store=str(store), name="second", lock_timeout=2)
    output, _errors = locker.communicate("end\n")
    locked = [os.path.relpath(path, store) for path in json.loads(output.strip().splitlines()[-1])]
    assert any(path.startswith(".generations/") for path in locked), "the attack did not work"
    places = (".cache", ".locks", ".leases", ".tools", ".incoming")
    assert [path for path in locked if path.startswith(tuple(f"{place}/" for place in places))] == []
    assert [path for path in locked if os.path.basename(path) == ".lock" or ".incoming-" in path] == []
    assert installed(store / "site") == BOTH
    assert leftovers(store) == []
