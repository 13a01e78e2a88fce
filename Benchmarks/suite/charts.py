"""Kinds of charts: grouped bars, lines, and panels of bars with their limits. Data in, a drawing out."""

from collections.abc import Sequence
from dataclasses import dataclass

from .axes import Scale, scale, spread
from .svg import FAINT, GRID, INK, Drawing, text_width

WIDTH = 860
LINE_COLORS = ["#1b6e8c", "#c96f16", "#4d7c2a", "#8e44ad", "#b3261e", "#6b7280", "#a0791a", "#2c3e8f"]
BAR_COLOR = "#1b6e8c"
MOST_LIMITS_IN_LEGEND = 3
BOLD_WIDTH = 1.25
LIMIT_COLORS = ["#b3261e", "#8e44ad", "#4d7c2a", "#a0791a"]


@dataclass(frozen=True)
class Series:
    """One name with a colour and a value for each place on the axis; nothing where there is none."""

    name: str
    color: str
    values: list[float | None]


@dataclass(frozen=True)
class Bar:
    """One bar of a panel, with what its value is set against: names and values."""

    label: str
    value: float
    limits: list[tuple[str, float]]


@dataclass(frozen=True)
class Panel:
    """Bars that share a unit and a scale."""

    title: str
    unit: str
    bars: list[Bar]


def grouped_bars(title: str, note: str, unit: str, groups: Sequence[str], series: Sequence[Series]) -> Drawing:
    """Upright bars, side by side in each group, each with its value above it."""
    height, left, right, top, bottom = 400, 64, WIDTH - 16, 84, 352
    drawing = _titled(height, title, note)
    largest = max((value for one in series for value in one.values if value is not None), default=1)
    axis = scale(largest, bottom, top)
    _horizontal_grid(drawing, axis, left, right, unit)
    _legend(drawing, series, left, 64)
    group_width = (right - left) / max(len(groups), 1)
    bar_width = min(46.0, group_width * 0.84 / max(len(series), 1))
    for position, group in enumerate(groups):
        middle = left + group_width * (position + 0.5)
        drawing.text(middle, bottom + 20, group, anchor="middle")
        present = [one for one in series if one.values[position] is not None]
        x = middle - bar_width * len(present) / 2
        for one in present:
            value = one.values[position] or 0
            y = axis(value)
            drawing.rectangle(x + 1, y, bar_width - 2, bottom - y, one.color)
            drawing.text(x + bar_width / 2, y - 4, short(value), size=10, anchor="middle")
            x += bar_width
    drawing.line(left, bottom, right, bottom, INK)
    return drawing


def lines(title: str, note: str, unit: str, x_label: str, places: Sequence[str], series: Sequence[Series]) -> Drawing:
    """A line for each series with its name and last value at its end."""
    height, left, top, bottom = 400, 64, 72, 340
    names = [f"{one.name} {short(last)}" for one in series if (last := _last(one)) is not None]
    right = WIDTH - 28 - max((text_width(name) for name in names), default=0)
    drawing = _titled(height, title, note)
    largest = max((value for one in series for value in one.values if value is not None), default=1)
    axis = scale(largest, bottom, top)
    _horizontal_grid(drawing, axis, left, right, unit)
    step = (right - left - 24) / max(len(places) - 1, 1)
    every = max(1, -(-len(places) // 12))
    for position, place in enumerate(places):
        # Counted from the last, whose name matters most.
        if (len(places) - 1 - position) % every == 0:
            drawing.text(left + 12 + step * position, bottom + 20, place, size=11, anchor="middle")
    drawing.text((left + right) / 2, bottom + 44, x_label, color=FAINT, anchor="middle")
    ends: list[tuple[float, Series, float]] = []
    for one in series:
        points = [
            (left + 12 + step * position, axis(value)) for position, value in enumerate(one.values) if value is not None
        ]
        drawing.path(points, one.color)
        for x, y in points:
            drawing.dot(x, y, one.color)
        last = _last(one)
        if points and last is not None:
            ends.append((points[-1][1], one, last))
    for y, (_, one, last) in zip(spread([end[0] for end in ends], 16), ends, strict=True):
        drawing.text(right + 8, y + 4, f"{one.name} {short(last)}", color=one.color, bold=True)
    drawing.line(left, bottom, right, bottom, INK)
    return drawing


def panels(title: str, note: str, all_panels: Sequence[Panel]) -> Drawing:
    """Lying bars in panels, one below the other, each with a scale of its own; limits as marks across the bars."""
    row, head, axis_height, top = 20, 30, 34, 64
    height = top + sum(head + row * len(panel.bars) + axis_height for panel in all_panels)
    drawing = _titled(height, title, note)
    labels = [bar.label for panel in all_panels for bar in panel.bars]
    left = 24 + max((text_width(label, 11) for label in labels), default=0)
    right = WIDTH - 64
    y = float(top)
    for panel in all_panels:
        drawing.text(16, y + 18, f"{panel.title}, {panel.unit}", bold=True)
        y = _panel(drawing, panel, left, right, y + head, row) + axis_height
    return drawing


def _panel(drawing: Drawing, panel: Panel, left: float, right: float, top: float, row: float) -> float:
    largest = max(value for bar in panel.bars for value in [bar.value, *(limit for _, limit in bar.limits)])
    axis = scale(largest, left, right)
    bottom = top + row * len(panel.bars)
    names = list(dict.fromkeys(name for bar in panel.bars for name, _ in bar.limits))
    colors = {name: LIMIT_COLORS[index % len(LIMIT_COLORS)] for index, name in enumerate(names)}
    if len(names) > MOST_LIMITS_IN_LEGEND:
        colors = dict.fromkeys(names, LIMIT_COLORS[0])
        _limit_legend(drawing, {"the limit of each": LIMIT_COLORS[0]}, right, top - 12)
    else:
        _limit_legend(drawing, colors, right, top - 12)
    for mark in axis.marks:
        drawing.line(axis(mark), top, axis(mark), bottom)
        label = axis.label(mark) + (f" {panel.unit}" if mark == axis.marks[-1] else "")
        drawing.text(axis(mark), bottom + 14, label, size=10, color=FAINT, anchor="middle")
    for position, bar in enumerate(panel.bars):
        y = top + row * position
        drawing.text(left - 8, y + 14, bar.label, size=11, anchor="end")
        drawing.rectangle(left, y + 3, axis(bar.value) - left, row - 6, BAR_COLOR)
        for name, limit in bar.limits:
            drawing.line(axis(limit), y + 1, axis(limit), y + row - 1, colors[name], 3)
        drawing.text(right + 8, y + 14, short(bar.value), size=10, bold=True)
    drawing.line(left, top, left, bottom, INK)
    return bottom


def _limit_legend(drawing: Drawing, colors: dict[str, str], right: float, y: float) -> None:
    """The names of the limits, each in the colour of its marks, from the right."""
    for name, color in reversed(colors.items()):
        drawing.text(right, y, name, size=11, color=color, anchor="end", bold=True)
        right -= text_width(name, 11) * BOLD_WIDTH + 8
        drawing.line(right, y - 10, right, y + 2, color, 3)
        right -= 16


def _titled(height: float, title: str, note: str) -> Drawing:
    drawing = Drawing(WIDTH, height, title)
    drawing.text(16, 26, title, size=16, bold=True)
    drawing.text(16, 45, note, size=11, color=FAINT)
    return drawing


def _horizontal_grid(drawing: Drawing, axis: Scale, left: float, right: float, unit: str) -> None:
    for mark in axis.marks:
        drawing.line(left, axis(mark), right, axis(mark), GRID)
        drawing.text(left - 8, axis(mark) + 4, axis.label(mark), size=11, color=FAINT, anchor="end")
    drawing.text(16, (axis.start + axis.end) / 2, unit, size=11, color=FAINT, anchor="middle", turned=True)


def _legend(drawing: Drawing, series: Sequence[Series], x: float, y: float) -> None:
    for one in series:
        drawing.rectangle(x, y - 10, 12, 12, one.color)
        drawing.text(x + 17, y, one.name)
        x += 40 + text_width(one.name)


def _last(one: Series) -> float | None:
    return next((value for value in reversed(one.values) if value is not None), None)


def short(value: float) -> str:
    """Three digits that count, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
