//! `popfield demo`: handwritten digits, stored, corrupted and recalled by each rule.

mod attractors;
pub mod digits;
mod left;
mod sheet;

use std::io::Write;
use std::path::Path;

use popfield::patterns::{NoiseModel, add_noise};
use popfield::{Memory, Pattern, Patterns, Queries, Recall, Recalled, Separation, Stored};
use serde_json::{Value, json};

use crate::args::Demo;
use crate::failure::Result;
use crate::output::{OutFile, deliver, in_folder, say, wrapped, written};
use crate::report::progress;
use crate::table::Table;
use digits::{Digits, SIDE};
use sheet::{Cell, Line};

/// What becomes of an image before it is a query.
#[derive(Clone, Copy)]
enum Corruption {
    /// This share of the pixels is flipped.
    Flipped(f64),
    /// The lower half is erased: unknown, not blank.
    ErasedHalf,
}

const CORRUPTIONS: [Corruption; 6] = [
    Corruption::Flipped(0.0),
    Corruption::Flipped(0.05),
    Corruption::Flipped(0.1),
    Corruption::Flipped(0.2),
    Corruption::Flipped(0.3),
    Corruption::ErasedHalf,
];

/// Those that the picture shows.
const SHOWN: [Corruption; 2] = [Corruption::Flipped(0.1), Corruption::ErasedHalf];

impl Corruption {
    fn name(self) -> String {
        match self {
            Self::Flipped(0.0) => "none".into(),
            Self::Flipped(p) => format!("{:.0} % flipped", 100.0 * p),
            Self::ErasedHalf => "lower half erased".into(),
        }
    }

    fn apply(self, images: &Patterns, seed: u64) -> Result<Queries> {
        match self {
            Self::Flipped(p) => Ok(add_noise(images, p, NoiseModel::Exact, seed)?.into()),
            Self::ErasedHalf => {
                let mut known = Patterns::filled(images.len(), SIDE * SIDE, true)?;
                for image in 0..images.len() {
                    for pixel in SIDE * SIDE / 2..SIDE * SIDE {
                        known.set(image, pixel, false);
                    }
                }
                Ok(Queries::with_known(images.clone(), known)?)
            }
        }
    }
}

/// A rule and how it is called.
struct Rule {
    name: &'static str,
    recall: Recall,
}

fn rules() -> Result<[Rule; 4]> {
    let rule = |name, separation| Rule { name, recall: Recall::new(separation) };
    Ok([
        rule("classical", Separation::Linear),
        rule("cubic", Separation::polynomial(3)?),
        rule("modern", Separation::exponential(1.0)?),
        rule("max", Separation::Max),
    ])
}

/// Images and what they recall: themselves, or a numeral.
struct Collection {
    name: &'static str,
    title: &'static str,
    images: Patterns,
    itself: Memory,
    numeral: Memory,
}

impl Collection {
    fn new(name: &'static str, title: &'static str, images: Patterns, numerals: Patterns) -> Result<Self> {
        let itself = Memory::auto_associative(images.clone())?;
        let numeral = Memory::hetero_associative(images.clone(), numerals)?;
        Ok(Self { name, title, images, itself, numeral })
    }

    /// What is recalled: the name in JSON, the name in tables, the memory.
    fn memories(&self) -> [(&'static str, &'static str, &Memory); 2] {
        [("auto-kept", "itself", &self.itself), ("hetero", "numeral", &self.numeral)]
    }
}

/// Random patterns, ten images and all of them: from what the theory speaks of to what it does not.
fn collections(digits: &Digits, seed: u64) -> Result<[Collection; 3]> {
    let numerals = digits.numerals()?;
    let pick = |patterns: &Patterns| -> Result<Patterns> {
        let chosen: Vec<_> = digits.one_of_each().into_iter().filter_map(|i| patterns.get(i)).collect();
        Ok(chosen.iter().collect::<popfield::Result<_>>()?)
    };
    let random = Patterns::random(10, SIDE * SIDE, seed, "demo")?;
    let ten = pick(&digits.images)?;
    Ok([
        Collection::new("random", "10 random patterns, as the theory has them", random, pick(&numerals)?)?,
        Collection::new("ten", "10 images, one of each digit", ten, pick(&numerals)?)?,
        Collection::new("all", "All 1,797 images", digits.images.clone(), numerals)?,
    ])
}

/// The share of recalled patterns that equal their value in every pixel.
fn share_right(recalled: &Recalled, values: Stored<'_>) -> f64 {
    let right = recalled.patterns.iter().zip(values.iter()).filter(|(a, b)| a == b).count();
    right as f64 / values.len() as f64
}

/// One figure of the tables.
struct Share {
    collection: &'static str,
    corruption: Corruption,
    rule: &'static str,
    setting: &'static str,
    recalled: f64,
}

pub fn run(args: &Demo) -> Result<()> {
    let threads = crate::use_threads(args.threads)?;
    let digits = Digits::load()?;
    let (collections, rules) = (collections(&digits, args.seed)?, rules()?);
    let bar = progress((collections.len() * CORRUPTIONS.len()) as u64, "recalling");
    let mut shares = Vec::new();
    for collection in &collections {
        for corruption in CORRUPTIONS {
            let queries = corruption.apply(&collection.images, args.seed)?;
            for rule in &rules {
                for (setting, _, memory) in collection.memories() {
                    let recalled = share_right(&memory.recall(&queries, &rule.recall)?, memory.values());
                    shares.push(Share { collection: collection.name, corruption, rule: rule.name, setting, recalled });
                }
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let [random, ten, _] = &collections;
    let attractors = attractors::Attractors::find(&ten.itself, &random.itself, args.seed)?;
    let pages = [("digits.png", lines(&collections, &rules, args.seed)?), ("attractors.png", attractors.lines()?)];
    in_folder(&args.out, || {
        let page = |(name, lines): &(&str, Vec<Line>)| {
            let png = sheet::draw(lines)?;
            written(OutFile::create(&args.out.join(name))?, |file| file.write_all(&png))
        };
        let pictures = pages.iter().map(page).collect::<Result<Vec<_>>>()?;
        let paths: Vec<_> = pictures.iter().map(|picture| picture.path().to_owned()).collect();
        let half = Corruption::ErasedHalf.apply(&collections[1].images, args.seed)?;
        let left = left::files(&args.out, &digits, &half, args.seed)?;
        deliver(pictures.into_iter().chain(left), || {
            let next = left::next(&args.out);
            if args.json {
                let mut object = figures(&shares, &paths[0], args.seed, threads, collections[0].itself.tier().name());
                object["attractors"] = attractors.json();
                object["attractors_picture"] = json!(paths[1].display().to_string());
                object["files"] =
                    left::places(&args.out).iter().map(|place| json!(place.display().to_string())).collect();
                object["next"] = next.iter().map(|(line, _)| json!(line)).collect();
                return say(object);
            }
            show(&collections, &rules, &shares)?;
            attractors.show()?;
            say(format_args!("Pictures: {} and {}", paths[0].display(), paths[1].display()))?;
            let [memory, noisy, half] = left::places(&args.out).map(|place| place.display().to_string());
            let beside = format!("Beside them: {memory}, {noisy} and {half}. Go on with:");
            say(format_args!("{}\n", wrapped(&beside, 0)))?;
            next.iter().try_for_each(|(line, does)| say(format_args!("{line}\n    {does}")))
        })
    })
}

/// The tables for programs.
fn figures(shares: &[Share], picture: &Path, seed: u64, threads: usize, tier: &str) -> Value {
    let results = shares.iter().map(|share| {
        json!({
            "collection": share.collection,
            "corruption": share.corruption.name(),
            "rule": share.rule,
            "setting": share.setting,
            "recalled": share.recalled,
        })
    });
    json!({
        "results": results.collect::<Vec<Value>>(),
        "picture": picture.display().to_string(),
        "seed": seed,
        "tier": tier,
        "threads": threads,
    })
}

fn show(collections: &[Collection], rules: &[Rule], shares: &[Share]) -> Result<()> {
    say("Patterns of 8 x 8 = 64 bits: per cent recalled in every pixel, in one step, as")?;
    say("the image itself (auto-associative) and as the printed numeral of its digit")?;
    say("(hetero-associative).")?;
    let settings = collections.first().map_or(0, |collection| collection.memories().len());
    let mut rows = shares.chunks(rules.len() * settings);
    for collection in collections {
        let mut header = vec!["corruption".to_owned()];
        for (_, column, _) in collection.memories() {
            // What the columns that follow are of stands above the first of them.
            let above = std::iter::once(column).chain(std::iter::repeat(""));
            header.extend(rules.iter().zip(above).map(|(rule, above)| format!("{above}\n{}", rule.name)));
        }
        let mut table = Table::new(header);
        for corruption in CORRUPTIONS {
            let of_rules: Vec<&Share> = rows.next().into_iter().flatten().collect();
            let mut row = vec![corruption.name().replace("lower half", "half")];
            for setting in 0..settings {
                let shares = of_rules.iter().skip(setting).step_by(settings);
                row.extend(shares.map(|share| format!("{:.1}", 100.0 * share.recalled)));
            }
            table.add_row(row);
        }
        say(format_args!("\n{}", collection.title))?;
        table.say()?;
    }
    say("\nclassical: linear separation; cubic: polynomial of degree 3; modern:")?;
    say("exponential, beta = 1. `itself` keeps the diagonal: a query votes for itself, so")?;
    say("its row `none` proves nothing. Half: the lower half. Images resemble one")?;
    say("another, which is what the classical rule cannot bear; 47 of the 1,797 repeat")?;
    say("another.")
}

/// The lines of the picture: ten images, alone and among all, under two corruptions.
fn lines(collections: &[Collection; 3], rules: &[Rule; 4], seed: u64) -> Result<Vec<Line>> {
    let [_, ten, all] = collections;
    let [classical, cubic, modern, max] = rules;
    let mut lines = vec![Line::Row("stored".into(), ten.images.iter().map(Cell::Stored).collect())];
    for corruption in SHOWN {
        let queries = corruption.apply(&ten.images, seed)?;
        let shown = (0..queries.len()).filter_map(|q| queries.get(q)).map(Cell::Query).collect();
        lines.push(Line::Heading(format!("Prompted with: {}", corruption.name())));
        lines.push(Line::Row("query".into(), shown));
        for (name, memory, rule) in [
            ("classical, 10 stored", &ten.itself, classical),
            ("cubic, 10 stored", &ten.itself, cubic),
            ("modern, 10 stored", &ten.itself, modern),
            ("max, 10 stored", &ten.itself, max),
            ("classical, 1797 stored", &all.itself, classical),
            ("modern, 1797 stored", &all.itself, modern),
            ("modern, 1797 -> numeral", &all.numeral, modern),
        ] {
            let recalled = memory.recall(&queries, &rule.recall)?.patterns;
            let cells = recalled.iter().zip(values_of(memory, &ten.images)).map(|(image, value)| {
                let right = Some(&image) == value.as_ref();
                Cell::Recalled(image, right)
            });
            lines.push(Line::Row(name.into(), cells.collect()));
        }
    }
    Ok(lines)
}

/// The value that `memory` holds for each of `images`.
fn values_of(memory: &Memory, images: &Patterns) -> Vec<Option<Pattern>> {
    let find = |image| (0..memory.len()).find(|&i| memory.keys().get(i).as_ref() == Some(&image));
    images.iter().map(|image| find(image).and_then(|i| memory.values().get(i))).collect()
}
