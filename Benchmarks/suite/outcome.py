"""What becomes of results: shown in tables, recorded, drawn, and held against the thresholds."""

import dataclasses
import datetime
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import (
    history,
    machine,
    metrics,
    plots,
    retention,
    rows,
    streams,
    targets,
    thresholds,
    version_metrics,
    version_rows,
    versions,
)
from .figures import Sample, Summaries, summarize
from .kernels import Kernel
from .metrics import Metrics
from .options import Options


@dataclass
class Results:
    """What a run found; `versions` are those of varve and its peers."""

    samples: list[Sample] = field(default_factory=list)
    kernels: list[Kernel] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)


def tell(root: Path, chosen: Options, results: Results) -> int:
    """Prints, records, draws and checks; the result is the exit code."""
    colored = sys.stdout.isatty()
    summaries = summarize(results.samples)
    kernel_targets, kernel_figures = targets.of_kernels(results.kernels)
    ratios: Metrics = metrics.of_summaries(summaries) | version_metrics.of_summaries(summaries)
    ratios |= metrics.of_kernels(results.kernels) | kernel_figures
    for part in dict.fromkeys(summary.part for summary in summaries.all):
        if part == versions.PART:
            print("\n" + version_rows.of_versions(summaries, colored=colored))
        else:
            print("\n" + rows.of_part(summaries, part, colored=colored))
    if results.kernels:
        print("\n" + rows.of_kernels(results.kernels, colored=colored))
    verdicts = targets.verdicts(targets.END_TO_END + kernel_targets, ratios)
    if verdicts:
        print("\n" + rows.of_verdicts(verdicts, target_note(chosen), colored=colored))
    _write(root, chosen, results, summaries, ratios)
    return _check(root, ratios) if chosen.checks else 0


def target_note(chosen: Options) -> str:
    """Says it where a run is smaller than what the targets are set for."""
    wanted, measured = [], []
    if streams.PART in chosen.parts and (chosen.megabytes, chosen.days) != (targets.MEGABYTES, targets.DAYS):
        wanted.append(f"{targets.MEGABYTES} MB and {targets.DAYS} days")
        measured.append(f"{chosen.megabytes} MB, {chosen.days} days")
    if metrics.REMOTE in chosen.parts and chosen.megabytes != targets.MEGABYTES and not wanted:
        wanted.append(f"{targets.MEGABYTES} MB")
        measured.append(f"{chosen.megabytes} MB")
    if retention.PART in chosen.parts and chosen.snapshots != targets.SNAPSHOTS:
        wanted.append(f"{targets.SNAPSHOTS} snapshots")
        measured.append(f"{chosen.snapshots} snapshots")
    measured_versions = (chosen.versions, chosen.version_megabytes, chosen.version_percent)
    if versions.PART in chosen.parts and measured_versions != targets.VERSIONS:
        wanted.append(_versions_text(targets.VERSIONS))
        measured.append(_versions_text(measured_versions))
    return f" (set for {', '.join(wanted)}; this run: {', '.join(measured)})" if wanted else ""


def _versions_text(measured: tuple[int, int, float]) -> str:
    days, megabytes, percent = measured
    return f"{days} versions of {megabytes} MB with {percent:g} % a day"


def _write(root: Path, chosen: Options, results: Results, summaries: Summaries, ratios: Metrics) -> None:
    """The history and the plots."""
    cpu, slug = machine.describe()
    record = _record(root, chosen, results, summaries, ratios, cpu)
    folder = root / "Benchmarks/history"
    if chosen.records:
        print(f"\nrecorded in {history.append(folder, slug, record).relative_to(root)}")
    plots_folder = root / "Benchmarks/plots" if chosen.records else root / ".build/bench" / "plots"
    note = f"{cpu}, {machine.usable_cpus()} CPUs; commit {record['commit']}"
    drawn = plots.write(plots_folder, summaries, results.kernels, history.read(folder, slug), note)
    print(f"plots: {', '.join(str(path.relative_to(root)) for path in drawn)}")


def _record(
    root: Path, chosen: Options, results: Results, summaries: Summaries, ratios: Metrics, cpu: str
) -> history.Record:
    commit, is_changed = machine.commit(root)
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit + ("+" if is_changed else ""),
        "cpu": cpu,
        "cpus": machine.usable_cpus(),
        "versions": results.versions,
        "options": {
            "parts": chosen.parts,
            "quick": chosen.quick,
            "megabytes": chosen.megabytes,
            "days": chosen.days,
            "repeats": chosen.repeats,
            "files": chosen.files,
            "snapshots": chosen.snapshots,
            "snapshot_megabytes": chosen.snapshot_megabytes,
            "versions": chosen.versions,
            "version_megabytes": chosen.version_megabytes,
            "version_percent": chosen.version_percent,
        },
        "metrics": {name: float(f"{value:.4g}") for name, value in sorted(ratios.items())},
        "summaries": [dataclasses.asdict(summary) for summary in summaries.all],
        "kernels": [dataclasses.asdict(kernel) for kernel in results.kernels],
    }


def _check(root: Path, ratios: Metrics) -> int:
    all_thresholds = thresholds.load(root / "Benchmarks/thresholds.json")
    problems = thresholds.broken(all_thresholds, ratios)
    for problem in problems:
        print(f"bench: {problem}", file=sys.stderr)
    if not problems:
        print("all thresholds hold")
    return 1 if problems else 0
