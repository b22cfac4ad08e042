"""Types of the extension module; the docstrings are its own."""

import os
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Packed = bool | Literal["int8"] | None
_Beta = float | Literal["1/sqrt(d)"]
_Progress = bool | Callable[[int, int], object] | None
_Path = str | os.PathLike[str]

__version__: str
theory: ModuleType

class Interrupted(RuntimeError): ...

@final
class Memory:
    def __new__(
        cls,
        keys: ArrayLike,
        values: ArrayLike | None = None,
        *,
        ids: ArrayLike | None = None,
        labels: Sequence[str | None] | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        dim: int | None = None,
        value_dim: int | None = None,
        bitorder: Literal["big", "little"] = "big",
    ) -> Memory: ...
    @staticmethod
    def create(
        path: _Path,
        keys: ArrayLike | None = None,
        values: ArrayLike | None = None,
        *,
        ids: ArrayLike | None = None,
        labels: Sequence[str | None] | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        dim: int | None = None,
        value_dim: int | None = None,
        bitorder: Literal["big", "little"] = "big",
    ) -> Memory: ...
    @staticmethod
    def open(path: _Path, *, mode: Literal["mmap", "ram"] = "mmap", verify: bool = False) -> Memory: ...
    def save(self, path: _Path) -> None: ...
    def refresh(self) -> bool: ...
    def append(
        self,
        keys: ArrayLike,
        values: ArrayLike | None = None,
        *,
        ids: ArrayLike | None = None,
        labels: Sequence[str | None] | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
    ) -> NDArray[np.uint64]: ...
    def forget(self, ids: ArrayLike, *, missing: Literal["error", "ok"] = "error") -> int: ...
    def get(self, ids: ArrayLike) -> tuple[NDArray[np.int8], NDArray[np.int8]]: ...
    def recall(
        self,
        queries: ArrayLike,
        *,
        separation: str = "exponential",
        beta: _Beta | None = None,
        degree: int | None = None,
        steps: int = 1,
        tie: Literal["plus", "minus", "stay"] = "plus",
        only: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        missing: Literal["error", "ok"] = "error",
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        index: Literal["auto", "off"] = "auto",
        threads: int | None = None,
        report: bool = False,
        receipts: _Path | None = None,
        progress: _Progress = None,
    ) -> Any: ...
    def search(
        self,
        queries: ArrayLike,
        k: int = 1,
        *,
        radius: int | None = None,
        only: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        missing: Literal["error", "ok"] = "error",
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        index: Literal["auto", "off"] = "auto",
        threads: int | None = None,
        receipts: _Path | None = None,
        progress: _Progress = None,
    ) -> tuple[Any, ...]: ...
    def check_receipts(
        self, path: _Path, *, threads: int | None = None, progress: _Progress = None
    ) -> dict[str, Any]: ...
    def attend(
        self,
        queries: ArrayLike,
        beta: _Beta,
        *,
        return_weights: bool = False,
        only: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        missing: Literal["error", "ok"] = "error",
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        index: Literal["auto", "off"] = "auto",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> Any: ...
    def build_index(
        self,
        *,
        tables: int | None = None,
        chunk: int | None = None,
        budget: int | None = None,
        threads: int | None = None,
        progress: _Progress = None,
    ) -> None: ...
    def update_index(self, *, threads: int | None = None, progress: _Progress = None) -> None: ...
    def drop_index(self) -> None: ...
    def write_index(self, path: _Path | None = None) -> None: ...
    @property
    def index_info(self) -> dict[str, Any] | None: ...
    def basins(
        self,
        radius: int | None = None,
        *,
        separation: str = "exponential",
        beta: _Beta | None = None,
        degree: int | None = None,
        keep: bool = False,
        resume: _Path | None = None,
        only: ArrayLike | None = None,
        exclude: ArrayLike | None = None,
        missing: Literal["error", "ok"] = "error",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> NDArray[Any]: ...
    def overlaps(
        self,
        queries: ArrayLike,
        *,
        out: NDArray[np.int32] | None = None,
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> NDArray[np.int32]: ...
    def distances(
        self,
        queries: ArrayLike,
        *,
        out: NDArray[np.uint32] | NDArray[np.uint16] | None = None,
        dtype: DTypeLike | None = None,
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> NDArray[Any]: ...
    def mutual_overlaps(
        self, *, out: NDArray[np.int32] | None = None, threads: int | None = None, progress: _Progress = None
    ) -> NDArray[np.int32]: ...
    def mutual_distances(
        self,
        *,
        out: NDArray[np.uint32] | NDArray[np.uint16] | None = None,
        dtype: DTypeLike | None = None,
        threads: int | None = None,
        progress: _Progress = None,
    ) -> NDArray[Any]: ...
    def dynamics(
        self,
        queries: ArrayLike,
        *,
        separation: str = "linear",
        beta: _Beta | None = None,
        degree: int | None = None,
        order: Literal["sync", "async", "async-random"] = "sync",
        update: Literal["field", "difference"] | None = None,
        diagonal: Literal["zero", "keep"] = "zero",
        tie: Literal["plus", "minus", "stay"] = "stay",
        clamp: Literal["known"] | ArrayLike | None = None,
        steps: int = ...,
        seed: int = 0,
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        index: Literal["auto", "off"] = "auto",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> tuple[NDArray[np.int8], Any]: ...
    @property
    def dim(self) -> int: ...
    @property
    def value_dim(self) -> int: ...
    @property
    def is_auto_associative(self) -> bool: ...
    @property
    def ids(self) -> NDArray[np.uint64]: ...
    @property
    def labels(self) -> list[str | None] | None: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def path(self) -> Any: ...
    def __len__(self) -> int: ...
    def _repr_html_(self) -> str: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Network:
    def recall(
        self,
        queries: ArrayLike,
        *,
        diagonal: Literal["keep", "zero"] = "keep",
        steps: int = 1,
        tie: Literal["plus", "minus", "stay"] = "plus",
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        threads: int | None = None,
    ) -> NDArray[np.int8]: ...
    def dynamics(
        self,
        queries: ArrayLike,
        *,
        order: Literal["sync", "async", "async-random"] = "sync",
        diagonal: Literal["zero", "keep"] = "zero",
        tie: Literal["plus", "minus", "stay"] = "stay",
        clamp: Literal["known"] | ArrayLike | None = None,
        steps: int = ...,
        seed: int = 0,
        known: ArrayLike | None = None,
        encoding: Literal["01"] | None = None,
        packed: _Packed = None,
        bitorder: Literal["big", "little"] = "big",
        threads: int | None = None,
    ) -> tuple[NDArray[np.int8], Any]: ...
    def weights(self) -> NDArray[np.float64]: ...
    @property
    def dim(self) -> int: ...
    @property
    def value_dim(self) -> int: ...
    @property
    def rule(self) -> str: ...
    @property
    def facts(self) -> list[tuple[str, float]]: ...
    def __len__(self) -> int: ...

def set_threads(threads: int | None = None) -> None: ...
def get_threads() -> int: ...
def hebb(memory: Memory, *, threads: int | None = None, progress: _Progress = None) -> Network: ...
def pseudo_inverse(
    memory: Memory,
    *,
    dependent: Literal["error", "ok"] = "error",
    threads: int | None = None,
    progress: _Progress = None,
) -> Network: ...
def storkey(memory: Memory, *, threads: int | None = None, progress: _Progress = None) -> Network: ...
def capacity(
    rule: str = "hebb",
    setting: str = "hetero",
    *,
    dims: Sequence[int] = ...,
    load: Sequence[float] | None = None,
    rate: Sequence[float] | None = None,
    patterns: Sequence[float] | None = None,
    observable: str = "pattern",
    dynamics: str = "one-step",
    values: str = "random",
    noise: float = 0.0,
    beta: _Beta | None = None,
    degree: int | None = None,
    tie: str | None = None,
    trials: int = 100,
    queries: int | None = None,
    seed: int = 1,
    threads: int | None = None,
    progress: _Progress = None,
) -> Any: ...
