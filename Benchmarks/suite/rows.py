"""What is shown at the end of a run: tables of each part, and the targets."""

from collections.abc import Callable, Iterable

from . import metrics, table
from .figures import Summaries, Summary, ratio
from .kernels import Kernel, by_path
from .plots import LABELS
from .table import Cell
from .targets import Verdict

STEPS_THAT_FREE = ("forget-oldest", "forget-middle")
STEPS_WITH_MEMORY = ("read-back", "restore", "forget-oldest")

Value = Callable[[Summary], float | None]


def of_part(summaries: Summaries, part: str, *, colored: bool) -> str:
    """Times, stored bytes and peak memory of each tool, and how varve stands beside each peer."""
    tools = summaries.tools(part)
    days = metrics.day_steps(summaries, part)
    rows: list[list[str]] = []
    for step in summaries.steps(part):
        if step in days[1:]:
            continue
        seconds = {tool: _value(summaries, part, step, tool, lambda summary: summary.seconds) for tool in tools}
        rows.append(_row(LABELS.get(step, step), tools, seconds, table.seconds, faster=True))
        if step == "day-1" and len(days) > 1:
            medians = {tool: metrics.next_day(summaries, part, tool) for tool in tools}
            rows.append(_row(LABELS["next-day"], tools, medians, table.seconds, faster=True))
        if step in metrics.NET_STEPS:
            net = {tool: metrics.net_seconds(summaries, part, step, tool) for tool in tools}
            rows.append(_row(f"{LABELS.get(step, step)}, net", tools, net, table.seconds, faster=True))
    for step in _storage_steps(summaries, part, days):
        stored = {tool: _value(summaries, part, step, tool, lambda summary: summary.stored) for tool in tools}
        rows.append(_row(f"stored, {step.replace('-', ' ')}", tools, stored, table.mebibytes, faster=False))
    for step in summaries.steps(part):
        if step in STEPS_THAT_FREE:
            freed = {tool: metrics.freed(summaries, part, step, tool) for tool in tools}
            rows.append(_row(f"freed, {LABELS.get(step, step)}", tools, freed, table.mebibytes, faster=False))
    for step in summaries.steps(part):
        if step in (days[:1] or ["first"]) or step in STEPS_WITH_MEMORY:
            peaks = {tool: _value(summaries, part, step, tool, lambda summary: summary.peak_bytes) for tool in tools}
            rows.append(_row(f"memory, {LABELS.get(step, step)}", tools, peaks, table.mebibytes, faster=False))
    peers = _peers(tools)
    header = [part, *tools, *(f"to {peer}" for peer in peers)]
    return table.render(
        f"{part}: medians; “to”: speed over the peer's, bytes over the peer's", header, rows, colored=colored
    )


def _row(
    label: str,
    tools: list[str],
    values: dict[str, float | None],
    show: Callable[[float | None], str],
    *,
    faster: bool,
) -> list[str]:
    ours = values.get(metrics.BASE)
    ratios = [ratio(values[peer], ours) if faster else ratio(ours, values[peer]) for peer in _peers(tools)]
    return [label, *(show(values[tool]) for tool in tools), *(table.times(value) for value in ratios)]


def _peers(tools: list[str]) -> list[str]:
    return [peer for peer in metrics.PEERS if peer in tools]


def _value(summaries: Summaries, part: str, step: str, tool: str, value: Value) -> float | None:
    summary = summaries.get(part, step, tool)
    return value(summary) if summary else None


def _storage_steps(summaries: Summaries, part: str, days: list[str]) -> list[str]:
    if days:
        return days
    return [
        step
        for step in summaries.steps(part)
        if any(summary.stored is not None for summary in summaries.all if (summary.part, summary.step) == (part, step))
    ]


def of_kernels(kernels: Iterable[Kernel], *, colored: bool) -> str:
    """Each kernel with its value, and beside each of its limits."""
    rows = []
    for lines in by_path(kernel for kernel in kernels if kernel.is_main).values():
        first = lines[0]
        beside = "; ".join(f"{table.figure(line.ratio)} of {line.limit}" for line in lines if line.ratio is not None)
        rows.append([first.path.removeprefix("kernels/"), table.figure(first.value), first.unit, beside or "–"])
    return table.render("kernels", ["kernel", "value", "unit", "beside limits"], rows, colored=colored)


def of_verdicts(verdicts: Iterable[Verdict], note: str, *, colored: bool) -> str:
    """The targets, what was measured, and whether they are met.

    They are set for dumps of 1000 MB over five days: with smaller ones key derivation and noise decide.
    """
    rows: list[list[str | Cell]] = [
        [
            verdict.target.text,
            table.precise(verdict.value),
            f"{verdict.target.sign} {verdict.target.bound:g}",
            table.verdict(verdict.is_met),
        ]
        for verdict in verdicts
    ]
    return table.render(f"targets{note}", ["what", "measured", "target", ""], rows, colored=colored)
