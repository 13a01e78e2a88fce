"""What a result belongs to: the machine, the commit, the versions."""

import os
import re
import subprocess
from pathlib import Path


def cpu_model(text: str) -> str:
    """The name of the CPU in what `/proc/cpuinfo` holds."""
    for name in ("model name", "Model", "CPU part"):
        match = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
        if match:
            return match.group(1).strip()
    return "unknown"


def cpu_slug(model: str, cpus: int) -> str:
    """A file name for results of machines with such a CPU and as many of them."""
    plain = re.sub(r"\((r|tm)\)|\bcpu\b|\bprocessor\b|@.*", " ", model.lower())
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") + f"-{cpus}"


def usable_cpus() -> int:
    return len(os.sched_getaffinity(0))


def describe() -> tuple[str, str]:
    """The CPU's model and the slug for it."""
    model = cpu_model(Path("/proc/cpuinfo").read_text())
    return model, cpu_slug(model, usable_cpus())


def commit(root: Path) -> tuple[str, bool]:
    """The commit that stands checked out, and whether sources differ from it; "unknown" outside of a clone."""
    name = _git(root, "rev-parse", "--short=12", "HEAD")
    changed = _git(root, "status", "--porcelain", "--", "Sources", "Package.swift", "Benchmarks/Kernels")
    return name.strip() or "unknown", bool(changed.strip())


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=False).stdout
