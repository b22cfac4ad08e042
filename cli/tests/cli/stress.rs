//! `popfield stress`: memories that grow, in memory and in a store, and what is refused.

use serde_json::Value;

use crate::sandbox::Sandbox;

const SMALL: &[&str] = &["stress", "--patterns", "12000", "--dim", "64", "--queries", "300", "--noise", "0.2"];

/// The objects of the sizes, which must all be right.
fn sizes(object: &Value) -> Vec<Value> {
    assert_eq!((&object["ok"], &object["wrong"]), (&true.into(), &Value::Array(Vec::new())));
    let sizes = object["sizes"].as_array().unwrap().clone();
    for size in &sizes {
        let number = |key: &str| size[key].as_f64().unwrap_or_else(|| panic!("{key} of {size}"));
        assert!(number("single_seconds_p50") <= number("single_seconds_p99") && number("batch_seconds_p50") > 0.0);
        assert!(number("queries_per_second") > 0.0 && number("patterns_per_second") > 0.0);
        assert!(number("bytes_per_pattern") >= 8.0 && number("bytes_per_second") > 0.0);
        assert!(number("judged") >= 4.0 && number("judged_open") == 0.0 && number("wrong") == 0.0);
        let (recalled, theory) = (&size["recalled"], &size["theory"]);
        let of = |object: &Value, key: &str| object[key].as_f64().unwrap();
        assert!(of(recalled, "low") <= of(theory, "high") && of(theory, "low") <= of(recalled, "high"), "{size}");
        let reasons = ["dominant", "votes", "full"].map(|reason| size["certificates"][reason].as_u64().unwrap());
        assert_eq!(reasons.iter().sum::<u64>(), 300);
    }
    sizes
}

#[test]
fn grows_in_memory_and_in_a_store_alike() {
    let s = Sandbox::new();
    let ram = s.json(&[SMALL, &["--json", "--plot", "cost.svg"]].concat());
    let store = s.json(&[SMALL, &["--json", "--store", "grown"]].concat());
    assert_eq!((&ram["flips"], &ram["setting"], &ram["store"]), (&13.into(), &"auto-kept".into(), &Value::Null));
    assert!(ram["needs_memory_bytes"].as_u64() >= Some(96_000) && ram["needs_disk_bytes"] == 0);
    assert!(store["needs_disk_bytes"].as_u64() >= Some(96_000) && store["store"] == "grown");
    let (ram, store) = (sizes(&ram), sizes(&store));
    for (size, (ram, store)) in [1000, 10_000, 12_000].into_iter().zip(ram.iter().zip(&store)) {
        assert_eq!((&ram["patterns"], &store["patterns"]), (&size.into(), &size.into()));
        for same in ["recalled", "differing", "certificates", "judged"] {
            assert_eq!(ram[same], store[same], "{same}");
        }
        assert!(store["open_seconds"].is_number() && ram["open_seconds"].is_null());
    }
    assert_eq!(store[2]["taken_in"], 2000);
    assert!(String::from_utf8(s.read("cost.svg")).unwrap().contains("in proportion to n"));
    // What was grown is a memory like others, and whole.
    let info = s.json(&["info", "grown", "--json"]);
    assert_eq!((&info["patterns"], &info["dim"]), (&12_000.into(), &64.into()));
    s.done(&["verify", "grown"]);
}

#[test]
fn a_table_of_every_separation() {
    let s = Sandbox::new();
    for more in [&["--separation", "max"][..], &["--separation", "linear", "--noise", "0"], &["--beta", "0.05"]] {
        let small = ["stress", "--patterns", "2000", "--dim", "40", "--queries", "30"];
        let text = s.done(&[&small[..], more].concat());
        let needs = text.lines().position(|line| line.starts_with("needs")).unwrap();
        let table = text.lines().position(|line| line.contains("queries/s")).unwrap();
        assert!(needs < table && text.contains("none was wrong"), "{text}");
        let widths: Vec<usize> = text.lines().skip(table).take(4).map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "columns align: {text}");
    }
}

#[test]
fn what_is_refused() {
    let s = Sandbox::new();
    s.refused(&["stress", "--patterns", "10"], &["--dim"]);
    s.refused(&["stress", "--patterns", "0", "--dim", "8"], &["--patterns", "at least 1"]);
    s.refused(&["stress", "--patterns", "10", "--dim", "8", "--noise", "1.5"], &["--noise", "0 to 1", "1.5"]);
    s.refused(&["stress", "--patterns", "10", "--dim", "8", "--separation", "max", "--beta", "1"], &["--beta"]);
    s.refused(&["stress", "--patterns", "10", "--dim", "8", "--plot", "cost.txt"], &["cost.txt", ".svg"]);
    let grown = ["stress", "--patterns", "10", "--dim", "8", "--queries", "5", "--store"];
    let into = |place: &'static str| [&grown[..], &[place]].concat();
    s.refused(&into("memory.pop"), &["memory.pop", "found a store"]);
    s.refused(&into("keys.txt"), &["keys.txt", "empty", "something else"]);
    s.refused(&into("no/such/place"), &["no/such/place"]);
    std::fs::create_dir(s.path("empty")).unwrap();
    s.done(&into("empty"));
    s.refused(&into("empty"), &["empty", "found a store", "remove it, or name another"]);
    s.write("full", "");
    std::fs::create_dir(s.path("folder")).unwrap();
    s.write("folder/file", "mine");
    s.refused(&into("folder"), &["folder", "other files"]);
    assert_eq!(s.read("folder/file"), b"mine");
}

/// A store that random changes go through, its writer killed again and again.
#[test]
fn a_short_soak() {
    let s = Sandbox::new();
    let soak = |patterns, more: &[&str]| {
        let args = ["stress", "--patterns", patterns, "--dim", "70", "--seed", "3", "--hours", "0.001"];
        let object = s.json(&[&args[..], more, &["--json"]].concat());
        let number = |key: &str| object[key].as_u64().unwrap_or_else(|| panic!("{key} of {object}"));
        assert_eq!((&object["ok"], number("lost"), number("seed")), (&true.into(), 0, 3), "{object}");
        assert!(number("kills") > 0 && number("answers") > 0 && number("live") > 0 && number("whole") > 0, "{object}");
        let kinds = object["operations_by_kind"].as_object().unwrap();
        assert_eq!(kinds.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), number("operations"));
        let store = object["store"].as_str().unwrap();
        // What it leaves is a memory like others, and whole, with nothing beside it.
        assert_eq!(s.json(&["info", store, "--json"])["patterns"].as_u64(), Some(number("live")));
        s.done(&["verify", store]);
        let names = std::fs::read_dir(s.path(store)).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(names.map(|name| name.into_string().unwrap()).all(|name| !name.ends_with(".new")));
    };
    soak("3000", &["--store", "one"]);
    soak("20", &["--store", "two", "--noise", "0.3", "--beta", "0.1"]);
    let text = s.done(&["stress", "--patterns", "50", "--dim", "9", "--hours", "0.0002", "--store", "three"]);
    assert!(text.contains("seed 1") && text.contains("kills") && text.contains("nothing was wrong"), "{text}");
    s.refused(&["stress", "--patterns", "50", "--dim", "9", "--hours", "1"], &["--store"]);
    s.refused(&["stress", "--patterns", "50", "--dim", "9", "--hours", "-1", "--store", "four"], &["--hours"]);
}

/// An interrupt leaves a store at its last commit, and no writer.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_the_last_commit() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let s = Sandbox::new();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let growth = ["--patterns", "40000000", "--dim", "512", "--queries", "20"];
    let soak = ["--patterns", "200000", "--dim", "64", "--hours", "1"];
    for (store, more) in [("grown", &growth[..]), ("soaked", &soak)] {
        let mut child = Command::new(&program)
            .args(["stress", "--store", store])
            .args(more)
            .current_dir(s.path("."))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let third =
            |name: &str| name.strip_prefix("manifest-").and_then(|n| n.parse().ok()).is_some_and(|n: u64| n >= 3);
        let names = || {
            let entries = std::fs::read_dir(s.path(store)).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        while !names().iter().any(|name| third(name)) {
            assert!(Instant::now() < deadline, "no commit came");
            std::thread::sleep(Duration::from_millis(5));
        }
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(names().iter().all(|name| !name.ends_with(".new")), "{:?}", names());
        assert!(s.files().iter().all(|name| !name.starts_with('.')), "{:?}", s.files());
        s.done(&["verify", store]);
    }
}

/// More than there is of memory or disk: status 3 with the bytes that it would take, before anything is done.
#[test]
fn what_does_not_fit() {
    let s = Sandbox::new();
    let before = s.files();
    let patterns = "100000000000000";
    for (more, words) in [(&[][..], "bytes"), (&["--store", "grown"], "of disk needed")] {
        let output = s.run(&[&["stress", "--patterns", patterns, "--dim", "64"], more].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{errors}");
        assert!(errors.contains(words) && errors.contains("TiB") && output.stdout.is_empty(), "{errors}");
        assert_eq!(s.files(), before);
    }
}
