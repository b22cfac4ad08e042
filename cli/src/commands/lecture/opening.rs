//! What stands before the first claim: the picture at the top, what a reader must know, the notation.

use popfield::patterns::{NoiseModel, add_noise, flips};
use popfield::{Memory, Patterns, Recall, Separation};

use super::picture::{self, Picture, Row, face};
use super::plate::Plate;
use super::teacher::Teacher;
use crate::commands::demo::digits::{Digits, SIDE};
use crate::failure::Result;

/// Its drawings.
pub struct Opening {
    pub top: Plate,
    pub overlap: Plate,
}

/// What the page is about, below its title.
pub const DECK: &str = r"A memory that is asked with a damaged picture and answers with the whole one. This page is its
    theory in a chain of claims, from the sum of outer products to the attention of language models. Beside each claim
    stands what popfield measured when it wrote the page, the reason why it is so, and the commands that measure it
    again.";

/// What a pattern is.
pub const PATTERNS: [&str; 2] = [
    r"You need linear algebra, and a little probability; nothing of neural networks. A pattern is a vector of $d$ signs,
    each $+1$ or $-1$. It is drawn here as a picture of $d$ cells, row by row: ink is $+1$, blank is $-1$. Where the
    theory speaks of random patterns, every sign is the toss of a fair coin, independent of all others.",
    r"How alike two patterns $x$ and $x'$ are is told by their overlap, the inner product $\langle x, x'\rangle$: every
    position at which they agree adds $1$, every other one takes $1$ away. If they differ at $h$ positions, which is
    their distance, the overlap is $d - 2h$. A pattern has overlap $d$ with itself, and $-d$ with itself turned inside
    out.",
];

/// What sums of coins do.
pub const COINS: [&str; 2] = [
    r"Two random patterns agree at about half of their positions, so their overlap is near $0$: it is a sum of $d$ fair
    signs. Write $S_k$ for the sum of $k$ independent fair signs. Its mean is $0$, its variance $k$, so it is of the size
    of $\sqrt k$, and for large $k$ it is nearly normal: it exceeds $z\sqrt k$ with the probability
    $\tfrac12\operatorname{erfc}(z/\sqrt2)$ with which a standard normal variable exceeds $z$.",
    r"That is all there is to the theory. Recall is a contest between one large overlap, that of the pattern one asks
    for, and a sum of many small ones, which is called crosstalk. Whoever knows how large $S_k$ gets, and how seldom,
    knows how much a memory holds.",
];

/// How to read the claims.
pub const READING: [&str; 2] = [
    r"Under each claim is a table: what theory predicts, what was measured, and an interval. Intervals are at 95 %, over
    memories drawn at random: about one in twenty misses its prediction by chance. Predictions are those at the very
    sizes measured, except where $\to$ says that they are limits for large $d$, $\approx$ that they are approximations
    (crosstalk taken as normal, or bits as independent), and $\le$ and $\ge$ that they are bounds.",
    r"Derivations, commands and answers are folded: open what you want. Paste the commands into a shell, and they give the
    same numbers; a terminal rounds some of them further, and with `--json` all digits are there. Some lines pass JSON on
    to jq, a program that picks figures out. Where a figure is not in what a command prints, a note says where it is
    from.",
];

/// Every sign that is used in more than one claim, and what it means.
pub const NOTATION: [(&str, &str); 24] = [
    (r"$d$", r"dimension: the number of signs in a pattern"),
    (r"$n$", r"number of stored patterns; $\alpha = n/d$ is the load"),
    (
        r"$x_i,\; y_i$",
        r"the $i$-th stored key and its value, $i = 1,\dots,n$; $y_i = x_i$ where patterns recall themselves",
    ),
    (r"$x_{ij},\; y_{ij}$", r"their signs at position $j$"),
    (r"$x$", r"the prompt, which is what one asks with; where steps are repeated, the state"),
    (r"$p$", r"noise: the share of the prompt's signs that are flipped"),
    (r"$\langle x, x_i\rangle$", r"overlap: agreements less disagreements, $d - 2h$ at distance $h$"),
    (
        r"$\operatorname{sign}$",
        r"$+1$ or $-1$, position by position. At exactly $0$, a tie, it is $+1$; where patterns recall
        themselves the prompt's sign stays",
    ),
    (r"$W$", r"matrix of weights; $Wx$ is the field"),
    (r"$X,\; Y$", r"matrices with the keys and the values as columns"),
    (r"$\mathrm P,\; \mathrm E$", r"probability and mean, over the coins"),
    (r"$S_k$", r"sum of $k$ independent fair signs"),
    (
        r"$\operatorname{erfc}$",
        r"$\tfrac12\operatorname{erfc}(z/\sqrt2)$ is the probability that a standard normal variable
        exceeds $z$",
    ),
    (r"$q$", r"error of a bit: the probability that one sign of the answer is wrong"),
    (r"$E(x)$", r"energy of a state"),
    (r"$m$", r"overlap divided by $d$: $1 - 2p$ if a share $p$ is wrong"),
    (r"$\sigma$", r"singular value"),
    (r"$X^+$", r"pseudo-inverse of $X$"),
    (r"$f$", r"separation: the weight that an overlap is given; $f(s) = s$, $s^K$ or $e^{\beta s}$"),
    (r"$K,\; \beta$", r"its degree; its steepness"),
    (r"$r = (\ln n)/d$", r"rate: the load where $n$ grows as $e^{rd}$"),
    (r"$I(a)$", r"exponent of large overlaps: $\mathrm P[S_d \ge ad]$ falls as $e^{-dI(a)}$"),
    (r"$\ln,\; \sim$", r"natural logarithm; “the ratio tends to $1$”"),
    (r"$\Theta,\; \Omega$", r"of the order of; at least of the order of"),
];

pub fn show(teacher: &Teacher) -> Result<Opening> {
    Ok(Opening { top: top(teacher)?, overlap: overlap(teacher)? })
}

/// Ten digits, and what two memories make of their damaged copies.
fn top(teacher: &Teacher) -> Result<Plate> {
    const NOISE: f64 = 0.15;
    let digits = Digits::load()?;
    let chosen: Vec<_> = digits.one_of_each().into_iter().filter_map(|place| digits.images.get(place)).collect();
    let stored = chosen.iter().collect::<popfield::Result<Patterns>>()?;
    let memory = Memory::auto_associative(stored.clone())?;
    let prompts = add_noise(&stored, NOISE, NoiseModel::Exact, teacher.seed)?;
    let answers = |separation| -> Result<Patterns> {
        Ok(memory.recall(&prompts.clone().into(), &Recall::new(separation))?.patterns)
    };
    let (linear, modern) = (answers(Separation::Linear)?, answers(Separation::exponential(1.0)?)?);
    let row = |name: &str, patterns: &Patterns| {
        let pairs = patterns.iter().zip(stored.iter());
        Row::new(name, pairs.map(|(answer, right)| Picture::against(&answer, &right, SIDE)))
    };
    let whole =
        |answers: &Patterns| answers.iter().zip(stored.iter()).filter(|(answer, right)| answer == right).count();
    let (few, many) = (whole(&linear), whole(&modern));
    let flipped = flips(NOISE, SIDE * SIDE);
    Ok(picture::plate(
        vec![
            row("Stored", &stored),
            row("Asked with", &prompts),
            row("Answer of the linear sum, Section 1", &linear),
            row("Answer of the exponential sum, Section 6", &modern),
        ],
        format!(
            "Ten handwritten digits [@alpaydin1998] are stored, and each is asked for with {flipped} of its {} pixels \
             flipped. The linear sum brings back {few} of 10, the exponential sum {many}. This page explains why, and \
             how far it goes.",
            SIDE * SIDE
        ),
        format!(
            "Four rows of ten pictures: the stored digits 0 to 9; the same with {flipped} pixels flipped; the answers of \
             the linear sum, blends of several digits, {few} of 10 right; the answers of the exponential sum, {many} of \
             10 right."
        ),
    ))
}

/// Two patterns and where they differ.
fn overlap(teacher: &Teacher) -> Result<Plate> {
    const SIDE: usize = 12;
    let shape = face(SIDE)?;
    let one: Patterns = [&shape].into_iter().collect::<popfield::Result<_>>()?;
    let noisy = add_noise(&one, 0.1, NoiseModel::Exact, teacher.seed)?;
    let random = Patterns::random(1, SIDE * SIDE, teacher.seed, "opening")?;
    let mut pictures = vec![Picture::of(&shape, SIDE).label(format!("$x$, with itself ${}$", SIDE * SIDE))];
    for (name, others) in [("a damaged copy", &noisy), ("a random pattern", &random)] {
        for other in others.iter() {
            let distance = shape.distance(&other)?;
            let overlap = (SIDE * SIDE) as i64 - 2 * i64::from(distance);
            let label = format!("{name}: distance ${distance}$, overlap ${overlap}$");
            pictures.push(Picture::against(&other, &shape, SIDE).label(label));
        }
    }
    Ok(picture::plate(
        vec![Row::new("", pictures)],
        format!(
            "A pattern of $d = {}$ signs, and two others; cells in which they differ from it are marked.",
            SIDE * SIDE
        ),
        "Three pictures: a face, the same with some cells flipped, and cells drawn by coins.",
    ))
}
