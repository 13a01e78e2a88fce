"""Runs OpenStack Swift with its S3 face: a proxy, an account, a container and an object server, until one of them ends.

    openstack-swift.py PROXY-PORT ACCOUNT-PORT CONTAINER-PORT OBJECT-PORT    (in an empty folder)

The key "test:tester" has the secret "testing" and may do all in its account; "test:guest" with "guesting" may do nothing.
"""

import ctypes
import getpass
import os
import pathlib
import signal
import subprocess
import sys

from swift.common.ring import RingBuilder

FOLDER = pathlib.Path.cwd()
DISK = FOLDER / "devices" / "disk"
PROGRAMS = pathlib.Path(sys.executable).parent

# Everything on one disk, once.
SWIFT = """
[swift-hash]
swift_hash_path_prefix = varve
swift_hash_path_suffix = test
"""

COMMON = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
# In the process itself, without others.
workers = 0
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
log_level = {log_level}
"""

# A slow machine is no reason to give up, or to leave an update of a listing to a daemon that does not run here.
PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth copy slo dlo proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 30
node_timeout = 60
client_timeout = 60

[filter:s3api]
use = egg:swift#s3api
location = us-east-1

[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
user_test_guest = guesting

[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""

STORAGE = """
[pipeline:main]
pipeline = {kind}-server

[app:{kind}-server]
use = egg:swift#{application}
conn_timeout = 30
node_timeout = 60
container_update_timeout = 60
"""


def can_keep_metadata():
    """Whether the file system takes the extended attributes in which Swift keeps what it knows of an object."""
    try:
        os.setxattr(DISK, "user.swift.metadata", b"x" * 1000)
        os.removexattr(DISK, "user.swift.metadata")
    except OSError:
        return False
    return True


def build_ring(kind, port):
    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1",
                     "replication_port": port, "device": "disk", "weight": 100, "meta": ""})
    builder.rebalance()
    builder.get_ring().save(str(FOLDER / f"{kind}.ring.gz"))


def end_with_parent():
    """Has the kernel kill this process with its parent: the servers leave the process group in which they are started."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def start(kind, port, configuration):
    common = COMMON.format(
        port=port, user=getpass.getuser(), folder=FOLDER, log_level=os.environ.get("LOG_LEVEL", "ERROR"))
    file = FOLDER / f"{kind}-server.conf"
    file.write_text(common + configuration)
    return subprocess.Popen([PROGRAMS / f"swift-{kind}-server", file, "--verbose"], preexec_fn=end_with_parent)


def main():
    proxy, *storage = map(int, sys.argv[1:])
    DISK.mkdir(parents=True)
    (FOLDER / "swift.conf").write_text(SWIFT)
    for kind, port in zip(("account", "container", "object"), storage):
        build_ring(kind, port)
        # Else objects lie in memory, and are served by the same code but for the lowest layer.
        application = "mem_object" if kind == "object" and not can_keep_metadata() else kind
        start(kind, port, STORAGE.format(kind=kind, application=application))
    start("proxy", proxy, PROXY)
    # The first that ends is one too many.
    os.wait()
    sys.exit("a server has ended")


main()
