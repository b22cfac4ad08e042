"""Certified recall by popfield's index beside FAISS's hashes, one query at a time on one thread: latency against the
number of keys and noise, and how many answers are right. popfield's are proven, and held to what was stored.

Keys are random, those of FAISS others than popfield's, drawn alike; or, with --data, the same for both: glyphs of a font,
fingerprints of molecules, embeddings of sentences.
"""

import argparse
import datetime
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import numpy as np
except ImportError as error:
    sys.exit(f"nothing to compare, skipped ({error})")

import real
import setting

faiss = setting.peer("faiss")

ASKED, NOISES = 500, (0.0, 0.02, 0.05, 0.1)

# A hash with more tables over more keys takes hours to fill, and a graph over more than these a quarter of one.
MOST_KEYS, MOST_OF_GRAPH = 1_000_000, 100_000


def popfield(keys, dim):
    """What the bench says of that many random keys, or of those in a file: a line on the index, and (known, noise, p50, p99, mean, rate, proofs) for each of its rows."""
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


def graph(dim):
    index = faiss.IndexBinaryHNSW(dim, 16)
    index.hnsw.efSearch = 256
    return index


def peers(stored, dim):
    """(name, noise, p50, p99, share of right answers, seconds to make it) of FAISS's hashes, its graph and its scan; right
    is an answer as near as the scan's."""
    faiss.omp_set_num_threads(1)
    keys = len(stored)
    places = np.arange(ASKED) * (keys // ASKED)
    bits = max(4, round(np.log2(keys)))
    makers = {f"MultiHash {tables}×{bits}": lambda tables=tables: faiss.IndexBinaryMultiHash(dim, tables, bits)
              for tables in (8, 32) if tables * bits <= dim}
    if keys <= MOST_OF_GRAPH:
        makers["HNSW 16, ef 256"] = lambda: graph(dim)
    makers["Flat"] = lambda: faiss.IndexBinaryFlat(dim)
    flat = faiss.IndexBinaryFlat(dim)
    flat.add(stored)
    asked = {noise: noisy(stored[places], noise, 7) for noise in NOISES}
    nearest = {noise: flat.search(queries, 1)[0][:, 0] for noise, queries in asked.items()}
    for name, maker in makers.items():
        index, start = maker(), time.perf_counter()
        index.add(stored)
        made = time.perf_counter() - start
        for noise, queries in asked.items():
            taken, right = [], 0
            for query, distance in zip(queries[:40 if name == "Flat" else ASKED], nearest[noise]):
                start = time.perf_counter()
                distances, found = index.search(query[None], 1)
                taken.append((time.perf_counter() - start) * 1e6)
                right += found[0, 0] >= 0 and distances[0, 0] == distance
            taken.sort()
            yield name, noise, statistics.median(taken), taken[len(taken) * 99 // 100], right / len(taken), made


def random_sets(sizes, dim):
    """What popfield says of random keys, and others for its peers, where they are not too many."""
    for keys in sizes:
        rng = np.random.default_rng(1)
        stored = rng.integers(0, 256, (keys, dim // 8), dtype=np.uint8) if keys <= MOST_KEYS else None
        yield *popfield(keys, dim), stored, dim


def real_sets(names):
    """What popfield says of keys that have a name, and the same for its peers."""
    for name in names:
        try:
            stored, dim = real.SETS[name](setting.ROOT / "target/peers")
        except (ImportError, OSError) as error:
            print(f"{name} are not here: skipped ({error})", file=sys.stderr)
            continue
        with tempfile.NamedTemporaryFile() as file:
            file.write(stored.tobytes())
            file.flush()
            about, rows = popfield(file.name, dim)
        yield f"{name}: {about}", rows, stored, dim


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
    parser.add_argument("--data", nargs="+", choices=real.SETS, default=[],
                        help="keys that are not random, instead: " + ", ".join(real.SETS))
    parser.add_argument("--plot", type=Path, help="an SVG of the latencies")
    parser.add_argument("--record", type=Path, help="where to write what is printed")
    args = parser.parse_args()
    sizes = [int(float(size)) for size in args.sizes.split(",")]
    lines = [f"# Certified recall by an index, {datetime.date.today()}", ""]
    measured, tiers = [], set()
    for about, rows, stored, dim in real_sets(args.data) if args.data else random_sets(sizes, args.dim):
        tiers.add(re.search(r"tier (\w+)", about).group(1))
        measured.append((int(re.search(r"(\d+) keys", about).group(1)), rows))
        lines += [f"## {about}", ""]
        lines += setting.table(
            ("budgets", "noise", "p50 µs", "p99 µs", "mean µs", "batch, million queries/s", "certified by"), rows,
            ("budgets", "certified by"))
        lines.append("")
        if faiss and stored is not None:
            found = [(name, noise, f"{p50:.1f}", f"{p99:.1f}", f"{right:.1%}", f"{made:.1f}")
                     for name, noise, p50, p99, right, made in peers(stored, dim)]
            lines += setting.table(("FAISS", "noise", "p50 µs", "p99 µs", "right", "made in s"), found, ("FAISS",))
            lines.append("")
    lines.insert(2, setting.told("benches/peers/run index", tiers, {"numpy": np, "faiss": faiss}))
    lines.insert(3, "")
    print("\n".join(lines))
    if args.record:
        args.record.write_text("\n".join(lines))
    if args.plot:
        draw(args.plot, args.dim, measured)


main()
