"""Tables for the terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GREEN, RED, BOLD, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Cell:
    """A text with perhaps a colour; a plain string stands for one without."""

    text: str
    color: str = ""


def render(title: str, header: Sequence[str], rows: Iterable[Sequence[str | Cell]], *, colored: bool) -> str:
    """A table with its first column to the left and all others to the right."""
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    widths = [max([len(name), *(len(row[column].text) for row in cells)]) for column, name in enumerate(header)]
    lines = [_paint(title, BOLD, colored), _line([Cell(name, BOLD) for name in header], widths, colored)]
    lines += [_line(row, widths, colored) for row in cells]
    return "\n".join(lines)


def _line(cells: Sequence[Cell], widths: Sequence[int], colored: bool) -> str:
    parts = []
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        padding = " " * (width - len(cell.text))
        text = _paint(cell.text, cell.color, colored)
        parts.append(text + padding if column == 0 else padding + text)
    return ("  " + "  ".join(parts)).rstrip()


def _paint(text: str, color: str, colored: bool) -> str:
    return f"{color}{text}{PLAIN}" if colored and color and text else text


def verdict(is_met: bool | None) -> Cell:
    """ "met" or "missed", or a dash where there is nothing to judge."""
    if is_met is None:
        return Cell("–")
    return Cell("met", GREEN) if is_met else Cell("missed", RED)


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"


def mebibytes(value: float | None) -> str:
    return "–" if value is None else f"{value / (1 << 20):,.1f} MiB"


def kilobytes(value: float | None) -> str:
    """In units of 1000 bytes: for what is far less than a mebibyte on some days."""
    return "–" if value is None else f"{value / 1000:,.0f} kB"


def times(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} ×"


def figure(value: float | None) -> str:
    """Three digits that count, without an exponent."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def precise(value: float | None) -> str:
    """Four digits that count: what is just beyond a bound does not look as if it were the bound."""
    return "–" if value is None else f"{value:.4g}"
