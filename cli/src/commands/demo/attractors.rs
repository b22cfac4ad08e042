//! The page of attractors: what networks run to from noisy digits, and from anywhere.

use popfield::dynamics::{Order, Run};
use popfield::learning::{PseudoInverse, Rule, Storkey};
use popfield::patterns::{NoiseModel, add_noise};
use popfield::{Dynamics, Memory, Patterns, Progress, Queries, Separation};
use serde_json::{Map, Value, json};

use super::sheet::{Cell, Line};
use crate::commands::dynamics::{ENDS, Fate, relax};
use crate::failure::Result;
use crate::output::say;
use crate::table::Table;

/// The share of positions flipped in the starts that the page shows.
const NOISE: f64 = 0.2;

/// Random starts that are counted, and how many of them the page shows.
const RANDOM: usize = 1000;
const SHOWN: usize = 10;

/// A network and how it is called.
struct Network {
    name: &'static str,
    separation: Separation,
    rule: Option<&'static dyn Rule>,
}

fn networks() -> Result<[Network; 5]> {
    let plain = |name, separation| Network { name, separation, rule: None };
    let learned = |name, rule| Network { name, separation: Separation::Linear, rule: Some(rule) };
    const INVERSE: PseudoInverse = PseudoInverse { dependence: popfield::learning::Dependence::MoorePenrose };
    Ok([
        plain("Hebb", Separation::Linear),
        learned("Storkey", &Storkey),
        learned("pseudo-inverse", &INVERSE),
        plain("cubic", Separation::polynomial(3)?),
        plain("modern", Separation::exponential(1.0)?),
    ])
}

/// The runs of one network over one memory.
struct Ran {
    network: &'static str,
    /// From the stored patterns with noise, and from random states.
    noisy: Vec<Run>,
    random: Vec<Run>,
}

impl Ran {
    /// Noisy starts that came home, of so many patterns.
    fn home(&self, stored: usize) -> f64 {
        let is_home = |(i, run): &(usize, &Run)| Fate::of(&run.end, Some((i % stored) as u64)) == Fate::Home;
        self.noisy.iter().enumerate().filter(is_home).count() as f64 / self.noisy.len() as f64
    }

    /// The share of random starts that ended in this.
    fn share(&self, end: &str) -> f64 {
        self.random.iter().filter(|run| run.end.name() == end).count() as f64 / self.random.len() as f64
    }
}

/// What networks of one memory run to.
struct Landscape {
    name: &'static str,
    title: &'static str,
    stored: Patterns,
    noisy: Queries,
    random: Queries,
    ran: Vec<Ran>,
}

impl Landscape {
    fn explore(name: &'static str, title: &'static str, memory: &Memory, seed: u64) -> Result<Self> {
        let stored = memory.keys().to_patterns()?;
        // Of few patterns as many starts as are shown, each with noise of its own.
        let mut homes = Patterns::new(memory.dim())?;
        let mut starts = (0..stored.len().max(SHOWN)).filter_map(|start| stored.get(start % stored.len()));
        starts.try_for_each(|pattern| homes.push(&pattern))?;
        let noisy: Queries = add_noise(&homes, NOISE, NoiseModel::Exact, seed)?.into();
        let random: Queries = Patterns::random(RANDOM, memory.dim(), seed, "start")?.into();
        let mut ran = Vec::new();
        for Network { name: network, separation, rule } in networks()? {
            let dynamics = Dynamics::new(separation).order(Order::Random { seed });
            let learned = rule.map(|rule| rule.learn(memory)).transpose()?;
            let run = |starts: &Queries| relax(memory.view(), learned.as_deref(), starts, &dynamics, Progress::NONE);
            ran.push(Ran { network, noisy: run(&noisy)?, random: run(&random)? });
        }
        Ok(Self { name, title, stored, noisy, random, ran })
    }

    fn lines(&self) -> Vec<Line> {
        let queries = |queries: &Queries| queries.iter().take(SHOWN).map(Cell::Query).collect();
        let limits = |runs: &[Run], from_stored: bool| {
            let limit = |(id, run): (usize, &Run)| {
                Cell::Limit(
                    run.state.clone(),
                    Fate::of(&run.end, from_stored.then_some((id % self.stored.len()) as u64)),
                )
            };
            runs.iter().take(SHOWN).enumerate().map(limit).collect()
        };
        let homes = (0..SHOWN).filter_map(|start| self.stored.get(start % self.stored.len()));
        let mut lines = vec![
            Line::Heading(format!("{}: from {:.0} % noise", self.title, 100.0 * NOISE)),
            Line::Row("stored".into(), homes.map(Cell::Stored).collect()),
            Line::Row("start".into(), queries(&self.noisy)),
        ];
        lines.extend(self.ran.iter().map(|ran| Line::Row(ran.network.into(), limits(&ran.noisy, true))));
        lines.push(Line::Heading(format!("{}: from random states", self.title)));
        lines.push(Line::Row("start".into(), queries(&self.random)));
        lines.extend(self.ran.iter().map(|ran| Line::Row(ran.network.into(), limits(&ran.random, false))));
        lines
    }
}

/// The attractors of ten digits and of three random patterns.
pub struct Attractors([Landscape; 2]);

impl Attractors {
    pub fn find(digits: &Memory, random: &Memory, seed: u64) -> Result<Self> {
        let three = Memory::auto_associative(random.keys().range(0..3)?)?;
        Ok(Self([
            Landscape::explore("three", "3 random patterns", &three, seed)?,
            Landscape::explore("ten", "10 digits", digits, seed)?,
        ]))
    }

    pub fn lines(&self) -> Result<Vec<Line>> {
        Ok(self.0.iter().flat_map(Landscape::lines).collect())
    }

    pub fn json(&self) -> Value {
        let landscape = |landscape: &Landscape| {
            let row = move |ran: &Ran| {
                let shares: Map<_, _> = ENDS.map(|end| (end.to_owned(), json!(ran.share(end)))).into_iter().collect();
                json!({
                    "collection": landscape.name,
                    "network": ran.network,
                    "noisy_home": ran.home(landscape.stored.len()),
                    "random_ended": shares,
                })
            };
            landscape.ran.iter().map(row).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(landscape).collect()
    }

    pub fn show(&self) -> Result<()> {
        say("\nAttractors: networks run to their limit, one position after the other in random")?;
        say("order, no self-term.")?;
        for landscape in &self.0 {
            let noisy = format!("{:.0} % noise:\nback home", 100.0 * NOISE);
            let above = std::iter::once("anywhere:").chain(std::iter::repeat(""));
            let random: Vec<String> = ENDS.iter().zip(above).map(|(end, above)| format!("{above}\n{end}")).collect();
            let header: Vec<&str> = ["network", &noisy].into_iter().chain(random.iter().map(String::as_str)).collect();
            let mut rows = Table::new(header);
            for ran in &landscape.ran {
                let mut row =
                    vec![ran.network.to_owned(), format!("{:.0} %", 100.0 * ran.home(landscape.stored.len()))];
                row.extend(ENDS.map(|end| format!("{:.1} %", 100.0 * ran.share(end))));
                rows.add_row(row);
            }
            say(format_args!("\n{}, {RANDOM} random starts", landscape.title))?;
            rows.say()?;
        }
        say("")
    }
}
