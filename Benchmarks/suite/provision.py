"""What must be there before anything is measured: packages, varve, varve-bench, the peers."""

import os
import shutil
import subprocess
from pathlib import Path

from .borg_tool import Borg
from .metrics import PLAIN, SMALL_CHUNKS
from .restic_tool import Restic
from .scenario import Report
from .tool import Tool
from .varve_tool import Varve

BORG_REQUIREMENT = "borgbackup>=1.4,<2"


class NotProvided(Exception):
    """Something that the run needs is not there and could not be made."""


def install(root: Path, *, end_to_end: bool, with_peers: bool) -> None:
    """Installs the Debian packages that are missing: for the kernels those that building needs, else a server too."""
    groups = ["build"]
    if end_to_end:
        groups.append("bench" if with_peers else "quickstart")
    subprocess.run([root / "tools/install-dependencies", *groups], check=True)


def varve(root: Path, report: Report) -> str:
    """The path of varve: what VARVE_BINARY names, else built now."""
    named = os.environ.get("VARVE_BINARY")
    if named:
        return _existing(named, "VARVE_BINARY")
    report("building varve")
    _build([root / "tools/build"], root)
    return _existing(str(root / ".build/release/varve"), "tools/build")


def varve_bench(root: Path, report: Report) -> str:
    """The path of varve-bench: what VARVE_BENCH_BINARY names, else built now."""
    named = os.environ.get("VARVE_BENCH_BINARY")
    if named:
        return _existing(named, "VARVE_BENCH_BINARY")
    report("building varve-bench")
    _build([swift(), "build", "-c", "release", "--product", "varve-bench"], root)
    return _existing(str(root / ".build/release/varve-bench"), "swift build")


def test_servers(root: Path) -> Path:
    """The folder with the servers that tests run against, which are installed where they are missing."""
    result = subprocess.run([root / "tools/test-servers"], stdout=subprocess.PIPE, text=True, check=True)
    return Path(result.stdout.strip())


def swift() -> str:
    """The compiler: in PATH, or where install-dependencies accepts it."""
    return shutil.which("swift") or "/opt/swift/usr/bin/swift"


def streams_tools(varve_path: str, bench: Path, *, with_peers: bool, report: Report) -> list[Tool]:
    """varve as it is by default and with small chunks, and the peers."""
    ours: list[Tool] = [Varve(varve_path), Varve(varve_path, SMALL_CHUNKS, chunk_size="16K")]
    if not with_peers:
        return ours
    peers: list[Tool] = [Restic(), Borg(borg(bench, report))]
    for peer in peers:
        report(f"beside {peer.name} {peer.version}")
    return ours + peers


def versions_tools(varve_path: str, *, with_peers: bool) -> list[Tool]:
    """varve with and without deltas, and restic."""
    ours: list[Tool] = [Varve(varve_path, delta="auto"), Varve(varve_path, PLAIN, delta="off")]
    return [*ours, Restic()] if with_peers else ours


def borg(bench: Path, report: Report) -> str:
    """borg 1.4 from PyPI in an environment of its own below `bench`; where that fails, Debian's 1.2."""
    environment = bench / "borg"
    executable = environment / "bin/borg"
    if not _runs(executable):
        report("installing borg 1.4 from PyPI")
        shutil.rmtree(environment, ignore_errors=True)
        log = bench / "borg-install.log"
        bench.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            commands: list[list[str | Path]] = [
                ["/usr/bin/python3", "-m", "venv", environment],
                [environment / "bin/pip", "install", "--quiet", BORG_REQUIREMENT],
            ]
            for command in commands:
                if subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode != 0:
                    report(f"that failed (see {log}): comparing with Debian's older borg")
                    return _debian_borg(bench)
    return str(executable)


def _debian_borg(bench: Path) -> str:
    found = shutil.which("borg")
    if found:
        return found
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    command = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "borgbackup"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with (bench / "borg-install.log").open("ab") as output:
        subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT, check=False)
    found = shutil.which("borg")
    if not found:
        raise NotProvided("there is no borg: install borgbackup, or run with --no-peers")
    return found


def _runs(executable: Path) -> bool:
    try:
        return subprocess.run([executable, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _build(command: list[str | Path], root: Path) -> None:
    log = root / ".build/bench/build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        code = subprocess.run(command, cwd=root, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    if code != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise NotProvided(f"{' '.join(map(str, command))} failed; the end of {log}:\n{tail}")


def _existing(path: str, source: str) -> str:
    if not os.access(path, os.X_OK):
        raise NotProvided(f"there is no program at {path} ({source})")
    return os.path.abspath(path)
