//! No number of a file of receipts can be altered, be its hashes written anew or not, but those that are choices.

use std::collections::{BTreeMap, BTreeSet};

use popfield::receipts::Verdict;
use popfield::{Queries, Recall, Separation};
use serde_json::{Value, json};

use super::worlds::{Dice, World};

/// The lines of a file without their hashes.
fn records(file: &[u8]) -> Vec<Value> {
    let lines = str::from_utf8(file).unwrap().lines();
    let record = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record.as_object_mut().unwrap().remove("hash").unwrap();
        record
    };
    lines.map(record).collect()
}

/// A file of these records, with hashes as whoever wrote them would have them.
fn signed(records: &[Value]) -> Vec<u8> {
    let (mut file, mut hash) = (String::new(), [0u8; 32]);
    for record in records {
        let text = record.to_string();
        let text = text.strip_suffix('}').unwrap();
        let next = blake3::Hasher::new().update(&hash).update(text.as_bytes()).finalize();
        file += &format!("{text},\"hash\":\"{}\"}}\n", next.to_hex());
        hash = next.into();
    }
    file.into_bytes()
}

/// Where numbers stand in a record: as JSON pointers.
fn numbers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at.to_owned()),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, value)| numbers(value, &format!("{at}/{i}"), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| numbers(value, &format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

/// The member of a record that a number belongs to, with the place in a row: `met.1` are distances.
fn member(record: &Value, pointer: &str) -> String {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let names = parts.iter().filter(|part| part.parse::<usize>().is_err());
    let row = parts.iter().filter(|part| part.parse::<usize>().is_ok()).count() > 1;
    let name = names.copied().collect::<Vec<_>>().join(".");
    let column = if row { format!(".{}", parts.last().unwrap()) } else { String::new() };
    format!("{} {name}{column}", record["record"].as_str().unwrap())
}

/// What is a choice, and no claim of the memory: another one is another call, or another proof, and may hold as well.
const CHOICES: [&str; 10] = [
    // What was asked; β and ties are texts.
    "header degree",
    "header steps",
    "header top",
    "header radius",
    "header only",
    "header except",
    // Which chunks there are, which were looked at, and which keys are read by themselves.
    "chunks positions",
    "chunks read",
    "recalled probe.chunks.0",
    "found probe.chunks.0",
];

fn is_choice(member: &str) -> bool {
    CHOICES
        .iter()
        .any(|&choice| member.strip_prefix(choice).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Files of all kinds.
fn files() -> Vec<(World, Vec<u8>)> {
    let mut files = Vec::new();
    for seed in 200..220 {
        let dice = &mut Dice::new(seed);
        let world = World::new(dice, seed % 2 == 0);
        let steps = if world.memory.dim() == world.memory.value_dim() { 2 } else { 1 };
        let beta = dice.of(&[0.1, 0.2, 0.3, 1.0]);
        let separation = match seed % 6 {
            0 => Separation::polynomial(20).unwrap(),
            1 => Separation::Max,
            _ => Separation::exponential(beta).unwrap(),
        };
        let queries = world.queries(dice, 4, seed % 3 == 0);
        let file = world.recall(&queries, &Recall::new(separation).steps(steps).unwrap()).1;
        let mut found = Vec::new();
        let view = world.view();
        match seed % 3 {
            0 => drop(view.search_top_with_receipts(&queries, 1, &mut found).unwrap()),
            1 => drop(view.search_top_with_receipts(&queries, 3, &mut found).unwrap()),
            _ => drop(view.search_radius_with_receipts(&queries, 6, &mut found).unwrap()),
        }
        let world_of_found = World { memory: world.memory.clone(), keys: Vec::new(), scope: world.scope.clone() };
        files.extend([(world, file), (world_of_found, found)]);
    }
    files
}

fn refused(verdict: &Verdict) -> bool {
    !verdict.holds()
}

#[test]
fn every_number_is_held_to_the_memory() {
    let mut tried: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for (nth, (world, file)) in files().iter().enumerate() {
        let records = records(file);
        assert!(world.check(&signed(&records)).holds());
        for (line, record) in records.iter().enumerate() {
            let mut pointers = Vec::new();
            numbers(record, "", &mut pointers);
            // Of long lists some.
            let step = pointers.len().div_ceil(40);
            for pointer in pointers.iter().skip(nth % step).step_by(step) {
                let number = record.pointer(pointer).unwrap().as_u64().unwrap();
                let member = member(record, pointer);
                if member == "header version" {
                    continue;
                }
                for other in [Some(number + 1), number.checked_sub(1)].into_iter().flatten() {
                    let mut altered = records.clone();
                    *altered[line].pointer_mut(pointer).unwrap() = json!(other);
                    let verdict = world.check(&signed(&altered));
                    let tally = tried.entry(member.clone()).or_default();
                    tally[0] += 1;
                    tally[1] += u64::from(refused(&verdict));
                    let what =
                        || format!("file {nth}, line {}, {pointer} from {number} to {other}: {record}", line + 1);
                    assert!(refused(&verdict) || is_choice(&member), "{}", what());
                    // It is told of the line, or of one that rests on it.
                    let told = verdict.refused.iter().any(|refusal| refusal.line > line as u64);
                    assert!(told || verdict.holds(), "{}: {}", what(), verdict.refused[0]);
                }
            }
        }
    }
    // All kinds were tried, and choices too are mostly refused, as what follows from them is not so any more.
    let kinds = [
        "header generation",
        "header dim",
        "header value_dim",
        "header keys",
        "header in_scope",
        "header queries",
        "chunks positions.0",
        "key id",
        "key copies",
        "key radius",
        "key near.0",
        "key near.1",
        "key rest",
        "recalled query",
        "recalled step",
        "recalled unknown",
        "recalled nearest_id",
        "recalled nearest_distance",
        "recalled nearest_count",
        "recalled tied_bits",
        "recalled basin.key",
        "recalled basin.cost",
        "recalled probe.chunks.0",
        "recalled probe.chunks.1",
        "recalled probe.chunks.2",
        "recalled probe.bound",
        "recalled probe.met.0",
        "recalled probe.met.1",
        "recalled probe.unseen",
        "recalled probe.read.0",
        "recalled probe.read.1",
        "found query",
        "found unknown",
        "found found.0",
        "found found.1",
        "found basin.key",
        "found basin.cost",
        "found probe.bound",
        "found probe.met.0",
        "found probe.unseen",
        "end lines",
    ];
    let names: BTreeSet<&str> = tried.keys().map(String::as_str).collect();
    for kind in kinds {
        assert!(names.contains(kind), "{kind} was not tried: {names:?}");
    }
    assert!(tried.iter().filter(|tried| !is_choice(tried.0)).all(|tried| tried.1[0] == tried.1[1]), "{tried:?}");
}

#[test]
fn every_bit_is_held_to_the_memory() {
    for (world, file) in files() {
        let records = records(&file);
        for (line, record) in records.iter().enumerate() {
            for name in ["memory", "bits", "known", "answer"] {
                let Some(text) = record[name].as_str() else { continue };
                for at in [0, text.len() / 2, text.len() - 2] {
                    let mut digits: Vec<char> = text.chars().collect();
                    let digit = digits[at].to_digit(16).unwrap() ^ 1;
                    digits[at] = char::from_digit(digit, 16).unwrap();
                    let mut altered = records.clone();
                    altered[line][name] = json!(digits.into_iter().collect::<String>());
                    let verdict = world.check(&signed(&altered));
                    assert!(refused(&verdict), "line {}, {name}, digit {at}: {record}", line + 1);
                }
            }
        }
    }
}

#[test]
fn hashes_refuse_what_was_not_written_so() {
    let (world, file) = files().swap_remove(2);
    let text = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let fields = |lines: &[&str]| -> Vec<(u64, &'static str)> {
        let verdict = world.check(lines.concat().as_bytes());
        verdict.refused.iter().map(|refusal| (refusal.line, refusal.field)).collect()
    };
    assert_eq!(fields(&lines), []);
    for at in 0..lines.len() {
        // Each number in turn.
        let digits = lines[at].char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|digit| digit.0);
        let version = lines[at].find("\"version\":").map(|start| start + 10);
        for digit in digits.filter(|digit| Some(*digit) != version).step_by(7) {
            let mut changed = lines[at].to_owned();
            let other = if &changed[digit..=digit] == "7" { "8" } else { "7" };
            changed.replace_range(digit..=digit, other);
            let mut altered = lines.clone();
            altered[at] = &changed;
            assert_eq!(fields(&altered), [(at as u64 + 1, "hash")], "line {}, byte {digit}", at + 1);
        }
        if at > 0 {
            let mut removed = lines.clone();
            removed.remove(at);
            assert!(!fields(&removed).is_empty(), "without line {}", at + 1);
            let mut twice = lines.clone();
            twice.insert(at, lines[at]);
            assert!(!fields(&twice).is_empty(), "line {} twice", at + 1);
        }
        if at > 0 && at + 1 < lines.len() {
            let mut swapped = lines.clone();
            swapped.swap(at, at + 1);
            assert!(!fields(&swapped).is_empty(), "lines {} and the next swapped", at + 1);
        }
        // Cut after a line, and within one.
        if at > 0 {
            assert_eq!(fields(&lines[..at]), [(at as u64 + 1, "record")]);
            let part = &lines[at][..lines[at].len() - 1];
            assert!(!fields(&[&lines[..at], &[part]].concat()).is_empty());
        }
    }
    // More after the end.
    assert!(!fields(&[&lines[..], &lines[lines.len() - 1..]].concat()).is_empty());
}

/// Lines taken away, moved or doubled, and the hashes and the count of lines written anew.
#[test]
fn no_line_can_be_missing_or_moved() {
    for (nth, (world, file)) in files().iter().enumerate() {
        let records = records(file);
        let last = records.len() - 1;
        let counted = |mut records: Vec<Value>| {
            let lines = records.len() - 1;
            records[lines]["lines"] = json!(lines);
            world.check(&signed(&records))
        };
        assert!(counted(records.clone()).holds());
        for at in 1..last {
            let mut removed = records.clone();
            removed.remove(at);
            assert!(refused(&counted(removed)), "file {nth} without line {}: {}", at + 1, records[at]);
            let mut twice = records.clone();
            twice.insert(at, records[at].clone());
            assert!(refused(&counted(twice)), "file {nth}, line {} twice", at + 1);
            let answers = ["recalled", "found"].contains(&records[at]["record"].as_str().unwrap());
            if answers && at + 1 < last && records[at]["record"] == records[at + 1]["record"] {
                let mut swapped = records.clone();
                swapped.swap(at, at + 1);
                assert!(refused(&counted(swapped)), "file {nth}, lines {} and the next swapped", at + 1);
            }
        }
    }
}

/// Faults that a writer could make: bounds that are true and weaker, counts of too few keys, another key's basin.
#[test]
fn weaker_proofs_are_refused() {
    let mut tried = 0;
    for (world, file) in files() {
        let records = records(&file);
        for (line, record) in records.iter().enumerate().filter(|(_, record)| record["record"] == "key") {
            let [radius, rest] = ["radius", "rest"].map(|name| record[name].as_u64().unwrap());
            let near = record["near"].as_array().unwrap().clone();
            let mut others = Vec::new();
            // As if some of the nearest stood with the rest, or the rest stood nearer than it does.
            if let Some(last) = near.last().map(|last| last[1].as_u64().unwrap()) {
                others.push(json!({ "near": near[..near.len() - 1], "rest": rest + last }));
                others.push(json!({ "near": near[..near.len() - 1] }));
            }
            others.extend([json!({ "radius": radius + 1 }), json!({ "radius": radius.saturating_sub(1) })]);
            others.extend([
                json!({ "rest": rest + 1 }),
                json!({ "rest": rest.saturating_sub(1) }),
                json!({ "rest": 0 }),
            ]);
            for other in others {
                let mut altered = records.clone();
                for (name, value) in other.as_object().unwrap() {
                    altered[line][name] = value.clone();
                }
                if altered[line] != records[line] {
                    assert!(refused(&world.check(&signed(&altered))), "{record} with {other}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 50, "{tried}");
}

#[test]
fn another_memory_and_another_state_of_it_are_refused() {
    let dice = &mut Dice::new(300);
    let world = World::new(dice, false);
    let queries = world.queries(dice, 3, false);
    let file = world.recall(&queries, &Recall::new(Separation::exponential(1.0).unwrap())).1;
    let first = |world: &World| world.check(&file).refused.first().map(|refusal| refusal.to_string());
    assert_eq!(first(&world), None);
    let mut changed = World { memory: world.memory.clone(), keys: Vec::new(), scope: None };
    let key = changed.memory.keys().get(0).unwrap();
    let id = changed.memory.store(&key, None).unwrap();
    assert!(first(&changed).unwrap().starts_with("line 1, memory: expected the hash of this memory, "));
    // What is gone again was never there.
    changed.memory.forget(id).unwrap();
    assert_eq!(first(&changed), None);
    let one = changed.memory.ids().next().unwrap();
    changed.memory.forget(one).unwrap();
    assert!(first(&changed).unwrap().contains("another memory"));
}

#[test]
fn a_settled_query_is_followed_no_further() {
    let dice = &mut Dice::new(301);
    let mut world = World::new(dice, false);
    world.scope = None;
    let keys: Queries = world.memory.keys().range(0..3).unwrap().into();
    let recall = Recall::new(Separation::exponential(2.5).unwrap()).steps(1000).unwrap();
    let (recalled, file) = world.recall(&keys, &recall);
    assert_eq!(recalled.patterns, *keys.signs());
    assert_eq!(records(&file).iter().filter(|record| record["record"] == "recalled").count(), 3);
    assert!(world.check(&file).holds());
}
