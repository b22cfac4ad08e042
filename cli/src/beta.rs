//! β of the exponential separation as it is asked for.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BetaArg {
    Number(f64),
    /// 1/√d, rounded to the nearest `f64`.
    InverseRoot,
}

impl BetaArg {
    /// The number over dimension `dim`.
    pub fn at(self, dim: usize) -> f64 {
        match self {
            Self::Number(beta) => beta,
            Self::InverseRoot => 1.0 / (dim as f64).sqrt(),
        }
    }
}

impl fmt::Display for BetaArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(beta) => write!(f, "{beta}"),
            Self::InverseRoot => f.write_str("1/sqrt(d)"),
        }
    }
}

/// As text has it.
pub fn beta(text: &str) -> Result<BetaArg, String> {
    if text == "1/sqrt(d)" {
        return Ok(BetaArg::InverseRoot);
    }
    let number: f64 = text.parse().map_err(|_| "expected a number or 1/sqrt(d)".to_owned())?;
    popfield::Beta::new(number).map_err(|error| error.to_string())?;
    Ok(BetaArg::Number(number))
}
