"""Memories that change, that lie in stores and files, and that are pickled."""

import os
import pickle
import threading

import numpy as np
import popfield
import pytest
from conftest import signs


@pytest.fixture(params=["ram", "store"])
def make(request):
    """Makes a memory of the kind."""

    def made(keys, values=None, **arguments):
        if request.param == "ram":
            return popfield.Memory(keys, values, **arguments)
        return popfield.Memory.create("made", keys, values, **arguments)

    return made


def test_append_and_forget(make, rng):
    keys = signs(rng, 30, 65)
    memory = make(keys[:10], labels=[f"key {i}" for i in range(10)])
    assert memory.append(keys[10:20]).tolist() == list(range(10, 20))
    assert memory.append(keys[20:], ids=np.arange(100, 110)).tolist() == list(range(100, 110))
    assert memory.forget([3, 105]) == 2 and memory.forget(4) == 1
    with pytest.raises(ValueError, match="ids to forget, place 1"):
        memory.forget([5, 3])
    assert memory.forget([5, 3], missing="ok") == 1
    with pytest.raises(ValueError, match="ids, place 0"):
        memory.append(keys[:1], ids=[7])
    assert memory.append(keys[:1]).tolist() == [110]
    ids = [i for i in [*range(20), *range(100, 111)] if i not in (3, 4, 5, 105)]
    assert memory.ids.tolist() == ids and len(memory) == len(ids)
    assert (memory.get([12, 104])[0] == keys[[12, 24]]).all()
    assert memory.labels[:5] == ["key 0", "key 1", "key 2", "key 6", "key 7"] and memory.labels[-1] is None
    with pytest.raises(ValueError, match="place 1"):
        memory.get([12, 3])
    for bad in (signs(rng, 2, 64), np.zeros((2, 65))):
        with pytest.raises(ValueError, match="keys"):
            memory.append(bad)
    with pytest.raises(ValueError, match="values"):
        memory.append(keys[:1], keys[:1])
    assert memory.ids.tolist() == ids
    memory.save("saved.pop")
    again = popfield.Memory.open("saved.pop")
    assert again.ids.tolist() == ids and again.labels == memory.labels and again.path is None
    queries = signs(rng, 5, 65)
    assert (again.recall(queries) == memory.recall(queries)).all()


def test_values_go_along(make, rng):
    keys, values = signs(rng, 20, 65), signs(rng, 20, 9)
    memory = make(keys[:5], values[:5])
    memory.append(keys[5:], values[5:])
    memory.forget([2])
    assert (memory.get([0, 19])[1] == values[[0, 19]]).all() and memory.value_dim == 9
    assert (memory.recall(keys[7], separation="max") == values[7]).all()


def test_stores(rng):
    keys = signs(rng, 100, 128)
    memory = popfield.Memory.create("store", keys)
    assert "store" in repr(memory) and "generation" in repr(memory) and os.fspath(memory.path) == "store"
    with pytest.raises(FileExistsError):
        popfield.Memory.create("store", keys)
    for mode in ("mmap", "ram"):
        opened = popfield.Memory.open("store", mode=mode, verify=True)
        assert (opened.recall(keys) == keys).all()
    with pytest.raises(ValueError, match="mode"):
        popfield.Memory.open("store", mode="disk")
    with pytest.raises(FileNotFoundError):
        popfield.Memory.open("nowhere")
    with open("text", "w") as file:
        file.write("not a memory\n" * 10)
    with pytest.raises(ValueError, match="not a popfield memory"):
        popfield.Memory.open("text")
    segment = max((os.path.join("store", name) for name in os.listdir("store")), key=os.path.getsize)
    with open(segment, "r+b") as file:
        file.seek(200)
        byte = file.read(1)
        file.seek(200)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(ValueError, match="not a whole popfield store"):
        popfield.Memory.open("store", verify=True)


def test_a_store_may_be_empty():
    memory = popfield.Memory.create("store", dim=10, value_dim=3)
    assert (len(memory), memory.dim, memory.value_dim, memory.nbytes) == (0, 10, 3, 0)
    with pytest.raises(ValueError, match="at least one"):
        memory.recall(np.ones((1, 10)))
    memory.append(np.ones((1, 10)), np.ones((1, 3)))
    assert memory.recall(np.ones(10)).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="dim"):
        popfield.Memory.create("other")
    assert not os.path.exists("other")
    with pytest.raises(ValueError):
        popfield.Memory.create("other", np.ones((2, 3)), ids=[1, 1])
    assert not os.path.exists("other")


def test_pickles(make, rng):
    keys = signs(rng, 50, 100)
    memory = make(keys, labels=[str(i) for i in range(50)])
    again = pickle.loads(pickle.dumps(memory))
    assert again.labels == memory.labels and (again.recall(keys) == keys).all()
    if memory.path:
        pickled = pickle.dumps(memory)
        memory.append(keys[:1])
        with pytest.raises(RuntimeError, match="generation"):
            pickle.loads(pickled)


def test_calls_from_many_threads_see_whole_states(make, rng):
    """Recall while others append and forget: each answer is that of one state, and no call is refused."""
    keys = signs(rng, 400, 128)
    memory = make(keys[:100])
    done, wrong = threading.Event(), []

    def ask():
        while not done.is_set():
            try:
                before = len(memory)
                ids, distances = memory.search(keys[:20], 2)
                if not ((ids[:, 0] == np.arange(20)).all() and (distances[:, 0] == 0).all() and before >= 100):
                    wrong.append("an answer")
            except Exception as error:
                wrong.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for start in range(100, 400, 10):
        ids = memory.append(keys[start : start + 10])
        memory.forget(ids[:3])
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong and len(memory) == 100 + 30 * 7


def test_refresh(rng):
    memory = popfield.Memory.create("store", signs(rng, 5, 10))
    other = popfield.Memory.open("store")
    assert not other.refresh()
    memory.append(signs(rng, 2, 10))
    assert len(other) == 5 and other.refresh() and len(other) == 7
    assert not popfield.Memory(np.ones((1, 3))).refresh()


def test_what_one_sees(rng):
    memory = popfield.Memory(signs(rng, 20, 64), labels=["<a>"] + [""] * 19)
    assert repr(memory) == "<popfield.Memory: 20 associations, dim=64, auto-associative, 192 B, in RAM>"
    html = memory._repr_html_()
    assert html.count("<svg") == 8 and "0 &lt;a&gt;" in html and "<a>" not in html
    with pytest.raises(AttributeError):
        memory.dim = 3


def noisy(rng, keys, flips):
    queries = keys.copy()
    for query in queries:
        query[rng.choice(queries.shape[1], flips, replace=False)] *= -1
    return queries


def test_runs_by_an_index_are_those_without(rng):
    keys = signs(rng, 4000, 128)
    memory = popfield.Memory(keys)
    memory.build_index()
    memory.basins(30, keep=True)
    starts = noisy(rng, keys[::40], 5)
    for order in ("sync", "async", "async-random"):
        states, runs = memory.dynamics(starts, separation="exponential", beta=1.0, order=order)
        same, plain = memory.dynamics(starts, separation="exponential", beta=1.0, order=order, index="off")
        assert (runs["certificate"] == "basin").sum() > 80 and (plain["certificate"] == "").all()
        assert (states == same).all() and (states == keys[::40]).all()
        for name in set(runs.dtype.names) - {"certificate"}:
            assert (runs[name] == plain[name]).all()



def test_an_index_answers_as_the_scan_does(make, rng, tmp_path):
    keys, values = signs(rng, 4000, 128), signs(rng, 4000, 9)
    memory = make(keys[:3500], values[:3500])
    assert memory.index_info is None and memory.update_index() is None
    with pytest.raises(ValueError, match="tables of an index"):
        memory.build_index(tables=99)
    with pytest.raises(ValueError, match="an index"):
        memory.write_index("nowhere.pop")
    seen = []
    memory.build_index(chunk=11, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (11, 11)
    info = memory.index_info
    assert (info["tables"], info["chunk"], info["covered"], info["radius"]) == (11, 11, 3500, None)
    with pytest.raises(ValueError, match="keep"):
        memory.basins(30, keep=True, only=[1, 2])
    basins = memory.basins(45, keep=True)
    distances = np.sort(memory.distances(keys[:5]), axis=1)[:, 1]
    expected = np.where(distances <= 45, distances, -1)
    assert basins["nearest_distance"][:5].tolist() == expected.tolist()
    assert (basins["copies"] == 1).all() and basins["values_agree"].all() and (basins["budget"] >= 20).all()
    run = tmp_path / "basins.run"
    for _ in range(2):  # the second time from what is kept
        assert (memory.basins(45, resume=run) == basins).all()
    with pytest.raises(ValueError, match="kept run of basins: settings"):
        memory.basins(44, resume=run)
    memory.append(keys[3500:3900], values[3500:3900])
    memory.forget([3, 3600])
    memory.append(keys[3900:], values[3900:])
    memory.update_index()
    assert memory.index_info["covered"] >= 3998 and memory.index_info["radius"] == 45
    queries = noisy(rng, keys[::40], 6)
    found, report = memory.recall(queries, report=True)
    scanned, by_scan = memory.recall(queries, report=True, index="off")
    assert (found == scanned).all() and (report["nearest_id"] == by_scan["nearest_id"]).all()
    assert (report["certificate"] == "basin").sum() > 80 and not np.isin(by_scan["certificate"], ["basin", "probe"]).any()
    for asked in ({"k": 1}, {"k": 3}, {"radius": 7}):
        for one, other in zip(memory.search(queries, **asked), memory.search(queries, index="off", **asked), strict=True):
            assert (one == other).all()
    assert (memory.attend(queries, 1.0) == memory.attend(queries, 1.0, index="off")).all()
    with pytest.raises(ValueError, match="index: expected"):
        memory.recall(queries, index="on")
    # What is written is found by who opens it.
    if memory.path is None:
        with pytest.raises(ValueError, match="path of an index"):
            memory.write_index()
        memory.save("saved.pop")
        memory.write_index("saved.pop")
        again = popfield.Memory.open("saved.pop")
    else:
        memory.write_index()
        again = popfield.Memory.open(memory.path)
    assert again.index_info["radius"] == 45
    assert (again.recall(queries, report=True)[1]["certificate"] == report["certificate"]).sum() > 80
    memory.drop_index()
    assert memory.index_info is None and again.index_info is not None


def test_an_index_outlives_what_others_commit(rng):
    keys = signs(rng, 3000, 128)
    mine = popfield.Memory.create("shared", keys[:2900])
    theirs = popfield.Memory.open("shared")
    theirs.build_index()
    mine.append(keys[2900:])
    assert theirs.refresh() and theirs.index_info["covered"] == 2900
    assert (theirs.recall(keys[::50]) == keys[::50]).all()
    theirs.update_index()
    assert theirs.index_info["covered"] == 3000


def test_making_an_index_can_be_stopped_and_goes_on_beside_changes(make, rng):
    keys = signs(rng, 2000, 256)
    memory = make(keys)
    with pytest.raises(popfield.Interrupted):
        memory.build_index(progress=lambda done, total: False)
    assert memory.index_info is None
    appending = threading.Thread(target=lambda: [memory.append(signs(np.random.default_rng(i), 1, 256)) for i in range(20)])
    appending.start()
    for _ in range(5):
        memory.build_index()
    appending.join()
    memory.update_index()
    assert memory.index_info["covered"] == len(memory) == 2020
    assert (memory.recall(keys[::20]) == keys[::20]).all()
