"""The command line of tools/check-model."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing import Pool

from .faults import ANCHORS
from .omissions import OMISSIONS, Omission, names
from .scenarios import SCENARIOS
from .search import Outcome, Search

# More states than any scenario has.
_ALL = 20_000_000


@dataclass(frozen=True)
class Task:
    """One search: a scenario with all rules, or with an omission."""

    scenario: str
    omission: str = ""
    limit: int = _ALL

    def run(self) -> tuple["Task", Outcome, float]:
        began = time.monotonic()
        omitted = names(self.omission) if self.omission else frozenset[str]()
        is_only_untidy = bool(self.omission) and OMISSIONS[self.omission].is_only_untidy
        outcome = Search(SCENARIOS[self.scenario], omitted).run(self.limit, until_untidy=is_only_untidy)
        return self, outcome, time.monotonic() - began


def _run(task: Task) -> tuple[Task, Outcome, float]:
    return task.run()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Reads the command line; ends the program with exit code 2 where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="tools/check-model",
        description="Searches the model of the protocol: no scenario loses anything, and each does without some rule.",
        epilog="Exit codes: 0 all is as it should be; 1 it is not; 2 wrong usage.",
    )
    parser.add_argument("--quick", action="store_true", help="without the large scenarios: within two minutes")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), metavar="NAME", help="this one alone")
    parser.add_argument("--omission", choices=sorted(OMISSIONS), metavar="NAME", help="this one alone")
    parser.add_argument("--trace", action="store_true", help="show how it comes to each loss")
    parser.add_argument("--everywhere", action="store_true", help="try each omission in every scenario")
    parser.add_argument("--list", action="store_true", help="name all scenarios and omissions")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (one a core)")
    return parser.parse_args(arguments)


def tasks(options: argparse.Namespace) -> list[Task]:
    """What is to be searched, the longest first."""
    scenarios = [options.scenario] if options.scenario else list(SCENARIOS)
    if not options.scenario and options.quick:
        scenarios = [name for name in scenarios if not SCENARIOS[name].large]
    if options.everywhere:
        omissions = [options.omission] if options.omission else list(OMISSIONS)
        return [Task(one, omission, 400_000) for omission in omissions for one in scenarios]
    if options.omission:
        return [Task(options.scenario or OMISSIONS[options.omission].scenario, options.omission)]
    with_all_rules = sorted((Task(name) for name in scenarios), key=lambda task: not SCENARIOS[task.scenario].large)
    if options.scenario:
        return with_all_rules
    return with_all_rules + [Task(omission.scenario, name) for name, omission in OMISSIONS.items()]


def problem(task: Task, outcome: Outcome) -> str:
    """What is not as it should be; empty where all is."""
    if outcome.is_cut:
        return "too many states"
    if not task.omission:
        if outcome.loss:
            return f"LOSS: {outcome.loss}"
        is_hostile = SCENARIOS[task.scenario].fault == ANCHORS
        return f"UNTIDY: {outcome.untidy}" if outcome.untidy and not is_hostile else ""
    if OMISSIONS[task.omission].is_only_untidy:
        return "" if outcome.untidy else "nothing dangles without this rule"
    return "" if outcome.loss else "nothing is lost without this rule"


def describe(task: Task, outcome: Outcome, seconds: float) -> str:
    """One line on a search."""
    figures = f"{outcome.states:>10,} states {seconds:6.1f} s"
    if not task.omission:
        return f"{task.scenario:32} {figures}"
    omission: Omission = OMISSIONS[task.omission]
    found = outcome.trace or outcome.untidy_trace
    effect = "lost" if outcome.loss else "dangling" if outcome.untidy else "nothing lost"
    shown = f"{omission.rule}: {omission.text} ({task.omission})"
    return f"{shown}: {effect} in {len(found)} steps, {task.scenario}; {figures}"


def report(results: Iterable[tuple[Task, Outcome, float]], *, traces: bool, expects: bool) -> int:
    """Prints one line for each search; gives how many are not as they should be."""
    problems = 0
    for task, outcome, seconds in results:
        wrong = problem(task, outcome) if expects else ""
        print(describe(task, outcome, seconds) + (f"  {wrong}" if wrong else ""), flush=True)
        problems += bool(wrong)
        if traces or wrong:
            for line in outcome.trace or outcome.untidy_trace:
                print(f"      {line}")
    return problems


def main(arguments: Sequence[str]) -> int:
    """Searches; the result is the exit code."""
    options = parse(arguments)
    if options.list:
        for scenario in SCENARIOS:
            print(f"scenario {scenario}")
        for name, omission in OMISSIONS.items():
            print(f"omission {name}: {omission.rule}: {omission.text}")
        return 0
    chosen = tasks(options)
    began = time.monotonic()
    with Pool(max(1, options.jobs)) as pool:
        results = pool.imap(_run, chosen) if options.trace else pool.imap_unordered(_run, chosen)
        problems = report(results, traces=options.trace, expects=not options.everywhere)
    print(f"{len(chosen)} searches in {time.monotonic() - began:.0f} s, {problems} not as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
