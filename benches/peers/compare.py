"""Measures popfield beside its peers, in turn and on the same data, checks the answers, and writes a dated record.

popfield gives the whole recalled pattern, exact in every bit; each peer gives its own part of that: FAISS the nearest
ids, PyTorch the values of attention or of W x in floating point, whose signs are compared.
"""

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import numpy as np
except ImportError:
    sys.exit("numpy is not here: nothing to compare with, skipped")

from sentences import DIM, embeddings

# Sentences stored, and those that ask.
SENTENCES, BATCH = 32_768, 1024

# A call of a few milliseconds is timed so many times in each turn, and its median counts.
SHORT = 20

# Threads of OpenMP spin for a while after their work, and would take the cores from whoever comes next.
PAUSE = 0.25

ROOT = Path(__file__).resolve().parents[2]


def peer(name):
    """A peer's module, or a word that it is not here."""
    try:
        return __import__(name)
    except (ImportError, OSError) as error:
        print(f"{name} is not here: skipped ({error})", file=sys.stderr)
        return None


faiss, torch = peer("faiss"), peer("torch")


class Popfield:
    """The example program `peer`, kept running like the modules beside it."""

    def __init__(self, threads, folder, tier=None):
        program = ROOT / "target/release/examples/peer"
        environment = os.environ | ({"POPFIELD_TIER": tier} if tier else {})
        self.process = subprocess.Popen(
            [program, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.out = Path(folder) / "answer"
        self.folder = Path(folder)

    def ask(self, *request):
        print(*request, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise RuntimeError("popfield stopped")
        return answer

    def store(self, keys, queries, dim):
        keys.tofile(self.folder / "keys")
        queries.tofile(self.folder / "queries")
        self.tier = self.ask("keys", self.folder / "keys", dim).split()[-1]
        self.ask("queries", self.folder / "queries")
        self.ask("repeat", SHORT if len(queries) == 1 else 1)

    def recall(self, *separation):
        seconds, self.share_read = map(float, self.ask("recall", *separation, self.out).split())
        self.ask("queries", self.folder / "queries")  # waits until the answer is written
        return seconds

    def recalled(self, dim):
        return np.fromfile(self.out, np.uint8).reshape(-1, -(-dim // 8))

    def ids(self):
        return np.fromfile(f"{self.out}.ids", np.uint64)

    def search(self, top):
        seconds = float(self.ask("search", top, self.out))
        self.ask("queries", self.folder / "queries")
        return seconds

    def found(self, top):
        return np.fromfile(self.out, np.uint64).reshape(-1, top)


def timed(call, times=1):
    """The median of the seconds that a call took, and its last answer."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        answer = call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), answer


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


class Record:
    """Rows of the table."""

    def __init__(self, rounds):
        self.rounds, self.rows = rounds, []

    def measure(self, work, threads, target, contenders, check):
        """Times the contenders, popfield first, in turn; `check` says how their answers agree."""
        times = {name: [] for name in contenders}
        for call in contenders.values():
            call()  # warms up
        agreement = check()
        for _ in range(self.rounds):
            for name, call in contenders.items():
                if threads > 1:
                    time.sleep(PAUSE)
                times[name].append(call())
        medians = {name: statistics.median(taken) for name, taken in times.items()}
        ours = medians.pop("popfield")
        rival = min(medians, key=medians.get)
        ratio = medians[rival] / ours
        spread = sorted(b / a for a, b in zip(times["popfield"], times[rival]))
        self.rows.append(
            (work, threads, rival, f"{medians[rival] * 1e3:.4g}", f"{ours * 1e3:.4g}", f"{ratio:.1f}×",
             f"{spread[0]:.1f}–{spread[-1]:.1f}", target, agreement)
        )
        print(f"{work}, {threads} threads: {rival} {medians[rival] * 1e3:.4g} ms, popfield {ours * 1e3:.4g} ms: "
              f"{ratio:.1f}× (target {target}); {agreement}", file=sys.stderr)


def by_faiss(keys, queries, top, answers):
    """FAISS as a contender; what it finds goes to `answers`."""
    index = faiss.IndexBinaryFlat(keys.shape[1] * 8)
    index.add(keys)

    def call():
        times = SHORT if len(queries) == 1 else 1
        seconds, answers["faiss"] = timed(lambda: index.search(queries, top), times)
        return seconds

    return call


def nearest(record, popfield, threads, name, keys, queries, target):
    """Recall under β = 1 beside FAISS's nearest key."""
    if faiss is None:
        return
    dim = keys.shape[1] * 8
    popfield.store(keys, queries, dim)
    answers = {}

    def check():
        ids = popfield.ids()
        theirs = answers["faiss"][0][:, 0]
        ours = distances(queries, keys[ids])
        assert (ours == theirs).all(), "nearest distances differ"
        recalled = (popfield.recalled(dim) == keys[ids]).all(axis=1).mean()
        return (f"nearest distances equal; {recalled:.1%} recall the nearest key in every bit; "
                f"{popfield.share_read:.0%} of the keys' bits read")

    record.measure(
        f"recall β = 1, {name}", threads, target,
        {
            "popfield": lambda: popfield.recall("exponential", 1),
            "FAISS IndexBinaryFlat top-1": by_faiss(keys, queries, 1, answers),
        },
        check,
    )


def search(record, popfield, threads, name, keys, queries, top, target):
    """The nearest keys beside FAISS's."""
    if faiss is None:
        return
    popfield.store(keys, queries, keys.shape[1] * 8)
    answers = {}

    def check():
        ours = distances(queries[:, None], keys[popfield.found(top)])
        assert (ours == answers["faiss"][0]).all(), "distances found differ"
        return "distances equal"

    record.measure(
        f"search K = {top}, {name}", threads, target,
        {
            "popfield": lambda: popfield.search(top),
            f"FAISS IndexBinaryFlat top-{top}": by_faiss(keys, queries, top, answers),
        },
        check,
    )


def random_keys(record, popfield, threads, million):
    """Random keys, of which a few leading words tell most apart."""

    def case(dim, batch, noise):
        return (f"n = {million:,}, d = {dim}, batch {batch}, noise {noise}", *data(million, dim, batch, noise))

    for noise, targets in ((0.1, (8, 8, 11, 18)), (0.0, (10, 12, 24, 45))):
        for dim, target in zip((64, 256, 512, 1024), targets):
            nearest(record, popfield, threads, *case(dim, 1024, noise), f"{target}×")
    for dim, target in ((256, 3), (1024, 5)):
        nearest(record, popfield, threads, *case(dim, 1, 0.1), f"{target}×")
    search(record, popfield, threads, *case(512, 1024, 0.1), 10, "5×")


def without_avx512(record, folder, threads, million):
    """The tier of older CPUs beside FAISS, which takes the best instructions that there are."""
    popfield = Popfield(threads, folder, "avx2")
    try:
        popfield.store(*data(8, 64, 1, 0.0), 64)
    except (RuntimeError, BrokenPipeError):
        print("avx2 is not here: skipped", file=sys.stderr)
        return
    for dim in (64, 512):
        name = f"n = {million:,}, d = {dim}, batch 1024, noise 0.1, popfield forced to avx2"
        nearest(record, popfield, threads, name, *data(million, dim, 1024, 0.1), "1×")


def sentence_keys(record, popfield, threads, count):
    """Embeddings of sentences, whose neighbours are near: queries are other sentences."""
    try:
        packed = embeddings(ROOT / "target/peers/sentences.npy", SENTENCES + BATCH)
    except ImportError as error:
        print(f"sentence embeddings are not here: skipped ({error})", file=sys.stderr)
        return
    queries, keys = packed[:BATCH], packed[BATCH:BATCH + count]
    name = f"sentence embeddings, n = {len(keys):,}, d = {DIM}, batch {len(queries)}"
    nearest(record, popfield, threads, name, keys, queries, "–")
    search(record, popfield, threads, name, keys, queries, 10, "–")
    # What pruning gains shows beside random keys of the same shape.
    random = data(len(keys), DIM, len(queries), 0.1)
    nearest(record, popfield, threads, "random keys of that shape, noise 0.1", *random, "–")


def signs(packed, dim):
    return np.unpackbits(packed, axis=1)[:, :dim].astype(np.int8) * 2 - 1


def agreement(popfield, theirs, dim):
    equal = (signs(popfield.recalled(dim), dim) == np.where(theirs >= 0, 1, -1)).mean()
    return f"{equal:.3%} of bits as in fp32"


def attention(record, popfield, threads, n, dim, batch, beta, target):
    """Recall beside scaled_dot_product_attention, whose signs it is."""
    if torch is None:
        return
    keys, queries = data(n, dim, batch, 0.1)
    popfield.store(keys, queries, dim)
    attend = torch.nn.functional.scaled_dot_product_attention
    answers, contenders = {}, {"popfield": lambda: popfield.recall("exponential", repr(beta))}
    for name, kind in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        k = torch.from_numpy(signs(keys, dim)).to(kind)[None, None]
        q = torch.from_numpy(signs(queries, dim)).to(kind)[None, None]

        def by_torch(name=name, k=k, q=q):
            with torch.no_grad():
                seconds, answers[name] = timed(lambda: attend(q, k, k, scale=beta))
            return seconds

        contenders[f"torch SDPA {name}"] = by_torch
    record.measure(
        f"recall β = {beta:g}, n = {n:,}, d = {dim}, batch {batch}, noise 0.1", threads, target, contenders,
        lambda: agreement(popfield, answers["fp32"][0, 0].numpy(), dim),
    )


def classical(record, popfield, threads, n, dim, batch, target):
    """One classical step beside W x."""
    if torch is None:
        return
    keys, queries = data(n, dim, batch, 0.1)
    popfield.store(keys, queries, dim)
    patterns = torch.from_numpy(signs(keys, dim)).float()
    weights = patterns.T @ patterns
    answers, contenders = {}, {"popfield": lambda: popfield.recall("linear")}
    for name, kind in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        w = weights.to(kind)
        x = torch.from_numpy(signs(queries, dim)).to(kind).T.contiguous()

        def by_torch(name=name, w=w, x=x):
            with torch.no_grad():
                seconds, answers[name] = timed(lambda: torch.sign(w @ x), SHORT if batch == 1 else 1)
            return seconds

        contenders[f"torch W @ x {name}"] = by_torch
    record.measure(
        f"classical step, n = {n}, d = {dim}, batch {batch}, noise 0.1", threads, target, contenders,
        lambda: agreement(popfield, answers["fp32"].T.numpy(), dim),
    )


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def write(record, path, threads, tiers):
    def version(module):
        return getattr(module, "__version__", "?") if module else "not here"

    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout.strip()
    header = ("work", "threads", "peer", "peer ms", "popfield ms", "ratio", "range of ratios", "target", "answers")
    lines = [
        f"# popfield beside its peers, {datetime.date.today()}",
        "",
        f"`benches/peers/run`, popfield {commit}, tier {', '.join(sorted(tiers))}; {processor()}, "
        f"{os.cpu_count()} cores, {platform.system()}; {rustc}; Python {platform.python_version()}, "
        f"faiss-cpu {version(faiss)}, torch {version(torch)}, numpy {np.__version__}.",
        "",
        f"Medians of {record.rounds} rounds in which all contenders ran in turn, after one to warm up, with as many "
        "threads each; the ratio is that of the medians, the range that of single rounds. Of several forms of a peer "
        f"the fastest stands here. A round of a single query is the median of {SHORT} in a row.",
        "",
        "| " + " | ".join(header) + " |",
        "|---|--:|---|--:|--:|--:|--:|--:|---|",
        *("| " + " | ".join(str(cell) for cell in row) + " |" for row in record.rows),
        "",
        "## Not apples to apples",
        "",
        "- popfield gives the whole recalled pattern, every bit the proven sign of its field. FAISS gives the id and "
        "distance of the nearest key and nothing else; PyTorch gives floating-point fields whose signs may be wrong.",
        "- popfield skips what cannot matter, so its time depends on the noise of the queries and on how the keys lie; "
        "its peers' does not. Random keys lie far apart, which suits it.",
        "- PyTorch takes keys as 16 or 32 bits an element, 16 or 32 times the memory.",
        "- A single query is one thread's work to FAISS.",
        "- Sentence embeddings are those of all-MiniLM-L6-v2, one bit an element by its sign; the sentences are the "
        "docstrings of Python's standard library, numpy, scipy and scikit-learn. At β = 1 a query recalls the nearest "
        "sentence, or a mixture where several are about as near.",
        "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    print(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cores = os.cpu_count() or 1
    parser.add_argument("--threads", default=f"1,{cores}" if cores > 1 else "1", help="comma-separated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the keys: to see that it runs")
    parser.add_argument("--record", type=Path, default=None)
    options = parser.parse_args()
    record, tiers = Record(options.rounds), set()
    million, many = (100_000, 10_000) if options.quick else (1_000_000, 100_000)
    for threads in map(int, options.threads.split(",")):
        if faiss:
            faiss.omp_set_num_threads(threads)
        if torch:
            torch.set_num_threads(threads)
        with tempfile.TemporaryDirectory() as folder:
            popfield = Popfield(threads, folder)
            random_keys(record, popfield, threads, million)
            without_avx512(record, folder, threads, million)
            sentence_keys(record, popfield, threads, many)
            for dim, beta, target in ((256, 1.0, 40), (1024, 1.0, 60), (1024, 1 / 32, 40), (64, 0.125, 2), (1024, 0.005, 3)):
                attention(record, popfield, threads, many, dim, 256, beta, f"{target}×")
            for batch, target in ((1, 50), (256, 3)):
                classical(record, popfield, threads, 560, 4096, batch, f"{target}×")
            tiers.add(popfield.tier)
    default = ROOT / "benches/record" / f"{datetime.date.today()}-peers.md"
    write(record, options.record or default, options.threads, tiers)


if __name__ == "__main__":
    main()
