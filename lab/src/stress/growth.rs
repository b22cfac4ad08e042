//! Growth: a memory of random patterns grows by decades, and is asked at each size for some of what it stores.

use std::path::Path;
use std::time::Instant;

use popfield::Batch;
use popfield::patterns::{NoiseModel, add_noise, flips, stream};
use popfield::recall::{Reason, Report};
use popfield::store::Store;
use popfield::{Memory, Pattern, Patterns, Progress, Queries, Recall, Separation, Tie};
use rand_xoshiro::rand_core::Rng;

use crate::error::{Error, Result};
use crate::experiment::{Experiment, Rule, Setting};
use crate::machine::available;
use crate::outcome::Observable;
use crate::point::Point;
use crate::predictions;
use crate::stats::{Interval, proportion};
use crate::stress::judge::{Piece, Source, Truth, judge};
use crate::stress::words::words_of;
use crate::study::CONFIDENCE;
use crate::theory::exponential::{self, Bounds};
use crate::theory::nearest;

/// The smallest memory that is measured, where the largest is not smaller.
const FIRST: u64 = 1000;

/// Queries that are recalled together.
pub const BATCH: usize = 256;

/// Queries that are recalled one by one, at the most, and the seconds after which no more are begun.
const SINGLES: usize = 100;
const SINGLES_SECONDS: f64 = 20.0;

/// Answers that are held to the definition: of those that are not what was stored, and of those that are.
const JUDGED: [usize; 2] = [8, 4];

/// Bytes of patterns that are drawn, or made anew, together.
const PIECE_BYTES: usize = 1 << 20;

/// Memory that is needed besides patterns: buffers of threads, answers, code.
const BESIDE: u64 = 96 << 20;

/// The most that a store writes anew at once, beside what it holds.
const MOST_REWRITTEN: u64 = 4 << 30;

/// A memory of random patterns, how large it grows, and how it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// Patterns of the largest memory.
    pub patterns: u64,
    /// Their dimension.
    pub dim: usize,
    /// Fraction of a query's positions that is flipped, exactly.
    pub noise: f64,
    /// How recall weighs keys.
    pub separation: Separation,
    /// Queries at each size.
    pub queries: usize,
    /// Seed of all that is drawn.
    pub seed: u64,
}

/// Bytes that a run takes, besides what programs take anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Of memory.
    pub memory: u64,
    /// Of disk, at the most at once.
    pub disk: u64,
}

/// Who watches: told of phases, and within them of what is done, and asked whether to go on.
pub trait Watch: Sync {
    /// What begins: of a memory of so many patterns.
    fn phase(&self, what: &'static str, patterns: u64);
    /// So many of so many are done; whether to go on.
    fn told(&self, done: u64, total: u64) -> bool;
}

/// What was measured of one size.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Measured {
    /// Patterns n.
    pub patterns: u64,
    /// Bytes that they take, in memory or on disk.
    pub bytes: u64,
    /// Patterns that were taken in to come from the size before to this one.
    pub taken_in: u64,
    /// What that took, with drawing them.
    pub seconds: f64,
    /// What it took without drawing them, where that is apart: in a store.
    pub store_seconds: Option<f64>,
    /// What it took to open the store, once it was written.
    pub open_seconds: Option<f64>,
    /// The fraction of queries that recalled what was stored, in every bit.
    pub recalled: Interval,
    /// What theory says of that fraction: one number twice, or two bounds.
    pub predicted: Option<Bounds>,
    /// Answers by what closed their proof.
    pub certificates: Vec<(Reason, u64)>,
    /// Queries.
    pub queries: u64,
    /// Answers that are not what was stored.
    pub differing: u64,
    /// Answers that were held to the definition, and how many of them it left open.
    pub judged: u64,
    /// Those of them for which too many keys would have had to vote.
    pub open: u64,
    /// Seconds of each batch, ascending, and queries of a whole one.
    pub batches: Vec<f64>,
    /// Queries of a batch.
    pub batch: usize,
    /// Queries a second in batches.
    pub queries_per_second: f64,
    /// Seconds of each query that was asked alone, ascending.
    pub singles: Vec<f64>,
    /// What was wrong: answers that are not what the definition says.
    pub wrong: Vec<String>,
}

/// The value below which a share `q` of these lies, by nearest rank; they ascend.
pub fn quantile(ascending: &[f64], q: f64) -> f64 {
    let rank = (q * ascending.len() as f64).ceil() as usize;
    ascending.get(rank.clamp(1, ascending.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
}

impl Growth {
    /// The numbers of patterns at which it is measured, ascending.
    pub fn sizes(&self) -> Vec<u64> {
        let decades = std::iter::successors(Some(FIRST), |&size| size.checked_mul(10));
        decades.take_while(|&size| size < self.patterns).chain([self.patterns]).collect()
    }

    /// What a run takes, in a store or in memory.
    pub fn needs(&self, in_store: bool) -> Needs {
        let row = 8 * self.dim.div_ceil(64) as u64;
        let patterns = self.patterns.div_ceil(8).saturating_mul(8).saturating_mul(row);
        // Queries, what was stored, answers twice.
        let asked = (4 * (row + 64)).saturating_mul(self.queries as u64);
        let buffers = (rayon::current_num_threads() * 4 * PIECE_BYTES) as u64;
        let beside = asked.saturating_add(BESIDE + buffers);
        match in_store {
            true => Needs { memory: beside, disk: patterns.saturating_add(patterns.min(MOST_REWRITTEN) + (1 << 20)) },
            false => Needs { memory: patterns.saturating_add(beside), disk: 0 },
        }
    }

    /// Refuses what cannot be before any work: parameters out of range, and more memory than the system says there is.
    ///
    /// # Errors
    /// [`Error::Experiment`] or [`Error::Parameter`]; [`Error::OutOfMemory`] with the bytes that it would take.
    pub fn check(&self, in_store: bool) -> Result<Needs> {
        let part = |part, expected: &str, found: String| Error::Experiment { part, expected: expected.into(), found };
        if !(0.0..=1.0).contains(&self.noise) {
            return Err(part(crate::Part::Noise, "0 to 1", self.noise.to_string()));
        }
        Patterns::new(self.dim)?;
        for (what, count) in [("patterns", self.patterns), ("queries", self.queries as u64)] {
            if count == 0 {
                return Err(Error::Parameter { what, expected: "at least 1".into(), found: "0".into() });
            }
        }
        let needs = self.needs(in_store);
        let point = Point { dim: self.dim, patterns: self.patterns };
        let refused = |available| Err(Error::OutOfMemory { bytes: needs.memory.into(), point, available });
        if needs.memory > isize::MAX as u64 {
            return refused(None);
        }
        match available() {
            Some(room) if needs.memory > room => refused(Some(room)),
            _ => Ok(needs),
        }
    }

    /// Grows a memory, in a new store at `store` if there is one, and measures it at each size; `finished` hears of
    /// each.
    ///
    /// A run that is stopped leaves the store at its last commit.
    ///
    /// # Errors
    /// As [`check`](Self::check); what the engine fails with, [`popfield::Error::Interrupted`] among it.
    pub fn run(
        &self,
        store: Option<&Path>,
        watch: &dyn Watch,
        finished: &mut dyn FnMut(&Measured),
    ) -> Result<Vec<Measured>> {
        self.check(store.is_some())?;
        let mut writer = store.map(|path| Store::create(path, self.dim, None, Default::default())).transpose()?;
        let (mut all, mut before) = (Vec::new(), 0);
        for patterns in self.sizes() {
            watch.phase("storing", patterns);
            let (memory, taken) = match &mut writer {
                None => self.in_memory(patterns)?,
                Some(writer) => self.in_store(writer, before..patterns, watch)?,
            };
            let asked = self.ask(&memory, watch)?;
            drop(memory);
            let measured = Measured { bytes: taken.bytes, taken_in: taken.rows, seconds: taken.seconds, ..asked };
            let measured = Measured { store_seconds: taken.store, open_seconds: taken.open, ..measured };
            finished(&measured);
            all.push(measured);
            before = patterns;
        }
        Ok(all)
    }

    /// A memory of the first `patterns` ones, made at once, so that it takes no more than they do.
    fn in_memory(&self, patterns: u64) -> Result<(Memory, Taken)> {
        let start = Instant::now();
        let keys = Patterns::random(patterns as usize, self.dim, self.seed, PURPOSE)?;
        let memory = Memory::auto_associative(keys)?;
        let (seconds, bytes) = (start.elapsed().as_secs_f64(), memory.bytes() as u64);
        Ok((memory, Taken { rows: patterns, bytes, seconds, store: None, open: None }))
    }

    /// The store with the patterns `range` appended, opened.
    fn in_store(&self, writer: &mut Store, range: std::ops::Range<u64>, watch: &dyn Watch) -> Result<(Memory, Taken)> {
        let start = Instant::now();
        let told = |done, total| watch.told(done, total);
        let steps = Progress::new(&told).begin(range.end - range.start);
        let (mut at, mut store) = (range.start, 0.0);
        let piece = piece_rows(self.dim) as u64;
        let mut appending = writer.begin()?;
        while at < range.end {
            let some = at..range.end.min(at + piece);
            let keys = Patterns::random_range(some.start as usize..some.end as usize, self.dim, self.seed, PURPOSE)?;
            let pushed = Instant::now();
            appending.push(Batch::new(&keys))?;
            store += pushed.elapsed().as_secs_f64();
            steps.advance(some.end - some.start)?;
            at = some.end;
        }
        let committed = Instant::now();
        appending.commit()?;
        store += committed.elapsed().as_secs_f64();
        let seconds = start.elapsed().as_secs_f64();
        let opened = Instant::now();
        let memory = Memory::open(writer.path())?;
        let open = Some(opened.elapsed().as_secs_f64());
        let bytes = writer.snapshot().bytes();
        Ok((memory, Taken { rows: range.end - range.start, bytes, seconds, store: Some(store), open }))
    }

    fn ask(&self, memory: &Memory, watch: &dyn Watch) -> Result<Measured> {
        let patterns = memory.len() as u64;
        let asked = Asked::draw(self, patterns)?;
        let recall = Recall::new(self.separation);
        let on = |_, _| watch.told(0, 0);
        let view = memory.watched(Progress::new(&on));
        // Every key is read once before clocks run.
        view.recall(&asked.queries.range(0..1)?, &recall)?;
        let mut wrong = asked.stored_otherwise(memory);

        watch.phase("recalling", patterns);
        let told = |done, total| watch.told(done, total);
        let steps = Progress::new(&told).begin(self.queries as u64);
        let (mut answers, mut reports, mut batches) = (Vec::new(), Vec::new(), Vec::new());
        for first in (0..self.queries).step_by(BATCH) {
            let batch = asked.queries.range(first..first + BATCH)?;
            let start = Instant::now();
            let recalled = view.recall(&batch, &recall)?;
            batches.push(start.elapsed().as_secs_f64());
            answers.extend(recalled.patterns.iter());
            reports.extend(recalled.reports);
            steps.advance(batch.len() as u64)?;
        }
        let queries_per_second = self.queries as f64 / batches.iter().sum::<f64>();
        // A last batch that is not whole takes less.
        if batches.len() > 1 && !self.queries.is_multiple_of(BATCH) {
            batches.pop();
        }

        watch.phase("recalling one by one", patterns);
        let (mut singles, begun) = (Vec::new(), Instant::now());
        let most = self.queries.min(SINGLES);
        while singles.len() < most && (singles.is_empty() || begun.elapsed().as_secs_f64() < SINGLES_SECONDS) {
            let q = singles.len();
            let query = asked.queries.range(q..q + 1)?;
            let start = Instant::now();
            let recalled = view.recall(&query, &recall)?;
            singles.push(start.elapsed().as_secs_f64());
            if recalled.patterns.get(0).as_ref() != Some(&answers[q])
                || recalled.reports[0].nearest != reports[q].nearest
            {
                wrong.push(format!("{}: alone it is answered otherwise than in a batch", asked.name(q)));
            }
            watch.told(singles.len() as u64, most as u64);
        }

        watch.phase("judging", patterns);
        wrong.extend(asked.implausible(self, &answers, &reports)?);
        let (judged, open) = asked.judge(self, &answers, &reports, &mut wrong, watch)?;
        let differing = answers.iter().zip(&asked.originals).filter(|(answer, own)| answer != own).count() as u64;
        let queries = self.queries as u64;
        let count =
            |reason| (reason, reports.iter().filter(|report| report.certificate.reason == reason).count() as u64);
        batches.sort_unstable_by(f64::total_cmp);
        singles.sort_unstable_by(f64::total_cmp);
        Ok(Measured {
            patterns,
            bytes: 0,
            taken_in: 0,
            seconds: 0.0,
            store_seconds: None,
            open_seconds: None,
            recalled: proportion(queries - differing, queries, CONFIDENCE),
            predicted: self.predicted(patterns),
            certificates: [Reason::Dominant, Reason::Votes, Reason::Full].map(count).to_vec(),
            queries,
            differing,
            judged,
            open,
            batches,
            batch: self.queries.min(BATCH),
            queries_per_second,
            singles,
            wrong,
        })
    }

    /// What theory says of the fraction of queries that recall what is stored, if it says something. Linear and
    /// polynomial laws are those of a bit, the mean over flipped positions and others, which err apart: they tell of a
    /// whole pattern where none is flipped.
    pub fn predicted(&self, patterns: u64) -> Option<Bounds> {
        let (dim, flips) = (self.dim as u64, flips(self.noise, self.dim) as u64);
        let rule = match self.separation {
            // A size beyond what the laws take is one of which they say nothing.
            Separation::Max => return nearest::auto_kept(dim, patterns, flips).ok(),
            Separation::Exponential(beta) => return exponential::auto_kept(dim, patterns, flips, beta).ok(),
            Separation::Linear => Rule::Hebb,
            Separation::Polynomial(degree) => Rule::Polynomial(degree.get()),
            _ => return None,
        };
        if flips > 0 {
            return None;
        }
        let experiment = Experiment::new(rule, Setting::AutoKept).noise(self.noise).tie(Tie::Plus);
        let point = Point { dim: self.dim, patterns };
        let said = predictions::choose(None, &experiment, Observable::Pattern).ok()?;
        let value =
            said.iter().filter(|law| !law.slow).find_map(|law| law.at(&experiment, Observable::Pattern, point))?;
        Some(Bounds { low: value, high: value })
    }
}

/// The purpose that patterns are drawn for: they are those of `popfield bench` and `popfield random`.
const PURPOSE: &str = "keys";

/// Rows that are drawn together: whole blocks.
fn piece_rows(dim: usize) -> usize {
    (PIECE_BYTES / (8 * dim.div_ceil(64))).next_multiple_of(8).min(1 << 16)
}

/// How patterns came into a memory.
struct Taken {
    rows: u64,
    bytes: u64,
    seconds: f64,
    store: Option<f64>,
    open: Option<f64>,
}

/// Some stored patterns, drawn with replacement, and queries made of them.
struct Asked {
    ids: Vec<u64>,
    originals: Vec<Pattern>,
    queries: Queries,
    patterns: u64,
}

impl Asked {
    fn draw(growth: &Growth, patterns: u64) -> Result<Self> {
        let mut rng = stream(growth.seed, "queries", 0);
        let ids: Vec<u64> =
            (0..growth.queries).map(|_| ((u128::from(rng.next_u64()) * u128::from(patterns)) >> 64) as u64).collect();
        // Made anew, and not read from the memory, which might hold something else.
        let original = |&id: &u64| {
            let one = Patterns::random_range(id as usize..id as usize + 1, growth.dim, growth.seed, PURPOSE)?;
            Ok(one.iter().next().ok_or(popfield::Error::Empty { what: "patterns" })?)
        };
        let originals = ids.iter().map(original).collect::<Result<Vec<Pattern>>>()?;
        let stored = originals.iter().collect::<popfield::Result<Patterns>>()?;
        let queries = add_noise(&stored, growth.noise, NoiseModel::Exact, growth.seed)?.into();
        Ok(Self { ids, originals, queries, patterns })
    }

    /// A query in words.
    fn name(&self, q: usize) -> String {
        format!("n = {}, query {q} of key {}", self.patterns, self.ids[q])
    }

    /// Keys that do not stand in the memory as they were stored.
    fn stored_otherwise(&self, memory: &Memory) -> Vec<String> {
        let stored = |q: &usize| memory.keys().get(self.ids[*q] as usize).as_ref() == Some(&self.originals[*q]);
        let others = (0..self.ids.len()).filter(|q| !stored(q));
        others.map(|q| format!("{}: the memory holds another key than was stored", self.name(q))).collect()
    }

    /// What can be seen to be wrong of any answer without asking all keys.
    fn implausible(&self, growth: &Growth, answers: &[Pattern], reports: &[Report]) -> Result<Vec<String>> {
        let flips = flips(growth.noise, growth.dim) as u32;
        let mut wrong = Vec::new();
        for (q, (answer, report)) in answers.iter().zip(reports).enumerate() {
            let nearest = report.nearest;
            if nearest.distance > flips {
                let found = nearest.distance;
                wrong.push(format!(
                    "{}: it is at distance {flips}, yet the nearest is said to be at {found}",
                    self.name(q)
                ));
            }
            let alone = growth.separation == Separation::Max && nearest.count == 1;
            if (alone || report.certificate.reason == Reason::Dominant) && nearest.id < self.patterns {
                let row = nearest.id as usize;
                let key = Patterns::random_range(row..row + 1, growth.dim, growth.seed, PURPOSE)?.iter().next();
                if nearest.count == 1 && key.as_ref() != Some(answer) {
                    wrong.push(format!("{}: key {row} decides alone, and is not what was recalled", self.name(q)));
                }
            }
        }
        Ok(wrong)
    }

    /// Holds some answers to the definition, those that are not what was stored first: how many, and how many of them
    /// stay open.
    fn judge(
        &self,
        growth: &Growth,
        answers: &[Pattern],
        reports: &[Report],
        wrong: &mut Vec<String>,
        watch: &dyn Watch,
    ) -> Result<(u64, u64)> {
        let (same, differing): (Vec<usize>, Vec<usize>) =
            (0..answers.len()).partition(|&q| answers[q] == self.originals[q]);
        let [of_differing, of_same] = JUDGED;
        let sample: Vec<usize> =
            differing.into_iter().take(of_differing).chain(same.into_iter().take(of_same)).collect();
        let queries: Vec<Pattern> = sample.iter().filter_map(|&q| self.queries.signs().get(q)).collect();
        let source = Drawn { growth, patterns: self.patterns, watch };
        let truths = judge(&source, &queries, growth.separation)?;
        for (&q, truth) in sample.iter().zip(&truths) {
            wrong.extend(self.against(q, truth, &answers[q], &reports[q]));
        }
        let open = truths.iter().filter(|truth| truth.signs.is_none()).count() as u64;
        Ok((truths.len() as u64, open))
    }

    /// What an answer is wrong in.
    fn against(&self, q: usize, truth: &Truth, answer: &Pattern, report: &Report) -> Option<String> {
        let found = (report.nearest.distance, report.nearest.count, report.nearest.id);
        let expected = (truth.distance, truth.count, truth.id);
        if found != expected {
            return Some(format!(
                "{}: nearest keys (distance, count, lowest id): expected {expected:?}, found {found:?}",
                self.name(q)
            ));
        }
        let signs = truth.signs.as_ref()?;
        let bit = signs.bits().iter().by_vals().zip(answer.bits().iter().by_vals()).position(|(a, b)| a != b)?;
        let sign = |pattern: &Pattern| if pattern.bits()[bit] { "+1" } else { "-1" };
        Some(format!("{}: bit {bit}: expected {} by definition, found {}", self.name(q), sign(signs), sign(answer)))
    }
}

/// The patterns of a memory, drawn anew.
struct Drawn<'a> {
    growth: &'a Growth,
    patterns: u64,
    watch: &'a dyn Watch,
}

impl Source for Drawn<'_> {
    fn dim(&self) -> usize {
        self.growth.dim
    }

    fn keys(&self) -> u64 {
        self.patterns
    }

    fn pieces(&self) -> usize {
        self.patterns.div_ceil(piece_rows(self.dim()) as u64) as usize
    }

    fn piece(&self, index: usize) -> Result<Piece> {
        if !self.watch.told(0, 0) {
            return Err(popfield::Error::Interrupted.into());
        }
        let rows = piece_rows(self.dim());
        let first = index * rows;
        let range = first..(first + rows).min(self.patterns as usize);
        let patterns = Patterns::random_range(range.clone(), self.dim(), self.growth.seed, PURPOSE)?;
        Ok(Piece { ids: range.map(|row| row as u64).collect(), words: words_of(&patterns) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Blind;

    impl Watch for Blind {
        fn phase(&self, _: &'static str, _: u64) {}

        fn told(&self, _: u64, _: u64) -> bool {
            true
        }
    }

    fn growth(patterns: u64) -> Growth {
        let separation = Separation::exponential(1.0).unwrap();
        Growth { patterns, dim: 48, noise: 0.1, separation, queries: 30, seed: 5 }
    }

    #[test]
    fn sizes_are_decades_and_the_last() {
        let sizes = |patterns| growth(patterns).sizes();
        assert_eq!(sizes(7), [7]);
        assert_eq!(sizes(1000), [1000]);
        assert_eq!(sizes(1001), [1000, 1001]);
        assert_eq!(sizes(250_000), [1000, 10_000, 100_000, 250_000]);
        assert_eq!(growth(u64::MAX).sizes().len(), 18);
        assert_eq!(growth(u64::MAX).needs(true).disk, u64::MAX);
    }

    #[test]
    fn quantiles_by_nearest_rank() {
        let numbers: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!([0.0, 0.5, 0.99, 1.0].map(|q| quantile(&numbers, q)), [1.0, 100.0, 198.0, 200.0]);
        assert_eq!(quantile(&[3.0], 0.99), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    /// A bit that is turned, a nearest key that is another, a key that stands otherwise: each is seen.
    #[test]
    fn planted_errors_are_seen() {
        let growth = growth(2000);
        let asked = Asked::draw(&growth, 2000).unwrap();
        let memory = |seed| Memory::auto_associative(Patterns::random(2000, 48, seed, PURPOSE).unwrap()).unwrap();
        assert!(asked.stored_otherwise(&memory(5)).is_empty());
        assert_eq!(asked.stored_otherwise(&memory(6)).len(), 30);
        let recalled = memory(5).recall(&asked.queries, &Recall::new(growth.separation)).unwrap();
        let right: Vec<Pattern> = recalled.patterns.iter().collect();
        let seen = |answers: &[Pattern], reports: &[Report]| {
            let mut wrong = asked.implausible(&growth, answers, reports).unwrap();
            asked.judge(&growth, answers, reports, &mut wrong, &Blind).unwrap();
            wrong
        };
        assert!(seen(&right, &recalled.reports).is_empty());
        let mut answers = right.clone();
        let bit = !answers[20].bits()[7];
        answers[20].bits_mut().set(7, bit);
        let wrong = seen(&answers, &recalled.reports);
        assert!(
            wrong.iter().any(|wrong| wrong.contains("query 20") && wrong.contains("bit 7: expected ")),
            "{wrong:?}"
        );
        assert!(wrong.iter().any(|wrong| wrong.contains("decides alone")), "{wrong:?}");
        let mut reports = recalled.reports.clone();
        reports[0].nearest.count += 1;
        reports[1].nearest.distance = 6;
        let wrong = seen(&right, &reports);
        assert!(wrong.iter().any(|wrong| wrong.contains("query 0") && wrong.contains("nearest keys")), "{wrong:?}");
        assert!(wrong.iter().any(|wrong| wrong.contains("query 1 ") && wrong.contains("said to be at 6")), "{wrong:?}");
    }
}
