"""A tree of many small files that looks like real ones, the same on every machine, in two states."""

import json
import math
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .scenario import Report

FILES_A_FOLDER = 100
CHANGED_EVERY = 100
"""One file in so many has other content in the changed state: 1 %."""
MEDIAN_SIZE = 2500
LARGEST_SIZE = 256 << 10
SPREAD = 1.3
"""Of the natural logarithm of sizes; with the median above, the mean is about 5.8 kB."""
MANIFEST = "files.json"


@dataclass(frozen=True)
class FileTree:
    """Files in folders of 100, with text of words, numbers and digests that compresses about 3 : 1."""

    folder: Path
    files: int
    words: list[str]

    @property
    def root(self) -> Path:
        """What is to be backed up."""
        return self.folder / "tree"

    @property
    def size(self) -> int:
        """The length of all files together, in bytes; of both states the same."""
        return int(json.loads((self.folder / MANIFEST).read_text())["bytes"])

    def path(self, number: int) -> Path:
        return self.root / f"{number // FILES_A_FOLDER:05d}" / f"record-{number:07d}.txt"

    def changed_numbers(self) -> Iterator[int]:
        """The files that differ in the changed state: scattered, one in every hundred."""
        for start in range(0, self.files, CHANGED_EVERY):
            yield min(start + random.Random(f"place {start}").randrange(CHANGED_EVERY), self.files - 1)

    def set_state(self, *, changed: bool) -> None:
        """Writes the files that differ; the others stay as they are, times included."""
        for number in self.changed_numbers():
            self.path(number).write_bytes(self.content(number, "changed" if changed else "first"))

    def content(self, number: int, state: str) -> bytes:
        """The bytes of a file: as long in every state, and altogether different."""
        length = file_length(number)
        chance = random.Random(f"{state} {number}")
        lines = [f"record {number}, {state}"]
        written = 0
        while written < length:
            words = " ".join(chance.choices(self.words, k=60))
            line = f"{chance.getrandbits(64):016x} {chance.randrange(100000)} {words}"
            lines.append(line)
            written += len(line) + 1
        return "\n".join(lines).encode()[:length]


def file_length(number: int) -> int:
    """A length as file systems have them: log-normal, with a few large files."""
    chance = random.Random(f"length {number}")
    return min(LARGEST_SIZE, max(1, int(math.exp(chance.gauss(math.log(MEDIAN_SIZE), SPREAD)))))


def provide(data: Path, words: Path, *, files: int, report: Report) -> FileTree:
    """The tree with so many files, found below `data` or made, in its first state."""
    tree = FileTree(data / f"files-{files}", files, words.read_text().split())
    if (tree.folder / MANIFEST).is_file():
        tree.set_state(changed=False)
        return tree
    report(f"making {files} files in {tree.folder}")
    shutil.rmtree(tree.folder, ignore_errors=True)
    total = 0
    for number in range(files):
        path = tree.path(number)
        if number % FILES_A_FOLDER == 0:
            path.parent.mkdir(parents=True)
        content = tree.content(number, "first")
        path.write_bytes(content)
        total += len(content)
    # Written last: a tree without it is made anew.
    (tree.folder / MANIFEST).write_text(json.dumps({"bytes": total}))
    return tree
