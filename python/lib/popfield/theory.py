"""The laws of associative memories as functions of numbers, a namespace for each kind.

What a function gives is a number, a pair (low, high) that bounds one, or for the laws of a bit the probabilities
(wrong, tie, error), where half of the ties are wrong. `flips` is how many of a query's `dim` positions are flipped,
`noise` that share of them, `load` patterns by dimension. Each is explained, with its source, in the documentation of the
Rust crate `popfield-lab`.

>>> round(popfield.theory.ags.critical_load(), 4)
0.1379
>>> popfield.theory.capacity.mceliece_one(1024, noise=0.0) > 70
True
"""

from ._popfield import theory as _theory

ags = _theory.ags
attention = _theory.attention
capacity = _theory.capacity
exponential = _theory.exponential
nearest = _theory.nearest
one_step = _theory.one_step
overlaps = _theory.overlaps
polynomial = _theory.polynomial
pseudo_inverse = _theory.pseudo_inverse
success = _theory.success

__all__ = [
    "ags",
    "attention",
    "capacity",
    "exponential",
    "nearest",
    "one_step",
    "overlaps",
    "polynomial",
    "pseudo_inverse",
    "success",
]
