"""The vectors that every face of popfield is held to, which lie beside the library's own tests."""

import pathlib

import numpy as np
import popfield
import pytest

FILE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "vectors" / "recall.txt"

ELEMENTS = {"+": 1, "-": -1, "?": 0}


def row(text):
    return np.array([ELEMENTS[sign] for sign in text], np.int8)


def ids(text):
    return None if text == "*" else [int(one) for one in text.split(",")]


def given(**choices):
    """The choices that the file makes."""
    return {name: choice for name, choice in choices.items() if choice != "*"}


def memory_of(stored):
    numbers, keys, *values = zip(*stored)
    return popfield.Memory(np.stack(keys), *map(np.stack, values), ids=numbers)


def wrong(file):
    """The names of the vectors that are answered otherwise, and how many there are."""
    names, count, stored, memory = [], 0, [], None
    for line in file.splitlines():
        match line.split("\t"):
            case ["M", *_]:
                stored, memory = [], None
            case ["K", number, *patterns]:
                stored.append((int(number), *map(row, patterns)))
            case ["V", name, separation, beta, degree, steps, tie, only, exclude, query, *expected]:
                memory = memory or memory_of(stored)
                query = row(query)
                choices = given(separation=separation, beta=beta, degree=degree, steps=steps, tie=tie)
                for number, of in (("beta", float), ("degree", int), ("steps", int)):
                    if number in choices:
                        choices[number] = of(choices[number])
                # What is unknown is told by itself, as one query of the file may hold no -1.
                answer, report = memory.recall(
                    np.where(query == 0, 1, query), known=query != 0, only=ids(only), exclude=ids(exclude), report=True, **choices
                )
                text = "".join("+" if sign > 0 else "-" for sign in answer)
                told = [report[of] for of in ("tied_bits", "nearest_id", "nearest_distance", "nearest_count")]
                names += [name] * ([text, *map(str, told)] != expected)
                count += 1
            case _:
                assert line.startswith("#"), line
    return names, count


@pytest.fixture(scope="module")
def file():
    return FILE.read_text(encoding="ascii")


def test_every_vector_is_answered(file):
    assert wrong(file) == ([], 400)


def test_a_wrong_bit_is_seen(file):
    line = next(line for line in file.splitlines() if line.startswith("V\tm31v5\t"))
    fields = line.split("\t")
    fields[10] = ("-" if fields[10].startswith("+") else "+") + fields[10][1:]
    assert wrong(file.replace(line, "\t".join(fields)))[0] == ["m31v5"]
