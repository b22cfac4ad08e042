//! Failures as programs read them: with `--json`, one object on a line of standard error.

use serde_json::Value;

use crate::arrays::int8;
use crate::sandbox::Sandbox;

/// The kind and the message in an object on a line, which is all that was said.
fn told(errors: &[u8]) -> (String, String) {
    let text = String::from_utf8(errors.to_vec()).unwrap();
    assert!(text.ends_with('\n') && text.lines().count() == 1, "{text}");
    let object: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object.as_object().unwrap().len(), 1, "{text}");
    assert_eq!(object["error"].as_object().unwrap().len(), 2, "{text}");
    let part = |name: &str| object["error"][name].as_str().unwrap().to_owned();
    (part("kind"), part("message"))
}

/// Without `--json` the same message is told in words, with the same status.
#[test]
fn failures_have_kinds() {
    let s = Sandbox::new();
    s.write("five.txt", "+++++\n");
    s.write("two.npy", int8(&[&[1, 2, 1, 1]]));
    s.write("values.txt", "++\n--\n+-\n");
    s.write("ids", "0\n3\n");
    s.write("bad.pop", format!("{:200}", "poppies, or not"));
    s.done(&["create", "hetero.pop", "--keys", "keys.txt", "--values", "values.txt"]);
    let recall = |more: &[&'static str]| [&["recall", "memory.pop", "--queries", "keys.txt"], more].concat();
    let cases: Vec<(Vec<&str>, &str, &str)> = vec![
        // What clap refuses.
        (vec!["conjure"], "usage", "unrecognized subcommand 'conjure'"),
        (vec![], "usage", "unexpected argument '--json' found"),
        (
            vec!["overlaps", "memory.pop", "--queries", "keys.txt", "--out", "o.npy"],
            "usage",
            "unexpected argument '--json' found",
        ),
        (recall(&["--steps", "0"]), "usage", "--steps"),
        (recall(&["--packed-out"]), "usage", "--out"),
        (vec!["bench", "--patterns", "0"], "usage", "--patterns"),
        (vec!["random", "r.npy", "--patterns", "9"], "usage", "--dim"),
        // What the commands refuse.
        (recall(&["--separation", "linear", "--beta", "1"]), "usage", "--beta belongs to --separation exponential"),
        (recall(&["--missing", "ok"]), "usage", "--missing is for"),
        (recall(&["--out", "out.txt"]), "usage", "out.txt"),
        (recall(&["--out", "no/such/out.npy"]), "usage", "no/such/out.npy: cannot be written"),
        (vec!["random", "r.txt", "--patterns", "9", "--dim", "9"], "usage", "r.txt: expected an ending .npy"),
        // Files that are not what they should be.
        (vec!["info", "missing.pop"], "input", "missing.pop: No such file or directory"),
        (vec!["search", "memory.pop", "--queries", "five.txt"], "input", "five.txt (queries): expected dimension 4"),
        (vec!["search", "memory.pop", "--queries", "two.npy"], "input", "two.npy (queries): row 0, column 1"),
        (
            vec!["search", "memory.pop", "--queries", "keys.txt", "--only", "ids"],
            "input",
            "ids, line 2: expected an id",
        ),
        // What the library refuses.
        (vec!["info", "bad.pop"], "format", "bad.pop: not a popfield memory"),
        (vec!["recall", "hetero.pop", "--queries", "keys.txt", "--steps", "2"], "mismatch", "expected 4, found 2"),
        (
            vec!["noise", "n.npy", "--of", "memory.pop", "--count", "1", "--noise", "2"],
            "input",
            "noise: expected 0 to 1",
        ),
        (vec!["bench", "--patterns", "9", "--noise", "2"], "input", "noise: expected 0 to 1"),
    ];
    for (args, kind, words) in cases {
        let before = s.files();
        let output = s.run(&[&args[..], &["--json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        let (found, message) = told(&output.stderr);
        assert_eq!(found, kind, "{args:?}: {message}");
        assert!(message.contains(words), "{args:?}: expected {words:?} in {message:?}");
        assert!(!message.starts_with("popfield") && !message.ends_with('\n'), "{message:?}");
        assert_eq!(s.files(), before, "{args:?}");
        // The same in words, where the command may do without; how it is used is shown by what was given.
        if !message.contains("'--json'") {
            let plain = s.run(&args);
            assert_eq!(plain.status.code(), Some(2), "{args:?}");
            let message = message.replace(" --json", "");
            assert_eq!(String::from_utf8_lossy(&plain.stderr), format!("popfield: {message}\n"), "{args:?}");
        }
    }
    let output = s.command(&["info", "memory.pop", "--json"]).env("POPFIELD_TIER", "sse9").output().unwrap();
    let (kind, message) = told(&output.stderr);
    assert_eq!((output.status.code(), &*kind), (Some(2), "unsupported"), "{message}");
    // A file of that name is none of the options.
    let output = s.run(&["info", "--", "--json"]);
    assert!(output.stderr.starts_with(b"popfield: --json: No such file"), "{output:?}");
}

/// Status 3: what the machine has not enough of, and what fails underway.
#[cfg(target_os = "linux")]
#[test]
fn faults_have_kinds() {
    let s = Sandbox::new();
    s.write("some.txt", "+-+-\n".repeat(30_000));
    let before = s.files();
    let output = s.run(&["random", "r.npy", "--patterns", "1000000000000", "--dim", "512", "--json"]);
    let (kind, message) = told(&output.stderr);
    assert_eq!((output.status.code(), &*kind), (Some(3), "resource"), "{message}");
    assert!(message.contains("out of memory"), "{message}");

    let program = assert_cmd::cargo::cargo_bin("popfield");
    let script = format!(
        "ulimit -c 0; ulimit -f 100; {} recall memory.pop --queries some.txt --separation max --out o.npy --json",
        program.display()
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(s.path(".")).output().unwrap();
    let (kind, message) = told(&output.stderr);
    assert_eq!((output.status.code(), &*kind, &*message), (Some(3), "io", "o.npy: File too large"));
    assert!(output.stdout.is_empty());

    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(&program);
    let output = command.args(["info", "memory.pop", "--json"]).current_dir(s.path(".")).stdout(full).output().unwrap();
    let (kind, message) = told(&output.stderr);
    assert_eq!((output.status.code(), &*kind), (Some(3), "io"), "{message}");
    assert!(message.starts_with("standard output: "), "{message}");
    assert_eq!(s.files(), before);
}

/// Who has stopped reading is told nothing.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure_for_programs_either() {
    let s = Sandbox::new();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let script = format!("{} info --tiers --json | true; exit ${{PIPESTATUS[0]}}", program.display());
    let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(s.path(".")).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
