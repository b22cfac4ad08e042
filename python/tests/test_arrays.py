"""How arrays are read: never guessed, and refused with what was expected and what came."""

import numpy as np
import popfield
import pytest
from conftest import signs


def keys_of(memory):
    return memory.get(memory.ids)[0]


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "f2", "f4", "f8", ">i4", ">f8", "longdouble"])
def test_signs_of_any_type(rng, dtype):
    keys = signs(rng, 9, 77)
    assert (keys_of(popfield.Memory(keys.astype(dtype))) == keys).all()


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "u2", "i4", "u8", "f4", "f8"])
def test_zero_one_where_it_is_said(rng, dtype):
    keys = signs(rng, 9, 77)
    memory = popfield.Memory(((keys + 1) // 2).astype(dtype), encoding="01")
    assert (keys_of(memory) == keys).all()
    assert (memory.recall(((keys + 1) // 2).astype(dtype), encoding="01", separation="max") == keys).all()


def test_booleans_are_bits(rng):
    keys = signs(rng, 9, 77)
    assert (keys_of(popfield.Memory(keys > 0)) == keys).all()


@pytest.mark.filterwarnings("ignore:.*all bytes")
@pytest.mark.parametrize("dim", [1, 8, 63, 64, 65, 100])
@pytest.mark.parametrize("bitorder", ["big", "little"])
def test_packed_bytes(rng, dim, bitorder):
    keys = signs(rng, 20, dim)
    packed = np.packbits(keys > 0, axis=1, bitorder=bitorder)
    memory = popfield.Memory(packed, packed=True, dim=dim, bitorder=bitorder)
    assert (keys_of(memory) == keys).all()
    signed = (packed.astype(np.int16) - 128).astype(np.int8)
    assert (keys_of(popfield.Memory(signed, packed="int8", dim=dim, bitorder=bitorder)) == keys).all()
    assert (memory.overlaps(packed, packed=True, bitorder=bitorder) == keys.astype(int) @ keys.T.astype(int)).all()
    values = signs(rng, 20, 13)
    memory = popfield.Memory(packed, np.packbits(values > 0, axis=1, bitorder=bitorder), packed=True, dim=dim, value_dim=13, bitorder=bitorder)
    assert memory.value_dim == 13


def test_layouts_and_lists(rng):
    keys = signs(rng, 30, 90)
    wide = np.repeat(np.repeat(keys, 2, axis=0), 3, axis=1)
    for array in (np.asfortranarray(keys), wide[::2, ::3], keys[::-1][::-1], keys.tolist()):
        assert (keys_of(popfield.Memory(array)) == keys).all()

    class Holder:
        def __array__(self, dtype=None, copy=None):
            return keys

    class Capsule:
        def __dlpack__(self, **kwargs):
            return keys.__dlpack__(**kwargs)

        def __dlpack_device__(self):
            return keys.__dlpack_device__()

    for array in (Holder(), Capsule()):
        assert (keys_of(popfield.Memory(array)) == keys).all()


def test_zeros_of_queries_are_unknown(rng):
    keys = signs(rng, 40, 60)
    memory = popfield.Memory(keys)
    known = rng.random((5, 60)) < 0.6
    queries = keys[:5] * known
    for dtype in ("i1", "f8"):
        assert (memory.overlaps(queries.astype(dtype)) == memory.overlaps(keys[:5], known=known)).all()
    with pytest.raises(ValueError, match="found 0 and no -1"):
        memory.recall(np.abs(queries))
    with pytest.raises(ValueError, match="row 0: expected .1 or -1 wherever known= is True"):
        memory.recall(queries, known=np.ones((5, 60), bool))
    for bad in (known[:4], known.astype(np.int8)):
        with pytest.raises((ValueError, TypeError), match="known: expected"):
            memory.recall(queries, known=bad)


REFUSED = [
    (dict(keys=np.zeros((2, 3))), ValueError, "keys, row 0, column 0: expected .* found 0.* float64 of shape .2, 3"),
    (dict(keys=[[1, -1, 2]]), ValueError, "row 0, column 2: expected .* found 2"),
    (dict(keys=[[1, -1, 0.5]]), ValueError, "column 2: expected .* found 0.5"),
    (dict(keys=[[1, np.nan]]), ValueError, "found NaN"),
    (dict(keys=[[1, 0]]), ValueError, "encoding=.01."),
    (dict(keys=[[1, 2]], encoding="01"), ValueError, "expected 0 or 1"),
    (dict(keys=[[1, -1]], encoding="01"), ValueError, "expected 0 or 1"),
    (dict(keys=np.ones((2, 2, 2))), ValueError, r"expected shape \(patterns, dim\)"),
    (dict(keys=np.float64(1)), ValueError, "expected shape"),
    (dict(keys=[["a"]]), TypeError, "keys: expected bool, or"),
    (dict(keys=[[1j]]), TypeError, "complex128"),
    (dict(keys=[[None]]), TypeError, "object"),
    (dict(keys=np.ones((0, 5))), ValueError, "at least one"),
    (dict(keys=np.ones((5, 0))), ValueError, "dimension"),
    (dict(keys=np.ones((5, 3)), values=np.ones((4, 3))), ValueError, "values, one for each key: expected 5, found 4"),
    (dict(keys=np.ones((5, 3)), ids=[1, 2, 3]), ValueError, "ids, one for each association: expected 5, found 3"),
    (dict(keys=np.ones((2, 3)), ids=[1, 1]), ValueError, "ids, place 1"),
    (dict(keys=np.ones((2, 3)), ids=[-1, 1]), ValueError, "expected ids from 0 on, found -1"),
    (dict(keys=np.ones((2, 3)), ids=[0.5, 1]), TypeError, "whole numbers, found float64"),
    (dict(keys=np.ones((2, 3)), ids=np.array([2**64 - 1, 1], np.uint64)), ValueError, "below 2.64 - 1"),
    (dict(keys=np.ones((2, 3)), labels=["a"]), ValueError, "labels, one for each association: expected 2, found 1"),
    (dict(keys=np.ones((2, 3)), labels="ab"), TypeError, "single str"),
    (dict(keys=np.ones((2, 3)), labels=["a", 3]), TypeError, "place 1: expected str or None, found int"),
    (dict(keys=np.ones((2, 3), np.uint8), packed=True), ValueError, "expected dim="),
    (dict(keys=np.ones((2, 3), np.uint8), packed=True, dim=25), ValueError, "expected 4 packed bytes a row for dimension 25"),
    (dict(keys=np.full((2, 3), 255, np.uint8), packed=True, dim=20), ValueError, "row 0: expected zero bits beyond dimension 20"),
    (dict(keys=np.ones((2, 3), np.int8), packed=True, dim=24), TypeError, "uint8"),
    (dict(keys=np.ones((2, 3), np.uint8), packed="int8", dim=24), TypeError, "int8"),
    (dict(keys=np.ones((2, 3), np.uint8), packed="bits", dim=24), ValueError, "packed: expected True, False or"),
    (dict(keys=np.ones((2, 3), np.uint8), packed=True, encoding="01", dim=24), ValueError, "encoding: expected none"),
    (dict(keys=np.ones((2, 3)), encoding="pm"), ValueError, "encoding"),
    (dict(keys=np.ones((2, 3)), bitorder="middle"), ValueError, "bitorder"),
    (dict(keys=np.ones((2, 3)), dim=4), ValueError, "expected 4 elements a row"),
]


@pytest.mark.parametrize("arguments, error, text", REFUSED)
def test_what_makes_no_sense_is_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        popfield.Memory(**arguments)


QUERIES_REFUSED = [
    (dict(queries=np.ones((2, 5))), ValueError, "expected 4 elements a row"),
    (dict(queries=np.ones((2, 4)), separation="cubic"), ValueError, "separation: expected"),
    (dict(queries=np.ones((2, 4)), beta=0), ValueError, "beta"),
    (dict(queries=np.ones((2, 4)), beta="big"), TypeError, "beta: expected a number"),
    (dict(queries=np.ones((2, 4)), separation="linear", beta=1.0), ValueError, "beta: expected none"),
    (dict(queries=np.ones((2, 4)), degree=3), ValueError, "degree: expected none"),
    (dict(queries=np.ones((2, 4)), separation="polynomial", degree=0), ValueError, "degree"),
    (dict(queries=np.ones((2, 4)), steps=0), ValueError, "steps"),
    (dict(queries=np.ones((2, 4)), tie="up"), ValueError, "tie"),
    (dict(queries=np.ones((2, 4)), threads=0), ValueError, "threads: expected 1 to"),
    (dict(queries=np.ones((2, 4)), threads=10**6), ValueError, "threads: expected 1 to"),
    (dict(queries=np.ones((2, 4)), progress=3), TypeError, "progress: expected True or a callable"),
    (dict(queries=np.ones((2, 4)), only=[]), ValueError, "scope"),
    (dict(queries=np.ones((2, 4)), missing="maybe"), ValueError, "missing"),
]


@pytest.mark.parametrize("arguments, error, text", QUERIES_REFUSED)
def test_calls_that_make_no_sense_are_refused(arguments, error, text):
    memory = popfield.Memory(np.ones((3, 4)))
    with pytest.raises(error, match=text):
        memory.recall(**arguments)


def test_bytes_that_look_unpacked_are_told():
    with pytest.warns(UserWarning, match="all bytes that are said to be packed are 0 or 1"):
        popfield.Memory(np.eye(8, dtype=np.uint8), packed=True, dim=64)


def test_a_torch_tensor_is_an_array(rng):
    torch = pytest.importorskip("torch")
    keys = signs(rng, 12, 64)
    memory = popfield.Memory(torch.from_numpy(keys))
    assert (memory.recall(torch.from_numpy(keys).float(), separation="max") == keys).all()
