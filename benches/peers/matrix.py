"""Every distance of 256 queries to 200,000 keys beside NumKong's `hammings_packed`, in turn and on the same data, one
thread each; answers are held equal before times count.

NumKong takes keys packed beforehand and writes 32-bit distances to an array that is there; so does popfield, and 16-bit
distances and 32-bit overlaps besides.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import numkong
    import numpy as np
except ImportError as error:
    sys.exit(f"nothing to compare with, skipped ({error})")

ROOT = Path(__file__).resolve().parents[2]
KEYS, BATCH = 200_000, 256


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    program = os.environ.get("PEER", ROOT / "target/release/examples/peer")
    peer = subprocess.Popen([program, "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(*request):
        print(*request, file=peer.stdin, flush=True)
        answer = peer.stdout.readline().strip()
        if not answer:
            raise RuntimeError("popfield stopped")
        return answer

    print(f"medians of {rounds} rounds in turn, Tbit/s (n · d · batch / time), n = {KEYS:,}, batch {BATCH}, one thread; "
          f"NumKong {numkong.__version__}")
    print("| d | NumKong u32 | popfield u32 | u16 | i32 overlaps | u32 ratio, its range | u16 ratio |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in ("keys", "queries", "answer")}
        for dim in (64, 256, 1024):
            random = np.random.default_rng(dim)
            keys = random.integers(0, 256, (KEYS, dim // 8), dtype=np.uint8)
            queries = random.integers(0, 256, (BATCH, dim // 8), dtype=np.uint8)
            keys.tofile(files["keys"])
            queries.tofile(files["queries"])
            tier = ask("keys", files["keys"], dim).split()[-1]
            ask("queries", files["queries"])
            ask("repeat", 3)
            packed = numkong.hammings_pack(keys, dtype="uint1")
            out = numkong.hammings_packed(queries, packed)
            ask("matrix", files["answer"])
            ask("queries", files["queries"])  # waits until the answer is written
            ours = np.fromfile(files["answer"], np.uint32).reshape(BATCH, KEYS)
            assert (ours == np.asarray(out)).all(), "distances differ"
            theirs, times = [], []
            for _ in range(rounds):
                taken = []
                for _ in range(4):
                    start = time.perf_counter()
                    numkong.hammings_packed(queries, packed, out=out)
                    taken.append(time.perf_counter() - start)
                theirs.append(sorted(taken)[2])
                times.append([float(seconds) for seconds in ask("matrix", files["answer"]).split()])
                ask("queries", files["queries"])
            short, long, overlaps = zip(*times)
            rate = lambda seconds: f"{KEYS * BATCH * dim / statistics.median(seconds) / 1e12:.3f}"
            ratios = sorted(a / b for a, b in zip(theirs, long))
            ratio = statistics.median(theirs) / statistics.median(long)
            short_ratio = statistics.median(theirs) / statistics.median(short)
            print(f"| {dim} | {rate(theirs)} | {rate(long)} | {rate(short)} | {rate(overlaps)} "
                  f"| {ratio:.1f}×, {ratios[0]:.1f}–{ratios[-1]:.1f} | {short_ratio:.1f}× |", flush=True)
    print(f"tier {tier}")


if __name__ == "__main__":
    main()
