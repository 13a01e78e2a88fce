"""The command line of tools/crash-loop."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .repository import Broken, Repository
from .rounds import Figures, Rounds

_ROUNDS_PER_REPOSITORY = 10
DESCRIPTION = """\
Kills backups and prunes that run side by side at random moments, or stops a backup while prunes run that judge its
session dead; after each round prunes to the end, checks every byte and reads back every acknowledged snapshot.
"""
EPILOG = """\
The seed decides what is backed up, forgotten, killed and when; how far the processes have come by then it cannot.
The binary is $VARVE_BINARY, else the one that tools/build made. Exit codes: 0 nothing was lost; 1 something was, and
the repository is kept; 2 wrong usage.
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Reads the command line; ends the program with exit code 2 where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="tools/crash-loop",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=200, metavar="N", help="rounds (200)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="decides over the rounds (1)")
    parser.add_argument("--encrypted", action="store_true", help="all repositories, not only every fifth")
    parser.add_argument("--quiet", action="store_true", help="print the sums alone")
    return parser.parse_args(arguments)


def main(root: Path, arguments: Sequence[str]) -> int:
    """Plays the rounds; the result is the exit code."""
    options = parse(arguments)
    varve = os.environ.get("VARVE_BINARY", str(root / ".build/release/varve"))
    if not os.access(varve, os.X_OK):
        print(f"crash-loop: there is no varve at {varve}: run tools/build first", file=sys.stderr)
        return 1
    scratch = Path(tempfile.mkdtemp(prefix="varve-crash-loop."))
    figures = Figures()
    began = time.monotonic()
    try:
        _play(os.path.abspath(varve), scratch, options, figures)
    except Broken as problem:
        print(f"crash-loop: round {figures.rounds} (seed {options.seed}): {problem}", file=sys.stderr)
        print(f"crash-loop: the repository is in {scratch}", file=sys.stderr)
        return 1
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    shutil.rmtree(scratch, ignore_errors=True)
    sums = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in asdict(figures).items())
    print(f"nothing was lost in {time.monotonic() - began:.0f} s: {sums}")
    return 0


def _play(varve: str, scratch: Path, options: argparse.Namespace, figures: Figures) -> None:
    rounds: Rounds | None = None
    for number in range(options.rounds):
        if number % _ROUNDS_PER_REPOSITORY == 0:
            count = number // _ROUNDS_PER_REPOSITORY
            encrypted = options.encrypted or count % 5 == 4
            shutil.rmtree(scratch / "work", ignore_errors=True)
            repository = Repository(varve, scratch / "work", encrypted=encrypted)
            rounds = Rounds(repository, options.seed * 1_000_003 + count, figures)
            rounds.begin()
        assert rounds
        text = rounds.play()
        if not options.quiet:
            print(f"round {number + 1}: {text}", flush=True)
