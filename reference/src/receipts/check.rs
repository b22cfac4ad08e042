//! The check: lines are read, and judged some at a time by what a pass over the keys says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use serde::de::DeserializeOwned;

use super::answer::answer_of_all;
use super::bits::{Packed, count, is_set, parse};
use super::certificate::{Around, Mask, last_of, looked_at, masks};
use super::header::{Subject, ascending};
use super::law::Asked;
use super::line::{Line, Lines};
use super::memory::Associations;
use super::pass::{Ask, Looked, Passing, Seen, Words, distances};
use super::record::{Basin, Chunks, End, FORMAT, Found, Header, Key, Probe, Recalled, Start, VERSION};
use super::sequence::Sequence;
use super::verdict::{Error, Fault, Verdict, same, same_list};
use crate::Separation;

/// Questions that one pass over the keys answers at the most, and bytes that they may take.
const ASKS: usize = 256;
const ASK_BYTES: usize = 1 << 28;

/// Lines that are judged together at the most.
const LINES: usize = 4096;

/// Holds `receipts` to `memory`: whether each of its lines is as it was written, all that it says of the memory is so, and
/// every answer is the one that the definition gives. `watch` is told how many lines were judged, from time to time, and
/// says whether to go on. Runs in the current rayon pool.
///
/// Cost: a few passes over the memory to know it and its scope; then one over all keys for up to 256 lines, in which each
/// costs ⌈d/64⌉ word operations for each key, unless it rests on a key that was told; and for answers that no nearest key
/// decides by itself, another for each, bit by bit, and exact signs.
///
/// # Errors
/// [`Error::Format`] if it is no file of receipts, [`Error::Version`] for another format of them; [`Error::Io`] if it
/// cannot be read; [`Error::Interrupted`]. What does not hold is no error, and stands in the [`Verdict`].
///
/// # Source
/// The statements and their proofs: the triangle inequality, and the pigeonhole of Norouzi, Punjani and Fleet 2012.
pub fn check<M: Associations>(
    memory: &M,
    receipts: impl BufRead,
    watch: &(dyn Fn(u64) -> bool + Sync),
) -> Result<Verdict, Error> {
    let mut lines = Lines::new(receipts);
    let mut verdict = Verdict::default();
    let subject = match first(&mut lines, memory)? {
        Ok(subject) => subject,
        Err(fault) => {
            verdict.lines = lines.read;
            verdict.refused.push(fault.at(1));
            return Ok(verdict);
        }
    };
    let most = ASK_BYTES / (8 * distances(memory.dim()) * rayon::current_num_threads());
    let mut checking = Checking {
        memory,
        sequence: Sequence::new(subject.queries, subject.asked.steps()),
        subject,
        most: most.clamp(1, ASKS),
        chunks: None,
        read: BTreeSet::new(),
        keys: BTreeMap::new(),
        jobs: Vec::new(),
        asks: Vec::new(),
        questions: 0,
        judged: 0,
        verdict,
        watch,
    };
    let stopped = checking.all(&mut lines)?;
    checking.judge()?;
    let mut verdict = checking.finish(stopped.is_none());
    verdict.lines = lines.read;
    // What ends the reading is the last that is known to be wrong.
    verdict.refused.extend(stopped.map(|fault| fault.at(lines.read)));
    verdict.refused.sort_by_key(|refusal| refusal.line);
    Ok(verdict)
}

/// What the first line speaks of.
fn first<M: Associations>(lines: &mut Lines<impl BufRead>, memory: &M) -> Result<Result<Subject, Fault>, Error> {
    let line = lines.next()?;
    let expected = || format!("a header with the format \"{FORMAT}\"");
    let start: Option<Start> = serde_json::from_slice(lines.raw()).ok();
    let Some(start) = start.filter(|start| start.record == "header" && start.format.as_deref() == Some(FORMAT)) else {
        let found = if matches!(line, Line::Over) { "an empty file" } else { "something else" };
        return Err(Error::Format { expected: expected(), found: found.to_owned() });
    };
    match start.version {
        Some(VERSION) => {}
        Some(found) => return Err(Error::Version { expected: VERSION, found }),
        None => return Err(Error::Format { expected: "a version".into(), found: "none".into() }),
    }
    Ok(match line {
        Line::Whole(text) => object::<Header>("header", &text).and_then(|header| Subject::of(header, memory)),
        Line::Damaged(fault) => Err(fault),
        Line::Over => Err(Fault::new("line", "a header", "none")),
    })
}

/// A record of this kind.
fn object<T: DeserializeOwned>(kind: &'static str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::new(kind, "the members of such a record", error))
}

/// A line that waits for what the keys say to its question.
struct Job {
    line: u64,
    /// Which question.
    ask: Option<usize>,
    work: Work,
}

enum Work {
    Key(Key),
    Recalled { record: Recalled, query: Packed, answer: Vec<u64> },
    Found { record: Found, query: Packed },
}

struct Checking<'a, M> {
    memory: &'a M,
    subject: Subject,
    sequence: Sequence,
    /// Questions that a pass answers.
    most: usize,
    chunks: Option<Vec<Mask>>,
    /// Ids of the keys that are read one by one.
    read: BTreeSet<u64>,
    keys: BTreeMap<u64, Around>,
    jobs: Vec<Job>,
    asks: Vec<Ask>,
    /// Those and the ones that keys will put.
    questions: usize,
    /// The last line that was judged.
    judged: u64,
    verdict: Verdict,
    watch: &'a (dyn Fn(u64) -> bool + Sync),
}

impl<M: Associations> Checking<'_, M> {
    /// Reads all lines; what is wrong with one so that those after it say nothing.
    fn all(&mut self, lines: &mut Lines<impl BufRead>) -> Result<Option<Fault>, Error> {
        let mut over = false;
        loop {
            let text = match lines.next()? {
                Line::Whole(text) => text,
                Line::Damaged(fault) => return Ok(Some(fault)),
                Line::Over if over => return Ok(None),
                Line::Over => {
                    lines.read += 1;
                    return Ok(Some(Fault::new("record", "a last line that closes the file", "the end of the file")));
                }
            };
            if over {
                return Ok(Some(Fault::new("record", "nothing after the last line", "another line")));
            }
            match self.line(lines.read, &text)? {
                Ok(is_last) => over = is_last,
                Err(fault) => return Ok(Some(fault)),
            }
            if self.questions >= self.most || self.jobs.len() >= LINES {
                self.judge()?;
            }
        }
    }

    /// Takes one line; whether it is the last.
    fn line(&mut self, line: u64, text: &str) -> Result<Result<bool, Fault>, Error> {
        let kind = match object::<Start>("record", text) {
            Ok(start) => start.record,
            Err(fault) => return Ok(Err(fault)),
        };
        let taken = match kind.as_str() {
            "recalled" => object("recalled", text).and_then(|record| self.recalled(line, record)),
            "found" => object("found", text).and_then(|record| self.found(line, record)),
            "key" => object("key", text).and_then(|record| self.key(line, record)),
            "end" => object("end", text).and_then(|record| self.end(line, &record)),
            "chunks" => match object("chunks", text) {
                Ok(chunks) => self.chunks(&chunks)?,
                Err(fault) => Err(fault),
            },
            other => Err(Fault::new("record", "recalled, found, key, chunks or end", other)),
        };
        Ok(taken.map(|()| kind == "end"))
    }

    fn end(&mut self, line: u64, end: &End) -> Result<(), Fault> {
        same("lines", line - 1, end.lines)?;
        self.sequence.is_over()
    }

    fn chunks(&mut self, chunks: &Chunks) -> Result<Result<(), Fault>, Error> {
        if self.chunks.is_some() {
            return Ok(Err(Fault::new("record", "chunks once", "chunks again")));
        }
        let taken = masks(chunks, self.memory.dim()).and_then(|masks| Ok((masks, ascending("read", &chunks.read)?)));
        let (masks, read) = match taken {
            Ok(taken) => taken,
            Err(fault) => return Ok(Err(fault)),
        };
        if !read.is_empty() {
            let there = self.passing().find(&read).ok_or(Error::Interrupted)?;
            if let Some(id) = read.iter().find(|id| !there.contains_key(id)) {
                return Ok(Err(Fault::new("read", "ids of keys in scope", id)));
            }
        }
        (self.chunks, self.read) = (Some(masks), read);
        Ok(Ok(()))
    }

    fn key(&mut self, line: u64, record: Key) -> Result<(), Fault> {
        let waits = self.jobs.iter().any(|job| matches!(&job.work, Work::Key(key) if key.id == record.id));
        if waits || self.keys.contains_key(&record.id) {
            return Err(Fault::new("id", "each key once", format!("{} again", record.id)));
        }
        self.verdict.keys += 1;
        // Its question is put once the key is found.
        self.questions += 1;
        self.jobs.push(Job { line, ask: None, work: Work::Key(record) });
        Ok(())
    }

    fn recalled(&mut self, line: u64, record: Recalled) -> Result<(), Fault> {
        let Asked::Recall { .. } = self.subject.asked else {
            return Err(Fault::new("record", "found, the list of a search", "recalled"));
        };
        let query = self.query(&record.bits, record.known.as_deref(), record.unknown)?;
        let answer = pattern("answer", &record.answer, self.memory.value_dim())?;
        self.sequence.take(record.query, record.step, &query, &answer)?;
        self.count(&record.certificate, record.basin.as_ref(), record.probe.as_ref())?;
        let asks = record.basin.is_none().then(|| self.ask(&query, record.probe.as_ref(), 0)).transpose();
        self.wait(line, asks, Work::Recalled { record, query, answer });
        Ok(())
    }

    fn found(&mut self, line: u64, record: Found) -> Result<(), Fault> {
        let most = match self.subject.asked {
            Asked::Recall { .. } => return Err(Fault::new("record", "recalled, an answer of a recall", "found")),
            Asked::Top(top) => top.min(self.subject.keys),
            Asked::Radius(_) => self.subject.keys,
        };
        let query = self.query(&record.bits, record.known.as_deref(), record.unknown)?;
        self.sequence.take(record.query, 1, &query, &[])?;
        self.count(&record.certificate, record.basin.as_ref(), record.probe.as_ref())?;
        let list = (record.found.len() as u64).min(most) as usize;
        let asks = record.basin.is_none().then(|| self.ask(&query, record.probe.as_ref(), list)).transpose();
        self.wait(line, asks, Work::Found { record, query });
        Ok(())
    }

    fn query(&self, bits: &str, known: Option<&str>, unknown: u64) -> Result<Packed, Fault> {
        let dim = self.memory.dim();
        let bits = pattern("bits", bits, dim)?;
        let known = known.map(|known| pattern("known", known, dim)).transpose()?;
        if let Some(known) = &known {
            let all = u64::from(count(known)) == dim as u64;
            if all || bits.iter().zip(known).any(|(bits, known)| bits & !known != 0) {
                let expected = "a mask that leaves some positions out, whose bits are 0";
                return Err(Fault::new("known", expected, "another"));
            }
        }
        let erased = known.as_ref().map_or(0, |known| dim as u64 - u64::from(count(known)));
        same("unknown", erased, unknown)?;
        Ok(Packed { bits, known })
    }

    fn count(&mut self, name: &str, basin: Option<&Basin>, probe: Option<&Probe>) -> Result<(), Fault> {
        match (name, basin, probe) {
            ("basin", Some(_), None) => self.verdict.basin += 1,
            ("probe", None, Some(_)) => self.verdict.probe += 1,
            ("scan", None, None) => self.verdict.scan += 1,
            _ => {
                let expected = "basin, probe or scan, and beside it what it rests on";
                return Err(Fault::new("certificate", expected, name));
            }
        }
        Ok(())
    }

    fn ask(&self, query: &Packed, probe: Option<&Probe>, list: usize) -> Result<Ask, Fault> {
        let chunks = match (probe, &self.chunks) {
            (None, _) => Looked::default(),
            (Some(probe), Some(masks)) => looked_at(probe, query, masks)?,
            (Some(_), None) => return Err(Fault::new("probe", "chunks to be told before", "none")),
        };
        Ok(Ask { query: query.clone(), chunks, list, copies: false })
    }

    /// Puts a line among those that wait, or refuses it.
    fn wait(&mut self, line: u64, ask: Result<Option<Ask>, Fault>, work: Work) {
        match ask {
            Err(fault) => self.verdict.refused.push(fault.at(line)),
            Ok(ask) => {
                let place = ask.as_ref().map(|_| self.asks.len());
                self.questions += usize::from(ask.is_some());
                self.asks.extend(ask);
                self.jobs.push(Job { line, ask: place, work });
            }
        }
    }

    fn passing(&self) -> Passing<'_, M> {
        let Self { memory, judged, watch, .. } = *self;
        Passing { memory, scope: &self.subject.scope, read: &self.read, judged, watch }
    }

    /// Judges the lines that wait.
    fn judge(&mut self) -> Result<(), Error> {
        let (jobs, mut asks) = (std::mem::take(&mut self.jobs), std::mem::take(&mut self.asks));
        self.questions = 0;
        if jobs.is_empty() {
            return Ok(());
        }
        let of_key = |job: &Job| if let Work::Key(key) = &job.work { Some(key.id) } else { None };
        let ids: BTreeSet<u64> = jobs.iter().filter_map(of_key).collect();
        let mut there = BTreeMap::new();
        if !ids.is_empty() {
            there = self.passing().find(&ids).ok_or(Error::Interrupted)?;
        }
        let mut places = BTreeMap::new();
        for (&id, (key, _)) in &there {
            places.insert(id, asks.len());
            let query = Packed { bits: key.clone(), known: None };
            asks.push(Ask { query, chunks: Looked::default(), list: 0, copies: true });
        }
        let mut seen: Vec<Seen> = Vec::with_capacity(asks.len());
        for asks in asks.chunks(self.most) {
            seen.extend(self.passing().ask(asks).ok_or(Error::Interrupted)?);
        }
        for Job { line, ask, work } in jobs {
            let judged = match work {
                Work::Key(record) => match (places.get(&record.id), there.remove(&record.id)) {
                    (Some(&place), Some(found)) => self.judge_key(line, record, found, &seen[place]),
                    _ => Err(Fault::new("id", "the id of a key in scope", record.id)),
                },
                Work::Recalled { record, query, answer } => {
                    self.judge_recalled(&record, &query, &answer, ask.and_then(|ask| seen.get(ask)))?
                }
                Work::Found { record, query } => self.judge_found(&record, &query, ask.and_then(|ask| seen.get(ask))),
            };
            self.verdict.refused.extend(judged.err().map(|fault| fault.at(line)));
            self.judged = line;
            if !(self.watch)(line) {
                return Err(Error::Interrupted);
            }
        }
        Ok(())
    }

    fn judge_key(&mut self, line: u64, record: Key, (key, value): Words, seen: &Seen) -> Result<(), Fault> {
        let agree = seen.nearest.as_ref().is_some_and(|nearest| nearest.agree);
        let mut around = Around { line, used: false, record, key, value, agree, holds: false };
        let checked = around.check(seen, self.memory.dim());
        around.holds = checked.is_ok();
        self.keys.insert(around.record.id, around);
        checked
    }

    fn around(&mut self, basin: &Basin) -> Result<&Around, Fault> {
        match self.keys.get_mut(&basin.key) {
            Some(around) => {
                around.used = true;
                Ok(around)
            }
            None => Err(Fault::new("key", "a key whose basin is told before", basin.key)),
        }
    }

    fn judge_recalled(
        &mut self,
        record: &Recalled,
        query: &Packed,
        answer: &[u64],
        seen: Option<&Seen>,
    ) -> Result<Result<(), Fault>, Error> {
        let Asked::Recall { separation, tie, .. } = self.subject.asked else { return Ok(Ok(())) };
        let (dim, value_dim) = (self.memory.dim() as u64, self.memory.value_dim());
        let nearest_of = |distance: u64, id: u64, keys: u64| {
            same("nearest_distance", distance, record.nearest_distance)?;
            same("nearest_id", id, record.nearest_id)?;
            same("nearest_count", keys, record.nearest_count)
        };
        let answer_of = |value: &[u64], tied: u64| {
            same("tied_bits", tied, record.tied_bits)?;
            match (0..value_dim).find(|&position| is_set(value, position) != is_set(answer, position)) {
                None => Ok(()),
                Some(position) => {
                    let [expected, found] =
                        [value, answer].map(|bits| if is_set(bits, position) { "+1" } else { "-1" });
                    Err(Fault::new("answer", format!("{expected} at position {position}"), found))
                }
            }
        };
        if let Some(basin) = &record.basin {
            return Ok(self.around(basin).and_then(|around| {
                let (cost, distance) = around.cost(query, record.unknown);
                same("cost", cost, basin.cost)?;
                nearest_of(distance, around.record.id, around.record.copies.len() as u64)?;
                answer_of(&around.value, 0)?;
                around.proves(cost, Some(separation), dim)
            }));
        }
        let Some((seen, nearest)) = seen.and_then(|seen| Some((seen, seen.nearest.as_ref()?))) else {
            return Ok(Err(Fault::new("query", "keys in scope", "none")));
        };
        let told = nearest_of(nearest.distance.into(), nearest.id, seen.counts[nearest.distance as usize]);
        if told.is_err() {
            return Ok(told);
        }
        if let Some(probe) = &record.probe {
            return Ok(probe.check(seen, self.subject.keys).and_then(|()| {
                answer_of(&nearest.value, 0)?;
                probe.proves(seen, separation)
            }));
        }
        let (bits, tied) = answer_of_all(&self.passing(), query, seen, separation, tie).ok_or(Error::Interrupted)?;
        Ok(answer_of(&bits, tied))
    }

    fn judge_found(&mut self, record: &Found, query: &Packed, seen: Option<&Seen>) -> Result<(), Fault> {
        let (asked, dim) = (self.subject.asked, self.memory.dim() as u64);
        if let Some(basin) = &record.basin {
            if !matches!(asked, Asked::Top(1)) {
                return Err(Fault::new("certificate", "a basin where one key is sought", "a list"));
            }
            let around = self.around(basin)?;
            let (cost, distance) = around.cost(query, record.unknown);
            same("cost", cost, basin.cost)?;
            same_list("found", &[(around.record.id, distance)], &record.found)?;
            return around.proves(cost, None::<Separation>, dim);
        }
        let Some(seen) = seen else { return Err(Fault::new("query", "keys in scope", "none")) };
        let length = match asked {
            Asked::Radius(radius) => seen.counts.iter().take((radius as usize).saturating_add(1)).sum(),
            Asked::Top(top) => top.min(self.subject.keys),
            Asked::Recall { .. } => 0,
        };
        if length != record.found.len() as u64 {
            return Err(Fault::new("found", format!("{length} keys"), record.found.len()));
        }
        same_list("found", &seen.list_of_nearest(), &record.found)?;
        match &record.probe {
            Some(probe) => {
                probe.check(seen, self.subject.keys)?;
                probe.lists(last_of(asked, &record.found))
            }
            None => Ok(()),
        }
    }

    /// What it all comes to, if the file was `whole`.
    fn finish(mut self, whole: bool) -> Verdict {
        self.verdict.queries = self.subject.queries;
        let unused = self.keys.values().filter(|around| whole && !around.used);
        let refusals = unused
            .map(|around| Fault::new("record", "answers that rest on each key that is told", "none").at(around.line));
        self.verdict.refused.extend(refusals.collect::<Vec<_>>());
        self.verdict
    }
}

fn pattern(field: &'static str, text: &str, dim: usize) -> Result<Vec<u64>, Fault> {
    let expected = || format!("{} digits 0-9 and a-f for {dim} positions, 0 beyond them", 2 * dim.div_ceil(8));
    parse(text, dim).ok_or_else(|| Fault::new(field, expected(), text))
}
