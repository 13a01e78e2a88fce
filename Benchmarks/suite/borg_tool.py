"""How borg is called: compression zstd level 3, the key in the repository."""

import subprocess
from pathlib import Path

from .tool import PASSWORD, Command, Tool

COMPRESSION = "zstd,3"


class Borg(Tool):
    name = "borg"

    def __init__(self, executable: str = "borg"):
        super().__init__(executable)
        output = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True).stdout
        self.version = output.split()[-1] if output.split() else "unknown"

    def settings(self) -> dict[str, str]:
        return {
            "BORG_REPO": str(self.repository),
            "BORG_PASSPHRASE": PASSWORD,
            "BORG_BASE_DIR": str(self.home / "base"),
            "BORG_EXIT_CODES": "legacy",
            # A repository may have been copied to where it is.
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }

    def create(self) -> Command:
        return [self.executable, "init", "--encryption", "repokey"]

    def back_up_stream(self, archive: str, name: str) -> Command:
        return [self.executable, "create", "--compression", COMPRESSION, "--stdin-name", name, f"::{archive}", "-"]

    def back_up_path(self, archive: str, path: Path, *, reads_all: bool = False) -> Command:
        options = ["--files-cache", "disabled"] if reads_all else []
        return [self.executable, "create", "--compression", COMPRESSION, *options, f"::{archive}", path]

    def read_stream(self, archive: str, name: str) -> Command:
        return [self.executable, "extract", "--stdout", f"::{archive}", name]

    def restore(self, archive: str, target: Path) -> Command:
        # borg restores into the working folder, which is `target`.
        return [self.executable, "extract", f"::{archive}"]

    def check(self) -> Command:
        return [self.executable, "check", "--verify-data"]

    def snapshots(self) -> Command:
        return [self.executable, "list"]

    def archives(self) -> Command:
        return [self.executable, "list", "--short"]

    def parse_archives(self, output: str) -> list[str]:
        return output.split()

    def read_archive(self, archive: str, name: str) -> Command:
        return self.read_stream(archive, name)

    def forget_and_prune(self, archive: str) -> list[Command]:
        return [[self.executable, "delete", f"::{archive}"], [self.executable, "compact"]]
