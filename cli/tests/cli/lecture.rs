//! `popfield lecture`: the page, its figures, and what it leaves behind.

use serde_json::Value;

use crate::sandbox::Sandbox;

#[test]
fn a_lecture_is_the_same_on_any_number_of_threads_and_its_commands_find_its_figures() {
    let sandbox = Sandbox::new();
    let lecture = |threads: &str, how: &[&str]| {
        let shared = ["lecture", "--quick", "--seed", "7", "--out", "a/b", "--threads", threads];
        let printed = sandbox.done(&[&shared, how].concat());
        (printed, String::from_utf8(sandbox.read("a/b/lecture.html")).unwrap())
    };
    let (json, page) = lecture("1", &["--json"]);
    let (text, again) = lecture("2", &[]);
    assert!(page == again);
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<math") && page.contains("<details"));
    readable(&text);
    let json = serde_json::from_str::<Value>(&json).unwrap();
    let claims: Vec<&Value> =
        json["sections"].as_array().unwrap().iter().flat_map(|section| section["claims"].as_array().unwrap()).collect();
    for drawing in claims.iter().flat_map(|claim| claim["drawings"].as_array().unwrap()) {
        let shows = drawing["shows"].as_str().unwrap();
        assert!(page.contains(&shows.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")), "{shows}");
    }
    // Quick is no excuse for intervals that say nothing: shares of memories, of which there are fewest, are the widest.
    for figure in claims.iter().flat_map(|claim| claim["figures"].as_array().unwrap()) {
        if let (Some(low), Some(high)) = (figure["low"].as_f64(), figure["high"].as_f64())
            && high <= 1.0
        {
            assert!(high - low < 0.35, "{figure}");
        }
    }
    for section in json["sections"].as_array().unwrap() {
        let exercises = section["exercises"].as_array().unwrap();
        assert!(!exercises.is_empty() && exercises.iter().all(|exercise| exercise["answer"].is_string()), "{section}");
    }
    let claim = |id: &str| *claims.iter().find(|claim| claim["id"] == id).unwrap();
    let figure = |id: &str, what: &str| {
        let figures = claim(id)["figures"].as_array().unwrap();
        figures.iter().find(|figure| figure["what"].as_str().unwrap().starts_with(what)).unwrap()["measured"].clone()
    };
    let run = |id: &str, number: usize| {
        let line = claim(id)["commands"][number].as_str().unwrap();
        let words: Vec<&str> = line.split_whitespace().skip(1).chain(["--json"]).collect();
        sandbox.json(&words)
    };
    // A point of a range, and what a search found.
    let points = run("self-term", 0)["points"].as_array().unwrap().clone();
    let point = points.iter().find(|point| point["patterns"] == 100).unwrap();
    assert_eq!(point["value"], figure("self-term", "diagonal kept, n = 100"));
    let half = &run("bits-patterns-all", 0)["capacities"][0]["n50"]["value"];
    assert_eq!(*half, figure("bits-patterns-all", "n at which half of patterns"));
    // Lines of a shell, in order: what each printed.
    let all = |id: &str| {
        let lines = claim(id)["commands"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        lines.filter(|line| !line.starts_with("jq ")).map(|line| shell(&sandbox, line)).collect::<Vec<String>>()
    };
    let json = |printed: &String| serde_json::from_str::<Value>(printed).unwrap();
    let numbers = |list: &Value| list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    let near = |a: f64, b: &Value| assert!((a - b.as_f64().unwrap()).abs() < 1e-9, "{a}, {b}");

    all("energy");
    let report = serde_json::from_slice::<Value>(&sandbox.read("async.json")).unwrap();
    let energies: Vec<Vec<f64>> = report.as_array().unwrap().iter().map(|run| numbers(&run["energies"])).collect();
    assert!(energies.len() == 100 && energies.iter().all(|energies| energies.is_sorted_by(|a, b| a >= b)));
    let cycles = serde_json::from_slice::<Value>(&sandbox.read("sync.json")).unwrap();
    let cycles = cycles.as_array().unwrap().iter().filter(|run| run["cycle"] == 2).count();
    near(cycles as f64 / 100.0, &figure("energy", "synchronous: runs that end in a cycle"));

    let printed = all("singular-vectors");
    assert_eq!(sandbox.json(&["spectrum", "hadamard.pop", "--json"])["singular_pairs"], 8);
    let random = sandbox.json(&["spectrum", "random.pop", "--json"]);
    assert_eq!(random["singular_values"][0], figure("singular-vectors", "d = 128, n = 64, random keys"));
    let pairs = json(printed.last().unwrap());
    let pairs = pairs["associations"].as_array().unwrap();
    let squares = pairs.iter().map(|pair| pair["right_residual"].as_f64().unwrap().powi(2));
    near(squares.sum::<f64>() / 64.0, &figure("singular-vectors", "the same with values of their own"));

    let printed = all("hoeffding");
    for (printed, what) in printed[2..].iter().zip(["0.2 d", "0.3 d", "0.4 d"]) {
        let found = json(printed)["found"].as_f64().unwrap();
        near((found - 4000.0) / (4000.0 * 3999.0), &figure("hoeffding", &format!("a pair overlaps by {what}")));
    }
    let checks = sandbox.json(&["validate", "--only", "some two of 10", "--seed", "7", "--json"]);
    near(checks["checks"][0]["measured"].as_f64().unwrap(), &figure("hoeffding", "some two of 10"));

    let printed = all("largest-overlap");
    let distances = json(&printed[2])["distances"].clone();
    let second: Vec<f64> = distances.as_array().unwrap().iter().map(|row| row[1].as_f64().unwrap()).collect();
    near(1000.0 - 2.0 * second.iter().sum::<f64>() / 1000.0, &figure("largest-overlap", "largest of a key's"));
    let nearest = second.iter().copied().fold(f64::INFINITY, f64::min);
    near(1000.0 - 2.0 * nearest, &figure("largest-overlap", "largest of all pairs of random.pop"));
}

/// That a terminal of 80 columns shows the lecture as text: formulas without LaTeX, and commands that go on where a line
/// ends.
fn readable(text: &str) {
    for line in text.lines() {
        // Programs of other tools are quoted, and the folder may be deep.
        if line.contains(['\'', '/']) {
            continue;
        }
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.contains('$') || line.trim_start().starts_with("$ "), "{line}");
        assert!(!line.contains('\\') || line.ends_with(" \\"), "{line}");
    }
    for part in ["x ← sign(Wx)", "n ~ d/(2 ln d)", "e^(−ε²d/2)", "Exercise 1: "] {
        assert!(text.contains(part), "{part}");
    }
}

/// Runs a line that the page shows, without what passes its output on to jq; returns what it printed.
fn shell(sandbox: &Sandbox, line: &str) -> String {
    let (ours, _) = line.split_once(" | jq ").unwrap_or((line, ""));
    let words: Vec<&str> = ours.split_whitespace().collect();
    match words[..] {
        ["popfield", ref rest @ ..] => return sandbox.done(rest),
        ["printf", "'%s\\n'", ref lines @ .., ">", file] => sandbox.write(file, lines.join("\n") + "\n"),
        _ => panic!("{line}"),
    }
    String::new()
}

#[test]
fn a_lecture_that_has_no_place_leaves_nothing() {
    let sandbox = Sandbox::new();
    sandbox.refused(&["lecture", "--quick", "--out", "keys.txt/lecture"], &["keys.txt/lecture"]);
    sandbox.refused(&["lecture", "--quick", "--threads", "0"], &["--threads", "from 1 to"]);
    // A folder stands where the page would.
    std::fs::create_dir_all(sandbox.path("taken/lecture.html")).unwrap();
    sandbox.refused(&["lecture", "--quick", "--out", "taken"], &["lecture.html", "is a folder"]);
    assert!(!sandbox.files().contains(&"popfield-lecture".to_owned()));
}
