"""Writers: backups, syncs that copy packs, and tags."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from .process import Local, Step
from .reading import Reading
from .storage import NONE, Names, World, chunks, copies, index_object, named, readable


class Writer(Reading):
    """A backup: it has all that its snapshot needs, and stores what is not usable."""

    role = "writer"

    def actions(self) -> Mapping[str, Callable[[World, Local], list[Step]]]:
        return {
            "start": self._start,
            "records": self.read_records,
            "list": self.list_index,
            "get": self.get_index,
            "data": self._choose,
            "late anchor": self._put_anchor_late,
            "pack": self._put_pack,
            "index": self._put_index,
            "snapshot": self._put_snapshot,
            "acknowledge": self._acknowledge,
            "drop": self._drop_old,
            "end": self._end,
        }

    def session(self, local: Local) -> str:
        return f"{self.name}{local.attempt}"

    def _start(self, world: World, local: Local) -> list[Step]:
        if self.omits("anchor-first"):
            return self.read_records(world, local)
        me = self.session(local)
        step = self.published(
            f"puts anchor {me}",
            self.put(world, "anchors", me),
            local._replace(at="records"),
            waits=not self.omits("wait-anchor"),
        )
        return [step]

    def _put_anchor_late(self, world: World, local: Local) -> list[Step]:
        me = self.session(local)
        return [self.published(f"puts anchor {me}", self.put(world, "anchors", me), local._replace(at="snapshot"))]

    # Choosing

    def _choose(self, world: World, local: Local) -> list[Step]:
        """The listing of data/ ends the reading: what is taken as it is, what is adopted, what is stored?"""
        return [step for after, seen in world.listed("data") for step in self._choices(after, seen, local)]

    def _choices(self, world: World, seen: World, local: Local) -> Iterator[Step]:
        entries = named(local.objects)
        condemned = NONE if self.omits("adopt-condemned") else local.condemned
        orphans = seen.data - entries - condemned - self.scenario.damaged
        for adopted in {NONE, orphans}:
            packs = self.usable(entries | adopted, seen.data, local.condemned - adopted)
            plain, usable = readable(packs | local.own, needs_bases=not self.omits("base-writer"))
            missing = [chunk for chunk in sorted(self.scenario.needs[self.name]) if chunk not in usable]
            for new in self.stored(missing, plain, world, local):
                yield self._chosen(world, local, new, adopted)

    def stored(
        self, missing: list[str], plain: set[str], world: World, local: Local
    ) -> Iterator[tuple[str, ...] | None]:
        """The ways to store chunks: each plainly, or on any base. Nothing where there is none."""
        forms = [[chunk] + [f"{chunk}/{base}" for base in sorted(plain - {chunk})] for chunk in missing]
        for form in product(*forms):
            yield (f"{self.session(local)}:{','.join(form)}",) if form else ()

    def _chosen(self, world: World, local: Local, new: tuple[str, ...] | None, adopted: Names) -> Step:
        if new is None:
            return "lists data/: not all is there, FAILS", world, Local("done")
        at = "pack" if new else "index" if adopted else self._before_snapshot
        text = f"lists data/: stores {' '.join(new) or 'nothing'}, adopts {' '.join(sorted(adopted)) or 'nothing'}"
        return text, world, Local(at, local.attempt, packs=new, indexed=adopted, own=local.own)

    @property
    def _before_snapshot(self) -> str:
        return "late anchor" if self.omits("anchor-first") else "snapshot"

    # Storing

    def _put_pack(self, world: World, local: Local) -> list[Step]:
        pack, rest = local.packs[0], local.packs[1:]
        at = "pack" if rest else self._before_snapshot if self.omits("index-first") else "index"
        local = local._replace(at=at, packs=rest, indexed=local.indexed | {pack})
        if self.omits("own-checked"):
            local = local._replace(own=local.own | {pack})
        # No listing decides anything before the index names it.
        return [(f"puts {pack}", self.put(world, "data", pack), local)]

    def _put_index(self, world: World, local: Local) -> list[Step]:
        name = index_object(self.session(local), local.indexed)
        at = "end" if self.omits("index-first") else self._before_snapshot
        return [
            self.published(
                f"puts {name}",
                self.put(world, "indexes", name),
                local._replace(at=at, indexed=NONE),
            )
        ]

    def _put_snapshot(self, world: World, local: Local) -> list[Step]:
        me = self.session(local)
        return [
            self.published(
                f"puts snapshot {me}",
                self.put(world, "snapshots", me),
                local._replace(at="acknowledge"),
                waits=not self.omits("wait-snapshot"),
            )
        ]

    # The end

    def _acknowledge(self, world: World, local: Local) -> list[Step]:
        return [self._acknowledged(after, seen, local) for after, seen in world.listed("anchors")]

    def _acknowledged(self, world: World, seen: World, local: Local) -> Step:
        me = self.session(local)
        if me in seen.anchors or self.omits("anchor-checked"):
            at = "index" if self.omits("index-first") and local.indexed else self.after_acknowledgement
            return "anchor is there: ACKNOWLEDGES", world.put("acknowledged", [me]), local._replace(at=at)
        if self.omits("new-session"):
            there = readable((world.data & named(world.indexes)) - world.condemned)[1]
            is_there = set(self.scenario.needs[self.name]) <= there
            return "anchor has gone: looks again", world.put("acknowledged", [me] if is_there else []), Local("done")
        if local.attempt == self.scenario.sessions:
            return "anchor has gone: FAILS", world, Local("done")
        return "anchor has gone: begins again", world, Local("start", local.attempt + 1, own=local.own)

    after_acknowledgement = "end"

    def _drop_old(self, world: World, local: Local) -> list[Step]:
        forgotten = self.delete(world, "snapshots", "S0").delete("acknowledged", ["S0"])
        return [self.published("deletes snapshot S0", forgotten, local._replace(at="end"))]

    def _end(self, world: World, local: Local) -> list[Step]:
        me = self.session(local)
        return [(f"deletes anchor {me}", self.delete(world, "anchors", me), Local("done"))]


class Tag(Writer):
    """A session that puts a snapshot in the place of `S0` and has no content itself: it copies what is still there."""

    after_acknowledgement = "drop"

    def stored(
        self, missing: list[str], plain: set[str], world: World, local: Local
    ) -> Iterator[tuple[str, ...] | None]:
        if self.omits("parent-checked"):
            yield ()
        elif set(missing) <= readable(world.data - self.scenario.damaged)[1]:
            yield from super().stored(missing, plain, world, local)
        else:
            yield None

    def _put_pack(self, world: World, local: Local) -> list[Step]:
        # Copied from packs that others may delete: they must still be there.
        if not chunks(local.packs) <= readable(world.data - self.scenario.damaged)[1]:
            return [("cannot copy: FAILS", world, Local("done"))]
        return super()._put_pack(world, local)

    def _put_snapshot(self, world: World, local: Local) -> list[Step]:
        if self.omits("tag-first"):
            world = self.delete(world, "snapshots", "S0")
        return super()._put_snapshot(world, local)


class Sync(Writer):
    """A session at a destination: packs come whole and under the names that they have at the source, each put alone."""

    def stored(
        self, missing: list[str], plain: set[str], world: World, local: Local
    ) -> Iterator[tuple[str, ...] | None]:
        wanted, packs, copied = list(missing), [], []
        there = set(plain)
        while wanted:
            chunk = wanted.pop(0)
            pack, base = next((p, b) for p in self.scenario.source for c, b in copies(p) if c == chunk)
            if pack in packs or chunk in copied:
                continue
            if pack in local.condemned and not self.omits("name-anew"):
                copied.append(chunk)
                continue
            packs.append(pack)
            there |= {c for c, b in copies(pack) if not b}
            if base and base not in there:
                wanted.append(base)
        # What must not come under its name is written plainly into a pack of its own.
        yield (*packs, *([f"{self.session(local)}:{','.join(copied)}"] if copied else []))


KINDS: Mapping[str, type[Writer]] = {"backup": Writer, "tag": Tag, "sync": Sync}
