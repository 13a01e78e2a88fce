"""The rules that matter, taken away one after the other: what is left then, and in which scenario something is lost by it."""

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
    # Other omissions that go with it: alone, this one loses nothing.
    besides: tuple[str, ...] = ()
    # Nothing acknowledged is lost by it, but something dangles.
    is_only_untidy: bool = False


OMISSIONS: dict[str, Omission] = {
    "anchor-first": Omission("Writers 1", "the anchor is put after reading what is usable", ""),
    "vanished-writer": Omission("Writers 2", "an index object that has gone is left out", ""),
    "listing": Omission("Usable", "the listing of data/ is not looked at", ""),
    "damage": Omission("Usable", "damage records are not looked at", ""),
    "condemned-writer": Omission("Usable", "a writer reuses condemned packs", ""),
    "condemned-pruner": Omission("Usable", "what others condemned counts as proof for a prune", ""),
    "base-writer": Omission("Usable", "a writer does not ask for the bases of a copy", ""),
    "base-pruner": Omission("Usable", "a prune does not ask for the bases of a copy", ""),
    "adopt-condemned": Omission("Writers 3", "condemned packs are adopted", ""),
    "name-anew": Omission("Writers 4", "a condemned name is put again", ""),
    "index-first": Omission("Writers 5", "the index object is put after the acknowledgement", ""),
    "anchor-checked": Omission("Writers 7", "no listing of locks/ before the acknowledgement", ""),
    "new-session": Omission("Writers 8", "the old snapshot is acknowledged after a second look", ""),
    "own-checked": Omission("Writers 8", "the new session trusts the packs of the old one", ""),
    "parent-checked": Omission("Writers, parents", "content is taken over unseen", ""),
    "tag-first": Omission("Repair, snapshots", "the old snapshot goes before the new one is acknowledged", ""),
    "condemn-first": Omission("Pruners 1", "the condemn record is put after listing anchors", ""),
    "drain": Omission("Pruners 2", "nobody is waited for", ""),
    "drain-adopted": Omission("Pruners 2", "who adopts a prune waits for nobody", ""),
    "snapshots-late": Omission("Pruners 3", "snapshots are listed before the anchors are gone", ""),
    "void": Omission("Pruners 3", "no void records", ""),
    "void-others": Omission("Pruners 3", "only sessions become void whose anchor this prune deleted", ""),
    "void-empty": Omission("Pruners 3", "a session becomes void though its snapshot is listed", ""),
    "index-late": Omission("Pruners 4", "the index is read before the anchors are gone", ""),
    "vanished-pruner": Omission("Pruners 4", "an index object that has gone is left out", ""),
    "rescue": Omission("Pruners 4", "nothing is rescued", ""),
    "check-again": Omission("Pruners 4", "after a rescue nothing is read again", ""),
    "check-again-as-is": Omission(
        "Pruners 4", "... where a rescue is plain, or on the base that it had", "", ("check-again", "rescue-any")
    ),
    "bases-live": Omission("Pruners 4", "bases do not count as live", ""),
    "base-plain": Omission("Pruners 4", "for a base a copy of codec 2 will do", ""),
    "rescue-plain": Omission("Pruners 4", "a base is rescued as a copy of codec 2", ""),
    "unindexed": Omission("Pruners 4", "what no index object names is deleted unseen", ""),
    "all-snapshots": Omission("Pruners, at the end", "snapshots that cannot be read are left out", ""),
    "merge-first": Omission("Pruners 5", "old index objects go before the new one is put", ""),
    "read-only": Omission("Pruners 5", "index objects go that were not read", ""),
    "index-before-packs": Omission("Pruners 6", "packs go before they leave the index", ""),
    "irrevocable": Omission("Pruners", "a condemnation is taken back", ""),
    "record-kept": Omission("Pruners", "the condemn record goes after its packs", ""),
    "wait-anchor": Omission("Delay", "a writer does not wait after its anchor", ""),
    "wait-writer-index": Omission("Delay", "a writer does not wait after its index object", ""),
    "wait-snapshot": Omission("Delay", "a writer does not wait after its snapshot", ""),
    "wait-condemn": Omission("Delay", "a prune does not wait after its condemn record", ""),
    "wait-revoke": Omission("Delay", "a prune does not wait after it deleted an anchor", ""),
    "wait-void": Omission("Delay", "a prune does not wait after its void record", ""),
    "wait-rescue": Omission("Delay", "a prune does not wait after a rescue", ""),
    "wait-merge": Omission("Delay", "a prune does not wait after the new index object", ""),
}


def names(omission: str) -> frozenset[str]:
    """All that is left out with an omission."""
    besides = OMISSIONS[omission].besides
    return frozenset(besides) if besides else frozenset([omission])
