"""Images recalled from noise, and from a half: by the modern network, and by Hopfield's of 1982 beside it.

    pip install matplotlib
    python images.py --out images.png

The images are characters of the font that matplotlib brings, so nothing is fetched. They resemble one another, and most
of each is blank. Hopfield's weights sum all of them up and keep what they share; e^s gives nearly all weight to the one
that is nearest, whatever the others share. A few images of random pixels are recalled by both.
"""

import argparse

import numpy as np
import popfield
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Digits, and the letters of three alphabets; Unicode has no letter at one place among the Greek ones.
RANGES = ["09", "AZ", "az", "ΑΩ", "αω", "АЯ", "ая"]
CHARACTERS = [chr(code) for first, last in RANGES for code in range(ord(first), ord(last) + 1)]
CHARACTERS = [character for character in CHARACTERS if character.isprintable()]
FONTS = ["DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"]


def glyphs(count, size):
    """At most `count` characters as images, ink +1 and paper -1, no two alike: int8 (images, size * size)."""
    figure = Figure(figsize=(1, 1), dpi=size)
    canvas = FigureCanvasAgg(figure)
    text = figure.text(0.5, 0.5, "", ha="center", va="center_baseline", fontsize=58)
    images = {}
    for font in FONTS:
        text.set_fontfamily(font)
        for character in CHARACTERS:
            text.set_text(character)
            canvas.draw()
            ink = np.asarray(canvas.buffer_rgba())[:, :, 0] < 128
            images.setdefault(ink.tobytes(), np.where(ink.ravel(), 1, -1).astype(np.int8))
            if len(images) == count:
                return np.array(list(images.values()))
    return np.array(list(images.values()))


def flipped(images, share, rng):
    """The images with that share of the pixels of each, drawn at random, turned into their opposites."""
    order = rng.random(images.shape).argsort(axis=1)
    return np.where(order < round(share * images.shape[1]), -images, images)


def without_lower_half(images):
    """The images with 0 for each pixel of the lower half. In a query of ±1, 0 is a pixel of which nothing is known."""
    queries = images.copy()
    queries[:, images.shape[1] // 2 :] = 0
    return queries


def recall(memory, queries):
    """What the classical and the modern network make of the queries."""
    classical, _ = popfield.networks.hebb(memory).dynamics(queries, order="async")
    return classical, memory.recall(queries, separation="exponential")


def held(memory, images, queries, modern):
    """Whether every original was recalled whose overlap leads by more than ln n: the others together weigh less."""
    overlaps = memory.overlaps(queries)
    own = np.arange(len(images))
    lead = overlaps[own, own].copy()
    overlaps[own, own] = np.iinfo(overlaps.dtype).min
    lead -= overlaps.max(axis=1)
    return ((modern == images).all(axis=1) | (lead <= np.log(len(images)))).all()


def draw(rows, size, out):
    """One row of images for each pair of a title and patterns; those of answers framed green if right, else red."""
    shown = len(rows[0][1])
    width = 2.6 + 0.8 * shown
    figure = Figure(figsize=(width, 0.85 * len(rows)))
    FigureCanvasAgg(figure)
    margins = {"left": 2.4 / width, "right": 0.99, "bottom": 0.01, "top": 0.99}
    axes = figure.subplots(len(rows), shown, squeeze=False, gridspec_kw=margins)
    for across, (title, patterns, is_answer) in zip(axes, rows):
        across[0].set_ylabel(title, rotation=0, ha="right", va="center")
        for axis, pattern, original in zip(across, patterns, rows[0][1]):
            axis.imshow(-pattern.reshape(size, size), cmap="gray", vmin=-1, vmax=1)
            axis.set(xticks=[], yticks=[])
            if is_answer:
                axis.spines[:].set(color="green" if (pattern == original).all() else "red", linewidth=2)
    figure.savefig(out, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="how many images are stored (default 200)")
    parser.add_argument("--size", type=int, default=32, help="pixels across, and down (default 32)")
    parser.add_argument("--noise", type=float, default=0.25, help="the share of pixels that is flipped (default 0.25)")
    parser.add_argument("--shown", type=int, default=8, help="how many images are drawn (default 8)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="images.png", help="the figure (default images.png)")
    arguments = parser.parse_args()
    if arguments.size < 8 or not 0 <= arguments.noise <= 1 or arguments.shown < 1:
        parser.error("expected a --size of at least 8, a --noise from 0 to 1, and --shown of at least 1")
    rng = np.random.default_rng(arguments.seed)
    images = glyphs(arguments.count, arguments.size)
    if not 5 <= arguments.count <= len(images):
        parser.error(f"--count: expected 5 to {len(images)}, as many as there are, found {arguments.count}")
    images = rng.permutation(images)
    few = np.where(rng.random((5, images.shape[1])) < 0.5, -1, 1).astype(np.int8)

    print(f"Images of {arguments.size} x {arguments.size} pixels that are recalled in every one of them\n")
    print(f"{'stored':<20}{'prompted with':<22}{'classical':>10}{'modern':>10}")
    memories = [("5 of random pixels", few), ("5 characters", images[:5]), (f"{len(images)} characters", images)]
    for name, stored in memories:
        memory = popfield.Memory(stored)
        rows = [("stored", stored, False)]
        prompts = [
            (f"{100 * arguments.noise:.0f} % flipped", flipped(stored, arguments.noise, rng)),
            ("lower half unknown", without_lower_half(stored)),
        ]
        for prompt, queries in prompts:
            classical, modern = recall(memory, queries)
            assert held(memory, stored, queries, modern)
            right = [(answers == stored).all(axis=1).mean() for answers in (classical, modern)]
            print(f"{name:<20}{prompt:<22}{right[0]:>10.1%}{right[1]:>10.1%}")
            rows += [(prompt, queries, False), ("classical", classical, True), ("modern", modern, True)]
    shown = [(title, patterns[: arguments.shown], is_answer) for title, patterns, is_answer in rows]
    draw(shown, arguments.size, arguments.out)
    print(f"\n{arguments.out} shows some of the last: right answers framed green, wrong ones red.")


if __name__ == "__main__":
    main()
