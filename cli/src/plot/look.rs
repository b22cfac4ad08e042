//! How large a figure is drawn.

use std::fmt;
use std::str::FromStr;

/// Pixels along a side at the least and at the most, and of a raster at the most.
const LEAST: u32 = 16;
const MOST: u32 = 32_768;
const MOST_PIXELS: f64 = 134_217_728.0;

/// A width and a height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |side: &str| side.trim().parse().ok().filter(|side| (LEAST..=MOST).contains(side));
        text.split_once(['x', 'X', '×'])
            .and_then(|(width, height)| Some(Self { width: side(width)?, height: side(height)? }))
            .ok_or_else(|| format!("expected WIDTHxHEIGHT in pixels, {LEAST} to {MOST} each, such as 800x500"))
    }
}

/// How large letters and lines are drawn, and so all else.
pub fn scale(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(scale) if (0.1..=20.0).contains(&scale) => Ok(scale),
        _ => Err("expected a number from 0.1 to 20".into()),
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// What the figure is laid out in; its own size if none.
    pub size: Option<Size>,
    /// What the file's pixels are beside those.
    pub scale: f64,
}

impl Look {
    /// Pixels of a raster laid out in `width` by `height`, or why there can be no such one.
    pub fn pixels(self, (width, height): (f64, f64)) -> Result<(u32, u32), String> {
        let [across, down] = [width, height].map(|side| (side * self.scale).round().max(1.0));
        if across.max(down) > f64::from(MOST) || across * down > MOST_PIXELS {
            return Err(format!(
                "expected a picture of at most {MOST} pixels along a side and {MOST_PIXELS} in all, found {across} x {down}; \
                 .svg has no pixels"
            ));
        }
        Ok((across as u32, down as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_two_sides() {
        assert_eq!("800x500".parse(), Ok(Size { width: 800, height: 500 }));
        assert_eq!(" 20 × 32768 ".parse::<Size>().map(|size| size.to_string()), Ok("20x32768".into()));
        for text in ["", "800", "800x", "x500", "8x500", "800x99999", "-1x5", "800x500x2", "8e2x500", "800.5x500"] {
            assert!(text.parse::<Size>().unwrap_err().contains("800x500"), "{text}");
        }
        assert_eq!((scale("2.5"), scale("0.1")), (Ok(2.5), Ok(0.1)));
        assert!(["0", "nan", "-1", "21", "inf", "x"].iter().all(|text| scale(text).is_err()));
    }

    #[test]
    fn rasters_have_an_end() {
        let look = |scale| Look { size: None, scale };
        assert_eq!(look(1.5).pixels((100.0, 61.0)), Ok((150, 92)));
        assert_eq!(look(0.1).pixels((1.0, 16.0)), Ok((1, 2)));
        assert!(look(20.0).pixels((2000.0, 10.0)).unwrap_err().contains("40000 x 200"));
        assert!(look(1.0).pixels((32_768.0, 32_768.0)).is_err());
    }
}
