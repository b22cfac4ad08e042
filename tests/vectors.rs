//! Vectors that every face of popfield is held to: this library, the command line, Python and C read the same file.
//!
//! The file is what the reference says; `POPFIELD_WRITE_VECTORS=1` writes it anew.

use std::fmt::Write;

use popfield::patterns::stream;
use popfield::{Memory, Missing, Patterns, Queries, Recall, Separation, Tie};
use popfield_reference as reference;
use rand_xoshiro::rand_core::Rng;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/recall.txt");

const HEAD: &str = "\
# Recall, as every face of popfield must answer it. Fields are divided by tabs; + is +1, - is -1, ? is unknown.
# M name dim value_dim keys              a memory; value_dim 0 where keys are their own values
# K id key [value]                       one of its associations, in storing order
# V name separation beta degree steps tie only exclude query answer tied_bits nearest_id nearest_distance nearest_count
#                                        a query of the memory above; beta, degree and lists of ids are * where there is none
";

/// A row of ±1, or 0 where it is unknown.
type Row = Vec<i8>;

fn text(row: &[i8]) -> String {
    row.iter().map(|&sign| ["-", "?", "+"][(sign + 1) as usize]).collect()
}

fn row(text: &str) -> Row {
    text.chars().map(|c| i8::from(c == '+') - i8::from(c == '-')).collect()
}

fn list(ids: Option<&[u64]>) -> String {
    ids.map_or("*".into(), |ids| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(","))
}

fn ids(text: &str) -> Option<Vec<u64>> {
    (text != "*").then(|| text.split(',').map(|id| id.parse().unwrap()).collect())
}

/// Chance, the same each time.
struct Dice(rand_xoshiro::Xoshiro256PlusPlus);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    fn row(&mut self, dim: usize) -> Row {
        (0..dim).map(|_| if self.below(2) == 0 { -1 } else { 1 }).collect()
    }
}

/// What the reference says of one query, as the last fields of its line.
fn answer(
    oracle: &mut reference::Oracle,
    stored: &[(u64, Row, Row)],
    query: &Row,
    separation: reference::Separation,
    steps: u32,
    tie: reference::Tie,
) -> String {
    let keys: Vec<Row> = stored.iter().map(|one| one.1.clone()).collect();
    let values: Vec<Row> = stored.iter().map(|one| one.2.clone()).collect();
    let (mut state, mut from, mut tied) = (query.clone(), query.clone(), 0);
    for _ in 0..steps {
        from = state;
        (state, tied) = oracle.recall(&keys, &values, &from, separation, tie);
    }
    let distances: Vec<u32> = keys.iter().map(|key| reference::distance(&from, key)).collect();
    let least = *distances.iter().min().unwrap();
    let nearest: Vec<u64> = stored.iter().zip(&distances).filter(|one| *one.1 == least).map(|one| one.0.0).collect();
    let first = nearest.iter().min().unwrap();
    format!("{}\t{tied}\t{first}\t{least}\t{}", text(&state), nearest.len())
}

/// The whole file, by the reference.
fn by_the_reference() -> String {
    let mut dice = Dice(stream(1982, "vectors", 0));
    let mut oracle = reference::Oracle::default();
    let mut out = HEAD.to_owned();
    let dims = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 200];
    for (m, (&dim, kind)) in dims.iter().flat_map(|dim| [0, 1].map(|kind| (dim, kind))).enumerate() {
        let value_dim = if kind == 0 { 0 } else { [dim, 1, 5, 64, 70][m / 2 % 5] };
        let count = [1, 2, 4, 7, 12, 20][dice.below(6)];
        let own = dice.below(3) == 0;
        let mut stored: Vec<(u64, Row, Row)> = Vec::new();
        for i in 0..count {
            let id = if own { 1000 * (count - i) as u64 + dice.below(1000) as u64 } else { i as u64 };
            // Copies, opposites and near ones make ties.
            let key = match (stored.is_empty(), dice.below(6)) {
                (false, 0) => stored[dice.below(stored.len())].1.clone(),
                (false, 1) => stored[dice.below(stored.len())].1.iter().map(|sign| -sign).collect(),
                _ => dice.row(dim),
            };
            let value = if kind == 0 { key.clone() } else { dice.row(value_dim) };
            stored.push((id, key, value));
        }
        writeln!(out, "M\tm{m}\t{dim}\t{value_dim}\t{count}").unwrap();
        for (id, key, value) in &stored {
            let value = if kind == 0 { String::new() } else { format!("\t{}", text(value)) };
            writeln!(out, "K\t{id}\t{}{value}", text(key)).unwrap();
        }
        let square = kind == 0 || value_dim == dim;
        for v in 0..10 {
            let mut query = stored[dice.below(count)].1.clone();
            let (flips, unknown) = ([0, 1, 3, 10][dice.below(4)], [0, 0, 3, 1][dice.below(4)]);
            for sign in &mut query {
                if dice.below(20) < flips {
                    *sign = -*sign;
                }
                if unknown > 0 && dice.below(unknown + 1) > 0 {
                    *sign = 0;
                }
            }
            let (beta, degree) = ([1.0, 0.05, 0.5, 1e-9, 3.25][dice.below(5)], [2, 1, 3, 4, 9][dice.below(5)]);
            let (name, of_reference) = match v % 4 {
                0 => ("exponential", reference::Separation::Exponential(beta)),
                1 => ("linear", reference::Separation::Linear),
                2 => ("polynomial", reference::Separation::Polynomial(degree)),
                _ => ("max", reference::Separation::Max),
            };
            let beta = if v % 4 == 0 { beta.to_string() } else { "*".into() };
            let degree = if v % 4 == 2 { degree.to_string() } else { "*".into() };
            let steps = if square { [1, 1, 2, 3, 4][dice.below(5)] } else { 1 };
            let (tie, of_tie) =
                [("plus", reference::Tie::Plus), ("minus", reference::Tie::Minus), ("stay", reference::Tie::Stay)]
                    [dice.below(if square { 3 } else { 2 })];
            let named = |dice: &mut Dice| -> Vec<u64> {
                stored.iter().filter(|_| dice.below(2) == 0).map(|one| one.0).collect()
            };
            let only = (dice.below(3) == 0).then(|| named(&mut dice)).filter(|only| !only.is_empty());
            let exclude = (dice.below(3) == 0).then(|| named(&mut dice)).filter(|exclude| !exclude.is_empty());
            let is_in = |id: u64| {
                only.as_ref().is_none_or(|only| only.contains(&id))
                    && exclude.as_ref().is_none_or(|exclude| !exclude.contains(&id))
            };
            let (only, exclude, within): (_, _, Vec<_>) =
                match stored.iter().filter(|one| is_in(one.0)).cloned().collect::<Vec<_>>() {
                    none if none.is_empty() => (None, None, stored.clone()),
                    some => (only.clone(), exclude.clone(), some),
                };
            let end = answer(&mut oracle, &within, &query, of_reference, steps, of_tie);
            let (only, exclude, query) = (list(only.as_deref()), list(exclude.as_deref()), text(&query));
            writeln!(out, "V\tm{m}v{v}\t{name}\t{beta}\t{degree}\t{steps}\t{tie}\t{only}\t{exclude}\t{query}\t{end}")
                .unwrap();
        }
    }
    out
}

/// The names of the vectors that the library answers otherwise, and how many there are.
fn wrong(file: &str) -> (Vec<String>, usize) {
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut stored: Vec<(u64, Row, Row)> = Vec::new();
    let mut memory: Option<Memory> = None;
    for line in file.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["M", ..] => {
                stored.clear();
                memory = None;
            }
            ["K", id, key] => stored.push((id.parse().unwrap(), row(key), Row::new())),
            ["K", id, key, value] => stored.push((id.parse().unwrap(), row(key), row(value))),
            ["V", name, separation, beta, degree, steps, tie, only, exclude, query, ref expected @ ..] => {
                count += 1;
                let memory = memory.get_or_insert_with(|| {
                    let side = |rows: Vec<&Row>| {
                        let all: Row = rows.iter().flat_map(|row| row.iter().copied()).collect();
                        Patterns::from_signs(&all, rows[0].len()).unwrap()
                    };
                    let keys = side(stored.iter().map(|one| &one.1).collect());
                    let memory = if stored[0].2.is_empty() {
                        Memory::auto_associative(keys)
                    } else {
                        Memory::hetero_associative(keys, side(stored.iter().map(|one| &one.2).collect()))
                    };
                    memory.unwrap().with_ids(stored.iter().map(|one| one.0).collect()).unwrap()
                });
                let separation = match separation {
                    "exponential" => Separation::exponential(beta.parse().unwrap()).unwrap(),
                    "polynomial" => Separation::polynomial(degree.parse().unwrap()).unwrap(),
                    other => other.parse().unwrap(),
                };
                let recall = Recall::new(separation).steps(steps.parse().unwrap()).unwrap();
                let recall = recall.tie(tie.parse::<Tie>().unwrap());
                let scope = memory.scope(ids(only).as_deref(), &ids(exclude).unwrap_or_default(), Missing::Refuse);
                let queries = Queries::from_signs(&row(query), memory.dim()).unwrap();
                let recalled = memory.within(&scope.unwrap()).recall(&queries, &recall).unwrap();
                let nearest = recalled.reports[0].nearest;
                let found = [
                    text(&recalled.patterns.to_signs()),
                    recalled.tied_bits().to_string(),
                    nearest.id.to_string(),
                    nearest.distance.to_string(),
                    nearest.count.to_string(),
                ];
                if found != *expected {
                    wrong.push(name.to_owned());
                }
            }
            _ => assert!(line.starts_with('#'), "{line}"),
        }
    }
    (wrong, count)
}

#[test]
fn the_file_is_what_the_reference_says() {
    let file = by_the_reference();
    if std::env::var_os("POPFIELD_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, &file).unwrap();
    }
    assert!(std::fs::read_to_string(FILE).unwrap() == file, "POPFIELD_WRITE_VECTORS=1 writes {FILE} anew");
}

#[test]
fn the_library_gives_every_bit() {
    let file = std::fs::read_to_string(FILE).unwrap();
    let (others, count) = wrong(&file);
    assert!(others.is_empty() && count >= 300, "{others:?} of {count}");
    // One bit of one answer the other way round is seen.
    let line = file.lines().rfind(|line| line.starts_with("V\tm31v5\t")).unwrap();
    let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
    fields[10] = if fields[10].starts_with('+') { "-" } else { "+" }.to_owned() + &fields[10][1..];
    assert_eq!(wrong(&file.replace(line, &fields.join("\t"))).0, ["m31v5"]);
}
