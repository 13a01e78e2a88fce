"""Versions: one dump on many days, little of which changes from day to day; with deltas, without them, and restic.

Deltas save nearly all of what a day stores, and could cost the days after it: more bytes the further a version is from
its base, and more to read for each version.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import measuring, metrics
from .figures import Sample
from .scenario import Conditions, Scenario
from .tool import Command, Tool
from .version_dump import VersionDump

PART = metrics.VERSIONS
STREAM = "dump.sql"
DAYS = 60
MEGABYTES = 100
PERCENT_A_DAY = 0.3
READ_EVERY = 10


@dataclass(frozen=True)
class Wanted:
    """How many days, of a dump of how many million bytes, with how many percent of the rows changing a day."""

    days: int
    megabytes: int
    percent: float


@dataclass(frozen=True)
class _Day:
    """What went in on a day."""

    digest: str
    size: int


def measure(wanted: Wanted, words: Path, tools: Sequence[Tool], conditions: Conditions) -> list[Sample]:
    """Each day backed up, then the first, each tenth and the last read back, list, check.

    The days are stored once; reading back and listing are repeated.
    """
    scenario = Scenario(PART, tools, replace(conditions, repeats=1))
    for _ in scenario.repeats():
        days = _store(scenario, wanted, words.read_text().split())
        _read_back(scenario, days, repeats=conditions.repeats)
        scenario.step("check", lambda tool: tool.check())
    return scenario.samples


def days_to_read(count: int) -> list[int]:
    """The first day, each tenth and the last."""
    return list(dict.fromkeys([1, *range(READ_EVERY, count + 1, READ_EVERY), count]))


def _store(scenario: Scenario, wanted: Wanted, words: list[str]) -> list[_Day]:
    folder = scenario.conditions.work / PART
    scenario.conditions.report(f"{PART}: making a dump of {wanted.megabytes} MB")
    dump = VersionDump(folder / STREAM, words, megabytes=wanted.megabytes, percent=wanted.percent)
    days: list[_Day] = []
    for number in range(1, wanted.days + 1):
        if number > 1:
            dump.let_day_pass()
        # This also reads it into the page cache.
        days.append(_Day(measuring.sha256_of_file(dump.path), dump.path.stat().st_size))
        scenario.step(
            f"day-{number}",
            lambda tool: tool.back_up_stream(f"day-{number}", STREAM),
            size=days[-1].size,
            piped=dump.path,
            looks_at_storage=True,
        )
    dump.path.unlink()
    return days


def _read_back(scenario: Scenario, days: list[_Day], *, repeats: int) -> None:
    archives = {tool.name: scenario.archives(tool, expected=len(days)) for tool in scenario.tools}

    def reading(number: int) -> Callable[[Tool], Command]:
        return lambda tool: tool.read_archive(archives[tool.name][number - 1], STREAM)

    for _ in range(repeats):
        for number in days_to_read(len(days)):
            scenario.step(f"read-back-{number}", reading(number), size=days[number - 1].size)
        scenario.step("snapshots", lambda tool: tool.snapshots())
    for number in days_to_read(len(days)):
        scenario.compare(reading(number), days[number - 1].digest)
