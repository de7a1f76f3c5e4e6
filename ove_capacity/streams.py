"""Random numbers by name, so that variants of a scenario share their luck.

``streams("node-loss", "production", "worker-3")`` depends on the seed and on that path only:
adding worker-99 does not move worker-3's failures, and "24 nodes minus 20 nodes" becomes a paired
difference.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

__all__ = ["Streams"]


@dataclass(frozen=True, slots=True)
class Streams:
    """All random streams of one seed."""

    seed: int

    def __call__(self, *path: str | int) -> np.random.Generator:
        """A generator at the start of the stream with that name.

        The same path gives the same stream from its start each time: keep the generator.
        """
        return np.random.Generator(np.random.PCG64(self.key(*path)))

    def key(self, *path: str | int) -> int:
        """128 bits that stand for the seed and the path; two paths never share one."""
        assert path, "a stream has a name"
        digest = hashlib.blake2b(str(self.seed).encode(), digest_size=16)
        for part in path:
            # The length goes first, so that ("a", "bc") and ("ab", "c") differ.
            encoded = f"{type(part).__name__}:{part}".encode()
            digest.update(len(encoded).to_bytes(8, "little"))
            digest.update(encoded)
        return int.from_bytes(digest.digest(), "little")
