"""Servers of S3 on this machine, the same that the tests run against."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .metrics import SWIFT
from .provision import NotProvided
from .tool import Command

START_SECONDS = 120
BUCKET = "bench"


@dataclass(frozen=True)
class S3Server:
    """A server that runs, and the keys of one who may do everything there."""

    name: str
    port: int
    key_id: str
    secret: str

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextlib.contextmanager
def running(name: str, root: Path, programs: Path, folder: Path) -> Iterator[S3Server]:
    """Starts the server of this name with its data in `folder`, and stops it at the end and removes its data.

    `programs` is what `tools/test-servers` prints.
    """
    folder.mkdir(parents=True)
    ports = free_ports(4)
    if name == SWIFT:
        server = S3Server(name, ports[0], "test:tester", "testing")
        command: Command = [programs / "python3", root / "Tests/TestServers/openstack-swift.py", *map(str, ports)]
    else:
        server = S3Server(name, ports[0], "varve-bench", "a-secret-of-benchmarks")
        ports = ports[:1]
        keys = f"{server.key_id},{server.secret}"
        address = f"127.0.0.1:{server.port}"
        command = [programs / "rclone", "serve", "s3", "--addr", address, "--auth-key", keys, folder / "served"]
        (folder / "served").mkdir()
    log = folder / "log"
    environment = os.environ | {"RCLONE_CONFIG": "/dev/null", "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _wait(process, ports, command, log)
        yield server
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], ports: Sequence[int], command: Command, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not all(answers(port) for port in ports):
        if process.poll() is not None or time.monotonic() > deadline:
            lines = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise NotProvided(f"{' '.join(map(str, command))} does not serve:\n{lines}")
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nobody listens, below those that outgoing connections get."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(12_000, 32_000)
        with socket.socket() as candidate, contextlib.suppress(OSError):
            candidate.bind(("127.0.0.1", port))
            if port not in found:
                found.append(port)
    return found


def answers(port: int) -> bool:
    """Whether a server takes connections there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class PlainClient:
    """rclone as a client that only copies files: what it reaches is what the server can do."""

    def __init__(self, program: Path, server: S3Server, folder: Path, *, connections: int):
        self.program = program
        self.folder = folder
        self.connections = connections
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_SERVER_TYPE": "s3",
            "RCLONE_CONFIG_SERVER_PROVIDER": "Other",
            "RCLONE_CONFIG_SERVER_ENDPOINT": server.endpoint,
            "RCLONE_CONFIG_SERVER_ACCESS_KEY_ID": server.key_id,
            "RCLONE_CONFIG_SERVER_SECRET_ACCESS_KEY": server.secret,
            "RCLONE_CONFIG_SERVER_REGION": "us-east-1",
        }

    def make_bucket(self) -> Command:
        return [self.program, "mkdir", f"server:{BUCKET}"]

    def upload(self, prefix: str) -> Command:
        """All files of `folder`, each in one request."""
        return self._copy(self.folder, f"server:{BUCKET}/{prefix}")

    def download(self, prefix: str, target: Path) -> Command:
        return self._copy(f"server:{BUCKET}/{prefix}", target)

    def _copy(self, source: Path | str, target: Path | str) -> Command:
        options = ["--transfers", str(self.connections), "--s3-upload-cutoff", "1G", "--no-check-dest"]
        return [self.program, "copy", *options, source, target]
