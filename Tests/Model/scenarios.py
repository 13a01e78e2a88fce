"""Small first worlds, each built around one danger."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .faults import ANCHORS, FORGET, LOSE
from .process import Scenario
from .storage import World, index_object, named

_NEEDS = {"S": "x", "W": "x", "V": "x", "T": "x", "Y": "x"}
_X, _Y = "P1:x", "P2:y"


def _world(
    indexes: Sequence[Sequence[str]], unindexed: Iterable[str] = (), *, kept: bool = False, **more: Any
) -> World:
    """A storage with an index object for each of these lists of packs, and, where it is kept, with the snapshot S0."""
    objects = frozenset(index_object(f"I{number}", packs) for number, packs in enumerate(indexes))
    snapshots = frozenset(["S0"] if kept else [])
    return World(
        data=named(objects) | frozenset(unindexed), indexes=objects, snapshots=snapshots, acknowledged=snapshots, **more
    )


def _scenario(
    world: World,
    pruners: str,
    *,
    needs: Mapping[str, str] = _NEEDS,
    writers: Mapping[str, str] | None = None,
    **more: Any,
) -> Scenario:
    return Scenario(world, needs, writers or {}, pruners, **more)


def _of_two(world: World, **more: Any) -> Scenario:
    """Two pruners alone."""
    return _scenario(world, "AB", **more)


_W: dict[str, Any] = {"writers": {"W": "backup"}}
_TAG: dict[str, Any] = {"writers": {"T": "tag"}}
_SYNC: dict[str, Any] = {"writers": {"Y": "sync"}}
_SHORT: dict[str, Any] = {"sessions": 1, "rescues": 1}

SCENARIOS: dict[str, Scenario] = {
    # A writer comes to reuse what is going.
    "dead chunk": _scenario(_world([[_X]]), "A", **_W),
    "dead chunk, hostile": _scenario(_world([[_X]]), "A", fault=ANCHORS, **_W),
    "dead chunk, two writers": _scenario(_world([[_X]]), "A", writers={"W": "backup", "V": "backup"}, large=True),
    "dead chunk, two prunes": _scenario(_world([[_X]]), "AB", **_W, **_SHORT),
    # Two prunes rely on each other's victims.
    "two copies": _of_two(_world([[_X, "P2:x"]], kept=True)),
    "two copies, any of them": _of_two(_world([[_X, "P2:x"]], kept=True), victims=2),
    # Bases: of what is needed, of what is rescued, of what is dead.
    "delta": _scenario(_world([["P1:x/y", _Y]], kept=True), "A", victims=2, **_W),
    "dead delta": _scenario(_world([["P1:x/y", _Y]]), "A", victims=2, **_W),
    "dead base": _scenario(_world([[_Y]]), "A", **_W),
    "crossed deltas": _scenario(
        _world([["P1:x,y/x"], ["P2:y,x/y"]]), "A", needs={"W": "xy", "S": "xy"}, victims=2, **_W
    ),
    "delta, two prunes": _of_two(_world([["P1:x/y", _Y]], kept=True), victims=2),
    "crossed deltas, two prunes": _of_two(
        _world([["P1:x,y/x", "P2:y,x/y"]], kept=True), needs={"S": "xy"}, victims=2, large=True
    ),
    "dead base, two prunes": _of_two(_world([[_X, _Y]], kept=True)),
    "base in two forms": _scenario(_world([["P1:x/y", _Y, "P3:y/z", "P4:z"]], kept=True), "A", victims=2),
    # Index objects are put together while others read them.
    "merge, two prunes": _of_two(_world([["P1:x/y"], [_Y], ["P3:z"]], kept=True), large=True),
    "merge": _scenario(_world([[_X], [_Y]]), "A", needs={"W": "xy"}, **_W),
    "merge, two prunes and a writer": _scenario(_world([[_X], ["P2:x"]], kept=True), "AB", large=True, **_W, **_SHORT),
    # Packs that no index object names.
    "unindexed": _scenario(_world([[_Y]], [_X]), "A", **_W),
    "unindexed, two prunes": _scenario(_world([], [_X]), "AB", **_W, **_SHORT),
    "unindexed copy": _of_two(_world([[_X]], ["P2:x"], kept=True)),
    # A sync brings packs under the names that they have elsewhere.
    "sync": _scenario(_world([]), "A", source=(_X,), **_SYNC),
    "sync after half a prune": _scenario(_world([], [_X], condemned=frozenset([_X])), "A", source=(_X,), **_SYNC),
    "sync, two prunes": _scenario(_world([], [_X]), "AB", source=(_X,), **_SYNC, **_SHORT),
    "sync of a delta": _scenario(_world([[_Y]]), "A", source=("P1:x/y", _Y), **_SYNC),
    "sync of two packs": _scenario(_world([["P1:x"]]), "A", source=(_X, _Y), needs={"Y": "xy"}, large=True, **_SYNC),
    "sync beside a backup": _scenario(
        _world([[_X]]), "A", source=(_X,), writers={"W": "backup", "Y": "sync"}, sessions=1, large=True
    ),
    # A snapshot in the place of another, with content that cannot be had again.
    "tag": _scenario(_world([[_X]], kept=True), "A", **_TAG),
    "tag, two prunes": _scenario(_world([[_X]], kept=True), "AB", large=True, **_TAG, **_SHORT),
    "tag of what is forgotten": _scenario(_world([[_X]], kept=True), "A", fault=FORGET, **_TAG),
    "forgotten while two prune": _scenario(_world([[_X]], kept=True), "AB", fault=FORGET, large=True, **_W, **_SHORT),
    # The storage loses a pack, or has a damaged one.
    "lost pack": _scenario(_world([[_X, "P2:x"]], kept=True), "A", fault=LOSE),
    "lost pack, two prunes": _of_two(_world([[_X, "P2:x"]], kept=True), fault=LOSE, large=True),
    "lost pack, writer": _scenario(_world([[_X, "P2:x"]], kept=True), "A", fault=LOSE, **_W),
    "damaged pack": _scenario(_world([[_X, "P2:x"]], kept=True), "A", damaged=frozenset([_X]), **_W),
    # Listings show changes late.
    "late listings": _scenario(_world([[_X]]), "A", delayed=True, sessions=1, rescues=1, **_W),
    "late listings, two sessions": _scenario(_world([[_X]]), "A", delayed=True, **_W),
    "late listings, two prunes": _of_two(_world([[_X, "P2:x"]], kept=True), delayed=True, rescues=1),
    "late listings, merge": _of_two(_world([["P1:x/y"], [_Y]], kept=True), delayed=True, rescues=1, large=True),
    "late listings, merge and a writer": _scenario(
        _world([[_X], [_Y]]), "A", needs={"W": "xy"}, delayed=True, sessions=1, rescues=1, **_W
    ),
    "late listings, delta": _scenario(_world([["P1:x/y", _Y]], kept=True), "A", delayed=True, victims=2),
    "late listings, sync": _scenario(
        _world([[_X]]), "A", source=("P2:x",), delayed=True, sessions=1, rescues=1, **_SYNC
    ),
}
