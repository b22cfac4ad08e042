"""Random keys, queries near some of them, and the distances between rows of packed bits."""

import numpy as np


def data(n, dim, batch, noise, seed=1):
    """Random keys, and queries made of some of them with exactly round(noise · dim) bits flipped."""
    random = np.random.default_rng(seed)
    keys = random.integers(0, 256, (n, dim // 8), dtype=np.uint8)
    chosen = random.integers(0, n, batch)
    flips = np.zeros((batch, dim), dtype=np.uint8)
    for row in flips:
        row[random.choice(dim, round(noise * dim), replace=False)] = 1
    return keys, keys[chosen] ^ np.packbits(flips, axis=1)


def distances(a, b):
    return np.bitwise_count(a ^ b).sum(axis=-1, dtype=np.int64)
