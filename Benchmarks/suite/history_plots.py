"""Plots of ratios over the recorded runs of a machine."""

from . import charts, history
from .charts import LINE_COLORS, Series
from .history import Record
from .svg import Drawing

STREAMS = {
    "streams/day-1/speed-vs-restic": "first dump",
    "streams/next-day/speed-vs-restic": "next day's dump",
    "streams/again/speed-vs-restic": "same again",
    "streams/read-back/speed-vs-restic": "read back",
}
# Not compression: it consists of zstd, its limit.
KERNELS = ("chunker", "chunk-ids", "sealing")


def of_records(records: list[Record]) -> dict[str, Drawing]:
    """Ratios over the recorded runs: to restic, and of the best kernel of each group to its limit."""
    drawings = {}
    records = history.comparable(records)
    to_restic = {name: metric for metric, name in STREAMS.items() if history.series(records, metric)}
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
    """For each group and limit the metric with the highest ratio in the last run that has kernels."""
    for record in reversed(records):
        best: dict[tuple[str, str], str] = {}
        values = record.get("metrics", {})
        for metric in values:
            words = metric.split("/")
            key = (words[1], words[-1])
            is_wanted = words[0] == "kernels" and words[1] in KERNELS and words[-1].startswith("of-")
            if is_wanted and (key not in best or values[metric] > values[best[key]]):
                best[key] = metric
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
        Series(name, LINE_COLORS[index % len(LINE_COLORS)], [r.get("metrics", {}).get(metric) for r in relevant])
        for index, (name, metric) in enumerate(named_metrics.items())
    ]
    note = str(relevant[-1].get("cpu", "")) + ", oldest run at the left"
    return charts.lines(title, note, unit, "commit", places, series)
