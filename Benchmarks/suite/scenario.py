"""Runs a part's steps: the tools take turns, with the same data, in the same run."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import measuring
from .figures import Sample
from .tool import Command, Tool

Report = Callable[[str], None]


@dataclass(frozen=True)
class Conditions:
    """How often everything is measured, where the repositories are, whether they are kept, and who is told."""

    repeats: int
    work: Path
    keep: bool
    report: Report


@dataclass
class Scenario:
    """One part of the suite with its tools and the samples taken so far.

    In each repeat every tool has a new home. A step is measured for one tool after the other before the next step
    begins, so that whatever slows the machine for a while slows all of them.
    """

    part: str
    tools: Sequence[Tool]
    conditions: Conditions
    samples: list[Sample] = field(default_factory=list)
    _repeat: int = 0

    @property
    def is_first_repeat(self) -> bool:
        return self._repeat == 1

    def repeats(self) -> Iterator[None]:
        """Goes through the repeats: gives every tool an empty home and a new repository, and removes them again."""
        for _ in range(self.conditions.repeats):
            self._repeat += 1
            self._use_new_repositories()
            yield
            self._leave_repeat()

    def repeats_of(self, prepare: Callable[[], None]) -> Iterator[None]:
        """Lets `prepare` fill new repositories, and goes through the repeats, in each with copies of those."""
        self._use_new_repositories()
        prepare()
        originals = {tool.name: tool.home for tool in self.tools}
        for _ in range(self.conditions.repeats):
            self._repeat += 1
            for tool in self.tools:
                tool.use_copy(self.home(tool), originals[tool.name])
            yield
            self._leave_repeat()

    def _use_new_repositories(self) -> None:
        for tool in self.tools:
            tool.use(self.home(tool))
            measuring.run(tool.create(), tool.environment, log=self.log(tool))

    def _leave_repeat(self) -> None:
        if not self.conditions.keep:
            for tool in self.tools:
                shutil.rmtree(self.home(tool))

    def home(self, tool: Tool) -> Path:
        return self.conditions.work / self.part / f"repeat-{self._repeat}" / tool.name

    def log(self, tool: Tool) -> Path:
        return self.home(tool) / "log"

    def step(
        self,
        name: str,
        command: Callable[[Tool], Command],
        *,
        size: int | None = None,
        piped: Path | None = None,
        folder: Callable[[Tool], Path | None] = lambda tool: None,
        looks_at_storage: bool = False,
        afterwards: Callable[[Tool], None] = lambda tool: None,
    ) -> None:
        """Measures a step for each tool. `size` is how many bytes go in or come out.

        `afterwards` is not measured: it looks at what the command left, and tidies up.
        """
        for tool in self.tools:
            # What others have written is not to be waited for by the one who is measured.
            os.sync()
            cost = measuring.run(command(tool), tool.environment, log=self.log(tool), piped=piped, folder=folder(tool))
            self._add(name, tool, [cost], size=size, looks_at_storage=looks_at_storage)
            afterwards(tool)

    def sequence(self, name: str, commands: Callable[[Tool], Sequence[Command]]) -> None:
        """Measures a step for which some tools need several commands, one after the other, and looks at the storage."""
        for tool in self.tools:
            os.sync()
            costs = [measuring.run(command, tool.environment, log=self.log(tool)) for command in commands(tool)]
            self._add(name, tool, costs, size=None, looks_at_storage=True)

    def _add(
        self, step: str, tool: Tool, costs: Sequence[measuring.Cost], *, size: int | None, looks_at_storage: bool
    ) -> None:
        cost = measuring.Cost.of_sequence(costs)
        self.samples.append(
            Sample(
                part=self.part,
                step=step,
                tool=tool.name,
                seconds=cost.seconds,
                cpu_seconds=cost.cpu_seconds,
                peak_bytes=cost.peak_bytes,
                stored=measuring.bytes_in(tool.repository) if looks_at_storage else None,
                input=size,
                commands=len(costs),
            )
        )
        parts = " = " + " + ".join(f"{one.seconds:.2f}" for one in costs) if len(costs) > 1 else ""
        self.conditions.report(f"{self.part} {self._repeat}: {step:<13} {tool.name:<10} {cost.seconds:8.2f} s{parts}")

    def compare(self, command: Callable[[Tool], Command], expected: str) -> None:
        """Once a run, and not measured: what comes back from each tool is what went in, by its SHA-256."""
        if not self.is_first_repeat:
            return
        for tool in self.tools:
            found = measuring.sha256_of_output(command(tool), tool.environment, log=self.log(tool))
            if found != expected:
                raise measuring.CommandFailed(f"{tool.name} gave back other bytes than it was given: SHA-256 {found}")

    def archives(self, tool: Tool, *, expected: int) -> list[str]:
        """What a tool calls its archives, the oldest first; there must be so many."""
        found = tool.parse_archives(measuring.output(tool.archives(), tool.environment, log=self.log(tool)))
        if len(found) != expected:
            raise measuring.CommandFailed(f"{tool.name} lists {len(found)} archives instead of {expected}")
        return found
