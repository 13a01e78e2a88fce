"""The rules that matter, taken away one after the other, and in which scenario something is lost by it.

Nothing is lost here without these, which are for others: that a writer begins again where an index object has gone
(it would store anew what is there); that packs leave the index before they are deleted (readers and checks would look
for them); and, where listings are late, that anybody waits after what no one else decides by: packs, a writer's index
object, a void record, a rescue, a deleted anchor.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Omission:
    """A rule of `format-spec/ordering.md` that is left out."""

    # The side and number of the rule there.
    rule: str
    # What is done instead.
    text: str
    # Where the loss is found first.
    scenario: str
    # Others that are left out with it: alone, this one loses nothing, since a second look finds it out.
    besides: tuple[str, ...] = ()
    # Nothing acknowledged is lost by it, but something dangles.
    is_only_untidy: bool = False


OMISSIONS: dict[str, Omission] = {
    "anchor-first": Omission("Writers 1", "the anchor is put after reading what is usable", "sync"),
    "listing": Omission("Usable", "the listing of data/ is not looked at", "lost pack"),
    "damage": Omission("Usable", "damage records are not looked at", "damaged pack"),
    "condemned-writer": Omission("Usable", "a writer reuses condemned packs", "dead chunk"),
    "condemned-pruner": Omission("Usable", "what others condemned counts as proof for a prune", "two copies"),
    "base-writer": Omission("Usable", "a writer does not ask for the bases of a copy", "dead delta"),
    "base-pruner": Omission("Usable", "a prune does not ask for the bases of a copy", "dead base, two prunes"),
    "adopt-condemned": Omission("Writers 3", "condemned packs are adopted", "sync after half a prune"),
    "name-anew": Omission("Writers 4", "a condemned name is put again", "sync after half a prune"),
    "index-first": Omission("Writers 5", "the index object is put after the acknowledgement", "sync"),
    "anchor-checked": Omission("Writers 7", "no listing of locks/ before the acknowledgement", "sync"),
    "new-session": Omission(
        "Writers 8", "the old snapshot is acknowledged after a second look", "sync after half a prune"
    ),
    "own-checked": Omission("Writers 8", "the new session trusts the packs of the old one", "sync"),
    "parent-checked": Omission("Writers, parents", "content is taken over unseen", "tag of what is forgotten"),
    "tag-first": Omission("Repair, snapshots", "the old snapshot goes before the new one is acknowledged", "tag"),
    "condemn-first": Omission("Pruners 1", "the condemn record is put after listing anchors", "dead chunk"),
    "drain": Omission("Pruners 2", "nobody is waited for", "sync"),
    "drain-adopted": Omission("Pruners 2", "who adopts a prune waits for nobody", "sync, two prunes"),
    "snapshots-late": Omission("Pruners 3", "snapshots are listed before the anchors are gone", "sync"),
    "void": Omission("Pruners 3", "no void records", "sync", is_only_untidy=True),
    "void-others": Omission(
        "Pruners 3",
        "only sessions become void whose anchor this prune deleted",
        "sync, two prunes",
        is_only_untidy=True,
    ),
    "void-empty": Omission("Pruners 3", "a session becomes void though its snapshot is listed", "sync"),
    "index-late": Omission("Pruners 4", "the index is read before the anchors are gone", "sync of a delta"),
    "vanished": Omission("Pruners 4", "an index object that has gone is left out", "dead base, two prunes"),
    "rescue": Omission("Pruners 4", "nothing is rescued", "lost pack"),
    "check-again": Omission("Pruners 4", "after a rescue nothing is read again", "dead base, two prunes"),
    "bases-live": Omission("Pruners 4", "bases do not count as live", "base in two forms"),
    "base-plain": Omission("Pruners 4", "for a base a copy of codec 2 will do", "base in two forms"),
    "rescue-plain": Omission(
        "Pruners 4", "a base is rescued as a copy of codec 2", "base in two forms", ("check-again",)
    ),
    "unindexed": Omission(
        "Pruners 4",
        "what no index object names is deleted unseen",
        "dead base, two prunes",
        ("check-again", "rescue-any"),
    ),
    "all-snapshots": Omission("Pruners, at the end", "snapshots that cannot be read are left out", "lost pack"),
    "merge-first": Omission("Pruners 5", "old index objects go before the new one is put", "lost pack"),
    "read-only": Omission("Pruners 5", "index objects go that were not read", "sync"),
    "irrevocable": Omission("Pruners", "a condemnation is taken back", "forgotten while two prune"),
    "record-kept": Omission("Pruners", "the condemn record goes after its packs", "sync, two prunes"),
    "wait-anchor": Omission("Delay", "a writer does not wait after its anchor", "late listings"),
    "wait-snapshot": Omission("Delay", "a writer does not wait after its snapshot", "late listings"),
    "wait-condemn": Omission("Delay", "a prune does not wait after its condemn record", "late listings"),
    "wait-merge": Omission("Delay", "a prune does not wait after the new index object", "late listings, merge"),
}


def names(omission: str) -> frozenset[str]:
    """All that is left out with an omission."""
    return frozenset([omission, *OMISSIONS[omission].besides])
