"""Every public name has a docstring, and the examples there run."""

import doctest
import inspect
import pathlib
import re
import types

import numpy as np
import popfield
import pytest


def documented():
    yield "popfield", popfield
    for module in (popfield, popfield.networks, popfield.theory):
        for name in module.__all__:
            thing = getattr(module, name)
            yield f"{module.__name__}.{name}", thing
            if inspect.isclass(thing) and not issubclass(thing, Exception):
                for member, method in vars(thing).items():
                    if not member.startswith("_"):
                        yield f"{module.__name__}.{name}.{member}", getattr(thing, member)


@pytest.mark.parametrize("name, thing", [pytest.param(*pair, id=pair[0]) for pair in documented()])
def test_docstring(name, thing):
    if isinstance(thing, types.ModuleType) and name.startswith("popfield.theory."):
        return
    text = inspect.getdoc(thing)
    assert text, f"{name} has no docstring"
    needs_example = callable(thing) and not (inspect.isclass(thing) and issubclass(thing, Exception))
    example = doctest.DocTestParser().get_doctest(text, {"np": np, "popfield": popfield}, name, None, 0)
    assert example.examples or not needs_example or name.endswith("Network"), f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(example)
    assert runner.failures == 0


def blocks_of(page):
    text = (pathlib.Path(__file__).parents[2] / page).read_text()
    blocks = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "import popfield" in block]
    assert blocks
    return blocks


@pytest.mark.parametrize("page", ["README.md", "python/README.md", "docs/files-and-stores.md"])
def test_readme(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks_of(page):
        exec(block, {})


def test_the_page_of_four_faces(capsys):
    (block,) = blocks_of("docs/four-faces.md")
    exec(block, {})
    assert capsys.readouterr().out == "++++----  nearest 0 at distance 1, full\n"
