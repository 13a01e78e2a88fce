"""Base backups: the tar of a whole database server, one day and the next."""

from collections.abc import Sequence

from . import measuring
from .database import DatabaseDays
from .figures import Sample
from .scenario import Conditions, Scenario
from .tool import Command, Tool

PART = "base-backups"
STREAM = "base.tar"


def measure(days: DatabaseDays, tools: Sequence[Tool], conditions: Conditions) -> list[Sample]:
    """The first day's tar, the next day's, and reading that back."""
    scenario = Scenario(PART, tools, conditions)

    def read_back(tool: Tool) -> Command:
        return tool.read_stream(f"day-{len(days.base_backups)}", STREAM)

    for tar in days.base_backups:
        measuring.read_into_page_cache(tar)
    for _ in scenario.repeats():
        for number, tar in enumerate(days.base_backups, 1):
            scenario.step(
                f"day-{number}",
                lambda tool: tool.back_up_stream(f"day-{number}", STREAM),
                size=tar.stat().st_size,
                piped=tar,
                looks_at_storage=True,
            )
        last = days.base_backups[-1]
        scenario.step("read-back", read_back, size=last.stat().st_size)
        scenario.compare(read_back, days.digest(last))
    return scenario.samples
