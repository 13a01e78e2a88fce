"""The plots of a run and of its machine's history."""

from pathlib import Path

from . import charts, history_plots, metrics, version_metrics
from .charts import LINE_COLORS, Bar, Panel, Series
from .figures import Summaries
from .history import Record
from .kernels import Kernel, by_path
from .svg import Drawing
from .targets import CHUNKER_DATA

COLORS = {"varve": "#1b6e8c", "varve-16k": "#3fa7c4", "restic": "#c96f16", "borg": "#6b7280"} | {
    metrics.PLAIN: "#7cc5d9",
    "varve-swift": "#3fa7c4",
    "varve-rclone": "#7cc5d9",
    "varve-swift-plain": "#5b8c1b",
    "varve-rclone-plain": "#9fc45f",
    "client-swift": "#c96f16",
    "client-rclone": "#e0a366",
}
LABELS = {
    "varve": "varve",
    "varve-16k": "varve, 16 KiB chunks",
    metrics.PLAIN: "varve, no deltas",
    "varve-swift": "varve, OpenStack Swift",
    "varve-rclone": "varve, rclone serve s3",
    "varve-swift-plain": "varve without kept packs, OpenStack Swift",
    "varve-rclone-plain": "varve without kept packs, rclone serve s3",
    "client-swift": "rclone copies packs, OpenStack Swift",
    "client-rclone": "rclone copies packs, rclone serve s3",
    "day-1": "first",
    "next-day": "next day",
    "again": "same again",
    "again-file": "same, from a file",
    "read-back": "read back",
    "check": "check, all data",
    "snapshots": "snapshots",
    "snapshots-bare": "snapshots, no key",
    "forget-oldest": "forget oldest, prune",
    "forget-middle": "forget middle, prune",
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
        if part == metrics.VERSIONS:
            drawings[f"{part}-added"] = of_added(summaries, note)
            drawings[f"{part}-read-back"] = of_readings(summaries, note)
        else:
            drawings[f"{part}-times"] = of_times(summaries, part, note)
        if part != metrics.REMOTE and len(metrics.day_steps(summaries, part)) > 1:
            drawings[f"{part}-stored"] = of_storage(summaries, part, note)
    drawings |= history_plots.of_records(records)
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
    colors = zip(found.items(), LINE_COLORS, strict=False)
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


def of_added(summaries: Summaries, note: str) -> Drawing:
    """What each day but the first added to the repository: whether it creeps up is hardly seen in their sum."""
    part = metrics.VERSIONS
    series = [
        Series(
            LABELS.get(tool, tool),
            COLORS.get(tool, "#000000"),
            [added / (1 << 20) for added in version_metrics.added_bytes(summaries, tool)],
        )
        for tool in summaries.tools(part)
    ]
    places = [day.removeprefix("day-") for day in metrics.day_steps(summaries, part)[1:]]
    return charts.lines(f"{part}: added by each day (less is better)", note, "MiB", "day", places, series)


def of_readings(summaries: Summaries, note: str) -> Drawing:
    """The time to read back versions of different age."""
    part = metrics.VERSIONS
    steps = version_metrics.reading_steps(summaries)

    def seconds(step: str, tool: str) -> float | None:
        summary = summaries.get(part, step, tool)
        return summary.seconds if summary else None

    series = [
        Series(LABELS.get(tool, tool), COLORS.get(tool, "#000000"), [seconds(step, tool) for step in steps])
        for tool in summaries.tools(part)
    ]
    places = [step.removeprefix(version_metrics.READ_BACK) for step in steps]
    return charts.lines(f"{part}: time to read a day back (less is better)", note, "seconds", "day", places, series)
