//! `index`: what it writes, that answers stay what they are, and what becomes of files that are not right.

use serde_json::Value;

use crate::sandbox::Sandbox;

/// `memory`, a store or a file of 3000 patterns of dimension 128, and 200 queries with 4 flips each.
fn many(memory: &str) -> Sandbox {
    let s = Sandbox::new();
    s.done(&["random", "keys.npy", "--patterns", "3000", "--dim", "128", "--seed", "5"]);
    s.done(&["create", "store", "--keys", "keys.npy"]);
    if memory != "store" {
        s.done(&["export", "store", "--out", memory]);
    }
    s.done(&["noise", "--of", memory, "--count", "200", "--noise", "0.03", "--seed", "6", "q.npy"]);
    s
}

/// The records of a recall, and its patterns.
fn recall(s: &Sandbox, memory: &str, more: &[&str]) -> (Vec<Value>, Vec<u8>) {
    let call = ["recall", memory, "--queries", "q.npy", "--out", "r.npy", "--report", "r.json", "--json"];
    s.done(&[&call, more].concat());
    recalled(s)
}

fn recalled(s: &Sandbox) -> (Vec<Value>, Vec<u8>) {
    (serde_json::from_slice(&s.read("r.json")).unwrap(), s.read("r.npy"))
}

/// What does not tell how an answer was proven.
fn told(records: &[Value]) -> Vec<[&Value; 4]> {
    let names = ["nearest_id", "nearest_distance", "nearest_count", "tied_bits"];
    records.iter().map(|record| names.map(|name| &record[name])).collect()
}

fn certified(records: &[Value], by: &str) -> usize {
    records.iter().filter(|record| record["certificate"] == by).count()
}

/// Runs that a stored pattern draws to itself are those that take every step.
#[test]
fn dynamics_by_an_index_are_those_without() {
    let s = many("m.pop");
    s.done(&["index", "m.pop"]);
    s.done(&["basins", "m.pop", "--radius", "30"]);
    for order in ["sync", "async", "async-random"] {
        let call = ["dynamics", "m.pop", "--queries", "q.npy", "--separation", "exponential", "--beta", "1", "--order"];
        let run = |more: &[&str]| {
            let said = s.done(&[&call[..], &[order, "--out", "r.npy", "--report", "r.json"], more].concat());
            let (mut records, states) = recalled(&s);
            let proofs: Vec<Value> = records.iter_mut().map(|record| record["certificate"].take()).collect();
            (said, proofs, records, states)
        };
        let (said, proofs, found, states) = run(&[]);
        let (plain, none, scanned, same) = run(&["--index", "off"]);
        let drawn = proofs.iter().filter(|proof| !proof.is_null()).count();
        assert!(drawn > 100 && said.contains(&format!("{drawn} of 200 runs, no step computed")), "{said}");
        assert!(none.iter().all(Value::is_null) && !plain.contains("by the index"), "{plain}");
        assert!(found == scanned && states == same, "{order}");
    }
}

#[test]
fn an_index_answers_what_the_scan_does() {
    for memory in ["m.pop", "store"] {
        let s = many(memory);
        let (scanned, patterns) = recall(&s, memory, &[]);
        assert_eq!(certified(&scanned, "probe"), 0);
        let said: Value = serde_json::from_str(&s.done(&["index", memory, "--json"])).unwrap();
        assert_eq!((said["tables"].clone(), said["chunk_bits"].clone()), (10.into(), 12.into()), "{said}");
        let (found, same) = recall(&s, memory, &[]);
        assert!(certified(&found, "probe") > 100, "{}", certified(&found, "probe"));
        assert!(patterns == same && told(&found) == told(&scanned));
        assert!(found.iter().any(|record| record["probes"].as_u64() > Some(0)));
        // Basins of all patterns are kept in it.
        let said: Value = serde_json::from_str(&s.done(&["basins", memory, "--radius", "30", "--json"])).unwrap();
        assert_eq!(said["kept_in"], if memory == "m.pop" { "m.pop.index" } else { "store/index" });
        let (found, same) = recall(&s, memory, &[]);
        assert!(certified(&found, "basin") > 100, "{}", certified(&found, "basin"));
        assert!(patterns == same && told(&found) == told(&scanned));
        let (off, same) = recall(&s, memory, &["--index", "off"]);
        assert!(certified(&off, "basin") + certified(&off, "probe") == 0 && patterns == same);
        let search = |more: &[&str]| {
            let said = s.done(&[&["search", memory, "--queries", "q.npy", "--json"], more].concat());
            let said: Value = serde_json::from_str(&said).unwrap();
            (said["ids"].clone(), said["distances"].clone())
        };
        for asked in [&["--top", "1"][..], &["--top", "3"], &["--radius", "5"]] {
            assert_eq!(search(asked), search(&[asked, &["--index", "off"]].concat()), "{asked:?}");
        }
        assert!(s.done(&["info", memory]).contains("index"));
        // Whoever asks for the other half has other answers, by the same index.
        s.write("gone", (0..3000).step_by(2).map(|id| format!("{id}\n")).collect::<String>());
        let (half, patterns) = recall(&s, memory, &["--exclude", "gone"]);
        let (scanned, same) = recall(&s, memory, &["--exclude", "gone", "--index", "off"]);
        assert!(patterns == same && told(&half) == told(&scanned) && certified(&half, "basin") > 50);
        s.done(&["index", memory, "--remove"]);
        assert_eq!(certified(&recall(&s, memory, &[]).0, "basin"), 0);
    }
}

#[test]
fn an_index_follows_a_store() {
    let s = many("store");
    s.done(&["index", "store"]);
    s.done(&["random", "more.npy", "--patterns", "40", "--dim", "128", "--seed", "8"]);
    s.done(&["append", "store", "--keys", "more.npy"]);
    s.write("gone", "3\n5\n3001\n");
    s.done(&["forget", "store", "--ids", "gone"]);
    let (found, patterns) = recall(&s, "store", &[]);
    let (scanned, same) = recall(&s, "store", &["--index", "off"]);
    assert!(patterns == same && told(&found) == told(&scanned) && certified(&found, "probe") > 100);
    // A compaction moves patterns, and the index with them.
    let said: Value = serde_json::from_str(&s.done(&["compact", "store", "--json"])).unwrap();
    assert_eq!(said["index"]["covered"], 3037);
    let (found, same) = recall(&s, "store", &[]);
    assert!(patterns == same && told(&found) == told(&scanned) && certified(&found, "probe") > 100);
}

/// The words of an index file from where its basins begin.
fn basins_of(s: &Sandbox, index: &str) -> Vec<u8> {
    let bytes = s.read(index);
    let whole = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    assert_eq!(bytes[20], 1, "{index} has basins");
    bytes[bytes.len() - 32 - 4 * whole(48)..bytes.len() - 32].to_vec()
}

#[test]
fn what_is_appended_is_indexed_as_if_it_had_been_there() {
    for memory in ["m.pop", "store"] {
        let index = if memory == "store" { "store/index" } else { "m.pop.index" };
        let s = many(memory);
        s.done(&["index", memory]);
        s.done(&["basins", memory, "--radius", "45"]);
        // Small ones are merged with those before them, so that patterns move.
        for (seed, count) in [("8", "60"), ("9", "50"), ("10", "1"), ("11", "300")] {
            s.done(&["noise", "--of", memory, "--count", count, "--noise", "0.3", "--seed", seed, "more.npy"]);
            let said: Value =
                serde_json::from_str(&s.done(&["append", memory, "--keys", "more.npy", "--json"])).unwrap();
            assert_eq!(
                (said["index"]["covered"].clone(), said["index"]["basins_radius"].clone()),
                (said["patterns"].clone(), 45.into())
            );
        }
        let (found, patterns) = recall(&s, memory, &[]);
        assert!(certified(&found, "basin") > 100);
        let (scanned, same) = recall(&s, memory, &["--index", "off"]);
        assert!(patterns == same && told(&found) == told(&scanned));
        let followed = basins_of(&s, index);
        s.done(&["basins", memory, "--radius", "45"]);
        assert!(followed == basins_of(&s, index), "{memory}: as counted anew");

        // Forgetting and compacting keep what is known, and answers are those of what is left.
        s.write("gone", (0..900).step_by(3).map(|id| format!("{id}\n")).collect::<String>());
        s.done(&["forget", memory, "--ids", "gone"]);
        if memory == "store" {
            assert!(s.done(&["compact", memory]).contains("brought up to date"));
        }
        let (found, patterns) = recall(&s, memory, &[]);
        assert!(certified(&found, "basin") > 80, "{}", certified(&found, "basin"));
        let (scanned, same) = recall(&s, memory, &["--index", "off"]);
        assert!(patterns == same && told(&found) == told(&scanned));
        assert!(s.done(&["verify", memory]).contains("whole, and of these patterns"));
    }
}

#[test]
fn an_index_that_was_left_behind_is_brought_up_to_date() {
    let s = many("m.pop");
    s.refused(&["index", "m.pop", "--update"], &["expected an index to bring up to date: found none"]);
    // So many that what is appended is not merged with them.
    s.done(&["random", "keys.npy", "--patterns", "10000", "--dim", "128", "--seed", "5"]);
    s.done(&["create", "large", "--keys", "keys.npy"]);
    s.done(&["noise", "--of", "large", "--count", "200", "--noise", "0.02", "--seed", "6", "q.npy"]);
    s.done(&["index", "large"]);
    let kept = s.read("large/index");
    s.done(&["random", "more.npy", "--patterns", "4500", "--dim", "128", "--seed", "8"]);
    s.done(&["append", "large", "--keys", "more.npy"]);
    // As others leave it, who append and do not bring it up to date.
    s.write("large/index", &kept);
    s.noted(&["recall", "large", "--queries", "q.npy"], &["at most 4096 stored since", "--update"]);
    let verify: Value = serde_json::from_str(&s.done(&["verify", "large", "--json"])).unwrap();
    assert_eq!((verify["verdict"].clone(), verify["index"].clone()), ("whole".into(), "stale".into()));
    let said: Value = serde_json::from_str(&s.done(&["index", "large", "--update", "--json"])).unwrap();
    assert_eq!((said["tables"].clone(), said["covered"].clone()), (9.into(), 14500.into()));
    assert!(certified(&recall(&s, "large", &[]).0, "probe") > 100);
    let mut damaged = s.read("large/index");
    damaged[400] ^= 1;
    s.write("large/index", &damaged);
    let output = s.run(&["verify", "large"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("large/index: index: hash"), "{said}");
}

/// A copy of a store in which a pattern is alive that was forgotten before the basins of the other's index were counted: the
/// index is of the same files, and the basins are not of the same patterns.
#[test]
fn an_index_is_not_believed_of_what_it_did_not_count() {
    let s = Sandbox::new();
    // The third is met in no bucket of the query, and as near to it as the first.
    let (rest, zero) = ("+--+-++-".repeat(7), "----");
    s.write("k.txt", format!("{zero}{zero}{rest}\n{}\n+---+---{rest}\n", "++-+".repeat(16)));
    s.write("q.txt", format!("----++--{rest}\n"));
    s.write("gone", "2\n");
    let recall = |memory: &str, index: &str| {
        let call = ["recall", memory, "--queries", "q.txt", "--report", "r.json", "--index", index, "--json"];
        s.done(&call);
        let records: Vec<Value> = serde_json::from_slice(&s.read("r.json")).unwrap();
        (records[0]["nearest_count"].clone(), records[0]["certificate"].clone())
    };
    for memory in ["store", "copy"] {
        s.done(&["create", memory, "--keys", "k.txt"]);
    }
    s.done(&["forget", "store", "--ids", "gone"]);
    s.done(&["index", "store", "--tables", "2", "--chunk", "4"]);
    s.done(&["basins", "store", "--radius", "64"]);
    assert_eq!(recall("store", "auto"), (1.into(), "basin".into()));
    s.write("copy/index", s.read("store/index"));
    assert_eq!(recall("copy", "off").0, 2);
    assert_eq!(recall("copy", "auto").0, 2);
}

#[test]
fn files_that_are_not_right_are_not_asked() {
    let s = many("m.pop");
    s.done(&["index", "m.pop", "--tables", "4", "--chunk", "8"]);
    let (found, patterns) = recall(&s, "m.pop", &[]);
    let whole = s.read("m.pop.index");
    for at in [0, 8, 12, 16, 20, 24, 33, 48, 70, 110, 300, whole.len() / 2, whole.len() - 40, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        std::fs::write(s.path("m.pop.index"), &bytes).unwrap();
        let call = ["recall", "m.pop", "--queries", "q.npy", "--out", "r.npy", "--report", "r.json", "--json"];
        s.noted(&call, &["m.pop.index: not asked"]);
        let (scanned, same) = recalled(&s);
        assert!(patterns == same && told(&found) == told(&scanned) && certified(&scanned, "probe") == 0, "{at}");
    }
    for cut in [0, 7, 63, 100, whole.len() - 1] {
        std::fs::write(s.path("m.pop.index"), &whole[..cut]).unwrap();
        s.noted(&["recall", "m.pop", "--queries", "q.npy"], &["not asked"]);
    }
    // Who does not ask it does not read it, and is not told of it.
    for call in [
        &["recall", "m.pop", "--queries", "q.npy", "--index", "off"][..],
        &["search", "m.pop", "--queries", "q.npy", "--index", "off"],
        &["info", "m.pop"],
        &["export", "m.pop", "--out", "again.npy"],
    ] {
        s.done(call);
    }
    // Of another memory.
    std::fs::write(s.path("m.pop.index"), &whole).unwrap();
    s.done(&["random", "other.npy", "--patterns", "3000", "--dim", "128", "--seed", "9"]);
    s.done(&["create", "other", "--keys", "other.npy"]);
    s.done(&["export", "other", "--out", "m.pop", "--force"]);
    s.noted(&["recall", "m.pop", "--queries", "q.npy"], &["not asked: index: keys"]);

    s.refused(&["index", "m.pop", "--tables", "99"], &["tables of an index: expected 1 to 10"]);
    s.refused(&["index", "m.pop", "--chunk", "3"], &["--chunk"]);
    s.refused(&["index", "m.pop", "--budget", "7"], &["budget of an index: expected at least"]);
    s.refused(&["index", "none.pop"], &["none.pop"]);
}
