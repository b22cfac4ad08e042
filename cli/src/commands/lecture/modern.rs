//! The modern network: overlaps told apart by a steeper function.

use popfield::separation::{Beta, Degree};
use popfield::{Memory, Pattern, Patterns, Recall, Separation};
use popfield_lab::theory::{exponential, polynomial};
use popfield_lab::{BetaScaling, Experiment, Interval, Observable, Point, Range, Rule, Setting, Steps, Study, Values};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Exercise, Predicted, Row, Section, Shown};
use super::picture::{self, Picture, among_strangers, damaged, face};
use super::plate::Plate;
use super::teacher::{Run, Teacher, crossing, list, meeting};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "modern",
    title: "The modern network",
    lead: r"The linear rule fails because many weak strangers outvote one strong friend. Let a steeper function $f$ of the
        overlap be the weight, $$\operatorname{sign}\Bigl(\sum_{i=1}^n f(\langle x, x_i\rangle)\, y_i\Bigr),$$ and the friend wins
        again: a power $f(s) = s^K$ first, then an exponential $f(s) = e^{\beta s}$.",
    claims: &[
        Claim {
            id: "polynomial",
            title: "A power of the overlap: $n$ grows as $d^K$",
            lead: r"With $f(s) = s^K$ the friend weighs $d^K$, while $n$ strangers of about $\sqrt d$ each add up to $\sqrt
                n\,d^{K/2}$. They are equal at $n = d^K$, up to a constant.",
            statement: r"The number of patterns recalled grows as $d^K$; with random values, or by the difference of energies.",
            derivation: &[
                r"Multiplied by the right sign the field is $d^K + \sum_{i>1} y_{1j}y_{ij}\langle x_1, x_i\rangle^K$. Random values
                    give each term a fair sign, so the sum has mean $0$ and variance $(n-1)\,\mathrm E[S_d^{2K}]$.",
                r"$S_d$ is nearly $\sqrt d$ times a standard normal variable, whose moment of order $2K$ is $(2K-1)!! = 1 \cdot 3
                    \cdot 5 \cdots (2K-1)$. So crosstalk is of the size of $\sqrt{n\,(2K-1)!!\; d^K}$.",
                r"Let a standard normal variable exceed $z$ with the error allowed. The signal must be $z$ times the crosstalk: $$n
                    = \frac{d^K}{(2K-1)!!\; z^2}.$$",
                r"The difference of energies asks at each position whether $+1$ or $-1$ gives the lower energy $-\sum_i F(\langle x,
                    x_i\rangle)$, the others held still, where $F(s) = s^{K+1}$. Then too every stranger's term has a fair sign, as
                    the next claim needs.",
            ],
            correction: Some(
                r"The constant falls fast, with $(2K-1)!!$: $1$, $3$, $15$, $105$. And it is the setting that counts: with keys as
                values and the literal sum the claim is false from $K = 3$ on, as the next one shows.",
            ),
            source: r"[@krotov2016]; at finite $d$ by the exact moments of crosstalk.",
            show: powers,
        },
        Claim {
            id: "degree",
            title: "Odd and even degrees",
            lead: r"An even power forgets the sign of the overlap: $x$ and $-x$ prompt for the same. And it takes away the fair coin
                that protected against the worst values. Odd powers keep it, but from $3$ on they bring another trouble: with keys
                as values, crosstalk is biased towards the prompt's own signs.",
            statement: r"For even $K$ the worst values cut capacity from $d^K$ to $d^{K/2}$; for odd $K \ge 3$ the literal sum over
                many patterns that recall themselves, from $n \approx d^2/3$ on, just returns its prompt, errors and all.",
            derivation: &[
                r"Even $K$: with $y_i = -y_1$ the crosstalk is $-\sum_{i>1} \langle x_1, x_i\rangle^K$. No term is positive, and their
                    mean is about $(K-1)!!\;d^{K/2}$: they reach $d^K$ at $n = d^{K/2}/(K-1)!!$. Odd $K$: $S_d^K$ is as fair as
                    $S_d$, and the worst values are no worse than random ones.",
                r"Keys as values: stranger $i$ adds $x_{ij}\langle x, x_i\rangle^K$ at position $j$. Its overlap is $T + x_{ij}s_j$,
                    where $s_j$ is the prompt's sign there and $T$ the sum over the other positions, $d-1$ coins.",
                r"In the direction of $s_j$ that is, on average over $x_{ij}$ and $T$, $$\tfrac12 \mathrm E\bigl[(S_{d-1}+1)^K -
                    (S_{d-1}-1)^K\bigr],$$ which for $K = 3$ is $3(d-1) + 1$: about $3d$ from every stranger.",
                r"So $n$ strangers vote for the prompt with $3dn$. From $n = d^2/3$ on that is more than the friend's $d^3$, long before
                    crosstalk, $\sqrt{15\,n\,d^3}$, gets as large, at $n = d^3/15$.",
                r"In the difference of energies stranger $i$ adds $x_{ij}\,[F(T+1) - F(T-1)]$. Here $T$ knows nothing of $x_{ij}$:
                    fair again.",
            ],
            correction: Some(
                r"“Values are arbitrary” holds for odd degrees. “The dense network $\operatorname{sign}(\sum_i s_i^K x_i)$ has capacity
                $d^K$”, where $s_i$ is the overlap with key $i$, does not hold with the self-term: use the difference of energies,
                which is Krotov and Hopfield's update, or values.",
            ),
            source: r"Exact moments of crosstalk, taken as normal; [@krotov2016].",
            show: degrees,
        },
        Claim {
            id: "exponential",
            title: "An exponential: $n$ grows as $e^{rd}$",
            lead: r"With $f(s) = e^{\beta s}$ the friend weighs $e^{\beta(1-2p)d}$. Strangers are as many as $e^{rd}$, and the loudest
                of them decide: some are at overlap $ad$ once $r$ exceeds the exponent $I(a)$ at which $\mathrm P[S_d \ge ad]$
                falls with $d$. So the measure of load is now the rate $r = (\ln n)/d$, and at some rate it all tips over.",
            statement: r"$\operatorname{sign}(\sum_i e^{\beta\langle x, x_i\rangle} y_i)$ recalls $n = e^{rd}$ patterns for every $r$ below a
                threshold $r(\beta, p)$, and none above: $n = e^{\Omega(d)}$.",
            derivation: &[
                r"As in Section 5, $\mathrm P[S_d \ge ad] \le e^{-tad}(\cosh t)^d$ for every $t > 0$. The best is $\tanh t = a$, where
                    it is $e^{-dI(a)}$ with $$I(a) = \tfrac{1+a}2\ln(1+a) + \tfrac{1-a}2\ln(1-a),$$ and this exponent is the true
                    one.",
                r"So about $e^{d(r - I(a))}$ strangers are at overlap $ad$ as long as $I(a) \le r$, and beyond there are none. With
                    random values they add up with fair signs: their crosstalk is the root of their number, times $e^{\beta ad}$, or
                    $$e^{d\,[(r - I(a))/2 + \beta a]}.$$",
                r"As $a$ grows the exponent rises up to $\tanh 2\beta$. If $\tanh 2\beta > 1-2p$, as with $\beta = 1$ and $p = 0.1$,
                    the loudest strangers decide, those at $I(a) = r$, and the friend's $e^{\beta(1-2p)d}$ wins while they are
                    farther than it: $r < I(1-2p)$.",
                r"The worst values all have one sign, so that crosstalk is the sum itself: $n\,\mathrm E[e^{\beta S_d}] = e^{d(r +
                    \ln\cosh\beta)}$. The friend wins for $r < \beta(1-2p) - \ln\cosh\beta$.",
            ],
            correction: Some(
                r"Proofs give a rate that is safe, not the threshold. For one bit, $\beta = 1$ and $p = 0.1$ it is $I(0.8) = 0.3681$
                with random values and $0.8 - \ln\cosh 1 = 0.3662$ with the worst. All patterns at once halve the first (next
                claim). At $d = 40$ the fall is still gentle: finite-size laws, not the limit, are what to compare with.",
            ),
            source: r"Random energy model [@derrida1981]; [@lucibello2024]; finite sizes by inversion of the characteristic function.",
            show: threshold,
        },
        Claim {
            id: "all-patterns",
            title: "All patterns at once, proven",
            lead: r"For one pattern to be safe is not for all to be: the nearest two of $e^{\alpha d}$ patterns are much nearer than
                typical ones. That costs a factor of two in the exponent. (Here $\alpha$ is a rate, as in the paper, not $n/d$.)",
            statement: r"With $\beta = 1$, updating by the difference of energies, and $n = e^{\alpha d}$ with $\alpha < I(1-2p)/2$, all
                patterns are recalled in every bit from noise $p$ in one step, with probability $\to 1$ as $d \to \infty$.",
            derivation: &[
                r"For $F(s) = e^s$ the difference $F(T+1) - F(T-1)$ is $(e - e^{-1})\,e^T$: the same exponential sum,
                    over the other $d-1$ positions.",
                r"A prompt of pattern $i$ is in danger if a stranger's overlap with it comes near the friend's $(1-2p)d$. For one pair of
                    prompt and stranger that has probability $e^{-dI(1-2p)}$, nearly.",
                r"There are fewer than $n^2 = e^{2\alpha d}$ such pairs. By the union bound some pair is in danger with probability at
                    most $e^{d(2\alpha - I(1-2p))}$, which tends to $0$ if $\alpha < I(1-2p)/2$. The $d$ bits of each add a factor
                    $d$, which is nothing beside an exponential.",
                r"What all other strangers add up to is less than the friend by an exponential factor at such rates.",
            ],
            correction: None,
            source: r"[@demircigil2017], Theorem 1.3 of version 2 on arXiv; union bound.",
            show: all_patterns,
        },
        Claim {
            id: "iterated",
            title: "One step, or more",
            lead: r"Should the step be repeated, as Hopfield's is? Where the right pattern has nearly all of the weight, one step is
                all it takes. Where it has not quite, the step still repairs some signs, and the next one starts from nearer.",
            statement: r"Well below the threshold one step recalls the pattern; running on to the limit helps near the threshold, and
                above it nothing does.",
            derivation: &[
                r"Below the threshold $r(\beta, p)$ the error $q$ of a bit falls exponentially with $d$, so that by the union bound a
                    pattern is whole but for a chance of $d\,q$, which falls too.",
                r"Near it a step leaves a share $p'$ wrong. If $p' < p$, the friend's weight is now $e^{\beta(1-2p')d}$ and the threshold
                    $r(\beta, p')$ is higher: the next step is farther below it than the first was.",
                r"Above it a stranger is nearer to the prompt than the friend. The step goes to the stranger, and further steps stay
                    there.",
            ],
            correction: None,
            source: r"Bounds on the error of a bit in one step, by the union bound.",
            show: iterated,
        },
    ],
    exercises: &[
        Exercise {
            task: r"For $d = 100$ and one bit in 740 wrong ($z = 3$), how many patterns does the constant give for $K = 1, 2, 3$?",
            answer: r"$n = d^K/((2K-1)!! \cdot 9)$: $11$, $370$ and $7407$.",
        },
        Exercise {
            task: r"Work out $I(0.8)$. How many patterns of $d = 100$ does $\beta = 1$ hold at most, with 10 % noise: so that one is
                recalled, and so that all are, by the proven rate?",
            answer: r"$I(0.8) = 0.9\ln 1.8 + 0.1\ln 0.2$, which is $0.368$. One: $e^{36.8} \approx 9.7 \cdot 10^{15}$. All: half the rate,
                $e^{18.4} \approx 9.8 \cdot 10^7$. Both are limits for large $d$.",
        },
        Exercise {
            task: r"Keys are values. What do $K = 2$, $K = 3$ and the exponential answer to $-x_1$, where few patterns are stored?",
            answer: r"$K = 2$: the overlap $-d$ weighs $d^2$, so $x_1$. $K = 3$: it weighs $-d^3$, so $-x_1$. The exponential gives
                $x_1$ the least weight of all, $e^{-\beta d}$, and answers with the stranger that is nearest to $-x_1$.",
        },
    ],
};

fn n(point: Point) -> f64 {
    point.patterns as f64
}

fn value(predicted: Option<f64>) -> Predicted {
    predicted.map_or(Predicted::Nothing, Predicted::Value)
}

fn powers(teacher: &Teacher) -> Result<Shown> {
    /// The error at which numbers of patterns are compared.
    const ERROR: f64 = 0.02;
    const DIMS: [usize; 2] = [32, 64];
    let mut chart = Chart::new("patterns $n$", "share of bits wrong").log_x().log_y().upwards(1e-3, 0.5);
    let mut shown = Shown::new(Vec::new());
    for (number, (degree, first, last)) in
        [(1, 4.0, 64.0), (2, 16.0, 1024.0), (3, 64.0, 16384.0)].into_iter().enumerate()
    {
        let study = Study::new(Experiment::new(Rule::Polynomial(degree), Setting::Hetero))
            .dims(DIMS)
            .patterns(Range::geometric(first, last, 2.0)?)
            .observable(Observable::BitError);
        let run = teacher.measure(study, 200)?;
        let mut found = Vec::new();
        for (thick, dim) in DIMS.into_iter().enumerate() {
            let (dots, law) = (run.dots(dim, n), run.law("normal", dim, n));
            let name = format!("$K = {degree}$, $d = {dim}$");
            chart = match thick {
                0 => chart.dashes(number, name, law.clone()),
                _ => chart.line(number, name, law.clone()),
            };
            chart = chart.dots(number, "", dots.clone());
            if let (Some(measured), predicted) = (crossing(&dots, ERROR), meeting(&law, ERROR)) {
                shown = shown.row(Row::estimate(
                    format!("$K = {degree}$, $d = {dim}$: $n$ at which 2 % of bits are wrong"),
                    predicted.map_or(Predicted::Nothing, Predicted::About),
                    measured,
                ));
                found.push((measured, predicted));
            }
        }
        if let [(small, law_small), (large, law_large)] = found[..] {
            let power = |small: f64, large: f64| libm::log2(large / small);
            let measured = Interval {
                value: power(small.value, large.value),
                low: power(small.high, large.low),
                high: power(small.low, large.high),
            };
            let predicted = law_small.zip(law_large).map(|(small, large)| power(small, large));
            let law = predicted.map_or(String::new(), |power| format!(", by the law {power:.2}"));
            let what = format!("$K = {degree}$: power of $d$ in $n$, from $d = 32$ to $64${law}");
            shown = shown.row(Row::estimate(what, Predicted::Limit(f64::from(degree)), measured));
        }
        shown.commands.push(run.command);
    }
    let shown = shown.note(
        "2 % of bits are wrong between two points of a command, on a straight line in the logarithms; powers are from \
         those $n$.",
    );
    Ok(shown.plate(chart.plate(
        "Values apart from keys, clean prompts; lines take crosstalk as normal. From $d = 32$ (dashed) to $d = 64$ (solid) \
         curves move right by a factor of $2^K$.",
    )))
}

fn degrees(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 64;
    let run = |experiment| {
        let study = Study::new(experiment)
            .dims([DIM])
            .patterns(Range::geometric(16.0, 8192.0, 2.0)?)
            .observable(Observable::BitError);
        teacher.measure(study, 100)
    };
    let worst = |degree| Experiment::new(Rule::Polynomial(degree), Setting::Hetero).values(Values::Worst);
    let own = |setting| Experiment::new(Rule::Polynomial(3), setting).noise(0.1);
    let (even, odd) = (run(worst(2))?, run(worst(3))?);
    let (kept, difference) = (run(own(Setting::AutoKept))?, run(own(Setting::EnergyDifference))?);
    let mut shown = Shown::new([&even, &odd, &kept, &difference].map(|run| run.command.clone()).into());
    let mut chart = Chart::new("patterns $n$", "share of bits wrong").log_x().upwards(0.0, 1.02);
    // Where each begins to err.
    let places = [64, 4096, 512, 2048];
    let names = [
        "$K = 2$, worst values",
        "$K = 3$, worst values",
        "$K = 3$, literal sum, $p = 0.1$",
        "$K = 3$, energies, $p = 0.1$",
    ];
    for (number, (run, name)) in [&even, &odd, &kept, &difference].into_iter().zip(names).enumerate() {
        chart = chart.line(number, name, run.law("normal", DIM, n)).dots(number, "", run.dots(DIM, n));
        let measured = run.at(DIM, places[number])?;
        let what = format!("share of bits wrong, {name}, $n = {}$", places[number]);
        let predicted = run.predicted("normal", measured).map_or(Predicted::Nothing, Predicted::About);
        shown = shown.row(Row::estimate(what, predicted, measured.estimate));
    }
    let measured = kept.at(DIM, 8192)?;
    let flipped = popfield::patterns::flips(0.1, DIM) as f64 / DIM as f64;
    let what = "share of bits wrong, $K = 3$, literal sum, $n = 8192$, by what the prompt had";
    shown = shown.row(Row::estimate(what, Predicted::Limit(flipped), measured.estimate));
    let degree = Degree::new(2)?;
    let random = polynomial::hetero(DIM as u64, 512, 0, degree)?;
    Ok(shown.note("The pictures are of one memory that the library drew.").plate(inside_out(teacher)?).plate(
        chart.plate(format!(
            "$d = {DIM}$; lines take crosstalk as normal. With random values $K = 2$ errs in {:.1} % of bits at $n = 512$. The \
             curve of the literal sum comes to rest at the noise of the prompt.",
            100.0 * random
        )),
    ))
}

/// What powers make of a damaged face that was turned inside out.
fn inside_out(teacher: &Teacher) -> Result<Plate> {
    const SIDE: usize = 20;
    let face = face(SIDE)?;
    let signs: Vec<i8> = face.to_signs().into_iter().map(|sign| -sign).collect();
    let opposite = Pattern::from_signs(&signs)?;
    let memory = Memory::auto_associative(among_strangers(&face, 39, teacher.seed)?)?;
    let mut pictures = vec![Picture::of(&face, SIDE).label("stored")];
    for prompt in damaged(&opposite, &[0.1], teacher.seed)? {
        pictures.push(Picture::of(&prompt, SIDE).label("prompt, inside out with 10 % noise"));
        let prompts = [&prompt].into_iter().collect::<popfield::Result<Patterns>>()?;
        for degree in [1, 2, 3, 4] {
            let recall = Recall::new(Separation::polynomial(degree)?);
            let answers = memory.recall(&prompts.clone().into(), &recall)?.patterns;
            pictures.extend(answers.iter().map(|answer| Picture::of(&answer, SIDE).label(format!("$K = {degree}$"))));
        }
    }
    Ok(picture::plate(
        vec![picture::Row::new("", pictures)],
        "Odd powers recall the face inside out, as they were asked to; even ones the face. One of 40 patterns is the face.",
        "A stored face; the prompt, the same with ink and blank exchanged and some cells wrong; the answers: inside out for \
         odd powers, the face for even ones.",
    ))
}

/// e^{βs} with β = 1.
const EXPONENTIAL: Rule = Rule::Exponential(BetaScaling::Fixed(1.0));

fn threshold(teacher: &Teacher) -> Result<Shown> {
    let dims = [20, 40];
    let run = |rule, values, prediction| {
        let study = Study::new(Experiment::new(rule, Setting::Hetero).values(values).noise(0.1))
            .dims(dims)
            .rate(Range::linear(0.2, 0.5, 0.03)?)
            .observable(Observable::BitError)
            .predictions([prediction]);
        teacher.measure(study, 1000)
    };
    let random = run(EXPONENTIAL, Values::Random, "numeric")?;
    let worst = run(EXPONENTIAL, Values::Worst, "numeric")?;
    let max = run(Rule::Max, Values::Random, "exact")?;
    let beta = Beta::new(1.0)?;
    let mut shown = Shown::new([&random, &worst, &max].map(|run| run.command.clone()).into());
    let mut chart = Chart::new(r"rate $r = (\ln n)/d$", "share of bits wrong").upwards(0.0, 1.02);
    for (index, dim) in dims.into_iter().enumerate() {
        chart = match index {
            0 => chart.dashes(0, "random values, $d = 20$", random.law("numeric", dim, Point::rate)).dashes(
                1,
                "worst values, $d = 20$",
                worst.law("numeric", dim, Point::rate),
            ),
            _ => chart.line(0, "random values, $d = 40$", random.law("numeric", dim, Point::rate)).line(
                1,
                "worst values, $d = 40$",
                worst.law("numeric", dim, Point::rate),
            ),
        };
        chart = chart.dots(0, "", random.dots(dim, Point::rate)).dots(1, "", worst.dots(dim, Point::rate));
    }
    // One rate on either side.
    for (name, run, law) in
        [("random values", &random, "numeric"), ("worst values", &worst, "numeric"), ("max", &max, "exact")]
    {
        for index in [2, 9] {
            let Some(measured) = run.of(40).nth(index) else { continue };
            let rate = measured.point.rate();
            let side = if rate < 0.366 { "below" } else { "above" };
            let what = format!("share of bits wrong, {name}, $d = 40$, $r = {rate:.2}$, {side} the threshold");
            shown = shown.row(Row::estimate(what, value(run.predicted(law, measured)), measured.estimate));
        }
    }
    let chart = chart.place(BLACK, r"threshold for $d \to \infty$", exponential::random_threshold(0.1, beta)?).place(
        2,
        "proven for all patterns",
        exponential::demircigil_rate(0.1)?,
    );
    Ok(shown.plate(chart.plate(
        r"$\beta = 1$, prompts with 10 % of signs flipped; $n$ from 55 to 500 million. Lines are exact for these $d$. Beyond
            the threshold random values leave a coin's error, the worst ones 1.",
    )))
}

fn all_patterns(teacher: &Teacher) -> Result<Shown> {
    let dims = [20, 30, 40, 50];
    let study = Study::new(Experiment::new(EXPONENTIAL, Setting::EnergyDifference).noise(0.1))
        .dims(dims)
        .rate(list([0.12])?)
        .observable(Observable::All);
    let run = teacher.measure(study, teacher.choose(200, 100))?;
    let beta = Beta::new(1.0)?;
    let (mut failures, mut bounds, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for (dim, measured) in dims.into_iter().filter_map(|dim| Some((dim, run.of(dim).next()?))) {
        let patterns = measured.point.patterns;
        let flips = popfield::patterns::flips(0.1, dim) as u64;
        let bit = exponential::energy_difference(dim as u64, patterns, flips, beta)?.high;
        let bound = (bit * (patterns * dim as u64) as f64).min(1.0);
        let Interval { value, low, high } = measured.estimate;
        let failure = Interval { value: 1.0 - value, low: 1.0 - high, high: 1.0 - low };
        let what = format!("share of memories that fail in any bit, $d = {dim}$, $n = e^{{0.12d}} = {patterns}$");
        rows.push(Row::estimate(what, Predicted::AtMost(bound), failure));
        failures.push((dim as f64, failure));
        bounds.push((dim as f64, bound));
    }
    let chart = Chart::new("dimension $d$", "share of memories that fail")
        .dashes(1, "union bound", bounds)
        .dots(0, "measured", failures)
        .upwards(0.0, 1.03);
    Ok(Shown::new(vec![run.command])
        .note("The command prints the share of memories that are recalled; those that fail are the rest.")
        .rows(rows)
        .plate(chart.plate(r"$\alpha = 0.12 < I(0.8)/2 = 0.184$: though $n$ grows with $d$, failures become rare.")))
}

fn iterated(teacher: &Teacher) -> Result<Shown> {
    const DIM: usize = 30;
    let run = |steps| {
        let study = Study::new(Experiment::new(EXPONENTIAL, Setting::EnergyDifference).steps(steps).noise(0.2))
            .dims([DIM])
            .rate(Range::linear(0.05, 0.3, 0.05)?)
            .queries(16)
            .without_predictions();
        teacher.compare(&["dynamics"], study, 100)
    };
    let (one, limit) = (run(Steps::OneStep)?, run(Steps::Sync)?);
    let beta = Beta::new(1.0)?;
    let mut shown = Shown::new(vec![one.command.clone(), limit.command.clone()]);
    let bound = |run: &Run, index: usize| -> Result<Predicted> {
        let Some(measured) = run.of(DIM).nth(index) else { return Ok(Predicted::Nothing) };
        let flips = popfield::patterns::flips(0.2, DIM) as u64;
        let bit = exponential::energy_difference(DIM as u64, measured.point.patterns, flips, beta)?.high;
        Ok(match 1.0 - bit * DIM as f64 {
            least if least > 0.0 => Predicted::AtLeast(least),
            _ => Predicted::Nothing,
        })
    };
    for index in [0, 2, 4] {
        for (name, run) in [("one step", &one), ("to the limit", &limit)] {
            let Some(measured) = run.of(DIM).nth(index) else { continue };
            let predicted = if name == "one step" { bound(run, index)? } else { Predicted::Nothing };
            let what = format!("share of patterns recalled, {name}, $n = {}$", measured.point.patterns);
            shown = shown.row(Row::estimate(what, predicted, measured.estimate));
        }
    }
    let chart = Chart::new(r"rate $r = (\ln n)/d$", "share of patterns recalled whole")
        .place(BLACK, r"threshold for $d \to \infty$", exponential::random_threshold(0.2, beta)?)
        .dots(0, "one step", one.dots(DIM, Point::rate))
        .dots(1, "to the limit", limit.dots(DIM, Point::rate))
        .upwards(0.0, 1.03);
    Ok(shown.plate(
        chart.plate(format!("$\\beta = 1$, $d = {DIM}$, prompts with 20 % of signs flipped, all positions at once.")),
    ))
}
