"""Measures popfield beside its peers, in turn and on the same data, checks the answers, and writes a dated record.

popfield gives the whole recalled pattern, exact in every bit; each peer gives its own part of that: FAISS the nearest
ids, PyTorch the values of attention or of W x in floating point, whose signs are compared.
"""

import argparse
import datetime
import os
import statistics
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
except ImportError:
    sys.exit("numpy is not here: nothing to compare with, skipped")

import setting
from engine import Engine
from keys import data, distances
from sentences import DIM, embeddings
from setting import ROOT
from turns import SHORT, in_turn, ratios, timed

# Sentences stored, and those that ask.
SENTENCES, BATCH = 32_768, 1024

faiss, torch = setting.peer("faiss"), setting.peer("torch")


class Record:
    """Rows of the table."""

    def __init__(self, rounds):
        self.rounds, self.rows = rounds, []

    def measure(self, work, threads, target, contenders, check):
        """Times the contenders, popfield first, in turn; `check` says how their answers agree."""
        for call in contenders.values():
            call()  # warms up
        agreement = check()
        times = in_turn(contenders, self.rounds, threads)
        medians = {name: statistics.median(taken) for name, taken in times.items()}
        ours = medians.pop("popfield")
        rival = min(medians, key=medians.get)
        ratio, least, most = ratios(times[rival], times["popfield"])
        self.rows.append(
            (work, threads, rival, f"{medians[rival] * 1e3:.4g}", f"{ours * 1e3:.4g}", f"{ratio:.1f}×",
             f"{least:.1f}–{most:.1f}", target, agreement)
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
    popfield = Engine(threads, folder, "avx2")
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


def write(record, path, tiers):
    header = ("work", "threads", "peer", "peer ms", "popfield ms", "ratio", "range of ratios", "target", "answers")
    lines = [
        f"# popfield beside its peers, {datetime.date.today()}",
        "",
        setting.told("benches/peers/run", tiers, {"faiss-cpu": faiss, "torch": torch, "numpy": np}),
        "",
        f"Medians of {record.rounds} rounds in which all contenders ran in turn, after one to warm up, with as many "
        "threads each; the ratio is that of the medians, the range that of single rounds. Of several forms of a peer "
        f"the fastest stands here. A round of a single query is the median of {SHORT} in a row.",
        "",
        *setting.table(header, record.rows, texts=("work", "peer", "answers")),
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
    setting.write(path, lines)


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
            popfield = Engine(threads, folder)
            random_keys(record, popfield, threads, million)
            without_avx512(record, folder, threads, million)
            sentence_keys(record, popfield, threads, many)
            for dim, beta, target in ((256, 1.0, 40), (1024, 1.0, 60), (1024, 1 / 32, 40), (64, 0.125, 2), (1024, 0.005, 3)):
                attention(record, popfield, threads, many, dim, 256, beta, f"{target}×")
            for batch, target in ((1, 50), (256, 3)):
                classical(record, popfield, threads, 560, 4096, batch, f"{target}×")
            tiers.add(popfield.tier)
    default = ROOT / "benches/record" / f"{datetime.date.today()}-peers.md"
    write(record, options.record or default, tiers)


if __name__ == "__main__":
    main()
