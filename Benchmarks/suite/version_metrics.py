"""What many versions of one dump cost: whether bytes a day and time to read back stay as they were at the beginning.

    versions/stored/last-ten-over-first-ten     mean bytes a day: the last ten days over days 2 to 11
    versions/stored/second-half-over-first-half mean bytes a day: of all days but the first, the later half
    versions/backup/last-ten-over-first-ten     mean seconds a day
    versions/read-back/last-over-first          seconds for the last day over those for the first, net
    versions/stored/of-plain                    the repository after the last day, of that without deltas
    versions/daily/of-plain                     what was added after the first day, of that without deltas

Net is what the fastest reading took longer than the fastest listing: a small dump comes back in less time than the key
is derived in, and beside the drift of medians nothing would be seen.

Beside restic and varve without deltas stand also versions/STEP/QUANTITY-vs-PEER, as for other parts. Where there are
fewer than 21 days, the tens are as many days as fit without meeting.
"""

import statistics
from collections.abc import Sequence
from itertools import pairwise

from . import metrics
from .figures import Summaries, ratio
from .metrics import BASE, PLAIN, Metrics

PART = metrics.VERSIONS
READ_BACK = "read-back-"
# What its metrics call each of the tools beside which varve is measured.
BESIDE = {PLAIN: "plain", "restic": "restic"}


def of_summaries(summaries: Summaries) -> Metrics:
    """The ratios of this part; none where it was not measured."""
    added, seconds = added_bytes(summaries, BASE), backup_seconds(summaries, BASE)[1:]
    found = {
        "stored/last-ten-over-first-ten": last_over_first(added),
        "stored/second-half-over-first-half": halves(added),
        "backup/last-ten-over-first-ten": last_over_first(seconds),
        "read-back/last-over-first": _last_reading_over_first(summaries, BASE),
        "stored/of-plain": ratio(_last_stored(summaries, BASE), _last_stored(summaries, PLAIN)),
        "daily/of-plain": ratio(sum(added), sum(added_bytes(summaries, PLAIN))),
    }
    readings = reading_steps(summaries)
    for tool, name in BESIDE.items():
        found[f"last-day/stored-vs-{name}"] = ratio(_last_stored(summaries, BASE), _last_stored(summaries, tool))
        found[f"daily/stored-vs-{name}"] = ratio(sum(added), sum(added_bytes(summaries, tool)))
        found[f"next-day/speed-vs-{name}"] = ratio(
            metrics.next_day(summaries, PART, tool), metrics.next_day(summaries, PART, BASE)
        )
        if readings:
            found[f"read-back-last/speed-vs-{name}"] = ratio(
                _seconds(summaries, readings[-1], tool), _seconds(summaries, readings[-1], BASE)
            )
    peak = peak_bytes(summaries, BASE)
    found["peak-megabytes"] = peak / 1e6 if peak else None
    return {f"{PART}/{name}": value for name, value in found.items() if value is not None}


def stored_bytes(summaries: Summaries, tool: str) -> list[int]:
    """The size of the repository after each day; empty where that is not known of every day."""
    found = [summaries.get(PART, step, tool) for step in metrics.day_steps(summaries, PART)]
    stored = [summary.stored for summary in found if summary and summary.stored is not None]
    return stored if len(stored) == len(found) else []


def added_bytes(summaries: Summaries, tool: str) -> list[int]:
    """By how much each day but the first has let the repository grow, from day 2 on."""
    return [after - before for before, after in pairwise(stored_bytes(summaries, tool))]


def backup_seconds(summaries: Summaries, tool: str) -> list[float]:
    """How long each day's backup took, the first one's included."""
    found = [summaries.get(PART, step, tool) for step in metrics.day_steps(summaries, PART)]
    return [summary.seconds for summary in found if summary]


def reading_steps(summaries: Summaries) -> list[str]:
    """read-back-1, read-back-10 and so on, as far as they were measured."""
    return [step for step in summaries.steps(PART) if step.startswith(READ_BACK)]


def net_seconds(summaries: Summaries, step: str, tool: str) -> float | None:
    """The fastest run of a step less the fastest listing; nothing where that leaves less than a twentieth of it."""
    whole, listing = summaries.get(PART, step, tool), summaries.get(PART, "snapshots", tool)
    if not whole or not listing:
        return None
    net = whole.fastest - listing.fastest
    return net if net > whole.fastest / 20 else None


def peak_bytes(summaries: Summaries, tool: str) -> int | None:
    """The largest resident set of any step."""
    peaks = [summary.peak_bytes for summary in summaries.all if (summary.part, summary.tool) == (PART, tool)]
    return max(peaks, default=None)


def last_over_first(values: Sequence[float]) -> float | None:
    """The mean of the last ten over that of the first ten, or of as many as fit without meeting."""
    count = min(10, len(values) // 2)
    return ratio(statistics.mean(values[-count:]), statistics.mean(values[:count])) if count else None


def halves(values: Sequence[float]) -> float | None:
    """The mean of the later half over that of the earlier one; what is in the middle belongs to neither."""
    count = len(values) // 2
    return ratio(statistics.mean(values[-count:]), statistics.mean(values[:count])) if count else None


def tens(days: int) -> list[tuple[int, int]]:
    """The days after the first in ranges: 2 to 10, 11 to 20 and so on."""
    return [(max(first, 2), min(first + 9, days)) for first in range(1, days + 1, 10) if min(first + 9, days) > 1]


def _last_stored(summaries: Summaries, tool: str) -> int | None:
    return next(reversed(stored_bytes(summaries, tool)), None)


def _last_reading_over_first(summaries: Summaries, tool: str) -> float | None:
    steps = reading_steps(summaries)
    if len(steps) < 2:
        return None
    return ratio(net_seconds(summaries, steps[-1], tool), net_seconds(summaries, steps[0], tool))


def _seconds(summaries: Summaries, step: str, tool: str) -> float | None:
    summary = summaries.get(PART, step, tool)
    return summary.seconds if summary else None
