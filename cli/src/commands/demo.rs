//! placeholder
use crate::args::Demo;
use crate::failure::Result;
pub fn run(_args: &Demo) -> Result<()> {
    Ok(())
}
