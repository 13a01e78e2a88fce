"""Remote: two days' dumps to a repository in S3 on this machine, and the first one back, beside a local folder.

What the server itself can do is measured by a plain client that copies the same packs to it, as many at once. What the
second day adds is compared with what it adds where no packs are kept on this machine, so that there are no deltas.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from . import measuring, s3_server
from .database import DatabaseDays
from .figures import Sample
from .metrics import REMOTE, SERVERS, client_at, plain_at, varve_at
from .s3_server import BUCKET, PlainClient, S3Server
from .scenario import Conditions
from .tool import Command
from .varve_tool import Varve

PART = REMOTE
STREAM = "dump.sql"
# Dumps that are needed.
DAYS = 2
# As many as varve has at once by default.
CONNECTIONS = 6


class RemoteVarve(Varve):
    """varve with a repository in a bucket."""

    def __init__(self, executable: str, server: S3Server, prefix: str, *, keeps_packs: bool = True):
        super().__init__(executable, (varve_at if keeps_packs else plain_at)(server.name))
        self.server = server
        self.prefix = prefix
        self.keeps_packs = keeps_packs

    def settings(self) -> dict[str, str]:
        location = f"s3:{self.server.endpoint}/{BUCKET}/{self.prefix}"
        settings = super().settings() | {"VARVE_REPOSITORY": location} | self.server.variables()
        return settings if self.keeps_packs else settings | {"VARVE_PACK_CACHE": "off"}


def measure(days: DatabaseDays, varve: str, root: Path, programs: Path, conditions: Conditions) -> list[Sample]:
    """Back up and read back: in a local folder, then at each server, where the plain client follows."""
    dumps = days.dumps[:DAYS]
    for dump in dumps:
        measuring.read_into_page_cache(dump)
    samples: list[Sample] = []
    for repeat in range(1, conditions.repeats + 1):
        run = _Repeat(dumps, [days.digest(dump) for dump in dumps], conditions, repeat)
        local = Varve(varve)
        run.measure_varve(local)
        for name in SERVERS:
            with s3_server.running(name, root, programs, run.work / f"server-{name}") as server:
                client = PlainClient(
                    programs / "rclone", server, local.repository / "data", connections=CONNECTIONS
                )
                run.prepare(client)
                run.measure_varve(RemoteVarve(varve, server, f"varve-{repeat}"))
                run.measure_varve(RemoteVarve(varve, server, f"plain-varve-{repeat}", keeps_packs=False))
                run.measure_client(client, client_at(name), f"plain-{repeat}")
        samples += run.samples
        if not conditions.keep:
            shutil.rmtree(run.work)
    return samples


class _Repeat:
    """One repeat: each step once, with what it cost."""

    def __init__(self, dumps: list[Path], digests: list[str], conditions: Conditions, number: int):
        self.dumps = dumps
        self.digests = digests
        self.conditions = conditions
        self.number = number
        self.work = conditions.work / PART / f"repeat-{number}"
        self.samples: list[Sample] = []

    def prepare(self, client: PlainClient) -> None:
        measuring.run(client.make_bucket(), client.environment, log=self.work / "log")

    def measure_varve(self, tool: Varve) -> None:
        home = self.work / tool.name
        tool.use(home)
        log = home / "log"
        measuring.run(tool.create(), tool.environment, log=log)
        for number, (dump, digest) in enumerate(zip(self.dumps, self.digests, strict=True), start=1):
            day = f"day-{number}"
            self._step(day, tool.name, tool.back_up_stream(day, STREAM), tool.environment, log, piped=dump, of=tool)
            if number == 1:
                self._step("read-back", tool.name, tool.read_stream(day, STREAM), tool.environment, log)
                self._step("snapshots", tool.name, tool.snapshots(), tool.environment, log)
            if self.number == 1:
                found = measuring.sha256_of_output(tool.read_stream(day, STREAM), tool.environment, log=log)
                if found != digest:
                    raise measuring.CommandFailed(f"{tool.name} gave back other bytes than it got: SHA-256 {found}")

    def measure_client(self, client: PlainClient, name: str, prefix: str) -> None:
        log = self.work / "log"
        target = self.work / "downloaded"
        self._step("day-1", name, client.upload(prefix), client.environment, log)
        self._step("read-back", name, client.download(prefix, target), client.environment, log)
        if measuring.bytes_in(target) != measuring.bytes_in(client.folder):
            raise measuring.CommandFailed(f"{name} gave back another number of bytes than it was given")
        shutil.rmtree(target)

    def _step(
        self,
        step: str,
        tool: str,
        command: Command,
        environment: Mapping[str, str],
        log: Path,
        *,
        piped: Path | None = None,
        of: Varve | None = None,
    ) -> None:
        # What others have written is not to be waited for by the one who is measured.
        os.sync()
        cost = measuring.run(command, environment, log=log, piped=piped)
        size = (piped or self.dumps[0]).stat().st_size
        stored = stored_bytes(of, log) if of else None
        self.samples.append(
            Sample(PART, step, tool, cost.seconds, cost.cpu_seconds, cost.peak_bytes, stored=stored, input=size)
        )
        self.conditions.report(f"{PART} {self.number}: {step:<13} {tool:<14} {cost.seconds:8.2f} s")


def stored_bytes(tool: Varve, log: Path) -> int:
    """The bytes of all packs, by what varve says: not every server shows its files."""
    text = measuring.output(tool.statistics(), tool.environment, log=log)
    return int(json.loads(text.splitlines()[-1])["bytes_stored"])
