# GNU General Public License v3.0+ (see COPYING)
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The mobile_ansible.venv contributors
"""What test hosts are made of: the files of one, and how it starts."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SSHD_CONFIG = """\
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/authorized_keys .ssh/authorized_keys
PidFile none
StrictModes no
PasswordAuthentication no
UsePAM no
PrintMotd no
MaxStartups 100
MaxSessions 100
Subsystem sftp internal-sftp
"""
#: How a host starts. Its files are in $DIRECTORY, the checkout is $CHECKOUT, the arguments are pairs of a directory and
#: where the host sees it, read-only. What it writes goes to $DIRECTORY, or into memory as far as $DISK allows.
BOOT = """\
set -eu
mount --make-rprivate /
root=$DIRECTORY/root disk=$DIRECTORY
if [ -n "$DISK" ]; then
    disk=$DIRECTORY/disk
    mount -t tmpfs -o "size=$DISK" tmpfs "$disk"
    mkdir "$disk/upper" "$disk/work"
fi
mount -t overlay overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ -d "$root/dev/shm" ]; then
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
fi
for place in /run /tmp /root "$CHECKOUT"; do
    if [ -d "$root$place" ]; then
        mkdir -p "$disk/empty$place"
        mount --bind "$disk/empty$place" "$root$place"
    fi
done
chmod 1777 "$root/tmp"; chmod 0700 "$root/root"
echo "$NAME" > /proc/sys/kernel/hostname
mkdir -p "$root/run/sshd" "$root/etc/venv-test-host"
cp "$DIRECTORY"/sshd_config "$DIRECTORY"/host_key "$DIRECTORY"/authorized_keys "$root/etc/venv-test-host"
while [ $# -gt 0 ]; do
    mkdir -p "$root$2"
    mount --bind -o ro "$1" "$root$2"
    shift 2
done
if [ -e "$DIRECTORY/first_boot" ]; then
    rm -rf "$root/var/lib/cloud"
    (cd "$DIRECTORY/seed" && find . -type f -print0 | tar -c --null -T - -f -) | tar -x -p -C "$root" -f -
    mv "$DIRECTORY/first_boot" "$root/etc/venv-test-host"
    env -i PATH="$PATH" HOME=/root chroot "$root" /bin/sh /etc/venv-test-host/first_boot < /dev/null &
fi
[ -z "$SYSTEMD" ] || eval "$SYSTEMD"
[ -n "$SSHD" ] || exec env -i PATH="$PATH" chroot "$root" /bin/sleep infinity
exec env -i PATH="$PATH" chroot "$root" /usr/sbin/sshd -D -e -f /etc/venv-test-host/sshd_config
"""
SYSTEMD = "/usr/lib/systemd/systemd"
#: How a host goes on that boots systemd: with devices, control groups and an id of the boot of its own, and with no
#: units of this machine but those for messages and logins. sshd uses PAM there, so that logins are sessions.
BOOT_SYSTEMD = """\
umount --recursive --lazy "$root/dev"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
touch "$root/dev/console"
mount --bind /dev/null "$root/dev/console"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t sysfs -o ro sysfs "$root/sys"
if [ "$(stat --file-system --format=%T /sys/fs/cgroup)" = cgroup2fs ]; then
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
    mount -t tmpfs -o mode=0755 tmpfs "$root/sys/fs/cgroup"
    mkdir "$root/sys/fs/cgroup/systemd"
    mount -t cgroup -o none,name=systemd systemd "$root/sys/fs/cgroup/systemd"
fi
cat /proc/sys/kernel/random/uuid > "$root/run/boot_id"
mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"
cat > "$root/etc/systemd/system/venv-test-sshd.service" <<'END'
[Unit]
Requires=systemd-user-sessions.service
After=systemd-user-sessions.service systemd-logind.service
[Service]
RuntimeDirectory=sshd
ExecStart=/usr/sbin/sshd -D -e -f /etc/venv-test-host/sshd_config -o UsePAM=yes
KillMode=process
END
cat > "$root/etc/systemd/system/venv-test.target" <<'END'
[Unit]
Requires=sysinit.target dbus.service systemd-logind.service venv-test-sshd.service
After=sysinit.target
END
cd "$root"
mkdir -p .outside
pivot_root . .outside
umount --lazy .outside
exec env -i PATH="$PATH" container=venv-test /usr/lib/systemd/systemd --unit=venv-test.target --log-target=journal
"""


@dataclass(frozen=True)
class SeedFile:
    """A file that is there before the first process."""

    path: str
    content: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class Setup:
    """What a host can have that others do not.

    ``share`` maps directories of this machine to where it sees them, read-only. ``disk`` limits what it can write, as
    in ``64m``; what it wrote is lost then when it is stopped. ``host_key`` is a private key, ``authorized_keys`` are
    instead of the network's own. ``seed`` is files that it has before its ``first_boot``, a script that runs once. With
    ``systemd`` it boots one, which runs its sshd.
    """

    hostname: str = ""

    share: Mapping[str, str] = field(default_factory=dict)
    disk: str = ""
    host_key: str | None = None
    authorized_keys: str | None = None
    seed: tuple[SeedFile, ...] = ()
    first_boot: str = ""
    sshd: bool = True
    systemd: bool = False


def write_host(directory: Path, setup: Setup, *, key: Path) -> None:
    """Write the files of a host; ``key`` is what logs in where the set-up has no keys of its own."""
    for part in ("upper", "work", "root", "disk", "seed"):
        (directory / part).mkdir(parents=True)
    host_key = directory / "host_key"
    if setup.host_key:
        host_key.touch(mode=0o600)
        host_key.write_text(setup.host_key)
        argv = ["ssh-keygen", "-y", "-f", str(host_key)]
        public = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        (directory / "host_key.pub").write_text(public)
    else:
        keygen(host_key)
    authorized = key.with_suffix(".pub").read_text() if setup.authorized_keys is None else setup.authorized_keys
    (directory / "authorized_keys").write_text(authorized)
    (directory / "sshd_config").write_text(_SSHD_CONFIG.format(directory="/etc/venv-test-host"))
    for file in setup.seed:
        path = directory / "seed" / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)
    if setup.first_boot:
        (directory / "first_boot").write_text(setup.first_boot)


def keygen(path: Path) -> None:
    """Make a key pair without a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)
