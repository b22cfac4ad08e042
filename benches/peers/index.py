"""Certified recall by popfield's index beside FAISS's hashes, one query at a time on one thread: latency against the
number of keys and noise, and how many answers are right. popfield's are proven, and held to what was stored.

Keys are random. FAISS has others than popfield, drawn alike.
"""

import argparse
import datetime
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

try:
    import numpy as np
except ImportError as error:
    sys.exit(f"nothing to compare, skipped ({error})")

import setting

faiss = setting.peer("faiss")

ASKED, NOISES = 500, (0.0, 0.02, 0.05, 0.1)

# A hash with more tables over more keys takes hours to fill.
MOST_KEYS = 1_000_000


def popfield(keys, dim):
    """What the bench says: a line on the index, and (known, noise, p50, p99, mean, rate, proofs) for each of its rows."""
    command = ["cargo", "bench", "--quiet", "--locked", "--bench", "index", "--", str(keys), str(dim)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=setting.ROOT).stdout.splitlines()
    rows, known = [], "unknown"
    for line in said[1:]:
        if line.startswith("budgets "):
            known = line.split()[1]
        row = re.match(r" *([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +\{(.*)\}", line)
        if row:
            rows.append((known, *map(float, row.groups()[:5]), row.group(6).replace('"', "")))
    return said[0], rows


def noisy(keys, noise, seed):
    rng = np.random.default_rng(seed)
    bits = np.unpackbits(keys, axis=1)
    for row in bits:
        row[rng.choice(len(row), round(noise * len(row)), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def hashes(keys, dim):
    """(name, noise, p50, p99, share of right answers) of FAISS's hashes and of its scan."""
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(1)
    stored = rng.integers(0, 256, (keys, dim // 8), dtype=np.uint8)
    places = np.arange(ASKED) * (keys // ASKED)
    bits = max(4, round(np.log2(keys)))
    makers = {f"MultiHash {tables}×{bits}": lambda tables=tables: faiss.IndexBinaryMultiHash(dim, tables, bits)
              for tables in (8, 32) if tables * bits <= dim}
    makers["Flat"] = lambda: faiss.IndexBinaryFlat(dim)
    for name, maker in makers.items():
        index = maker()
        index.add(stored)
        for noise in NOISES:
            queries = noisy(stored[places], noise, 7)[:40 if name == "Flat" else ASKED]
            taken, right = [], 0
            for query, place in zip(queries, places):
                start = time.perf_counter()
                _, found = index.search(query[None], 1)
                taken.append((time.perf_counter() - start) * 1e6)
                right += found[0, 0] == place
            taken.sort()
            yield name, noise, statistics.median(taken), taken[len(taken) * 99 // 100], right / len(queries)


def draw(path, dim, measured):
    """p50 against the number of keys, a line for each noise once budgets are known."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4.0), layout="constrained")
    for noise, marker in zip(NOISES, "osD^"):
        points = [(keys, row[2]) for keys, rows in measured for row in rows if row[0] == "known" and row[1] == noise]
        axes.plot(*zip(*points), marker=marker, label=f"{noise:.0%} noise")
    axes.set(xscale="log", yscale="log", xlabel="stored keys", ylabel="median latency of a query, µs",
             title=f"Certified recall by an index, d = {dim}, one thread")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1e4,1e5,1e6", help="numbers of keys")
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--plot", type=Path, help="an SVG of the latencies")
    parser.add_argument("--record", type=Path, help="where to write what is printed")
    args = parser.parse_args()
    sizes = [int(float(size)) for size in args.sizes.split(",")]
    lines = [f"# Certified recall by an index, {datetime.date.today()}", ""]
    measured, tiers = [], set()
    for keys in sizes:
        about, rows = popfield(keys, args.dim)
        tiers.add(re.search(r"tier (\w+)", about).group(1))
        measured.append((keys, rows))
        lines += [f"## {about}", ""]
        lines += setting.table(
            ("budgets", "noise", "p50 µs", "p99 µs", "mean µs", "batch, million queries/s", "certified by"), rows,
            ("budgets", "certified by"))
        lines.append("")
        if faiss and keys <= MOST_KEYS:
            found = [(name, noise, f"{p50:.1f}", f"{p99:.1f}", f"{right:.1%}")
                     for name, noise, p50, p99, right in hashes(keys, args.dim)]
            lines += setting.table(("FAISS", "noise", "p50 µs", "p99 µs", "right"), found, ("FAISS",))
            lines.append("")
    lines.insert(2, setting.told("benches/peers/run index", tiers, {"numpy": np, "faiss": faiss}))
    lines.insert(3, "")
    print("\n".join(lines))
    if args.record:
        args.record.write_text("\n".join(lines))
    if args.plot:
        draw(args.plot, args.dim, measured)


main()
