"""Tables, scales and pictures."""

import unittest
import xml.etree.ElementTree as ElementTree

from suite import axes, charts, history_plots, plots, rows, table
from suite.figures import Sample, summarize
from suite.kernels import Kernel
from suite.svg import Drawing
from suite.table import Cell

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawing: Drawing) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(drawing.render()).iter(f"{SVG}text")]


class TableTests(unittest.TestCase):
    def test_columns_are_as_wide_as_their_widest_cell(self) -> None:
        shown = table.render("title", ["what", "s"], [["first", "10.00"], ["x", Cell("1", table.GREEN)]], colored=False)
        self.assertEqual(shown.splitlines(), ["title", "  what       s", "  first  10.00", "  x          1"])

    def test_colors_do_not_move_columns(self) -> None:
        rows: list[list[str | Cell]] = [
            ["a", table.verdict(True)],
            ["b", table.verdict(False)],
            ["c", table.verdict(None)],
        ]
        plain = table.render("t", ["w", "v"], rows, colored=False)
        colored = table.render("t", ["w", "v"], rows, colored=True)
        self.assertIn(table.GREEN + "met" + table.PLAIN, colored)
        self.assertIn(table.RED + "missed" + table.PLAIN, colored)
        for code in (table.GREEN, table.RED, table.BOLD, table.PLAIN):
            colored = colored.replace(code, "")
        self.assertEqual(colored, plain)

    def test_figures(self) -> None:
        self.assertEqual(table.figure(0.00123), "0.00123")
        self.assertEqual(table.figure(1234.5), "1234")
        self.assertEqual((table.seconds(None), table.seconds(1.005)), ("–", "1.00 s"))
        self.assertEqual(table.mebibytes(3 << 20), "3.0 MiB")
        self.assertEqual((table.precise(1.083), table.precise(None)), ("1.083", "–"))


class RowTests(unittest.TestCase):
    def test_history_shows_net_times_and_what_was_freed_and_left(self) -> None:
        samples = []
        for tool, forget, stored, commands in (("varve", 1.5, 90, 2), ("restic", 2.5, 150, 1)):
            samples.append(Sample("history", "snapshots", tool, 0.5, 0, 0, stored << 20))
            samples.append(
                Sample("history", "forget-oldest", tool, forget, 0, 1 << 20, (stored - 10) << 20, commands=commands)
            )
        shown = rows.of_part(summarize(samples), "history", colored=False)
        text = " ".join(shown.split())
        self.assertIn("forget oldest, prune 1.50 s 2.50 s 1.67 ×", text)
        self.assertIn("forget oldest, prune, net 0.50 s 2.00 s 4.00 ×", text)
        self.assertIn("stored, forget oldest 80.0 MiB 140.0 MiB 0.57 ×", text)
        self.assertIn("freed, forget oldest, prune 10.0 MiB 10.0 MiB 1.00 ×", text)


class AxisTests(unittest.TestCase):
    def test_scale_ends_at_a_round_mark_above_the_largest(self) -> None:
        found = axes.scale(7.3, 100, 0)
        self.assertEqual(found.marks, [0, 2, 4, 6, 8])
        self.assertEqual((found(0), found(8), found(4)), (100, 0, 50))
        self.assertEqual([found.label(mark) for mark in found.marks], ["0", "2", "4", "6", "8"])

    def test_labels_have_the_decimals_that_their_steps_need(self) -> None:
        found = axes.scale(0.11, 0, 1)
        self.assertEqual([found.label(mark) for mark in found.marks], ["0.00", "0.05", "0.10", "0.15"])
        self.assertEqual(axes.scale(4200, 0, 1).label(4000), "4,000")

    def test_scale_of_nothing(self) -> None:
        self.assertEqual(axes.scale(0, 0, 1).top, 1)

    def test_spread_keeps_order_and_distance(self) -> None:
        moved = axes.spread([50, 10, 51, 52], 10)
        self.assertEqual(moved, [41, 10, 51, 61])
        self.assertEqual(axes.spread([], 10), [])


class DrawingTests(unittest.TestCase):
    def test_text_is_escaped_and_background_is_drawn_first(self) -> None:
        drawing = Drawing(10, 20, "a < b & c")
        drawing.text(1, 2, '"<&>"')
        root = ElementTree.fromstring(drawing.render())
        self.assertEqual(root.findtext(f"{SVG}title"), "a < b & c")
        self.assertEqual(texts(drawing), ['"<&>"'])
        background = root.find(f"{SVG}rect")
        assert background is not None
        self.assertEqual(
            (background.get("width"), background.get("height"), background.get("fill")), ("10", "20", "#ffffff")
        )

    def test_bars_stand_on_the_axis_and_gaps_are_left_out(self) -> None:
        series = [charts.Series("varve", "#111111", [2.0, None]), charts.Series("restic", "#222222", [4.0, 1.0])]
        drawing = charts.grouped_bars("t", "n", "seconds", ["a", "b"], series)
        found = [element for element in ElementTree.fromstring(drawing.render()).iter(f"{SVG}rect")]
        bars = {
            color: [e for e in found if e.get("fill") == color and e.get("height") != "12"]
            for color in ("#111111", "#222222")
        }
        self.assertEqual((len(bars["#111111"]), len(bars["#222222"])), (1, 2))
        heights = [float(bars[color][0].get("height") or 0) for color in ("#111111", "#222222")]
        self.assertAlmostEqual(heights[1], 2 * heights[0], places=1)
        self.assertIn("seconds", texts(drawing))

    def test_lines_are_labelled_with_their_last_value(self) -> None:
        series = [charts.Series("varve", "#111111", [1.0, 2.0, None]), charts.Series("none", "#222222", [None] * 3)]
        shown = texts(charts.lines("t", "n", "MiB", "day", ["1", "2", "3"], series))
        self.assertIn("varve 2.00", shown)
        self.assertFalse([text for text in shown if text.startswith("none")])

    def test_limits_are_drawn_within_the_scale(self) -> None:
        bar = charts.Bar("k", 3.0, [("memory read", 19.0)])
        drawing = charts.panels("t", "n", [charts.Panel("chunker", "GB/s", [bar])])
        marks = [
            element
            for element in ElementTree.fromstring(drawing.render()).iter(f"{SVG}line")
            if element.get("stroke") == charts.LIMIT_COLORS[0]
        ]
        # One in the legend, one across the bar.
        self.assertEqual(len(marks), 2)
        self.assertTrue(all(float(mark.get("x1") or 0) < charts.WIDTH for mark in marks))


class PlotTests(unittest.TestCase):
    def test_kernels_gather_their_limits_in_one_bar(self) -> None:
        lines = [
            Kernel("chunker", "avx2", "text", "32768", 8, "GB/s", limit, ratio, 1, 1)
            for limit, ratio in (("memory read", 0.4), ("scalar gear", 5.0))
        ]
        shown = texts(plots.of_kernels(lines, ""))
        self.assertEqual(shown.count("avx2, text, 32 KiB"), 1)
        self.assertIn("memory read", shown)
        self.assertIn("scalar gear", shown)

    def test_later_days_are_one_group_of_bars(self) -> None:
        samples = [Sample("streams", f"day-{day}", "varve", day, 0, 0, 1 << 20) for day in (1, 2, 3, 4)]
        shown = texts(plots.of_times(summarize(samples), "streams", ""))
        self.assertEqual([text for text in shown if "day" in text or text == "first"], ["first", "next day"])
        self.assertIn("3.00", shown)

    def test_history_goes_from_run_to_run(self) -> None:
        records = [
            {"commit": f"{number}abcdef", "metrics": {"streams/day-1/speed-vs-restic": number}} for number in (1, 2)
        ]
        drawings = history_plots.of_records(records)
        self.assertEqual(list(drawings), ["history-streams"])
        shown = texts(drawings["history-streams"])
        self.assertIn("1abcdef"[:7], shown)
        self.assertIn("first dump 2.00", shown)

    def test_parameters_are_readable(self) -> None:
        found = [plots.readable(text) for text in ("32768", "1048576", "200000", "8192-65536", "off")]
        self.assertEqual(found, ["32 KiB", "1 MiB", "200,000", "8192-65536", "off"])
