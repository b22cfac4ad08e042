//! What a terminal of 80 columns shows: no line is longer, whatever is asked; and what is shown in colours.

use crate::sandbox::Sandbox;

/// What a command says on a terminal of so many columns.
fn said(s: &Sandbox, columns: &str, command: &str) -> String {
    let output = s.command(&command.split(' ').collect::<Vec<_>>()).env("COLUMNS", columns).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Memories with names and without, of patterns and of pictures, and queries.
fn filled() -> Sandbox {
    let s = Sandbox::new();
    s.done(&["random", "k.npy", "--patterns", "300", "--dim", "96", "--seed", "1"]);
    s.write("labels", (0..300).map(|i| format!("a rather long name, number {i}\n")).collect::<String>());
    s.done(&["create", "m.pop", "--keys", "k.npy", "--labels", "labels"]);
    s.done(&["create", "plain.pop", "--keys", "k.npy"]);
    s.done(&["noise", "q.npy", "--of", "m.pop", "--count", "20", "--noise", "0.1"]);
    let picture = format!("{}\n{}\n", "#".repeat(200), ".".repeat(200)).repeat(50);
    s.write("p.txt", format!("{picture}\n{}", picture.replacen('#', ".", 300)));
    s.done(&["create", "pictures", "--keys", "p.txt", "--text", "pictures"]);
    s
}

#[test]
fn nothing_is_wider_than_a_terminal_of_80_columns() {
    let s = filled();
    for command in [
        "info m.pop",
        "info --tiers",
        "recall m.pop --queries q.npy",
        "recall m.pop --queries q.npy --per-query --latency",
        "recall m.pop --queries q.npy --rule hebb",
        "recall pictures --queries p.txt",
        "search m.pop --queries q.npy --top 3",
        "search m.pop --queries q.npy --radius 12",
        "basins m.pop",
        "basins m.pop --separation polynomial --degree 3 --from-queries q.npy",
        "index plain.pop",
        "verify m.pop",
        "dynamics m.pop --queries q.npy",
        "dynamics plain.pop --start random --count 5 --separation exponential",
        "learn plain.pop --rule hebb",
        "learn plain.pop --rule pseudo-inverse --moore-penrose",
        "spectrum plain.pop",
        "inspect m.pop",
        "inspect k.npy",
        "inspect p.txt",
        "overlaps m.pop --queries q.npy --out o.npy",
        "export m.pop --out e.npy",
        "random r.npy --patterns 10 --dim 4",
        "bench --patterns 1000 --dim 64 --batch 1 --repeats 1",
        "capacity --rule hebb --dim 64 --trials 4",
        "capacity --rule exponential --dim 64 --patterns 100,200 --trials 4 --theory threshold,lower",
        "capacity --rule hebb --setting auto-zeroed --dynamics async --dim 100 --load 0.05:0.2:0.05 --trials 4 --observable overlap --theory ags",
        "stress --patterns 10000 --dim 64 --queries 20",
        "demo --out demo",
        "validate --only overlaps",
    ] {
        let text = said(&s, "80", command);
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        // A path cannot be broken.
        let wide: Vec<&str> = wide.into_iter().filter(|line| !line.starts_with('/')).collect();
        assert!(wide.is_empty(), "{command}:\n{}", wide.join("\n"));
        assert!(!text.contains('\u{1b}'), "{command}");
    }
}

/// Where there is more room it is used, and where nobody tells of a terminal nothing is broken.
#[test]
fn as_wide_as_there_is_room() {
    let s = filled();
    let lines = |columns: &str| said(&s, columns, "dynamics m.pop --queries q.npy").lines().count();
    let (narrow, wide) = (lines("60"), lines("250"));
    assert!(narrow > wide + 15, "{narrow}, {wide}");
    let piped = s.command(&["dynamics", "m.pop", "--queries", "q.npy"]).env_remove("COLUMNS").output().unwrap();
    assert_eq!(String::from_utf8(piped.stdout).unwrap().lines().count(), wide);
}

/// Only the columns that were asked for.
#[test]
fn one_nearest_key_takes_one_pair_of_columns() {
    let s = filled();
    let header =
        |command: &str| said(&s, "200", command).lines().find(|line| line.starts_with("query ")).unwrap().to_owned();
    assert_eq!(header("search plain.pop --queries q.npy").matches("distance").count(), 1);
    assert_eq!(header("search plain.pop --queries q.npy --top 2").matches("distance").count(), 2);
    assert_eq!(header("search plain.pop --queries q.npy --top 9").matches("distance").count(), 3);
}

/// A pattern that is too large for the terminal is drawn whole, smaller, and says so; one that has no shape is cut, and
/// says so.
#[test]
fn large_patterns_are_drawn_whole_or_marked_as_cut() {
    let s = filled();
    let text = said(&s, "80", "recall pictures --queries p.txt");
    assert!(text.contains("drawn 1 : 3") && text.contains('▀'), "{text}");
    let text = said(&s, "80", "recall plain.pop --queries q.npy");
    assert!(text.lines().filter(|line| line.contains("… of 96  nearest ")).count() == 8, "{text}");
}

/// Each query in full: a table, in JSON, and as a file that spreadsheets read.
#[test]
fn what_is_known_of_each_answer() {
    let s = filled();
    let text = said(&s, "200", "recall m.pop --queries q.npy --per-query");
    let rows = text.lines().filter(|line| line.contains("a rather long name")).count();
    assert_eq!(rows, 20, "{text}");
    assert!(text.lines().any(|line| line.starts_with("certificates  ") && line.contains("20 dominant")), "{text}");
    let said =
        s.done(&["recall", "m.pop", "--queries", "q.npy", "--per-query", "--latency", "--report", "r.json", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&s.read("r.json")).unwrap();
    assert!(said["per_query"] == report && report.as_array().unwrap().len() == 20);
    assert_eq!(said["certificates"]["dominant"], 20);
    let latency = &said["latency"];
    assert!(latency["queries"] == 20 && latency["p50"].as_f64() <= latency["p99"].as_f64(), "{latency}");

    s.done(&["recall", "m.pop", "--queries", "q.npy", "--report", "r.csv"]);
    let csv = String::from_utf8(s.read("r.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "query,nearest_id,nearest_label,nearest_distance,nearest_count,top_weight_low,top_weight_high,certificate,\
         tied_bits,keys_touched,probes"
    );
    assert_eq!(lines.len(), 21);
    for (q, (line, record)) in lines[1..].iter().zip(report.as_array().unwrap()).enumerate() {
        let label = record["nearest_label"].as_str().unwrap();
        let start = format!("{q},{},\"{label}\",{},1,", record["nearest_id"], record["nearest_distance"]);
        assert!(line.starts_with(&start) && line.contains(",dominant,0,"), "{line}: {start}");
    }
    // One by one the answers are the same.
    s.done(&["recall", "m.pop", "--queries", "q.npy", "--out", "all.npy"]);
    s.done(&["recall", "m.pop", "--queries", "q.npy", "--latency", "--out", "each.npy"]);
    assert!(s.read("all.npy") == s.read("each.npy"));
    s.refused(&["recall", "m.pop", "--queries", "q.npy", "--rule", "hebb", "--per-query"], &["--per-query"]);
}
