"""What a memory answers, beside the definition in numpy's own arithmetic."""

import numpy as np
import popfield
import pytest
from conftest import signs
from hypothesis import given, settings
from hypothesis import strategies as st


def field_signs(keys, values, query, separation, degree=2):
    """The signs of the fields of one query, exactly: the weights are whole numbers."""
    overlaps = keys.astype(np.int64) @ query.astype(np.int64)
    if separation == "linear":
        weights = [int(s) for s in overlaps]
    elif separation == "polynomial":
        weights = [int(s) ** degree for s in overlaps]
    else:
        most = overlaps.max()
        weights = [int(s == most) for s in overlaps]
    field = [sum(w * int(y) for w, y in zip(weights, column)) for column in values.T]
    return np.sign(np.array(field, dtype=np.int64))


@settings(max_examples=150, deadline=None)
@given(
    n=st.integers(1, 30),
    dim=st.integers(1, 150),
    value_dim=st.one_of(st.none(), st.integers(1, 90)),
    separation=st.sampled_from(["linear", "polynomial", "max"]),
    degree=st.integers(1, 5),
    tie=st.sampled_from(["plus", "minus"]),
    erased=st.floats(0, 0.8),
    seed=st.integers(0, 2**32),
)
def test_bits_are_the_signs_of_the_definition(n, dim, value_dim, separation, degree, tie, erased, seed):
    rng = np.random.default_rng(seed)
    keys = signs(rng, n, dim)
    values = keys if value_dim is None else signs(rng, n, value_dim)
    memory = popfield.Memory(keys, None if value_dim is None else values)
    queries = signs(rng, 4, dim)
    known = rng.random((4, dim)) >= erased
    choices = {"degree": degree} if separation == "polynomial" else {}
    answers, report = memory.recall(queries, separation=separation, tie=tie, known=known, report=True, **choices)
    masked = queries * known
    assert (memory.overlaps(queries, known=known) == masked.astype(int) @ keys.T.astype(int)).all()
    for query, answer, told in zip(masked, answers, report):
        exact = field_signs(keys, values, query, separation, degree=degree)
        assert told["tied_bits"] == (exact == 0).sum()
        exact[exact == 0] = 1 if tie == "plus" else -1
        assert (answer == exact).all()
        distances = ((np.abs(query) - query * keys) // 2).sum(axis=1)
        assert (told["nearest_distance"], told["nearest_id"]) == (distances.min(), distances.argmin())


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 60), dim=st.integers(1, 200), k=st.integers(1, 70), radius=st.integers(0, 120), seed=st.integers(0, 2**32))
def test_search_finds_the_nearest_in_order(n, dim, k, radius, seed):
    rng = np.random.default_rng(seed)
    keys, queries = signs(rng, n, dim), signs(rng, 3, dim)
    ids = rng.permutation(10 * n)[:n]
    memory = popfield.Memory(keys, ids=ids)
    distances = (dim - queries.astype(int) @ keys.T) // 2
    found, how_far = memory.search(queries, k)
    within, their, offsets = memory.search(queries, radius=radius)
    for q in range(3):
        order = np.lexsort((ids, distances[q]))
        assert (found[q] == ids[order][:k]).all() and (how_far[q] == distances[q][order][:k]).all()
        near = order[distances[q][order] <= radius]
        assert (within[offsets[q] : offsets[q + 1]] == ids[near]).all()
        assert (their[offsets[q] : offsets[q + 1]] == distances[q][near]).all()


def test_attention_is_softmax(rng):
    keys, values, queries = signs(rng, 50, 64), signs(rng, 50, 10), signs(rng, 7, 64)
    memory = popfield.Memory(keys, values)
    for beta in (0.01, 0.2, "1/sqrt(d)"):
        number = 1 / 8 if isinstance(beta, str) else beta
        scores = number * (queries.astype(float) @ keys.T)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        means, told = memory.attend(queries, beta, return_weights=True)
        np.testing.assert_allclose(told, weights, atol=1e-13)
        np.testing.assert_allclose(means, weights @ values, atol=1e-12)


def test_scopes_are_memories_of_their_own(rng):
    keys, queries = signs(rng, 80, 100), signs(rng, 9, 100)
    memory = popfield.Memory(keys, ids=np.arange(80) * 3)
    only, exclude = np.arange(5, 60) * 3, [15, 18]
    kept = np.array([i for i in range(5, 60) if i * 3 not in exclude])
    alone = popfield.Memory(keys[kept], ids=kept * 3)
    for separation in ("exponential", "linear", "max"):
        answer, report = memory.recall(queries, separation=separation, only=only, exclude=exclude, report=True)
        expected, told = alone.recall(queries, separation=separation, report=True)
        assert (answer == expected).all()
        assert (report[["nearest_id", "nearest_distance", "nearest_count", "tied_bits"]] == told[["nearest_id", "nearest_distance", "nearest_count", "tied_bits"]]).all()
    assert (memory.search(queries, 4, only=only, exclude=exclude)[0] == alone.search(queries, 4)[0]).all()
    with pytest.raises(ValueError, match="ids to keep, place 1"):
        memory.recall(queries, only=[0, 1])
    assert memory.recall(queries, only=[0, 1], missing="ok").shape == (9, 100)


def test_a_query_of_one_axis_has_an_answer_of_one_axis(rng):
    keys = signs(rng, 20, 70)
    memory = popfield.Memory(keys)
    assert memory.recall(keys[3]).shape == (70,)
    assert memory.recall(keys[3], report=True)[1].shape == ()
    assert [array.shape for array in memory.search(keys[3], 5)] == [(5,), (5,)]
    assert memory.overlaps(keys[3]).shape == (20,)
    assert memory.attend(keys[3], 1.0).shape == (70,)
    assert memory.dynamics(keys[3])[0].shape == (70,)
    assert memory.recall(keys[:0]).shape == (0, 70)
    assert memory.search(keys[:0], 5)[0].shape == (0, 5)


def test_overlaps_go_into_an_array(rng):
    keys, queries = signs(rng, 33, 70), signs(rng, 5, 70)
    memory = popfield.Memory(keys)
    out = np.empty((5, 33), np.int32)
    assert memory.overlaps(queries, out=out) is out
    assert (out == queries.astype(int) @ keys.T).all()
    for bad in (np.empty((5, 32), np.int32), np.empty((5, 33), np.int64), np.empty((33, 5), np.int32).T, [1]):
        with pytest.raises((ValueError, TypeError), match="out: expected int32"):
            memory.overlaps(queries, out=bad)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="out"):
        memory.overlaps(queries, out=out)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 80),
    dim=st.integers(1, 300),
    queries=st.integers(0, 20),
    erased=st.floats(0, 0.8),
    dtype=st.sampled_from([None, "uint32", "uint16", np.uint16]),
    into=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_matrices(n, dim, queries, erased, dtype, into, seed):
    rng = np.random.default_rng(seed)
    keys, queries = signs(rng, n, dim), signs(rng, queries, dim)
    known = rng.random(queries.shape) >= erased
    memory = popfield.Memory(keys)
    masked = (queries * known).astype(int)
    expected = (known.sum(axis=1, keepdims=True) - masked @ keys.T) // 2
    kind = np.dtype(dtype or "uint32")

    def asked(call, shape, *arguments, **choices):
        """With `dtype=`, or by that of `out=`."""
        if not into:
            return call(*arguments, **choices) if dtype is None else call(*arguments, dtype=dtype, **choices)
        out = np.empty(shape, kind)
        assert call(*arguments, out=out, **choices) is out
        return out

    distances = asked(memory.distances, (len(queries), n), queries, known=known)
    assert distances.dtype == kind and distances.shape == expected.shape and (distances == expected).all()
    overlaps = keys.astype(int) @ keys.T
    assert (asked(memory.mutual_distances, (n, n)) == (dim - overlaps) // 2).all()
    out = np.empty((n, n), np.int32) if into else None
    assert (memory.mutual_overlaps(out=out) == overlaps).all()
    if len(queries):
        assert (memory.distances(queries[0], dtype=dtype) == (dim - queries[0].astype(int) @ keys.T) // 2).all()


def test_matrices_refuse_other_types(rng):
    memory = popfield.Memory(signs(rng, 4, 70))
    for call in (lambda **choices: memory.distances(signs(rng, 4, 70), **choices), memory.mutual_distances):
        for dtype in ("int32", "uint8", float):
            with pytest.raises(TypeError, match="distances: expected dtype uint32 or uint16"):
                call(dtype=dtype)
        with pytest.raises(TypeError, match="out: expected uint16 .* found uint32"):
            call(dtype="uint16", out=np.empty((4, 4), np.uint32))
        with pytest.raises(TypeError, match="out: expected uint32"):
            call(out=[1])
    with pytest.raises(ValueError, match="found shape"):
        memory.mutual_overlaps(out=np.empty((4, 5), np.int32))
    with pytest.raises(ValueError, match="65535|65,535"):
        popfield.Memory(np.ones((2, 70_000))).mutual_distances(dtype="uint16")


def test_networks(rng):
    keys = signs(rng, 60, 100)
    memory = popfield.Memory(keys)
    network = popfield.networks.pseudo_inverse(memory)
    assert (network.recall(keys) == keys).all()
    weights = network.weights()
    np.testing.assert_allclose(weights, keys.T @ np.linalg.pinv(keys.T.astype(float)), atol=1e-9)
    queries = signs(rng, 20, 100)
    assert (popfield.networks.hebb(memory).recall(queries) == memory.recall(queries, separation="linear")).all()
    with pytest.raises(ValueError, match="linearly independent"):
        popfield.networks.pseudo_inverse(popfield.Memory(np.concatenate([keys, keys[:1]])))
    assert popfield.networks.pseudo_inverse(popfield.Memory(np.concatenate([keys, keys[:1]])), dependent="ok").dim == 100


def test_runs_end_where_nothing_changes(rng):
    keys = signs(rng, 5, 120)
    memory = popfield.Memory(keys)
    starts = keys * np.where(rng.random((5, 120)) < 0.1, -1, 1).astype(np.int8)
    states, runs = memory.dynamics(starts, order="async")
    weights = keys.T.astype(int) @ keys - 5 * np.eye(120, dtype=int)
    for state, run in zip(states.astype(int), runs):
        field = weights @ state
        assert run["limit"] == "fixed-point" and run["cycle"] == 1
        assert (np.where(field == 0, state, np.sign(field)) == state).all()
        assert run["closest_overlap"] == keys[run["closest_id"]].astype(int) @ state


def test_capacity_and_theory():
    points = popfield.capacity("hebb", dims=[50, 100], load=[0.1, 0.3], observable="bit-error", trials=20)
    assert points["patterns"].tolist() == [5, 15, 10, 30] and (points["low"] <= points["value"]).all()
    assert np.isfinite(points["exact"]).all()
    again = popfield.capacity("hebb", dims=[50, 100], load=[0.1, 0.3], observable="bit-error", trials=20, threads=1)
    assert points.tobytes() == again.tobytes()
    found = popfield.capacity("pseudo-inverse", dims=[16], trials=10)
    assert 16 <= found["half"][0] <= 24
    wrong, tie, error = popfield.theory.one_step.hetero(100, 20, 0)
    assert error == pytest.approx(wrong + tie / 2) and 0 < error < 0.1
    assert popfield.theory.exponential.random_threshold(0.1, 1.0) > 0
    with pytest.raises(ValueError, match="load, rate, patterns"):
        popfield.capacity(load=[0.1], rate=[0.1])
    with pytest.raises(ValueError, match="beta"):
        popfield.capacity("hebb", beta=2.0)


def test_receipts_hold_and_altered_ones_do_not(rng, tmp_path):
    keys = signs(rng, 300, 64)
    memory = popfield.Memory(keys)
    path = tmp_path / "receipts.jsonl"
    queries = keys[:5].copy()
    queries[:, :3] *= -1
    plain = memory.recall(queries)
    assert (memory.recall(queries, receipts=path) == plain).all()
    verdict = memory.check_receipts(path)
    assert verdict["holds"] and verdict["queries"] == 5 and verdict["scan"] == 5 and verdict["refused"] == []
    ids, distances = memory.search(queries, 2, receipts=str(path))
    assert (ids == memory.search(queries, 2)[0]).all()
    assert memory.check_receipts(path, threads=1)["holds"]
    path.write_text(path.read_text().replace(f'"found":[[{ids[0, 0]},', f'"found":[[{ids[0, 0] + 1},', 1))
    refused = memory.check_receipts(path)["refused"]
    assert [(refused[0]["line"], refused[0]["field"])] == [(2, "hash")]
    memory.append(signs(rng, 1, 64))
    assert memory.check_receipts(path)["refused"][0]["field"] == "memory"
    path.write_text("nothing\n")
    with pytest.raises(ValueError, match="not a file of receipts"):
        memory.check_receipts(path)
    with pytest.raises(FileNotFoundError):
        memory.check_receipts(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        memory.recall(queries, receipts=tmp_path / "no" / "file")
    assert not list(tmp_path.glob("*.tmp*")) and len(list(tmp_path.iterdir())) == 1
