"""Files: a tree of many small files, stored, stored again unchanged and changed, and restored."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .figures import Sample
from .file_tree import FileTree
from .measuring import CommandFailed
from .scenario import Conditions, Scenario
from .tool import Tool

PART = "files"


def measure(tree: FileTree, tools: Sequence[Tool], conditions: Conditions) -> list[Sample]:
    """First backup, the same again, with 1 % of the files changed, restore."""
    scenario = Scenario(PART, tools, conditions)
    size = tree.size
    for _ in scenario.repeats():
        tree.set_state(changed=False)
        for step in ("first", "unchanged", "changed"):
            if step == "changed":
                tree.set_state(changed=True)
            scenario.step(step, lambda tool: tool.back_up_path(step, tree.root), size=size, looks_at_storage=True)
        _restore(scenario, tree, size)
    return scenario.samples


def _restore(scenario: Scenario, tree: FileTree, size: int) -> None:
    def target(tool: Tool) -> Path:
        return scenario.home(tool) / "restored"

    def compare_and_remove(tool: Tool) -> None:
        if scenario.is_first_repeat:
            require_same(tree.root, find_restored(target(tool), tree.root), tool.name)
        # Each before the next tool's: all together they would need much room.
        shutil.rmtree(target(tool))

    for tool in scenario.tools:
        target(tool).mkdir()
    scenario.step(
        "restore",
        lambda tool: tool.restore("changed", target(tool)),
        size=size,
        folder=target,
        afterwards=compare_and_remove,
    )


def find_restored(target: Path, root: Path) -> Path:
    """Where below `target` a tool has put the folder: under its whole path, or under its name."""
    for candidate in (target / root.relative_to("/"), target / root.name):
        if candidate.is_dir():
            return candidate
    raise CommandFailed(f"nothing that was restored is called {root.name} below {target}")


def require_same(one: Path, other: Path, tool: str) -> None:
    """Raises `CommandFailed` unless both folders hold the same files."""
    result = subprocess.run(["diff", "--recursive", "--brief", one, other], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise CommandFailed(
            f"{tool} restored other files than it was given: {result.stdout[:500]}{result.stderr[:500]}"
        )
