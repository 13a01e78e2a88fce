"""Targets and thresholds: what holds, what does not, and what was not measured."""

import json
import unittest
from pathlib import Path

from suite import targets, thresholds
from suite.kernels import Kernel
from suite.metrics import Metrics

FILE = Path(__file__).parents[2] / "thresholds.json"


def parsed(**members: object) -> thresholds.Threshold:
    return thresholds.parse({"metric": "streams/a/speed-vs-restic", "why": "reason"} | members)


class ThresholdTests(unittest.TestCase):
    def test_bounds_themselves_are_allowed(self) -> None:
        metrics: Metrics = {"streams/a/speed-vs-restic": 2.0}
        self.assertEqual(thresholds.broken([parsed(at_least=2), parsed(at_most=2)], metrics), [])

    def test_what_is_broken_is_named_with_value_bound_and_reason(self) -> None:
        metrics: Metrics = {"streams/a/speed-vs-restic": 2.0}
        below, above = thresholds.broken([parsed(at_least=3), parsed(at_most=1.5)], metrics)
        self.assertEqual(below, "streams/a/speed-vs-restic is 2, less than 3: reason")
        self.assertEqual(above, "streams/a/speed-vs-restic is 2, more than 1.5: reason")

    def test_missing_metric_of_a_measured_part_is_broken_unless_optional(self) -> None:
        metrics: Metrics = {"streams/b/speed-vs-restic": 1}
        self.assertEqual(len(thresholds.broken([parsed(at_least=1)], metrics)), 1)
        self.assertEqual(thresholds.broken([parsed(at_least=1, optional=True)], metrics), [])

    def test_run_without_peers_is_not_held_against_them(self) -> None:
        own = thresholds.parse({"metric": "streams/peak-megabytes", "at_most": 200, "why": "reason"})
        found = thresholds.broken([parsed(at_least=1), own], {"streams/peak-megabytes": 300})
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("streams/peak-megabytes"))

    def test_parts_that_were_not_measured_are_passed_over(self) -> None:
        self.assertEqual(thresholds.broken([parsed(at_least=1)], {"kernels/a/of-b": 1}), [])

    def test_malformed_entries_are_refused(self) -> None:
        for members in ({}, {"at_least": 1, "at_most": 2}, {"at_least": 1, "why": ""}, {"at_least": 1, "unit": "s"}):
            with self.subTest(members), self.assertRaises(ValueError):
                parsed(**members)

    def test_the_projects_file_is_well_formed(self) -> None:
        found = thresholds.load(FILE)
        names = [threshold.metric for threshold in found]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(names)
        self.assertEqual(len(json.loads(FILE.read_text())), len(found))


class TargetTests(unittest.TestCase):
    def test_targets_of_the_history_are_judged_where_it_was_measured(self) -> None:
        found = targets.verdicts(targets.END_TO_END, {"history/forget-oldest/speed-vs-restic": 1.9})
        self.assertEqual([verdict.is_met for verdict in found], [False, None])

    def test_verdicts(self) -> None:
        wanted = [targets.at_least("streams/a", 2, "a"), targets.at_most("streams/b", 1, "b")]
        wanted += [targets.at_least("streams/c", 1, "c"), targets.at_least("files/d", 1, "d")]
        found = targets.verdicts(wanted, {"streams/a": 2, "varve-16k/streams/b": 1, "streams/b": 1.1})
        self.assertEqual(
            [(verdict.target.text, verdict.is_met) for verdict in found], [("a", True), ("b", False), ("c", None)]
        )

    def test_only_the_fastest_level_is_set_against_gear(self) -> None:
        kernels = [chunker("portable", 2, 1.5), chunker("avx2", 8, 5)]
        found, figures = targets.of_kernels(kernels)
        self.assertEqual(
            [target.metric for target in found],
            [
                "kernels/chunker/avx2/text/32768/of-scalar-gear",
                "kernels/chunker/avx2/text/32768/gigabytes-per-second",
                "kernels/chunker/portable/text/32768/gigabytes-per-second",
            ],
        )
        self.assertEqual(figures["kernels/chunker/avx2/text/32768/gigabytes-per-second"], 8)


def chunker(name: str, value: float, ratio: float) -> Kernel:
    return Kernel("chunker", name, "text", "32768", value, "GB/s", "scalar gear", ratio, 1, 1)
