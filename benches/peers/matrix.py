"""Every distance of 256 queries to 200,000 keys beside NumKong's `hammings_packed`, in turn and on the same data, one
thread each; answers are held equal before times count.

NumKong takes keys packed beforehand and writes 32-bit distances to an array that is there; so does popfield, and 16-bit
distances and 32-bit overlaps besides.
"""

import argparse
import statistics
import sys
import tempfile

try:
    import numkong
    import numpy as np
except ImportError as error:
    sys.exit(f"nothing to compare with, skipped ({error})")

from engine import Engine
from keys import data
from turns import ratios, timed

KEYS, BATCH = 200_000, 256


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"medians of {rounds} rounds in turn, Tbit/s (n · d · batch / time), n = {KEYS:,}, batch {BATCH}, "
          f"one thread; NumKong {numkong.__version__}")
    print("| d | NumKong u32 | popfield u32 | u16 | i32 overlaps | u32 ratio, its range | u16 ratio |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        popfield = Engine(1, folder)
        for dim in (64, 256, 1024):
            keys, queries = data(KEYS, dim, BATCH, 0.5, seed=dim)
            popfield.store(keys, queries, dim, repeat=3)
            packed = numkong.hammings_pack(keys, dtype="uint1")
            out = numkong.hammings_packed(queries, packed)
            popfield.matrix()
            assert (popfield.every_distance(KEYS) == np.asarray(out)).all(), "distances differ"
            theirs, times = [], []
            for _ in range(rounds):
                # As often as popfield's program makes its call.
                theirs.append(timed(lambda: numkong.hammings_packed(queries, packed, out=out), 4)[0])
                times.append(popfield.matrix())
            short, long, overlaps = zip(*times)
            rate = lambda seconds: f"{KEYS * BATCH * dim / statistics.median(seconds) / 1e12:.3f}"
            ratio, least, most = ratios(theirs, long)
            print(f"| {dim} | {rate(theirs)} | {rate(long)} | {rate(short)} | {rate(overlaps)} "
                  f"| {ratio:.1f}×, {least:.1f}–{most:.1f} | {ratios(theirs, short)[0]:.1f}× |", flush=True)
    print(f"tier {popfield.tier}")


if __name__ == "__main__":
    main()
