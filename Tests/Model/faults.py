"""What the storage, or somebody with access to it, does by itself: once, at any time."""

from collections.abc import Sequence

from .process import Local, Scenario, Step
from .storage import World, named, readable

ANCHORS, FORGET, LOSE = "anchors", "forget", "lose"
# From here on a prune has begun the reading that may prove a pack superfluous.
_PROVING = {"list", "get", "data", "replace", "old index", "packs"}


def steps(scenario: Scenario, world: World, local: Local, others: Sequence[Local]) -> list[Step]:
    """The fault of a scenario."""
    if local.at != "start":
        return []
    done = Local("done")
    if scenario.fault == ANCHORS:
        return [(f"anchor {one} vanishes", world.delete("anchors", [one]), done) for one in sorted(world.anchors)]
    if scenario.fault == FORGET:
        forgotten = world.delete("snapshots", ["S0"]).delete("acknowledged", ["S0"])
        return [("S0 is forgotten", forgotten, done)]
    return [(f"loses {pack}", _without(scenario, world, pack, others), done) for pack in sorted(world.data)]


def _without(scenario: Scenario, world: World, pack: str, others: Sequence[Local]) -> World:
    """A lost chunk is excused if no copy is left but those that a pruner has proven superfluous, or is about to."""
    going = {victim for local in others if local.at in _PROVING for victim in local.victims}
    left = readable((world.data - {pack} - going) & named(world.indexes) - scenario.damaged)[1]
    lost = world.delete("data", [pack])
    return lost._replace(excused=lost.excused | ({"x", "y", "z"} - left))
