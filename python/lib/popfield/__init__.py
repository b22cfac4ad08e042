"""popfield: exact associative memories over numpy arrays.

A memory stores associations of patterns of ±1 and, asked with a query, recalls the sign of
sum_i f(<query, x_i>) y_i, exact in every bit: Hopfield networks, dense ones, the modern one (whose softmax form is
attention) and nearest neighbours, over patterns packed into bits.

>>> import numpy as np, popfield
>>> keys = np.where(np.random.default_rng(7).random((10_000, 256)) < 0.5, -1, 1).astype(np.int8)
>>> memory = popfield.Memory(keys)
>>> noisy = keys[:100] * np.where(np.arange(256) < 51, -1, 1)
>>> bool((memory.recall(noisy) == keys[:100]).all())
True
"""

from . import _popfield
from ._popfield import Interrupted, Memory, __version__, capacity, get_threads, set_threads
from . import networks, theory

__all__ = ["Interrupted", "Memory", "capacity", "get_threads", "networks", "set_threads", "theory"]
