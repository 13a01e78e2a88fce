"""What is backed up: streams that share blocks with each other, the same for the same seed."""

import hashlib
import random

_BLOCK = 400_000
_BLOCKS = 24


class Contents:
    """Makes streams out of a few blocks: so what one prune condemns the next backup needs again."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        source = random.Random(seed * 7919 + 1)
        # Every other block compresses.
        self._blocks = [
            source.randbytes(_BLOCK) if number % 2 else source.randbytes(_BLOCK // 2).hex().encode()
            for number in range(_BLOCKS)
        ]

    def next(self) -> bytes:
        """A stream of some blocks in any order, and a few bytes of its own."""
        chosen = self._random.sample(self._blocks, self._random.randint(5, 14))
        return b"".join(chosen) + self._random.randbytes(self._random.randint(1, 50_000))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
