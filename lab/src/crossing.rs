//! The search for the number of patterns at which a given fraction succeeds.
//!
//! Patterns are doubled until most fail, and the gap in which a target is crossed is halved, on the logarithm of n, until
//! it is narrow. All points then make the estimate: success that falls with n is fitted by least squares, without any
//! other assumption (isotonic regression), and crossed on a line in ln n between neighbours. The interval runs from where
//! the lower ends of the points' intervals cross to where the upper ends do, and is never narrower than the gap. An end
//! that the trials do not bound is open: 0 or ∞. (100 successes of 100 do not show that 99 % succeed; 370 do.)
//!
//! Where bits vote for themselves success rises again once n is large enough: what is found is where it first falls. A
//! rise is seen if success does not fall so low before that the search has ended.

use crate::stats::Interval;

/// A gap is narrow when its ends differ by this factor, or by one pattern.
const NARROW: f64 = 1.05;

/// Success at a number of patterns: the share that succeeds, with its interval.
#[derive(Clone, Copy, Debug)]
struct Tried {
    patterns: u64,
    success: Interval,
}

/// Where a target is crossed: a number of patterns at which a given fraction succeeds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Crossing {
    /// This number of patterns; ends that the trials do not bound are 0 or ∞.
    At(Interval),
    /// Not even a single pattern meets it.
    Below,
    /// As many patterns as were tried, which is this number, meet it.
    Above(u64),
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Searched {
    /// For each target.
    pub crossings: Vec<Crossing>,
    /// A number of patterns at which more succeed than at a smaller one, their intervals apart; the search ended there.
    pub rises: Option<u64>,
}

/// Where each of `targets`, falling, is crossed, of up to `most` patterns. `measure` is asked point by point.
pub fn search<E>(
    targets: &[f64],
    most: u64,
    mut measure: impl FnMut(u64) -> Result<Interval, E>,
) -> Result<Searched, E> {
    let mut tried: Vec<Tried> = Vec::new();
    let mut at = |patterns: u64, tried: &mut Vec<Tried>| -> Result<(), E> {
        if tried.iter().all(|t| t.patterns != patterns) {
            tried.push(Tried { patterns, success: measure(patterns)? });
            tried.sort_by_key(|t| t.patterns);
        }
        Ok(())
    };
    let lowest = targets.iter().copied().fold(1.0, f64::min);
    let (mut patterns, mut least, mut rises) = (1, 1.0f64, None);
    loop {
        at(patterns, &mut tried)?;
        let Some(last) = tried.last() else { break };
        let Interval { value, low, high } = last.success;
        if least < lowest && low > least {
            rises = Some(patterns);
        }
        if value < lowest / 2.0 || rises.is_some() || patterns >= most {
            break;
        }
        least = least.min(high);
        patterns = patterns.saturating_mul(2).min(most);
    }
    for &target in targets {
        while let Some((low, high)) = gap(&tried, target) {
            if high - low <= 1 || high as f64 <= low as f64 * NARROW {
                break;
            }
            let middle = libm::sqrt(low as f64 * high as f64).round() as u64;
            at(middle.clamp(low + 1, high - 1), &mut tried)?;
        }
    }
    let crossings = targets.iter().map(|&target| estimate(&tried, target)).collect();
    Ok(Searched { crossings, rises })
}

/// The last number of patterns before the target is first missed, with that at which it is.
fn gap(tried: &[Tried], target: f64) -> Option<(u64, u64)> {
    let below = tried.iter().position(|t| t.success.value < target)?;
    let high = tried[below].patterns;
    // Even a single pattern may fail, from too much noise.
    (below > 0).then(|| (tried[below - 1].patterns, high))
}

fn estimate(tried: &[Tried], target: f64) -> Crossing {
    let Some((low, high)) = gap(tried, target) else {
        let missed = tried.iter().any(|tried| tried.success.value < target);
        return if missed { Crossing::Below } else { Crossing::Above(tried.last().map_or(0, |last| last.patterns)) };
    };
    // Up to where fewest succeed: beyond, it may rise.
    let least =
        (0..tried.len()).min_by(|&a, &b| tried[a].success.value.total_cmp(&tried[b].success.value)).unwrap_or(0);
    let tried = &tried[..=least];
    let crossing = |successes: Vec<f64>| {
        let fitted = falling(&successes);
        let after = fitted.partition_point(|&success| success >= target);
        let at = |index: usize| libm::log(tried[index].patterns as f64);
        match (after.checked_sub(1), fitted.get(after)) {
            (Some(before), Some(&next)) => {
                let share = (fitted[before] - target) / (fitted[before] - next);
                libm::exp(at(before) + share * (at(after) - at(before)))
            }
            (Some(_), None) => f64::INFINITY,
            (None, _) => 0.0,
        }
    };
    // What is bounded where all succeed is bounded at fewer patterns too, of which fewer may have been asked.
    let mut lows: Vec<f64> = tried.iter().map(|tried| tried.success.low).collect();
    let whole = tried.iter().take_while(|tried| tried.success.value == 1.0).count();
    for place in (1..whole).rev() {
        lows[place - 1] = lows[place - 1].max(lows[place]);
    }
    let value = crossing(tried.iter().map(|tried| tried.success.value).collect());
    let value = value.clamp(tried[0].patterns as f64, high as f64);
    let from = crossing(lows);
    let to = crossing(tried.iter().map(|tried| tried.success.high).collect());
    Crossing::At(Interval { value, low: from.min(low as f64).min(value), high: to.max(high as f64).max(value) })
}

/// The sequence that never rises and is nearest to `values` in squares: neighbours that rise are pooled.
fn falling(values: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for &value in values {
        let mut pool = (value, 1);
        while let Some(&(sum, length)) = pools.last()
            && sum / (length as f64) < pool.0 / pool.1 as f64
        {
            pool = (pool.0 + sum, pool.1 + length);
            pools.pop();
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(sum, length)| std::iter::repeat_n(sum / length as f64, length)).collect()
}

#[cfg(test)]
mod tests {
    use popfield::patterns::stream;
    use rand_xoshiro::rand_core::Rng;

    use super::*;
    use crate::error::Result;
    use crate::stats;

    /// A search of memories' fractions, whose measurements fail as the laboratory's do.
    fn search(
        targets: &[f64],
        most: u64,
        confidence: f64,
        mut measure: impl FnMut(u64) -> Result<Vec<f64>>,
    ) -> Result<Searched> {
        super::search(targets, most, |patterns| Ok(stats::of_memories(&measure(patterns)?, confidence)))
    }

    #[test]
    fn neighbours_that_rise_are_pooled() {
        assert_eq!(falling(&[1.0, 0.5, 0.75, 0.25]), [1.0, 0.625, 0.625, 0.25]);
        assert_eq!(falling(&[0.0, 0.5, 1.0]), [0.5; 3]);
        assert_eq!(falling(&[1.0, 0.5, 0.25, 0.75, 0.25]), [1.0, 0.5, 0.5, 0.5, 0.25]);
        assert_eq!(falling(&[]), [0.0; 0]);
    }

    /// Memories that succeed or not, by a law with known crossings.
    #[test]
    fn crossings_are_found_within_their_intervals() {
        // P = exp(−(n/1000)^3): 0.5 at 885, 0.99 at 215.8.
        let law = |n: u64| libm::exp(-(n as f64 / 1000.0).powi(3));
        // Memories, and how often each is asked.
        for (memories, asked) in [(10, 1), (100, 1), (500, 1), (200, 10)] {
            let mut held = [0, 0];
            for seed in 0..40 {
                let measure = |n: u64| {
                    let mut rng = stream(seed, "law", n);
                    let mut yes = || f64::from(u8::from((rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64 <= law(n)));
                    let mut fraction = || (0..asked).map(|_| yes()).sum::<f64>() / f64::from(asked);
                    Ok((0..memories).map(|_| fraction()).collect())
                };
                let found = search(&[0.99, 0.5], 1 << 40, 0.95, measure).unwrap();
                assert_eq!(found.rises, None);
                for ((found, truth), held) in found.crossings.into_iter().zip([215.8, 885.0]).zip(&mut held) {
                    let Interval { value, low, high } = met(found);
                    assert!(low <= value && value <= high);
                    *held += u32::from(low <= truth && truth <= high);
                    // Of 100 memories that all succeed it is not known that 99 % would.
                    if memories >= 500 {
                        assert!((value / truth - 1.0).abs() < 0.5, "{value} for {truth}");
                        assert!(low > 0.2 * truth && high < 2.0 * truth, "{low} to {high} for {truth}");
                    }
                }
            }
            assert!(held.iter().all(|&held| held >= 37), "{memories} memories: {held:?} of 40");
        }
    }

    #[test]
    fn a_sharp_edge_is_met_and_no_edge_is_none() {
        let edge = |n: u64| Ok(vec![if n <= 64 { 1.0 } else { 0.0 }; 1000]);
        for found in search(&[0.99, 0.5], 1 << 20, 0.95, edge).unwrap().crossings {
            let Interval { value, low, high } = met(found);
            assert!(low <= 64.0 && (65.0..=70.0).contains(&high) && (64.0..=67.0).contains(&value), "{value}");
        }
        let always = search(&[0.99, 0.5], 1000, 0.95, |_| Ok(vec![1.0; 3])).unwrap();
        assert_eq!(always, Searched { crossings: vec![Crossing::Above(1000); 2], rises: None });
        let never = search(&[0.99, 0.5], 1000, 0.95, |_| Ok(vec![0.0; 3])).unwrap();
        assert_eq!(never, Searched { crossings: vec![Crossing::Below; 2], rises: None });
    }

    #[test]
    fn where_success_rises_again_the_first_fall_is_found() {
        // Falls to 0.3 at 64 patterns, and is whole again from 512.
        let law = |n: u64| match n {
            ..=20 => 1.0,
            21..=200 => 0.3,
            201..=511 => 0.4,
            _ => 1.0,
        };
        let mut asked = Vec::new();
        let found = search(&[0.99, 0.5], 1 << 30, 0.95, |n| {
            asked.push(n);
            Ok((0..1000).map(|i| f64::from(u8::from(f64::from(i) < 1000.0 * law(n)))).collect())
        });
        let found = found.unwrap();
        assert_eq!(found.rises, Some(256));
        assert!(asked.iter().all(|&n| n <= 256));
        for found in found.crossings {
            let Interval { value, low, high } = met(found);
            assert!((20.0..=22.0).contains(&value) && low <= 20.0 && (21.0..=30.0).contains(&high), "{low} {high}");
        }
    }

    fn met(found: Crossing) -> Interval {
        let Crossing::At(interval) = found else { panic!("expected a crossing, found {found:?}") };
        interval
    }
}
