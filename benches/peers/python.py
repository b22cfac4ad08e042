"""popfield from Python beside what else finds or measures Hamming distances there, in turn and on the same data; and
what the binding costs beside the engine in Rust. Answers are held equal before times count.

What a peer keeps of the keys is made before the time counts, and queries come as it takes them: packed bits (uint8) to
popfield, FAISS, NumKong and usearch, words of packed bits to numpy, ±1 as float32 to a product of matrices, and float64
to scikit-learn and scipy, which make that of bools anew in every call.
"""

import argparse
import datetime
import statistics
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import popfield
except ImportError as error:
    sys.exit(f"nothing to compare, skipped ({error})")

import setting
from engine import Engine
from keys import data, distances
from turns import in_turn, ratios, timed

faiss, numkong = setting.peer("faiss"), setting.peer("numkong")
usearch, sklearn = setting.peer("usearch.index"), setting.peer("sklearn.neighbors")
scipy, threadpoolctl = setting.peer("scipy.spatial.distance"), setting.peer("threadpoolctl")

SIZES = ((100_000, 256), (100_000, 1024), (1_000_000, 256), (1_000_000, 1024))
BATCHES, NEAREST, NOISE = (1, 64, 1024), (1, 10), 0.1

# Entries of a matrix of distances that is asked for whole: popfield's takes four bytes of each, scipy's eight.
ENTRIES = 1 << 27

# A form of the keys that takes more is left out.
MOST_BYTES = 1 << 31

# A turn of a short call takes about so many seconds, and its median counts.
TURN, MOST_CALLS = 0.1, 20


def bits(packed, kind):
    return np.unpackbits(packed, axis=1).astype(kind)


def micro(seconds):
    """The median in microseconds, four figures of it or all before the point."""
    median = statistics.median(seconds) * 1e6
    return f"{median:,.0f}" if median >= 1000 else f"{median:.4g}"


def smallest(matrix, k):
    """The `k` smallest entries of each row, in order: their places and they themselves."""
    ids = matrix.argmin(axis=1)[:, None] if k == 1 else np.argpartition(matrix, k - 1, axis=1)[:, :k]
    found = np.take_along_axis(matrix, ids, axis=1)
    order = found.argsort(axis=1)
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(found, order, axis=1)


class Peer:
    """What the table has a column of.

    `search(queries, k)` gives ids and distances, `matrix(queries)` what `distances` makes distances of; either may be
    missing. A call is given no more queries than make `most` bits of keys to look at; its time is told by the query.
    """

    most = None
    # Whether it finds on more than one thread where it may.
    threaded = True
    # Where it writes a matrix, kept from call to call.
    out = None
    # Bytes that it keeps of a bit of a key.
    bytes_a_bit = 1 / 8

    def queries(self, packed):
        return packed

    def distances(self, matrix):
        return matrix

    def room(self, queries, keys, kind):
        """An array for a matrix."""
        if self.out is None or len(self.out) != queries:
            self.out = np.empty((queries, keys), kind)
        return self.out


class ByMatrix(Peer):
    """Finds by the distances to all keys, `at_once` queries at a time, into an array that is there."""

    def search(self, queries, k):
        parts = [smallest(self.matrix(queries[i:i + self.at_once]), k) for i in range(0, len(queries), self.at_once)]
        return tuple(np.concatenate(part) for part in zip(*parts))


class Popfield(Peer):
    name = "popfield"

    def __init__(self, keys):
        self.memory = popfield.Memory(keys, packed=True, dim=keys.shape[1] * 8)

    def search(self, queries, k):
        return self.memory.search(queries, k, packed=True)

    def matrix(self, queries):
        out = self.room(len(queries), len(self.memory), np.int32)
        return self.memory.overlaps(queries, packed=True, out=out)

    def distances(self, matrix):
        return (self.memory.dim - matrix) // 2


class Faiss(Peer):
    module, name = faiss, "FAISS"

    def __init__(self, keys):
        self.index = faiss.IndexBinaryFlat(keys.shape[1] * 8)
        self.index.add(keys)

    def search(self, queries, k):
        found, ids = self.index.search(queries, k)
        return ids, found


class NumKong(ByMatrix):
    module, name, threaded, at_once = numkong, "NumKong", False, 64
    most = 1 << 37

    def __init__(self, keys):
        self.packed = numkong.hammings_pack(keys, dtype="uint1")

    def matrix(self, queries):
        # It makes the array itself, of its own type.
        if self.out is None or self.out.shape[0] != len(queries):
            self.out = numkong.hammings_packed(queries, self.packed)
        else:
            numkong.hammings_packed(queries, self.packed, out=self.out)
        return np.asarray(self.out)


class Usearch(Peer):
    module, name = usearch, "usearch"
    most = 1 << 35

    def __init__(self, keys):
        self.keys = keys

    def search(self, queries, k):
        kind = usearch.MetricKind.Hamming
        found = usearch.search(self.keys, queries, k, kind, exact=True, threads=popfield.get_threads())
        return found.keys.reshape(-1, k), found.distances.reshape(-1, k)


class Numpy(ByMatrix):
    """XOR and bitwise_count by columns of words, in a third of the time of whole rows and their sum, or less."""

    module, name, threaded, at_once = np, "numpy", False, 1
    most = 1 << 33

    def __init__(self, keys):
        self.columns = np.ascontiguousarray(keys.view(np.uint64).T)

    def queries(self, packed):
        return packed.view(np.uint64)

    def matrix(self, queries):
        out = self.room(len(queries), self.columns.shape[1], np.uint16)
        for row, query in zip(out, queries):
            row[:] = 0
            for column, word in zip(self.columns, query):
                row += np.bitwise_count(column ^ word)
        return out


class Product(Peer):
    """The product of ±1 as float32, which is exact; numpy hands it to its BLAS, whose threads threadpoolctl limits."""

    module, name, bytes_a_bit = threadpoolctl, "numpy, float32 product", 4
    most = 1 << 35

    def __init__(self, keys):
        self.keys = self.queries(keys)

    def queries(self, packed):
        signs = bits(packed, np.float32)
        signs *= 2
        signs -= 1
        return signs

    def matrix(self, queries):
        return np.matmul(queries, self.keys.T, out=self.room(len(queries), len(self.keys), np.float32))

    def distances(self, matrix):
        return (self.keys.shape[1] - matrix) / 2


class Sklearn(Peer):
    module, name, bytes_a_bit = sklearn, "scikit-learn", 8
    most = 1 << 29

    def __init__(self, keys):
        threads = popfield.get_threads()
        self.dim = keys.shape[1] * 8
        self.neighbours = sklearn.NearestNeighbors(metric="hamming", algorithm="brute", n_jobs=threads)
        self.neighbours.fit(bits(keys, np.float64))

    def queries(self, packed):
        return bits(packed, np.float64)

    def search(self, queries, k):
        shares, ids = self.neighbours.kneighbors(queries, k)
        return ids, np.rint(shares * self.dim)


class Scipy(Peer):
    module, name, threaded, bytes_a_bit = scipy, "scipy cdist", False, 8
    most = 1 << 29

    def __init__(self, keys):
        self.keys = self.queries(keys)

    def queries(self, packed):
        return bits(packed, np.float64)

    def matrix(self, queries):
        return scipy.cdist(queries, self.keys, "hamming")

    def distances(self, matrix):
        return np.rint(matrix * self.keys.shape[1])


PEERS = (Faiss, NumKong, Usearch, Numpy, Product, Sklearn, Scipy)


def agree(name, keys, queries, theirs, ours):
    """Holds what a peer found to what popfield found, which is one more, so that a tie at the end shows."""
    (ids, found), (our_ids, our_found), k = theirs, (row[:len(queries)] for row in ours), theirs[0].shape[1]
    assert (found == our_found[:, :k]).all(), f"{name}: distances found differ"
    assert (distances(queries[:, None], keys[ids]) == found).all(), f"{name}: ids are not of keys at those distances"
    apart = our_found[:, 1:] != our_found[:, :-1]
    alone = apart.copy()
    alone[:, 1:] &= apart[:, :-1]
    assert (ids == our_ids[:, :k])[alone].all(), f"{name}: ids found differ where no distances tie"


class Tables:
    """Rows by kind of work; a row has the time of each contender by the query."""

    def __init__(self, rounds, threads):
        self.rounds, self.threads = rounds, threads
        self.search, self.matrix, self.binding = [], [], []

    def in_turn(self, contenders):
        """Times calls that ran before; short ones some times in each turn."""
        def turn(call):
            times = int(min(MOST_CALLS, max(1, TURN / timed(call)[0])))
            return lambda: timed(call, times)[0]

        return in_turn({name: turn(call) for name, call in contenders.items()}, self.rounds, self.threads)

    def row(self, rows, about, contenders, asked):
        """Measures one row; `asked` says how many queries each contender is given."""
        times = self.in_turn(contenders)
        by_query = {name: [seconds / asked[name] for seconds in taken] for name, taken in times.items()}
        ours, batch = by_query["popfield"], asked["popfield"]
        cells = dict(about) | {"batch": f"{batch:,}", "threads": self.threads}
        for name, taken in by_query.items():
            fewer = f" ({asked[name]} q)" if asked[name] < batch else ""
            cells[name] = micro(taken) + fewer
        rivals = {name: taken for name, taken in by_query.items() if name != "popfield"}
        if rivals:
            fastest = min(rivals, key=lambda name: statistics.median(rivals[name]))
            ratio, least, most = ratios(rivals[fastest], ours)
            cells["beside the fastest"] = f"{ratio:.1f}×, {least:.1f}–{most:.1f} ({fastest})"
        rows.append(cells)
        print(", ".join(f"{name} {cell}" for name, cell in cells.items()), file=sys.stderr)


def contenders_for(peers, packed, capable):
    """Those that can, with as many of the queries as each is given, in its own form."""
    given = {}
    for peer in peers:
        if hasattr(peer, capable):
            few = len(packed)
            if peer.most:
                # A power of two, so that queries divide into equal parts.
                few = min(few, 1 << max(0, (peer.most // peer.bits_of_keys).bit_length() - 1))
            given[peer.name] = peer, packed[:few], peer.queries(packed[:few])
    return given


def one_size(tables, n, dim):
    """Rows of each batch; what peers keep of the keys is gone afterwards."""
    keys, packed = data(n, dim, max(BATCHES), NOISE)
    peers = [Popfield(keys)]
    for kind in PEERS:
        if kind.module is None or (tables.threads > 1 and not kind.threaded):
            continue
        if kind.bytes_a_bit * n * dim > MOST_BYTES:
            print(f"{kind.name} would keep more than {MOST_BYTES >> 30} GiB of keys: left out", file=sys.stderr)
            continue
        peers.append(kind(keys))
    for peer in peers:
        peer.bits_of_keys = n * dim
    about = {"n": f"{n:,}", "d": f"{dim:,}"}
    for batch in BATCHES:
        queries = packed[:batch]
        given = contenders_for(peers, queries, "search")
        asked = {name: len(rows) for name, (_, rows, _) in given.items()}
        for k in NEAREST:
            ours = peers[0].search(queries, k + 1)
            for name, (peer, rows, form) in given.items():
                agree(name, keys, rows, peer.search(form, k), ours)
            calls = {name: lambda p=peer, q=form: p.search(q, k) for name, (peer, _, form) in given.items()}
            tables.row(tables.search, {"k": k} | about, calls, asked)
        # Most peers make matrices on one thread only.
        if tables.threads > 1 or n * batch > ENTRIES:
            continue
        given = contenders_for(peers, queries, "matrix")
        asked = {name: len(rows) for name, (_, rows, _) in given.items()}
        ours = peers[0].distances(peers[0].matrix(queries))
        for name, (peer, rows, form) in given.items():
            theirs = peer.distances(peer.matrix(form))
            assert (theirs == ours[:len(rows)]).all(), f"{name}: distances differ"
        del ours, theirs
        calls = {name: lambda p=peer, q=form: p.matrix(q) for name, (peer, _, form) in given.items()}
        tables.row(tables.matrix, about, calls, asked)


def binding(tables, million):
    """Recall under β = 1 by the engine, and from Python by each form of queries; returns the tier."""
    forms = {
        "packed": (lambda packed, dim: packed, {"packed": True}),
        "int8": (lambda packed, dim: bits(packed, np.int8) * 2 - 1, {}),
        "bool": (lambda packed, dim: bits(packed, bool), {}),
    }
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(tables.threads, folder)
        for n, dim, batch in ((million, 512, 1024), (100, 64, 1)):
            small = batch == 1
            keys, packed = data(n, dim, batch, NOISE)
            # Time of a microsecond or two is told by many calls.
            repeat = 2000 if small else 1
            engine.store(keys, packed, dim, repeat)
            memory = popfield.Memory(keys, packed=True, dim=dim)
            calls = {"engine in Rust": lambda: engine.recall("exponential", 1)}
            calls["engine in Rust"]()
            for name, (form, options) in forms.items():
                queries = form(packed, dim)
                queries = queries[0] if small else queries

                def recall(queries=queries, options=options):
                    return memory.recall(queries, **options)

                same = np.packbits(recall().reshape(-1, dim) > 0, axis=1) == engine.recalled(dim)
                assert same.all(), f"{name}: recalled bits differ from the engine's"
                calls[f"Python, {name}"] = lambda recall=recall: timed(recall, repeat)[0]
            times = in_turn(calls, tables.rounds, tables.threads)
            cells = {"n": f"{n:,}", "d": dim, "batch": f"{batch:,}", "threads": tables.threads}
            for name, taken in times.items():
                cells[name] = micro(taken)
                if name != "engine in Rust":
                    ratio, least, most = ratios(taken, times["engine in Rust"])
                    cells[name] += f", {ratio:.2f}× ({least:.2f}–{most:.2f})"
            tables.binding.append(cells)
            print(", ".join(f"{name} {cell}" for name, cell in cells.items()), file=sys.stderr)
    return engine.tier


def shown(rows):
    """A table of rows, of which some lack a column."""
    header = list(dict.fromkeys(name for row in rows for name in row))
    # What sums a row up stands last.
    header.sort(key=lambda name: name == "beside the fastest")
    return setting.table(header, [[row.get(name, "–") for name in header] for row in rows], texts=header[-1:])


def report(tables, tier, command):
    """Lines of all tables, and how they came to be."""
    modules = {
        "numpy": np, "faiss-cpu": faiss, "numkong": numkong, "usearch": setting.peer("usearch"),
        "scikit-learn": setting.peer("sklearn"), "scipy": setting.peer("scipy"),
    }

    def rows(kind):
        return [row for table in tables for row in getattr(table, kind)]

    return [
        setting.told(command, {tier}, modules),
        "",
        f"Medians of {tables[0].rounds} rounds in which all contenders ran in turn, after their answers were held "
        f"equal, on random keys and on queries that are keys with {NOISE:.0%} of the bits flipped. Times are "
        "microseconds a query; (8 q) behind one says that a slow peer was given 8 queries only. Beside the fastest: "
        "the median of the fastest peer by popfield's, and the range of single rounds. A short call is made up to "
        f"{MOST_CALLS} times a turn, and its median counts.",
        "",
        "## The k nearest keys",
        "",
        *shown(rows("search")),
        "",
        *(["## Every distance, on one thread", "", *shown(rows("matrix")), ""] if rows("matrix") else []),
        "## The binding beside the engine",
        "",
        "`Memory.recall` under β = 1, microseconds a call, by the form of the queries, and its ratio to the engine's. "
        "One query is an array of one axis. The engine has its queries at hand and leaves its answers packed; from "
        "Python a call also reads queries from an array and answers in an array of int8.",
        "",
        *shown(rows("binding")),
        "",
        "## Not apples to apples",
        "",
        "- Keys were given in each one's own form before the time counted: bits for popfield, FAISS, NumKong, usearch "
        "and numpy; four bytes a bit for the float32 product, eight for scikit-learn and scipy, which make float64 of "
        f"bools anew in each call. A form of more than {MOST_BYTES >> 30} GiB is left out.",
        "- popfield skips what cannot matter, so its time to find depends on the noise and on how the keys lie; its "
        "peers' does not. Random keys lie far apart, which suits it.",
        "- NumKong and numpy have no search: theirs are all distances, 64 queries at once or one, and then numpy's "
        "argmin or argpartition.",
        "- Matrices are written to an array that is there: popfield's of overlaps (d less twice the distance) as "
        "int32, NumKong's of distances as uint32, numpy's as uint16, its product as float32; scipy makes a new one of "
        "float64.",
        "- Peers that have one thread only are left out of rows with more; no matrix is made on more.",
        "",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", default="1", help="comma-separated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the keys: to see that it runs")
    parser.add_argument("--record", type=Path, default=None, help="a file for the tables")
    options = parser.parse_args()
    tenth = 10 if options.quick else 1
    tables = []
    for threads in map(int, options.threads.split(",")):
        popfield.set_threads(threads)
        if faiss:
            faiss.omp_set_num_threads(threads)
        if threadpoolctl:
            threadpoolctl.threadpool_limits(threads)
        tables.append(Tables(options.rounds, threads))
        tier = binding(tables[-1], 1_000_000 // tenth)
        for n, dim in SIZES:
            one_size(tables[-1], n // tenth, dim)
    quick = " --quick" if options.quick else ""
    command = f"benches/peers/run python --threads {options.threads} --rounds {options.rounds}{quick}"
    lines = report(tables, tier, command)
    print("\n".join(lines))
    if options.record:
        title = f"# popfield beside its peers, from Python, {datetime.date.today()}"
        setting.write(options.record, [title, "", *lines])


if __name__ == "__main__":
    main()
