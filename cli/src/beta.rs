//! β of the exponential separation as it is asked for.

use popfield_lab::BetaScaling;

/// As text has it.
pub fn beta(text: &str) -> Result<BetaScaling, String> {
    if text == "1/sqrt(d)" {
        return Ok(BetaScaling::InverseRoot);
    }
    let number: f64 = text.parse().map_err(|_| "expected a number or 1/sqrt(d)".to_owned())?;
    popfield::separation::Beta::new(number).map_err(|error| error.to_string())?;
    Ok(BetaScaling::Fixed(number))
}
