//! `popfield validate`: what it says of a part of the table, with and without planted errors, and what it refuses.

use serde_json::Value;

use crate::sandbox::Sandbox;

/// Checks that are quick.
const PART: &[&str] = &["validate", "--only", "d = n = 100", "--seed", "424242"];

fn verdicts(object: &Value) -> Vec<(f64, f64, f64, f64, String)> {
    let number = |check: &Value, key: &str| check[key].as_f64().unwrap_or_else(|| panic!("{key} of {check}"));
    let checks = object["checks"].as_array().unwrap();
    let of = |check: &Value| {
        assert!(["name", "source", "subject"].iter().all(|key| !check[key].as_str().unwrap().is_empty()));
        let [predicted, measured, low, high] = ["predicted", "measured", "low", "high"].map(|key| number(check, key));
        (predicted, measured, low, high, check["verdict"].as_str().unwrap().to_owned())
    };
    checks.iter().map(of).collect()
}

#[test]
fn theory_passes() {
    let s = Sandbox::new();
    let object = s.json(&[PART, &["--json"]].concat());
    assert_eq!((&object["planted"], &object["ok"], &object["full"]), (&false.into(), &true.into(), &false.into()));
    let checks = verdicts(&object);
    assert_eq!(checks.len(), 3);
    // Hetero, auto-zeroed, auto-kept.
    for ((predicted, measured, low, high, verdict), expected) in checks.into_iter().zip([0.1550, 0.1562, 0.0217]) {
        assert!((predicted - expected).abs() < 5e-5, "{predicted}");
        assert!(low <= predicted && predicted <= high && low <= measured && measured <= high);
        assert!(high - low < 0.02 * expected + 0.001);
        assert_eq!(verdict, "pass");
    }
}

#[test]
fn planted_errors_fail_by_the_same_measurement() {
    let s = Sandbox::new();
    let right = s.json(&[PART, &["--json"]].concat());
    // Status 0, which `json` demands: all were caught.
    let wrong = s.json(&[PART, &["--json", "--plant-errors"]].concat());
    assert_eq!((&wrong["planted"], &wrong["ok"], &wrong["passed"]), (&true.into(), &true.into(), &0.into()));
    for (right, wrong) in verdicts(&right).into_iter().zip(verdicts(&wrong)) {
        assert_eq!((right.1, right.2, right.3), (wrong.1, wrong.2, wrong.3));
        assert_ne!(right.0, wrong.0);
        assert_eq!(wrong.4, "fail");
    }
}

#[test]
fn the_same_on_any_number_of_threads_and_other_figures_by_another_seed() {
    let s = Sandbox::new();
    let run = |more: &[&str]| s.json(&[PART, &["--json"], more].concat())["checks"].clone();
    assert_eq!(run(&["--threads", "1"]), run(&["--threads", "3"]));
    let other = s.json(&["validate", "--only", "d = n = 100", "--seed", "5", "--json"]);
    assert_ne!(run(&[])[0]["measured"], other["checks"][0]["measured"]);
}

#[test]
fn a_table_and_what_it_comes_to() {
    let s = Sandbox::new();
    let text = s.done(&["validate", "--only", "hadamard"]);
    assert!(text.contains("Linearly independent keys") && text.contains("All 3 checks pass"), "{text}");
    let text = s.done(&["validate", "--only", "hadamard", "--plant-errors"]);
    assert!(text.contains("planted") && text.contains("3 errors planted, all of them caught"), "{text}");
    let widths: std::collections::HashSet<usize> =
        text.lines().filter(|line| line.ends_with(" fail")).map(|line| line.chars().count()).collect();
    assert_eq!(widths.len(), 1, "columns align: {text}");
}

#[test]
fn what_is_refused() {
    let s = Sandbox::new();
    s.refused(&["validate", "--only", "no such check"], &["--only", "name, subject or source", "no such check"]);
    s.refused(&["validate", "--seed", "-1"], &["--seed"]);
    s.refused(&["validate", "--threads", "0"], &["--threads", "from 1 to"]);
}
