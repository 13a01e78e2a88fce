"""Ratios inside one run, by name: what targets and thresholds speak of.

A name is PART/STEP/QUANTITY-vs-PEER. `speed` is the peer's time over varve's (more is better), `stored` and `memory`
are varve's bytes over the peer's (less is better). `net-speed` is `speed` with the time of `snapshots` taken off on
both sides, once for each command that a step needs: either's key derivation alone takes half a second. What varve
reaches with chunks of 16 KiB has its column's name in front: varve-16k/streams/…. Kernels have
kernels/GROUP/NAME/DATA/PARAMETER/of-LIMIT: their speed over the limit's. remote/SERVER/STEP/speed-vs-limit is varve's
speed at a server of S3 over that in a local folder, or over that of a plain client there, whichever is slower;
speed-vs-plain and added-vs-plain are its speed and the bytes it adds over those of varve without kept packs.
The names of versions/… are in version_metrics.
"""

import statistics
from collections.abc import Iterable
from itertools import pairwise

from .figures import Summaries, ratio
from .kernels import Kernel

BASE = "varve"
SMALL_CHUNKS = "varve-16k"
# varve without deltas, beside which they are measured.
PLAIN = "varve-plain"
PEERS = ("restic", "borg")
OURS = (BASE, SMALL_CHUNKS)
# The part with many versions of one dump; its ratios are in version_metrics.
VERSIONS = "versions"
# The part with servers of S3, and these.
REMOTE = "remote"
SWIFT, RCLONE = "swift", "rclone"
SERVERS = (SWIFT, RCLONE)
# Steps whose times are also compared net, because opening the repository is much of them.
NET_STEPS = ("again-file", "forget-oldest", "forget-middle")
# Of kernels without a limit: what compression saves, and memory for a million chunks.
STEADY_UNITS = ("x", "MB/million")

Metrics = dict[str, float]


def of_summaries(summaries: Summaries) -> Metrics:
    """The ratios of all parts that were measured against peers, and the few figures that a target sets absolutely."""
    metrics: Metrics = {}
    parts = dict.fromkeys(summary.part for summary in summaries.all if summary.part != VERSIONS)
    for part in parts:
        for ours in OURS:
            prefix = "" if ours == BASE else f"{ours}/"
            for name, value in _of_part(summaries, part, ours).items():
                if value is not None:
                    metrics[f"{prefix}{part}/{name}"] = value
    return metrics | _of_remote(summaries)


def varve_at(server: str) -> str:
    """What results call varve with a repository at this server."""
    return f"{BASE}-{server}"


def plain_at(server: str) -> str:
    """What results call varve that keeps no packs of this server, and so has no deltas."""
    return f"{varve_at(server)}-plain"


def client_at(server: str) -> str:
    """What results call the plain client at this server."""
    return f"client-{server}"


def _of_remote(summaries: Summaries) -> Metrics:
    """How varve at a server stands beside varve in a folder, beside the plain client at the same server, and beside the
    slower of the two: `speed-vs-limit`."""
    metrics: Metrics = {}
    for server in SERVERS:
        for step in summaries.steps(REMOTE):
            ours = summaries.get(REMOTE, step, varve_at(server))
            local = summaries.get(REMOTE, step, BASE)
            client = summaries.get(REMOTE, step, client_at(server))
            if not ours or not local:
                continue
            name = f"{REMOTE}/{server}/{step}"
            metrics[f"{name}/speed-vs-local"] = local.seconds / ours.seconds
            if client:
                metrics[f"{name}/speed-vs-client"] = client.seconds / ours.seconds
                metrics[f"{name}/speed-vs-limit"] = max(local.seconds, client.seconds) / ours.seconds
        next_days = [summaries.get(REMOTE, "day-2", tool(server)) for tool in (varve_at, plain_at)]
        if next_days[0] and next_days[1]:
            metrics[f"{REMOTE}/{server}/day-2/speed-vs-plain"] = next_days[1].seconds / next_days[0].seconds
            added = [freed(summaries, REMOTE, "day-2", tool(server)) for tool in (varve_at, plain_at)]
            if added[0] and added[1]:
                metrics[f"{REMOTE}/{server}/day-2/added-vs-plain"] = added[0] / added[1]
    return metrics


def _of_part(summaries: Summaries, part: str, ours: str) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    days = day_steps(summaries, part)
    for peer in PEERS:
        for step in summaries.steps(part):
            mine, theirs = summaries.get(part, step, ours), summaries.get(part, step, peer)
            if mine and theirs:
                found[f"{step}/speed-vs-{peer}"] = ratio(theirs.seconds, mine.seconds)
                found[f"{step}/stored-vs-{peer}"] = ratio(mine.stored, theirs.stored)
                found[f"{step}/memory-vs-{peer}"] = ratio(mine.peak_bytes, theirs.peak_bytes)
        if len(days) > 1:
            found[f"next-day/speed-vs-{peer}"] = ratio(next_day(summaries, part, peer), next_day(summaries, part, ours))
            last_day = summaries.get(part, days[-1], ours), summaries.get(part, days[-1], peer)
            if last_day[0] and last_day[1]:
                found[f"last-day/stored-vs-{peer}"] = ratio(last_day[0].stored, last_day[1].stored)
        for step in NET_STEPS:
            found[f"{step}/net-speed-vs-{peer}"] = ratio(
                net_seconds(summaries, part, step, peer), net_seconds(summaries, part, step, ours)
            )
    found["again-file/net-gigabytes-per-second"] = _net_throughput(summaries, part, ours)
    peaks = [summary.peak_bytes for summary in summaries.all if summary.part == part and summary.tool == ours]
    found["peak-megabytes"] = max(peaks) / 1e6 if peaks else None
    bare = summaries.get(part, "snapshots-bare", ours)
    found["snapshots-bare/milliseconds"] = bare.seconds * 1000 if bare else None
    return found


def day_steps(summaries: Summaries, part: str) -> list[str]:
    """day-1, day-2 and so on, as far as they were measured."""
    return [step for step in summaries.steps(part) if step.startswith("day-")]


def next_day(summaries: Summaries, part: str, tool: str) -> float | None:
    """The median time in seconds of all days but the first."""
    found = [summaries.get(part, step, tool) for step in day_steps(summaries, part)[1:]]
    return statistics.median(summary.seconds for summary in found if summary) if any(found) else None


def net_seconds(summaries: Summaries, part: str, step: str, tool: str) -> float | None:
    """The time of a step less that of `snapshots` for each of its commands; nothing where that leaves less than a
    twentieth of the time, which would be noise."""
    whole, listing = summaries.get(part, step, tool), summaries.get(part, "snapshots", tool)
    if not whole or not listing:
        return None
    net = whole.seconds - listing.seconds * whole.commands
    return net if net > whole.seconds / 20 else None


def freed(summaries: Summaries, part: str, step: str, tool: str) -> float | None:
    """How many bytes a step took off the repository, compared with the step before it that looked at the storage."""
    found = (summaries.get(part, name, tool) for name in summaries.steps(part))
    sizes = [(summary.step, summary.stored) for summary in found if summary and summary.stored is not None]
    return next((before - after for (_, before), (name, after) in pairwise(sizes) if name == step), None)


def _net_throughput(summaries: Summaries, part: str, tool: str) -> float | None:
    whole, net = summaries.get(part, "again-file", tool), net_seconds(summaries, part, "again-file", tool)
    return ratio(whole.input, net * 1e9) if whole and net else None


def of_kernels(kernels: Iterable[Kernel]) -> Metrics:
    """The ratio of each kernel to its limits, and figures that are no speed: they do not drift with the machine."""
    metrics: Metrics = {}
    for kernel in kernels:
        if kernel.ratio is not None:
            metrics[kernel.metric] = kernel.ratio
        elif kernel.unit in STEADY_UNITS:
            metrics[kernel.metric] = kernel.value
    return metrics
