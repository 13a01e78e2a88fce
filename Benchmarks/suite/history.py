"""Results of earlier runs: one line of JSON a run, one file a kind of CPU."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def append(folder: Path, slug: str, record: Mapping[str, Any]) -> Path:
    """Adds a run to the file of its CPU, and names that file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{slug}.jsonl"
    with path.open("a") as file:
        file.write(json.dumps(record, separators=(",", ":"), sort_keys=True) + "\n")
    return path


def read(folder: Path, slug: str) -> list[Record]:
    """The runs that were recorded for this CPU, in the order in which they ran; none where there is no file."""
    path = folder / f"{slug}.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def comparable(records: list[Record]) -> list[Record]:
    """The runs that measured the same as the last one; a smaller one has other ratios."""
    return [record for record in records if record.get("options") == records[-1].get("options")]


def series(records: list[Record], metric: str) -> list[tuple[str, float]]:
    """What the runs that measured a metric found: commit and value."""
    return [
        (str(record.get("commit", "?")), float(record["metrics"][metric]))
        for record in records
        if metric in record.get("metrics", {})
    ]
