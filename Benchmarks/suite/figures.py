"""From single measurements to medians."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One measured step: which part of the suite, which step, of which tool, and what it cost.

    `stored` is the size of the repository after it, where that was looked at; `input` is how many bytes went in or
    came out. `commands` is how many the tool needs for the step, each of which opens the repository.
    """

    part: str
    step: str
    tool: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    stored: int | None = None
    input: int | None = None
    commands: int = 1


@dataclass(frozen=True)
class Summary:
    """The medians of all samples of one step and tool."""

    part: str
    step: str
    tool: str
    runs: int
    seconds: float
    fastest: float
    slowest: float
    cpu_seconds: float
    peak_bytes: int
    stored: int | None
    input: int | None
    commands: int


class Summaries:
    """The summaries of a run, found by part, step and tool."""

    def __init__(self, summaries: Iterable[Summary]):
        self.all = list(summaries)
        self._by_key = {(summary.part, summary.step, summary.tool): summary for summary in self.all}

    def get(self, part: str, step: str, tool: str) -> Summary | None:
        return self._by_key.get((part, step, tool))

    def tools(self, part: str) -> list[str]:
        """The tools that a part measured, in the order in which they ran."""
        return list(dict.fromkeys(summary.tool for summary in self.all if summary.part == part))

    def steps(self, part: str) -> list[str]:
        """The steps of a part, in the order in which they ran."""
        return list(dict.fromkeys(summary.step for summary in self.all if summary.part == part))


def summarize(samples: Iterable[Sample]) -> Summaries:
    """Gathers samples by part, step and tool, and takes medians; of peak memory the largest."""
    groups: dict[tuple[str, str, str], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample.part, sample.step, sample.tool), []).append(sample)
    return Summaries(_summary(*key, group) for key, group in groups.items())


def _summary(part: str, step: str, tool: str, group: list[Sample]) -> Summary:
    seconds = [sample.seconds for sample in group]
    return Summary(
        part=part,
        step=step,
        tool=tool,
        runs=len(group),
        seconds=statistics.median(seconds),
        fastest=min(seconds),
        slowest=max(seconds),
        cpu_seconds=statistics.median(sample.cpu_seconds for sample in group),
        peak_bytes=max(sample.peak_bytes for sample in group),
        stored=_median_of_known(sample.stored for sample in group),
        input=_median_of_known(sample.input for sample in group),
        commands=max(sample.commands for sample in group),
    )


def _median_of_known(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return int(statistics.median(known)) if known else None


def ratio(above: float | None, below: float | None) -> float | None:
    """`above / below`, or nothing where either is not known or not positive: such a ratio would say nothing."""
    if above is None or below is None or above <= 0 or below <= 0:
        return None
    return above / below
