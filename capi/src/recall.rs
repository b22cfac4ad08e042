//! Recall, and its softmax form, attention.

use popfield::recall::{Reason, Report};
use popfield::separation::Beta;
use popfield::{Recall, Separation, Tie};

use crate::call::{Call, popfield_call};
use crate::memory::popfield_memory;
use crate::rows::{popfield_encoding, popfield_rows, read, room};
use crate::status::{Failure, Outcome, popfield_status, run};

/// How the overlap s of a key with the query becomes the weight of its value.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum popfield_separation {
    /// e^(beta s).
    Exponential = 0,
    /// s, as in Hopfield's network.
    Linear = 1,
    /// s^degree.
    Polynomial = 2,
    /// The nearest keys alone.
    Max = 3,
}

/// What a field of exactly 0 gives.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum popfield_tie {
    /// +1.
    Plus = 0,
    /// -1.
    Minus = 1,
    /// The query's own element; an unknown one counts as +1. Needs values of the keys' dimension.
    Stay = 2,
}

/// Why every bit of an answer is the sign of its real field.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum popfield_certificate {
    /// One nearest key outweighs all others together.
    Dominant = 0,
    /// The votes of the nearest keys outweigh in every bit a bound on all that they leave out.
    Votes = 1,
    /// Every key was counted.
    Full = 2,
    /// The query lies within the budget of a stored key, which outweighs all others whatever they are.
    Basin = 3,
    /// Keys that an index did not meet differ from the query in every chunk that was looked up, and weigh too little.
    Probe = 4,
}

/// How to recall: see popfield_recall_defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_recall_options {
    /// One of popfield_separation.
    pub separation: u32,
    /// Of exponential, 1e-9 to 1e9, on the raw integer overlap; not looked at otherwise.
    pub beta: f64,
    /// Of polynomial, 1 to 64; not looked at otherwise.
    pub degree: u32,
    /// Steps, at least 1, each prompted by the answer of the one before.
    pub steps: u32,
    /// One of popfield_tie.
    pub tie: u32,
}

/// What is known of one answer beside its bits.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct popfield_report {
    /// The nearest key; of several at one distance the one of the lowest id.
    pub nearest_id: u64,
    /// How many keys are as near.
    pub nearest_count: u64,
    /// Positions where the real field is exactly 0, where the tie policy decided.
    pub tied_bits: u64,
    /// Keys whose own votes were counted.
    pub keys_touched: u64,
    /// An interval that holds the softmax weight of the nearest keys together; NaN unless exponential.
    pub top_weight_low: f64,
    pub top_weight_high: f64,
    pub nearest_distance: u32,
    /// One of popfield_certificate.
    pub certificate: u32,
}

impl popfield_recall_options {
    pub(crate) fn separation(self) -> Outcome<Separation> {
        Ok(match self.separation {
            s if s == popfield_separation::Exponential as u32 => Separation::exponential(self.beta)?,
            s if s == popfield_separation::Linear as u32 => Separation::Linear,
            s if s == popfield_separation::Polynomial as u32 => Separation::polynomial(self.degree)?,
            s if s == popfield_separation::Max as u32 => Separation::Max,
            other => return Err(Failure::input("separation", "one of popfield_separation (0 to 3)", other)),
        })
    }

    fn asked(self) -> Outcome<Recall> {
        let tie = match self.tie {
            t if t == popfield_tie::Plus as u32 => Tie::Plus,
            t if t == popfield_tie::Minus as u32 => Tie::Minus,
            t if t == popfield_tie::Stay as u32 => Tie::Stay,
            other => return Err(Failure::input("tie", "one of popfield_tie (0 to 2)", other)),
        };
        Ok(Recall::new(self.separation()?).steps(self.steps)?.tie(tie))
    }
}

fn of_report(report: &Report) -> popfield_report {
    let [low, high] = report.top_weight.unwrap_or([f64::NAN; 2]);
    let certificate = match report.certificate.reason {
        Reason::Dominant => popfield_certificate::Dominant,
        Reason::Votes => popfield_certificate::Votes,
        Reason::Basin => popfield_certificate::Basin,
        Reason::Probe => popfield_certificate::Probe,
        _ => popfield_certificate::Full,
    };
    popfield_report {
        nearest_id: report.nearest.id,
        nearest_count: report.nearest.count,
        tied_bits: report.tied_bits,
        keys_touched: report.certificate.keys_touched,
        top_weight_low: low,
        top_weight_high: high,
        nearest_distance: report.nearest.distance,
        certificate: certificate as u32,
    }
}

/// Exponential with beta 1, one step, a field of exactly 0 giving +1.
#[unsafe(no_mangle)]
pub extern "C" fn popfield_recall_defaults() -> popfield_recall_options {
    popfield_recall_options {
        separation: popfield_separation::Exponential as u32,
        beta: 1.0,
        degree: 2,
        steps: 1,
        tie: popfield_tie::Plus as u32,
    }
}

/// Recalls every query: the sign of sum_i f(<query, x_i>) y_i, exact in every bit. `options` NULL for the defaults, `call`
/// NULL for all associations on all cores. Answers are written row after row in `encoding`, `size` bytes in all; the
/// reports, one a query, unless `reports` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_recall(
    memory: *const popfield_memory,
    queries: *const popfield_rows,
    options: *const popfield_recall_options,
    call: *const popfield_call,
    encoding: u32,
    answers: *mut u8,
    size: usize,
    reports: *mut popfield_report,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        let options = if options.is_null() {
            popfield_recall_defaults()
        } else {
            // SAFETY: the caller's word.
            *unsafe { read(options, "options") }?
        };
        let recall = options.asked()?;
        // SAFETY: the caller's word.
        let (call, queries) = unsafe { Call::with_queries(call, queries, state.dim()) }?;
        let encoding = popfield_encoding::asked(encoding, "answers")?;
        let row = encoding.row(state.value_dim().unwrap_or(state.dim()));
        // SAFETY: the caller's word.
        let answers = unsafe { room(answers, size, queries.len().checked_mul(row), "answers") }?;
        let room_for_reports = if reports.is_null() {
            None
        } else {
            // SAFETY: the caller's word.
            Some(unsafe { room(reports, queries.len(), Some(queries.len()), "reports") }?)
        };
        let recalled = call.ask(&state, queries.len(), options.steps, |view| {
            let recalled = view.recall(&queries, &recall)?;
            encoding.write(&recalled.patterns, answers)?;
            Ok(recalled)
        })?;
        for (room, report) in room_for_reports.into_iter().flatten().zip(&recalled.reports) {
            *room = of_report(report);
        }
        Ok(())
    })
}

/// Attention: for every query the mean of all values under softmax(beta <query, x_i>), (queries, value_dim) row by row,
/// `count` numbers in all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn popfield_attend(
    memory: *const popfield_memory,
    queries: *const popfield_rows,
    beta: f64,
    call: *const popfield_call,
    means: *mut f64,
    count: usize,
) -> popfield_status {
    run(|| {
        // SAFETY: the caller's word.
        let state = unsafe { read(memory, "memory") }?.0.state();
        let beta = Beta::new(beta)?;
        // SAFETY: the caller's word.
        let (call, queries) = unsafe { Call::with_queries(call, queries, state.dim()) }?;
        let all = queries.len().checked_mul(state.value_dim().unwrap_or(state.dim()));
        // SAFETY: the caller's word.
        let room = unsafe { room(means, count, all, "means") }?;
        let means = call.ask(&state, queries.len(), 1, |view| view.attend(&queries, beta))?;
        room.copy_from_slice(&means);
        Ok(())
    })
}
