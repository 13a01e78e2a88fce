"""The protocol of writers and pruners as a model that is searched exhaustively (`format-spec/ordering.md`).

A world is what lies in a storage, a local state is what one process remembers. Every step of a process makes one
change to the storage, or one reading of it: a listing of one folder, or one GET. All orders of steps of all processes
are tried, from small first worlds that are each built around one danger. A crash needs no step: a process that is
never scheduled again has crashed, and everything is judged in every state. What others see of a crash, an anchor that
stays, is there as well: a pruner may judge any anchor stale at any time.

Pruners are adversaries. They condemn any packs, live or dead, indexed or not, of running sessions or not, or adopt
what others condemned, and each puts all index objects that it read together. So nothing is relied on but the rules.

What must hold
    safe   Every acknowledged snapshot is listed and not void, and each of its chunks can be read: its pack is there,
           undamaged and in an index object, and a copy of codec 2 has its base in a plain copy. Excepted is what the
           storage itself took (`excused`).
    tidy   No snapshot that is listed and not void lacks anything, acknowledged or not: else `check` would complain
           for ever. Only a hostile deletion of anchors may break this.

Where the rules are
    Writers 1, 7       `writer.Writer._start`, `._acknowledge`: anchor before all reading; a listing decides
    Writers 2          `reading.Reading`: records, index objects one by one, listing of data/; again where an object
                       has gone
    Writers 3          `writer.Writer._choose`: any unindexed pack that is not condemned is adopted, or none is
    Writers 4          `writer.Sync`: packs come under the names that they have elsewhere, unless these were condemned
    Writers 5, 6       `writer.Writer._put_index`, `._put_snapshot`
    Writers 8          `writer.Writer._acknowledge` and from the start again, trusting nothing of its own
    Parents, tags      `writer.Tag`: all content is taken over, none of it can be had from elsewhere
    Pruners 1          `pruner.Pruner._start`, `._list_anchors`
    Pruners 2, 3       `pruner.Pruner._drain`, `._put_void`
    Pruners 4          `reading.Reading`, then `pruner.Pruner._prove`, `._rescue`
    Pruners 5, 6       `pruner.Pruner._replace`, `._delete_old_index`, `._delete_packs`
    Leftovers          `pruner.Pruner._start`: a prune by another is adopted, with the anchors that it recorded
    Visibility         `storage.World.hidden`: where a scenario is delayed, listings show a change only after some
                       time; whoever has made one waits before he goes on (`process.Local.awaited`)

`omissions.OMISSIONS` takes one rule after the other away and says in which scenario something is then lost. An
omission that loses nothing there fails the run, as does a scenario that loses something without one: so the model can
fail, and each rule is seen to matter.

Not in the model: objects that cannot be read, gaps in the sequence of a writer, more than two pruners. The simulator
has those (`Tests/Simulator`), with the real code.
"""
