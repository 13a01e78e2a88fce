"""What a change must not break: bounds on ratios, kept in Benchmarks/thresholds.json."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .metrics import Metrics
from .targets import part_of

PEER_MARK = "-vs-"


@dataclass(frozen=True)
class Threshold:
    """A bound on one metric, from below or from above, and why it is what it is.

    An `optional` one may be missing in a run, as where the CPU lacks an instruction.
    """

    metric: str
    at_least: float | None
    at_most: float | None
    why: str
    optional: bool = False

    def problem(self, value: float) -> str | None:
        """What is wrong with this value, in one line; nothing where it is within bounds."""
        if self.at_least is not None and value < self.at_least:
            return f"{self.metric} is {value:.3g}, less than {self.at_least:g}: {self.why}"
        if self.at_most is not None and value > self.at_most:
            return f"{self.metric} is {value:.3g}, more than {self.at_most:g}: {self.why}"
        return None


def load(path: Path) -> list[Threshold]:
    """Reads the file. Raises `ValueError` where an entry is not what it must be."""
    entries = json.loads(path.read_text())
    if not isinstance(entries, list):
        raise ValueError(f"{path}: not a list")
    return [parse(entry) for entry in entries]


def parse(entry: dict[str, Any]) -> Threshold:
    """One entry: `metric`, `at_least` or `at_most`, `why`, and perhaps `optional`."""
    unknown = set(entry) - {"metric", "at_least", "at_most", "why", "optional"}
    if unknown:
        raise ValueError(f"a threshold has members that mean nothing: {sorted(unknown)}")
    bounds = [entry.get("at_least"), entry.get("at_most")]
    if sum(bound is not None for bound in bounds) != 1:
        raise ValueError(f"a threshold needs either at_least or at_most: {entry}")
    if not entry.get("metric") or not entry.get("why"):
        raise ValueError(f"a threshold needs a metric and a reason: {entry}")
    return Threshold(
        metric=entry["metric"],
        at_least=entry.get("at_least"),
        at_most=entry.get("at_most"),
        why=entry["why"],
        optional=bool(entry.get("optional", False)),
    )


def broken(thresholds: Iterable[Threshold], metrics: Metrics) -> list[str]:
    """One line for each threshold that does not hold.

    A metric that is missing though its part was measured is broken as well: otherwise one that is renamed would never
    be looked at again. What needs a peer is passed over in a run without peers.
    """
    has_peers = any(PEER_MARK in metric for metric in metrics)
    measured_parts = {part_of(metric) for metric in metrics}
    problems = []
    for threshold in thresholds:
        value = metrics.get(threshold.metric)
        if value is not None:
            problem = threshold.problem(value)
            if problem:
                problems.append(problem)
        elif PEER_MARK in threshold.metric and not has_peers:
            continue
        elif part_of(threshold.metric) in measured_parts and not threshold.optional:
            problems.append(f"{threshold.metric} was not measured")
    return problems
