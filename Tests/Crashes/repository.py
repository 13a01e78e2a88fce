"""A repository in a folder of its own, and how varve is run on it."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

from .contents import digest

# How varve says that sessions at work are in the way, and that it was killed.
BUSY, KILLED = 11, -9


class Broken(Exception):
    """Something acknowledged is lost, or varve did what it must not do."""


class Running:
    """varve as it runs, with the input that it is fed."""

    def __init__(self, process: subprocess.Popen[bytes], content: bytes = b""):
        self.process = process
        self.content = content
        self._gate = threading.Event()
        self._gate.set()
        self._feeder = threading.Thread(target=self._feed, daemon=True) if content else None
        self._held_at = len(content)

    def feed(self, held_at: int | None = None) -> None:
        """Feeds the input; where it is held, it goes on from there after `let_through`."""
        if held_at is not None:
            self._held_at = held_at
            self._gate.clear()
        if self._feeder:
            self._feeder.start()

    def let_through(self) -> None:
        self._gate.set()

    def _feed(self) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(self.content[: self._held_at])
            self.process.stdin.flush()
            self._gate.wait()
            self.process.stdin.write(self.content[self._held_at :])
            self.process.stdin.close()
        except OSError:
            # It was killed.
            return

    def signal(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self) -> tuple[int, str, str]:
        """Its exit code and what it printed."""
        self.let_through()
        if self._feeder:
            self._feeder.join()
        output, errors = self.process.stdout, self.process.stderr
        assert output and errors
        # Both are short: nothing can fill up.
        code = self.process.wait(timeout=300)
        return code, output.read().decode(), errors.read().decode()


class Repository:
    """A repository, what was acknowledged there, and what may be there."""

    def __init__(self, varve: str, folder: Path, *, encrypted: bool):
        self._varve = varve
        self.folder = folder
        # The SHA-256 of each acknowledged snapshot's stream that nobody has begun to forget.
        self.acknowledged: dict[str, str] = {}
        self._encrypted = encrypted
        if folder.exists():
            return
        folder.mkdir(parents=True)
        self.run("init", "--quiet", "--pack-size", "1M", *([] if encrypted else ["--no-encryption"]))

    def twin(self) -> "Repository":
        """A copy in a folder beside it."""
        folder = self.folder.with_name("twin")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return Repository(self._varve, folder, encrypted=self._encrypted)

    # Running

    def _environment(self, cache: str = "cache") -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / cache),
            "VARVE_REPOSITORY": str(self.folder / "repository"),
        } | ({"VARVE_PASSWORD": "a password for tests"} if self._encrypted else {})

    def start(self, *arguments: str, content: bytes = b"", cache: str = "cache") -> Running:
        """Starts varve; two processes at once have caches of their own, as on two machines."""
        process = subprocess.Popen(
            [self._varve, *arguments],
            env=self._environment(cache),
            stdin=subprocess.PIPE if content else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return Running(process, content)

    def run(self, *arguments: str, content: bytes = b"", allowed: tuple[int, ...] = (0,)) -> tuple[int, str]:
        """Runs varve to its end and gives its exit code and output."""
        running = self.start(*arguments, content=content)
        running.feed()
        code, output, errors = running.wait()
        if code not in allowed:
            raise Broken(f"varve {' '.join(arguments)} ended with {code}: {errors.strip()}")
        return code, output

    def start_backup(self, content: bytes) -> Running:
        return self.start("backup", "--json", "--stdin", "data", content=content)

    def finish_backup(self, running: Running, *, may_fail: bool = False) -> str:
        """Waits for a backup and takes down what it acknowledged; says what became of it."""
        code, output, errors = running.wait()
        if code == 0:
            self.acknowledged[self._summary(output)["snapshot_id"]] = digest(running.content)
            return "acknowledged"
        if code == KILLED:
            return "killed"
        if not may_fail:
            raise Broken(f"a backup failed with {code}: {errors.strip()}")
        return f"failed with {code}"

    @staticmethod
    def _summary(output: str) -> dict[str, Any]:
        summaries = [json.loads(line) for line in output.splitlines()]
        found = [one for one in summaries if one.get("message_type") == "summary"]
        if not found:
            raise Broken(f"no summary in what a backup printed: {output[-300:]}")
        summary: dict[str, Any] = found[-1]
        return summary

    # Looking

    def snapshots(self) -> list[str]:
        output = self.run("snapshots", "--json")[1]
        return [json.loads(line)["id"] for line in output.splitlines()]

    def locks(self) -> list[Path]:
        return list((self.folder / "repository/locks").iterdir())

    def data_bytes(self) -> int:
        """Bytes of all packs that stand under their names."""
        packs = (path for path in (self.folder / "repository/data").rglob("*") if len(path.name) == 64)
        return sum(path.stat().st_size for path in packs)

    def judge_stale(self) -> int:
        """Deletes all anchors and heartbeats, as a prune does with those that show no sign of life; gives how many."""
        locks = self.locks()
        for lock in locks:
            lock.unlink(missing_ok=True)
        return len(locks)

    def require_all(self) -> None:
        """Every byte is well, and every acknowledged snapshot is what was backed up."""
        self.run("check", "--read-data", "--quiet")
        missing = set(self.acknowledged) - set(self.snapshots())
        if missing:
            raise Broken(f"acknowledged snapshots are not there: {' '.join(sorted(missing))}")
        for snapshot, expected in self.acknowledged.items():
            if self._digest_of(snapshot) != expected:
                raise Broken(f"snapshot {snapshot} is not what was backed up")

    def _digest_of(self, snapshot: str) -> str:
        process = subprocess.run(
            [self._varve, "dump", f"{snapshot}:data"],
            env=self._environment(),
            capture_output=True,
            check=False,
        )
        if process.returncode != 0:
            raise Broken(f"snapshot {snapshot} cannot be read: {process.stderr.decode().strip()}")
        return digest(process.stdout)

    def require_nothing_unused(self) -> None:
        """A prune would find nothing to do."""
        output = self.run("prune", "--dry-run", "--json", "--max-unused", "0")[1]
        summary = self._summary(output)
        left = {name: summary[name] for name in ("packs_unused", "packs_to_repack", "packs_left_by_others")}
        if any(left.values()):
            raise Broken(f"prunes do not come to an end: {left}")
