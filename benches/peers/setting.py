"""What a comparison is made with: peers that are here, their versions, the machine; and tables of it."""

import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def peer(name):
    """A peer's module, or a word that it is not here."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        print(f"{name} is not here: skipped ({error})", file=sys.stderr)
        return None


def version(module):
    return getattr(module, "__version__", "?") if module else "not here"


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def told(command, tiers, modules):
    """One paragraph: the command, popfield and its tiers, the machine, and the version of each module by its name."""
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout.strip()
    versions = ", ".join(f"{name} {version(module)}" for name, module in modules.items())
    return (f"`{command}`, popfield {commit}, tier {', '.join(sorted(tiers))}; {processor()}, {os.cpu_count()} cores, "
            f"{platform.system()}; {rustc}; Python {platform.python_version()}, {versions}.")


def table(header, rows, texts=()):
    """Lines of a table that is aligned to read as it stands; columns whose names are in `texts` stand to the left."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    left = [name in texts for name in header]
    lines = [
        "| " + " | ".join(c.ljust(w) if l else c.rjust(w) for c, w, l in zip(row, widths, left)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) if l else "-" * (w + 1) + ":" for w, l in zip(widths, left)) + "|")
    return lines


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    print(path)
