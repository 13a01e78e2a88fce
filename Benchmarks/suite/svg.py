"""A small writer of SVG: rectangles, lines and text on a background of its own, for light and dark pages alike."""

from collections.abc import Iterable
from html import escape

BACKGROUND, INK, FAINT, GRID = "#ffffff", "#1f2933", "#5b6770", "#d9dee3"
FONT = "DejaVu Sans, Verdana, Helvetica, sans-serif"
# The mean width of a character of that font beside its size; only layout depends on it.
CHARACTER_WIDTH = 0.58


class Drawing:
    """A picture of a fixed size in pixels; its origin is the upper left corner."""

    def __init__(self, width: float, height: float, title: str):
        self.width, self.height = width, height
        self._elements = [
            f"<title>{escape(title)}</title>",
            f'<rect width="{_number(width)}" height="{_number(height)}" fill="{BACKGROUND}"/>',
        ]

    def rectangle(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        size = f'width="{_number(max(width, 0))}" height="{_number(max(height, 0))}"'
        self._elements.append(f'<rect x="{_number(x)}" y="{_number(y)}" {size} fill="{fill}"/>')

    def line(
        self, x1: float, y1: float, x2: float, y2: float, color: str = GRID, width: float = 1, dashes: str = ""
    ) -> None:
        ends = f'x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"'
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._elements.append(f'<line {ends} stroke="{color}" stroke-width="{_number(width)}"{dashed}/>')

    def path(self, points: Iterable[tuple[float, float]], color: str, width: float = 2) -> None:
        """Straight lines through the points."""
        joined = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        stroke = f'stroke="{color}" stroke-width="{_number(width)}" stroke-linejoin="round"'
        self._elements.append(f'<polyline points="{joined}" fill="none" {stroke}/>')

    def dot(self, x: float, y: float, color: str, radius: float = 3) -> None:
        self._elements.append(f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" fill="{color}"/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        color: str = INK,
        anchor: str = "start",
        bold: bool = False,
        turned: bool = False,
    ) -> None:
        """Text with its base line at `y`; `anchor` is start, middle or end. Turned, it reads from below."""
        weight = ' font-weight="bold"' if bold else ""
        turn = f' transform="rotate(-90 {_number(x)} {_number(y)})"' if turned else ""
        place = f'x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}"'
        self._elements.append(
            f'<text {place} fill="{color}" text-anchor="{anchor}"{weight}{turn}>{escape(text)}</text>'
        )

    def render(self) -> str:
        """The whole file."""
        size = f'width="{_number(self.width)}" height="{_number(self.height)}"'
        box = f'viewBox="0 0 {_number(self.width)} {_number(self.height)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} font-family="{FONT}">'
        return "\n".join([head, *self._elements, "</svg>"]) + "\n"


def text_width(text: str, size: float = 12) -> float:
    """About how wide a text is, in pixels."""
    return len(text) * size * CHARACTER_WIDTH


def _number(value: float) -> str:
    """At most two decimals, so that a picture changes only where its numbers do."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
