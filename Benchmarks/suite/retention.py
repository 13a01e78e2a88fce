"""History: many days of dumps, of which one is forgotten and its room freed; then another."""

from collections.abc import Sequence

from . import measuring
from .database import DatabaseDays
from .figures import Sample
from .metrics import SMALL_CHUNKS
from .scenario import Conditions, Scenario
from .tool import Command, Tool

PART = "history"
STREAM = "dump.sql"


def measure(days: DatabaseDays, tools: Sequence[Tool], conditions: Conditions) -> list[Sample]:
    """List, forget and prune the oldest day, then one in the middle, and check what is left.

    The days are stored once; each repeat goes on with a copy of those repositories.
    """
    scenario = Scenario(PART, [tool for tool in tools if tool.name != SMALL_CHUNKS], conditions)
    for _ in scenario.repeats_of(lambda: _store(scenario, days)):
        _measure_once(scenario, days)
    return scenario.samples


def _store(scenario: Scenario, days: DatabaseDays) -> None:
    for number, dump in enumerate(days.dumps, 1):
        for tool in scenario.tools:
            command = tool.back_up_stream(f"day-{number}", STREAM)
            measuring.run(command, tool.environment, log=scenario.log(tool), piped=dump)
        if number % 10 == 0:
            scenario.conditions.report(f"{PART}: {number} of {len(days.dumps)} days are stored")


def _measure_once(scenario: Scenario, days: DatabaseDays) -> None:
    archives = {tool.name: scenario.archives(tool, expected=len(days.dumps)) for tool in scenario.tools}

    def forget(position: int) -> None:
        name = "forget-oldest" if position == 0 else "forget-middle"
        scenario.sequence(name, lambda tool: tool.forget_and_prune(archives[tool.name][position]))

    scenario.step("snapshots", lambda tool: tool.snapshots(), looks_at_storage=True)
    forget(0)
    forget(len(days.dumps) // 2)
    scenario.step("check", lambda tool: tool.check())
    _require_the_rest(scenario, days, archives)


def _require_the_rest(scenario: Scenario, days: DatabaseDays, archives: dict[str, list[str]]) -> None:
    """Exactly the two are gone, and both neighbours of the one in the middle and the newest are what went in."""
    middle = len(days.dumps) // 2
    for tool in scenario.tools:
        known = archives[tool.name]
        left = [archive for position, archive in enumerate(known) if position not in (0, middle)]
        if scenario.archives(tool, expected=len(left)) != left:
            raise measuring.CommandFailed(f"{tool.name} forgot other archives than it was told to")
    for position in dict.fromkeys((middle - 1, middle + 1, len(days.dumps) - 1)):

        def read(tool: Tool) -> Command:
            return tool.read_archive(archives[tool.name][position], STREAM)

        scenario.compare(read, days.digest(days.dumps[position]))
