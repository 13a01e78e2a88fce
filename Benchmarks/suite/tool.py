"""What a backup tool must offer to be measured."""

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

PASSWORD = "a password for benchmarks"

Command = list[str | Path]


class Tool(ABC):
    """A backup tool with one repository at a time, which it makes in the folder given to `use`.

    The methods return commands and run nothing. Every tool encrypts and has a cache of its own beside the repository.
    An archive's name is used by the tools that need one; the others find what they stored last.
    """

    name: str
    """How results call it; stays the same from version to version."""
    version: str

    def __init__(self, executable: str):
        self.executable = executable
        self.home = Path("/nonexistent")

    def use(self, home: Path) -> None:
        """Goes on with an empty home: a new repository and an empty cache."""
        home.mkdir(parents=True)
        self.home = home

    def use_copy(self, home: Path, original: Path) -> None:
        """Goes on with a copy of an earlier home, its repository and cache included."""
        shutil.copytree(original, home, symlinks=True)
        self.home = home

    @property
    def repository(self) -> Path:
        return self.home / "repository"

    @property
    def environment(self) -> Mapping[str, str]:
        """What the tool's commands see of the environment: nothing that the caller has set for his own repositories."""
        base = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return base | {"HOME": str(self.home)} | self.settings()

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """The environment variables that name the repository, the password and the cache."""

    @abstractmethod
    def create(self) -> Command:
        """Makes the repository."""

    @abstractmethod
    def back_up_stream(self, archive: str, name: str) -> Command:
        """Stores standard input as a file of this name."""

    @abstractmethod
    def back_up_path(self, archive: str, path: Path, *, reads_all: bool = False) -> Command:
        """Stores a file or folder; with `reads_all` every byte is read, even of files that look unchanged."""

    @abstractmethod
    def read_stream(self, archive: str, name: str) -> Command:
        """Writes a stored stream to standard output."""

    @abstractmethod
    def restore(self, archive: str, target: Path) -> Command:
        """Restores what `back_up_path` stored, below the working folder `target`."""

    @abstractmethod
    def check(self) -> Command:
        """Checks the repository and reads all its data."""

    @abstractmethod
    def snapshots(self) -> Command:
        """Lists what is stored."""

    @abstractmethod
    def archives(self) -> Command:
        """Lists what is stored for `parse_archives`."""

    @abstractmethod
    def parse_archives(self, output: str) -> list[str]:
        """What the tool calls its archives, the oldest first."""

    @abstractmethod
    def read_archive(self, archive: str, name: str) -> Command:
        """Writes a stream of any archive to standard output; the archive is called as `parse_archives` says."""

    @abstractmethod
    def forget_and_prune(self, archive: str) -> list[Command]:
        """Removes an archive and frees its room, with as few commands as the tool offers for it."""
