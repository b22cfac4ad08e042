//! `popfield capacity`: what it refuses, that it measures the same however it is run, and what it says.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// `capacity` with these words, and more.
fn capacity<'a>(words: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["capacity"].into_iter().chain(words.split(' ')).chain(more.iter().copied()).collect()
}

#[test]
fn ranges_that_are_none() {
    let s = Sandbox::new();
    for option in ["--load", "--rate", "--patterns"] {
        for range in ["", "x", "0.2:0.1:0.01", "0.1:0.2:0", "0.1:0.2:-1", "nan", "0.1:NaN:0.1", "1:2", "-1", "2:9:x1"] {
            let args = capacity("--rule hebb --dim 20 --resume j --csv out.csv", &[option, range]);
            s.refused(&args, &[option, "expected FIRST:LAST:STEP", "found"]);
        }
    }
    s.refused(&capacity("--rule hebb --dim 20 --load 0.01", &[]), &["--load", "1 to", "0.01 at dimension 20"]);
    s.refused(&capacity("--rule hebb --dim 2000 --rate 0.9", &[]), &["--rate", "0.9 at dimension 2000"]);
    s.refused(&capacity("--rule hebb --dim 20 --load 0.1 --patterns 3", &[]), &["--load", "cannot be used with"]);
}

#[test]
fn settings_that_a_rule_does_not_have() {
    let s = Sandbox::new();
    let cases: [(&str, &[&str]); 16] = [
        (
            "--rule storkey --setting hetero",
            &["--setting", "auto-kept, auto-zeroed, energy-difference", "found hetero"],
        ),
        ("--rule hebb --dynamics sync", &["--dynamics", "one-step", "hetero", "found sync"]),
        ("--rule max --setting auto-kept --values worst", &["--values", "random", "found worst"]),
        ("--rule hebb --tie stay", &["--tie", "plus or minus", "found stay"]),
        ("--rule hebb --beta 1", &["--beta belongs to --rule exponential", "found --rule hebb"]),
        ("--rule exponential --degree 2", &["--degree belongs to --rule polynomial"]),
        ("--rule exponential --beta 0", &["--beta", "1e-9 to 1e9"]),
        ("--rule hebb --noise 1.5", &["--noise", "0 to 1", "1.5"]),
        ("--rule hebb --noise nan", &["--noise", "0 to 1", "NaN"]),
        ("--rule hebb --start pattern --noise 0.1", &["--start noise", "found --start pattern"]),
        ("--rule hebb --start noise", &["--noise P", "found none"]),
        ("--rule hebb --observable all --queries 3", &["--queries", "all keys", "found 3"]),
        ("--rule hebb --setting auto-kept --memories sampled", &["--memories sampled", "hetero", "found auto-kept"]),
        ("--rule nonsense", &["nonsense", "hebb, pseudo-inverse, storkey, polynomial, exponential, max"]),
        ("--rule hebb --trials 0", &["--trials", "0"]),
        ("--rule hebb --dim 20,0", &["--dim", "at least 1"]),
    ];
    for (words, expected) in cases {
        s.refused(&capacity(words, &["--patterns", "5", "--resume", "j", "--csv", "out.csv"]), expected);
    }
    s.refused(&capacity("--rule hebb --dim 99999999 --patterns 5", &[]), &["--dim", "16777216", "99999999"]);
}

#[test]
fn theory_that_says_nothing_of_it_and_outputs_that_cannot_be() {
    let s = Sandbox::new();
    let hebb = "--rule hebb --dim 20 --patterns 5 --resume j";
    let has = "exact, erfc, hoeffding, none";
    s.refused(&capacity(hebb, &["--theory", "exact,ags"]), &["--theory", "hebb, hetero, one-step", has, "\"ags\""]);
    s.refused(&capacity(hebb, &["--theory", ""]), &["--theory", has]);
    // Limits from noise may lie in no pattern's valley.
    let noisy = "--rule hebb --setting auto-zeroed --dynamics async --observable overlap --theory ags --noise 0.2";
    s.refused(&capacity(noisy, &["--load", "0.1"]), &["--theory", "\"ags\""]);
    s.refused(&capacity("--rule hebb --dim 20 --resume /dev/zero", &["--patterns", "5"]), &["/dev/zero", "a file"]);
    s.refused(&capacity("--rule hebb --dim 20", &["--patterns", "2.5"]), &["--patterns", "whole numbers", "2.5"]);
    s.refused(&capacity(hebb, &["--plot", "out.jpg"]), &["out.jpg", ".svg or .png"]);
    s.refused(&capacity(hebb, &["--csv", "j"]), &["j", "another output"]);
    s.refused(&capacity(hebb, &["--csv", "no/where.csv"]), &["where.csv", "cannot be written"]);
    s.refused(&capacity("--rule hebb --resume no/where", &["--patterns", "5"]), &["where", "cannot be written"]);
    s.refused(
        &capacity("--rule hebb --observable bit-error", &[]),
        &["--observable bit-error", "--load", "found none"],
    );
}

#[test]
fn sizes_beyond_memory_are_known_before_the_work() {
    let s = Sandbox::new();
    for words in [
        "--rule hebb --dim 1000 --patterns 10,1e12 --memories stored",
        "--rule max --dim 32 --patterns 10,1e13 --setting auto-kept",
        "--rule storkey --dim 10,8000000 --patterns 3",
    ] {
        let before = s.files();
        let output = s.run(&capacity(words, &["--resume", "j", "--csv", "out.csv"]));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{words}: {errors}");
        assert!(errors.contains("out of memory") && errors.contains("bytes"), "{words}: {errors}");
        assert!(output.stdout.is_empty());
        assert_eq!(s.files(), before);
    }
}

#[test]
fn sizes_that_a_rule_does_not_learn_are_known_before_the_work() {
    let s = Sandbox::new();
    for (words, what) in [
        ("--rule pseudo-inverse --dim 16000 --load 0.1:0.6:0.5", "n or d of at most 8192"),
        ("--rule pseudo-inverse --setting auto-zeroed --dynamics sync --dim 10,9000 --patterns 3", "d of at most 8192"),
        ("--rule storkey --dim 10,9000 --patterns 3", "d of at most 8192"),
    ] {
        let before = s.files();
        let output = s.run(&capacity(words, &["--resume", "j", "--csv", "out.csv"]));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}: {errors}");
        assert!(errors.contains(what), "{words}: {errors}");
        assert_eq!(s.files(), before);
    }
}

#[test]
fn the_same_on_any_number_of_threads() {
    let s = Sandbox::new();
    for words in [
        "--rule hebb --dim 70,130 --load 0.05:0.3:0.05 --trials 9 --observable bit-error --noise 0.1",
        "--rule exponential --dim 16 --patterns 100:1e6:x100 --trials 30",
        "--rule hebb --setting auto-zeroed --dynamics async --dim 100 --load 0.1,0.2 --trials 6 --observable overlap",
        "--rule polynomial --degree 3 --setting energy-difference --dim 30 --patterns 20,200 --trials 5",
        "--rule pseudo-inverse --dim 20 --observable all --trials 8",
    ] {
        let run = |threads: &str| {
            let (csv, plot) = (format!("{threads}.csv"), format!("{threads}.svg"));
            let mut json = s.json(&capacity(words, &["--json", "--threads", threads, "--csv", &csv, "--plot", &plot]));
            json.as_object_mut().unwrap().remove("threads").unwrap();
            (json, s.read(&csv), s.read(&plot))
        };
        let one = run("1");
        assert_eq!(one, run("2"), "{words}");
        assert!(one.1.len() > 100 && one.2.starts_with(b"<svg"));
    }
}

const RESUMED: &str = "--rule hebb --dim 60,90 --load 0.1:0.4:0.1 --trials 12 --observable overlap --json --threads 2";

#[test]
fn a_journal_that_was_cut_anywhere_leads_to_the_same_end() {
    let s = Sandbox::new();
    let run = |csv: &str| (s.done(&capacity(RESUMED, &["--resume", "journal", "--csv", csv])), s.read(csv));
    let whole = (s.done(&capacity(RESUMED, &["--csv", "whole.csv"])), s.read("whole.csv"));
    assert_eq!(run("first.csv"), whole);
    let journal = s.read("journal");
    for share in [0, 1, 3, 7, 8, 9] {
        s.write("journal", &journal[..journal.len() * share / 9]);
        assert_eq!(run("again.csv"), whole);
        assert_eq!(s.read("journal"), journal, "{share}");
    }
    // What the journal holds is not measured again.
    let text = String::from_utf8(journal.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 8);
    let mut point: Value = serde_json::from_str(lines[3]).unwrap();
    for outcome in point["outcomes"].as_array_mut().unwrap() {
        outcome[4] = serde_json::json!([[60, 6]]);
    }
    s.write("journal", text.replace(lines[3], &point.to_string()));
    let json = s.json(&capacity(RESUMED, &["--resume", "journal"]));
    assert_eq!(json["points"][2]["value"], -1.0);
}

#[test]
fn a_run_that_was_killed_goes_on_where_it_was() {
    let s = Sandbox::new();
    let words =
        "--rule hebb --setting auto-zeroed --dynamics async --dim 400 --load 0.14:0.2:0.01 --trials 60 --threads 2";
    let whole = (s.done(&capacity(words, &["--csv", "whole.csv"])), s.read("whole.csv"));
    let args = capacity(words, &["--resume", "journal", "--csv", "killed.csv"]);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("popfield"))
        .args(&args)
        .current_dir(s.path(""))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lines =
        || std::fs::read(s.path("journal")).map_or(0, |journal| journal.iter().filter(|&&b| b == b'\n').count());
    let begun = Instant::now();
    while lines() < 3 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let finished = lines();
    assert!(finished >= 3, "{finished} lines");
    let resumed = (s.done(&args), s.read("killed.csv"));
    assert_eq!(resumed, whole);
    assert_eq!(lines(), 8);
}

#[test]
fn journals_of_other_settings_are_refused_by_name() {
    let s = Sandbox::new();
    let words = "--rule exponential --dim 12 --patterns 10,20 --trials 3 --resume j";
    s.done(&capacity(words, &[]));
    for (more, difference) in [
        (&["--seed", "2"][..], "seed is 1 there and 2 here"),
        (&["--beta", "0.5"], "beta is 1.0 there and 0.5 here"),
        (&["--noise", "0.25"], "noise is 0.0 there and 0.25 here"),
        (&["--queries", "2"], "queries is none there and 2 here"),
        (&["--values", "worst"], "values is random there and worst here"),
        (&["--setting", "auto-zeroed"], "setting is hetero there and auto-zeroed here"),
        (&["--observable", "bit-error"], "observable is pattern there and bit-error here"),
    ] {
        s.refused(&capacity(words, more), &["--resume j", difference]);
    }
    s.refused(&capacity(&words.replace("--trials 3", "--trials 4"), &[]), &["trials is 3 there and 4 here"]);
    s.refused(&capacity(&words.replace("10,20", "10,30"), &[]), &["patterns_range is 10,20 there and 10,30 here"]);
    s.write("text", "something else\n");
    s.refused(
        &capacity("--rule hebb --dim 20 --patterns 5 --resume text", &[]),
        &["text", "expected a journal", "line 1"],
    );
}

#[test]
fn the_object_has_its_keys_and_the_law_holds() {
    let s = Sandbox::new();
    let words = "--rule hebb --dim 100 --load 0.2:1:0.4 --trials 40 --observable bit-error --json";
    let json = s.json(&capacity(words, &[]));
    for key in ["rule", "setting", "dynamics", "values", "noise", "tie", "trials", "observable", "seed", "confidence"] {
        assert!(!json[key].is_null(), "{key}");
    }
    let points = json["points"].as_array().unwrap();
    assert_eq!(points.len(), 3);
    for point in points {
        let [value, low, high, exact] =
            [&point["value"], &point["low"], &point["high"], &point["theory"]["exact"]].map(|x| x.as_f64().unwrap());
        assert!(low < value && value < high);
        // Three times the interval at 95 %.
        assert!((value - exact).abs() < 3.0 * (high - low) / 2.0, "{point}");
        assert_eq!(point["bit_error"]["value"], point["value"]);
        assert!((point["overlap"]["value"].as_f64().unwrap() - (1.0 - 2.0 * value)).abs() < 1e-14);
        assert_eq!((&point["memories"], &point["bits"]), (&Value::from("stored"), &Value::from(100)));
    }
    let overlap = s.json(&capacity(
        "--rule hebb --setting auto-zeroed --dynamics async --dim 100 --load 0.3 --trials 5 --observable overlap --json",
        &[],
    ));
    let bins = overlap["points"][0]["histogram"].as_array().unwrap();
    let queries: u64 = bins.iter().map(|bin| bin[1].as_u64().unwrap()).sum();
    let mean: f64 = bins.iter().map(|bin| bin[0].as_f64().unwrap() * bin[1].as_f64().unwrap()).sum::<f64>() / 20.0;
    assert_eq!(queries, 20);
    assert!((mean - overlap["points"][0]["value"].as_f64().unwrap()).abs() < 1e-12);
}

#[test]
fn rows_of_trials_add_up_to_the_point() {
    let s = Sandbox::new();
    let words = "--rule max --noise 0.25 --dim 12 --patterns 50 --trials 7 --queries 5 --observable overlap --json --raw out.csv";
    let json = s.json(&capacity(words, &[]));
    let csv = String::from_utf8(s.read("out.csv")).unwrap();
    let mut rows = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    assert_eq!(
        header.join(","),
        "dim,patterns,trial,queries,bits,wrong_bits,tied_bits,whole,unsettled,queries_by_wrong_bits"
    );
    let (mut wrong, mut trials) = (0, 0);
    for (trial, row) in rows.enumerate() {
        assert_eq!(row[..5], ["12", "50", &trial.to_string(), "5", "12"]);
        let bins = row[9].split(' ').map(|bin| bin.split_once(':').unwrap());
        let bins: Vec<(u64, u64)> = bins.map(|(w, q)| (w.parse().unwrap(), q.parse().unwrap())).collect();
        assert_eq!(bins.iter().map(|bin| bin.1).sum::<u64>(), 5);
        let here: u64 = bins.iter().map(|bin| bin.0 * bin.1).sum();
        assert_eq!(here.to_string(), row[5]);
        wrong += here;
        trials += 1;
    }
    assert_eq!(trials, 7);
    let error = json["points"][0]["bit_error"]["value"].as_f64().unwrap();
    assert!((wrong as f64 / (7.0 * 5.0 * 12.0) - error).abs() < 1e-12 && error > 0.0);
}

/// A row of a table by its columns' names.
fn table(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines
        .map(|row| {
            assert_eq!(row.len(), header.len(), "{row:?}");
            header.iter().cloned().zip(row).collect()
        })
        .collect()
}

#[test]
fn a_row_of_the_table_is_a_point_with_its_interval_theory_and_settings() {
    let s = Sandbox::new();
    let words = "--rule exponential --beta 0.5 --noise 0.1 --dim 12,16 --patterns 20,200 --trials 6 --observable bit-error --json --csv out.csv";
    let json = s.json(&capacity(words, &[]));
    let rows = table(&String::from_utf8(s.read("out.csv")).unwrap());
    let points = json["points"].as_array().unwrap();
    assert_eq!((rows.len(), points.len()), (4, 4));
    for (row, point) in rows.iter().zip(points) {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        for column in ["dim", "patterns", "load", "rate", "value", "low", "high", "tied", "trials", "queries", "bits"] {
            assert_eq!(number(column), point[column].as_f64().unwrap(), "{column}");
        }
        for (column, end) in [("pattern", "value"), ("pattern_low", "low"), ("overlap_high", "high")] {
            let observable = column.split('_').next().unwrap();
            assert_eq!(number(column), point[observable][end].as_f64().unwrap(), "{column}");
        }
        assert_eq!(number("theory_numeric"), point["theory"]["numeric"].as_f64().unwrap());
        assert!(number("low") <= number("value") && number("value") <= number("high"));
        assert!(number("theory_n_threshold") > 1.0);
        let settings = ["rule", "beta", "setting", "values", "observable", "memories", "seed", "confidence"];
        let expected = ["exponential", "0.5", "hetero", "random", "bit-error", "stored", "1", "0.95"];
        assert_eq!(settings.map(|column| row[column].as_str()), expected);
        assert!(!row.contains_key("n50") && row["degree"].is_empty());
    }
    // A search tells what it found in every row of the dimension; what is open is 0 or inf.
    let json = s.json(&capacity("--rule max --noise 0.25 --dim 14 --trials 8 --json --csv out.csv", &[]));
    let rows = table(&String::from_utf8(s.read("out.csv")).unwrap());
    let found = &json["capacities"][0]["n50"];
    assert!(rows.iter().all(|row| row["n50"].parse::<f64>().unwrap() == found["value"].as_f64().unwrap()));
    let high = found["high"].as_f64().unwrap_or(f64::INFINITY);
    assert!(rows.iter().all(|row| row["n50_high"].parse::<f64>().unwrap() == high), "{found}");
    // Twice the same file is no two outputs.
    s.refused(&capacity("--rule hebb --dim 20 --patterns 5 --csv t --raw t", &[]), &["t", "another output"]);
}

#[test]
fn few_memories_make_an_interval_and_open_ends_say_what_to_do() {
    let s = Sandbox::new();
    let words = "--rule hebb --dim 100 --load 1 --trials 10 --observable bit-error --json";
    let point = &s.json(&capacity(words, &[]))["points"][0];
    // 0.159 by the exact law, where ten memories by themselves leave 0 to 0.4.
    let [low, high] = ["low", "high"].map(|end| point[end].as_f64().unwrap());
    assert!(low > 0.14 && high < 0.18, "{point}");
    let text = s.done(&capacity("--rule max --noise 0.2 --dim 20 --trials 5 --plot out.svg", &[]));
    assert!(text.contains("open") && text.contains("raise --trials"), "{text}");
    let svg = String::from_utf8(s.read("out.svg")).unwrap();
    for words in ["raise --trials", "n of 99 %", "n of 50 %", "where all agree"] {
        assert!(svg.contains(words), "{words}");
    }
    // Heads of arrows are triangles of their own.
    assert!(svg.contains("<polygon"));
    let text = s.done(&capacity("--rule hebb --dim 100 --patterns 30 --trials 5", &[]));
    assert!(!text.contains("open") && !text.contains("agree"), "{text}");
}

#[test]
fn the_search_finds_what_is_known() {
    let s = Sandbox::new();
    let json = s.json(&capacity("--rule pseudo-inverse --setting auto-kept --dim 24,40 --trials 10 --json", &[]));
    for (capacity, dim) in json["capacities"].as_array().unwrap().iter().zip([24.0, 40.0]) {
        for name in ["n50", "n99"] {
            // Exact to n = d; beyond it the answer is the query itself.
            assert_eq!(capacity[name], serde_json::json!({ "above": 4 * dim as u64 }), "{capacity}");
        }
        assert_eq!(capacity["theory"]["independence"], dim);
    }
    // So does every answer of a memory whose bits vote for themselves, once there are many.
    let json = s.json(&capacity("--rule hebb --setting auto-kept --dim 50 --trials 50 --json", &[]));
    let found = &json["capacities"][0];
    assert!(found["n50"]["value"].as_f64().unwrap() < 50.0, "{found}");
    assert!(found["rises_again_at"].as_u64().unwrap() <= 1024, "{found}");
    // Half of all positions flipped leave nothing to recall by.
    let json = s.json(&capacity("--rule hebb --noise 0.5 --dim 20 --trials 30 --json", &[]));
    assert_eq!(json["capacities"][0]["n50"], serde_json::json!({ "below": 1 }), "{json}");
    let json = s.json(&capacity("--rule pseudo-inverse --dim 24,40 --trials 10 --json", &[]));
    for (capacity, dim) in json["capacities"].as_array().unwrap().iter().zip([24.0, 40.0]) {
        let [low, high] = ["low", "high"].map(|end| capacity["n99"][end].as_f64().unwrap());
        assert!(low <= dim + 1.0 && high >= dim && high <= 1.3 * dim, "{capacity}");
        // Least squares beyond.
        assert!(capacity["n50"]["value"].as_f64().unwrap() > dim, "{capacity}");
    }
    // Exponential recall of d = 20, β = 1: e^{0.675 d} to leading order, as n grows a million at a time.
    let json = s.json(&capacity("--rule exponential --dim 20 --trials 200 --json", &[]));
    let n50 = json["capacities"][0]["n50"]["value"].as_f64().unwrap();
    assert!((5e4..2e6).contains(&n50), "{n50}");
    let n99 = json["capacities"][0]["n99"]["value"].as_f64().unwrap();
    assert!(n99 < n50 / 3.0, "{n99}, {n50}");
}

#[test]
fn hundreds_of_millions_of_patterns_are_sampled() {
    let s = Sandbox::new();
    let words = "--rule exponential --dim 32 --patterns 1e5:1e11:x1e3 --trials 60 --observable bit-error --json";
    let json = s.json(&capacity(words, &[]));
    let points = json["points"].as_array().unwrap();
    assert!(points.iter().all(|point| point["memories"] == "sampled" && point["queries"] == 1));
    let errors: Vec<f64> = points.iter().map(|point| point["value"].as_f64().unwrap()).collect();
    // e^{0.675·32} is 2.4·10⁹.
    assert!(errors[0] < 0.01 && errors[1] < 0.01 && errors[2] > 0.3, "{errors:?}");
}

#[test]
fn people_are_told_the_setting_and_shown_a_chart() {
    let s = Sandbox::new();
    let words = "--rule hebb --setting auto-zeroed --dim 50,100 --noise 0.1 --patterns 4,8 --trials 5 --plot out.svg";
    let text = s.done(&capacity(words, &[]));
    for word in ["auto-zeroed", "one-step", "noise 0.1", "5, 10 positions flipped", "stay", "95 %", "exact", "mceliece"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
    let svg = String::from_utf8(s.read("out.svg")).unwrap();
    for word in ["d = 50, measured", "exact law of a bit", "McEliece", "patterns recalled", "patterns n"] {
        assert!(svg.contains(word), "{word}");
    }
    let words = words.replace("out.svg", "out.png");
    s.done(&capacity(&words, &["--theory", "none", "--observable", "overlap"]));
    assert!(s.read("out.png").starts_with(b"\x89PNG"));
}
