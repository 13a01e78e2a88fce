"""What lies in a storage, and what of it can be read."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

# A pack is named by its content: `P1:x,y/x` holds x plainly, and y as a copy of codec 2 with base x. So is an index
# object: `I0[P1:x P2:y]` names two packs.
Names = frozenset[str]
NONE: frozenset[Any] = frozenset()


class World(NamedTuple):
    """All that lies in the storage, and what the model must remember besides."""

    data: Names = NONE
    indexes: Names = NONE
    condemned: Names = NONE
    void: Names = NONE
    anchors: Names = NONE
    # A snapshot bears the name of its session; what it needs hangs on the first letter of that.
    snapshots: Names = NONE
    # The packs and the anchors that drain records name.
    drains: frozenset[tuple[Names, Names]] = NONE
    # Snapshots that somebody was told are safe.
    acknowledged: Names = NONE
    # Chunks that the storage itself lost.
    excused: Names = NONE
    # Changes that listings do not show yet: the field, the object, and whether it was put.
    hidden: frozenset[tuple[str, Any, bool]] = NONE

    def put(self, field: str, objects: Iterable[Any], *, delayed: bool = False) -> "World":
        """With more objects in a field."""
        return self._with(field, frozenset(objects) - getattr(self, field), True, delayed)

    def delete(self, field: str, objects: Iterable[Any], *, delayed: bool = False) -> "World":
        """With fewer objects in a field."""
        return self._with(field, frozenset(objects) & getattr(self, field), False, delayed)

    def _with(self, field: str, objects: frozenset[Any], is_put: bool, delayed: bool) -> "World":
        there = getattr(self, field)
        changed = self._replace(**{field: there | objects if is_put else there - objects})
        if not delayed:
            return changed
        opposite = {(field, one, not is_put) for one in objects} & self.hidden
        news = {(field, one, is_put) for one in objects if (field, one, not is_put) not in opposite}
        return changed._replace(hidden=(self.hidden - opposite) | news)

    def listed(self, *fields: str) -> Iterator[tuple["World", "World"]]:
        """What a listing of some fields may show: the storage afterwards, and the storage as it is seen.

        Without delay that is all there is. Else any part of what is hidden comes to be shown, and stays so.
        """
        hidden = [change for change in self.hidden if change[0] in fields]
        for count in range(len(hidden) + 1):
            for shown in combinations(hidden, count):
                after = self._replace(hidden=self.hidden - frozenset(shown)) if shown else self
                seen = after
                for field, one, is_put in after.hidden:
                    if field in fields:
                        there = getattr(seen, field)
                        seen = seen._replace(**{field: there - {one} if is_put else there | {one}})
                yield after, seen


@cache
def copies(pack: str) -> tuple[tuple[str, str], ...]:
    """The chunks of a pack, each with its base or with nothing."""
    content = pack.split(":")[1]
    return tuple((copy.split("/")[0], copy.partition("/")[2]) for copy in content.split(",") if copy)


def chunks(packs: Iterable[str]) -> set[str]:
    """All chunks of which there is any copy, readable or not."""
    return {chunk for pack in packs for chunk, _ in copies(pack)}


@cache
def named(index: Names) -> Names:
    """The packs that index objects name."""
    return frozenset(pack for name in index for pack in name[name.index("[") + 1 : -1].split())


def index_object(writer: str, packs: Iterable[str]) -> str:
    """An index object that names these packs."""
    return f"{writer}[{' '.join(sorted(packs))}]"


def readable(packs: Iterable[str], *, needs_bases: bool = True) -> tuple[set[str], set[str]]:
    """The chunks that can be read plainly from these packs alone, and all that can be read."""
    packs = list(packs)
    plain = {chunk for pack in packs for chunk, base in copies(pack) if not base}
    deltas = {chunk for pack in packs for chunk, base in copies(pack) if base and (base in plain or not needs_bases)}
    return plain, plain | deltas
