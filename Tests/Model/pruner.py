"""Pruners: they condemn any packs, or go on with what others condemned."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, product

from .process import Local, Step
from .reading import Reading
from .storage import NONE, Names, World, chunks, copies, index_object, named, readable


class Pruner(Reading):
    """A prune from its condemn record to the deletion of its packs. It puts no anchor."""

    role = "pruner"

    def actions(self) -> Mapping[str, Callable[[World, Local], list[Step]]]:
        return {
            "start": self._start,
            "condemn": self._condemn_late,
            "anchors": self._list_anchors,
            "drain": self._drain,
            "void": self._put_void,
            "records": self.read_records,
            "list": self.list_index,
            "get": self.get_index,
            "data": self._prove,
            "rescue": self._rescue,
            "rescue index": self._index_rescue,
            "replace": self._replace,
            "old index": self._delete_old_index,
            "packs": self._delete_packs,
            "forgive": self._drop_record,
        }

    # Condemning

    def _start(self, world: World, local: Local) -> list[Step]:
        return [
            step
            for after, seen in world.listed("data", "indexes", "condemned", "drains")
            for step in (*self._condemning(after, seen), *self._adopting(after, seen))
        ]

    def _condemning(self, world: World, seen: World) -> Iterator[Step]:
        candidates = sorted((seen.data | named(seen.indexes)) - seen.condemned)
        for count in range(1, self.scenario.victims + 1):
            for packs in combinations(candidates, count):
                text, victims = " ".join(packs), frozenset(packs)
                if self.omits("condemn-first"):
                    late = Local("condemn", victims=victims, waits=world.anchors)
                    yield f"lists anchors, to condemn {text}", world, late
                    continue
                condemned = self.put(world, "condemned", *packs)
                waits = not self.omits("wait-condemn")
                yield self.published(f"condemns {text}", condemned, Local("anchors", victims=victims), waits=waits)

    def _adopting(self, world: World, seen: World) -> Iterator[Step]:
        """What others left: by the condemn record alone, or by a drain record, with the anchors that it names."""
        known = seen.data | named(seen.indexes)
        left = seen.condemned & known
        if left:
            at = "drain" if self.omits("drain-adopted") else "anchors"
            yield f"adopts {' '.join(sorted(left))}", world, self._early(world, Local(at, victims=left))
        for packs, anchors in seen.drains:
            if packs & known:
                local = Local("drain", victims=packs, waits=anchors)
                yield f"adopts {' '.join(sorted(packs))} with its drain", world, self._early(world, local)

    def _early(self, world: World, local: Local) -> Local:
        """What is read before anybody was waited for, where that rule is left out."""
        return local._replace(
            snapshots=world.snapshots if self.omits("snapshots-late") else local.snapshots,
            objects=world.indexes if self.omits("index-late") else local.objects,
        )

    def _condemn_late(self, world: World, local: Local) -> list[Step]:
        return [("condemns", self.put(world, "condemned", *local.victims), local._replace(at="drain"))]

    # Waiting for sessions

    def _list_anchors(self, world: World, local: Local) -> list[Step]:
        steps: list[Step] = []
        for after, seen in world.listed("anchors"):
            waits = NONE if self.omits("drain") else seen.anchors
            # Only those who adopt read drain records.
            records = [(local.victims, waits)] if len(self.scenario.pruners) > 1 else []
            recorded = self.put(after, "drains", *records)
            drain = self._early(world, local._replace(at="drain", waits=waits))
            steps.append(self.published(f"records anchors {' '.join(sorted(waits))}", recorded, drain))
        return steps

    def _drain(self, world: World, local: Local) -> list[Step]:
        """Waits, or judges an anchor stale.

        An anchor that is gone stays gone: so to see that the last is and to list snapshots is one step.
        """
        steps: list[Step] = []
        for after, seen in world.listed("anchors", "snapshots", "drains", "void"):
            there = local.waits & seen.anchors
            for anchor in sorted(there & after.anchors):
                steps.append(
                    self.published(
                        f"judges anchor {anchor} stale",
                        self.delete(after, "anchors", anchor),
                        local._replace(over=local.over | {anchor}) if self.omits("void-others") else local,
                    )
                )
            if not there:
                steps.append(self._drained(after, seen, local))
        return steps

    def _drained(self, world: World, seen: World, local: Local) -> Step:
        snapshots = local.snapshots if self.omits("snapshots-late") else seen.snapshots
        over = local.over
        if not self.omits("void-others"):
            over = local.waits.union(*(anchors for _, anchors in seen.drains)) - seen.anchors
        if not self.omits("void-empty"):
            over -= seen.snapshots
        over = NONE if self.omits("void") else over - seen.void
        drained = Local("void" if over else self._reading, 1, victims=local.victims, snapshots=snapshots, over=over)
        if self.omits("index-late"):
            drained = drained._replace(objects=local.objects, condemned=world.condemned)
        return f"lists snapshots {' '.join(sorted(snapshots))}", world, drained

    @property
    def _reading(self) -> str:
        return "data" if self.omits("index-late") else "records"

    def _put_void(self, world: World, local: Local) -> list[Step]:
        void = self.put(world, "void", *local.over)
        local = local._replace(at=self._reading, over=NONE)
        return [self.published("puts a void record", void, local)]

    # What is needed

    def _prove(self, world: World, local: Local) -> list[Step]:
        """The listing of data/ ends the reading: has every live chunk of the victims a usable copy elsewhere?"""
        return [step for after, seen in world.listed("data") for step in self._proofs(after, seen, local)]

    def _proofs(self, world: World, seen: World, local: Local) -> Iterator[Step]:
        entries = named(local.objects)
        plain, usable = self._usable_elsewhere(entries, seen, local)
        live, bases = self._live(entries, local)
        victims = local.victims & entries if self.omits("unindexed") else local.victims
        held = chunks(victims & seen.data - self.scenario.damaged)
        plainly = held & bases - (usable if self.omits("base-plain") else plain)
        needed = (held & live - usable) | plainly
        if not needed or self.omits("rescue"):
            yield "lists data/: nothing to rescue", world, self._proven(entries, local)
        elif self.omits("irrevocable"):
            yield "takes the condemnation back", self.delete(world, "condemned", *local.victims), Local("done")
        elif local.attempt <= self.scenario.rescues:
            # What comes after more rescues is not looked at.
            if needed <= readable(world.data - self.scenario.damaged)[1]:
                yield from self._rescues(needed, plainly, plain, world, local)
            else:
                yield "a live chunk cannot be copied: STOPS", world, Local("done")

    def _usable_elsewhere(self, entries: Names, seen: World, local: Local) -> tuple[set[str], set[str]]:
        packs = self.usable(entries, seen.data, local.condemned) - local.victims
        return readable(packs, needs_bases=not self.omits("base-pruner"))

    def _live(self, entries: Names, local: Local) -> tuple[set[str], set[str]]:
        """The chunks that snapshots need, and the bases of their copies."""
        needs = self.scenario.needs
        live = set() if self.omits("all-snapshots") else {c for s in local.snapshots for c in needs[s[0]]}
        if self.omits("bases-live"):
            return live, set()
        return live, {base for pack in entries | local.victims for c, base in copies(pack) if base and c in live}

    def _proven(self, entries: Names, local: Local) -> Local:
        if len(local.objects) < 2 and not entries & local.victims:
            return Local("packs", victims=local.victims, todo=local.victims)
        todo = local.objects if self.omits("merge-first") else NONE
        return Local("replace", victims=local.victims, objects=local.objects, todo=todo)

    # Rescuing

    def _rescues(
        self, needed: set[str], plainly: set[str], plain: set[str], world: World, local: Local
    ) -> Iterator[Step]:
        forms: list[list[str]] = []
        for chunk in sorted(needed):
            # A base must be plain; any other may stay on a base that is there.
            bases = sorted(plain - {chunk}) if chunk not in plainly or self.omits("rescue-plain") else []
            if self.omits("rescue-any") and chunk not in plainly:
                bases = [base for base in bases if any((chunk, base) in copies(pack) for pack in local.victims)]
            forms.append([chunk] + [f"{chunk}/{base}" for base in bases])
        for form in product(*forms):
            pack = f"{self.name}{local.attempt}:{','.join(form)}"
            objects = local.objects if self.omits("check-again") else NONE
            rescue = local._replace(at="rescue", packs=(pack,), condemned=NONE, objects=objects)
            yield f"lists data/: rescues {','.join(form)}", world, rescue

    def _rescue(self, world: World, local: Local) -> list[Step]:
        pack = local.packs[0]
        if not chunks([pack]) <= readable(world.data - self.scenario.damaged)[1]:
            again = local._replace(at="records", packs=(), objects=NONE)
            return [("the source has gone: reads again", world, again)]
        return [(f"puts {pack}", self.put(world, "data", pack), local._replace(at="rescue index"))]

    def _index_rescue(self, world: World, local: Local) -> list[Step]:
        name = index_object(f"{self.name}{local.attempt}", local.packs)
        put = self.put(world, "indexes", name)
        if self.omits("check-again"):
            return [self.published(f"puts {name}", put, self._proven(named(local.objects), local))]
        again = local._replace(at="records", attempt=local.attempt + 1, packs=())
        return [self.published(f"puts {name}", put, again)]

    # Removing

    def _replace(self, world: World, local: Local) -> list[Step]:
        """Puts the index without the victims; what it replaces goes afterwards."""
        if local.todo:
            return [self._deletes("indexes", world, local, local._replace(todo=NONE))]
        name = index_object(f"{self.name}m", named(local.objects) - local.victims)
        old = world.indexes - {name} if self.omits("read-only") else local.objects - {name}
        rest = local._replace(at="old index", todo=old, objects=NONE)
        if not named(frozenset([name])):
            return self._delete_old_index(world, rest)
        put = self.put(world, "indexes", name)
        return [self.published(f"puts {name}", put, rest, waits=not self.omits("wait-merge"))]

    def _delete_old_index(self, world: World, local: Local) -> list[Step]:
        local = local._replace(todo=local.todo & world.indexes)
        after = Local("packs", victims=local.victims, todo=local.victims)
        return [self._deletes("indexes", world, local, after)] if local.todo else self._go_on(world, after)

    def _delete_packs(self, world: World, local: Local) -> list[Step]:
        local = local._replace(todo=local.todo & world.data)
        after = Local("forgive", victims=local.victims) if self.omits("record-kept") else Local("done")
        return [self._deletes("data", world, local, after)] if local.todo else self._go_on(world, after)

    def _go_on(self, world: World, local: Local) -> list[Step]:
        """Where there was nothing to do. A prune that is done takes no further step."""
        return [] if local.at == "done" else self.steps(world, local)

    def _drop_record(self, world: World, local: Local) -> list[Step]:
        return [("drops its condemn record", self.delete(world, "condemned", *local.victims), Local("done"))]

    def _deletes(self, field: str, world: World, local: Local, after: Local) -> Step:
        """Deletes the first of what is to go; with the last one it goes on to `after`."""
        name = min(local.todo)
        rest = local._replace(todo=local.todo - {name})
        return f"deletes {name}", self.delete(world, field, name), rest if rest.todo else after
