"""Linear networks whose weights are learned of a memory by a rule."""

from ._popfield import Network, hebb, pseudo_inverse, storkey

__all__ = ["Network", "hebb", "pseudo_inverse", "storkey"]
