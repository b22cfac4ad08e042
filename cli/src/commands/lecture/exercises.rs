//! The answers to the exercises, worked out again by the library and the laboratory.

use popfield::dynamics::{Diagonal, Limit, Order};
use popfield::learning::{Hebb, Rule as _};
use popfield::separation::Beta;
use popfield::{Dynamics, Memory, Pattern, Patterns, Recall, Separation, Tie};
use popfield_lab::theory::{attention, capacity, exponential, one_step, overlaps};

use super::{SECTIONS, markup};

/// The answer to an exercise, as text.
fn answer(section: &str, number: usize) -> String {
    let section = SECTIONS.iter().find(|found| found.id == section).unwrap();
    markup::plain(section.exercises[number].answer)
}

/// That the answer says this.
fn says(section: &str, number: usize, what: &str) {
    let answer = answer(section, number);
    assert!(answer.contains(what), "{what}: {answer}");
}

fn patterns(rows: &[&[i8]]) -> Patterns {
    Patterns::from_signs(&rows.concat(), rows[0].len()).unwrap()
}

fn opposite(pattern: &Pattern) -> Pattern {
    Pattern::from_signs(&pattern.to_signs().into_iter().map(|sign| -sign).collect::<Vec<_>>()).unwrap()
}

#[test]
fn of_auto_association() {
    let wrong = 1000.0 * one_step::auto_zeroed(1000, 50, 250).unwrap().error(Tie::Stay);
    says("auto-association", 0, &format!("{:.0} signs of 1000", wrong));
    let error = |n| one_step::auto_kept(4000, n, 0).unwrap().error(Tie::Stay);
    let worst = (1000..16000).step_by(100).max_by(|&a, &b| error(a).total_cmp(&error(b))).unwrap();
    assert!((3500..=4500).contains(&worst), "{worst}");
    says("auto-association", 1, &format!("{:.1} %", 100.0 * error(4000)));
}

#[test]
fn of_the_hopfield_network() {
    let memory = Memory::auto_associative(patterns(&[&[1, 1]])).unwrap();
    let run = |order| {
        let dynamics = Dynamics::new(Separation::Linear).order(order).diagonal(Diagonal::Zero);
        memory.relax(&patterns(&[&[1, -1]]).into(), &dynamics).unwrap().remove(0)
    };
    assert_eq!(run(Order::Synchronous).limit, Limit::Cycle(2));
    says("hopfield", 0, "a cycle of two");
    let end = run(Order::Fixed);
    assert!(end.limit == Limit::FixedPoint && end.state == Pattern::from_signs(&[-1, -1]).unwrap());
    says("hopfield", 0, "(−1, −1)");

    let (d, n) = (16, 4);
    let memory = Memory::auto_associative(Patterns::hadamard(n, d).unwrap()).unwrap();
    let key = memory.keys().get(1).unwrap();
    let start: Patterns = [&key].into_iter().collect::<popfield::Result<_>>().unwrap();
    let dynamics = Dynamics::new(Separation::Linear).order(Order::Fixed).diagonal(Diagonal::Zero);
    let energy = memory.relax(&start.into(), &dynamics).unwrap()[0].energies[0].to_f64();
    assert_eq!(energy, -0.5 * (d * (d - n)) as f64);
    says("hopfield", 1, "E = −½(d² − nd) = −½d (d − n)");

    // Agreements of the sign of five with the first, less disagreements, over all ways that coins fall.
    let overlap: i32 = (0..32u32).map(|coins| if (coins.count_ones() >= 3) == (coins & 1 == 1) { 1 } else { -1 }).sum();
    assert_eq!(overlap * 8, 3 * 32);
    says("hopfield", 2, "3/8d");
}

#[test]
fn of_hetero_association() {
    let error = |n| one_step::hetero(1000, n, 0).unwrap().error(Tie::Plus);
    assert!(error(105) <= 1e-3 && error(106) > 1e-3, "{} {}", error(105), error(106));
    says("hetero-association", 0, "n = 105");
    says("hetero-association", 1, &format!("{:.2}", 0.999_f64.powi(1000)));
}

#[test]
fn of_linear_algebra() {
    let memory = Memory::auto_associative(Patterns::hadamard(4, 4).unwrap()).unwrap();
    let all: Vec<Vec<i8>> =
        (0..16).map(|coins| (0..4).map(|j| if coins >> j & 1 == 1 { 1 } else { -1 }).collect()).collect();
    let prompts = Patterns::from_signs(&all.concat(), 4).unwrap();
    let answers = Hebb.learn(&memory).unwrap().recall(&prompts.clone().into(), Diagonal::Keep, 1, Tie::Plus).unwrap();
    assert!(answers.patterns.iter().eq(prompts.iter()));
    says("linear-algebra", 0, "sign(Wx) = x");
}

#[test]
fn of_one_step_capacity() {
    for limit in [
        capacity::mceliece_one(1000, 0.0).unwrap(),
        capacity::mceliece_all(1000, 0.0).unwrap(),
        capacity::mceliece_one(1000, 0.1).unwrap(),
    ] {
        says("one-step-capacity", 0, &format!("{limit:.0}"));
    }
    let any = |pair: f64| overlaps::any_pair_bound(23, pair).unwrap();
    says("one-step-capacity", 1, &format!("{:.3}", any(overlaps::hoeffding_pair(100, 0.4).unwrap())));
    let printed = any(overlaps::printed_pair(100, 0.4).unwrap());
    assert_eq!(format!("{printed:.1e}"), "2.8e-5");
    says("one-step-capacity", 1, "2.8·10⁻⁵");
    let truth = overlaps::any_pair(100, 23, 0.4).unwrap();
    assert!(truth.low > 0.00985 && truth.high < 0.00995, "{truth:?}");
    says("one-step-capacity", 1, "0.0099");
    assert_eq!((truth.low / printed / 50.0).round(), 7.0);
    says("one-step-capacity", 1, "350 times");
}

#[test]
fn of_the_modern_network() {
    for (degree, odd) in [(1, 1.0), (2, 3.0), (3, 15.0)] {
        says("modern", 0, &format!("{:.0}", 100f64.powi(degree) / (odd * 9.0)));
    }
    let (one, all) = (exponential::random_threshold(0.1, Beta::new(1.0).unwrap()), exponential::demircigil_rate(0.1));
    for rate in [one.unwrap(), all.unwrap()] {
        let count = format!("{:.1e}", (100.0 * rate).exp());
        let (lead, exponent) = count.split_once('e').unwrap();
        let raised: String = exponent.chars().map(super::formula::raise).collect();
        says("modern", 1, &format!("{lead}·10{raised}"));
    }

    let keys = Patterns::random(4, 100, 5, "exercise").unwrap();
    let memory = Memory::auto_associative(keys.clone()).unwrap();
    let first = keys.get(0).unwrap();
    let prompt = opposite(&first);
    let prompts: Patterns = [&prompt].into_iter().collect::<popfield::Result<_>>().unwrap();
    let recalled =
        |separation| memory.recall(&prompts.clone().into(), &Recall::new(separation)).unwrap().patterns.get(0).unwrap();
    assert_eq!(recalled(Separation::polynomial(2).unwrap()), first);
    assert_eq!(recalled(Separation::polynomial(3).unwrap()), prompt);
    let nearest = keys.iter().skip(1).min_by_key(|key| key.distance(&prompt).unwrap()).unwrap();
    assert_eq!(recalled(Separation::exponential(1.0).unwrap()), nearest);
}

#[test]
fn of_attention() {
    let prompt = [1i8; 10];
    let (mut one, mut other) = (prompt, prompt);
    one[..3].fill(-1);
    other[3..6].fill(-1);
    let memory = Memory::auto_associative(patterns(&[&prompt, &one, &other])).unwrap();
    let weights = memory.attention_weights(&patterns(&[&prompt]).into(), Beta::new(1.0).unwrap()).unwrap();
    says("attention", 0, &format!("{:.4}", weights[0]));
    says("attention", 0, &format!("{:.4}", 2.0 * weights[0] - 1.0));
    let slope = attention::slope(0.0, Beta::new(0.125).unwrap()).unwrap();
    says("attention", 1, &format!("{slope:.2}"));
    says("attention", 1, &format!("{:.0}", (64.0 / slope).exp()));
}
