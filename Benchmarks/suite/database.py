"""The dumps and base backups of a real PostgreSQL database that changes from day to day; made once and kept."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import measuring
from .scenario import Report
from .tool import Command

DATABASE = "shop"
PERCENT_A_DAY = 1
BASE_BACKUP_DAYS = 2
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class DatabaseDays:
    """A folder with one plain dump a day, and tars of the whole server for the first two days if they were asked for.

    The dumps are the same on every machine with the same PostgreSQL version; the tars hold times and are not.
    """

    folder: Path
    dumps: list[Path]
    base_backups: list[Path]

    def digest(self, path: Path) -> str:
        """The SHA-256 of one of the files, as it was when it was made."""
        digests: dict[str, str] = json.loads((self.folder / MANIFEST).read_text())
        return digests[path.name]


def provide(
    tools: Path, data: Path, *, megabytes: int, days: int, with_base_backups: bool, report: Report
) -> DatabaseDays:
    """The data for these parameters: found below `data`, or made with the scripts in `tools`.

    `megabytes` is the size of a dump in million bytes. The whole set is made anew if a file of it is missing.
    """
    folder = data / f"shop-{megabytes}mb-{PERCENT_A_DAY}percent"
    wanted = DatabaseDays(
        folder,
        [folder / f"day-{day}.sql" for day in range(1, days + 1)],
        [folder / f"base-{day}.tar" for day in range(1, BASE_BACKUP_DAYS + 1)] if with_base_backups else [],
    )
    files = wanted.dumps + wanted.base_backups
    if not is_complete(folder, files):
        report(f"making {days} dumps of {megabytes} MB in {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _make(wanted, tools, megabytes)
        digests = {path.name: measuring.sha256_of_file(path) for path in files}
        (folder / MANIFEST).write_text(json.dumps(digests, indent=1))
    return wanted


def is_complete(folder: Path, files: list[Path]) -> bool:
    """Whether an earlier run made all these files; the manifest is written last."""
    try:
        digests = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return False
    return all(path.name in digests and path.is_file() for path in files)


def _make(wanted: DatabaseDays, tools: Path, megabytes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="varve-bench.") as scratch:
        # For root the server runs as another user, who must be able to pass.
        os.chmod(scratch, 0o711)
        server = Path(scratch, "postgres")
        start: Command = [tools / "postgres-scratch", "start", server, "wal_level=replica", "max_wal_senders=4"]
        environment = exported(subprocess.run(start, check=True, capture_output=True, text=True).stdout)
        try:
            for day in range(1, max(len(wanted.dumps), len(wanted.base_backups)) + 1):
                _let_day_pass(day, tools, megabytes, environment)
                if day <= len(wanted.dumps):
                    _dump(wanted.dumps[day - 1], environment)
                if day <= len(wanted.base_backups):
                    _base_backup(wanted.base_backups[day - 1], Path(scratch, f"base-{day}"), environment)
        finally:
            subprocess.run([tools / "postgres-scratch", "stop", server], check=True)


def _let_day_pass(day: int, tools: Path, megabytes: int, environment: Mapping[str, str]) -> None:
    if day == 1:
        command: Command = [tools / "make-database", "--scale", str(megabytes), "--database", DATABASE]
    else:
        change = ["--percent", str(PERCENT_A_DAY), "--day", str(day - 1), "--database", DATABASE]
        command = [tools / "change-database", *change]
    subprocess.run(command, env=environment, check=True)


def _dump(path: Path, environment: Mapping[str, str]) -> None:
    command = ["pg_dump", *restrict_key(environment), DATABASE]
    with path.open("wb") as file:
        subprocess.run(command, env=environment, stdout=file, check=True)


def restrict_key(environment: Mapping[str, str]) -> list[str]:
    """Late releases put a random token into each plain dump, unless they are given one."""
    text = subprocess.run(["pg_dump", "--help"], env=environment, capture_output=True, text=True, check=True).stdout
    return ["--restrict-key=bench"] if "--restrict-key" in text else []


def _base_backup(path: Path, folder: Path, environment: Mapping[str, str]) -> None:
    command: Command = [
        "pg_basebackup",
        "-D",
        folder,
        "--format=tar",
        "--wal-method=none",
        "--checkpoint=fast",
        "--no-sync",
    ]
    subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
    shutil.move(folder / "base.tar", path)


def exported(script: str) -> dict[str, str]:
    """The environment after what `tools/postgres-scratch start` prints was run by a shell."""
    output = subprocess.run(["bash", "-c", f"{script}\nenv -0"], check=True, capture_output=True, text=True).stdout
    return dict(item.split("=", 1) for item in output.split("\0") if "=" in item)
