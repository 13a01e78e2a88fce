"""How everybody reads what is usable: records, then index objects, then the listing of data/."""

from .process import Local, Process, Step
from .storage import NONE, Names, World


class Reading(Process):
    """A process that reads what is usable; goes on at `data` with the listing of data/."""

    # How omissions tell writers from pruners.
    role: str

    def read_records(self, world: World, local: Local) -> list[Step]:
        return [
            # Snapshots of void sessions count nowhere.
            (
                "reads records",
                after,
                local._replace(at="list", condemned=seen.condemned, snapshots=local.snapshots - seen.void),
            )
            for after, seen in world.listed("condemned", "void")
        ]

    def list_index(self, world: World, local: Local) -> list[Step]:
        return [
            (
                "lists index/",
                after,
                local._replace(at="get" if seen.indexes else "data", todo=seen.indexes, objects=NONE),
            )
            for after, seen in world.listed("indexes")
        ]

    def get_index(self, world: World, local: Local) -> list[Step]:
        name = min(local.todo)
        rest = local.todo - {name}
        at = "get" if rest else "data"
        if name in world.indexes:
            return [(f"gets {name}", world, local._replace(at=at, todo=rest, objects=local.objects | {name}))]
        if self.omits("vanished") and self.role == "pruner":
            return [(f"{name} has gone: left out", world, local._replace(at=at, todo=rest))]
        return [(f"{name} has gone: begins again", world, local._replace(at="records", todo=NONE, objects=NONE))]

    def usable(self, packs: Names, listing: Names, condemned: Names) -> Names:
        """Of packs that the index names, those that count."""
        if not self.omits("listing"):
            packs &= listing
        if not self.omits("damage"):
            packs -= self.scenario.damaged
        return packs if self.omits(f"condemned-{self.role}") else packs - condemned
