"""Runs one command and says what it cost."""

import hashlib
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

READ_SIZE = 1 << 20


class CommandFailed(Exception):
    """A measured command did not end with exit code 0; what it measured then is worth nothing."""


@dataclass(frozen=True)
class Cost:
    """What one run of a command cost.

    `seconds` is wall time and `cpu_seconds` user and system time together. `peak_bytes` is the largest resident set
    as the kernel accounts it (what `/usr/bin/time -f %M` shows); it is never less than what the suite itself occupies
    when it starts the command, about 20 MB.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @staticmethod
    def of_sequence(costs: "Sequence[Cost]") -> "Cost":
        """What commands cost that ran one after the other."""
        return Cost(
            sum(cost.seconds for cost in costs),
            sum(cost.cpu_seconds for cost in costs),
            max(cost.peak_bytes for cost in costs),
        )


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    *,
    log: Path,
    piped: Path | None = None,
    folder: Path | None = None,
) -> Cost:
    """Runs a command with its output thrown away and its errors in `log`.

    `piped` is a file that comes to its standard input through a pipe, as from `pg_dump`; what feeds the pipe is not
    counted in the command's CPU time.
    """
    feeder = subprocess.Popen(["cat", piped], stdout=subprocess.PIPE) if piped else None
    try:
        with log.open("wb") as errors:
            began = time.monotonic()
            child = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=feeder.stdout if feeder else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            if feeder and feeder.stdout:
                # The command alone holds the pipe's end, so that the feeder notices if it dies.
                feeder.stdout.close()
            _, status, usage = _wait(child)
            seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if feeder:
            feeder.wait()
    require_success(command, child.returncode, log)
    # Linux counts ru_maxrss in KiB.
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _wait(child: subprocess.Popen[bytes]) -> tuple[int, int, resource.struct_rusage]:
    """Waits for the end of a child, which does not go on where the waiting is interrupted."""
    try:
        return os.wait4(child.pid, 0)
    except BaseException:
        child.kill()
        child.wait()
        raise


def output(command: Sequence[str | Path], environment: Mapping[str, str], *, log: Path) -> str:
    """What a command writes to standard output, which must be short."""
    with log.open("wb") as errors:
        result = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, check=False
        )
    require_success(command, result.returncode, log)
    return result.stdout.decode()


def sha256_of_output(command: Sequence[str | Path], environment: Mapping[str, str], *, log: Path) -> str:
    """The SHA-256, in hex, of what a command writes to standard output."""
    digest = hashlib.sha256()
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, bufsize=0
        ) as child,
    ):
        assert child.stdout is not None
        while block := child.stdout.read(READ_SIZE):
            digest.update(block)
    require_success(command, child.returncode, log)
    return digest.hexdigest()


def require_success(command: Sequence[str | Path], code: int, log: Path) -> None:
    """Raises `CommandFailed` with the end of the log unless the exit code is 0."""
    if code != 0:
        lines = log.read_text(errors="replace").splitlines()[-20:]
        shown = " ".join(str(word) for word in command)
        raise CommandFailed(f"exit code {code} from: {shown}\n" + "\n".join(lines))


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_into_page_cache(path: Path) -> None:
    """Reads a file to its end, so that what is measured next does not wait for the disk."""
    with path.open("rb", buffering=0) as file:
        while file.read(READ_SIZE):
            pass


def bytes_in(folder: Path) -> int:
    """The sum of the lengths of the files below a folder."""
    return sum(os.lstat(os.path.join(parent, name)).st_size for parent, _, names in os.walk(folder) for name in names)
