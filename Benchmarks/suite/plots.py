"""The plots of a run and of its machine's history."""

from pathlib import Path

from . import charts, history, metrics
from .charts import Bar, Panel, Series
from .figures import Summaries
from .history import Record
from .kernels import Kernel, by_path
from .svg import Drawing
from .targets import CHUNKER_DATA

COLORS = {"varve": "#1b6e8c", "varve-16k": "#3fa7c4", "restic": "#c96f16", "borg": "#6b7280"}
LABELS = {
    "varve": "varve",
    "varve-16k": "varve, 16 KiB chunks",
    "day-1": "first",
    "next-day": "next day",
    "again": "same again",
    "again-file": "same, from a file",
    "read-back": "read back",
    "check": "check, all data",
    "snapshots": "snapshots",
    "snapshots-bare": "snapshots, no key",
}
HISTORY_COLORS = ["#1b6e8c", "#c96f16", "#4d7c2a", "#8e44ad", "#b3261e", "#6b7280", "#a0791a", "#2c3e8f"]
HISTORY_OF_STREAMS = {
    "streams/day-1/speed-vs-restic": "first dump",
    "streams/next-day/speed-vs-restic": "next day's dump",
    "streams/again/speed-vs-restic": "same again",
    "streams/read-back/speed-vs-restic": "read back",
}
# Without a peer's figure beside it, and too small to be seen.
UNDRAWN_STEPS = {"snapshots-bare"}


def write(folder: Path, summaries: Summaries, kernels: list[Kernel], records: list[Record], note: str) -> list[Path]:
    """Writes the plots for which there is data, and names them."""
    drawings: dict[str, Drawing] = {}
    if kernels:
        drawings["kernels"] = of_kernels(kernels, note)
        averages = of_averages(kernels, note)
        if averages:
            drawings["chunker-averages"] = averages
    for part in dict.fromkeys(summary.part for summary in summaries.all):
        drawings[f"{part}-times"] = of_times(summaries, part, note)
        if len(metrics.day_steps(summaries, part)) > 1:
            drawings[f"{part}-stored"] = of_storage(summaries, part, note)
    drawings |= of_history(records)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, drawing in drawings.items():
        path = folder / f"{name}.svg"
        path.write_text(drawing.render())
        paths.append(path)
    return paths


def of_kernels(kernels: list[Kernel], note: str) -> Drawing:
    """A panel for each group of kernels and unit."""
    groups: dict[tuple[str, str], list[Bar]] = {}
    for lines in by_path(kernel for kernel in kernels if kernel.is_main).values():
        first = lines[0]
        if first.parameter == "off":
            # Copying is so much faster than compressing that beside it nothing else could be seen.
            continue
        label = ", ".join(word for word in (first.name, first.data, readable(first.parameter)) if word)
        limits = [(line.limit, line.limit_value) for line in lines]
        bar = Bar(label, first.value, [(name, value) for name, value in limits if value is not None])
        groups.setdefault((first.group, first.unit), []).append(bar)
    panels = [Panel(group, unit, bars) for (group, unit), bars in groups.items()]
    return charts.panels("Kernels in one process on one core, and their limits", note, panels)


def readable(parameter: str) -> str:
    """A number of bytes in KiB or MiB where it is a whole number of them; other numbers with commas."""
    if not parameter.isdecimal():
        return parameter
    number = int(parameter)
    for size, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if number and number % size == 0:
            return f"{number // size} {unit}"
    return f"{number:,}"


def of_averages(kernels: list[Kernel], note: str) -> Drawing | None:
    """Throughput of each level of the chunker over the average size of chunks; nothing where only one was measured."""
    found: dict[str, dict[int, float]] = {}
    for kernel in kernels:
        if kernel.group == "chunker" and kernel.data == CHUNKER_DATA and "stage" not in kernel.name:
            found.setdefault(kernel.name, {})[int(kernel.parameter)] = kernel.value
    sizes = sorted({size for values in found.values() for size in values})
    if len(sizes) < 2:
        return None
    colors = zip(found.items(), HISTORY_COLORS, strict=False)
    series = [Series(name, color, [values.get(size) for size in sizes]) for (name, values), color in colors]
    places = [readable(str(size)) for size in sizes]
    title = "Chunker: throughput by average size of chunks (more is better)"
    return charts.lines(title, note, "GB/s", "average size", places, series)


def of_times(summaries: Summaries, part: str, note: str) -> Drawing:
    """Seconds of each step; the days after the first as one."""
    days = metrics.day_steps(summaries, part)
    steps = [step for step in summaries.steps(part) if step not in UNDRAWN_STEPS and step not in days[1:]]
    if len(days) > 1:
        steps.insert(steps.index(days[0]) + 1, "next-day")

    def seconds(step: str, tool: str) -> float | None:
        if step == "next-day":
            return metrics.next_day(summaries, part, tool)
        summary = summaries.get(part, step, tool)
        return summary.seconds if summary else None

    series = [
        Series(LABELS.get(tool, tool), COLORS.get(tool, "#000000"), [seconds(step, tool) for step in steps])
        for tool in summaries.tools(part)
    ]
    groups = [LABELS.get(step, step) for step in steps]
    return charts.grouped_bars(f"{part}: time of each step (less is better)", note, "seconds", groups, series)


def of_storage(summaries: Summaries, part: str, note: str) -> Drawing:
    """The size of the repository after each day."""
    days = metrics.day_steps(summaries, part)

    def stored(step: str, tool: str) -> float | None:
        summary = summaries.get(part, step, tool)
        return summary.stored / (1 << 20) if summary and summary.stored else None

    series = [
        Series(LABELS.get(tool, tool), COLORS.get(tool, "#000000"), [stored(day, tool) for day in days])
        for tool in summaries.tools(part)
    ]
    places = [day.removeprefix("day-") for day in days]
    return charts.lines(f"{part}: stored after each day (less is better)", note, "MiB", "day", places, series)


def of_history(records: list[Record]) -> dict[str, Drawing]:
    """Ratios over the recorded runs: to restic, and of the best kernel of each group to its limit."""
    drawings = {}
    records = history.comparable(records)
    to_restic = {name: metric for metric, name in HISTORY_OF_STREAMS.items() if history.series(records, metric)}
    if to_restic:
        drawings["history-streams"] = _history(
            "Streams: times restic's speed, run by run (more is better)", records, "times restic's speed", to_restic
        )
    to_limit = _best_kernels(records)
    if to_limit:
        drawings["history-kernels"] = _history(
            "Kernels: the best of each group beside its limit, run by run", records, "times the limit", to_limit
        )
    return drawings


def _best_kernels(records: list[Record]) -> dict[str, str]:
    """For each group of kernels the metric with the highest ratio in the last run that has kernels."""
    for record in reversed(records):
        best: dict[str, str] = {}
        values = record.get("metrics", {})
        for metric in values:
            words = metric.split("/")
            if words[0] == "kernels" and words[-1].startswith("of-"):
                group = words[1]
                if group not in best or values[metric] > values[best[group]]:
                    best[group] = metric
        if best:
            return {_history_name(metric): metric for metric in best.values()}
    return {}


def _history_name(metric: str) -> str:
    """kernels/chunker/avx2/text/32768/of-memory-read: "avx2 of memory read"."""
    words = metric.split("/")
    return f"{words[2]} {words[-1]}".replace("-", " ")


def _history(title: str, records: list[Record], unit: str, named_metrics: dict[str, str]) -> Drawing:
    relevant = [
        record for record in records if any(metric in record.get("metrics", {}) for metric in named_metrics.values())
    ]
    places = [str(record.get("commit", "?"))[:7] for record in relevant]
    series = [
        Series(name, HISTORY_COLORS[index % len(HISTORY_COLORS)], [r.get("metrics", {}).get(metric) for r in relevant])
        for index, (name, metric) in enumerate(named_metrics.items())
    ]
    note = str(relevant[-1].get("cpu", "")) + ", oldest run at the left"
    return charts.lines(title, note, unit, "commit", places, series)
