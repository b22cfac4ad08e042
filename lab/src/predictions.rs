//! Predictions by name: which experiments each is about, and what it says of them.

use std::fmt;

use popfield::patterns::flips;
use popfield::separation::{Beta, Degree};

use crate::error::{Error, Result};
use crate::experiment::{BetaScaling, Experiment, Rule, Setting, Steps, Values};
use crate::outcome::Observable;
use crate::point::Point;
use crate::theory::{ags, capacity, exponential, nearest, one_step, polynomial, pseudo_inverse, success};

/// What a prediction says, as a function of the experiment and where it is made.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Says {
    /// The probability that a bit is wrong at a point; other observables follow as if bits were independent.
    Error(fn(&Experiment, Point) -> Predicted),
    /// A bound on that from above; other observables follow by the union bound.
    Bound(fn(&Experiment, Point) -> Predicted),
    /// What is measured itself.
    Measured(fn(&Experiment, Point, Observable) -> Predicted),
    /// A number of patterns for each dimension, and an observable, up to which recall succeeds.
    Patterns(fn(&Experiment, usize, Observable) -> Predicted),
}

/// A number, if the law says one there.
pub type Predicted = Result<Option<f64>>;

/// A prediction: a law of [`theory`](crate::theory), and which experiments it speaks of.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Prediction {
    /// Its name, which stays.
    pub name: &'static str,
    /// What it is, for a legend.
    pub about: &'static str,
    /// What it says.
    pub says: Says,
    /// Whether it takes so long that it is asked at measured points alone.
    pub slow: bool,
    applies: fn(&Experiment, Observable) -> bool,
}

/// All predictions: a new one is an entry here.
pub const PREDICTIONS: &[Prediction] = &[
    Prediction {
        name: "exact",
        about: "exact law of a bit, with its ties",
        says: Says::Error(exact),
        slow: false,
        applies: |e, o| match e.rule {
            Rule::Hebb => e.steps == Steps::OneStep,
            // The bits of an answer are those of one nearest key.
            Rule::Max => hetero(e) && (bitwise(o) || e.values == Values::Worst),
            _ => false,
        },
    },
    Prediction {
        name: "erfc",
        about: "normal crosstalk, large d",
        says: Says::Error(erfc),
        slow: false,
        applies: |e, _| {
            e.steps == Steps::OneStep
                && (e.rule == Rule::Hebb || e.rule == Rule::PseudoInverse && e.setting != Setting::Hetero)
        },
    },
    Prediction {
        name: "hoeffding",
        about: "Hoeffding's bound",
        says: Says::Bound(|e, p| capacity::hoeffding_bit(dim(p), p.patterns, flipped(e, p)).map(Some)),
        slow: false,
        applies: |e, _| e.rule == Rule::Hebb && hetero(e),
    },
    Prediction {
        name: "mceliece",
        about: "McEliece et al. 1987",
        says: Says::Patterns(|e, dim, o| {
            let (dim, noise) = (dim as u64, e.noise);
            if dim < 2 || noise >= 0.5 {
                return Ok(None);
            }
            (if o == Observable::All { capacity::mceliece_all } else { capacity::mceliece_one })(dim, noise).map(Some)
        }),
        slow: false,
        applies: |e, o| e.rule == Rule::Hebb && zeroed(e) && !bitwise(o),
    },
    Prediction {
        name: "ags",
        about: "Amit, Gutfreund, Sompolinsky",
        says: Says::Error(|_, p| Ok(ags::retrieval(p.load())?.map(|state| state.bit_error))),
        slow: false,
        applies: retrieval,
    },
    Prediction {
        name: "ags-critical",
        about: "α_c = 0.1379",
        says: Says::Patterns(|_, dim, _| Ok(Some(ags::critical_load() * dim as f64))),
        slow: false,
        applies: retrieval,
    },
    Prediction {
        name: "independence",
        about: "n = d",
        says: Says::Patterns(|_, dim, _| Ok(Some(dim as f64))),
        slow: false,
        applies: |e, _| {
            e.rule == Rule::PseudoInverse
                && e.noise == 0.0
                && e.setting != Setting::AutoZeroed
                && e.setting != Setting::EnergyDifference
        },
    },
    Prediction {
        name: "normal",
        about: "normal crosstalk",
        says: Says::Error(normal),
        slow: false,
        applies: |e, _| {
            matches!(e.rule, Rule::Polynomial(_)) && e.steps == Steps::OneStep && e.setting != Setting::AutoZeroed
        },
    },
    Prediction {
        name: "krotov-hopfield",
        about: "Krotov, Hopfield 2016",
        says: Says::Error(|e, p| {
            degree(e)?.map(|k| polynomial::krotov_hopfield_error(dim(p), p.patterns, e.noise, k)).transpose()
        }),
        slow: false,
        applies: |e, _| krotov_hopfield(e),
    },
    Prediction {
        name: "krotov-hopfield-clean",
        about: "Krotov, Hopfield: no errors",
        says: Says::Patterns(|e, dim, _| match degree(e)? {
            Some(k) if dim >= 2 && e.noise < 0.5 => polynomial::krotov_hopfield_clean(dim as u64, e.noise, k).map(Some),
            _ => Ok(None),
        }),
        slow: false,
        applies: |e, o| krotov_hopfield(e) && o == Observable::Pattern,
    },
    Prediction {
        name: "threshold",
        about: "threshold of (ln n)/d",
        says: Says::Patterns(|e, dim, o| {
            let Some(beta) = beta(e, dim)? else { return Ok(None) };
            let rate = match (e.values, o) {
                (Values::Random, Observable::All) => exponential::random_rate_all(e.noise, beta)?,
                (Values::Random, _) => exponential::random_threshold(e.noise, beta)?,
                (Values::Worst, Observable::All) => exponential::worst_rate_all(e.noise, beta)?,
                (Values::Worst, _) => exponential::worst_threshold(e.noise, beta)?,
            };
            Ok(Some(libm::exp(rate * dim as f64)))
        }),
        slow: false,
        applies: |e, _| matches!(e.rule, Rule::Exponential(_)) && e.steps == Steps::OneStep && (hetero(e) || zeroed(e)),
    },
    Prediction {
        name: "demircigil",
        about: "Demircigil et al. 2017",
        says: Says::Patterns(|e, dim, _| match e.noise < 0.5 {
            true => Ok(Some(libm::exp(exponential::demircigil_rate(e.noise)? * dim as f64) + 1.0)),
            false => Ok(None),
        }),
        slow: false,
        applies: |e, o| {
            e.rule == Rule::Exponential(BetaScaling::Fixed(1.0))
                && e.setting == Setting::EnergyDifference
                && !bitwise(o)
        },
    },
    Prediction {
        name: "numeric",
        about: "law of a bit, by inversion",
        says: Says::Error(|e, p| {
            let Some(beta) = beta(e, p.dim)? else { return Ok(None) };
            let law = match (e.setting, e.values) {
                (Setting::Hetero, Values::Random) => exponential::random_error,
                (Setting::Hetero, Values::Worst) => exponential::worst_error,
                _ => exponential::energy_difference_error,
            };
            law(dim(p), p.patterns, flipped(e, p), beta).map(Some)
        }),
        slow: true,
        applies: |e, o| {
            matches!(e.rule, Rule::Exponential(_))
                && e.steps == Steps::OneStep
                && (hetero(e) || zeroed(e))
                && (bitwise(o) || e.values == Values::Worst && o == Observable::Pattern)
        },
    },
    Prediction {
        name: "lower",
        about: "bound from below",
        says: Says::Measured(|e, p, o| Ok(bounds(e, p, o)?.map(|bounds| bounds.low))),
        slow: false,
        applies: bounded,
    },
    Prediction {
        name: "upper",
        about: "bound from above",
        says: Says::Measured(|e, p, o| Ok(bounds(e, p, o)?.map(|bounds| bounds.high))),
        slow: false,
        applies: bounded,
    },
];

fn dim(point: Point) -> u64 {
    point.dim as u64
}

fn flipped(experiment: &Experiment, point: Point) -> u64 {
    flips(experiment.noise, point.dim) as u64
}

fn hetero(experiment: &Experiment) -> bool {
    experiment.setting == Setting::Hetero
}

/// Of Hebb's and exponential weights the difference of energies has the sign of the zeroed field.
fn zeroed(experiment: &Experiment) -> bool {
    matches!(experiment.setting, Setting::AutoZeroed | Setting::EnergyDifference)
}

/// Whether the observable is a mean over bits.
fn bitwise(observable: Observable) -> bool {
    matches!(observable, Observable::BitError | Observable::Overlap)
}

/// Limits of runs from stored patterns.
fn retrieval(experiment: &Experiment, observable: Observable) -> bool {
    experiment.rule == Rule::Hebb
        && zeroed(experiment)
        && experiment.steps == Steps::Async
        && experiment.noise == 0.0
        && bitwise(observable)
}

/// Whether what is measured takes several bits that err apart: those of a worst-case value fail together.
fn several(experiment: &Experiment, observable: Observable) -> bool {
    match observable {
        Observable::BitError | Observable::Overlap => false,
        Observable::Pattern => experiment.values == Values::Random,
        Observable::All => true,
    }
}

fn krotov_hopfield(experiment: &Experiment) -> bool {
    let setting =
        hetero(experiment) && experiment.values == Values::Random || experiment.setting == Setting::EnergyDifference;
    matches!(experiment.rule, Rule::Polynomial(_)) && experiment.steps == Steps::OneStep && setting
}

fn degree(experiment: &Experiment) -> Result<Option<Degree>> {
    if let Rule::Polynomial(degree) = experiment.rule { Ok(Some(Degree::new(degree)?)) } else { Ok(None) }
}

fn beta(experiment: &Experiment, dim: usize) -> Result<Option<Beta>> {
    if let Rule::Exponential(beta) = experiment.rule { Ok(Some(Beta::new(beta.at(dim))?)) } else { Ok(None) }
}

fn bounded(experiment: &Experiment, observable: Observable) -> bool {
    let whole = observable == Observable::Pattern && hetero(experiment);
    experiment.steps == Steps::OneStep
        && match experiment.rule {
            Rule::Exponential(_) => whole || bitwise(observable) && (hetero(experiment) || zeroed(experiment)),
            Rule::Max => whole && experiment.values == Values::Random,
            _ => false,
        }
}

/// Bounds of what is measured, where [`bounded`].
fn bounds(experiment: &Experiment, point: Point, observable: Observable) -> Result<Option<exponential::Bounds>> {
    let (dim, patterns, flips) = (dim(point), point.patterns, flipped(experiment, point));
    let beta = match beta(experiment, point.dim)? {
        None => return nearest::pattern_success(dim, patterns, flips, dim).map(Some),
        Some(beta) => beta,
    };
    if (observable, experiment.values) == (Observable::Pattern, Values::Random) {
        return exponential::pattern_success(dim, patterns, flips, beta, dim).map(Some);
    }
    let law = match (experiment.setting, experiment.values) {
        (Setting::Hetero, Values::Random) => exponential::random_values,
        (Setting::Hetero, Values::Worst) => exponential::worst_values,
        _ => exponential::energy_difference,
    };
    let error = law(dim, patterns, flips, beta)?;
    let turned = |of: fn(f64) -> f64| exponential::Bounds { low: of(error.high), high: of(error.low) };
    Ok(Some(match observable {
        Observable::BitError => error,
        Observable::Overlap => turned(|error| 1.0 - 2.0 * error),
        // All bits of a worst-case value fail together.
        Observable::Pattern | Observable::All => turned(|error| 1.0 - error),
    }))
}

fn exact(experiment: &Experiment, point: Point) -> Predicted {
    let law = match (experiment.rule, experiment.setting, experiment.values) {
        (Rule::Max, _, Values::Random) => nearest::random_values,
        (Rule::Max, _, Values::Worst) => nearest::worst_values,
        (_, Setting::Hetero, _) => one_step::hetero,
        (_, Setting::AutoKept, _) => one_step::auto_kept,
        (_, Setting::AutoZeroed | Setting::EnergyDifference, _) => one_step::auto_zeroed,
    };
    Ok(Some(law(dim(point), point.patterns, flipped(experiment, point))?.error(experiment.tie)))
}

fn erfc(experiment: &Experiment, point: Point) -> Predicted {
    let kept = experiment.setting == Setting::AutoKept;
    let law = match (experiment.rule, kept) {
        (Rule::PseudoInverse, _) if point.load() > 1.0 => return Ok(None),
        (Rule::PseudoInverse, true) => pseudo_inverse::auto_kept,
        (Rule::PseudoInverse, false) => pseudo_inverse::auto_zeroed,
        (_, true) => one_step::auto_kept_erfc,
        (_, false) => one_step::hetero_erfc,
    };
    law(point.load(), experiment.noise).map(Some)
}

fn normal(experiment: &Experiment, point: Point) -> Predicted {
    let law = match (experiment.setting, experiment.values) {
        (Setting::Hetero, Values::Random) => polynomial::hetero,
        (Setting::Hetero, Values::Worst) => polynomial::worst,
        (Setting::AutoKept, _) => polynomial::auto_kept,
        _ => polynomial::energy_difference,
    };
    degree(experiment)?.map(|k| law(dim(point), point.patterns, flipped(experiment, point), k)).transpose()
}

/// The predictions that `names` asks for, or without names all that say something.
///
/// # Errors
/// [`Error::NoPrediction`] for a name whose prediction does not speak of the experiment, or is none, with those that do.
pub fn choose(names: Option<&[String]>, experiment: &Experiment, observable: Observable) -> Result<Vec<Prediction>> {
    let fitting: Vec<Prediction> =
        PREDICTIONS.iter().filter(|p| (p.applies)(experiment, observable)).copied().collect();
    let Some(names) = names else { return Ok(fitting) };
    let mut chosen = Vec::new();
    for wanted in names {
        let Some(found) = fitting.iter().find(|p| p.name == wanted) else {
            let Experiment { rule, setting, steps, .. } = experiment;
            return Err(Error::NoPrediction {
                about: format!("the {observable} of {}, {setting}, {steps}", rule.name()),
                has: fitting.iter().map(|p| p.name).collect(),
                found: wanted.clone(),
            });
        };
        chosen.push(*found);
    }
    Ok(chosen)
}

impl fmt::Debug for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prediction({})", self.name)
    }
}

impl fmt::Debug for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error(_) => "Error",
            Self::Bound(_) => "Bound",
            Self::Measured(_) => "Measured",
            Self::Patterns(_) => "Patterns",
        })
    }
}

impl Prediction {
    /// Whether it names a number of patterns for each dimension, which is a place along a curve, not a curve.
    pub fn is_place(&self) -> bool {
        matches!(self.says, Says::Patterns(_))
    }

    /// What it says of an observable at `point`, if it is a curve and says something there.
    pub fn at(&self, experiment: &Experiment, observable: Observable, point: Point) -> Option<f64> {
        let (law, bound) = match self.says {
            Says::Error(law) => (law, false),
            Says::Bound(law) => (law, true),
            Says::Measured(law) => return law(experiment, point, observable).ok().flatten(),
            Says::Patterns(_) => return None,
        };
        // A size beyond what the law takes is one of which it says nothing.
        let error = law(experiment, point).ok().flatten()?;
        let bits = experiment.answer_bits(point.dim) as u64;
        let whole = |events: u64| match bound {
            true => success::union_bound(error.min(1.0), events).ok(),
            false => success::independent(error, events).ok(),
        };
        match observable {
            Observable::BitError => Some(error.min(1.0)),
            Observable::Overlap => Some(1.0 - 2.0 * error.min(1.0)),
            Observable::Pattern => whole(bits),
            Observable::All => whole(bits.checked_mul(point.patterns)?),
        }
    }

    /// Its name over a column of numbers, marked where they are bounds, or the step from bits to what is measured an
    /// approximation.
    pub fn heading(&self, experiment: &Experiment, observable: Observable) -> String {
        let whole = several(experiment, observable);
        let mark = match self.says {
            Says::Error(_) if whole => "≈ ",
            Says::Bound(_) if observable == Observable::BitError => "≤ ",
            Says::Bound(_) => "≥ ",
            _ => "",
        };
        format!("{mark}{}", self.name)
    }

    /// What it is, for a legend: and how it comes from bits to what is measured, if it must.
    pub fn legend(&self, experiment: &Experiment, observable: Observable) -> String {
        let whole = several(experiment, observable);
        let how = match self.says {
            Says::Error(_) if whole => ", as if bits were independent",
            Says::Bound(_) if whole => ", union bound",
            _ => "",
        };
        format!("{}{how}", self.about)
    }

    /// The number of patterns that it names for a dimension, if it does.
    pub fn patterns(&self, experiment: &Experiment, observable: Observable, dim: usize) -> Option<f64> {
        let Says::Patterns(law) = self.says else { return None };
        law(experiment, dim, observable).ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_and_what_fits_says_something() {
        let mut names: Vec<&str> = PREDICTIONS.iter().map(|p| p.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PREDICTIONS.len());
        let mut spoken = Vec::new();
        for rule in [
            Rule::Hebb,
            Rule::PseudoInverse,
            Rule::Storkey,
            Rule::Polynomial(3),
            Rule::Exponential(BetaScaling::Fixed(1.0)),
            Rule::Max,
        ] {
            for setting in [Setting::Hetero, Setting::AutoKept, Setting::AutoZeroed, Setting::EnergyDifference] {
                for (steps, values) in
                    [(Steps::OneStep, Values::Random), (Steps::OneStep, Values::Worst), (Steps::Async, Values::Random)]
                {
                    let Ok(experiment) = Experiment::new(rule, setting).steps(steps).values(values).checked() else {
                        continue;
                    };
                    for observable in [Observable::BitError, Observable::Pattern, Observable::All, Observable::Overlap]
                    {
                        for prediction in choose(None, &experiment, observable).unwrap() {
                            let point = Point { dim: 40, patterns: 5 };
                            let said = prediction.at(&experiment, observable, point);
                            let said = said.or_else(|| prediction.patterns(&experiment, observable, 40));
                            let what = format!("{}, {experiment:?}, {observable:?}: {said:?}", prediction.name);
                            assert!(said.is_some_and(f64::is_finite), "{what}");
                            spoken.push(prediction.name);
                        }
                    }
                }
            }
        }
        assert!(PREDICTIONS.iter().all(|prediction| spoken.contains(&prediction.name)));
    }

    #[test]
    fn a_law_of_another_experiment_is_refused_with_those_there_are() {
        let experiment = Experiment::new(Rule::Hebb, Setting::Hetero);
        let asked = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.into()).collect();
            choose(Some(&names), &experiment, Observable::BitError).map(|chosen| chosen.len())
        };
        assert_eq!(asked(&["exact", "erfc"]).unwrap(), 2);
        assert_eq!(asked(&[]).unwrap(), 0);
        for names in [&["ags"][..], &["exact", "nonsense"], &[""], &["none", "exact"]] {
            let message = asked(names).unwrap_err().to_string();
            assert!(message.contains("(exact, erfc, hoeffding)"), "{message}");
        }
    }
}
