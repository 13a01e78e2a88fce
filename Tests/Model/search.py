"""Goes through everything that can happen in a scenario, breadth first: so a trace that is found is the shortest."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from . import faults
from .process import Local, Process, Scenario
from .pruner import Pruner
from .storage import World, named, readable
from .writer import KINDS

Value = TypeVar("Value")


@dataclass
class Outcome:
    """What a search has come to."""

    states: int = 0
    # Why something acknowledged is lost, and how it came to that.
    loss: str = ""
    trace: list[str] = field(default_factory=list)
    # What dangles though nothing acknowledged is lost, and how it came to that.
    untidy: str = ""
    untidy_trace: list[str] = field(default_factory=list)
    # Whether the search was ended before all was seen.
    is_cut: bool = False


class Numbers(Generic[Value]):
    """Gives each value a number: so that a state is a short tuple of numbers."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._numbers: dict[Value, int] = {}

    def of(self, value: Value) -> int:
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


def judge(world: World, scenario: Scenario) -> tuple[str, str]:
    """What is lost and what is untidy in a world; empty where nothing is."""
    there = readable((world.data & named(world.indexes)) - scenario.damaged)[1] | world.excused
    loss = untidy = ""
    for snapshot in sorted(world.snapshots | world.acknowledged):
        gone = sorted(set(scenario.needs[snapshot[0]]) - there)
        if snapshot in world.acknowledged and (gone or snapshot not in world.snapshots or snapshot in world.void):
            loss = f"acknowledged {snapshot}: " + (
                f"cannot read {' '.join(gone)}" if gone else "void" if snapshot in world.void else "not listed"
            )
        elif gone and snapshot in world.snapshots and snapshot not in world.void:
            untidy = f"{snapshot} lacks {' '.join(gone)} and is not void"
    return loss, untidy


State = tuple[int, ...]


class Search:
    """The search of one scenario, with some rules left out."""

    def __init__(self, scenario: Scenario, omitted: frozenset[str] = frozenset()) -> None:
        self.scenario = scenario
        self.processes: list[Process] = [
            KINDS[kind](name, scenario, omitted) for name, kind in scenario.writers.items()
        ]
        self.processes += [Pruner(name, scenario, omitted) for name in scenario.pruners]
        self.worlds: Numbers[World] = Numbers()
        self.locals: Numbers[Local] = Numbers()
        self._steps: dict[State, list[tuple[str, int, int]]] = {}
        self._verdicts: dict[int, tuple[str, str]] = {}

    def run(self, limit: int, *, until_untidy: bool = False) -> Outcome:
        """Looks at up to `limit` states; ends at the first loss, or, if wanted, where anything dangles."""
        count = len(self.processes) + (1 if self.scenario.fault else 0)
        first: State = (self.worlds.of(self.scenario.world), *[self.locals.of(Local())] * count)
        before: dict[State, tuple[State, int, str] | None] = {first: None}
        queue = deque([first])
        outcome = Outcome()
        while queue:
            state = queue.popleft()
            loss, untidy = self._judge(state[0])
            if untidy and not outcome.untidy:
                outcome.untidy, outcome.untidy_trace = untidy, self._trace(before, state)
            if loss:
                outcome.loss, outcome.trace = loss, self._trace(before, state)
                break
            if until_untidy and untidy:
                break
            if len(before) > limit:
                outcome.is_cut = True
                break
            for place in range(1, count + 1):
                for text, world, local in self._next(place, state):
                    following = (world, *state[1:place], local, *state[place + 1 :])
                    if following not in before:
                        before[following] = (state, place, text)
                        queue.append(following)
        outcome.states = len(before)
        return outcome

    def _next(self, place: int, state: State) -> list[tuple[str, int, int]]:
        """The steps of one process: they depend on the world and on what it remembers alone, but for faults."""
        is_fault = place > len(self.processes)
        key = (place, state[0], state[place])
        if not is_fault and key in self._steps:
            return self._steps[key]
        world, local = self.worlds.values[state[0]], self.locals.values[state[place]]
        if is_fault:
            others = [self.locals.values[number] for number in state[1:place]]
            steps = faults.steps(self.scenario, world, local, others)
        else:
            steps = self.processes[place - 1].steps(world, local)
        found = [(text, self.worlds.of(after), self.locals.of(then)) for text, after, then in steps]
        if not is_fault:
            self._steps[key] = found
        return found

    def _judge(self, world: int) -> tuple[str, str]:
        if world not in self._verdicts:
            self._verdicts[world] = judge(self.worlds.values[world], self.scenario)
        return self._verdicts[world]

    def _trace(self, before: dict[State, Any], state: State) -> list[str]:
        trace: list[str] = []
        while before[state]:
            state, place, text = before[state]
            name = self.processes[place - 1].name if place <= len(self.processes) else "storage"
            trace.append(f"{name}: {text}")
        return trace[::-1]
