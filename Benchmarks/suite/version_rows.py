"""The table of many versions: bytes and seconds a day in tens of days, and the time to read back each tenth day."""

import statistics
from collections.abc import Callable, Sequence

from . import metrics, table, version_metrics
from .figures import Summaries, ratio
from .metrics import BASE
from .plots import LABELS
from .version_metrics import BESIDE, PART

Values = dict[str, float | None]


def of_versions(summaries: Summaries, *, colored: bool) -> str:
    """What days 2 to 10, 11 to 20 and so on added, each by its mean, and what came back in which time."""
    tools = summaries.tools(PART)
    days = len(metrics.day_steps(summaries, PART))
    rows: list[list[str]] = []

    def add(label: str, values: Values, show: Callable[[float | None], str], *, faster: bool = False) -> None:
        ours = values.get(BASE)
        beside = [values[tool] for tool in tools if tool in BESIDE]
        ratios = [ratio(theirs, ours) if faster else ratio(ours, theirs) for theirs in beside]
        rows.append([label, *(show(values[tool]) for tool in tools), *(table.times(value) for value in ratios)])

    def add_seconds(label: str, step: str) -> None:
        found = {tool: summaries.get(PART, step, tool) for tool in tools}
        seconds = {tool: summary.seconds if summary else None for tool, summary in found.items()}
        add(label, seconds, table.seconds, faster=True)

    stored = {tool: version_metrics.stored_bytes(summaries, tool) for tool in tools}
    added = {tool: version_metrics.added_bytes(summaries, tool) for tool in tools}
    seconds = {tool: version_metrics.backup_seconds(summaries, tool) for tool in tools}
    add("stored, day 1", {tool: of[0] if of else None for tool, of in stored.items()}, table.kilobytes)
    for first, last in version_metrics.tens(days):
        # What was added begins with day 2.
        means = {tool: mean(of[first - 2 : last - 1]) for tool, of in added.items()}
        add(f"a day, {_range(first, last)}", means, table.kilobytes)
    add(f"{_range(2, days)} together", {tool: sum(of) if of else None for tool, of in added.items()}, table.kilobytes)
    add(f"stored, day {days}", {tool: of[-1] if of else None for tool, of in stored.items()}, table.kilobytes)
    add_seconds("backup, day 1", "day-1")
    for first, last in version_metrics.tens(days):
        times = {tool: mean(of[first - 1 : last]) for tool, of in seconds.items()}
        add(f"backup, {_range(first, last)}", times, table.seconds, faster=True)
    readings = version_metrics.reading_steps(summaries)
    for step in readings:
        add_seconds(f"read back, day {step.removeprefix(version_metrics.READ_BACK)}", step)
    for step in dict.fromkeys([*readings[:1], *readings[-1:]]):
        net = {tool: version_metrics.net_seconds(summaries, step, tool) for tool in tools}
        label = f"read back, day {step.removeprefix(version_metrics.READ_BACK)}, net"
        add(label, net, table.seconds, faster=True)
    for step in ("snapshots", "check"):
        add_seconds(LABELS[step], step)
    add("memory, the most", {tool: version_metrics.peak_bytes(summaries, tool) for tool in tools}, table.mebibytes)
    beside = [f"to {BESIDE[tool]}" for tool in tools if tool in BESIDE]
    header = [PART, *(LABELS.get(tool, tool) for tool in tools), *beside]
    title = f"{PART}: means of tens of days; “to”: speed over the other's, bytes over the other's"
    return table.render(title, header, rows, colored=colored)


def mean(values: Sequence[float]) -> float | None:
    return statistics.mean(values) if values else None


def _range(first: int, last: int) -> str:
    return f"days {first}–{last}" if last > first else f"day {first}"
