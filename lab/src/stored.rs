//! A trial in full: every pattern is drawn and stored, and the engine recalls.

use popfield::dynamics::Limit;
use popfield::learning::{MOST_KEYS, MOST_WEIGHTS};
use popfield::patterns::{NoiseModel, add_noise, stream};
use popfield::{Dynamics, Memory, Pattern, Patterns, Queries, Recall, Separation, Tie};
use rand_xoshiro::rand_core::Rng;

use crate::error::{Error, Result};
use crate::experiment::{Experiment, Rule, Setting, Steps, Values};
use crate::outcome::Outcome;
use crate::point::Point;

/// What a batch of queries came to.
struct Answers {
    patterns: Patterns,
    /// Tied bits of each.
    tied: Vec<u64>,
    unsettled: u64,
}

/// Draws the memory of trial `trial` at `point`, and asks for `queries` of its keys.
pub fn trial(experiment: &Experiment, point: Point, queries: u64, seed: u64, trial: u64) -> Result<Outcome> {
    let mut rng = stream(seed, &point.purpose("memory"), trial);
    let seed = rng.next_u64();
    let (patterns, dim) = (point.patterns as usize, point.dim);
    let keys = Patterns::random(patterns, dim, seed, "keys")?;
    // Spread over the order of storing from a random place, so that each key is as likely as any other.
    let shift = (u128::from(rng.next_u64()) * u128::from(point.patterns)) >> 64;
    let id = |k: u64| ((u128::from(k) * u128::from(point.patterns) + shift) / u128::from(queries)) as usize;
    let ids: Vec<usize> = (0..queries).map(id).collect();
    let asked = chosen(&keys, &ids)?;
    let noisy = Queries::from(add_noise(&asked, experiment.noise, NoiseModel::Exact, seed)?);
    let bits = experiment.answer_bits(dim) as u64;
    match (experiment.setting, experiment.values) {
        (Setting::Hetero, Values::Random) => {
            let values = Patterns::random(patterns, dim, seed, "values")?;
            let wanted = chosen(&values, &ids)?;
            let memory = Memory::hetero_associative(keys, values)?;
            let answers = recall(experiment.rule, &memory, &noisy, experiment.tie)?;
            conclude(trial, bits, &answers, &wanted)
        }
        (Setting::Hetero, Values::Worst) => {
            let signs = Patterns::random(1, ids.len(), seed, "values")?;
            worst(experiment, keys, &ids, &noisy, &signs, trial)
        }
        _ => {
            let memory = Memory::auto_associative(keys)?;
            let answers = relax(experiment, &memory, &noisy)?;
            conclude(trial, bits, &answers, &asked)
        }
    }
}

/// The patterns of these ids.
fn chosen(patterns: &Patterns, ids: &[usize]) -> Result<Patterns> {
    let chosen: Vec<Pattern> = ids.iter().filter_map(|&id| patterns.get(id)).collect();
    Ok(chosen.iter().collect::<popfield::Result<Patterns>>()?)
}

fn conclude(trial: u64, bits: u64, answers: &Answers, wanted: &Patterns) -> Result<Outcome> {
    let pairs = answers.patterns.iter().zip(wanted.iter());
    let wrong = pairs.map(|(answer, wanted)| Ok(u64::from(answer.distance(&wanted)?))).collect::<Result<Vec<u64>>>()?;
    Ok(Outcome::new(trial, bits, answers.tied.iter().sum(), answers.unsettled, wrong))
}

/// Column k of the values is the value of the k-th tested key: its sign there, and the opposite at every other key. So
/// one memory serves all tested keys, each by the bit of its own column.
fn worst(
    experiment: &Experiment,
    keys: Patterns,
    ids: &[usize],
    noisy: &Queries,
    signs: &Patterns,
    trial: u64,
) -> Result<Outcome> {
    let mut values = Patterns::filled(keys.len(), ids.len(), false)?;
    let sign: Vec<bool> = signs.iter().flat_map(|signs| signs.bits().iter().by_vals().collect::<Vec<_>>()).collect();
    for (column, (&id, &sign)) in ids.iter().zip(&sign).enumerate() {
        for row in 0..keys.len() {
            values.set(row, column, sign == (row == id));
        }
    }
    let memory = Memory::hetero_associative(keys, values)?;
    let own = |tie| -> Result<(Vec<bool>, bool)> {
        let answers = recall(experiment.rule, &memory, noisy, tie)?;
        let bit = |(column, answer): (usize, Pattern)| answer.bits()[column];
        Ok((answers.patterns.iter().enumerate().map(bit).collect(), answers.tied.iter().any(|&tied| tied > 0)))
    };
    let (answers, ties) = own(experiment.tie)?;
    let wrong = answers.iter().zip(&sign).map(|(answer, sign)| u64::from(answer != sign)).collect();
    // Tied bits are counted over all columns: those of the own column are those that the other policy decides
    // otherwise.
    let tied = match ties {
        false => 0,
        true => {
            let (others, _) = own(if experiment.tie == Tie::Plus { Tie::Minus } else { Tie::Plus })?;
            answers.iter().zip(&others).filter(|(a, b)| a != b).count() as u64
        }
    };
    Ok(Outcome::new(trial, 1, tied, 0, wrong))
}

/// The separation of a rule that learns no weights.
fn separation(rule: Rule, dim: usize) -> Result<Separation> {
    rule.separation(dim)?.ok_or_else(|| Error::Parameter {
        what: "rule",
        expected: "one that is a separation".to_owned(),
        found: rule.to_string(),
    })
}

/// One step, the self-term kept.
fn recall(rule: Rule, memory: &Memory, queries: &Queries, tie: Tie) -> Result<Answers> {
    if let Some(rule) = rule.learned() {
        let recalled = rule.learn(memory)?.recall(queries, popfield::dynamics::Diagonal::Keep, 1, tie)?;
        return Ok(Answers { patterns: recalled.patterns, tied: recalled.tied_bits, unsettled: 0 });
    }
    let recalled = memory.recall(queries, &Recall::new(separation(rule, memory.dim())?).tie(tie))?;
    Ok(one_step(recalled))
}

fn one_step(recalled: popfield::Recalled) -> Answers {
    let tied = recalled.reports.iter().map(|report| report.tied_bits).collect();
    Answers { patterns: recalled.patterns, tied, unsettled: 0 }
}

/// One step or a run to the limit, of patterns that recall themselves.
fn relax(experiment: &Experiment, memory: &Memory, queries: &Queries) -> Result<Answers> {
    let Experiment { rule, setting, steps, tie, .. } = *experiment;
    let Some((update, diagonal)) = setting.self_term() else { return recall(rule, memory, queries, tie) };
    let separation = rule.separation(memory.dim())?.unwrap_or(Separation::Linear);
    let dynamics = Dynamics::new(separation).update(update).diagonal(diagonal).tie(tie);
    let runs = match (steps.order(), rule.learned()) {
        (None, None) if setting == Setting::AutoKept => return recall(rule, memory, queries, tie),
        (None, None) => return Ok(one_step(memory.advance(queries, &dynamics)?)),
        // The difference of energies is the field with the diagonal zeroed where W is symmetric.
        (None, Some(rule)) => {
            let recalled = rule.learn(memory)?.recall(queries, diagonal, 1, tie)?;
            return Ok(Answers { patterns: recalled.patterns, tied: recalled.tied_bits, unsettled: 0 });
        }
        (Some(order), None) => memory.relax(queries, &dynamics.order(order))?,
        (Some(order), Some(rule)) => rule.learn(memory)?.relax(queries, &dynamics.order(order))?,
    };
    let unsettled = runs.iter().filter(|run| run.limit == Limit::StepLimit).count() as u64;
    let tied = runs.iter().map(|run| run.tied_bits).collect();
    let patterns = runs.iter().map(|run| &run.state).collect::<popfield::Result<Patterns>>()?;
    Ok(Answers { patterns, tied, unsettled })
}

/// Refuses sizes for which the library learns no weights.
pub fn check(experiment: &Experiment, point: Point) -> Result<()> {
    let (n, d) = (point.patterns, point.dim as u64);
    let (what, size, most) = match experiment.rule {
        // Weights are formed by Storkey's rule, and by others where they run to a limit.
        Rule::PseudoInverse if experiment.steps == Steps::OneStep => ("n or d", n.min(d), MOST_KEYS),
        Rule::PseudoInverse | Rule::Storkey => ("d", d, MOST_WEIGHTS.isqrt()),
        _ => return Ok(()),
    };
    if size > most as u64 {
        let (rule, bytes) = (experiment.rule.to_string(), bytes(experiment, point, 1));
        return Err(Error::TooLarge { rule, what, most: most as u64, point, bytes });
    }
    Ok(())
}

/// Bytes that a trial takes at the most, or nearly.
pub fn bytes(experiment: &Experiment, point: Point, queries: u64) -> u128 {
    let (n, d, q) = (u128::from(point.patterns), point.dim as u128, u128::from(queries));
    let packed = |len: u128, dim: u128| len * dim.div_ceil(64) * 8;
    let keys = packed(n, d);
    let values = match (experiment.setting, experiment.values) {
        (Setting::Hetero, Values::Random) => keys,
        (Setting::Hetero, Values::Worst) => packed(n, q),
        _ => 0,
    };
    // Distances and weights of a query under way, and its states.
    let under_way = match experiment.steps {
        Steps::OneStep => 4 * n + q * 4 * d,
        Steps::Sync => 8 * n + q * 64 * d,
        // All keys transposed where they are kept so, or those of a word.
        Steps::Async => {
            let transposed = packed(d.next_multiple_of(64), n);
            let kept = if transposed <= Dynamics::KEPT_BYTES as u128 { transposed } else { 0 };
            24 * n + 64 * n / 8 + q * 64 * d + kept
        }
    };
    let learned = match experiment.rule {
        Rule::Storkey => 24 * d * d,
        // The system and its inverse, and the values' products beside them.
        Rule::PseudoInverse => {
            let weights = if experiment.steps == Steps::OneStep { 0 } else { 8 * d * d };
            let small = n.min(d);
            weights + 40 * small * small + 8 * d * small
        }
        _ => 0,
    };
    keys + values + under_way + learned
}
