"""Keys that are not random: what each set is made of, packed, no two alike, in an order that a seed fixes."""

import gzip
import importlib.resources
import sys
from pathlib import Path

import numpy as np

import sentences

# Debian's package unifont has it; the file lies here, or where the package puts it.
FONT = "unifont.hex"

MOLECULES, FINGERPRINT = 20_000, 2048


def mixed(rows):
    return np.random.default_rng(2).permutation(np.unique(rows, axis=0))


def glyphs(folder):
    """The glyphs of GNU Unifont that are 16 pixels wide: black ones and white ones, 256 positions."""
    path = next((path for path in (folder / FONT, Path("/usr/share/unifont") / FONT) if path.exists()), folder / FONT)
    lines = (line.strip().split(":") for line in path.read_text().splitlines())
    return mixed(np.array([list(bytes.fromhex(bits)) for _, bits in lines if len(bits) == 64], dtype=np.uint8)), 256


def molecules(folder):
    """Morgan fingerprints of radius 2 of the first molecules of MOSES."""
    cache = folder / "molecules.npy"
    if not cache.exists():
        from rdkit.Chem import MolFromSmiles
        from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator

        print(f"fingerprints of {MOLECULES} molecules are made, once", file=sys.stderr)
        make = GetMorganGenerator(radius=2, fpSize=FINGERPRINT)
        # The package itself asks for more than its data.
        data = Path(importlib.resources.files("rdkit").joinpath("..", "moses", "dataset", "data", "train.csv.gz"))
        with gzip.open(data, "rt") as lines:
            next(lines)
            chosen = [line.split(",")[0] for _, line in zip(range(MOLECULES), lines)]
        np.save(cache, mixed(np.packbits([make.GetFingerprintAsNumPy(MolFromSmiles(one)) for one in chosen], axis=1)))
    return np.load(cache), FINGERPRINT


def embeddings(folder):
    """Signs of embeddings of sentences."""
    return sentences.embeddings(folder / "sentences.npy", 1 << 16), sentences.DIM


SETS = {"glyphs": glyphs, "molecules": molecules, "sentences": embeddings}
