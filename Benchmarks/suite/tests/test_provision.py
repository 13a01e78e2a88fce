"""What is asked of tools and of the machine, and data that must be the same every time."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from suite import database, file_tree, history, machine, options
from suite.measuring import CommandFailed, run, sha256_of_output
from suite.borg_tool import Borg
from suite.restic_tool import Restic, parse_version
from suite.tool import Tool
from suite.varve_tool import Varve

WORDS = ["amber", "birch", "clay", "dune"]


class MachineTests(unittest.TestCase):
    def test_model_and_slug(self) -> None:
        text = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz\nflags\t: fpu\n"
        model = machine.cpu_model(text)
        self.assertEqual(machine.cpu_slug(model, 4), "intel-xeon-e5-2680-v4-4")
        self.assertEqual(machine.cpu_slug("AMD EPYC 9R14", 2), "amd-epyc-9r14-2")
        self.assertEqual(machine.cpu_model(""), "unknown")

    def test_versions(self) -> None:
        self.assertEqual(parse_version("restic 0.14.0 compiled with go1.19.8 on linux/amd64\n"), "0.14.0")
        self.assertEqual(parse_version(""), "unknown")


class ArchiveTests(unittest.TestCase):
    def test_archives_are_found_in_what_each_tool_prints(self) -> None:
        cases: list[tuple[type[Tool], str]] = [
            (Varve, '{"message_type":"snapshot","id":"ab"}\n{"message_type":"snapshot","id":"cd"}\n'),
            (Restic, '[{"time":"2026-11-21T16:11:43Z","id":"ab"},{"id":"cd"}]\n'),
            (Borg, "ab\ncd\n"),
        ]
        for tool, output in cases:
            with self.subTest(tool.__name__):
                self.assertEqual(tool.parse_archives(mock.Mock(spec=tool), output), ["ab", "cd"])


class OptionTests(unittest.TestCase):
    def test_full_run_is_the_default_and_recorded(self) -> None:
        found = options.parse([])
        self.assertEqual((found.parts, found.megabytes, found.days, found.repeats), (options.PARTS, 1000, 5, 3))
        self.assertTrue(found.records)

    def test_quick_run_is_small_and_not_recorded_unless_asked(self) -> None:
        found = options.parse(["--quick", "--kernels", "--days", "3"])
        self.assertEqual((found.parts, found.megabytes, found.days, found.repeats), (("kernels",), 100, 3, 1))
        self.assertFalse(found.records)
        self.assertTrue(options.parse(["--quick", "--record"]).records)
        self.assertFalse(options.parse(["--no-record"]).records)

    def test_history_is_left_out_of_a_quick_run_unless_asked(self) -> None:
        self.assertEqual(set(options.PARTS) - set(options.parse(["--quick"]).parts), {"history", "remote", "versions"})
        found = options.parse(["--quick", "--history"])
        self.assertEqual((found.parts, found.snapshots, found.snapshot_megabytes), (("history",), 6, 5))
        found = options.parse(["--history", "--snapshots", "300"])
        self.assertEqual((found.snapshots, found.snapshot_megabytes), (300, 20))

    def test_history_needs_an_oldest_a_middle_and_a_newest_day(self) -> None:
        with mock.patch("sys.stderr"), self.assertRaises(SystemExit) as ended:
            options.parse(["--history", "--snapshots", "2"])
        self.assertEqual(ended.exception.code, 2)


class HistoryTests(unittest.TestCase):
    def test_runs_come_back_in_order(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(history.read(Path(folder), "cpu"), [])
            for value in (1, 2):
                history.append(Path(folder), "cpu", {"commit": "c", "metrics": {"a": value}})
            history.append(Path(folder), "cpu", {"commit": "d", "metrics": {}})
            records = history.read(Path(folder), "cpu")
        self.assertEqual(history.series(records, "a"), [("c", 1), ("c", 2)])

    def test_runs_of_other_sizes_are_not_compared(self) -> None:
        records = [{"options": {"megabytes": size}, "number": number} for number, size in enumerate((5, 9, 5))]
        self.assertEqual([record["number"] for record in history.comparable(records)], [0, 2])
        self.assertEqual(history.comparable([]), [])


class FileTreeTests(unittest.TestCase):
    def test_tree_is_the_same_every_time_and_changes_one_in_a_hundred(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            words = Path(folder, "words")
            words.write_text("\n".join(WORDS))
            one = file_tree.provide(Path(folder, "a"), words, files=250, report=lambda text: None)
            other = file_tree.provide(Path(folder, "b"), words, files=250, report=lambda text: None)
            self.assertEqual(contents(one), contents(other))
            self.assertEqual(sum(map(len, contents(one).values())), one.size)
            one.set_state(changed=True)
            self.assertEqual(
                sum(a != b for a, b in zip(contents(one).values(), contents(other).values(), strict=True)), 3
            )
            again = file_tree.provide(Path(folder, "a"), words, files=250, report=lambda text: None)
            self.assertEqual(contents(again), contents(other))


def contents(tree: file_tree.FileTree) -> dict[str, bytes]:
    return {str(path.relative_to(tree.root)): path.read_bytes() for path in sorted(tree.root.rglob("*.txt"))}


class DatabaseTests(unittest.TestCase):
    def test_a_set_is_complete_only_with_all_files_and_the_manifest(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            wanted = [folder / "day-1.sql", folder / "day-2.sql"]
            for path in wanted:
                path.touch()
            self.assertFalse(database.is_complete(folder, wanted))
            (folder / database.MANIFEST).write_text('{"day-1.sql": "00", "day-2.sql": "11"}')
            self.assertTrue(database.is_complete(folder, wanted))
            self.assertEqual(database.DatabaseDays(folder, wanted, []).digest(wanted[1]), "11")
            self.assertFalse(database.is_complete(folder, wanted + [folder / "day-3.sql"]))
            wanted[0].unlink()
            self.assertFalse(database.is_complete(folder, wanted))

    def test_environment_of_a_shell_script(self) -> None:
        found = database.exported("export PGHOST='/tmp/a b'\nunset HOME")
        self.assertEqual(found["PGHOST"], "/tmp/a b")
        self.assertNotIn("HOME", found)


class MeasuringTests(unittest.TestCase):
    def test_interrupted_run_leaves_no_command_behind(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            interrupted = mock.patch("os.wait4", side_effect=KeyboardInterrupt)
            with interrupted as wait, self.assertRaises(KeyboardInterrupt):
                run(["sleep", "600"], {"PATH": "/usr/bin:/bin"}, log=Path(name, "log"))
            with self.assertRaises(ProcessLookupError):
                os.kill(wait.call_args.args[0], 0)

    def test_piped_file_reaches_the_command_and_failure_is_told_with_its_words(self) -> None:
        environment = {"PATH": "/usr/bin:/bin"}
        with tempfile.TemporaryDirectory() as name:
            log, data = Path(name, "log"), Path(name, "data")
            data.write_bytes(b"abc")
            cost = run(["sh", "-c", 'test "$(cat)" = abc'], environment, log=log, piped=data)
            self.assertGreater(cost.peak_bytes, 0)
            with self.assertRaisesRegex(CommandFailed, "exit code 3 from: sh(.|\n)*broken"):
                run(["sh", "-c", "echo broken >&2; exit 3"], environment, log=log)
            self.assertEqual(
                sha256_of_output(["printf", "abc"], environment, log=log),
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            )
