"""Medians, ratios and what they are made of."""

import unittest

from suite import metrics
from suite.figures import Sample, Summaries, ratio, summarize
from suite.kernels import parse_line


def sample(step: str, tool: str, seconds: float, stored: int | None = None, peak: int = 100) -> Sample:
    return Sample("streams", step, tool, seconds, seconds / 2, peak, stored, 1_000_000_000)


def part_sample(step: str, tool: str, seconds: float, stored: int | None = None, commands: int = 1) -> Sample:
    return Sample("history", step, tool, seconds, seconds, 100, stored, commands=commands)


def example() -> Summaries:
    return summarize(
        [
            sample("day-1", "varve", 4, 110, peak=150_000_000),
            sample("day-1", "restic", 8, 100),
            sample("day-2", "varve", 1, 120),
            sample("day-2", "restic", 6, 200),
            sample("day-3", "varve", 2, 130),
            sample("day-3", "restic", 9, 260),
            sample("again-file", "varve", 0.9),
            sample("again-file", "restic", 4.5),
            sample("snapshots", "varve", 0.5),
            sample("snapshots", "restic", 0.5),
        ]
    )


class SummaryTests(unittest.TestCase):
    def test_median_of_times_and_largest_peak(self) -> None:
        found = summarize([sample("day-1", "varve", value, peak=int(value)) for value in (5, 1, 9)])
        summary = found.get("streams", "day-1", "varve")
        assert summary is not None
        self.assertEqual((summary.seconds, summary.fastest, summary.slowest), (5, 1, 9))
        self.assertEqual((summary.runs, summary.peak_bytes, summary.stored), (3, 9, None))

    def test_order_of_tools_and_steps_is_that_of_the_run(self) -> None:
        self.assertEqual(example().tools("streams"), ["varve", "restic"])
        self.assertEqual(example().steps("streams")[:3], ["day-1", "day-2", "day-3"])

    def test_ratio_of_what_is_unknown_is_unknown(self) -> None:
        self.assertEqual(ratio(6, 3), 2)
        for above, below in ((None, 1.0), (1.0, None), (1.0, 0.0), (-1.0, 1.0)):
            self.assertIsNone(ratio(above, below))


class MetricTests(unittest.TestCase):
    def test_speed_is_the_peers_time_over_ours(self) -> None:
        self.assertEqual(metrics.of_summaries(example())["streams/day-1/speed-vs-restic"], 2)

    def test_next_day_is_the_median_of_the_later_days(self) -> None:
        self.assertEqual(metrics.of_summaries(example())["streams/next-day/speed-vs-restic"], 5)

    def test_stored_is_our_bytes_over_the_peers(self) -> None:
        found = metrics.of_summaries(example())
        self.assertAlmostEqual(found["streams/day-1/stored-vs-restic"], 1.1)
        self.assertEqual(found["streams/last-day/stored-vs-restic"], 0.5)

    def test_listing_is_taken_off_on_both_sides(self) -> None:
        found = metrics.of_summaries(example())
        self.assertAlmostEqual(found["streams/again-file/net-speed-vs-restic"], 10)
        self.assertAlmostEqual(found["streams/again-file/net-gigabytes-per-second"], 2.5)

    def test_listing_is_taken_off_for_each_command(self) -> None:
        samples = [part_sample("forget-oldest", "varve", 1.5, commands=2), part_sample("forget-oldest", "restic", 1.5)]
        samples += [part_sample("snapshots", tool, 0.5) for tool in ("varve", "restic")]
        found = metrics.of_summaries(summarize(samples))
        self.assertAlmostEqual(found["history/forget-oldest/net-speed-vs-restic"], 2)
        self.assertAlmostEqual(found["history/forget-oldest/speed-vs-restic"], 1)

    def test_freed_is_what_the_last_look_at_the_storage_saw_more(self) -> None:
        samples = [part_sample("snapshots", "varve", 1, stored=100), part_sample("listed", "varve", 1)]
        samples += [part_sample("forget-oldest", "varve", 1, stored=90), part_sample("forget-middle", "varve", 1)]
        found = summarize(samples)
        steps = ("snapshots", "forget-oldest", "forget-middle", "unknown")
        self.assertEqual([metrics.freed(found, "history", step, "varve") for step in steps], [None, 10, None, None])
        self.assertIsNone(metrics.freed(found, "history", "forget-oldest", "restic"))

    def test_net_time_that_is_noise_yields_no_ratio(self) -> None:
        samples = [sample(step, tool, 0.5) for step in ("again-file", "snapshots") for tool in ("varve", "restic")]
        self.assertNotIn("streams/again-file/net-speed-vs-restic", metrics.of_summaries(summarize(samples)))

    def test_absolute_figures_are_in_the_units_of_their_names(self) -> None:
        self.assertEqual(metrics.of_summaries(example())["streams/peak-megabytes"], 150)

    def test_other_columns_have_their_name_in_front(self) -> None:
        samples = [sample("day-1", "varve-16k", 2), sample("day-1", "restic", 8)]
        found = metrics.of_summaries(summarize(samples))
        self.assertEqual(found["varve-16k/streams/day-1/speed-vs-restic"], 4)
        self.assertNotIn("streams/day-1/speed-vs-restic", found)

    def test_kernels_have_a_metric_for_each_limit_and_steady_unit(self) -> None:
        lines = [
            '{"group":"chunker","name":"avx2","data":"text","parameter":"32768","value":8,"unit":"GB/s",'
            '"limit":"memory read","ratio":0.4,"bytes":1,"runs":5}',
            '{"group":"compression","name":"plain to stored","data":"text","parameter":"1","value":2.8,"unit":"x",'
            '"limit":null,"ratio":null,"bytes":1,"runs":1}',
            '{"group":"limits","name":"memcpy","data":"random","parameter":"1","value":9,"unit":"GB/s",'
            '"limit":null,"ratio":null,"bytes":1,"runs":5}',
        ]
        self.assertEqual(
            metrics.of_kernels(parse_line(line) for line in lines),
            {
                "kernels/chunker/avx2/text/32768/of-memory-read": 0.4,
                "kernels/compression/plain-to-stored/text/1/x": 2.8,
            },
        )


class KernelLineTests(unittest.TestCase):
    def test_limit_comes_from_value_and_ratio(self) -> None:
        kernel = parse_line('{"group":"a","name":"b","value":8,"unit":"GB/s","limit":"c","ratio":0.5}')
        self.assertEqual((kernel.limit_value, kernel.data, kernel.path), (16, "", "kernels/a/b"))

    def test_what_is_no_such_line_is_named(self) -> None:
        for line in ("nonsense", "[]", '{"group":"a"}', '{"group":"a","name":"b","value":"x","unit":"u"}'):
            with self.subTest(line), self.assertRaisesRegex(ValueError, "not a line of varve-bench"):
                parse_line(line)
