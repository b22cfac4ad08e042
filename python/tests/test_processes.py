"""Signals, progress, threads and forks."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import popfield
import pytest
from conftest import signs


@pytest.fixture(scope="module")
def large():
    rng = np.random.default_rng(1)
    packed = rng.integers(0, 256, (400_000, 64), dtype=np.uint8)
    return popfield.Memory(packed, packed=True, dim=512), packed[:1]


def slow(large, **arguments):
    """A call of many seconds, of which all keys must be counted."""
    memory, query = large
    return memory.recall(np.repeat(query, 4000, axis=0), packed=True, separation="linear", **arguments)


@pytest.fixture
def heard():
    """SIGINT as a terminal's program has it: who starts tests in the background may have it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_stops_a_call(large, heard):
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        slow(large)
    assert 0.4 < time.monotonic() - start < 2.0


def test_progress_is_told_and_stops(large):
    memory, query = large
    told = []
    memory.recall(np.repeat(query, 300, axis=0), packed=True, separation="linear", progress=lambda *now: told.append(now))
    assert told[-1] == (300, 300) and told == sorted(told)
    with pytest.raises(popfield.Interrupted):
        slow(large, progress=lambda done, total: False)

    def fails(done, total):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        slow(large, progress=fails)


def learned(**choices):
    """Learning of many seconds."""
    memory = popfield.Memory(signs(np.random.default_rng(2), 3000, 4000))
    return popfield.networks.pseudo_inverse(memory, **choices)


def test_ctrl_c_stops_learning(heard):
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        learned()
    # One factorisation, on whatever machine.
    assert 0.4 < time.monotonic() - start < 8.0


@pytest.mark.parametrize("rule", ["hebb", "pseudo_inverse", "storkey"])
def test_learning_tells_and_stops(rule, rng):
    learn, memory = getattr(popfield.networks, rule), popfield.Memory(signs(rng, 400, 600))
    told = []
    network = learn(memory, threads=2, progress=lambda *now: told.append(now))
    assert len(network) == 400 and told[-1] == (400, 400) and told == sorted(told)
    with pytest.raises(ValueError, match="threads"):
        learn(memory, threads=0)


def test_learning_is_stopped_by_progress():
    asked = []
    with pytest.raises(popfield.Interrupted):
        learned(progress=lambda *now: asked.append(now) or len(asked) < 3)
    assert len(asked) == 3


def test_progress_bar(large, capsys):
    memory, query = large
    memory.search(query, packed=True, progress=True)
    assert capsys.readouterr().err.endswith("1 of 1\n")


def test_other_threads_go_on_meanwhile(large):
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    memory, query = large
    memory.recall(np.repeat(query, 200, axis=0), packed=True, separation="linear")
    stop.set()
    thread.join()
    assert counted[0] > 5


def test_threads_change_no_bit(rng):
    memory, queries = popfield.Memory(signs(rng, 3000, 100)), signs(rng, 500, 100)
    answers = [memory.recall(queries, beta=0.05, threads=threads).tobytes() for threads in (1, 2, 3, 7)]
    assert len(set(answers)) == 1
    popfield.set_threads(2)
    assert popfield.get_threads() == 2
    assert memory.recall(queries, beta=0.05).tobytes() == answers[0]
    popfield.set_threads()
    with pytest.raises(ValueError, match="threads"):
        popfield.set_threads(0)


MEMORY = None


def ask(start):
    keys = MEMORY.get(np.arange(start, start + 50))[0]
    return bool((MEMORY.recall(keys, separation="linear", threads=2).shape == keys.shape) and (MEMORY.search(keys, 1)[0][:, 0] == np.arange(start, start + 50)).all())


def hand(memory):
    global MEMORY
    MEMORY = memory


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("place", ["ram", "store"])
def test_processes(method, place, rng, monkeypatch):
    """A pool of processes asks a memory that its parent has asked, and so has started threads."""
    keys = signs(rng, 20_000, 256)
    memory = popfield.Memory(keys) if place == "ram" else popfield.Memory.create("store", keys)
    assert (memory.recall(keys[:200], separation="max") == keys[:200]).all()
    context = multiprocessing.get_context(method)
    with context.Pool(3, initializer=hand, initargs=(memory,)) as pool:
        assert all(pool.map_async(ask, range(0, 1000, 50)).get(timeout=60))
    assert (memory.recall(keys[:200], separation="max") == keys[:200]).all()


def test_a_child_forked_during_a_call_is_refused():
    """And says so, rather than waiting for a thread that is gone."""
    program = """
        import os, sys, threading, time
        import numpy as np, popfield
        memory = popfield.Memory(np.random.default_rng(1).integers(0, 256, (200_000, 64), dtype=np.uint8), packed=True, dim=512)
        queries = np.zeros((3000, 64), np.uint8)
        queries[:, 0] = 7
        began = threading.Event()
        def call():
            try:
                memory.recall(queries, packed=True, separation="linear", progress=lambda *_: began.set() or not over.is_set())
            except popfield.Interrupted:
                pass
        over = threading.Event()
        thread = threading.Thread(target=call)
        thread.start()
        began.wait()
        child = os.fork()
        if child == 0:
            try:
                memory.recall(queries[:1], packed=True)
            except RuntimeError as error:
                os._exit(0 if "forked during a call" in str(error) else 3)
            os._exit(4)
        status = os.waitpid(child, 0)[1]
        over.set()
        thread.join()
        child = os.fork()
        if child == 0:
            memory.recall(queries[:64], packed=True, threads=2)
            os._exit(0)
        sys.exit(os.waitstatus_to_exitcode(status) or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)], timeout=60)
    assert done.returncode == 0


class Noisy:
    """A data set whose rows are stored keys with noise, and whose batches are recalled where they are put together."""

    def __init__(self, memory, queries):
        self.memory, self.queries = memory, queries

    def __len__(self):
        return len(self.queries)

    def __getitem__(self, at):
        return self.queries[at], self.memory.search(self.queries[at])[0][0], os.getpid()

    def recalled(self, rows):
        queries, ids, processes = zip(*rows)
        return self.memory.recall(np.stack(queries), separation="max", threads=2), np.array(ids), set(processes)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_loader_of_torch(method, rng):
    """Two workers ask a memory that their parent asks before, meanwhile and afterwards."""
    torch = pytest.importorskip("torch")
    keys = signs(rng, 1000, 64)
    queries = keys[:40].copy()
    queries[:, :6] *= -1
    memory = popfield.Memory(keys)
    assert (memory.recall(queries, separation="max") == keys[:40]).all()
    rows = Noisy(memory, queries)
    workers = {"num_workers": 2, "multiprocessing_context": method, "timeout": 60}
    loader = torch.utils.data.DataLoader(rows, batch_size=8, collate_fn=rows.recalled, **workers)
    answers, ids, processes = [], [], set()
    for recalled, found, asked_by in loader:
        assert (memory.recall(queries, separation="max", threads=2) == keys[:40]).all()
        answers.append(torch.from_numpy(recalled))
        ids.extend(found)
        processes |= asked_by
    assert (torch.cat(answers).numpy() == keys[:40]).all()
    assert ids == list(range(40))
    assert len(processes) == 2 and os.getpid() not in processes
    assert (memory.recall(queries, separation="max") == keys[:40]).all()
