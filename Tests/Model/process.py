"""What processes are: what one remembers, what it may do next, and which rules it keeps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .storage import NONE, Names, World


class Local(NamedTuple):
    """What one process remembers."""

    at: str = "start"
    # The number of a writer's session, or of a pruner's rescue.
    attempt: int = 1
    # The reading under way: what was condemned, index objects still to be got, and those that were.
    condemned: Names = NONE
    todo: Names = NONE
    objects: Names = NONE
    # Packs to be put, one after the other, and those to be put into an index object then.
    packs: tuple[str, ...] = ()
    indexed: Names = NONE
    # Only where a rule is left out: packs of earlier sessions.
    own: Names = NONE
    # A pruner's condemned packs, the anchors that it waits for, the sessions to be void, the snapshots that decide.
    victims: Names = NONE
    waits: Names = NONE
    over: Names = NONE
    snapshots: Names = NONE
    # Changes that must show in every listing before this process goes on.
    awaited: frozenset[Any] = NONE


Step = tuple[str, World, Local]


@dataclass(frozen=True)
class Scenario:
    """A first world, who is at work in it, and the bounds of what is looked at."""

    world: World
    # What the snapshots of each writer need, by its letter.
    needs: Mapping[str, str]
    # The kind of each writer.
    writers: Mapping[str, str]
    # The letters of the pruners.
    pruners: str
    # What the storage may do by itself: lose a pack, lose an anchor, let a snapshot be forgotten.
    fault: str = ""
    # Packs with a damage record.
    damaged: Names = NONE
    # The packs that a sync copies from.
    source: tuple[str, ...] = ()
    # Listings show changes late.
    delayed: bool = False
    # The most packs that a prune condemns, sessions of a writer, rescues of a prune.
    victims: int = 1
    sessions: int = 2
    rescues: int = 2
    # Too large for a quick run, or for all omissions.
    large: bool = False


@dataclass(frozen=True)
class Process:
    """A process by its name, in a scenario, with the rules that it does not keep."""

    name: str
    scenario: Scenario
    omitted: frozenset[str]

    def omits(self, omission: str) -> bool:
        return omission in self.omitted

    def steps(self, world: World, local: Local) -> list[Step]:
        """All that it may do next."""
        if local.awaited:
            return [("has waited", world._replace(hidden=world.hidden - local.awaited), local._replace(awaited=NONE))]
        actions: Mapping[str, Callable[[World, Local], list[Step]]] = self.actions()
        return actions[local.at](world, local) if local.at in actions else []

    def actions(self) -> Mapping[str, Callable[[World, Local], list[Step]]]:
        """What is done at each place of its program."""
        raise NotImplementedError

    def published(self, text: str, world: World, local: Local, *, waits: bool = True) -> Step:
        """After a change: where listings are late, the process waits until all show it."""
        return text, world, local._replace(awaited=world.hidden if waits else NONE)

    def put(self, world: World, field: str, *objects: Any) -> World:
        return world.put(field, objects, delayed=self.scenario.delayed)

    def delete(self, world: World, field: str, *objects: Any) -> World:
        return world.delete(field, objects, delayed=self.scenario.delayed)
