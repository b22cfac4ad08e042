"""Attention over ±1 keys and values: a memory beside numpy and, where it is installed, torch.

    python attention.py --keys 20000 --dim 256 --queries 256

The softmax form of recall is attention, softmax(beta Q K^T) V. `attend` gives its real numbers in double precision,
`recall` their signs, each proved. Where some keys stand out, all others are left out, and that is proved too; where
beta is so small that all keys count, products of matrices are most of the work, and a fast BLAS can win.

Matrices of float32 compute the same to rounding: all means are held to a bound of that, and all signs where no rounding
can have changed them.
"""

import argparse
import os
import statistics
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--keys", type=int, default=20_000, help="how many keys, each with a value (default 20000)")
parser.add_argument("--dim", type=int, default=256, help="positions of a key and of a value (default 256)")
parser.add_argument("--queries", type=int, default=256, help="how many queries are asked at a time (default 256)")
parser.add_argument("--noise", type=float, default=0.25, help="the share of a query that is flipped (default 0.25)")
parser.add_argument("--beta", type=float, nargs="+", help="(default 1/sqrt(dim), as attention has it, and recall's 1)")
parser.add_argument("--threads", type=int, default=1, help="for each of the three alike (default 1)")
parser.add_argument("--rounds", type=int, default=5, help="each is timed once a round, in turn (default 5)")
parser.add_argument("--seed", type=int, default=1)
arguments = parser.parse_args()
if min(arguments.keys, arguments.dim, arguments.queries, arguments.threads, arguments.rounds) < 1:
    parser.error("expected at least 1 of keys, positions, queries, threads and rounds")
if not 0 <= arguments.noise <= 1:
    parser.error("--noise: expected 0 to 1")
betas = arguments.beta or [arguments.dim**-0.5, 1.0]
if not min(betas) > 0:
    parser.error("--beta: expected numbers above 0")

# numpy's matrix product reads these once, when numpy is imported.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(arguments.threads)

import numpy as np
import popfield

try:
    import torch
except ImportError:
    torch = None

# Weights below e^-60 of the greatest are taken to be that, which no mean shows. Among much smaller ones float32 has
# subnormal numbers, on which CPUs are slow: a product took ten times as long.
LEAST = -60


def softmax_means(queries, keys, values, beta):
    """softmax(beta Q K^T) V in the arrays' own precision."""
    weights = queries @ keys.T
    weights -= weights.max(axis=1, keepdims=True)
    weights *= weights.dtype.type(beta)
    np.maximum(weights, LEAST, out=weights)
    np.exp(weights, out=weights)
    return weights @ values / weights.sum(axis=1, keepdims=True)


def softmax_means_of_torch(queries, keys, values, beta):
    """The same over tensors, as an array."""
    weights = queries @ keys.T
    weights.sub_(weights.amax(dim=1, keepdim=True)).mul_(beta).clamp_(min=LEAST).exp_()
    return (weights @ values / weights.sum(dim=1, keepdim=True)).numpy()


def bound(beta, unit):
    """How far such a mean may be from the real one, for a unit roundoff.

    Overlaps are whole numbers and exact. An exponent, of size 2 beta d at most, is rounded three times, a weight is
    within 5 units of its exponential, and a sum of n terms within n units of itself; there are two sums.
    """
    return (2 * arguments.keys + 12 * beta * arguments.dim + 10) * unit


def in_turn(calls):
    """The median seconds of each call, of rounds in which each has its turn; and what each answered."""
    seconds, answers = {name: [] for name in calls}, {}
    for _ in range(arguments.rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            answers[name] = call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}, answers


def main():
    rng = np.random.default_rng(arguments.seed)
    keys, values = (np.where(rng.random((arguments.keys, arguments.dim)) < 0.5, -1, 1).astype(np.int8) for _ in "kv")
    asked = rng.integers(arguments.keys, size=arguments.queries)
    queries = np.where(rng.random((arguments.queries, arguments.dim)) < arguments.noise, -keys[asked], keys[asked])

    # Each has the keys, values and queries as it likes them before the clock starts.
    memory = popfield.Memory(keys, values)
    popfield.set_threads(arguments.threads)
    floats = [array.astype(np.float32) for array in (queries, keys, values)]
    if torch:
        torch.set_num_threads(arguments.threads)
        tensors = [torch.from_numpy(array) for array in floats]
    # Double precision is what all are held to; some queries at a time, as its weights are eight bytes each.
    keys, values = keys.astype(float), values.astype(float)
    parts = np.array_split(queries.astype(float), -(-len(queries) // 16))

    size = f"{len(keys)} keys and values of {arguments.dim} positions, {len(queries)} queries"
    print(f"{size}; threads of each: {arguments.threads}\n")
    print(f"{'beta':<8}{'':<18}{'ms':>10}{'against numpy':>15}{'furthest mean':>15}{'wrong signs':>13}")
    for beta in betas:
        calls = {
            "numpy, float32": lambda: softmax_means(*floats, beta),
            "popfield attend": lambda: memory.attend(queries, beta),
            "popfield recall": lambda: memory.recall(queries, beta=beta),
        }
        if torch:
            calls["torch, float32"] = lambda: softmax_means_of_torch(*tensors, beta)
        seconds, answers = in_turn(calls)

        exact = np.concatenate([softmax_means(part, keys, values, beta) for part in parts])
        doubt = bound(beta, 2**-53)
        sure = np.abs(exact) > doubt
        recalled = answers["popfield recall"]
        assert (recalled == np.sign(exact))[sure].all()
        for name, answer in answers.items():
            wrong = sure & (np.sign(answer) != np.sign(exact))
            furthest = "-"
            if answer is not recalled:
                apart = np.abs(answer - exact).max()
                furthest = f"{apart:.0e}"
                # What `attend` promises: (distances + 750) 2^-51.
                own = bound(beta, 2**-24) if answer.dtype == np.float32 else (arguments.dim + 751) * 2**-51
                assert apart <= own + doubt, f"{name}: {apart}"
                assert not (wrong & (np.abs(exact) > own + doubt)).any()
            ratio = f"{seconds['numpy, float32'] / seconds[name]:.1f} x"
            print(f"{beta:<8.4g}{name:<18}{1000 * seconds[name]:>10.1f}{ratio:>15}{furthest:>15}{wrong.sum():>13}")
    print("\nThe time of numpy is that of its BLAS: numpy.show_config() says which.")
    if not torch:
        print("torch is not installed, and so not timed.")


if __name__ == "__main__":
    main()
