"""One run of the suite, from the options to the exit code."""
import dataclasses
import datetime
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import base_backups, database, file_tree, files, history, kernels, machine, metrics, options, plots
from . import provision, rows, streams, targets, thresholds, varve_tool
from .figures import Sample, Summaries, summarize
from .kernels import Kernel
from .measuring import CommandFailed
from .metrics import Metrics
from .options import Options

PARTS_WITH_A_DATABASE = {streams.PART, base_backups.PART}


@dataclass
class Run:
    """Where everything is, and what was found so far; `versions` are those of varve and its peers."""

    root: Path
    options: Options
    samples: list[Sample] = field(default_factory=list)
    kernels: list[Kernel] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)

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
        provision.install(self.root, with_peers=chosen.with_peers and bool(end_to_end))
        # Everything is built before anything is measured.
        varve = provision.varve(self.root, self.report) if end_to_end else ""
        varve_bench = provision.varve_bench(self.root, self.report) if kernels.PART in chosen.parts else ""
        data_of_kernels: dict[str, Path] = {}
        if end_to_end:
            data_of_kernels = self._measure_end_to_end(end_to_end, varve)
        if varve_bench:
            # A quick run is compared with other quick runs, whatever parts they had.
            data = {} if chosen.quick else data_of_kernels
            self.kernels = kernels.measure(varve_bench, quick=chosen.quick, data=data, report=self.report)

    def _measure_end_to_end(self, parts: Sequence[str], varve: str) -> dict[str, Path]:
        chosen = self.options
        tools = provision.streams_tools(varve, self.bench, with_peers=chosen.with_peers, report=self.report)
        self.versions = {tool.name: tool.version for tool in tools} | {metrics.BASE: varve_tool.about(varve)}
        work = chosen.keep or self.bench / "work"
        if not chosen.keep:
            shutil.rmtree(work, ignore_errors=True)
        days = None
        if PARTS_WITH_A_DATABASE & set(parts):
            days = database.provide(
                self.tools,
                self.bench / "data",
                megabytes=chosen.megabytes,
                days=chosen.days,
                with_base_backups=base_backups.PART in parts,
                report=self.report,
            )
        settings = {"repeats": chosen.repeats, "work": work, "keep": chosen.keep is not None, "report": self.report}
        if days and streams.PART in parts:
            self.samples += streams.measure(days, tools, **settings)
            bare = varve_tool.Varve(varve, encrypted=False)
            self.samples += streams.measure_bare_listing(bare, chosen.days, **settings)
        if days and base_backups.PART in parts:
            self.samples += base_backups.measure(days, tools, **settings)
        if files.PART in parts:
            words = self.tools / "sample-data/words.txt"
            tree = file_tree.provide(self.bench / "data", words, files=chosen.files, report=self.report)
            self.samples += files.measure(tree, tools, **settings)
        if not chosen.keep:
            shutil.rmtree(work, ignore_errors=True)
        found = {"text": days.dumps[:1], "tar": days.base_backups[:1]} if days else {}
        return {name: paths[0] for name, paths in found.items() if paths}


def main(root: Path, arguments: Sequence[str]) -> int:
    """Runs the suite; the result is the exit code."""
    chosen = options.parse(arguments)
    run = Run(root, chosen)
    try:
        run.measure()
        return _conclude(run)
    except (CommandFailed, provision.NotProvided, subprocess.CalledProcessError, ValueError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _conclude(run: Run) -> int:
    colored = sys.stdout.isatty()
    summaries = summarize(run.samples)
    kernel_targets, kernel_figures = targets.of_kernels(run.kernels)
    ratios: Metrics = metrics.of_summaries(summaries) | metrics.of_kernels(run.kernels) | kernel_figures
    for part in dict.fromkeys(summary.part for summary in summaries.all):
        print("\n" + rows.of_part(summaries, part, colored=colored))
    if run.kernels:
        print("\n" + rows.of_kernels(run.kernels, colored=colored))
    verdicts = targets.verdicts(targets.END_TO_END + kernel_targets, ratios)
    if verdicts:
        print("\n" + rows.of_verdicts(verdicts, _target_note(run.options), colored=colored))
    _write(run, summaries, ratios)
    return _check(run, ratios) if run.options.checks else 0


def _target_note(chosen: Options) -> str:
    """Says it where a run is smaller than what the targets are set for."""
    if (chosen.megabytes, chosen.days) == (targets.MEGABYTES, targets.DAYS):
        return ""
    return (
        f" (set for {targets.MEGABYTES} MB and {targets.DAYS} days; this run: {chosen.megabytes} MB, {chosen.days} days)"
    )


def _write(run: Run, summaries: Summaries, ratios: Metrics) -> None:
    """The history and the plots."""
    cpu, slug = machine.describe()
    record = _record(run, summaries, ratios, cpu)
    folder = run.root / "Benchmarks/history"
    if run.options.records:
        print(f"\nrecorded in {history.append(folder, slug, record).relative_to(run.root)}")
    plots_folder = run.root / "Benchmarks/plots" if run.options.records else run.bench / "plots"
    note = f"{cpu}, {machine.usable_cpus()} CPUs; commit {record['commit']}"
    drawn = plots.write(plots_folder, summaries, run.kernels, history.read(folder, slug), note)
    print(f"plots: {', '.join(str(path.relative_to(run.root)) for path in drawn)}")


def _record(run: Run, summaries: Summaries, ratios: Metrics, cpu: str) -> history.Record:
    commit, is_changed = machine.commit(run.root)
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit + ("+" if is_changed else ""),
        "cpu": cpu,
        "cpus": machine.usable_cpus(),
        "versions": run.versions,
        "options": {
            "parts": run.options.parts,
            "quick": run.options.quick,
            "megabytes": run.options.megabytes,
            "days": run.options.days,
            "repeats": run.options.repeats,
            "files": run.options.files,
        },
        "metrics": {name: float(f"{value:.4g}") for name, value in sorted(ratios.items())},
        "summaries": [dataclasses.asdict(summary) for summary in summaries.all],
        "kernels": [dataclasses.asdict(kernel) for kernel in run.kernels],
    }


def _check(run: Run, ratios: Metrics) -> int:
    all_thresholds = thresholds.load(run.root / "Benchmarks/thresholds.json")
    problems = thresholds.broken(all_thresholds, ratios)
    for problem in problems:
        print(f"bench: {problem}", file=sys.stderr)
    if not problems:
        print("all thresholds hold")
    return 1 if problems else 0
