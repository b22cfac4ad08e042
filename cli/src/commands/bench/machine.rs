//! What the machine can do, measured in the same run as what it did.

use std::hint::black_box;
use std::time::Instant;

use popfield::tiers::Tier;
use rayon::prelude::*;

/// Bytes read to see how fast memory is: more than caches hold.
const BUFFER_BYTES: usize = 256 << 20;

/// For how long instructions are timed.
const MILLISECONDS: u64 = 60;

/// The limits that a scan runs into, of all threads together.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    /// Bits compared by xor, popcount and add on registers.
    pub peak_bits_per_second: f64,
    /// Bytes read in one run; `None` if there was no memory to try it.
    pub bandwidth_bytes_per_second: Option<f64>,
}

impl Machine {
    /// Measures it with the threads of the current pool.
    pub fn measure(tier: Tier) -> Self {
        let rates = rayon::broadcast(|_| tier.peak_bits_per_second(MILLISECONDS));
        Self { peak_bits_per_second: rates.into_iter().sum(), bandwidth_bytes_per_second: bandwidth() }
    }

    /// What the shares in a table are shares of.
    pub fn in_words(&self, threads: usize) -> String {
        let peak = self.peak_bits_per_second / 1e12;
        let bandwidth = self.bandwidth_bytes_per_second.map_or_else(|| "?".into(), |b| format!("{:.1}", b / 1e9));
        format!(
            "Peak: xor, popcount and add on registers, {peak:.2} Tbit/s on {threads} threads; words that are joined \
             before they are counted may exceed it.\nMemory: {bandwidth} GB/s read in one run; patterns that stay in \
             the cache may exceed it."
        )
    }
}

/// The best of a few reads of a large buffer.
fn bandwidth() -> Option<f64> {
    let words = BUFFER_BYTES / 8;
    let mut buffer: Vec<u64> = Vec::new();
    buffer.try_reserve_exact(words).ok()?;
    // Written, so that every page is there.
    buffer.extend(0..words as u64);
    let read = || {
        let start = Instant::now();
        let folded = buffer.par_chunks(1 << 16).map(|words| words.iter().fold(0, |all, word| all ^ word));
        black_box(folded.reduce(|| 0, |a, b| a ^ b));
        start.elapsed().as_secs_f64()
    };
    (0..3).map(|_| read()).min_by(f64::total_cmp).map(|seconds| BUFFER_BYTES as f64 / seconds)
}
