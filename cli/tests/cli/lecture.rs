//! `popfield lecture`: the page, its figures, and what it leaves behind.

use serde_json::Value;

use crate::sandbox::Sandbox;

#[test]
fn a_lecture_is_the_same_on_any_number_of_threads_and_its_commands_find_its_figures() {
    let sandbox = Sandbox::new();
    let lecture = |threads: &str| {
        let json = sandbox.json(&["lecture", "--quick", "--seed", "7", "--out", "a/b", "--threads", threads, "--json"]);
        (json, sandbox.read("a/b/lecture.html"))
    };
    let (json, page) = lecture("1");
    assert_eq!((&json, &page), (&lecture("2").0, &sandbox.read("a/b/lecture.html")));
    assert!(page.starts_with(b"<!DOCTYPE html>"));
    let claims: Vec<&Value> =
        json["sections"].as_array().unwrap().iter().flat_map(|section| section["claims"].as_array().unwrap()).collect();
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
    // Keys and values of a shell's lines.
    let lines = claim("singular-vectors")["commands"].as_array().unwrap();
    for line in &lines[..2] {
        let (words, file) = line.as_str().unwrap().split_once(" > ").unwrap();
        sandbox.write(file, words.split_whitespace().skip(2).collect::<Vec<_>>().join("\n") + "\n");
    }
    for line in &lines[2..] {
        let words: Vec<&str> = line.as_str().unwrap().split_whitespace().skip(1).collect();
        sandbox.done(&words);
    }
    assert_eq!(sandbox.json(&["spectrum", "hadamard.pop", "--json"])["singular_pairs"], 8);
}

#[test]
fn a_lecture_that_has_no_place_leaves_nothing() {
    let sandbox = Sandbox::new();
    sandbox.refused(&["lecture", "--quick", "--out", "keys.txt/lecture"], &["keys.txt/lecture"]);
    sandbox.refused(&["lecture", "--quick", "--threads", "0"], &["at least 1"]);
    // A folder stands where the page would.
    std::fs::create_dir_all(sandbox.path("taken/lecture.html")).unwrap();
    sandbox.refused(&["lecture", "--quick", "--out", "taken"], &["lecture.html", "is a folder"]);
    assert!(!sandbox.files().contains(&"popfield-lecture".to_owned()));
}
