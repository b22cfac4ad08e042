//! Learning: rules that make a linear network, recalled_j = sign (W·query)_j, of stored associations.
//!
//! | rule | W | file |
//! |---|---|---|
//! | Hebb | Σ y_i x_iᵀ: the patterns themselves, W is never formed | `hebb.rs` |
//! | pseudo-inverse | Y X⁺: solves for the keys' coefficients, W is not formed for recall | `pseudo_inverse.rs` |
//! | Storkey | a sum that each pattern changes by what is there already | `storkey.rs` |
//!
//! A rule is a file that implements [`Rule`] and [`Network`], and a line in [`RULES`]. Whatever the rule, every
//! recalled bit is the sign of the real field: in `f64` where a proven bound on the error allows, else in exact
//! arithmetic.

mod hebb;
mod limbs;
mod modular;
mod pseudo_inverse;
mod rational;
mod relax;
mod rule;
mod spectrum;
mod storkey;
mod system;

pub use hebb::Hebb;
pub use pseudo_inverse::{Dependence, MOST_KEYS, PseudoInverse};
pub use rule::{FieldSigns, MOST_WEIGHTS, Network, NetworkRecalled, Rule, Weights};
pub use spectrum::{Association, Spectrum};
pub use storkey::Storkey;

use crate::names::one_of;
use crate::{Error, Result};

/// The rules, by name.
pub const RULES: &[&dyn Rule] = &[&Hebb, &PseudoInverse { dependence: Dependence::Refuse }, &Storkey];

/// The rule of this name.
impl std::str::FromStr for &'static dyn Rule {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        RULES.iter().copied().find(|rule| rule.name() == name).ok_or_else(|| {
            let names: Vec<&str> = RULES.iter().map(|rule| rule.name()).collect();
            Error::Parameter { what: "rule", expected: one_of(&names), found: format!("{name:?}") }
        })
    }
}

impl std::fmt::Display for dyn Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
