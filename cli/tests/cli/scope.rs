//! Scopes: calls for which only some associations exist.

use serde_json::{Value, json};

use crate::arrays::{npy, parts};
use crate::sandbox::Sandbox;

const PATTERNS: usize = 200;
const DIM: usize = 96;

/// Beside what every sandbox holds `keys.npy`, random patterns; `many.pop`, which stores them; and `queries.npy`, some
/// of them with noise.
fn many() -> Sandbox {
    let s = Sandbox::new();
    let (patterns, dim) = (PATTERNS.to_string(), DIM.to_string());
    s.done(&["random", "keys.npy", "--patterns", &patterns, "--dim", &dim, "--seed", "3"]);
    s.done(&["create", "many.pop", "--keys", "keys.npy"]);
    s.done(&["noise", "queries.npy", "--of", "many.pop", "--count", "70", "--noise", "0.2"]);
    s
}

fn lines(ids: &[u64]) -> String {
    ids.iter().map(|id| format!("{id}\n")).collect()
}

fn array(ids: &[u64]) -> Vec<u8> {
    let data: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    npy("<u8", false, &format!("({},)", ids.len()), &data)
}

fn ids_of(found: &Value) -> Vec<Vec<u64>> {
    serde_json::from_value(found["ids"].clone()).unwrap()
}

/// What is answered within a scope is what a memory answers that holds its associations alone.
#[test]
fn a_scope_is_a_memory_of_its_own() {
    let s = many();
    let keys = parts(&s.read("keys.npy")).1.to_vec();
    let all: Vec<u64> = (0..PATTERNS as u64).collect();
    let but = |without: &dyn Fn(u64) -> bool| all.iter().copied().filter(|&id| !without(id)).collect::<Vec<u64>>();
    let scopes = [vec![7], vec![0, 199], but(&|id| id == 13), but(&|id| id % 3 != 0), but(&|id| id < 150), all.clone()];
    for (which, ids) in scopes.iter().enumerate() {
        let rows: Vec<u8> = ids.iter().flat_map(|&id| keys[id as usize * DIM..][..DIM].to_vec()).collect();
        s.write("own.npy", npy("|i1", false, &format!("({}, {DIM})", ids.len()), &rows));
        s.done(&["create", "own.pop", "--keys", "own.npy", "--force"]);
        s.write("only", lines(ids));
        s.write("others.npy", array(&but(&|id| ids.contains(&id))));
        // The same scope in three ways.
        s.write("more.npy", array(&but(&|id| id % 5 == 0 && !ids.contains(&id))));
        let ways: [&[&str]; 3] =
            [&["--only", "only"], &["--exclude", "others.npy"], &["--only", "more.npy", "--exclude", "others.npy"]];
        for way in ways {
            let queries = ["--queries", "queries.npy"];
            let ask = |memory: &str, command: &str, more: &[&str]| {
                let scope = if memory == "many.pop" { way } else { &[] };
                s.json(&[&[command, memory], &queries[..], scope, more, &["--json"]].concat())
            };
            for separation in ["max", "exponential", "linear", "polynomial"] {
                let recall = |memory| {
                    let more = ["--separation", separation, "--steps", "2", "--out", "o.npy", "--report", "r.json"];
                    let json = ask(memory, "recall", &more);
                    let report: Vec<Value> = serde_json::from_slice(&s.read("r.json")).unwrap();
                    (json, s.read("o.npy"), report)
                };
                let ((own, own_out, own_report), (some, out, report)) = (recall("own.pop"), recall("many.pop"));
                assert_eq!(out, own_out, "{separation}, scope {which} by {way:?}");
                assert_eq!(some["in_scope"], ids.len(), "{some}");
                assert!(own.get("in_scope").is_none(), "{own}");
                assert_eq!((&some["tied_bits"], &some["patterns"]), (&own["tied_bits"], &json!(PATTERNS)));
                for (record, own) in report.iter().zip(&own_report) {
                    let place = own["nearest_id"].as_u64().unwrap() as usize;
                    assert_eq!(record["nearest_id"], ids[place]);
                    for key in ["nearest_distance", "nearest_count", "tied_bits"] {
                        assert_eq!(record[key], own[key], "{separation}, scope {which}: {key}");
                    }
                }
            }
            for more in [&["--top", "5"], &["--radius", "40"]] {
                let (own, some) = (ask("own.pop", "search", more), ask("many.pop", "search", more));
                let mapped: Vec<Vec<u64>> =
                    ids_of(&own).iter().map(|row| row.iter().map(|&place| ids[place as usize]).collect()).collect();
                assert_eq!((ids_of(&some), &some["distances"]), (mapped, &own["distances"]), "{more:?} in {which}");
                assert_eq!((&some["in_scope"], own.get("in_scope")), (&json!(ids.len()), None));
            }
        }
    }
}

#[test]
fn ids_are_read_from_texts_and_arrays() {
    let s = Sandbox::new();
    let says = |file: &str| {
        let found = s.json(&["search", "memory.pop", "--queries", "keys.txt", "--top", "3", "--only", file, "--json"]);
        assert_eq!((&found["in_scope"], &found["top"]), (&json!(2), &json!(3)), "{file}: {found}");
        ids_of(&found)
    };
    let expected = [[0, 2], [0, 2], [2, 0]];
    // What a file is called tells nothing of it.
    for text in ["0\n2\n", "2\n0", "0\r\n2\r\n", "\n\n2\n\n  \n0\n\n", "\u{feff}0\n2\n", "000\n0002\n"] {
        for name in ["ids", "ids.npy", "ids.csv"] {
            s.write(name, text);
            assert_eq!(says(name), expected, "{text:?} as {name}");
        }
    }
    for (kind, bytes) in [("u", 1), ("u", 2), ("u", 4), ("u", 8), ("i", 1), ("i", 2), ("i", 4), ("i", 8)] {
        for order in ["<", ">", "|"] {
            if order == "|" && bytes > 1 {
                continue;
            }
            let number = |id: u64| match order {
                ">" => id.to_be_bytes()[8 - bytes..].to_vec(),
                _ => id.to_le_bytes()[..bytes].to_vec(),
            };
            let data = [number(2), number(0)].concat();
            for (name, fortran_order) in [("ids", false), ("ids.txt", true)] {
                s.write(name, npy(&format!("{order}{kind}{bytes}"), fortran_order, "(2,)", &data));
                assert_eq!(says(name), expected, "{order}{kind}{bytes} as {name}");
            }
        }
    }
    for content in [b"2\n0\n".to_vec(), npy("<u2", false, "(2,)", &[2, 0, 0, 0])] {
        let args = ["search", "memory.pop", "--queries", "keys.txt", "--top", "2", "--only", "-", "--json"];
        let output = s.command(&args).write_stdin(content).output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(ids_of(&found), expected, "{output:?}");
    }
}

#[cfg(unix)]
#[test]
fn ids_come_through_pipes() {
    let s = Sandbox::new();
    s.write("ids.npy", npy("|u1", false, "(2,)", &[2, 0]));
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let script = format!(
        "{} search memory.pop --queries keys.txt --json --only <(cat ids.npy) --exclude <(printf '2\\n')",
        program.display()
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(s.path(".")).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&found["in_scope"], ids_of(&found)), (&json!(1), vec![vec![0]; 3]), "{output:?}");
}

#[test]
fn one_list_is_less_the_other() {
    let s = Sandbox::new();
    s.write("only", "0\n2\n");
    s.write("out", "2\n1\n");
    let search = |more: &[&str]| s.json(&[&["search", "memory.pop", "--queries", "keys.txt", "--json"], more].concat());
    // An id may stand in both lists, and one that is left out need not be kept.
    assert_eq!(ids_of(&search(&["--only", "only", "--exclude", "out"])), [[0], [0], [0]]);
    assert_eq!(search(&["--exclude", "out"])["in_scope"], 1);
    // An empty list leaves nothing out.
    s.write("none", "");
    assert_eq!(search(&["--exclude", "none"])["in_scope"], 3);
    // Ids that no association has.
    s.write("gone", "9\n0\n18446744073709551615\n");
    assert_eq!(search(&["--only", "gone", "--missing", "ok"])["in_scope"], 1);
    assert_eq!(search(&["--exclude", "gone", "--missing", "ok"])["in_scope"], 2);
    // People are told too, but only of a scope.
    for command in ["recall", "search"] {
        let args = [command, "memory.pop", "--queries", "keys.txt"];
        let said = s.done(&[&args[..], &["--only", "only"]].concat());
        assert!(
            said.lines().any(|line| line.starts_with("scope ") && line.ends_with(" 2 of 3 associations")),
            "{said}"
        );
        assert!(!s.done(&args).contains("scope"));
        assert!(s.json(&[&args[..], &["--json"]].concat()).get("in_scope").is_none());
    }
    // Reports speak of the memory's own ids.
    s.done(&["recall", "memory.pop", "--queries", "keys.txt", "--only", "only", "--report", "r.json"]);
    let report: Value = serde_json::from_slice(&s.read("r.json")).unwrap();
    assert_eq!((&report[0]["nearest_id"], &report[2]["nearest_id"]), (&json!(0), &json!(2)));
}

/// Lists of ids, and how they are refused.
#[test]
fn ids_that_are_none() {
    let s = Sandbox::new();
    let refused = |option: &str, file: &str, words: &[&str]| {
        for command in ["recall", "search"] {
            s.refused(&[command, "memory.pop", "--queries", "keys.txt", option, file], words);
        }
    };
    for (text, words) in [
        ("0\n\n3\n", "ids, line 3: expected an id of 0 to 2, found 3\n"),
        ("0\n\n18446744073709551615\n", "ids, line 3: expected an id of 0 to 2, found 18446744073709551615\n"),
        ("\n1\n\n2\n\n\n1\n", "ids, line 7: expected an id not given before, as in line 2, found 1\n"),
        ("0\n-1\n", "ids: line 2: expected an id, a whole number of 0 to 18446744073709551615 in digits alone"),
        ("0\n+1\n", "found \"+1\""),
        ("0\n 1\n", "found \" 1\""),
        ("0\n1 \r\n", "found \"1 \""),
        ("0 1\n", "found \"0 1\""),
        ("0,1\n", "ids: line 1: expected an id"),
        ("1.0\n", "found \"1.0\""),
        ("18446744073709551616\n", "found \"18446744073709551616\""),
        ("keys\n0\n", "ids: line 1: expected an id"),
        ("٣\n", "ids: line 1: expected an id"),
    ] {
        s.write("ids", text);
        refused("--only", "ids", &["popfield: ids", words]);
        refused("--exclude", "ids", &[words]);
    }
    s.write("ids", b"0\n\xff\n");
    refused("--only", "ids", &["ids: line 2, byte 1: expected text in UTF-8, found a byte 0xff"]);
    s.write("ids", "0".repeat(5000));
    refused("--only", "ids", &["ids: line 1: expected an id, found more"]);
    s.write("ids", b"\xff\xfe0\0");
    refused("--only", "ids", &["UTF-16"]);

    let eight = |ids: &[i64]| ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<u8>>();
    for (file, words) in [
        (
            npy("<i8", false, "(2,)", &eight(&[0, -2])),
            "ids: element 1: expected an id, which is not negative, found -2",
        ),
        (npy("|i1", false, "(2,)", &[0, 0x80]), "element 1: expected an id, which is not negative, found -128"),
        (npy(">i2", false, "(1,)", &[0xff, 0xff]), "element 0: expected an id, which is not negative, found -1"),
        (
            npy("<u8", false, "(1,)", &eight(&[-1])),
            "ids, element 0: expected an id of 0 to 2, found 18446744073709551615",
        ),
        (
            npy("|u1", false, "(3,)", &[0, 1, 0]),
            "ids, element 2: expected an id not given before, as in element 0, found 0",
        ),
        (npy("|u1", false, "(2,)", &[0, 3]), "ids, element 1: expected an id of 0 to 2, found 3"),
        (npy("|u1", false, "(2, 1)", &[0, 1]), "ids: expected a 1-D array of ids, found shape (2, 1)"),
        (npy("|u1", false, "()", &[0]), "ids: expected a 1-D array of ids, found shape ()"),
        (npy("<f8", false, "(1,)", &[0; 8]), "ids: expected integers of 8 to 64 bits, found float64 (<f8)"),
        (npy("|b1", false, "(1,)", &[0]), "expected integers of 8 to 64 bits, found bool (|b1)"),
        (npy("<U1", false, "(1,)", &[48, 0, 0, 0]), "expected integers of 8 to 64 bits, found text (dtype \"<U1\")"),
        (npy("<u16", false, "(1,)", &[0; 16]), "found an unknown dtype (dtype \"<u16\")"),
        (npy("<u2", false, "(2,)", &[0; 3]), "ids: cut short: expected 132 bytes by its header, found 131"),
        (
            npy("<u2", false, "(1,)", &[0; 3]),
            "ids: longer than its header says: expected 130 bytes by its header, found 131",
        ),
        (npy("<u8", false, "(4611686018427387904,)", &[]), "cut short"),
        (npy("<u8", false, "(18446744073709551615,)", &[]), "cut short"),
        (b"\x93NUMPY\x01".to_vec(), "ids: not a whole .npy file"),
    ] {
        s.write("ids", file);
        refused("--only", "ids", &[words]);
        refused("--exclude", "ids", &[words]);
    }
    refused("--only", "missing", &["missing: No such file"]);
    refused("--only", ".", &[".: expected a file of ids, found a folder"]);
    #[cfg(unix)]
    refused("--only", "/dev/null", &["/dev/null: expected a file or a pipe, found a device"]);
}

#[test]
fn scopes_that_are_none() {
    let s = Sandbox::new();
    s.write("all", "0\n1\n2\n");
    s.write("two", "1\n2\n");
    s.write("none", "\n");
    s.write("gone", "7\n");
    let search = |more: &[&str], words: &[&str]| {
        for command in ["recall", "search"] {
            s.refused(&[&[command, "memory.pop", "--queries", "keys.txt"], more].concat(), words);
        }
    };
    let empty = |files: &str| format!("popfield: scope ({files}): expected at least one association, found none\n");
    search(&["--only", "none"], &[&empty("--only none")]);
    search(&["--exclude", "all"], &[&empty("--exclude all")]);
    search(&["--only", "two", "--exclude", "all"], &[&empty("--only two --exclude all")]);
    search(&["--only", "gone", "--missing", "ok"], &[&empty("--only gone")]);
    // Of two lists the one at fault is named.
    search(&["--only", "gone", "--exclude", "two"], &["popfield: gone, line 1: expected an id of 0 to 2, found 7\n"]);
    search(&["--only", "two", "--exclude", "gone"], &["popfield: gone, line 1: expected an id of 0 to 2, found 7\n"]);
    s.write("twice", "1\n1\n");
    let words = "popfield: twice, line 2: expected an id not given before, as in line 1, found 1\n";
    search(&["--only", "two", "--exclude", "twice", "--missing", "ok"], &[words]);
    search(&["--only", "twice", "--exclude", "twice"], &[words]);
    search(&["--missing", "ok"], &["--missing is for --only and --exclude, found neither"]);
    search(&["--only", "two", "--missing", "maybe"], &["maybe", "ok"]);
    search(&["--only", "-", "--exclude", "-"], &["standard input is read once, found it named twice"]);
    for option in ["--only", "--exclude"] {
        let words = "--rule: weights are learned of all associations, found --only or --exclude beside it";
        let rule = ["recall", "memory.pop", "--queries", "keys.txt", "--rule", "hebb", option, "two"];
        s.refused(&rule, &[words]);
        let twice = ["search", "memory.pop", "--queries", "-", "--format", "text", option, "-"];
        s.refused(&twice, &["standard input is read once, found it named twice"]);
        s.refused(&["search", "memory.pop", "--queries", "keys.txt", option, "two", "--out", "two"], &["is an input"]);
        s.refused(&["overlaps", "memory.pop", "--queries", "keys.txt", "--out", "o.npy", option, "two"], &[option]);
    }
}

/// A call that would take long stops soon after it is told to, and leaves nothing.
#[cfg(unix)]
#[test]
fn an_interrupt_stops_a_call() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let s = Sandbox::new();
    s.done(&["random", "keys.npy", "--patterns", "20000", "--dim", "512", "--packed-out"]);
    s.done(&["create", "many.pop", "--keys", "keys.npy", "--packed", "--dim", "512"]);
    s.done(&["noise", "queries.npy", "--of", "many.pop", "--count", "20000", "--noise", "0.3", "--packed-out"]);
    s.write("but.txt", "5\n");
    let before = s.files();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    // Each would take many seconds: every key matters to every query, many times over, or is found by each.
    let recall = ["recall", "--separation", "linear", "--steps", "50"];
    let calls: [&[&str]; 3] =
        [&recall, &[&recall[..], &["--exclude", "but.txt"]].concat(), &["search", "--top", "2000"]];
    for call in calls {
        let mut child = Command::new(&program)
            .args(call)
            .args(["many.pop", "--queries", "queries.npy", "--packed", "--json", "--threads", "1"])
            .args(["--out", if call[0] == "search" { "out.npz" } else { "out.npy" }])
            .current_dir(s.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while s.files() == before {
            assert!(Instant::now() < deadline, "{call:?} never began to write");
            std::thread::sleep(Duration::from_millis(5));
        }
        // The output is begun just before the call itself.
        std::thread::sleep(Duration::from_millis(300));
        let told = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{call:?}");
        // A tenth of a second, if the machine has nothing else to do.
        assert!(told.elapsed() < Duration::from_secs(2), "{call:?}: {:?}", told.elapsed());
        let output = child.wait_with_output().unwrap();
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{call:?}: {output:?}");
        assert_eq!(s.files(), before, "{call:?}");
    }
}
