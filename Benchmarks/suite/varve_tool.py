"""How varve is called."""

import json
import subprocess
from pathlib import Path
from typing import Any

from .tool import PASSWORD, Command, Tool


class Varve(Tool):
    """varve with its defaults, or with another average size of chunks, other use of deltas or without encryption."""

    def __init__(
        self,
        executable: str,
        name: str = "varve",
        *,
        chunk_size: str = "",
        delta: str = "",
        encrypted: bool = True,
    ):
        super().__init__(executable)
        self.name = name
        self.version = str(about(executable).get("version", "unknown"))
        self.init_options = ["--chunk-size", chunk_size] if chunk_size else []
        self.backup_options = ["--delta", delta] if delta else []
        self.encrypted = encrypted

    def settings(self) -> dict[str, str]:
        settings = {"VARVE_REPOSITORY": str(self.repository), "XDG_CACHE_HOME": str(self.home / "cache")}
        return settings | ({"VARVE_PASSWORD": PASSWORD} if self.encrypted else {})

    def create(self) -> Command:
        return [self.executable, "init", *self.init_options, *([] if self.encrypted else ["--no-encryption"])]

    def back_up_stream(self, archive: str, name: str) -> Command:
        return [self.executable, "backup", *self.backup_options, "--stdin", name]

    def back_up_path(self, archive: str, path: Path, *, reads_all: bool = False) -> Command:
        return [self.executable, "backup", *self.backup_options, *(["--force"] if reads_all else []), path]

    def read_stream(self, archive: str, name: str) -> Command:
        return [self.executable, "dump", f"latest:{name}"]

    def restore(self, archive: str, target: Path) -> Command:
        return [self.executable, "restore", "latest", "--target", target]

    def check(self) -> Command:
        return [self.executable, "check", "--read-data"]

    def snapshots(self) -> Command:
        return [self.executable, "snapshots"]

    def statistics(self) -> Command:
        return [self.executable, "stats", "--mode", "raw", "--json"]

    def archives(self) -> Command:
        return [self.executable, "snapshots", "--json"]

    def parse_archives(self, output: str) -> list[str]:
        return [str(json.loads(line)["id"]) for line in output.splitlines()]

    def read_archive(self, archive: str, name: str) -> Command:
        return [self.executable, "dump", f"{archive}:{name}"]

    def forget_and_prune(self, archive: str) -> list[Command]:
        return [[self.executable, "forget", "--prune", archive]]


def about(executable: str) -> dict[str, Any]:
    """What `varve version --json` says; empty where the binary does not say it."""
    result = subprocess.run([executable, "version", "--json"], capture_output=True, text=True, check=False)
    try:
        fields = json.loads(result.stdout)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
