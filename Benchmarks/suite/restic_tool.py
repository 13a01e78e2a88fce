"""How restic is called: its defaults, with compression as repositories of its version 2 have it."""

import json
import re
import subprocess
from pathlib import Path

from .tool import PASSWORD, Command, Tool


class Restic(Tool):
    name = "restic"

    def __init__(self, executable: str = "restic"):
        super().__init__(executable)
        output = subprocess.run([executable, "version"], capture_output=True, text=True, check=True).stdout
        self.version = parse_version(output)

    def settings(self) -> dict[str, str]:
        return {
            "RESTIC_REPOSITORY": str(self.repository),
            "RESTIC_PASSWORD": PASSWORD,
            "RESTIC_CACHE_DIR": str(self.home / "cache"),
        }

    def create(self) -> Command:
        return [self.executable, "init", "--repository-version", "2"]

    def back_up_stream(self, archive: str, name: str) -> Command:
        return [self.executable, "backup", "--quiet", "--stdin", "--stdin-filename", name]

    def back_up_path(self, archive: str, path: Path, *, reads_all: bool = False) -> Command:
        return [self.executable, "backup", "--quiet", *(["--force"] if reads_all else []), path]

    def read_stream(self, archive: str, name: str) -> Command:
        return [self.executable, "dump", "latest", name]

    def restore(self, archive: str, target: Path) -> Command:
        return [self.executable, "restore", "latest", "--target", target]

    def check(self) -> Command:
        return [self.executable, "check", "--read-data"]

    def snapshots(self) -> Command:
        return [self.executable, "snapshots"]

    def archives(self) -> Command:
        return [self.executable, "snapshots", "--json"]

    def parse_archives(self, output: str) -> list[str]:
        return [str(snapshot["id"]) for snapshot in json.loads(output)]

    def read_archive(self, archive: str, name: str) -> Command:
        return [self.executable, "dump", archive, name]

    def forget_and_prune(self, archive: str) -> list[Command]:
        return [[self.executable, "forget", "--prune", archive]]


def parse_version(output: str) -> str:
    """The number in what `restic version` prints."""
    match = re.search(r"restic (\S+)", output)
    return match.group(1) if match else "unknown"
