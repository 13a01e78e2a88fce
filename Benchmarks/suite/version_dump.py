"""A dump-like text of which there are many versions, each made from the one before; only the newest is on disk.

A PostgreSQL database that lives through 60 days takes minutes, and its dumps many gigabytes. This takes a second a day.
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path

APPENDED_PART = 0.1
"""Of the rows that change in a day, so many more are added after the last."""
STATES = ("delivered", "delivered", "delivered", "delivered", "sent", "paid", "returned", "archived")
CARRIERS = ("post", "courier", "bicycle", "freight")
WRITE_SIZE = 1 << 20

HEAD = b"""--
-- PostgreSQL database dump
--

CREATE TABLE public.orders (
    id bigint NOT NULL,
    customer_id bigint NOT NULL,
    status text NOT NULL,
    placed timestamp with time zone NOT NULL,
    changed timestamp with time zone NOT NULL,
    total_cents integer NOT NULL,
    items jsonb NOT NULL,
    remark text
);

COPY public.orders (id, customer_id, status, placed, changed, total_cents, items, remark) FROM stdin;
"""
TAIL = b"""\\.


ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

--
-- PostgreSQL database dump complete
--
"""


class VersionDump:
    """The plain dump of one table with rows of identifiers, times, numbers, JSON and text; about 4 : 1 by zstd.

    Each day changes so many percent of the rows, scattered uniformly, and adds a few. What a day's dump holds follows
    from the parameters and the words alone; nothing but `random()` is asked for, whose values are the same in every
    version of Python.
    """

    def __init__(self, path: Path, words: list[str], *, megabytes: int, percent: float):
        """Writes the first day's dump, of about so many million bytes."""
        self.path = path
        self.words = words
        self.percent = percent
        self.day = 1
        self.rows = 0
        chance = random.Random("first day")
        with path.open("wb", buffering=WRITE_SIZE) as file:
            file.write(HEAD)
            while file.tell() < megabytes * 1_000_000:
                file.write(self._new_row(chance))
            file.write(TAIL)

    def let_day_pass(self) -> None:
        """Replaces the dump by the next day's, row by row: little of it is ever in memory."""
        self.day += 1
        following = self.path.with_suffix(".next")
        with self.path.open("rb", buffering=WRITE_SIZE) as old, following.open("wb", buffering=WRITE_SIZE) as new:
            new.writelines(self._next_lines(old))
        os.replace(following, self.path)

    def _next_lines(self, old: Iterator[bytes]) -> Iterator[bytes]:
        chance = random.Random(f"day {self.day}")
        count = round(self.rows * self.percent / 100)
        before = HEAD.count(b"\n")
        hit: set[int] = set()
        while len(hit) < count:
            hit.add(before + pick(chance, self.rows))
        for number, line in enumerate(old):
            if number in hit:
                yield self._changed_row(line, chance)
            elif line == b"\\.\n":
                yield from (self._new_row(chance) for _ in range(round(count * APPENDED_PART)))
                yield line
            else:
                yield line

    def _new_row(self, chance: random.Random) -> bytes:
        self.rows += 1
        placed = timestamp(self.rows * 11 + pick(chance, 11))
        lines = ", ".join(self._item(chance) for _ in range(2))
        tracking = f"{int(chance.random() * (1 << 52)):013x}"
        carrier = CARRIERS[pick(chance, len(CARRIERS))]
        items = f'{{"lines": [{lines}], "shipping": {{"carrier": "{carrier}", "tracking": "{tracking}"}}}}'
        status = STATES[pick(chance, len(STATES))]
        customer, cents = 1 + pick(chance, 100_000), 100 + pick(chance, 65_536)
        row = (self.rows, customer, status, placed, placed, cents, items, self._remark(chance, 8))
        return ("\t".join(map(str, row)) + "\n").encode()

    def _changed_row(self, line: bytes, chance: random.Random) -> bytes:
        fields = line.decode().rstrip("\n").split("\t")
        fields[2] = STATES[pick(chance, len(STATES))]
        fields[4] = timestamp(366 * 86_400 + self.day * 86_400 + pick(chance, 86_400))
        fields[5] = str(100 + pick(chance, 65_536))
        fields[7] = self._remark(chance, 4)
        return ("\t".join(fields) + "\n").encode()

    def _item(self, chance: random.Random) -> str:
        first, second = self.words[pick(chance, len(self.words))], self.words[pick(chance, len(self.words))]
        sku = f"{first[:3].upper()}-{pick(chance, 65_536)}"
        return (
            f'{{"sku": "{sku}", "title": "{first} {second}", "quantity": {1 + pick(chance, 4)}, '
            f'"cents": {95 + 100 * pick(chance, 256)}}}'
        )

    def _remark(self, chance: random.Random, count: int) -> str:
        return " ".join(self.words[pick(chance, len(self.words))] for _ in range(count)).capitalize() + "."


def pick(chance: random.Random, below: int) -> int:
    """A number from 0 to `below - 1`."""
    return int(chance.random() * below)


def timestamp(seconds: int) -> str:
    """A time so many seconds after the beginning of 2022, as in a dump; every month has 28 days."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    months, day = divmod(days, 28)
    years, month = divmod(months, 12)
    return f"{2022 + years}-{month + 1:02d}-{day + 1:02d} {hour:02d}:{minute:02d}:{second:02d}+00"
