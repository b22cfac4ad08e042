"""The engine in Rust: the example program `peer`, kept running like the modules beside it."""

import os
import subprocess
from pathlib import Path

import numpy as np

from setting import ROOT
from turns import SHORT


class Engine:
    def __init__(self, threads, folder, tier=None):
        program = os.environ.get("PEER", ROOT / "target/release/examples/peer")
        environment = os.environ | ({"POPFIELD_TIER": tier} if tier else {})
        self.process = subprocess.Popen(
            [program, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.folder = Path(folder)
        self.out = self.folder / "answer"

    def ask(self, *request):
        print(*request, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise RuntimeError("popfield stopped")
        return answer

    def timed(self, *request):
        """The figures that a request is answered with, once its answer is written."""
        figures = [float(figure) for figure in self.ask(*request, self.out).split()]
        self.ask("queries", self.folder / "queries")
        return figures

    def store(self, keys, queries, dim, repeat=None):
        """Takes keys and queries; each later call is made `repeat` times, and its median counts."""
        keys.tofile(self.folder / "keys")
        queries.tofile(self.folder / "queries")
        self.tier = self.ask("keys", self.folder / "keys", dim).split()[-1]
        self.ask("queries", self.folder / "queries")
        self.ask("repeat", repeat or (SHORT if len(queries) == 1 else 1))

    def recall(self, *separation):
        seconds, self.share_read = self.timed("recall", *separation)
        return seconds

    def recalled(self, dim):
        return np.fromfile(self.out, np.uint8).reshape(-1, -(-dim // 8))

    def ids(self):
        return np.fromfile(f"{self.out}.ids", np.uint64)

    def search(self, top):
        return self.timed("search", top)[0]

    def found(self, top):
        return np.fromfile(self.out, np.uint64).reshape(-1, top)

    def matrix(self):
        """The seconds of all distances as u16 and as u32, and of all overlaps as i32."""
        return self.timed("matrix")

    def every_distance(self, keys):
        return np.fromfile(self.out, np.uint32).reshape(-1, keys)
