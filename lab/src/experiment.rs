//! Experiments: a rule, how its self-term and values stand, from where it starts and how long it runs.

use std::fmt;

use popfield::dynamics::{Diagonal, Order, Update};
use popfield::learning::{Dependence, PseudoInverse, Storkey};
use popfield::{Named, Separation, Tie};

use crate::choice::choice;
use crate::error::{Error, Part, Result};
use crate::point::Point;

/// β of the exponential separation, over each dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BetaScaling {
    /// One number for all of them.
    Fixed(f64),
    /// 1/√d, rounded to the nearest `f64`.
    InverseRoot,
}

impl BetaScaling {
    /// β over dimension `dim`.
    pub fn at(self, dim: usize) -> f64 {
        match self {
            Self::Fixed(beta) => beta,
            Self::InverseRoot => 1.0 / (dim as f64).sqrt(),
        }
    }
}

impl fmt::Display for BetaScaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(beta) => write!(f, "{beta}"),
            Self::InverseRoot => f.write_str("1/sqrt(d)"),
        }
    }
}

/// What makes fields of overlaps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// f(s) = s.
    Hebb,
    /// Moore and Penrose's, which for independent keys is the pseudo-inverse rule.
    PseudoInverse,
    /// Storkey's, of patterns that recall themselves.
    Storkey,
    /// f(s) = s^K.
    ///
    /// Source: Krotov, Hopfield 2016, whose energy has the order K + 1.
    Polynomial(u32),
    /// f(s) = e^{βs}.
    ///
    /// Source: Demircigil et al. 2017.
    Exponential(BetaScaling),
    /// The nearest keys vote.
    Max,
}

/// Values, and the self-term where keys are their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// Values of their own.
    Hetero,
    /// Keys are their own values; each bit's own vote for itself counts, as in the literal sum.
    AutoKept,
    /// Keys are their own values; no bit votes for itself: W_jj = 0.
    AutoZeroed,
    /// Keys are their own values; a bit goes where the energy is lower.
    EnergyDifference,
}

/// How long the network runs, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Steps {
    /// Once for all positions.
    OneStep,
    /// All positions at once, to the limit.
    Sync,
    /// One position after the other, to the limit.
    Async,
}

/// The values of a hetero-associative memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Values {
    /// Independent fair bits, as many as the key has.
    Random,
    /// Every other value opposed to the tested one; its bits are all alike, so that one counts.
    Worst,
}

/// An experiment.
///
/// Keys are independent fair bits. A query is one of them with exactly round(`noise`·d) positions flipped.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Experiment {
    /// What makes fields of overlaps.
    pub rule: Rule,
    /// Values, and the self-term where keys are their own.
    pub setting: Setting,
    /// How long the network runs, and in which order.
    pub steps: Steps,
    /// The values of a hetero-associative memory.
    pub values: Values,
    /// The fraction of a query's positions that are flipped, from 0 to 1.
    pub noise: f64,
    /// What the sign of a field of 0 is.
    pub tie: Tie,
}

choice!(Setting, "setting", {
    Hetero => "hetero", "Values of their own";
    AutoKept => "auto-kept", "Keys are their own values; each bit's own vote for itself counts";
    AutoZeroed => "auto-zeroed", "Keys are their own values; no bit votes for itself";
    EnergyDifference => "energy-difference", "Keys are their own values; a bit goes where the energy is lower";
});

choice!(Steps, "steps", {
    OneStep => "one-step", "Once for all positions";
    Sync => "sync", "All positions at once, to the limit";
    Async => "async", "One position after the other, to the limit";
});

choice!(Values, "values", {
    Random => "random", "Independent fair bits, as many as the key has";
    Worst => "worst", "Every other value opposed to the tested one; its bits are all alike, so that one counts";
});

impl Rule {
    /// Its name, without its parameter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hebb => "hebb",
            Self::PseudoInverse => "pseudo-inverse",
            Self::Storkey => "storkey",
            Self::Polynomial(_) => "polynomial",
            Self::Exponential(_) => "exponential",
            Self::Max => "max",
        }
    }

    /// The separation over dimension `dim` that the rule is, if it learns no weights.
    ///
    /// # Errors
    /// [`popfield::Error::Parameter`] for a β or a degree outside its range.
    pub fn separation(self, dim: usize) -> Result<Option<Separation>> {
        Ok(match self {
            Self::Hebb => Some(Separation::Linear),
            Self::Polynomial(degree) => Some(Separation::polynomial(degree)?),
            Self::Exponential(beta) => Some(Separation::exponential(beta.at(dim))?),
            Self::Max => Some(Separation::Max),
            Self::PseudoInverse | Self::Storkey => None,
        })
    }

    /// The rule that learns weights, if it does.
    pub fn learned(self) -> Option<&'static dyn popfield::learning::Rule> {
        match self {
            Self::PseudoInverse => Some(&PseudoInverse { dependence: Dependence::MoorePenrose }),
            Self::Storkey => Some(&Storkey),
            _ => None,
        }
    }

    /// The settings that the rule has.
    fn settings(self) -> Vec<Setting> {
        // Storkey's rule knows no values.
        Setting::ALL.iter().copied().filter(|&s| self != Self::Storkey || s != Setting::Hetero).collect()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Polynomial(degree) => write!(f, "polynomial, degree {degree}"),
            Self::Exponential(beta) => write!(f, "exponential, β = {beta}"),
            rule => f.write_str(rule.name()),
        }
    }
}

impl Setting {
    /// Which memory recalls what, and how the own bit enters: nothing of that where values are of their own.
    pub fn self_term(self) -> Option<(Update, Diagonal)> {
        match self {
            Self::Hetero => None,
            Self::AutoKept => Some((Update::Field, Diagonal::Keep)),
            Self::AutoZeroed => Some((Update::Field, Diagonal::Zero)),
            Self::EnergyDifference => Some((Update::Difference, Diagonal::Zero)),
        }
    }

    /// The tie policy of recall, or where keys are their own values that of dynamics.
    pub fn default_tie(self) -> Tie {
        if self == Self::Hetero { Tie::Plus } else { Tie::Stay }
    }
}

impl Steps {
    /// The order of a run to the limit.
    pub fn order(self) -> Option<Order> {
        match self {
            Self::OneStep => None,
            Self::Sync => Some(Order::Synchronous),
            Self::Async => Some(Order::Fixed),
        }
    }
}

impl Experiment {
    /// One step from the stored pattern, random values, ties as they are by default in recall (hetero) or in dynamics.
    pub fn new(rule: Rule, setting: Setting) -> Self {
        let (steps, values) = (Steps::OneStep, Values::Random);
        Self { rule, setting, steps, values, noise: 0.0, tie: setting.default_tie() }
    }

    /// This experiment from patterns with a fraction `noise` of their positions flipped.
    pub fn noise(self, noise: f64) -> Self {
        Self { noise, ..self }
    }

    /// This experiment with other values.
    pub fn values(self, values: Values) -> Self {
        Self { values, ..self }
    }

    /// This experiment run otherwise.
    pub fn steps(self, steps: Steps) -> Self {
        Self { steps, ..self }
    }

    /// This experiment with another tie policy.
    pub fn tie(self, tie: Tie) -> Self {
        Self { tie, ..self }
    }

    /// Itself, if its parts go together.
    ///
    /// # Errors
    /// [`Error::Experiment`] for what the rule or the setting does not have, with what it has;
    /// [`popfield::Error::Parameter`] for a β or a degree outside its range.
    pub fn checked(self) -> Result<Self> {
        let refused = |part: Part, expected: &str, found: &str| {
            Err(Error::Experiment { part, expected: expected.to_owned(), found: found.to_owned() })
        };
        let rule = self.rule.name();
        let settings = self.rule.settings();
        if !settings.contains(&self.setting) {
            let has = settings.into_iter().map(Setting::name).collect::<Vec<_>>().join(", ");
            return refused(Part::Setting, &format!("one that {rule} has ({has})"), self.setting.name());
        }
        let hetero = self.setting == Setting::Hetero;
        if hetero && self.steps != Steps::OneStep {
            return refused(Part::Steps, "one-step, which is what hetero has", self.steps.name());
        }
        if !hetero && self.values == Values::Worst {
            let expected = format!("random: with {} keys are their own values", self.setting);
            return refused(Part::Values, &expected, "worst");
        }
        if hetero && self.tie == Tie::Stay {
            return refused(Part::Tie, "plus or minus: with hetero the query's own bit is none of its value's", "stay");
        }
        if !(0.0..=1.0).contains(&self.noise) {
            return refused(Part::Noise, "0 to 1", &self.noise.to_string());
        }
        // β and the degree have their ranges.
        self.rule.separation(1)?;
        Ok(self)
    }

    /// How much more the mean over `queries` queries to each memory varies than if these were independent, at the most; none
    /// where that is not known.
    ///
    /// Known is it of one step by a rule that learns no weights, whose field is Σ f(s_i) y_i over random keys. Two queries
    /// have the term in common in which either weighs the other's key, one of n − 1: their fields correlate by
    /// 1/(n − 1), and where one close pair is what fails, they fail together as seldom. And their fields are alike, by some
    /// r: in what f gives to all queries, (E f)²/E f², which is not 0 for an even power or a small β, and beyond that as
    /// much as the queries are, about 1/√d. As the value's sign is as likely as the other, errors correlate by even powers
    /// of r alone; of normal fields and an error that lies beyond z deviations, by r²(zφ(z))²/(2p(1 − p)), which is 0.31 r²
    /// at the most, and for the rest by r⁴ at the most (Gebelein 1941; Lancaster 1957).
    ///
    /// Runs to a limit are kept or lost together near a critical load, and so are the queries of a memory that learned
    /// weights of keys that may or may not depend on one another.
    pub fn design_effect(&self, point: Point, queries: u64) -> Option<f64> {
        if self.steps != Steps::OneStep || self.rule.learned().is_some() {
            return None;
        }
        if queries <= 1 {
            return Some(1.0);
        }
        let (d, others) = (point.dim as f64, (point.patterns.max(2) - 1) as f64);
        // (E f)² / E f², over overlaps of random keys.
        let mean = match self.rule {
            // E s^2k is close to (2k − 1)!! d^k.
            Rule::Polynomial(k) if k % 2 == 0 => {
                let log = |last: u32| (1..=last).step_by(2).map(|odd| libm::log(odd.into())).sum::<f64>();
                libm::exp(2.0 * log(k.saturating_sub(1)) - log(2 * k - 1))
            }
            Rule::Exponential(beta) => {
                // cosh(β)^2d / cosh(2β)^d, without what overflows.
                let log_cosh = |x: f64| x + libm::log1p(libm::exp(-2.0 * x)) - core::f64::consts::LN_2;
                let beta = beta.at(point.dim);
                libm::exp(d * (2.0 * log_cosh(beta) - log_cosh(2.0 * beta)))
            }
            _ => 0.0,
        };
        let alike = mean + (1.0 - mean) / d.sqrt();
        let square = alike * alike;
        let correlation = (1.0 / others + 0.31 * square + 0.69 * square * square).min(1.0);
        Some(1.0 + (queries - 1) as f64 * correlation)
    }

    /// Bits of an answer that count.
    pub fn answer_bits(&self, dim: usize) -> usize {
        if self.values == Values::Worst { 1 } else { dim }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(experiment: Experiment) -> String {
        experiment.checked().unwrap_err().to_string()
    }

    #[test]
    fn a_setting_that_the_rule_does_not_have_is_refused_with_those_it_has() {
        let hebb = |setting| Experiment::new(Rule::Hebb, setting);
        let text = refusal(Experiment::new(Rule::Storkey, Setting::Hetero));
        assert_eq!(
            text,
            "setting: expected one that storkey has (auto-kept, auto-zeroed, energy-difference), found hetero"
        );
        assert!(refusal(hebb(Setting::Hetero).steps(Steps::Sync)).contains("found sync"));
        assert!(refusal(hebb(Setting::AutoKept).values(Values::Worst)).contains("found worst"));
        assert!(refusal(Experiment { tie: Tie::Stay, ..hebb(Setting::Hetero) }).contains("found stay"));
        for noise in [-0.1, 1.1, f64::NAN] {
            assert!(refusal(hebb(Setting::Hetero).noise(noise)).contains("0 to 1"));
        }
        assert!(refusal(Experiment::new(Rule::Polynomial(0), Setting::Hetero)).contains("1 to 64"));
        assert!(hebb(Setting::AutoZeroed).steps(Steps::Async).checked().is_ok());
    }
}
