//! Commands that have little memory: whatever they are refused, they say so or end, and leave memories whole.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use crate::sandbox::Sandbox;

/// Associations that the memories hold.
const PATTERNS: u64 = 20_000;

/// Runs a command that may address so many KiB.
fn limited(s: &Sandbox, kib: u64, args: &[&str]) -> Output {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &kib.to_string()]);
    command.arg(assert_cmd::cargo::cargo_bin("popfield")).args(args).current_dir(s.path(""));
    command.env("RUST_BACKTRACE", "0").output().unwrap()
}

/// The least KiB with which the program comes as far as to do something.
fn least(s: &Sandbox) -> u64 {
    let (mut below, mut enough) = (0, 1 << 20);
    while enough - below > 64 {
        let middle = u64::midpoint(below, enough);
        match limited(s, middle, &["info", "--tiers"]).status.code() {
            Some(0) => enough = middle,
            _ => below = middle,
        }
    }
    enough
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        std::fs::copy(from, to).unwrap();
        return;
    }
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn remove(path: &Path) {
    let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
}

/// With less memory than they need commands are done or say that there is none, with status 3; or std ends them where it
/// cannot do otherwise, and nothing is left that the next writer does not take away. Memories are whole after each.
#[test]
fn commands_without_memory_say_so() {
    let s = Sandbox::new();
    let (patterns, first) = (PATTERNS.to_string(), |from: u64| (from..from + PATTERNS).rev());
    let list = |from: u64| first(from).map(|id| format!("{id}\n")).collect::<String>();
    s.done(&["random", "k.npy", "--patterns", &patterns, "--dim", "256", "--seed", "1"]);
    s.done(&["random", "v.npy", "--patterns", &patterns, "--dim", "40", "--seed", "2"]);
    s.done(&["random", "q.npy", "--patterns", "8", "--dim", "256", "--seed", "3"]);
    s.write("ids", list(7));
    s.write("more", list(100_000));
    s.write("labels", first(0).map(|row| format!("label {row}\n")).collect::<String>());
    s.write("gone", (7..7 + PATTERNS).step_by(3).map(|id| format!("{id}\n")).collect::<String>());
    let named = ["--values", "v.npy", "--labels", "labels", "--threads", "2", "--ids"];
    s.done(&[&["create", "m", "--keys", "k.npy"], &named[..], &["ids"]].concat());
    s.done(&["export", "m", "--out", "m.pop"]);
    s.done(&["create", "gaps", "--from", "m"]);
    s.done(&["forget", "gaps", "--ids", "gone"]);
    s.done(&["create", "auto", "--keys", "k.npy"]);
    let asked = |command: &'static str, memory: &'static str, more: &[&'static str]| {
        [&[command, memory, "--queries", "q.npy", "--threads", "2"], more].concat()
    };
    // Those that change a memory change `new`, which is what stands beside them.
    let commands: &[(&[&str], Option<&str>)] = &[
        (&[&["create", "new", "--keys", "k.npy"], &named[..], &["ids"]].concat(), None),
        (&["create", "new", "--from", "m.pop", "--threads", "2"], None),
        (&[&["append", "new", "--keys", "k.npy"], &named[..], &["more"]].concat(), Some("m")),
        (&[&["append", "new", "--keys", "k.npy"], &named[..], &["more"]].concat(), Some("m.pop")),
        (&["forget", "new", "--ids", "gone"], Some("m")),
        (&["compact", "new"], Some("gaps")),
        (&["stress", "--patterns", "1000", "--dim", "32", "--queries", "9", "--store", "new", "--threads", "2"], None),
        (&["info", "m"], None),
        (&["verify", "m"], None),
        (&["export", "m", "--out", "out.npy", "--ids-out", "out-ids.npy"], None),
        (&["export", "gaps", "--out", "out.pop"], None),
        (&asked("recall", "m", &["--out", "out.npy"]), None),
        (&asked("recall", "gaps", &["--separation", "linear", "--report", "out.json"]), None),
        (&asked("search", "m", &["--top", "3", "--out", "out.npz"]), None),
        (&asked("overlaps", "m", &["--out", "out.npy"]), None),
        (&asked("dynamics", "auto", &["--order", "async", "--out", "out.npy"]), None),
        (&["random", "out.npy", "--patterns", &patterns, "--dim", "256", "--threads", "2"], None),
    ];
    let least = least(&s);
    let steps = if std::env::var_os("POPFIELD_FAULTS").is_some() { 100 } else { 8 };
    // By then all of them have enough, threads for each core too where they do not ask how many.
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let most = least + (20 << 10) + (3 << 10) * cores;
    let mut came: BTreeMap<Option<i32>, u64> = BTreeMap::new();
    let standing = s.files();
    for step in 0..steps {
        let kib = least + (most - least) * step / (steps - 1);
        for (args, before) in commands {
            if let Some(before) = before {
                copy(&s.path(before), &s.path("new"));
            }
            let output = limited(&s, kib, args);
            let errors = String::from_utf8_lossy(&output.stderr);
            let ended = std::os::unix::process::ExitStatusExt::signal(&output.status);
            let status = output.status.code();
            *came.entry(status).or_default() += 1;
            let told = format!("{args:?} with {kib} KiB: {status:?}, signal {ended:?}: {errors}");
            match status {
                Some(0) => {}
                Some(3) => assert!(errors.starts_with("popfield: "), "{told}"),
                // SIGABRT: memory that a dependency, or std, could not do without.
                _ => assert_eq!(ended, Some(6), "{told}"),
            }
            assert!(step < steps - 1 || status == Some(0), "{told}");
            let made = |name: &String| name == "new" || name.starts_with("out") && status == Some(0);
            let temporary = |name: &String| status.is_none() && name.starts_with(".popfield-");
            for name in s.files().iter().filter(|name| !standing.contains(name)) {
                assert!(made(name) || temporary(name), "{told}: left {name}");
                // What `stress` grows stands in its place from the first; ended early, it is what it has become.
                let growing = args[0] == "stress" && status.is_none();
                assert!(name != "new" || before.is_some() || status == Some(0) || growing, "{told}: left a memory");
                if name == "new" && !(growing && s.run(&["info", "new"]).status.code() == Some(2)) {
                    assert_eq!(s.json(&["verify", "new", "--json"])["verdict"], "whole", "{told}");
                    let half = |name: &str| name.ends_with(".new");
                    let names = || std::fs::read_dir(s.path("new")).unwrap().map(|entry| entry.unwrap().file_name());
                    if s.path("new").is_dir() && names().any(|name| half(name.to_str().unwrap())) {
                        assert!(status.is_none(), "{told}: left what is half there");
                        s.done(&["forget", "new", "--ids", "gone", "--missing", "ok"]);
                        assert!(!names().any(|name| half(name.to_str().unwrap())), "{told}: was not swept");
                    }
                }
                remove(&s.path(name));
            }
        }
    }
    for memory in ["m", "m.pop", "gaps", "auto"] {
        assert_eq!(s.json(&["verify", memory, "--json"])["verdict"], "whole", "{memory}");
    }
    let of = |status| came.get(&status).copied().unwrap_or(0);
    assert!(of(Some(0)) > 0 && of(Some(3)) > 0, "{came:?}");
    let tried: u64 = came.values().sum();
    println!(
        "limits: {tried} commands run, {} done, {} refused with status 3, {} ended by SIGABRT",
        of(Some(0)),
        of(Some(3)),
        of(None)
    );
}
