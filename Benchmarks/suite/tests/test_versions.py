"""Many versions of one dump: how it changes, what is measured of it, and what is computed from that."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from suite import metrics, options, outcome, plots, targets, version_metrics, version_rows, versions
from suite.figures import Sample, Summaries, summarize
from suite.measuring import CommandFailed, sha256_of_file
from suite.scenario import Conditions
from suite.tests.test_output import texts
from suite.tests.test_scenario import CopyingTool
from suite.varve_tool import Varve
from suite.version_dump import HEAD, TAIL, VersionDump, timestamp

WORDS = ["amber", "birch", "clay", "dune"]


class FolderTests(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.words = self.folder / "words.txt"
        self.words.write_text("\n".join(WORDS))


class DumpTests(FolderTests):
    def dump(self, name: str = "dump.sql", percent: float = 1) -> VersionDump:
        return VersionDump(self.folder / name, WORDS, megabytes=1, percent=percent)

    def rows(self, dump: VersionDump) -> list[bytes]:
        content = dump.path.read_bytes()
        self.assertTrue(content.startswith(HEAD) and content.endswith(TAIL))
        return content.removeprefix(HEAD).removesuffix(TAIL).splitlines()

    def test_days_are_the_same_every_time_and_differ_from_each_other(self) -> None:
        digests = []
        for name in ("one", "other"):
            dump = self.dump(name)
            found = [sha256_of_file(dump.path)]
            for _ in range(2):
                dump.let_day_pass()
                found.append(sha256_of_file(dump.path))
            digests.append(found)
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(len(set(digests[0])), 3)

    def test_a_day_changes_its_share_of_rows_all_over_the_table_and_adds_a_tenth_of_that(self) -> None:
        dump = self.dump(percent=4)
        for _ in range(3):
            before = self.rows(dump)
            dump.let_day_pass()
            after = self.rows(dump)
            changed = [number for number, row in enumerate(before) if row != after[number]]
            count = round(len(before) * 0.04)
            self.assertEqual(len(changed), count)
            self.assertEqual(len(after) - len(before), round(count / 10))
            quarters = [sum(number * 4 // len(before) == quarter for number in changed) for quarter in range(4)]
            self.assertTrue(all(quarter > count / 8 for quarter in quarters), quarters)

    def test_rows_keep_their_identifiers_and_columns(self) -> None:
        dump = self.dump(percent=50)
        dump.let_day_pass()
        fields = [row.split(b"\t") for row in self.rows(dump)]
        self.assertEqual({len(row) for row in fields}, {8})
        self.assertEqual([int(row[0]) for row in fields], list(range(1, dump.rows + 1)))

    def test_size_is_what_was_asked_for_and_nothing_else_is_left(self) -> None:
        dump = self.dump()
        dump.let_day_pass()
        self.assertAlmostEqual(dump.path.stat().st_size, 1_000_000, delta=5_000)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"dump.sql", "words.txt"})

    def test_times_are_of_a_calendar(self) -> None:
        self.assertEqual(timestamp(0), "2022-01-01 00:00:00+00")
        self.assertEqual(timestamp(28 * 86_400 - 1), "2022-01-28 23:59:59+00")
        self.assertEqual(timestamp(12 * 28 * 86_400), "2023-01-01 00:00:00+00")


class MeasureTests(FolderTests):
    def measure(self, tools: list[CopyingTool], *, days: int = 12, repeats: int = 1) -> list[Sample]:
        conditions = Conditions(repeats, self.folder / "work", False, lambda text: None)
        return versions.measure(versions.Wanted(days, 1, 1), self.words, tools, conditions)

    def test_days_are_stored_once_and_the_tenth_ones_read_in_every_repeat(self) -> None:
        found = self.measure([CopyingTool("one"), CopyingTool("two")], repeats=2)
        readings = ["read-back-1", "read-back-10", "read-back-12", "snapshots"]
        steps = [f"day-{day}" for day in range(1, 13)] + readings * 2 + ["check"]
        expected = [(step, tool) for step in steps for tool in ("one", "two")]
        self.assertEqual([(sample.step, sample.tool) for sample in found], expected)
        sizes = [sample.input or 0 for sample in found if sample.tool == "one" and sample.step.startswith("day-")]
        stored = [sample.stored for sample in found if sample.tool == "one" and sample.step.startswith("day-")]
        self.assertEqual(stored, [sum(sizes[: day + 1]) for day in range(12)])

    def test_what_comes_back_otherwise_ends_the_run(self) -> None:
        with self.assertRaisesRegex(CommandFailed, "two gave back other bytes"):
            self.measure([CopyingTool("one"), CopyingTool("two", spoils=True)], days=3)

    def test_days_to_read(self) -> None:
        self.assertEqual(versions.days_to_read(3), [1, 3])
        self.assertEqual(versions.days_to_read(20), [1, 10, 20])
        self.assertEqual(versions.days_to_read(25), [1, 10, 20, 25])


def summaries_of(added: list[int], plain: int = 400, *, net: tuple[float, float] = (1, 1)) -> Summaries:
    return summarize(samples_of(added, plain, net=net))


def samples_of(added: list[int], plain: int = 400, *, net: tuple[float, float] = (1, 1)) -> list[Sample]:
    """varve adds what is given, without deltas always the same, restic twice that.

    `net` are the seconds to read the first and the last day back, without those of a listing.
    """
    samples = []
    for tool, daily in (("varve", added), (metrics.PLAIN, [plain] * len(added)), ("restic", [2 * plain] * len(added))):
        for day in range(1, len(added) + 2):
            stored = 1000 + sum(daily[: day - 1])
            samples.append(Sample("versions", f"day-{day}", tool, 2 if tool == "varve" else 6, 0, 5_000_000, stored))
        for number, seconds in zip((1, len(added) + 1), net, strict=True):
            samples.append(Sample("versions", f"read-back-{number}", tool, 0.5 + seconds, 0, 0))
        samples.append(Sample("versions", "snapshots", tool, 0.5, 0, 0))
        samples.append(Sample("versions", "check", tool, 4, 0, 0))
    return samples


class MetricTests(unittest.TestCase):
    def test_steady_bytes_are_one_and_creeping_ones_more(self) -> None:
        name = "versions/stored/last-ten-over-first-ten"
        self.assertEqual(version_metrics.of_summaries(summaries_of([100] * 59))[name], 1)
        creeping = version_metrics.of_summaries(summaries_of([100] * 10 + [150] * 39 + [200] * 10))
        self.assertEqual(creeping[name], 2)
        self.assertAlmostEqual(creeping["versions/stored/second-half-over-first-half"], 4850 / 3850)

    def test_tens_do_not_meet(self) -> None:
        self.assertEqual(version_metrics.last_over_first([1, 2, 9, 3, 5]), 8 / 3)
        self.assertIsNone(version_metrics.last_over_first([1]))
        self.assertEqual(version_metrics.halves([1.0, 7.0, 2.0]), 2)

    def test_reading_is_compared_net(self) -> None:
        found = version_metrics.of_summaries(summaries_of([100] * 11, net=(0.5, 1)))
        self.assertEqual(found["versions/read-back/last-over-first"], 2)
        slowed = [*samples_of([100] * 11, net=(0.5, 1)), *samples_of([100] * 11, net=(5, 3))]
        self.assertEqual(version_metrics.of_summaries(summarize(slowed))["versions/read-back/last-over-first"], 2)
        noise = version_metrics.of_summaries(summaries_of([100] * 11, net=(0.001, 1)))
        self.assertNotIn("versions/read-back/last-over-first", noise)

    def test_deltas_stand_beside_plain_and_restic(self) -> None:
        found = version_metrics.of_summaries(summaries_of([100] * 10))
        self.assertEqual(found["versions/stored/of-plain"], 2000 / 5000)
        self.assertEqual(found["versions/daily/of-plain"], 0.25)
        self.assertEqual(found["versions/daily/stored-vs-restic"], 0.125)
        self.assertEqual(found["versions/next-day/speed-vs-restic"], 3)
        self.assertEqual(found["versions/peak-megabytes"], 5)

    def test_run_without_restic_has_no_ratio_to_it(self) -> None:
        summaries = Summaries(one for one in summaries_of([100] * 10).all if one.tool != "restic")
        found = version_metrics.of_summaries(summaries)
        self.assertFalse([name for name in found if "restic" in name])
        self.assertIn("versions/stored/of-plain", found)
        self.assertEqual(version_metrics.of_summaries(Summaries([])), {})

    def test_days_are_in_no_metrics_of_their_own(self) -> None:
        self.assertFalse([name for name in metrics.of_summaries(summaries_of([100] * 10)) if "versions" in name])

    def test_ranges_of_days(self) -> None:
        self.assertEqual(version_metrics.tens(25), [(2, 10), (11, 20), (21, 25)])
        self.assertEqual(version_metrics.tens(21), [(2, 10), (11, 20), (21, 21)])
        self.assertEqual(version_metrics.tens(3), [(2, 3)])
        self.assertEqual(version_metrics.tens(1), [])


class OutputTests(unittest.TestCase):
    def test_table_shows_means_of_tens_and_each_reading(self) -> None:
        summaries = summaries_of([1000] * 9 + [3000] * 2, plain=4000, net=(1, 2))
        text = " ".join(version_rows.of_versions(summaries, colored=False).split())
        self.assertIn("versions varve varve, no deltas restic to plain to restic", text)
        self.assertIn("a day, days 2–10 1 kB 4 kB 8 kB 0.25 × 0.12 ×", text)
        self.assertIn("a day, days 11–12 3 kB 4 kB 8 kB 0.75 × 0.38 ×", text)
        self.assertIn("days 2–12 together 15 kB 44 kB 88 kB 0.34 × 0.17 ×", text)
        self.assertIn("stored, day 12 16 kB 45 kB 89 kB", text)
        self.assertIn("backup, days 2–10 2.00 s 6.00 s 6.00 s 3.00 × 3.00 ×", text)
        self.assertIn("read back, day 12 2.50 s", text)
        self.assertIn("read back, day 12, net 2.00 s", text)
        self.assertIn("check, all data 4.00 s", text)

    def test_plots_are_of_bytes_and_readings_by_day(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = plots.write(Path(folder), summaries_of([1 << 20] * 11), [], [], "")
            names = ["versions-added.svg", "versions-read-back.svg", "versions-stored.svg"]
            self.assertEqual([path.name for path in paths], names)
        shown = texts(plots.of_added(summaries_of([1 << 20] * 10 + [3 << 20]), ""))
        self.assertIn("varve 3.00", shown)
        self.assertIn("12", shown)
        shown = texts(plots.of_readings(summaries_of([1] * 11), ""))
        self.assertIn("varve, no deltas 1.50", shown)

    def test_smaller_runs_say_that_targets_are_set_for_others(self) -> None:
        small = options.parse(["--versions", "12", "--version-mb", "30"])
        note = outcome.target_note(small)
        self.assertIn("60 versions of 100 MB with 0.3 % a day; this run: 12 versions of 30 MB", note)
        self.assertEqual(outcome.target_note(options.parse(["--versions"])), "")

    def test_targets_are_judged(self) -> None:
        found = version_metrics.of_summaries(summaries_of([100] * 30 + [151] * 29, net=(1, 1.4)))
        verdicts = targets.verdicts(targets.END_TO_END, found)
        self.assertEqual([verdict.is_met for verdict in verdicts], [False, True])


class OptionTests(unittest.TestCase):
    def test_the_part_is_chosen_with_or_without_its_number_of_days(self) -> None:
        found = options.parse(["--versions"])
        self.assertEqual((found.parts, found.versions, found.version_megabytes), (("versions",), 60, 100))
        found = options.parse(["--quick", "--versions", "12", "--version-mb", "30", "--version-percent", "0.1"])
        self.assertEqual((found.parts, found.versions, found.version_percent), (("versions",), 12, 0.1))
        self.assertIn("versions", options.parse([]).parts)
        self.assertEqual(options.parse(["--streams"]).parts, ("streams",))

    def test_wrong_numbers_are_refused(self) -> None:
        cases = (("--versions", "2"), ("--versions", "x"), ("--version-percent", "0"), ("--version-percent", "101"))
        for words in cases:
            with self.subTest(words), mock.patch("sys.stderr"), self.assertRaises(SystemExit) as ended:
                options.parse(list(words))
            self.assertEqual(ended.exception.code, 2)

    def test_deltas_are_asked_for_where_something_is_backed_up(self) -> None:
        with mock.patch("suite.varve_tool.about", return_value={"version": "1"}):
            plain, default = Varve("varve", metrics.PLAIN, delta="off"), Varve("varve")
        self.assertEqual(plain.back_up_stream("a", "n"), ["varve", "backup", "--delta", "off", "--stdin", "n"])
        self.assertEqual(plain.back_up_path("a", Path("p"))[:4], ["varve", "backup", "--delta", "off"])
        for command in (plain.check(), plain.create(), default.back_up_stream("a", "n")):
            self.assertNotIn("--delta", command)
