"""What varve shall reach, as ratios to peers and limits measured in the same run."""

from collections.abc import Iterable
from dataclasses import dataclass

from .kernels import STANDARD_AVERAGE, Kernel
from .metrics import Metrics


@dataclass(frozen=True)
class Target:
    """A bound on one metric, from below or from above."""

    metric: str
    text: str
    bound: float
    at_least: bool

    @property
    def sign(self) -> str:
        return "≥" if self.at_least else "≤"

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True)
class Verdict:
    """A target beside what was measured; `value` is nothing where the run did not measure it."""

    target: Target
    value: float | None

    @property
    def is_met(self) -> bool | None:
        return None if self.value is None else self.target.is_met(self.value)


def at_least(metric: str, bound: float, text: str) -> Target:
    return Target(metric, text, bound, True)


def at_most(metric: str, bound: float, text: str) -> Target:
    return Target(metric, text, bound, False)


# What the targets of streams are set for: below that, key derivation and noise decide.
MEGABYTES = 1000
DAYS = 5
# What those of history are set for.
SNAPSHOTS = 30
# What those of versions are set for: days, million bytes of a dump, and percent of its rows a day.
VERSIONS = (60, 100, 0.3)

END_TO_END = [
    at_least("streams/day-1/speed-vs-restic", 2.5, "first dump: times restic's speed"),
    at_most("streams/day-1/stored-vs-restic", 1.08, "first dump: stored, of restic's bytes"),
    at_least("streams/next-day/speed-vs-restic", 6, "next day's dump: times restic's speed"),
    at_least("streams/again-file/net-speed-vs-restic", 10, "same dump again, from a file, net: times restic's speed"),
    at_least("streams/again-file/net-gigabytes-per-second", 2.5, "same dump again, from a file, net: GB/s"),
    at_most("streams/last-day/stored-vs-restic", 0.35, "after the last day: stored, of restic's bytes"),
    at_most("varve-16k/streams/last-day/stored-vs-restic", 0.35, "the same with chunks of 16 KiB"),
    at_least("streams/read-back/speed-vs-restic", 3, "read back: times restic's speed"),
    at_most("streams/peak-megabytes", 200, "largest peak memory, MB"),
    at_most("streams/snapshots-bare/milliseconds", 50, "list of snapshots without key derivation, ms"),
    at_least("history/forget-oldest/speed-vs-restic", 2, "a day of 30 forgotten and pruned: times restic's speed"),
    at_least("history/forget-oldest/net-speed-vs-restic", 2, "the same, net: times restic's speed"),
    at_most("versions/stored/second-half-over-first-half", 1.5, "60 versions: bytes of days 31–60, of days 2–30"),
    at_most("versions/read-back/last-over-first", 1.5, "60 versions: time to read back the last, net, of the first's"),
    *(
        at_least(f"remote/{server}/{step}/speed-vs-limit", 0.7, f"{text} S3 ({server}): of a folder's or its own speed")
        for step, text in (("day-1", "first dump to"), ("read-back", "read back from"))
        for server in ("swift", "rclone")
    ),
]

# The chunker's levels and what each shall reach, GB/s on one core; the fastest first.
CHUNKER_THROUGHPUT = (("avx512", 10.0), ("avx2", 7.0), ("portable", 0.9))
CHUNKER_DATA = "text"
TIMES_GEAR = 4.0
TIMES_OPENSSL_SHA256 = 1.4
MEGABYTES_PER_MILLION_CHUNKS = 4.0


def of_kernels(kernels: Iterable[Kernel]) -> tuple[list[Target], Metrics]:
    """The targets for the kernels of this run, and those figures that they speak of beside ratios to limits."""
    main = [kernel for kernel in kernels if kernel.is_main]
    targets, metrics = _of_chunker(main)
    for kernel in main:
        is_hashing = (kernel.group, kernel.name, kernel.parameter) == ("chunk-ids", "chunk IDs", STANDARD_AVERAGE)
        if is_hashing and kernel.ratio is not None:
            text = "chunk IDs, 32 KiB: times OpenSSL's SHA-256"
            targets.append(at_least(kernel.metric, TIMES_OPENSSL_SHA256, text))
        if kernel.group == "index" and kernel.unit == "MB/million":
            text = f"index of {int(kernel.parameter):,} chunks: MB of memory for a million"
            targets.append(at_most(kernel.metric, MEGABYTES_PER_MILLION_CHUNKS, text))
    return targets, metrics


def _of_chunker(kernels: list[Kernel]) -> tuple[list[Target], Metrics]:
    targets: list[Target] = []
    metrics: Metrics = {}
    for level, bound in CHUNKER_THROUGHPUT:
        lines = [k for k in kernels if (k.group, k.name, k.data) == ("chunker", level, CHUNKER_DATA)]
        if not lines:
            continue
        beside_gear = [k for k in lines if "gear" in k.limit]
        if beside_gear and not targets:
            text = f"chunker, {level}: times the scalar Gear chunker"
            targets.append(at_least(beside_gear[0].metric, TIMES_GEAR, text))
        metric = f"{lines[0].path}/gigabytes-per-second"
        metrics[metric] = lines[0].value
        targets.append(at_least(metric, bound, f"chunker, {level}, one core: GB/s"))
    return targets, metrics


def verdicts(targets: Iterable[Target], metrics: Metrics) -> list[Verdict]:
    """All targets whose part was measured in this run."""
    parts = {part_of(metric) for metric in metrics}
    return [Verdict(target, metrics.get(target.metric)) for target in targets if part_of(target.metric) in parts]


def part_of(metric: str) -> str:
    """The part of the suite that a metric belongs to: its first word, or the second where a column stands first."""
    words = metric.split("/")
    return words[1] if words[0].startswith("varve-") else words[0]
