//! Dynamics, learning rules and spectra on the command line.

use serde_json::Value;

use crate::arrays::{npy, parts};
use crate::sandbox::Sandbox;

/// The sandbox with a network of four patterns of 24 positions, and starts.
fn network() -> Sandbox {
    let sandbox = Sandbox::new();
    let keys = [
        "++++++++++++------------",
        "++++++------++++++------",
        "+++---+++---+++---+++---",
        "+--+--+--+--+--+--+--+--",
    ];
    sandbox.write("patterns.txt", keys.join("\n") + "\n");
    sandbox.done(&["create", "network.pop", "--keys", "patterns.txt"]);
    // Two flips from the first, the complement of the second, half of the third.
    sandbox.write("starts.txt", "-+++++++++++-----------+\n------++++++------++++++\n+++---+++---????????????\n");
    sandbox
}

#[test]
fn dynamics_tell_states_energies_and_limits() {
    let s = network();
    let args =
        ["dynamics", "network.pop", "--queries", "starts.txt", "--out", "end.npy", "--report", "r.json", "--json"];
    let json = s.json(&args);
    let conventions =
        ["order", "update", "diagonal", "tie", "clamp", "separation"].map(|key| json[key].as_str().unwrap());
    assert_eq!(conventions, ["sync", "field", "zero", "stay", "none", "linear"]);
    assert_eq!((json["limits"]["fixed-point"].as_u64(), json["ends"]["complement"].as_u64()), (Some(3), Some(1)));
    let file = s.read("end.npy");
    let (header, data) = parts(&file);
    assert!(header.contains("'|i1'") && header.contains("(3, 24"), "{header}");
    let row = |r: usize| data[24 * r..24 * (r + 1)].iter().map(|&x| if x == 1 { '+' } else { '-' }).collect::<String>();
    assert_eq!(row(0), "++++++++++++------------");
    assert_eq!(row(1), "------++++++------++++++");
    assert_eq!(row(2), "+++---+++---+++---+++---");
    let report: Value = serde_json::from_slice(&s.read("r.json")).unwrap();
    // Orthogonal patterns: E = −½(24² − 4·24) at a pattern.
    assert_eq!(report[1]["energies"], serde_json::json!([-240]));
    assert_eq!((report[1]["end"].as_str(), report[1]["end_id"].as_u64()), (Some("complement"), Some(1)));
    assert_eq!(report[0]["energies"].as_array().unwrap().last().unwrap().as_i64(), Some(-240));
    assert_eq!((report[2]["steps"].as_u64(), report[2]["closest_overlap"].as_i64()), (Some(1), Some(24)));
    // Other separations update by the difference of energies; the exact energy has all its digits.
    let degree_20 = ["--separation", "polynomial", "--degree", "20", "--json"];
    let text = s.done(&[&["dynamics", "network.pop", "--queries", "patterns.txt"][..], &degree_20].concat());
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((json["update"].as_str(), json["degree"].as_u64()), (Some("difference"), Some(20)));
    assert!(text.contains(&format!("\"energy_end\":-{},", 24u128.pow(21))), "{text}");
    // For people.
    let text =
        s.done(&["dynamics", "network.pop", "--queries", "starts.txt", "--separation", "exponential", "--beta", "0.5"]);
    assert!(
        text.contains("difference of energies") && text.contains("exponential, β = 0.5") && text.contains("stored 2"),
        "{text}"
    );
}

/// A state that is held a bit away from a pattern, and two bits.
#[test]
fn near_is_told_apart_from_spurious() {
    let s = network();
    // Of 24 positions one may be off: from the third pattern, from the complement of the second; two are too many.
    s.write("near.txt", "-++---+++---+++---+++---\n-+----++++++------++++++\n-+++++++++++-----------+\n");
    let held = ["dynamics", "network.pop", "--queries", "near.txt", "--clamp", "known"];
    let json = s.json(&[&held[..], &["--report", "r.json", "--json"]].concat());
    let counts = ["stored", "complement", "near", "mixture", "spurious"].map(|end| json["ends"][end].as_u64().unwrap());
    assert_eq!(counts, [0, 0, 2, 0, 1], "{json}");
    assert_eq!(json["runs"][1]["end"], "near");
    let report: Value = serde_json::from_slice(&s.read("r.json")).unwrap();
    let told = |run: &Value| ["end_id", "end_sign", "near_distance"].map(|key| run[key].as_i64());
    assert_eq!(told(&report[0]), [Some(2), Some(1), Some(1)]);
    assert_eq!(told(&report[1]), [Some(1), Some(-1), Some(1)]);
    assert_eq!(told(&report[2]), [None; 3]);
    let text = s.done(&held);
    for words in ["2 near, 1 spurious", "near 2, 1 bit off", "near the complement of 1, 1 bit off"] {
        assert!(text.contains(words), "{words:?} in {text}");
    }
}

/// As many independent keys as positions: the pseudo-inverse is the identity, and says so.
#[test]
fn weights_that_are_the_identity_are_told() {
    let s = Sandbox::new();
    let keys = "++++\n+-+-\n++--\n+--+\n";
    s.write("all.txt", keys);
    s.write("more.txt", format!("{keys}-+++\n"));
    s.write("noisy.txt", "+++-\n");
    s.done(&["create", "all.pop", "--keys", "all.txt", "--text", "lines"]);
    s.done(&["create", "more.pop", "--keys", "more.txt"]);
    let told = |args: &[&str]| {
        let json = s.json(&[args, &["--json"]].concat());
        (json["identity"].as_bool(), s.done(args).contains("W is the identity"))
    };
    for (memory, more) in [("all.pop", &[][..]), ("more.pop", &["--moore-penrose"])] {
        let of = |command: &[&'static str]| {
            told(&[&[command[0], memory, "--rule", "pseudo-inverse"], &command[1..], more].concat())
        };
        assert_eq!(of(&["learn"]), (Some(true), true));
        assert_eq!(of(&["recall", "--queries", "noisy.txt"]), (Some(true), true));
        assert_eq!(of(&["dynamics", "--queries", "noisy.txt"]), (Some(true), true));
    }
    let learn = ["learn", "all.pop", "--rule", "pseudo-inverse"];
    let text = s.done(&[&learn[..], &["--diagonal", "zero"]].concat());
    assert!(text.contains("zero without its diagonal") && text.contains("16 tied bits"), "{text}");
    assert!(s.done(&learn).contains("nothing is corrected"));
    // Other rules, and three keys of four positions.
    assert_eq!(told(&["learn", "all.pop", "--rule", "hebb"]), (None, false));
    s.write("three.txt", "++++\n+-+-\n++--\n");
    s.done(&["create", "three.pop", "--keys", "three.txt"]);
    assert_eq!(told(&["learn", "three.pop", "--rule", "pseudo-inverse"]), (None, false));
    assert_eq!(told(&["recall", "three.pop", "--queries", "noisy.txt", "--rule", "pseudo-inverse"]), (None, false));
    assert_eq!(told(&["dynamics", "three.pop", "--queries", "noisy.txt"]), (None, false));
}

/// Five patterns that are alike, run from themselves: two come to rest in a mixture of three.
#[test]
fn mixtures_are_told_in_words() {
    let s = Sandbox::new();
    let keys = [
        "--+-++-+++------++++--+---+++-++---++-++",
        "-++++----+-+++++-+++-++-----++-----++-++",
        "--+-+++--+--+-++++++++-+---+++-+--+----+",
        "--+-++-+++--+-++-+++-+--+--++--+--+-+---",
        "-+-----+-++-----++--+-+-+-+++++-+------+",
    ];
    s.write("keys.txt", keys.join("\n") + "\n");
    s.done(&["create", "alike.pop", "--keys", "keys.txt"]);
    let text = s.done(&["dynamics", "alike.pop", "--queries", "keys.txt", "--report", "r.json"]);
    assert_eq!(text.matches("mixture of 0, 2 and 3 (1 bit off)").count(), 2, "{text}");
    let report: Value = serde_json::from_slice(&s.read("r.json")).unwrap();
    let members = serde_json::json!([{"id": 3, "sign": 1}, {"id": 2, "sign": 1}, {"id": 0, "sign": 1}]);
    assert_eq!((&report[2]["members"], report[2]["mixture_distance"].as_u64()), (&members, Some(1)));
    // The same energies from the other side.
    let turned = keys.map(|key| key.replace('+', "x").replace('-', "+").replace('x', "-"));
    s.write("turned.txt", turned.join("\n") + "\n");
    let text = s.done(&["dynamics", "alike.pop", "--queries", "turned.txt"]);
    let words = "mixture of the complement of 0, the complement of 2 and the complement of 3 (1 bit off)";
    assert_eq!(text.matches(words).count(), 2, "{text}");
}

/// Two patterns that drive each other: synchronous updates alternate, asynchronous ones settle.
#[test]
fn cycles_are_told() {
    let s = Sandbox::new();
    s.write("one.txt", "++\n");
    s.done(&["create", "one.pop", "--keys", "one.txt"]);
    s.write("start.txt", "+-\n");
    let run = |order: &str, diagonal: &str| {
        s.json(&["dynamics", "one.pop", "--queries", "start.txt", "--order", order, "--diagonal", diagonal, "--json"])["runs"][0].clone()
    };
    // Each position takes the sign of the other.
    let cycle = run("sync", "zero");
    assert_eq!((cycle["limit"].as_str(), cycle["cycle"].as_u64()), (Some("cycle"), Some(2)));
    assert_eq!(run("async", "zero")["limit"], "fixed-point");
    // With the diagonal all fields are 0, and ties stay.
    let kept = run("sync", "keep");
    assert_eq!((kept["limit"].as_str(), kept["end"].as_str()), (Some("fixed-point"), Some("spurious")));
    let limited = s.json(&["dynamics", "one.pop", "--queries", "start.txt", "--step-limit", "1", "--json"]);
    assert_eq!(limited["runs"][0]["limit"], "step-limit");
}

#[test]
fn runs_are_the_same_on_any_number_of_threads() {
    let s = network();
    let run = |threads: &str, seed: &str| {
        let mut json = s.json(&[
            "dynamics",
            "network.pop",
            "--start",
            "random",
            "--count",
            "40",
            "--order",
            "async-random",
            "--seed",
            seed,
            "--threads",
            threads,
            "--json",
            "--rule",
            "storkey",
        ]);
        for key in ["seed", "seconds", "load_seconds", "threads", "peak_rss_bytes"] {
            json[key] = Value::Null;
        }
        json
    };
    assert_eq!(run("1", "7"), run("3", "7"));
    assert_ne!(run("1", "7"), run("1", "8"));
    // Starts at a given overlap: 24 positions, m = 0.5, six flips.
    let json = s.json(&["dynamics", "network.pop", "--start", "pattern", "--overlap", "0.5", "--json"]);
    assert_eq!(json["queries"].as_u64(), Some(4));
}

#[test]
fn clamped_positions_stay() {
    let s = network();
    s.write("whole.txt", "-+++++++++++-----------+\n------++++++------++++++\n");
    let end = |clamp: &str, starts: &str| {
        s.done(&["dynamics", "network.pop", "--queries", starts, "--clamp", clamp, "--out", "end.npy", "--json"]);
        parts(&s.read("end.npy")).1.iter().map(|&x| if x == 1 { '+' } else { '-' }).collect::<String>()
    };
    assert!(end("known", "starts.txt").starts_with("-+++++++++++-----------+"));
    assert_eq!(&end("0", "starts.txt")[..24], "-+++++++++++------------");
    assert_eq!(&end("0,20-23", "whole.txt")[..24], "-+++++++++++-----------+");
}

#[test]
fn pictures_are_drawn() {
    let s = network();
    let args = ["dynamics", "network.pop", "--start", "random", "--order", "async", "--plot"];
    s.done(&[&args[..], &["runs.svg"]].concat());
    let svg = String::from_utf8(s.read("runs.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("Energy along the way") && svg.contains("run 0"));
    s.done(&[&args[..], &["runs.png", "--width", "8"]].concat());
    assert!(s.read("runs.png").starts_with(b"\x89PNG"));
    s.done(&["spectrum", "network.pop", "--plot", "spectrum.svg"]);
    assert!(String::from_utf8(s.read("spectrum.svg")).unwrap().contains("Singular values"));
}

#[test]
fn rules_are_learned_and_recalled() {
    let s = network();
    for rule in ["hebb", "pseudo-inverse", "storkey"] {
        let json = s.json(&["learn", "network.pop", "--rule", rule, "--out", "w.npy", "--json"]);
        assert_eq!((json["recalled"].as_f64(), json["rule"].as_str()), (Some(1.0), Some(rule)));
        let file = s.read("w.npy");
        let (header, data) = parts(&file);
        assert!(header.contains("<f8") && header.contains("(24, 24"), "{header}");
        let weight = |j: usize, k: usize| f64::from_le_bytes(data[8 * (24 * j + k)..][..8].try_into().unwrap());
        // Orthogonal patterns: X⁺ = Xᵀ/24, and W_jj = n/24.
        if let Some(expected) = [("hebb", 4.0), ("pseudo-inverse", 4.0 / 24.0)].into_iter().find(|w| w.0 == rule) {
            assert!((0..24).all(|j| (weight(j, j) - expected.1).abs() < 1e-12));
        }
        assert!((0..24).all(|j| (weight(3, j) - weight(j, 3)).abs() < 1e-12));
        s.done(&["learn", "network.pop", "--rule", rule, "--diagonal", "zero", "--out", "w.npy"]);
        let file = s.read("w.npy");
        assert!((0..24).all(|j| parts(&file).1[8 * 25 * j..][..8] == [0; 8]));
        let text = s.done(&["learn", "network.pop", "--rule", rule, "--out", "w.npy"]);
        assert!(text.contains("weights written  exact") || text.contains("off by at most"), "{text}");
        // Two of four keys, or all if more are asked for.
        let few = s.json(&["learn", "network.pop", "--rule", rule, "--sample", "2", "--seed", "3", "--json"]);
        assert_eq!((few["asked"].as_u64(), few["recalled"].as_f64()), (Some(2), Some(1.0)));
        assert!(few["recalled_interval"][0].as_f64().unwrap() < 0.2 && few["recalled_interval"][1] == 1.0);
        let all = s.json(&["learn", "network.pop", "--rule", rule, "--sample", "9", "--json"]);
        assert!(all["asked"] == 4 && all["recalled_interval"].is_null());
        let json = s.json(&[
            "recall",
            "network.pop",
            "--queries",
            "patterns.txt",
            "--rule",
            rule,
            "--out",
            "out.npy",
            "--json",
        ]);
        assert_eq!(
            (json["rule"].as_str(), json["diagonal"].as_str(), json["separation"].as_str()),
            (Some(rule), Some("keep"), Some("linear"))
        );
        s.done(&["recall", "network.pop", "--queries", "patterns.txt", "--out", "again.npy", "--separation", "max"]);
        assert_eq!(s.read("out.npy"), s.read("again.npy"), "{rule}");
        s.done(&[
            "recall",
            "network.pop",
            "--queries",
            "patterns.txt",
            "--rule",
            rule,
            "--diagonal",
            "zero",
            "--steps",
            "3",
        ]);
    }
    let json = s.json(&["spectrum", "network.pop", "--json"]);
    assert_eq!(
        (json["singular_pairs"].as_u64(), json["rank"].as_u64(), json["orthogonal_sigma"].as_f64()),
        (Some(4), Some(4), Some(24.0))
    );
    assert_eq!(json["singular_values"].as_array().unwrap().len(), 24);
    assert!(s.done(&["spectrum", "network.pop"]).contains("4 of 4 associations"));
    let json = s.json(&["spectrum", "network.pop", "--rule", "pseudo-inverse", "--json"]);
    assert!((json["singular_values"][0].as_f64().unwrap() - 1.0).abs() < 1e-12);
    // Dependent keys, on request.
    s.write("twice.txt", "++--\n+-+-\n--++\n");
    s.done(&["create", "twice.pop", "--keys", "twice.txt"]);
    let json = s.json(&["learn", "twice.pop", "--rule", "pseudo-inverse", "--moore-penrose", "--json"]);
    assert_eq!((json["rank"].as_u64(), json["recalled"].as_f64()), (Some(2), Some(1.0)));
}

/// Of 1,797 digits in 64 positions, worst cases of rounding say nothing about the weights: then nothing is said.
#[test]
fn a_bound_that_says_nothing_is_not_told() {
    let s = Sandbox::new();
    let digits = concat!(env!("CARGO_MANIFEST_DIR"), "/data/digits-packed.npy");
    s.done(&["create", "digits.pop", "--keys", digits, "--packed", "--dim", "64"]);
    let learn =
        ["learn", "digits.pop", "--rule", "pseudo-inverse", "--moore-penrose", "--sample", "100", "--out", "w.npy"];
    let text = s.done(&learn);
    assert!(text.contains("no useful bound") && text.contains("100 keys drawn at random"), "{text}");
    assert!(text.contains("of all") && text.contains("at 95 %"), "{text}");
    assert!(s.json(&[&learn[..], &["--json"]].concat())["weights_error"].is_null());
}

/// What `learn` says of the keys is what `dynamics` does with them, ties included.
#[test]
fn learn_and_dynamics_treat_ties_alike() {
    let s = network();
    // Storkey's weights with the diagonal zeroed leave fields of exactly 0.
    s.write("tied.txt", "++--\n++-+\n-+-+\n");
    s.done(&["create", "tied.pop", "--keys", "tied.txt"]);
    let learn = |more: &[&str]| {
        s.json(&[&["learn", "tied.pop", "--rule", "storkey", "--diagonal", "zero", "--json"], more].concat())
    };
    let told = |json: &Value| (json["tie"].as_str().unwrap().to_owned(), json["recalled"].as_f64().unwrap());
    let json = learn(&[]);
    assert_eq!((told(&json), json["tied_bits"].as_u64()), (("stay".into(), 1.0), Some(4)));
    let json = s.json(&["dynamics", "tied.pop", "--queries", "tied.txt", "--rule", "storkey", "--json"]);
    assert_eq!((json["tie"].as_str(), json["ends"]["stored"].as_u64()), (Some("stay"), Some(3)));
    assert_eq!(told(&learn(&["--tie", "plus"])), ("plus".into(), 1.0 / 3.0));
    assert_eq!(learn(&["--tie", "minus"])["tie"], "minus");
    let text = s.done(&["learn", "tied.pop", "--rule", "storkey", "--diagonal", "zero"]);
    assert!(text.contains("3 of 3 keys") && text.contains("4 tied bits, decided by policy `stay`"), "{text}");
    // With the diagonal kept, and where values are others, recall's own policy.
    assert_eq!(s.json(&["learn", "tied.pop", "--rule", "storkey", "--json"])["tie"], "plus");
    s.write("values.txt", "+--+\n-+-+\n++++\n");
    s.done(&["create", "hetero.pop", "--keys", "tied.txt", "--values", "values.txt"]);
    let hetero = ["learn", "hetero.pop", "--rule", "pseudo-inverse", "--diagonal", "zero", "--json"];
    assert_eq!(s.json(&hetero)["tie"], "plus");
}

/// A classical network of 65,536 positions and 4,000 patterns runs to its limit in little more memory than its bits.
#[test]
fn a_large_network_runs_in_the_memory_of_its_bits() {
    let s = Sandbox::new();
    let (n, dim) = (4000, 65_536);
    let bytes = popfield::Patterns::random(n, dim, 1, "keys").unwrap().to_packed(popfield::patterns::BitOrder::Big);
    s.write("keys.npy", npy("|u1", false, &format!("({n}, {})", dim / 8), &bytes));
    s.done(&["create", "large.pop", "--keys", "keys.npy", "--packed", "--dim", "65536"]);
    let peak = |json: &Value| json["peak_rss_bytes"].as_u64();
    let bare = peak(&s.json(&["dynamics", "memory.pop", "--queries", "keys.txt", "--json", "--threads", "2"]));
    for order in ["sync", "async"] {
        let args =
            ["dynamics", "large.pop", "--start", "pattern", "--overlap", "0.5", "--count", "1", "--order", order];
        let json = s.json(&[&args[..], &["--json", "--threads", "2"]].concat());
        let run = &json["runs"][0];
        // A load of 0.06 leaves a few bits wrong.
        assert_eq!((run["limit"].as_str(), run["closest_id"].as_u64()), (Some("fixed-point"), Some(0)), "{run}");
        assert!(run["closest_overlap"].as_i64().unwrap() > 65_500, "{run}");
        if let (Some(bare), Some(peak)) = (bare, peak(&json)) {
            let bits = (n * dim / 8) as u64;
            assert!(
                peak < bare + bits + bits / 3,
                "{order}: {peak} bytes at the peak, {bare} without, the bits take {bits}"
            );
        }
    }
}

#[test]
fn what_networks_refuse() {
    let s = network();
    s.write("values.txt", "+\n-\n+\n");
    s.done(&["create", "hetero.pop", "--keys", "keys.txt", "--values", "values.txt"]);
    s.done(&["create", "same.pop", "--keys", "keys.txt", "--values", "keys.txt"]);
    s.write("twice.txt", "++--\n+-+-\n--++\n");
    s.done(&["create", "twice.pop", "--keys", "twice.txt"]);
    // One pattern of 8200 positions, and one of 2104.
    for (name, bytes) in [("wide", 1025), ("broad", 263)] {
        let npy = npy("|u1", false, &format!("(1, {bytes})"), &vec![0xa5; bytes]);
        s.write("packed.npy", npy);
        s.done(&[
            "create",
            &format!("{name}.pop"),
            "--keys",
            "packed.npy",
            "--packed",
            "--dim",
            &(8 * bytes).to_string(),
        ]);
    }
    let dynamics = ["dynamics", "network.pop", "--queries", "starts.txt"];
    let refused = |args: &[&str], words: &[&str]| s.refused(args, words);
    let with = |more: &[&'static str], words: &[&str]| refused(&[&dynamics[..], more].concat(), words);
    with(&["--step-limit", "0"], &["--step-limit", "0"]);
    with(&["--max-steps", "0"], &["0"]);
    with(&["--clamp", "24"], &["--clamp", "0 to 23", "24"]);
    with(&["--clamp", "3-99999999999"], &["0 to 23"]);
    with(&["--clamp", "5-3"], &["5-3"]);
    with(&["--clamp", "some"], &["known", "some"]);
    with(&["--clamp", "13"], &["13", "erased in query 2"]);
    with(&["--beta", "1"], &["--beta", "exponential", "linear"]);
    with(&["--rule", "storkey", "--separation", "max"], &["--rule", "--separation"]);
    with(&["--rule", "hebb", "--moore-penrose"], &["--moore-penrose", "pseudo-inverse"]);
    with(&["--overlap", "0.5"], &["--overlap"]);
    with(&["--count", "2"], &["--count", "--queries"]);
    with(&["--start", "random"], &["--start"]);
    with(&["--plot", "runs.gif"], &[".svg or .png"]);
    with(&["--width", "8"], &["--plot"]);
    with(&["--out", "starts.txt"], &["starts.txt"]);
    refused(&["dynamics", "network.pop"], &["--queries"]);
    refused(&["dynamics", "network.pop", "--start", "pattern", "--overlap", "1.5"], &["-1 to 1", "1.5"]);
    refused(&["dynamics", "network.pop", "--start", "pattern", "--count", "5"], &["at most 4", "5"]);
    refused(&["dynamics", "network.pop", "--start", "random", "--count", "0"], &["--count"]);
    refused(&["dynamics", "hetero.pop", "--queries", "keys.txt"], &["dynamics", "expected 4, found 1"]);
    refused(&["dynamics", "same.pop", "--queries", "keys.txt"], &["dynamics", "found values"]);
    refused(
        &["dynamics", "twice.pop", "--queries", "keys.txt", "--rule", "pseudo-inverse"],
        &["key 2", "complement of key 0", "--moore-penrose"],
    );
    refused(
        &["learn", "twice.pop", "--rule", "pseudo-inverse", "--out", "w.npy"],
        &["key 2", "complement of key 0", "--moore-penrose"],
    );
    refused(
        &["recall", "twice.pop", "--queries", "keys.txt", "--rule", "pseudo-inverse", "--out", "o.npy"],
        &["key 2"],
    );
    refused(
        &["recall", "network.pop", "--queries", "patterns.txt", "--rule", "storkey", "--report", "r.json"],
        &["--report"],
    );
    refused(&["recall", "network.pop", "--queries", "patterns.txt", "--diagonal", "zero"], &["--rule"]);
    refused(
        &["recall", "hetero.pop", "--queries", "keys.txt", "--rule", "pseudo-inverse", "--diagonal", "zero"],
        &["zeroed diagonal"],
    );
    refused(&["learn", "hetero.pop", "--rule", "storkey"], &["Storkey"]);
    refused(
        &["learn", "hetero.pop", "--rule", "hebb", "--tie", "stay", "--out", "w.npy"],
        &["stay", "expected 4, found 1"],
    );
    refused(&["learn", "network.pop", "--rule", "hebb", "--tie", "maybe"], &["maybe", "stay"]);
    refused(&["learn", "wide.pop", "--rule", "storkey"], &["at most 8192", "8200", "537920000 bytes"]);
    refused(&["spectrum", "broad.pop"], &["2104 x 2104", "bytes"]);
    refused(&["learn", "network.pop"], &["--rule"]);
    refused(&["learn", "network.pop", "--rule", "delta"], &["hebb", "pseudo-inverse", "storkey"]);
}
