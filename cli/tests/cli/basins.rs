//! `basins`: what it says, writes and refuses.

use serde_json::Value;

use crate::sandbox::Sandbox;

/// `m.pop`: two copies, one at distance 2 of them, and a pattern at 8 of the first and at 6 of the other.
fn four() -> Sandbox {
    let s = Sandbox::new();
    s.write("k.txt", "++++++++\n++++++++\n--++++++\n--------\n");
    s.write("v.txt", "++\n++\n+-\n--\n");
    s.write("ids", "7\n5\n9\n1\n");
    let create = "create m.pop --keys k.txt --values v.txt --ids ids --text lines";
    s.done(&create.split(' ').collect::<Vec<_>>());
    s
}

#[test]
fn basins_of_a_few_patterns() {
    let s = four();
    let said = s.done(&["basins", "m.pop", "--radius", "8", "--csv", "b.csv", "--plot", "b.svg", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    // e^(2βb) Σ e^(−2βD) < 1 at β = 1: around the copies e^−4 + e^−16, around the third 2 e^−4 + e^−12, around the last
    // e^−12 + 2 e^−16.
    let rows = "id,copies,values_agree,nearest_id,nearest_distance,budget_exponential,budget_max\n\
                7,2,true,9,2,1,1\n5,2,true,9,2,1,1\n9,1,true,5,2,1,1\n1,1,true,9,6,5,5\n";
    assert_eq!(String::from_utf8(s.read("b.csv")).unwrap(), rows);
    assert!(s.read("b.svg").starts_with(b"<svg"));
    assert_eq!((&said["copied"], &said["least_distance"]), (&2.into(), &2.into()));
    assert_eq!(said["largest_overlap"], 0.5);
    assert_eq!(said["survived_flips"]["max"], serde_json::json!({ "least": 0, "median": 0, "most": 2, "none": 0 }));
    assert_eq!(said["closest_pairs"][0], serde_json::json!({ "ids": [5, 9], "distance": 2 }));
    assert_eq!(
        said["recalled_whatever_is_flipped"][5],
        serde_json::json!({ "noise": 0.15, "flips": 1, "exponential": 0.25, "max": 0.25 })
    );
    let text = s.done(&["basins", "m.pop", "--radius", "8"]);
    for words in ["2 patterns have some", "0 to 2 flips of 8, median 0", "0.500 d", "Closest pairs"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    // Without the one in between, and with a β too small for any budget.
    s.write("gone", "9\n");
    let said: Value = serde_json::from_str(&s.done(&["basins", "m.pop", "--exclude", "gone", "--json"])).unwrap();
    assert_eq!((&said["patterns"], &said["least_distance"]), (&3.into(), &Value::Null));
    let said: Value = serde_json::from_str(&s.done(&["basins", "m.pop", "--beta", "1e-9", "--json"])).unwrap();
    assert_eq!(said["survived_flips"]["exponential"]["none"], 4);

    s.refused(&["basins", "m.pop", "--radius", "9"], &["radius of basins: expected 1 to 8, found 9"]);
    s.refused(&["basins", "m.pop", "--radius", "0"], &["radius of basins: expected 1 to 8, found 0"]);
    s.refused(&["basins", "m.pop", "--beta", "0"], &["beta"]);
    s.refused(&["basins", "m.pop", "--csv", "m.pop"], &["m.pop"]);
}

/// A run that is kept is gone on with, and only by the same question.
#[test]
fn a_run_that_is_kept() {
    let s = four();
    let basins = |more: &[&str]| {
        let said = s.done(&[&["basins", "m.pop", "--radius", "5", "--csv", "b.csv", "--json"], more].concat());
        let mut said: Value = serde_json::from_str(&said).unwrap();
        said["seconds"].take();
        (said, s.read("b.csv"))
    };
    let expected = basins(&[]);
    assert!(basins(&["--resume", "run"]) == expected);
    let kept = s.read("run");
    assert!(basins(&["--resume", "run"]) == expected && s.read("run") == kept);
    s.refused(
        &["basins", "m.pop", "--radius", "4", "--resume", "run"],
        &["run: kept run of basins: settings", "run of others"],
    );
    s.refused(&["basins", "m.pop", "--radius", "5", "--resume", "k.txt"], &["k.txt: kept run of basins: beginning"]);
    s.refused(
        &["basins", "m.pop", "--radius", "9", "--resume", "new"],
        &["radius of basins: expected 1 to 8, found 9"],
    );
    s.refused(&["basins", "m.pop", "--resume", "m.pop"], &["m.pop"]);
}

/// What was not looked at far enough is not told, rather than told to be uncertain; and it takes no wider basins away.
#[test]
fn a_narrow_look_claims_nothing_and_replaces_nothing() {
    let s = Sandbox::new();
    s.done(&["random", "r.npy", "--patterns", "3000", "--dim", "256"]);
    s.done(&["create", "r", "--keys", "r.npy"]);
    let text = s.done(&["basins", "r", "--radius", "1"]);
    assert!(text.contains("not told of 3000 patterns") && text.contains("≥ 0.0 %"), "{text}");
    let said: Value = serde_json::from_str(&s.done(&["basins", "r", "--radius", "1", "--json"])).unwrap();
    let clean = &said["recalled_whatever_is_flipped"][0];
    assert_eq!((&clean["exponential"], &clean["max"]), (&Value::Null, &1.0.into()));
    s.done(&["index", "r"]);
    s.done(&["basins", "r", "--radius", "60"]);
    s.noted(&["basins", "r", "--radius", "4"], &["the index holds basins to distance 60"]);
    assert!(s.done(&["info", "r"]).contains("distance 60"));
    s.refused(&["basins", "r", "--resume", "r"], &["r"]);
    #[cfg(unix)]
    s.refused(&["basins", "r", "--resume", "/dev/zero"], &["/dev/zero: kept run of basins: place: expected a file"]);
}

#[test]
fn names_go_along() {
    let s = four();
    s.write("names", "first\nits copy\nin, between\nlast\n");
    s.done(&["create", "n.pop", "--keys", "k.txt", "--labels", "names", "--text", "lines"]);
    let text = s.done(&["basins", "n.pop", "--radius", "8", "--csv", "n.csv"]);
    assert!(text.contains("0 (first)") && text.contains("2 (in, between)"), "{text}");
    let rows = "id,label,copies,values_agree,nearest_id,nearest_label,nearest_distance,budget_exponential,budget_max\n\
                0,first,2,true,2,\"in, between\",2,1,1\n1,its copy,2,true,2,\"in, between\",2,1,1\n\
                2,\"in, between\",1,true,0,first,2,1,1\n3,last,1,true,2,\"in, between\",6,5,5\n";
    assert_eq!(String::from_utf8(s.read("n.csv")).unwrap(), rows);
}

#[test]
fn basins_under_other_separations() {
    let s = four();
    let basins = |more: &[&str]| -> (Value, String) {
        let said = s.done(&[&["basins", "m.pop", "--csv", "b.csv", "--plot", "b.svg", "--json"], more].concat());
        (serde_json::from_str(&said).unwrap(), String::from_utf8(s.read("b.csv")).unwrap())
    };
    // The last is the complement of the first two. The third has overlaps 4, 4 and -4: 3 (4 + w)^K < (8 - w)^K.
    let (said, rows) = basins(&["--separation", "polynomial", "--degree", "3"]);
    let expected = "id,copies,values_agree,nearest_id,nearest_distance,budget_polynomial,budget_max\n\
                    7,2,true,9,2,,1\n5,2,true,9,2,,1\n9,1,true,5,2,0,1\n1,1,true,,,,4\n";
    assert_eq!(rows, expected);
    assert_eq!((&said["radius"], &said["beta"], &said["degree"]), (&4.into(), &Value::Null, &3.into()));
    let survived = serde_json::json!({ "least": 0, "median": 0, "most": 0, "none": 3 });
    assert_eq!(said["survived_flips"]["polynomial"], survived);
    let clean = &said["recalled_whatever_is_flipped"][0];
    assert_eq!(*clean, serde_json::json!({ "noise": 0.0, "flips": 0, "polynomial": 0.25, "max": 1.0 }));
    assert!(String::from_utf8(s.read("b.svg")).unwrap().contains("K = 3; 3 are not certain at all"));
    let (_, rows) = basins(&["--separation", "polynomial", "--degree", "9"]);
    assert!(rows.contains("\n9,1,true,5,2,1,1\n"), "{rows}");
    // What was not met may be nearer to a complement than it is.
    let (_, rows) = basins(&["--separation", "polynomial", "--degree", "9", "--radius", "1"]);
    assert!(rows.contains("\n9,1,true,,,1,1\n"), "{rows}");

    let (said, rows) = basins(&["--separation", "max", "--radius", "8"]);
    assert!(rows.starts_with("id,copies,values_agree,nearest_id,nearest_distance,budget_max\n7,2,true,9,2,1\n"));
    assert_eq!(said["survived_flips"].as_object().unwrap().len(), 1);
    let (said, _) = basins(&["--separation", "linear"]);
    assert_eq!(said["survived_flips"]["linear"]["none"], 4);

    let text = s.done(&["basins", "m.pop", "--separation", "polynomial", "--degree", "9"]);
    for words in
        ["0 flips of 8; 3 patterns not even undamaged (K = 9)", "to distance 4 of 8 around each and its complement"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    s.refused(&["basins", "m.pop", "--degree", "3"], &["--degree belongs to --separation polynomial"]);
    s.refused(
        &["basins", "m.pop", "--separation", "max", "--beta", "1"],
        &["--beta belongs to --separation exponential"],
    );
}

#[test]
fn basins_of_what_queries_ask_for() {
    let s = four();
    s.write("q.txt", "+++++++?\n-?------\n++++++-+\n");
    let basins = |more: &[&str]| -> (Value, String) {
        let of_queries = ["basins", "m.pop", "--from-queries", "q.txt", "--radius", "8", "--csv", "b.csv", "--json"];
        let said = s.done(&[&of_queries, more].concat());
        (serde_json::from_str(&said).unwrap(), String::from_utf8(s.read("b.csv")).unwrap())
    };
    // As among all patterns: the lower id of the copies, and the last.
    let (said, rows) = basins(&["--plot", "b.svg"]);
    let header = "id,copies,values_agree,nearest_id,nearest_distance,budget_exponential,budget_max\n";
    assert_eq!(rows, format!("{header}5,2,true,9,2,1,1\n1,1,true,9,6,5,5\n"));
    assert_eq!((&said["patterns"], &said["of_patterns"], &said["queries"]), (&2.into(), &4.into(), &3.into()));
    assert_eq!(said["survived_flips"]["max"], serde_json::json!({ "least": 0, "median": 2, "most": 2, "none": 0 }));
    assert!(String::from_utf8(s.read("b.svg")).unwrap().contains("basins of 2 of 4 keys"));
    let (_, rows) = basins(&["--separation", "polynomial", "--degree", "9"]);
    assert!(rows.ends_with("budget_polynomial,budget_max\n5,2,true,9,2,,1\n1,1,true,9,6,,5\n"), "{rows}");
    // Within a scope what is nearest there, among what is there.
    s.write("gone", "5\n9\n");
    let (said, rows) = basins(&["--exclude", "gone"]);
    assert_eq!(rows, format!("{header}7,1,true,1,8,7,7\n1,1,true,7,8,7,7\n"));
    assert_eq!((&said["patterns"], &said["of_patterns"]), (&2.into(), &2.into()));

    let text = s.done(&["basins", "m.pop", "--from-queries", "q.txt", "--radius", "8"]);
    for words in ["of 2 of 4 keys, those nearest to the queries", "Of these 2 patterns", "that these patterns are in"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    let refused = |more: &[&str], words: &[&str]| s.refused(&[&["basins", "m.pop"], more].concat(), words);
    refused(&["--from-queries", "none.txt"], &["none.txt"]);
    refused(&["--from-queries", "keys.txt"], &["keys.txt", "expected dimension 8, found 4"]);
    refused(&["--from-queries", "q.txt", "--csv", "q.txt"], &["q.txt"]);
    refused(&["--from-queries", "q.txt", "--packed"], &["--packed", "q.txt"]);
    refused(&["--erased", "zero"], &["--erased", "found no file"]);
    refused(&["--dim", "8"], &["--dim 8 is for --from-queries"]);
}
