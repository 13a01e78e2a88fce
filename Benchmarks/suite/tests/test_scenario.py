"""The order of steps and what is checked on the way, with a tool that only copies."""

import hashlib
import tempfile
import unittest
from pathlib import Path

from suite import database, files, retention, streams
from suite.database import DatabaseDays
from suite.measuring import CommandFailed
from suite.scenario import Conditions, Scenario
from suite.tool import Command, Tool


class CopyingTool(Tool):
    """Keeps a file for each archive, and changes what it gives back, or forgets too much, if it is told to."""

    version = "1"

    def __init__(self, name: str, *, spoils: bool = False, forgets_more: bool = False):
        super().__init__("sh")
        self.name = name
        self.spoils = spoils
        self.forgets_more = forgets_more

    def settings(self) -> dict[str, str]:
        return {"STORE": str(self.repository)}

    def create(self) -> Command:
        return ["sh", "-c", 'mkdir "$STORE"']

    def back_up_stream(self, archive: str, name: str) -> Command:
        return ["sh", "-c", f'cat >"$STORE/{archive}"']

    def back_up_path(self, archive: str, path: Path, *, reads_all: bool = False) -> Command:
        return ["sh", "-c", f'cp -r "{path}" "$STORE/{archive}"']

    def read_stream(self, archive: str, name: str) -> Command:
        return ["sh", "-c", f'cat "$STORE/{archive}"' + ("; echo more" if self.spoils else "")]

    def restore(self, archive: str, target: Path) -> Command:
        return ["sh", "-c", f'cp -r "$STORE/{archive}" {target}/tree']

    def check(self) -> Command:
        return ["sh", "-c", 'cat "$STORE"/*']

    def snapshots(self) -> Command:
        return ["ls"]

    def archives(self) -> Command:
        return ["sh", "-c", 'ls -v "$STORE"']

    def parse_archives(self, output: str) -> list[str]:
        return output.split()

    def read_archive(self, archive: str, name: str) -> Command:
        return self.read_stream(archive, name)

    def forget_and_prune(self, archive: str) -> list[Command]:
        also = ' "$STORE"/day-4' if self.forgets_more else ""
        return [["sh", "-c", f'mv "$STORE/{archive}" "$STORE"/garbage'], ["sh", "-c", f'rm -f "$STORE"/garbage{also}']]


class ScenarioTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def conditions(self, *, repeats: int = 1, keep: bool = False) -> Conditions:
        return Conditions(repeats, self.folder / "work", keep, lambda text: None)

    def days(self, count: int = 2) -> DatabaseDays:
        dumps = [self.folder / f"day-{day}.sql" for day in range(1, count + 1)]
        digests = []
        for number, dump in enumerate(dumps, 1):
            dump.write_bytes(b"x" * number)
            digests.append(f'"{dump.name}": "{hashlib.sha256(b"x" * number).hexdigest()}"')
        (self.folder / database.MANIFEST).write_text("{" + ", ".join(digests) + "}")
        return DatabaseDays(self.folder, dumps, [])

    def test_tools_take_turns_in_every_step_of_every_repeat(self) -> None:
        found = streams.measure(self.days(), [CopyingTool("one"), CopyingTool("two")], self.conditions(repeats=2))
        steps = ["day-1", "day-2", "again", "read-back", "again-file", "check", "snapshots"]
        expected = [(step, tool) for _ in range(2) for step in steps for tool in ("one", "two")]
        self.assertEqual([(sample.step, sample.tool) for sample in found], expected)

    def test_repositories_are_new_in_each_repeat_and_looked_at_after_each_day(self) -> None:
        found = streams.measure(self.days(), [CopyingTool("one")], self.conditions(repeats=2))
        self.assertEqual([sample.stored for sample in found if sample.step.startswith("day")], [1, 3, 1, 3])

    def test_history_forgets_the_oldest_and_the_middle_day_of_a_copy_in_every_repeat(self) -> None:
        found = retention.measure(self.days(5), [CopyingTool("one"), CopyingTool("two")], self.conditions(repeats=2))
        steps = ["snapshots", "forget-oldest", "forget-middle", "check"]
        expected = [(step, tool) for _ in range(2) for step in steps for tool in ("one", "two")]
        self.assertEqual([(sample.step, sample.tool) for sample in found], expected)
        sizes = [(sample.stored, sample.commands) for sample in found if sample.tool == "one"]
        self.assertEqual(sizes, [(15, 1), (14, 2), (11, 2), (None, 1)] * 2)

    def test_history_ends_where_more_is_forgotten(self) -> None:
        with self.assertRaisesRegex(CommandFailed, "greedy lists"):
            retention.measure(self.days(5), [CopyingTool("greedy", forgets_more=True)], self.conditions())

    def test_history_compares_what_is_left(self) -> None:
        with self.assertRaisesRegex(CommandFailed, "spoiler gave back other bytes"):
            retention.measure(self.days(5), [CopyingTool("spoiler", spoils=True)], self.conditions())

    def test_repositories_stay_only_where_they_are_kept(self) -> None:
        for keep in (False, True):
            scenario = Scenario("part", [CopyingTool("one")], self.conditions(keep=keep))
            homes = [scenario.home(tool) for _ in scenario.repeats() for tool in scenario.tools]
            self.assertEqual([home.exists() for home in homes], [keep])

    def test_what_comes_back_otherwise_ends_the_run(self) -> None:
        with self.assertRaisesRegex(CommandFailed, "two gave back other bytes"):
            streams.measure(self.days(), [CopyingTool("one"), CopyingTool("two", spoils=True)], self.conditions())

    def test_restored_folders_are_compared(self) -> None:
        one, other = self.folder / "one", self.folder / "other"
        for folder in (one, other):
            folder.mkdir()
            (folder / "file").write_text("same")
        files.require_same(one, other, "tool")
        (other / "file").write_text("else")
        with self.assertRaisesRegex(CommandFailed, "tool restored other files"):
            files.require_same(one, other, "tool")

    def test_restored_folder_is_found_below_its_path_or_its_name(self) -> None:
        root = Path("/data/tree")
        with self.assertRaises(CommandFailed):
            files.find_restored(self.folder, root)
        for inside in ("tree", "data/tree"):
            (self.folder / inside).mkdir(parents=True)
            self.assertEqual(files.find_restored(self.folder, root), self.folder / inside)
