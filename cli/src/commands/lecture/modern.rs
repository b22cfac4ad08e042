//! The modern network: overlaps told apart by a steeper function.

use popfield::separation::{Beta, Degree};
use popfield_lab::theory::{exponential, polynomial};
use popfield_lab::{BetaScaling, Experiment, Interval, Observable, Point, Range, Rule, Setting, Steps, Study, Values};

use super::chart::{BLACK, Chart};
use super::claim::{Claim, Predicted, Row, Section, Shown};
use super::teacher::{Run, Teacher, crossing, list, meeting};
use crate::failure::Result;

pub const SECTION: Section = Section {
    id: "modern",
    title: "The modern network",
    lead: "The linear rule fails because many weak strangers outvote one strong friend. Let a steeper function of the overlap \
           be the weight, sign[Σ_{i} f(⟨x, x_{i}⟩) y_{i}], and the friend wins again: a power first, then an exponential.",
    claims: &[
        Claim {
            id: "polynomial",
            title: "A power of the overlap: n grows as d^{K}",
            lead: "With f(s) = s^{K} the friend weighs d^{K}, while n strangers of about √d each add up to √n·d^{K/2}. They are \
                   equal at n = d^{K}, up to a constant.",
            statement: "The number of patterns recalled grows as d^{K}; with random values, or by the difference of energies.",
            correction: Some(
                "The constant falls fast: n = d^{K}/((2K−1)!! z^{2}), where a standard normal exceeds z with the error allowed. \
                 And it is the setting that counts: with keys as values and the literal sum it is false from K = 3 on, as the \
                 next claim shows.",
            ),
            source: "Krotov, Hopfield 2016; at finite d by the exact moments of crosstalk.",
            show: powers,
        },
        Claim {
            id: "degree",
            title: "Odd and even degrees",
            lead: "An even power forgets the sign of the overlap: x and −x prompt for the same. And it takes away the fair coin \
                   that protected against the worst values. Odd powers keep it, but from 3 on they bring another trouble: \
                   with keys as values, crosstalk is biased towards the prompt's own bits.",
            statement: "For even K the worst values cut capacity from d^{K} to d^{K/2}; for odd K ≥ 3 the literal sum over \
                        patterns that recall themselves just returns its prompt, errors and all.",
            correction: Some(
                "“Values are arbitrary” holds for odd degrees. “The dense network sign[Σ s^{K} x] has capacity d^{K}” does \
                 not hold with the self-term: use the difference of energies (Krotov and Hopfield's update), or values.",
            ),
            source: "Exact moments of crosstalk, taken as normal; the self-term ½ E[(S_{d−1}+1)^{K} − (S_{d−1}−1)^{K}] a stranger.",
            show: degrees,
        },
        Claim {
            id: "exponential",
            title: "An exponential: n grows as e^{rd}",
            lead: "With f(s) = e^{βs} the friend weighs e^{β(1−2p)d}. Strangers are as many as e^{rd}, and the loudest \
                   of them decide: overlap ad is met once r exceeds the exponent at which P[S_{d} ≥ ad] falls with d. \
                   So the measure of load is now the rate (ln n)/d, and at some rate it all tips over.",
            statement: "sign[Σ exp(β⟨x, x_{i}⟩) y_{i}] recalls n = e^{rd} patterns for every r below a threshold r(β, p), and none \
                        above: n ~ exp(Ω(d)).",
            correction: Some(
                "Proofs give a rate that is safe, not the threshold. For one bit, β = 1 and p = 0.1 it is I(0.8) = \
                 0.3681 (random values) and 0.8 − ln cosh 1 = 0.3662 (worst), where I(a) = ½[(1+a) ln(1+a) + (1−a) \
                 ln(1−a)] is the exponent of large overlaps: P[S_{d} ≥ ad] = e^{−dI(a) + …}. All patterns at once \
                 halve the first (next claim). At d = 40 the fall is still gentle: finite-size laws, not the limit, \
                 are what to compare with.",
            ),
            source: "Random energy model (Derrida 1981); Lucibello, Mézard 2024; finite sizes by inversion of the characteristic \
                     function.",
            show: threshold,
        },
        Claim {
            id: "all-patterns",
            title: "All patterns at once, proven",
            lead: "For one pattern to be safe is not for all to be: the nearest two of e^{αd} patterns are much nearer than \
                   typical ones. That costs a factor of two in the exponent.",
            statement: "With β = 1, updating by the difference of energies, and n = e^{αd} with α < I(1−2p)/2, all \
                        patterns are recalled in every bit from noise p in one step, with probability → 1 as d → ∞. I \
                        is that of the claim before.",
            correction: None,
            source: "Demircigil, Heusel, Löwe, Upgang, Vermet 2017 (Theorem 1.3 of arXiv:1702.01929v2); union bound.",
            show: all_patterns,
        },
        Claim {
            id: "iterated",
            title: "One step, or more",
            lead: "Should the step be repeated, as Hopfield's is? Where the right pattern has nearly all of the weight, one step \
                   is all it takes. Where it has not quite, the step still repairs some bits, and the next one starts from \
                   nearer.",
            statement: "Well below the threshold one step recalls the pattern; running on to the limit helps near the \
                        threshold, and above it nothing does.",
            correction: None,
            source: "Bounds on the error of a bit in one step, by the union bound.",
            show: iterated,
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
    let mut chart = Chart::new("patterns n", "bit error").log_x().log_y().upwards(1e-3, 0.5);
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
            let name = format!("K = {degree}, d = {dim}");
            chart = match thick {
                0 => chart.dashes(number, name, law.clone()),
                _ => chart.line(number, name, law.clone()),
            };
            chart = chart.dots(number, "", dots.clone());
            if let (Some(measured), predicted) = (crossing(&dots, ERROR), meeting(&law, ERROR)) {
                shown = shown.row(Row::estimate(
                    format!("K = {degree}, d = {dim}: n at which 2 % of bits are wrong"),
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
            let law = predicted.map_or(String::new(), |power| format!(", at these d {power:.2}"));
            let what = format!("K = {degree}: power of d in n, from d = 32 to 64{law}");
            shown = shown.row(Row::estimate(what, Predicted::Limit(f64::from(degree)), measured));
        }
        shown.commands.push(run.command);
    }
    let shown = shown.note(
        "2 % of bits are wrong between two points of a command, on a straight line in the logarithms; powers are from \
         those n.",
    );
    shown.plate(chart.plate(
        "Values apart from keys, clean prompts; lines take crosstalk as normal. From d = 32 (dashed) to d = 64 (solid) \
         curves move right by a factor of 2^{K}.",
    ))
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
    let mut chart = Chart::new("patterns n", "bit error").log_x().upwards(0.0, 1.02);
    // Where each begins to err.
    let places = [64, 4096, 512, 2048];
    let names =
        ["K = 2, worst values", "K = 3, worst values", "K = 3, literal sum, p = 0.1", "K = 3, energies, p = 0.1"];
    for (number, (run, name)) in [&even, &odd, &kept, &difference].into_iter().zip(names).enumerate() {
        chart = chart.line(number, name, run.law("normal", DIM, n)).dots(number, "", run.dots(DIM, n));
        let measured = run.at(DIM, places[number])?;
        let what = format!("bit error, {name}, n = {}", places[number]);
        let predicted = run.predicted("normal", measured).map_or(Predicted::Nothing, Predicted::About);
        shown = shown.row(Row::estimate(what, predicted, measured.estimate));
    }
    let measured = kept.at(DIM, 8192)?;
    let flipped = popfield::patterns::flips(0.1, DIM) as f64 / DIM as f64;
    let what = "bit error, K = 3, literal sum, n = 8192, by what the prompt had";
    shown = shown.row(Row::estimate(what, Predicted::Limit(flipped), measured.estimate));
    let degree = Degree::new(2)?;
    let random = polynomial::hetero(DIM as u64, 512, 0, degree)?;
    shown.plate(chart.plate(format!(
        "d = {DIM}; lines take crosstalk as normal. With random values K = 2 errs in {:.1} % of bits at n = 512. The green \
         curve comes to rest at the noise of the prompt.",
        100.0 * random
    )))
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
    let mut chart = Chart::new("rate (ln n)/d", "bit error").upwards(0.0, 1.02);
    for (index, dim) in dims.into_iter().enumerate() {
        chart = match index {
            0 => chart.dashes(0, "random values, d = 20", random.law("numeric", dim, Point::rate)).dashes(
                1,
                "worst values, d = 20",
                worst.law("numeric", dim, Point::rate),
            ),
            _ => chart.line(0, "random values, d = 40", random.law("numeric", dim, Point::rate)).line(
                1,
                "worst values, d = 40",
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
            let what = format!("bit error, {name}, d = 40, at rate {rate:.2}, {side} the threshold");
            shown = shown.row(Row::estimate(what, value(run.predicted(law, measured)), measured.estimate));
        }
    }
    let chart = chart.place(BLACK, "threshold for d → ∞", exponential::random_threshold(0.1, beta)?).place(
        2,
        "proven for all patterns",
        exponential::demircigil_rate(0.1)?,
    );
    shown.plate(chart.plate(
        "β = 1, prompts with 10 % of bits flipped; n from 55 to 500 million. Lines are exact for these d. Beyond the \
         threshold random values leave a coin's error, the worst ones 1.",
    ))
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
        let what = format!("memories that fail in any bit, d = {dim}, n = e^{{0.12d}} = {patterns}");
        rows.push(Row::estimate(what, Predicted::AtMost(bound), failure));
        failures.push((dim as f64, failure));
        bounds.push((dim as f64, bound));
    }
    let chart = Chart::new("dimension d", "memories that fail")
        .dashes(1, "union bound", bounds)
        .dots(0, "measured", failures)
        .upwards(0.0, 1.03);
    Shown::new(vec![run.command])
        .note("The command prints the share of memories that are recalled; those that fail are the rest.")
        .rows(rows)
        .plate(chart.plate("α = 0.12 < I(0.8)/2 = 0.184: though n grows with d, failures become rare."))
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
            let what = format!("patterns recalled, {name}, n = {}", measured.point.patterns);
            shown = shown.row(Row::estimate(what, predicted, measured.estimate));
        }
    }
    let chart = Chart::new("rate (ln n)/d", "patterns recalled whole")
        .place(BLACK, "threshold for d → ∞", exponential::random_threshold(0.2, beta)?)
        .dots(0, "one step", one.dots(DIM, Point::rate))
        .dots(1, "to the limit", limit.dots(DIM, Point::rate))
        .upwards(0.0, 1.03);
    shown.plate(chart.plate(format!("β = 1, d = {DIM}, prompts with 20 % of bits flipped, all positions at once.")))
}
