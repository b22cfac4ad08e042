//! A soak: a store goes through random changes by a writer that is killed again and again, and is held to a model.
//!
//! Operation k is drawn from a stream of its own, (seed, k), and from the model. A change that a kill has undone is
//! done again. So the operations follow from the seed alone, wherever kills strike.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use popfield::patterns::{NoiseModel, add_noise, stream};
use popfield::store::{Backend, Snapshot, Store};
use popfield::{Memory, Pattern, Patterns, Progress, Recall, Separation};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

use crate::error::{Error, Result};
use crate::machine::available;
use crate::point::Point;
use crate::stress::growth::{Growth, Needs, Watch};
use crate::stress::judge::{judge, nearest};
use crate::stress::model::{Change, Model, Rows};
use crate::stress::writer::{DONE, REFUSED};

/// Rows of an append or of a forgotten block, at the most.
const MOST_ROWS: u64 = 4096;
/// Rows of an append while the store is filled.
const FILLING: u64 = 1 << 16;
/// Of so many changes one is cut short by a kill.
const KILLED: u64 = 4;
/// After so many changes the whole store is held to the model, kill or not.
const BETWEEN: u64 = 64;
/// How long a writer may take for one change before it is taken to hang.
const PATIENCE: Duration = Duration::from_secs(600);

/// A store, and how long it is put through what.
#[derive(Clone, Copy, Debug)]
pub struct Soak {
    /// Associations that are there on average, its dimension, and how it is asked; `queries` does not matter.
    pub memory: Growth,
    /// How long.
    pub duration: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Soaked {
    /// Operations by kind.
    pub operations: BTreeMap<&'static str, u64>,
    /// Writers that were killed.
    pub kills: u64,
    /// Of these, those whose change was there afterwards though it had not been acknowledged, and those of which
    /// nothing was.
    pub kills_after_commit: u64,
    /// Those of whose change nothing was there.
    pub kills_before_commit: u64,
    /// Answers that were held to the model.
    pub answers: u64,
    /// Of these, those whose bits the judge left open.
    pub open: u64,
    /// How often all of the store was held to the model.
    pub whole: u64,
    /// Rows that were compared then, altogether.
    pub rows_compared: u64,
    /// Associations in the end.
    pub live: u64,
    /// Associations that were there on average, over operations since it was filled.
    pub mean_live: f64,
    /// Rows that ever were stored.
    pub stored: u64,
    /// Acknowledged associations that were not there, or not as they were stored.
    pub lost: u64,
    /// Bytes of the store in the end.
    pub bytes: u64,
    /// Commits.
    pub generation: u64,
    /// How long it took.
    pub seconds: f64,
    /// What was wrong, by the seed and the operation; the soak ends with it.
    pub wrong: Vec<String>,
}

impl Soaked {
    /// Operations of all kinds.
    pub fn total(&self) -> u64 {
        self.operations.values().sum()
    }
}

/// A writer under way.
struct Writer {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Writer {
    fn start(spawn: &dyn Fn() -> std::io::Result<Child>) -> Result<Self> {
        let io = |error: std::io::Error| Error::from(popfield::Error::from(error));
        let mut child = spawn().map_err(io)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            let _ = child.kill();
            return Err(io(std::io::Error::other("a writer without pipes")));
        };
        let (tell, answers) = channel();
        // It ends with the pipe.
        let reader = std::thread::Builder::new().spawn(move || {
            let lines = BufReader::new(output).lines();
            lines.map_while(|line| line.ok()).try_for_each(|line| tell.send(line))
        });
        let this = Self { child, input, answers };
        match reader {
            Ok(_) => Ok(this),
            Err(error) => {
                this.kill();
                Err(io(error))
            }
        }
    }

    fn send(&mut self, change: &Change) -> Result<()> {
        let sent = writeln!(self.input, "{}", change.to_line()).and_then(|()| self.input.flush());
        Ok(sent.map_err(popfield::Error::from)?)
    }

    /// Ends it, by force, and tells what it had answered still.
    fn kill(mut self) -> Option<String> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The reader ends with the pipe, and the channel with the reader.
        self.answers.iter().next()
    }

    /// Lets it end.
    fn finish(self) {
        let Self { mut child, input, answers } = self;
        drop(input);
        answers.iter().for_each(drop);
        let _ = child.wait();
    }
}

/// A number below `bound`, which is not 0.
fn below(rng: &mut Xoshiro256PlusPlus, bound: u64) -> u64 {
    ((u128::from(rng.next_u64()) * u128::from(bound)) >> 64) as u64
}

/// 1 to `most`, small ones as likely as large ones.
fn some(rng: &mut Xoshiro256PlusPlus, most: u64) -> u64 {
    let bits = u64::from(most.max(1).ilog2()) + 1;
    let scale = 1 << (below(rng, bits) + 1);
    (1 + below(rng, scale)).min(most.max(1))
}

/// What an operation is.
enum Operation {
    Change(Change),
    /// A change that must be refused.
    Refused(Change),
    Search,
    Recall,
}

impl Soak {
    /// What a run takes.
    pub fn needs(&self) -> Needs {
        let row = 8 * self.memory.dim.div_ceil(64) as u64;
        let of = |each: u64| self.memory.patterns.saturating_mul(2).saturating_mul(each);
        // Ids, rows and places of the model, and its table twice as it grows; twice what there is on average. On the
        // disk what was forgotten stays until it is compacted, which writes the rest anew.
        Needs { memory: of(96).saturating_add(256 << 20), disk: of(3 * (row + 32)).saturating_add(64 << 20) }
    }

    /// Refuses what cannot be before any work.
    ///
    /// # Errors
    /// As [`Growth::check`].
    pub fn check(&self) -> Result<Needs> {
        self.memory.check(true)?;
        let needs = self.needs();
        let point = Point { dim: self.memory.dim, patterns: self.memory.patterns };
        match available() {
            available @ Some(room) if needs.memory > room => {
                Err(Error::OutOfMemory { bytes: needs.memory.into(), point, available })
            }
            _ => Ok(needs),
        }
    }

    /// Makes a store at `path` and puts it through random operations; `spawn` starts a process that runs
    /// [`serve`](super::serve) on it, between pipes.
    ///
    /// # Errors
    /// As [`check`](Self::check); what store and engine fail with; [`popfield::Error::Interrupted`], and the store is
    /// as of its last commit.
    pub fn run(&self, path: &Path, spawn: &dyn Fn() -> std::io::Result<Child>, watch: &dyn Watch) -> Result<Soaked> {
        self.check()?;
        drop(Store::create(path, self.memory.dim, None, Default::default())?);
        let rows = Rows { dim: self.memory.dim, seed: self.memory.seed };
        let mut run = Run {
            soak: self,
            path,
            spawn,
            watch,
            model: Model::new(rows),
            writer: None,
            memory: None,
            mean: Duration::from_millis(20),
            done: Soaked::default(),
        };
        let ended = run.all();
        if let Some(writer) = run.writer.take() {
            writer.finish();
        }
        // What a writer that was stopped has left behind.
        let swept = Store::open(path).map(drop);
        ended?;
        swept?;
        Ok(run.done)
    }
}

struct Run<'a> {
    soak: &'a Soak,
    path: &'a Path,
    spawn: &'a dyn Fn() -> std::io::Result<Child>,
    watch: &'a dyn Watch,
    model: Model,
    writer: Option<Writer>,
    /// The store as it is read, where nothing has changed since.
    memory: Option<Memory>,
    /// How long a change takes, about.
    mean: Duration,
    done: Soaked,
}

/// That the store is not as the model says ends the run, and is told.
enum Stop {
    Failed(Error),
    Wrong(String),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Run<'_> {
    fn all(&mut self) -> Result<()> {
        let begun = Instant::now();
        self.watch.phase("soaking", self.soak.memory.patterns);
        let total = self.soak.duration.as_secs();
        let (mut number, mut filled, mut sum) = (0, 0u64, 0.0);
        // The first changes fill the store, and the last is followed by a look at all of it.
        while begun.elapsed() < self.soak.duration || self.model.is_empty() {
            let ended = self.operation(number);
            if let Some(wrong) = self.verdict(ended, number)? {
                self.done.wrong.push(wrong);
                break;
            }
            if self.model.next_row() >= self.soak.memory.patterns {
                (filled, sum) = (filled + 1, sum + self.model.len() as f64);
            }
            number += 1;
            self.go_on(begun.elapsed().as_secs().min(total), total)?;
        }
        if self.done.wrong.is_empty() {
            let ended = self.look_at_all(true);
            self.done.wrong.extend(self.verdict(ended, number)?);
        }
        let snapshot = Snapshot::open(self.path, Backend::Mmap)?;
        self.done.live = self.model.len() as u64;
        self.done.mean_live = if filled > 0 { sum / filled as f64 } else { 0.0 };
        self.done.stored = self.model.next_row();
        (self.done.bytes, self.done.generation) = (snapshot.bytes(), snapshot.generation());
        self.done.seconds = begun.elapsed().as_secs_f64();
        Ok(())
    }

    fn go_on(&self, done: u64, total: u64) -> Result<()> {
        if self.watch.told(done, total) { Ok(()) } else { Err(popfield::Error::Interrupted.into()) }
    }

    /// What is wrong, by seed and operation.
    fn verdict(&self, ended: Result<(), Stop>, number: u64) -> Result<Option<String>> {
        match ended {
            Ok(()) => Ok(None),
            Err(Stop::Failed(error)) => {
                // A writer that was interrupted along with us looks like one that failed.
                self.go_on(0, 0)?;
                Err(error)
            }
            Err(Stop::Wrong(what)) => {
                let Growth { patterns, dim, seed, .. } = self.soak.memory;
                Ok(Some(format!("seed {seed}, {patterns} patterns of dimension {dim}, operation {number}: {what}")))
            }
        }
    }

    fn operation(&mut self, number: u64) -> Result<(), Stop> {
        let mut rng = stream(self.soak.memory.seed, "soak", number);
        let operation = self.draw(&mut rng);
        let name = match &operation {
            Operation::Change(change) => change.name(),
            Operation::Refused(_) => "refused",
            Operation::Search => "search",
            Operation::Recall => "recall",
        };
        *self.done.operations.entry(name).or_default() += 1;
        match operation {
            Operation::Change(change) => {
                let kill = below(&mut rng, KILLED) == 0;
                let share = below(&mut rng, 1 << 20) as f64 / f64::from(1 << 20);
                self.change(&change, kill.then_some(share))?;
                if number.is_multiple_of(BETWEEN) { self.look_at_all(false) } else { Ok(()) }
            }
            Operation::Refused(change) => match self.ask_writer(&change)? {
                answer if answer.starts_with(REFUSED) => Ok(()),
                answer => Err(Stop::Wrong(format!("{}: expected to be refused, found {answer:?}", change.to_line()))),
            },
            Operation::Search => self.search(&mut rng, number),
            Operation::Recall => self.recall(&mut rng, number),
        }
    }

    fn draw(&self, rng: &mut Xoshiro256PlusPlus) -> Operation {
        let (live, wanted) = (self.model.len() as u64, self.soak.memory.patterns);
        let first = self.model.next_row();
        let any = |rng: &mut Xoshiro256PlusPlus| self.model.id(below(rng, live) as usize);
        if first < wanted || live == 0 {
            let count = wanted.saturating_sub(first).clamp(1, FILLING);
            return Operation::Change(Change::Append { first, count, ids: None, labelled: false });
        }
        // Few of all at a time, and rather more where there are few.
        let most = (wanted / 16).clamp(1, MOST_ROWS);
        let appends = if live < wanted { 38 } else { 24 };
        match below(rng, 100) {
            draw if draw < appends => {
                let count = some(rng, most);
                let labelled = below(rng, 3) == 0;
                // Own ids lie among those that were given and a little above; some of them come back.
                let ids = (below(rng, 3) == 0).then(|| {
                    let mut ids = Vec::new();
                    let mut id = below(rng, self.model.next_id() + 1);
                    while (ids.len() as u64) < count {
                        if self.model.get(id).is_none() {
                            ids.push(id);
                        }
                        id += 1 + below(rng, 3);
                    }
                    if below(rng, 2) == 0 {
                        ids.reverse();
                    }
                    ids
                });
                Operation::Change(Change::Append { first, count, ids, labelled })
            }
            0..60 => {
                let count = some(rng, most);
                let ids: Vec<u64> = if below(rng, 2) == 0 {
                    let from = any(rng);
                    (from..from.saturating_add(count)).filter(|&id| self.model.get(id).is_some()).collect()
                } else {
                    let mut ids: Vec<u64> = (0..count.min(64)).map(|_| any(rng)).collect();
                    ids.sort_unstable();
                    ids.dedup();
                    ids
                };
                // The last one stays.
                if ids.len() as u64 >= live { Operation::Search } else { Operation::Change(Change::Forget(ids)) }
            }
            60..63 => Operation::Change(Change::Compact),
            63..68 => Operation::Change(Change::Reopen),
            68..70 => {
                let ids = Some(vec![self.model.next_id() + 5, any(rng)]);
                Operation::Refused(Change::Append { first, count: 2, ids, labelled: false })
            }
            70..72 => Operation::Refused(Change::Forget(vec![any(rng), self.model.next_id() + below(rng, 1000)])),
            72..86 => Operation::Search,
            _ => Operation::Recall,
        }
    }

    fn writer(&mut self) -> Result<&mut Writer> {
        if self.writer.is_none() {
            self.writer = Some(Writer::start(self.spawn)?);
        }
        self.writer.as_mut().ok_or_else(|| popfield::Error::Poisoned.into())
    }

    /// What the writer answers to a change.
    fn ask_writer(&mut self, change: &Change) -> Result<String> {
        self.writer()?.send(change)?;
        match self.writer()?.answers.recv_timeout(PATIENCE) {
            Ok(answer) => Ok(answer),
            Err(why) => {
                let what = if why == RecvTimeoutError::Timeout { "does not answer" } else { "ended by itself" };
                if let Some(writer) = self.writer.take() {
                    writer.kill();
                }
                let error = std::io::Error::other(format!("{}: the writer {what}", change.name()));
                Err(popfield::Error::from(error).into())
            }
        }
    }

    /// Has a change made; where `kill` says so, the writer is killed after about that share of the time that a change
    /// takes, and a little more, and what was lost of it is made again.
    fn change(&mut self, change: &Change, kill: Option<f64>) -> Result<(), Stop> {
        self.memory = None;
        if let Some(share) = kill {
            self.writer()?.send(change)?;
            let while_under_way = self.mean.mul_f64(1.25 * share);
            let early = self.writer()?.answers.recv_timeout(while_under_way).ok();
            let Some(writer) = self.writer.take() else { return Ok(()) };
            let answer = early.or(writer.kill());
            self.done.kills += 1;
            let there = self.is_there(change)?;
            match answer {
                Some(answer) if answer != DONE => {
                    return Err(Stop::Wrong(format!("{}: expected {DONE}, found {answer:?}", change.name())));
                }
                Some(_) if there == Some(false) => {
                    self.done.lost += 1;
                    return Err(Stop::Wrong(format!("{}: acknowledged, and gone after a kill", change.name())));
                }
                None if there == Some(true) => self.done.kills_after_commit += 1,
                None => self.done.kills_before_commit += 1,
                Some(_) => {}
            }
            let made = there.unwrap_or(true);
            if made {
                self.model.apply(change);
            }
            self.look_at_all(false)?;
            if made {
                return Ok(());
            }
            self.memory = None;
        }
        let begun = Instant::now();
        match self.ask_writer(change)? {
            answer if answer == DONE => {}
            answer => return Err(Stop::Wrong(format!("{}: expected {DONE}, found {answer:?}", change.name()))),
        }
        self.mean = (self.mean * 7 + begun.elapsed()) / 8;
        self.model.apply(change);
        Ok(())
    }

    /// Whether the store has gone through a change; `None` for one that changes nothing of what it holds.
    fn is_there(&self, change: &Change) -> Result<Option<bool>, Stop> {
        let (id, wanted) = match change {
            Change::Append { ids: Some(ids), .. } => (ids.first().copied(), true),
            Change::Append { .. } => (Some(self.model.next_id()), true),
            Change::Forget(ids) => (ids.first().copied(), false),
            Change::Compact | Change::Reopen => return Ok(None),
        };
        let Some(id) = id else { return Ok(None) };
        // A store without associations is no memory.
        if Snapshot::open(self.path, Backend::Mmap)?.is_empty() {
            return Ok(Some(!wanted));
        }
        Ok(Some(Memory::open(self.path)?.contains(id) == wanted))
    }

    /// Holds all of the store to the model, bit for bit, and its files to their hashes where `hashes` says so.
    fn look_at_all(&mut self, hashes: bool) -> Result<(), Stop> {
        self.done.whole += 1;
        let snapshot = Snapshot::open(self.path, Backend::Mmap)?;
        if hashes && let Some(damage) = snapshot.verify(Progress::NONE)?.first() {
            return Err(Stop::Wrong(damage.to_string()));
        }
        let (expected, found) = (self.model.len() as u64, snapshot.len());
        if expected != found {
            self.done.lost += expected.saturating_sub(found);
            return Err(Stop::Wrong(format!("associations: expected {expected}, found {found}")));
        }
        if snapshot.next_id() != self.model.next_id() {
            let (expected, found) = (self.model.next_id(), snapshot.next_id());
            return Err(Stop::Wrong(format!("the id that is counted next: expected {expected}, found {found}")));
        }
        if found == 0 {
            return Ok(());
        }
        let memory = Memory::open(self.path)?;
        let rows = self.model.rows();
        for ((id, key), label) in memory.ids().zip(memory.keys().iter()).zip(memory.labels()) {
            let live = self.model.get(id);
            let holds = live.is_some_and(|live| {
                let expected = if live.labelled { rows.label(live.row) } else { String::new() };
                rows.words(live.row).eq(key.words().iter().copied()) && label.unwrap_or_default() == expected
            });
            if !holds {
                self.done.lost += 1;
                let expected = live.map_or_else(|| "no such id".into(), |live| format!("row {}", live.row));
                return Err(Stop::Wrong(format!("id {id}: expected {expected}, found something else")));
            }
        }
        self.done.rows_compared += found;
        self.memory = Some(memory);
        Ok(())
    }

    /// Some live patterns with noise.
    fn queries(&self, rng: &mut Xoshiro256PlusPlus, number: u64) -> Result<Patterns> {
        let rows = self.model.rows();
        let count = 1 + below(rng, 6);
        let one = |_| {
            let id = self.model.id(below(rng, self.model.len() as u64) as usize);
            rows.pattern(self.model.get(id).map_or(0, |live| live.row))
        };
        let drawn = (0..count).map(one).collect::<Result<Vec<Pattern>>>()?;
        let drawn = drawn.iter().collect::<popfield::Result<Patterns>>()?;
        let noise = self.soak.memory.noise * below(rng, 5) as f64 / 4.0;
        Ok(add_noise(&drawn, noise, NoiseModel::Exact, self.soak.memory.seed ^ number)?)
    }

    fn memory(&mut self) -> Result<&Memory> {
        if self.memory.is_none() {
            self.memory = Some(Memory::open(self.path)?);
        }
        self.memory.as_ref().ok_or_else(|| popfield::Error::Empty { what: "keys" }.into())
    }

    fn search(&mut self, rng: &mut Xoshiro256PlusPlus, number: u64) -> Result<(), Stop> {
        let queries = self.queries(rng, number)?;
        let top = some(rng, 40) as usize;
        let found = self.memory()?.search_top(&queries.clone().into(), top)?;
        let asked: Vec<Pattern> = queries.iter().collect();
        let expected = nearest(&self.model, &asked, top)?;
        for (q, (expected, found)) in expected.iter().zip(&found).enumerate() {
            let found: Vec<(u32, u64)> = found.iter().map(|near| (near.distance, near.id)).collect();
            if *expected != found {
                return Err(Stop::Wrong(format!("search of {top}, query {q}: expected {expected:?}, found {found:?}")));
            }
        }
        self.done.answers += found.len() as u64;
        Ok(())
    }

    fn recall(&mut self, rng: &mut Xoshiro256PlusPlus, number: u64) -> Result<(), Stop> {
        let queries = self.queries(rng, number)?;
        let separation = if below(rng, 4) == 0 { Separation::Max } else { self.soak.memory.separation };
        let recalled = self.memory()?.recall(&queries.clone().into(), &Recall::new(separation))?;
        let asked: Vec<Pattern> = queries.iter().collect();
        for (q, truth) in judge(&self.model, &asked, separation)?.iter().enumerate() {
            let near = recalled.reports[q].nearest;
            let (expected, found) = ((truth.distance, truth.count, truth.id), (near.distance, near.count, near.id));
            if expected != found {
                return Err(Stop::Wrong(format!(
                    "{separation}, query {q}: nearest keys (distance, count, lowest id): expected {expected:?}, found \
                     {found:?}"
                )));
            }
            match &truth.signs {
                None => self.done.open += 1,
                Some(signs) if recalled.patterns.get(q).as_ref() != Some(signs) => {
                    return Err(Stop::Wrong(format!(
                        "{separation}, query {q}: recalled other bits than the definition says"
                    )));
                }
                Some(_) => {}
            }
        }
        self.done.answers += asked.len() as u64;
        Ok(())
    }
}
