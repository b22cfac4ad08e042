//! How large figures are drawn.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::{Failure, Result};
use crate::plot::{FigureFile, Look, Size, scale_of};

/// Options of every figure.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct LookArgs {
    /// Lay the figure out in so many pixels (default what it takes); where that is too little for its letters, they are
    /// smaller
    #[arg(long, value_name = "WxH")]
    pub size: Option<Size>,
    /// Draw letters, lines and all else so many times as large (default 1): 3 for a PNG in print
    #[arg(long, value_name = "S", allow_negative_numbers = true, value_parser = scale_of)]
    pub scale: Option<f64>,
}

impl LookArgs {
    /// Begins the figure at `path`, which `option` asks for.
    pub fn begin(self, option: &str, path: Option<&PathBuf>) -> Result<Option<FigureFile>> {
        let stray = [("size", self.size.is_some()), ("scale", self.scale.is_some())];
        match (path, stray.iter().find(|stray| stray.1)) {
            (None, Some((stray, _))) => {
                Err(Failure::usage(format!("--{stray}: expected --{option} beside it, found none")))
            }
            (None, None) => Ok(None),
            (Some(path), _) => {
                let look = Look { size: self.size, scale: self.scale.unwrap_or(1.0) };
                FigureFile::create(Path::new(path), look).map(Some)
            }
        }
    }
}
