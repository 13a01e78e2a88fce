"""Kernels: runs varve-bench, which measures them in one process, and reads what it prints."""

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

PART = "kernels"
STANDARD_AVERAGE = "32768"


@dataclass(frozen=True)
class Kernel:
    """One line of varve-bench: how fast one kernel is, and beside which limit.

    A kernel has as many lines as it has limits. `ratio` is its value over the limit's, both measured in the same
    process; nothing where there is no limit.
    """

    group: str
    name: str
    data: str
    parameter: str
    value: float
    unit: str
    limit: str
    ratio: float | None
    bytes: int
    runs: int

    @property
    def path(self) -> str:
        """The beginning of the names of its metrics: kernels/group/name/data/parameter, without what is empty."""
        words = (self.group, self.name, self.data, self.parameter)
        return "/".join([PART] + [slug(word) for word in words if word])

    @property
    def metric(self) -> str:
        """Of the ratio to its limit; where there is none, of the value in its unit."""
        return f"{self.path}/of-{slug(self.limit)}" if self.limit else f"{self.path}/{slug(self.unit)}"

    @property
    def limit_value(self) -> float | None:
        return self.value / self.ratio if self.ratio else None

    @property
    def is_main(self) -> bool:
        """Whether it belongs in tables and plots of all groups: of the chunker's averages only the standard one."""
        return self.group != "chunker" or self.parameter == STANDARD_AVERAGE


def slug(text: str) -> str:
    """A name as part of a metric's: lower case, hyphens for what is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def parse(lines: Iterable[str]) -> list[Kernel]:
    """The kernels in varve-bench's output. Raises `ValueError` for a line that is not what is agreed."""
    return [parse_line(line) for line in lines if line.strip()]


def parse_line(line: str) -> Kernel:
    """One kernel; members that are not known here are passed over."""
    try:
        fields = json.loads(line)
        ratio = fields.get("ratio")
        return Kernel(
            group=fields["group"],
            name=fields["name"],
            data=fields.get("data") or "",
            parameter=str(fields.get("parameter") or ""),
            value=float(fields["value"]),
            unit=fields["unit"],
            limit=fields.get("limit") or "",
            ratio=None if ratio is None else float(ratio),
            bytes=int(fields.get("bytes") or 0),
            runs=int(fields.get("runs") or 0),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a line of varve-bench ({error!r}): {line.strip()[:200]}") from error


def by_path(kernels: Iterable[Kernel]) -> dict[tuple[str, str], list[Kernel]]:
    """The lines of each kernel and unit together, one for each limit."""
    found: dict[tuple[str, str], list[Kernel]] = {}
    for kernel in kernels:
        found.setdefault((kernel.path, kernel.unit), []).append(kernel)
    return found


def measure(binary: str, *, quick: bool, data: dict[str, Path], report: Callable[[str], None]) -> list[Kernel]:
    """Runs varve-bench. `data` are files that take the place of what it makes up, by the names it knows."""
    command = [binary, *(["--quick"] if quick else [])]
    for name, path in data.items():
        command += ["--data", f"{name}={path}"]
    kernels = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            kernel = parse_line(line)
            kernels.append(kernel)
            beside = f"{kernel.ratio:8.3f} of {kernel.limit}" if kernel.ratio is not None else ""
            report(f"{kernel.path:<58} {kernel.value:10.4g} {kernel.unit:<12} {beside}".rstrip())
    if child.returncode != 0:
        raise subprocess.CalledProcessError(child.returncode, command)
    return kernels
