//! What makes fields of overlaps: a separation, or weights learned by a rule.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use popfield::Separation;
use popfield::learning::{Dependence, PseudoInverse, RULES, Rule};
use popfield_lab::BetaScaling;

use super::shared::named;
use crate::beta::beta;
use crate::failure::{Failure, Result};

/// A learning rule of the library, by name.
#[derive(Clone, Copy, Debug)]
pub struct RuleArg(&'static dyn Rule);

impl RuleArg {
    /// The rule; `--moore-penrose` is an error for any but the pseudo-inverse.
    pub fn rule(self, moore_penrose: bool) -> Result<&'static dyn Rule> {
        const MOORE_PENROSE: PseudoInverse = PseudoInverse { dependence: Dependence::MoorePenrose };
        match (moore_penrose, self.0.name()) {
            (false, _) => Ok(self.0),
            (true, "pseudo-inverse") => Ok(&MOORE_PENROSE),
            (true, name) => {
                Err(Failure::usage(format!("--moore-penrose belongs to --rule pseudo-inverse, found --rule {name}")))
            }
        }
    }
}

/// The names of rules.
pub fn rules() -> impl TypedValueParser<Value = RuleArg> {
    // The parser lets no other name through.
    let rule = |name: String| RuleArg(*RULES.iter().find(|rule| rule.name() == name).unwrap_or(&RULES[0]));
    PossibleValuesParser::new(RULES.iter().map(|rule| PossibleValue::new(rule.name()).help(rule.about()))).map(rule)
}

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Rule")]
pub struct RuleArgs {
    /// Learn weights by this rule, in place of a separation
    #[arg(long, value_name = "R", value_parser = rules())]
    pub rule: Option<RuleArg>,
    /// With --rule pseudo-inverse: allow dependent keys, by Moore and Penrose's pseudo-inverse
    #[arg(long, requires = "rule")]
    pub moore_penrose: bool,
}

impl RuleArgs {
    /// The rule asked for, if any; a separation other than linear beside it is an error.
    pub fn resolve(self, separation: Option<Separation>) -> Result<Option<&'static dyn Rule>> {
        let Some(rule) = self.rule else { return Ok(None) };
        if separation.is_some_and(|separation| separation != Separation::Linear) {
            return Err(Failure::usage("--rule: learned weights are linear, found another --separation beside it"));
        }
        rule.rule(self.moore_penrose).map(Some)
    }
}

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Separation")]
pub struct SeparationArgs {
    /// What turns overlaps into weights (default exponential; linear for dynamics and with --rule)
    #[arg(long, value_name = "S", value_parser = named::<Separation>())]
    pub separation: Option<Separation>,
    /// β of the exponential: a number from 1e-9 to 1e9, or 1/sqrt(d) (default 1)
    #[arg(long, value_name = "B", value_parser = beta, allow_hyphen_values = true)]
    pub beta: Option<BetaScaling>,
    /// Degree of the polynomial, 1 to 64 (default 2; an even one cannot tell a pattern from its complement)
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub degree: Option<u32>,
}

impl SeparationArgs {
    /// The separation over keys of dimension `dim`, or `default`; an option of another separation is an error.
    pub fn resolve(self, default: Separation, dim: usize) -> Result<Separation> {
        let separation = self.separation.unwrap_or(default);
        let stray = |option: &str, owner: &str| {
            let found = separation.name();
            Failure::usage(format!("--{option} belongs to --separation {owner}, found --separation {found}"))
        };
        match (separation, self.beta, self.degree) {
            (Separation::Exponential(_), Some(beta), None) => Ok(Separation::exponential(beta.at(dim))?),
            (Separation::Polynomial(_), None, Some(degree)) => Ok(Separation::polynomial(degree)?),
            (Separation::Exponential(_), _, Some(_)) => Err(stray("degree", "polynomial")),
            (_, Some(_), _) => Err(stray("beta", "exponential")),
            (_, None, Some(_)) => Err(stray("degree", "polynomial")),
            // With what the name stands for.
            (separation, None, None) => Ok(separation),
        }
    }
}
