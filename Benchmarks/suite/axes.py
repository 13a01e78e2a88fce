"""Scales with round marks, and labels that keep clear of each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps values from 0 to `top` to pixels from `start` to `end`; `marks` are the values to be labelled."""

    top: float
    marks: list[float]
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (self.end - self.start) * value / self.top

    def label(self, mark: float) -> str:
        step = self.marks[1] - self.marks[0]
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return f"{mark:,.{decimals}f}"


def scale(largest: float, start: float, end: float, *, about: int = 5) -> Scale:
    """A scale from 0 to a round number that is not less than `largest`, with about so many steps."""
    step = round_step((largest if largest > 0 else 1) / about)
    steps = max(1, math.ceil((largest if largest > 0 else 1) / step - 1e-9))
    return Scale(steps * step, [index * step for index in range(steps + 1)], start, end)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10 and so on that is not less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def spread(places: Sequence[float], least_distance: float) -> list[float]:
    """Moves places apart so that neighbours have the distance at least, each as little as that needs.

    Those that collide are gathered in clusters around the mean of where their members belong; the order stays.
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    clusters: list[tuple[float, int]] = []
    for index in order:
        centre, count = places[index], 1
        while clusters and clusters[-1][0] + (clusters[-1][1] + count) * least_distance / 2 > centre:
            other, members = clusters.pop()
            centre = (other * members + centre * count) / (members + count)
            count += members
        clusters.append((centre, count))
    moved = [0.0] * len(places)
    position = iter(order)
    for centre, count in clusters:
        for member in range(count):
            moved[next(position)] = centre + (member - (count - 1) / 2) * least_distance
    return moved
