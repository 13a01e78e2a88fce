"""The command line of tools/bench."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import base_backups, files, kernels, remote, retention, streams, versions

PARTS = (kernels.PART, streams.PART, files.PART, base_backups.PART, retention.PART, remote.PART, versions.PART)
# Many days take minutes to make and to store, however small they are; servers are installed first.
QUICK_PARTS = (kernels.PART, streams.PART, files.PART, base_backups.PART)
EPILOG = """
Without a part all parts run, with --quick all but history, remote and
versions. Dumps and trees are made once and kept in
.build/bench/data; what else a run writes is removed at its end. A run that is recorded adds a line to
Benchmarks/history and draws the plots in Benchmarks/plots; any other draws them in .build/bench/plots. The binaries
are $VARVE_BINARY and $VARVE_BENCH_BINARY where these are set, else they are built.
Exit codes: 0 done; 1 a threshold is broken, or something failed; 2 wrong usage.
"""


@dataclass(frozen=True)
class Options:
    """What is to be measured, how large and how often."""

    parts: tuple[str, ...]
    quick: bool
    megabytes: int
    days: int
    repeats: int
    files: int
    snapshots: int
    snapshot_megabytes: int
    versions: int
    version_megabytes: int
    version_percent: float
    with_peers: bool
    checks: bool
    records: bool
    keep: Path | None


def parse(arguments: Sequence[str]) -> Options:
    """Reads the command line; ends the program with exit code 2 where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measures varve's kernels beside their limits, and varve beside restic and borg, in one run.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    descriptions = {
        kernels.PART: "kernels in one process (varve-bench)",
        streams.PART: "daily dumps of a PostgreSQL database",
        files.PART: "a tree of small files",
        base_backups.PART: "tars of a whole PostgreSQL server",
        retention.PART: "many small daily dumps, of which single ones are forgotten and pruned",
        remote.PART: "dumps to S3 on this machine and back, beside a local folder and a plain client",
    }
    for part, description in descriptions.items():
        parser.add_argument(f"--{part}", action="append_const", dest="parts", const=part, help=description)
    parser.add_argument(
        f"--{versions.PART}",
        type=positive,
        nargs="?",
        const=versions.DAYS,
        metavar="N",
        help=f"so many days ({versions.DAYS}; at least 3) of a dump of which little changes, with and without deltas",
    )
    parser.add_argument("--quick", action="store_true", help="small data, one repeat: within three minutes in all")
    parser.add_argument("--mb", type=positive, metavar="N", help="million bytes of a dump (1000; 100 with --quick)")
    parser.add_argument("--days", type=positive, metavar="N", help="days of dumps (5; 2 with --quick)")
    parser.add_argument("--repeats", type=positive, metavar="N", help="times that everything is measured (3; 1)")
    parser.add_argument("--file-count", type=positive, metavar="N", help="files in the tree (200,000; 5,000)")
    parser.add_argument("--snapshots", type=positive, metavar="N", help="days of the history (30; 6), at least 3")
    parser.add_argument("--snapshot-mb", type=positive, metavar="N", help="million bytes of a dump there (20; 5)")
    parser.add_argument("--version-mb", type=positive, metavar="N", help="million bytes of a version's dump (100)")
    parser.add_argument("--version-percent", type=percent, metavar="P", help="percent of its rows a day (0.3)")
    parser.add_argument("--no-peers", action="store_true", help="varve alone, without restic and borg")
    parser.add_argument("--check", action="store_true", help="fail where Benchmarks/thresholds.json is not held")
    parser.add_argument(
        "--record", action=argparse.BooleanOptionalAction, help="add the run to the history (default: unless --quick)"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave repositories and logs in this new folder")
    return _options(parser, parser.parse_args(arguments))


def _options(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Options:
    if given.keep and given.keep.exists() and any(given.keep.iterdir()):
        parser.error(f"--keep: {given.keep} is not empty")
    if given.snapshots is not None and given.snapshots < 3:
        parser.error("--snapshots: needs at least 3: the oldest, one in the middle, and the newest")
    if given.versions is not None and given.versions < 3:
        parser.error(f"--{versions.PART}: needs at least 3: the first, and two to compare")
    named = [*(given.parts or []), *([versions.PART] if given.versions is not None else [])]
    chosen = set(named or (QUICK_PARTS if given.quick else PARTS))

    def default(value: int | None, full: int, quick: int) -> int:
        return value if value is not None else (quick if given.quick else full)

    return Options(
        parts=tuple(part for part in PARTS if part in chosen),
        quick=given.quick,
        megabytes=default(given.mb, 1000, 100),
        days=default(given.days, 5, 2),
        repeats=default(given.repeats, 3, 1),
        files=default(given.file_count, 200_000, 5_000),
        snapshots=default(given.snapshots, 30, 6),
        snapshot_megabytes=default(given.snapshot_mb, 20, 5),
        versions=given.versions or versions.DAYS,
        version_megabytes=given.version_mb or versions.MEGABYTES,
        version_percent=given.version_percent or versions.PERCENT_A_DAY,
        with_peers=not given.no_peers,
        checks=given.check,
        records=given.record if given.record is not None else not given.quick,
        keep=given.keep.resolve() if given.keep else None,
    )


def positive(text: str) -> int:
    """A whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("needs a whole number of at least 1")
    return value


def percent(text: str) -> float:
    """A number above 0, of at most 100."""
    value = float(text)
    if not 0 < value <= 100:
        raise argparse.ArgumentTypeError("needs a number above 0, of at most 100")
    return value
