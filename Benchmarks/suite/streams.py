"""Streams: daily dumps of a database, piped into each tool day after day, and read back."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from . import measuring
from .database import DatabaseDays
from .figures import Sample
from .scenario import Conditions, Scenario
from .tool import Tool

PART = "streams"
STREAM = "dump.sql"


def measure(days: DatabaseDays, tools: Sequence[Tool], conditions: Conditions) -> list[Sample]:
    """First dump, next days, the last day's again (piped, and from a file), read back, check, list."""
    scenario = Scenario(PART, tools, conditions)
    for dump in days.dumps:
        measuring.read_into_page_cache(dump)
    for _ in scenario.repeats():
        _measure_once(scenario, days)
    return scenario.samples


def _measure_once(scenario: Scenario, days: DatabaseDays) -> None:
    for number, dump in enumerate(days.dumps, 1):
        scenario.step(
            f"day-{number}",
            lambda tool: tool.back_up_stream(f"day-{number}", STREAM),
            size=dump.stat().st_size,
            piped=dump,
            looks_at_storage=True,
        )
    last = days.dumps[-1]
    size = last.stat().st_size
    scenario.step("again", lambda tool: tool.back_up_stream("again", STREAM), size=size, piped=last)
    scenario.step("read-back", lambda tool: tool.read_stream("again", STREAM), size=size)
    scenario.compare(lambda tool: tool.read_stream("again", STREAM), days.digest(last))
    scenario.step("again-file", lambda tool: tool.back_up_path("file", last, reads_all=True), size=size)
    scenario.step("check", lambda tool: tool.check(), looks_at_storage=True)
    scenario.step("snapshots", lambda tool: tool.snapshots())


def measure_bare_listing(days: DatabaseDays, tool: Tool, conditions: Conditions) -> list[Sample]:
    """Listing as many snapshots as there are days, in a repository without encryption: without a key derivation."""
    scenario = Scenario(PART, [tool], replace(conditions, work=conditions.work / "bare"))
    small = Path(__file__)
    for _ in scenario.repeats():
        for _ in days.dumps:
            command = tool.back_up_stream("small", STREAM)
            measuring.run(command, tool.environment, log=scenario.log(tool), piped=small)
        scenario.step("snapshots-bare", lambda tool: tool.snapshots())
    return scenario.samples
