//! Greys of pixels, and the grey that divides them.

/// Weights of red, green and blue in the luminance, of 10,000 (ITU-R BT.709).
const WEIGHTS: [u64; 3] = [2126, 7152, 722];
const WHOLE: u64 = 10_000;

/// A pixel laid over white, as a grey of 0 to 255 rounded down. Samples and alpha are of 0 to `most`, at most 65,535.
pub fn over_white(colour: [u16; 3], alpha: u16, most: u16) -> u8 {
    let (alpha, most) = (u64::from(alpha), u64::from(most));
    // Nothing is rounded before the end: at most 10⁴ · 65535² · 255 < 2⁶⁴.
    let over = luminance(colour) * alpha + WHOLE * most * (most - alpha);
    (over * 255 / (WHOLE * most * most)) as u8
}

/// The same of samples that have been multiplied by alpha already.
pub fn premultiplied_over_white(colour: [u16; 3], alpha: u16, most: u16) -> u8 {
    let (alpha, most) = (u64::from(alpha), u64::from(most));
    let over = (luminance(colour) + WHOLE * (most - alpha)).min(WHOLE * most);
    (over * 255 / (WHOLE * most)) as u8
}

fn luminance(colour: [u16; 3]) -> u64 {
    colour.iter().zip(WEIGHTS).map(|(&sample, weight)| u64::from(sample) * weight).sum()
}

/// How many pixels have each grey.
#[derive(Clone, Debug)]
pub struct Histogram([u64; 256]);

impl Default for Histogram {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Histogram {
    pub fn of(greys: &[u8]) -> Self {
        let mut histogram = Self::default();
        greys.iter().for_each(|&grey| histogram.0[usize::from(grey)] += 1);
        histogram
    }

    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, more)| *own += more);
    }

    /// The darkest and the lightest grey.
    pub fn range(&self) -> (usize, usize) {
        let occupied = |count: &u64| *count > 0;
        let (first, last) = (self.0.iter().position(occupied), self.0.iter().rposition(occupied));
        (first.unwrap_or(0), last.unwrap_or(0))
    }
}

/// The threshold that divides the greys best, so that the variance between the two classes is largest (Otsu 1979); in
/// the middle of those that divide them alike. `None` where there is but one grey.
pub fn threshold_of(histogram: &Histogram) -> Option<u16> {
    let counts = histogram.0.map(|count| count as f64);
    let total: f64 = counts.iter().sum();
    let sum: f64 = counts.iter().enumerate().map(|(grey, count)| grey as f64 * count).sum();
    let (mut below, mut sum_below, mut last) = (0.0, 0.0, None::<usize>);
    let mut best: Option<(f64, u16)> = None;
    for (grey, &count) in counts.iter().enumerate() {
        if count == 0.0 {
            continue;
        }
        // Between this grey and the last one that occurs all thresholds divide alike.
        if let Some(last) = last {
            let apart = sum_below / below - (sum - sum_below) / (total - below);
            let variance = below * (total - below) * apart * apart;
            let middle = (last + grey).div_ceil(2) as u16;
            if best.is_none_or(|(most, _)| variance > most) {
                best = Some((variance, middle));
            }
        }
        below += count;
        sum_below += grey as f64 * count;
        last = Some(grey);
    }
    best.map(|(_, threshold)| threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greys_round_down_and_only_once() {
        for grey in 0..=255u16 {
            assert_eq!(u16::from(over_white([grey; 3], 255, 255)), grey);
            assert_eq!(u16::from(over_white([257 * grey; 3], 65_535, 65_535)), grey);
            assert_eq!(over_white([grey; 3], 0, 255), 255);
        }
        // 32,895 of 65,535 is below 128 of 255, which is 32,896.
        assert_eq!(over_white([32_895; 3], 65_535, 65_535), 127);
        assert_eq!(over_white([32_896; 3], 65_535, 65_535), 128);
        assert_eq!(over_white([7; 3], 15, 15), 119);
        assert_eq!(over_white([50; 3], 100, 100), 127);
        // 20 of 140 alpha: (20 · 140 + 255 · 115) / 255 = 125.98, or premultiplied 20 + 115.
        assert_eq!(over_white([20; 3], 140, 255), 125);
        assert_eq!(premultiplied_over_white([20; 3], 140, 255), 135);
        assert_eq!(over_white([255, 0, 0], 255, 255), 54);
        assert_eq!(over_white([0, 255, 0], 255, 255), 182);
        assert_eq!(over_white([0, 0, 255], 255, 255), 18);
    }

    /// Held to all thresholds, one by one.
    #[test]
    fn otsu_divides_best() {
        assert_eq!(threshold_of(&Histogram::of(&[7; 9])), None);
        assert_eq!(threshold_of(&Histogram::of(&[25, 118])), Some(72));
        assert_eq!(threshold_of(&Histogram::of(&[0, 1])), Some(1));
        for seed in 0..50u32 {
            let greys: Vec<u8> =
                (0..40u32).map(|i| ((i + 1) * (seed + 3)).wrapping_mul(2_654_435_769).to_be_bytes()[0]).collect();
            let variance = |threshold: u16| {
                let (dark, light): (Vec<u8>, Vec<u8>) = greys.iter().partition(|&&grey| u16::from(grey) < threshold);
                let mean = |part: &[u8]| part.iter().map(|&x| f64::from(x)).sum::<f64>() / part.len() as f64;
                if dark.is_empty() || light.is_empty() {
                    return 0.0;
                }
                dark.len() as f64 * light.len() as f64 * (mean(&dark) - mean(&light)).powi(2)
            };
            let found = threshold_of(&Histogram::of(&greys)).unwrap();
            let most = (0..=256).map(variance).fold(0.0, f64::max);
            assert!(variance(found) > most * (1.0 - 1e-12), "{seed}: {found}");
        }
    }
}
