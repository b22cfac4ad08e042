//! What people and programs are shown: tables, progress, JSON.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use popfield::dynamics::Diagonal;
use popfield::tiers::TILE;
use popfield::{Memory, Separation, Tie};
use popfield_lab::stress::quantile;
use serde_json::{Map, Value, json};

use crate::drawing::cut;
use crate::failure::Result;
use crate::output::{bold, interrupted, say, tell_aside, wrapped, yellow};

/// Lines of a name and what it is, aligned.
pub fn facts(rows: &[(&str, String)]) -> Result<()> {
    let width = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0);
    rows.iter().try_for_each(|(name, fact)| {
        say(format_args!("{}  {}", bold(format_args!("{name:width$}")), wrapped(fact, width + 2)))
    })
}

/// Tells what the owner of some input should know, on standard error.
pub fn note(notes: &[String]) {
    for note in notes {
        tell_aside(format_args!("popfield: {} {note}", yellow("note:")));
    }
}

/// Tells that an interrupted run is kept at `path`.
pub fn kept(path: &std::path::Path) {
    note(&[format!("what is done is kept in {}: the same command goes on from there", path.display())]);
}

/// A progress bar on standard error, if that is a terminal.
pub fn progress(length: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style).with_message(what)
}

/// Tells `bar` how far a call has come, and the call whether to go on.
pub fn tell(bar: &ProgressBar) -> impl Fn(u64, u64) -> bool + Sync {
    move |done, total| {
        // Where points are searched there are ever more of them.
        if bar.length() != Some(total) {
            bar.set_length(total);
        }
        // What is done may be told out of order.
        if done > bar.position() {
            bar.set_position(done);
        }
        !interrupted()
    }
}

/// What is shown while `queries` are answered in so many steps: how many are by then, or where one tile holds them all,
/// that something is being done.
pub fn answering(queries: usize, steps: u32, doing: String) -> ProgressBar {
    match queries {
        0..=TILE => spinner(doing),
        _ => progress(queries as u64 * u64::from(steps), if steps > 1 { "queries, once a step" } else { "queries" }),
    }
}

/// A spinner on standard error, if that is a terminal, while something is read or written.
pub fn spinner(what: String) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what);
    if std::io::stderr().is_terminal() {
        spinner.enable_steady_tick(Duration::from_millis(100));
    }
    spinner
}

/// What a recall was, and how long it took.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub memory: &'a Memory,
    /// Associations that there were for it, where a scope was given.
    pub in_scope: Option<usize>,
    pub queries: usize,
    /// What the queries were read as, if they were.
    pub form: Option<String>,
    /// Positions of the queries that are unknown.
    pub unknown: u64,
    pub separation: Separation,
    /// The rule that learned weights, if one did.
    pub learned: Option<Learned>,
    pub steps: u32,
    pub tie: Tie,
    pub tied_bits: u64,
    /// How many answers were proven by what; none where weights were learned.
    pub certificates: Vec<(&'static str, usize)>,
    /// How long queries took one by one, where they were asked so.
    pub latency: Option<Latency>,
    pub seconds: f64,
    pub load_seconds: f64,
    pub threads: usize,
}

/// How long queries take one by one, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    pub queries: usize,
    /// Half of them take no longer.
    pub p50: f64,
    /// 99 in a hundred take no longer.
    pub p99: f64,
}

impl Latency {
    /// Of the times that queries took.
    pub fn of(mut times: Vec<f64>) -> Self {
        times.sort_unstable_by(f64::total_cmp);
        let [p50, p99] = [0.5, 0.99].map(|q| quantile(&times, q));
        Self { queries: times.len(), p50, p99 }
    }

    fn in_words(self) -> String {
        format!("p50 {}, p99 {} of {} queries one by one", seconds(self.p50), seconds(self.p99), self.queries)
    }

    fn json(self) -> Value {
        json!({ "queries": self.queries, "p50": self.p50, "p99": self.p99 })
    }
}

/// How weights were learned.
#[derive(Clone, Copy, Debug)]
pub struct Learned {
    pub rule: &'static str,
    pub diagonal: Diagonal,
    /// Whether they are the identity.
    pub identity: bool,
    pub seconds: f64,
}

impl Run<'_> {
    pub fn queries_per_second(&self) -> f64 {
        self.queries as f64 / self.seconds
    }

    /// The keys that `recall --json` and `bench --json` share.
    pub fn json(&self) -> Map<String, Value> {
        let object = json!({
            "queries": self.queries,
            "patterns": self.memory.len(),
            "dim": self.memory.dim(),
            "value_dim": self.memory.value_dim(),
            "separation": self.separation.name(),
            "beta": self.separation.beta().map(|beta| beta.get()),
            "degree": self.separation.degree().map(|degree| degree.get()),
            "steps": self.steps,
            "tie": self.tie.name(),
            "tied_bits": self.tied_bits,
            "seconds": self.seconds,
            "load_seconds": self.load_seconds,
            "queries_per_second": self.queries_per_second(),
            "tier": self.memory.tier().name(),
            "threads": self.threads,
        });
        let mut map = match object {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        if let Some(in_scope) = self.in_scope {
            map.insert("in_scope".into(), json!(in_scope));
        }
        if self.unknown > 0 {
            map.insert("unknown_positions".into(), json!(self.unknown));
        }
        if let Some(latency) = self.latency {
            map.insert("latency".into(), latency.json());
        }
        if let Some(Learned { rule, diagonal, identity, seconds }) = self.learned {
            map.insert("rule".into(), json!(rule));
            map.insert("diagonal".into(), json!(diagonal.name()));
            if identity {
                map.insert("identity".into(), json!(true));
            }
            map.insert("learn_seconds".into(), json!(seconds));
        }
        map
    }

    /// The same for people.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let memory = self.memory;
        let diagonal = self.learned.map_or(Diagonal::Keep, |learned| learned.diagonal);
        let law = match self.learned {
            None => self.separation.to_string(),
            Some(Learned { rule, seconds: learned, .. }) => {
                format!("linear, learned by {rule} in {}", seconds(learned))
            }
        };
        let shape = match memory.is_auto_associative() {
            true => {
                let (len, dim) = (memory.len(), memory.dim());
                format!("{len} patterns of dimension {dim}, auto-associative ({})", diagonal_in_words(diagonal))
            }
            false => format!("{} associations from dimension {} to {}", memory.len(), memory.dim(), memory.value_dim()),
        };
        let identity = self.learned.filter(|learned| learned.identity);
        let mut facts = vec![("memory", shape)];
        facts.extend(self.in_scope.map(|in_scope| ("scope", scope_in_words(in_scope, memory))));
        facts.push(("separation", law));
        facts.extend(identity.map(|learned| ("weights", identity_in_words(learned.diagonal).to_owned())));
        facts.extend([
            ("steps", self.steps.to_string()),
            ("ties", format!("{} tied bits, decided by policy `{}`", self.tied_bits, self.tie.name())),
            ("queries", self.form.clone().unwrap_or_else(|| self.queries.to_string())),
        ]);
        if !self.certificates.is_empty() {
            let counts = self.certificates.iter().map(|(name, count)| format!("{count} {name}"));
            facts.push(("certificates", counts.collect::<Vec<_>>().join(", ")));
        }
        facts.extend([
            ("time", format!("{} ({:.0} queries/s)", seconds(self.seconds), self.queries_per_second())),
            ("tier, threads", format!("{}, {}", memory.tier().name(), self.threads)),
        ]);
        facts.extend(self.latency.map(|latency| ("latency", latency.in_words())));
        facts
    }
}

/// How many associations there are for a call.
pub fn scope_in_words(in_scope: usize, memory: &Memory) -> String {
    format!("{in_scope} of {} associations", memory.len())
}

/// Letters of a label that are shown at the most.
const LONGEST: usize = 40;

/// An association as people know it: by its id, and its label if it has one.
pub fn called(memory: &Memory, id: u64) -> String {
    let Some(label) = memory.label(id) else { return id.to_string() };
    // What would move the cursor or colour the terminal is no part of a name.
    let shown: String = label.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    format!("{id} ({})", cut(&shown, LONGEST))
}

/// What became of the diagonal.
pub fn diagonal_in_words(diagonal: Diagonal) -> &'static str {
    match diagonal {
        Diagonal::Keep => "diagonal kept",
        Diagonal::Zero => "diagonal zeroed",
    }
}

/// What weights that are the identity do.
pub fn identity_in_words(diagonal: Diagonal) -> &'static str {
    match diagonal {
        Diagonal::Keep => {
            "W is the identity, as the keys span all of space: every bit votes for itself, nothing is corrected"
        }
        Diagonal::Zero => {
            "W is the identity, as the keys span all of space, and zero without its diagonal: every bit is a tie"
        }
    }
}

/// A time with a unit that suits it.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.1} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}

/// A number of bytes with a unit that suits it.
pub fn bytes(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let step = (0..4).take_while(|&step| bytes >= 1024f64.powi(step + 1)).count();
    if step == 0 { format!("{bytes} B") } else { format!("{:.1} {}", bytes / 1024f64.powi(step as i32), units[step]) }
}

/// The most memory that the process ever held, where the system tells.
pub fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// A field of a line of values that are divided by commas.
pub fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let quoted = ["a b", "a,b", "a \"b\"", "", "a\nb"].map(quoted);
        assert_eq!(quoted, ["a b", "\"a,b\"", "\"a \"\"b\"\"\"", "", "\"a\nb\""]);
    }
}
