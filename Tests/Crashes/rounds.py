"""The kinds of rounds: what is let run side by side, and who is killed or stopped when."""

import random
import signal
import time
from dataclasses import dataclass

from .contents import Contents
from .repository import BUSY, KILLED, Broken, Repository, Running

# Seconds that a backup or a prune takes, about: moments of killing lie within. Adapted as it goes.
_FIRST_DURATION = 0.3
# What a kill may add: padding, metadata, and segments whose pack was not whole. Far below what stands in whole packs.
_SLACK = 1 << 20
# More acknowledged snapshots than this make a round slow.
_KEPT = 5


@dataclass
class Figures:
    """What has happened in all."""

    rounds: int = 0
    backups_killed: int = 0
    prunes_killed: int = 0
    backups_stopped: int = 0
    acknowledged: int = 0
    acknowledged_after_a_stop: int = 0
    failed_after_a_stop: int = 0


class Rounds:
    """Rounds on one repository, by a seed."""

    def __init__(self, repository: Repository, seed: int, figures: Figures):
        self._repository = repository
        self._random = random.Random(seed)
        self._contents = Contents(seed)
        self._figures = figures
        self._duration = _FIRST_DURATION

    def begin(self) -> None:
        """A first snapshot, undisturbed, which tells how long a backup takes."""
        content = self._contents.next()
        began = time.monotonic()
        running = self._repository.start_backup(content)
        running.feed()
        self._repository.finish_backup(running)
        self._duration = time.monotonic() - began

    def play(self) -> str:
        """One round; says what it did."""
        self._figures.rounds += 1
        kinds = (self._kill_side_by_side, self._kill_side_by_side, self._stop_while_pruning, self._kill_in_a_row)
        text = self._random.choice(kinds)()
        ended = self._repository.judge_stale()
        self._repository.run("prune", "--quiet", *self._limit())
        self._repository.require_all()
        if self._random.random() < 0.2:
            self._repository.run("prune", "--quiet", "--max-unused", "0")
            self._repository.run("prune", "--quiet", "--max-unused", "0")
            self._repository.require_nothing_unused()
            self._repository.require_all()
            text += "; nothing unused left"
        return text + (f"; {ended} lock objects of the dead" if ended else "")

    # Side by side

    def _kill_side_by_side(self) -> str:
        """A backup and a prune at once; one of them or both are killed at random moments."""
        prune = self._prune_arguments()
        backup = self._repository.start_backup(self._contents.next())
        backup.feed()
        time.sleep(self._random.random() * self._duration / 2)
        pruning = self._repository.start(*prune, cache=self._random.choice(["cache", "other"]))
        victims = self._random.choice([(backup,), (pruning,), (backup, pruning)])
        moments = [(self._random.random() * self._duration * 1.2, victim) for victim in victims]
        self._kill(sorted(moments, key=lambda moment: moment[0]))
        return f"{self._finish_backup(backup)}, {self._finish_prune(pruning, prune)}"

    @staticmethod
    def _kill(moments: list[tuple[float, Running]]) -> None:
        began = time.monotonic()
        for moment, victim in moments:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            victim.signal(signal.SIGKILL)

    # Stopped

    def _stop_while_pruning(self) -> str:
        """A backup is stopped somewhere, judged stale, and prunes run; then it goes on, or is killed."""
        self._forget_some()
        content = self._contents.next()
        backup = self._repository.start_backup(content)
        backup.feed(held_at=self._random.randrange(len(content)) if self._random.random() < 0.7 else None)
        time.sleep(self._random.random() * self._duration * 1.2)
        backup.signal(signal.SIGSTOP)
        self._figures.backups_stopped += 1
        is_running = backup.process.poll() is None
        before = set(self._repository.snapshots())
        is_hostile = self._end_session()
        texts = ["backup stopped" if is_running else "backup was over"] + (["anchor lost"] if is_hostile else [])
        if self._random.random() < 0.3:
            pruning = self._repository.start("prune", "--max-wait", "1s", *self._limit())
            self._kill([(self._random.random() * self._duration, pruning)])
            texts.append(self._finish_prune(pruning, ("prune",)))
        if self._random.random() < 0.8:
            self._repository.run("prune", "--quiet", "--max-wait", "0s", *self._limit(), allowed=(0, BUSY))
            texts.append("pruned")
        backup.let_through()
        backup.signal(signal.SIGCONT)
        if self._random.random() < 0.2:
            self._kill([(self._random.random() * self._duration, backup)])
        outcome = self._finish_backup(backup, may_fail=is_running)
        if is_running:
            self._figures.acknowledged_after_a_stop += outcome == "backup acknowledged"
            self._figures.failed_after_a_stop += "failed" in outcome
        if is_hostile:
            # What it put before it found out may lack something, and no record says that it is void.
            for snapshot in set(self._repository.snapshots()) - before - set(self._repository.acknowledged):
                self._repository.run("forget", "--quiet", snapshot)
        return ", ".join([*texts, outcome])

    def _end_session(self) -> bool:
        """Judges the stopped backup stale as a prune does; or lets its anchor vanish unannounced, and says so.

        A prune names the anchor in a drain record before it judges. One that has nothing to delete names none: then the
        backup is left alone.
        """
        is_hostile = self._random.random() < 0.2
        code = BUSY
        if not is_hostile:
            arguments = ("prune", "--quiet", "--max-wait", "0s", *self._limit())
            code = self._repository.run(*arguments, allowed=(0, BUSY))[0]
        if code == BUSY:
            self._repository.judge_stale()
        return is_hostile

    # In a row

    def _kill_in_a_row(self) -> str:
        """The same backup is killed some times, then let through: what stands in whole packs is not stored again."""
        content = self._contents.next()
        self._repository.judge_stale()
        undisturbed = self._back_up_undisturbed(self._repository.twin(), content)
        before = self._repository.data_bytes()
        kills = 0
        for _ in range(self._random.randint(1, 3)):
            backup = self._repository.start_backup(content)
            backup.feed()
            self._kill([(self._random.random() * self._duration, backup)])
            kills += self._finish_backup(backup) == "backup killed"
        backup = self._repository.start_backup(content)
        backup.feed()
        self._finish_backup(backup)
        added = self._repository.data_bytes() - before
        if added > undisturbed + (kills + 1) * _SLACK:
            raise Broken(f"{added} bytes were stored after {kills} kills, and {undisturbed} without")
        return f"{kills} kills in a row, then acknowledged; {added} bytes stored, {undisturbed} without kills"

    @staticmethod
    def _back_up_undisturbed(repository: Repository, content: bytes) -> int:
        """How many bytes are stored where nobody is killed."""
        before = repository.data_bytes()
        backup = repository.start_backup(content)
        backup.feed()
        repository.finish_backup(backup)
        return repository.data_bytes() - before

    # Parts

    def _finish_backup(self, backup: Running, *, may_fail: bool = False) -> str:
        outcome = self._repository.finish_backup(backup, may_fail=may_fail)
        self._figures.acknowledged += outcome == "acknowledged"
        self._figures.backups_killed += outcome == "killed"
        return f"backup {outcome}"

    def _finish_prune(self, pruning: Running, arguments: tuple[str, ...]) -> str:
        code, _, errors = pruning.wait()
        if code not in (0, BUSY, KILLED):
            raise Broken(f"varve {' '.join(arguments)} ended with {code}: {errors.strip()}")
        self._figures.prunes_killed += code == KILLED
        return {0: "prune done", BUSY: "prune gave up waiting", KILLED: "prune killed"}[code]

    def _prune_arguments(self) -> tuple[str, ...]:
        """A prune alone or with forgetting; snapshots that may be gone are not looked for any more."""
        wait = ("--max-wait", self._random.choice(["0s", "1s", "2s"]))
        acknowledged = sorted(self._repository.acknowledged)
        if len(acknowledged) > 1 and self._random.random() < 0.7:
            chosen = self._random.choice(acknowledged)
            del self._repository.acknowledged[chosen]
            return ("forget", chosen, "--prune", *wait, *self._limit())
        return ("prune", *wait, *self._limit())

    def _limit(self) -> tuple[str, ...]:
        return ("--max-unused", self._random.choice(["0", "0", "5%", "20%"]))

    def _forget_some(self) -> None:
        acknowledged = sorted(self._repository.acknowledged)
        while len(acknowledged) > 1 and (len(acknowledged) > _KEPT or self._random.random() < 0.5):
            chosen = acknowledged.pop(self._random.randrange(len(acknowledged)))
            del self._repository.acknowledged[chosen]
            self._repository.run("forget", "--quiet", chosen)
