"""One run of the suite: what is provided, and what is measured in which order."""

import contextlib
import fcntl
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import (
    base_backups,
    database,
    file_tree,
    files,
    kernels,
    metrics,
    options,
    outcome,
    provision,
    remote,
    retention,
    streams,
    varve_tool,
    versions,
)
from .measuring import CommandFailed
from .options import Options
from .outcome import Results
from .scenario import Conditions

PARTS_WITH_A_DATABASE = {streams.PART, base_backups.PART, remote.PART}


@dataclass
class Run:
    """Where everything is, what is to be measured, and what was found so far."""

    root: Path
    options: Options
    results: Results = field(default_factory=Results)

    @property
    def bench(self) -> Path:
        return self.root / ".build/bench"

    @property
    def tools(self) -> Path:
        return self.root / "tools"

    def report(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def measure(self) -> None:
        """Measures all parts. The kernels come last and take the real dumps, where these were made anyway."""
        chosen = self.options
        end_to_end = [part for part in chosen.parts if part != kernels.PART]
        provision.install(self.root, end_to_end=bool(end_to_end), with_peers=chosen.with_peers)
        # Everything is built before anything is measured.
        varve = provision.varve(self.root, self.report) if end_to_end else ""
        varve_bench = provision.varve_bench(self.root, self.report) if kernels.PART in chosen.parts else ""
        data_of_kernels: dict[str, Path] = {}
        if end_to_end:
            data_of_kernels = self._measure_end_to_end(end_to_end, varve)
        if varve_bench:
            # A quick run is compared with other quick runs, whatever parts they had.
            data = {} if chosen.quick else data_of_kernels
            self.results.kernels = kernels.measure(varve_bench, quick=chosen.quick, data=data, report=self.report)

    def _measure_end_to_end(self, parts: Sequence[str], varve: str) -> dict[str, Path]:
        chosen = self.options
        tools = provision.streams_tools(varve, self.bench, with_peers=chosen.with_peers, report=self.report)
        self.results.versions = {tool.name: tool.version for tool in tools} | {metrics.BASE: varve_tool.about(varve)}
        work = chosen.keep or self.bench / "work"
        if not chosen.keep:
            shutil.rmtree(work, ignore_errors=True)
        days = None
        if PARTS_WITH_A_DATABASE & set(parts):
            days = database.provide(
                self.tools,
                self.bench / "data",
                megabytes=chosen.megabytes,
                days=chosen.days if {streams.PART, base_backups.PART} & set(parts) else remote.DAYS,
                with_base_backups=base_backups.PART in parts,
                report=self.report,
            )
        conditions = Conditions(chosen.repeats, work, chosen.keep is not None, self.report)
        if days and streams.PART in parts:
            self.results.samples += streams.measure(days, tools, conditions)
            bare = varve_tool.Varve(varve, encrypted=False)
            self.results.samples += streams.measure_bare_listing(days, bare, conditions)
        if days and base_backups.PART in parts:
            self.results.samples += base_backups.measure(days, tools, conditions)
        if days and remote.PART in parts:
            programs = provision.test_servers(self.root)
            self.results.samples += remote.measure(days, varve, self.root, programs, conditions)
        if files.PART in parts:
            words = self.tools / "sample-data/words.txt"
            tree = file_tree.provide(self.bench / "data", words, files=chosen.files, report=self.report)
            self.results.samples += files.measure(tree, tools, conditions)
        if retention.PART in parts:
            # Apart from the dumps of streams, which may be as large and of other days.
            many_days = database.provide(
                self.tools,
                self.bench / "data/history",
                megabytes=chosen.snapshot_megabytes,
                days=chosen.snapshots,
                with_base_backups=False,
                report=self.report,
            )
            self.results.samples += retention.measure(many_days, tools, conditions)
        if versions.PART in parts:
            wanted = versions.Wanted(chosen.versions, chosen.version_megabytes, chosen.version_percent)
            beside = provision.versions_tools(varve, with_peers=chosen.with_peers)
            words = self.tools / "sample-data/words.txt"
            self.results.samples += versions.measure(wanted, words, beside, conditions)
        if not chosen.keep:
            shutil.rmtree(work, ignore_errors=True)
        found = {"text": days.dumps[:1], "tar": days.base_backups[:1]} if days else {}
        return {name: paths[0] for name, paths in found.items() if paths}


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Holds a lock: two runs at once would share the data, and neither would measure anything."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise provision.NotProvided(f"another run is measuring (it holds {path})") from None
        yield


def main(root: Path, arguments: Sequence[str]) -> int:
    """Runs the suite; the result is the exit code."""
    chosen = options.parse(arguments)
    # So that a server and what else was started is stopped then, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = Run(root, chosen)
    try:
        with alone(run.bench / "lock"):
            run.measure()
        return outcome.tell(root, chosen, run.results)
    except (CommandFailed, provision.NotProvided, subprocess.CalledProcessError, ValueError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
