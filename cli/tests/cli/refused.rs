//! Bad usage and input: status 2, a message that names the place, what was expected and what came, and nothing left
//! behind.

use crate::arrays::{int8, npy};
use crate::sandbox::Sandbox;

#[test]
fn files_that_are_not_there_or_not_whole() {
    let s = Sandbox::new();
    s.write("empty.npy", "");
    s.write("empty.txt", "");
    s.write("half.npy", &int8(&[&[1, -1]])[..9]);
    s.write("cut.npy", &int8(&[&[1, -1, 1, -1]])[..64 + 64 + 3]);
    s.write("long.npy", [int8(&[&[1, -1, 1, -1]]), vec![1]].concat());
    s.write("text.npy", "+-+-\n");
    s.write("other.dat", "1,1\n");
    std::fs::create_dir(s.path("folder")).unwrap();
    s.write("broken.png", "not a picture");
    for (file, words) in [
        ("missing.npy", ["missing.npy", "No such file"]),
        ("missing.txt", ["missing.txt", "No such file"]),
        ("empty.npy", ["empty.npy", "not a whole"]),
        ("empty.txt", ["empty.txt", "at least one pattern"]),
        ("half.npy", ["half.npy", "not a whole"]),
        ("cut.npy", ["cut short", "expected 132 bytes"]),
        ("long.npy", ["longer than its header", "found 133"]),
        ("text.npy", ["text.npy", "not"]),
        ("other.dat", ["other.dat", "--format says what it holds"]),
        ("folder", ["folder", "found none"]),
        ("broken.png", ["broken.png", "broken.png"]),
    ] {
        s.refused(&["create", "new.pop", "--keys", file], &words);
        s.refused(&["recall", "memory.pop", "--queries", file, "--out", "out.npy", "--report", "r.json"], &words);
        s.refused(&["create", "new.pop", "--keys", "keys.txt", "--values", file], &words[..1]);
    }
}

#[test]
fn arrays_of_another_shape_or_type() {
    let s = Sandbox::new();
    let cases: [(&str, Vec<u8>, &[&str]); 14] = [
        ("flat", npy("|i1", false, "(4,)", &[1, 1, 1, 1]), &["2-D", "1-D"]),
        ("hypercube", npy("|i1", false, "(1, 1, 2, 2)", &[1, 1, 1, 1]), &["3-D", "4-D"]),
        ("scalar", npy("|i1", false, "()", &[1]), &["2-D", "0-D"]),
        ("complex", npy("<c8", false, "(1, 1)", &[0; 8]), &["complex", "<c8"]),
        ("string", npy("<U1", false, "(1, 1)", &[0; 4]), &["text", "<U1"]),
        ("long", npy("<f16", false, "(1, 1)", &[0; 16]), &["longdouble", "<f16"]),
        ("none", npy("|i1", false, "(0, 4)", &[]), &["at least one pattern"]),
        ("thin", npy("|i1", false, "(4, 0)", &[]), &["dimension", "found 0"]),
        ("claim", npy("|i1", false, "(1000000000000, 1000000)", &[1]), &["cut short"]),
        ("wrap", npy("<i8", false, "(4611686018427387904, 4)", &[]), &["cut short"]),
        ("most", npy("<f8", false, "(18446744073709551615, 18446744073709551615)", &[]), &["cut short"]),
        ("round", npy("<f8", false, "(9223372036854775808, 4611686018427387904)", &[]), &["cut short"]),
        ("huge", npy("|i1", false, "(99999999999999999999999, 4)", &[1]), &["header"]),
        ("nested", npy("|i1", false, &"(".repeat(30_000), &[1]), &["header"]),
    ];
    for (name, file, words) in cases {
        let file_name = format!("{name}.npy");
        s.write(&file_name, file);
        s.refused(&["create", "new.pop", "--keys", &file_name], words);
        s.refused(&["recall", "memory.pop", "--queries", &file_name], &words[..1]);
    }
    // A header that claims to be longer than any memory.
    s.write("deep.npy", [b"\x93NUMPY\x02\x00", u32::MAX.to_le_bytes().as_slice(), b"{'descr'"].concat());
    s.refused(&["create", "new.pop", "--keys", "deep.npy"], &["header", "4294967295"]);
    s.write("record.npy", npy("x', 'y", false, "(1, 1)", &[1]));
    s.refused(&["create", "new.pop", "--keys", "record.npy"], &["header"]);
}

#[test]
fn elements_that_are_not_plus_or_minus_one() {
    let s = Sandbox::new();
    let float = |x: f32| npy("<f4", false, "(1, 2)", &[1f32.to_le_bytes(), x.to_le_bytes()].concat());
    let cases: [(&str, Vec<u8>, &[&str]); 8] = [
        ("two", int8(&[&[1, -1], &[1, 2]]), &["row 1, column 1", "found 2"]),
        ("zero", int8(&[&[1, 0]]), &["row 0, column 1", "found 0", "--encoding 01"]),
        ("nan", float(f32::NAN), &["row 0, column 1", "found NaN"]),
        ("half", float(0.5), &["found 0.5"]),
        ("infinite", float(f32::INFINITY), &["found inf"]),
        ("unsigned", npy("|u1", false, "(1, 2)", &[1, 0]), &["row 0, column 1", "--encoding 01"]),
        ("bool", npy("|b1", false, "(1, 2)", &[1, 7]), &["row 0, column 1", "a byte of 7"]),
        ("fortran", npy("|i1", true, "(2, 2)", &[1, 1, 1, 9]), &["row 1, column 1", "found 9"]),
    ];
    for (name, file, words) in cases {
        let file_name = format!("{name}.npy");
        s.write(&file_name, file);
        s.refused(&["create", "new.pop", "--keys", &file_name], words);
    }
    s.refused(
        &["create", "new.pop", "--keys", "two.npy", "--encoding", "01"],
        &["row 0, column 1", "0 or 1", "found -1"],
    );
    s.write("four.npy", int8(&[&[1, 0, 3, 1]]));
    s.refused(&["recall", "memory.pop", "--queries", "four.npy"], &["row 0, column 2", "0 (erased)", "found 3"]);
    // An unsigned 0 is no erased position, and 0 as −1 is none either.
    s.write("u.npy", npy("|u1", false, "(1, 4)", &[1, 0, 1, 1]));
    s.refused(&["recall", "memory.pop", "--queries", "u.npy"], &["row 0, column 1", "found 0", "--encoding 01"]);
}

#[test]
fn text_that_is_not_patterns() {
    let s = Sandbox::new();
    for (text, words) in [
        ("+-+\n+-\n", ["line 2, column 3", "expected 3 positions as in line 1, found 2"]),
        ("+-\n+x\n", ["line 2, column 2", "found 'x'"]),
        ("+-\n-+\n\n+-\n", ["line 4", "expected a picture of 2 lines"]),
        ("+?\n", ["line 1, column 2", "found '?'"]),
        ("1-11\n", ["line 1, column 2", "-1,1,1"]),
    ] {
        s.write("bad.txt", text);
        s.refused(&["create", "new.pop", "--keys", "bad.txt"], &words);
    }
    s.write("bad.txt", b"+-\n\xff\xfe\n");
    s.refused(&["create", "new.pop", "--keys", "bad.txt"], &["bad.txt", "line 2, byte 1", "0xff"]);
    s.write("bad.txt", vec![b'+'; (1 << 24) + 9]);
    s.refused(&["create", "new.pop", "--keys", "bad.txt"], &["line 1", "at most 16777216"]);
}

#[test]
fn images_of_different_sizes() {
    let s = Sandbox::new();
    std::fs::create_dir(s.path("faces")).unwrap();
    s.write("faces/a.pbm", "P1\n2 2\n1 1\n0 0\n");
    s.write("faces/b.pbm", "P1\n3 2\n1 1 1\n0 0 0\n");
    s.refused(&["create", "new.pop", "--keys", "faces"], &["b.pbm", "2 × 2", "3 × 2"]);
    s.write("big.pgm", "P5\n4000000000 4000000000\n255\n");
    s.refused(&["create", "new.pop", "--keys", "big.pgm"], &["big.pgm"]);
}

#[test]
fn packed_patterns_that_do_not_fit() {
    let s = Sandbox::new();
    s.write("packed.npy", npy("|u1", false, "(1, 2)", &[1, 1]));
    let create = |more: &[&str], words: &[&str]| {
        s.refused(&[&["create", "new.pop", "--keys", "packed.npy"], more].concat(), words);
    };
    create(&["--packed", "--dim", "17"], &["expected 3 packed bytes", "found 2"]);
    create(&["--packed", "--dim", "8"], &["expected 1 packed bytes", "found 2"]);
    create(&["--packed", "--dim", "9"], &["row 0", "dimension 9", "bit 15"]);
    create(&["--packed", "--dim", "9", "--bitorder", "middle"], &["middle"]);
    create(&["--packed", "--dim", "0"], &["0"]);
    create(&["--bitorder", "big"], &["--bitorder", "--packed"]);
    create(&["--packed", "--dim", "16", "--encoding", "01"], &["--encoding"]);
    s.write("signs.npy", int8(&[&[1, -1]]));
    s.refused(&["create", "new.pop", "--keys", "signs.npy", "--packed", "--dim", "16"], &["uint8", "|i1"]);
    s.refused(
        &["recall", "memory.pop", "--queries", "packed.npy", "--packed"],
        &["expected 1 packed bytes", "found 2"],
    );
}

#[test]
fn options_that_do_not_belong() {
    let s = Sandbox::new();
    s.write("key.npy", int8(&[&[1, -1]]));
    s.refused(&["create", "new.pop", "--keys", "keys.txt", "--packed", "--dim", "4"], &["--packed", "keys.txt"]);
    s.refused(&["create", "new.pop", "--keys", "keys.txt", "--encoding", "01"], &["--encoding", "keys.txt"]);
    s.refused(&["create", "new.pop", "--keys", "key.npy", "--threshold", "7"], &["--threshold", "key.npy"]);
    s.refused(&["create", "new.pop", "--keys", "key.npy", "--dim", "3"], &["expected dimension 3, found 2"]);
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--dim", "5"], &["--dim", "expected 4", "found 5"]);
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--packed-out"], &["--out"]);
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--bitorder", "big"], &["--bitorder"]);
    s.refused(&["search", "memory.pop", "--queries", "keys.txt", "--top", "1", "--radius", "1"], &["--radius"]);
    s.refused(&["info"], &["MEMORY"]);
    s.refused(&["info", "--tiers", "memory.pop"], &["--tiers"]);
    s.refused(&["bench", "--patterns", "10", "--unknown"], &["--unknown"]);
    s.refused(&["bench", "--suite", "--dim", "64"], &["--suite", "--dim"]);
    s.refused(&["bench", "--suite", "--beta", "1"], &["--suite", "--beta"]);
    s.refused(&["conjure"], &["conjure"]);
    s.refused(&[], &["popfield: expected a command", "Usage"]);
    // What clap refuses is told as all else is, with its tips.
    s.refused(&["create", "new.pop"], &["popfield: the following required arguments", "--keys", "Usage"]);
    s.refused(
        &["recall", "memory.pop", "--query", "keys.txt"],
        &["popfield: unexpected argument", "tip: ", "--queries"],
    );
}

/// Asking for help or the version is no error.
#[test]
fn help_and_version_are_results() {
    let s = Sandbox::new();
    assert!(s.done(&["--help"]).contains("Usage: popfield"));
    assert!(s.done(&["help", "learn"]).contains("Usage: popfield learn"));
    assert!(s.done(&["--version"]).starts_with("popfield "));
}

/// The system's own words, after the path that was asked for.
#[cfg(target_os = "linux")]
#[test]
fn system_errors_name_the_path_and_nothing_else() {
    let s = Sandbox::new();
    let says = |args: &[&str], message: &str| {
        let output = s.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("popfield: {message}\n"), "{args:?}");
    };
    let create = |memory: &str, message: &str| says(&["create", memory, "--keys", "keys.txt"], message);
    create("no/such/new.pop", "no/such/new.pop: cannot be written: No such file or directory");
    create("keys.txt/new.pop", "keys.txt/new.pop: cannot be written: Not a directory");
    says(&["info", "missing.pop"], "missing.pop: No such file or directory");
    let long = "a".repeat(300);
    says(&["info", &long], &format!("{long}: File name too long"));
    let long = format!("{long}.npy");
    let message = format!("{long}: cannot be written: File name too long");
    says(&["recall", "memory.pop", "--queries", "keys.txt", "--out", &long], &message);
    create(&long, &message);
    assert_eq!(s.files(), ["keys.txt", "memory.pop"]);
}

#[test]
fn parameters_out_of_range() {
    let s = Sandbox::new();
    let recall = |more: &[&str], words: &[&str]| {
        s.refused(&[&["recall", "memory.pop", "--queries", "keys.txt", "--out", "out.npy"], more].concat(), words);
    };
    for beta in ["nan", "inf", "-inf", "0", "-1", "1e-10", "1e10", "warm", "", "1/sqrt(n)"] {
        recall(&["--beta", beta], &["--beta"]);
        s.refused(&["bench", "--beta", beta], &["--beta"]);
    }
    for degree in ["0", "65", "-1", "2.5", "many"] {
        recall(&["--separation", "polynomial", "--degree", degree], &["--degree"]);
    }
    recall(&["--separation", "cubic"], &["cubic", "polynomial"]);
    recall(&["--separation", "linear", "--beta", "1"], &["--beta belongs to", "found --separation linear"]);
    recall(&["--separation", "max", "--beta", "1"], &["--beta belongs to"]);
    recall(&["--degree", "3"], &["--degree belongs to", "exponential"]);
    recall(&["--steps", "0"], &["--steps"]);
    recall(&["--threads", "0"], &["--threads", "from 1 to"]);
    let most = (4 * std::thread::available_parallelism().unwrap().get()).max(256);
    let too_many = (most + 1).to_string();
    recall(&["--threads", &too_many], &["--threads", &too_many, &format!("from 1 to {most}"), "four for each core"]);
    s.refused(&["demo", "--threads", "99999999999999999999"], &["--threads", "from 1 to"]);
    s.done(&["search", "memory.pop", "--queries", "keys.txt", "--threads", &most.to_string()]);
    recall(&["--tie", "maybe"], &["maybe", "stay"]);
    s.refused(&["search", "memory.pop", "--queries", "keys.txt", "--top", "0"], &["--top"]);
    s.refused(&["search", "memory.pop", "--queries", "keys.txt", "--radius", "-1"], &["--radius", "-1"]);
    recall(&["--steps", "-1"], &["--steps", "-1"]);
    recall(&["--threads", "-1"], &["--threads", "-1"]);
    s.refused(&["bench", "--noise", "-0.5"], &["noise", "-0.5"]);
    for (option, value) in [
        ("--patterns", "0"),
        ("--dim", "0"),
        ("--batch", "0"),
        ("--repeats", "0"),
        ("--noise", "1.5"),
        ("--noise", "nan"),
    ] {
        s.refused(&["bench", "--patterns", "9", option, value], &[&option[2..]]);
    }
    s.refused(&["bench", "--patterns", "9", "--dim", "99999999999"], &["dimension", "99999999999"]);
}

#[test]
fn things_that_do_not_fit_together() {
    let s = Sandbox::new();
    s.write("five.txt", "+++++\n");
    s.write("two.txt", "+-\n--\n");
    s.write("three.txt", "+-\n--\n++\n");
    s.refused(&["recall", "memory.pop", "--queries", "five.txt"], &["five.txt", "expected dimension 4, found 5"]);
    s.refused(&["search", "memory.pop", "--queries", "five.txt"], &["expected dimension 4, found 5"]);
    s.refused(
        &["overlaps", "memory.pop", "--queries", "five.txt", "--out", "o.npy"],
        &["expected dimension 4, found 5"],
    );
    s.refused(&["create", "new.pop", "--keys", "keys.txt", "--values", "two.txt"], &["expected 3, found 2"]);
    s.done(&["create", "hetero.pop", "--keys", "keys.txt", "--values", "three.txt"]);
    s.refused(&["recall", "hetero.pop", "--queries", "keys.txt", "--tie", "stay"], &["stay", "expected 4, found 2"]);
    s.refused(&["recall", "hetero.pop", "--queries", "keys.txt", "--steps", "2"], &["steps", "expected 4, found 2"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let s = Sandbox::new();
    std::fs::create_dir(s.path("folder")).unwrap();
    s.refused(&["create", "memory.pop", "--keys", "keys.txt"], &["memory.pop", "--force"]);
    s.refused(&["create", "folder", "--keys", "keys.txt", "--force"], &["folder"]);
    s.refused(&["create", "no/such/new.pop", "--keys", "keys.txt"], &["no/such/new.pop: cannot be written: "]);
    for out in ["no/such/out.npy", "folder", "keys.txt/out.npy"] {
        if out != "folder" {
            s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--out", out], &[out]);
        }
        s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--out", "o.npy", "--report", out], &[out]);
        s.refused(&["search", "memory.pop", "--queries", "keys.txt", "--out", out], &[out]);
        s.refused(&["overlaps", "memory.pop", "--queries", "keys.txt", "--out", out], &[out]);
    }
    s.refused(&["demo", "--out", "keys.txt/demo"], &["keys.txt/demo"]);
    s.refused(&["demo", "--out", "keys.txt"], &["keys.txt"]);
    std::fs::create_dir(s.path("faces")).unwrap();
    s.write("faces/a.pbm", "P1\n2 2\n1 1\n0 0\n");
    s.refused(&["create", "faces/a.pbm", "--keys", "faces", "--force"], &["faces/a.pbm", "among its inputs"]);
    s.refused(&["recall", "memory.pop", "--queries", "faces", "--out", "faces/b.png"], &["faces/b.png"]);
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--out", "a", "--report", "./a"], &["another output"]);
    // An output that is an input, or another output.
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--out", "memory.pop"], &["memory.pop"]);
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--out", "./keys.txt"], &["keys.txt"]);
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--out", "a", "--report", "a"], &["another output"]);
    s.refused(&["create", "keys.txt", "--keys", "keys.txt", "--force"], &["keys.txt"]);
}

#[test]
fn memories_that_are_none() {
    let s = Sandbox::new();
    s.done(&["export", "memory.pop", "--out", "one.pop"]);
    let memory = s.read("one.pop");
    let changed = |at: usize, byte: u8| {
        let mut changed = memory.clone();
        changed[at] = byte;
        changed
    };
    let cases: [(Vec<u8>, &str); 13] = [
        (Vec::new(), "length"),
        (memory[..50].to_vec(), "length"),
        (memory[..memory.len() - 1].to_vec(), "length"),
        ([memory.clone(), vec![0]].concat(), "length"),
        (changed(0, b'P'), "first bytes"),
        (changed(8, 2), "create it again from its patterns"),
        (changed(8, 4), "made by a newer popfield"),
        (changed(12, 2), "reserved"),
        (changed(16, 0), "key dimension"),
        (changed(32, 0), "associations"),
        // A claim of 2⁶³ associations: refused by the file's length, not by running out of memory.
        (changed(39, 0x80), "length"),
        (changed(22, 0xff), "key dimension"),
        (changed(128, 0b0101), "hash"),
    ];
    for (content, place) in cases {
        s.write("bad.pop", content);
        for command in ["recall", "search"] {
            s.refused(&[command, "bad.pop", "--queries", "keys.txt"], &["bad.pop", place]);
        }
        s.refused(&["info", "bad.pop"], &["bad.pop", place]);
    }
    s.refused(&["info", "missing.pop"], &["missing.pop"]);
    s.refused(&["info", "."], &["."]);
}

#[test]
fn tiers_that_are_none() {
    let s = Sandbox::new();
    for args in [&["info", "--tiers"][..], &["recall", "memory.pop", "--queries", "keys.txt"], &["bench"], &["demo"]] {
        let output = s.command(args).env("POPFIELD_TIER", "sse9").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains("POPFIELD_TIER") && errors.contains("sse9") && errors.contains("scalar"), "{errors}");
    }
}

/// A full disk: status 3, and neither the output that failed nor the other is left.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing() {
    let s = Sandbox::new();
    let before = s.files();
    for args in [
        &["recall", "memory.pop", "--queries", "keys.txt", "--out", "out.npy", "--report", "/dev/full"][..],
        &["recall", "memory.pop", "--queries", "keys.txt", "--out", "/dev/full", "--report", "r.json"],
        &["search", "memory.pop", "--queries", "keys.txt", "--out", "/dev/full"],
        &["overlaps", "memory.pop", "--queries", "keys.txt", "--out", "/dev/full"],
    ] {
        let output = s.run(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{args:?}: {errors}");
        assert!(errors.starts_with("popfield: /dev/full: "), "{args:?}: {errors}");
        assert_eq!(s.files(), before, "{args:?}");
    }
    // Results that cannot be told are not delivered either.
    for args in [
        &["create", "new.pop", "--keys", "keys.txt"][..],
        &["recall", "memory.pop", "--queries", "keys.txt", "--out", "out.npy", "--report", "r.json", "--json"],
        &["search", "memory.pop", "--queries", "keys.txt", "--out", "out.npz"],
        &["overlaps", "memory.pop", "--queries", "keys.txt", "--out", "out.npy"],
        &["demo", "--out", "demo/a"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let program = assert_cmd::cargo::cargo_bin("popfield");
        let child =
            std::process::Command::new(program).args(args).current_dir(s.path(".")).stdout(full).output().unwrap();
        assert_eq!(child.status.code(), Some(3), "{args:?}");
        assert_eq!(s.files(), before, "{args:?}");
    }
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    assert_eq!(std::process::Command::new(program).arg("--help").stdout(full).status().unwrap().code(), Some(3));
    // Nor does a standard error that is full change the status.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let status = std::process::Command::new(program).args(["info", "none"]).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

/// More memory than there is: status 3, at once.
#[test]
fn more_than_the_machine_holds() {
    let s = Sandbox::new();
    let output = s.run(&["bench", "--patterns", "1000000000000000", "--dim", "512"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("out of memory") && errors.contains("64000000000000000"), "{errors}");
}

/// An interrupt ends with status 130 and takes temporary files along.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing() {
    let s = Sandbox::new();
    // Reading a pipe waits for ever, with the output already begun.
    let status = std::process::Command::new("mkfifo").arg(s.path("pipe.txt")).status().unwrap();
    assert!(status.success());
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let mut child = std::process::Command::new(program)
        .args(["create", "new.pop", "--keys", "pipe.txt"])
        .current_dir(s.path("."))
        .spawn()
        .unwrap();
    let temporary = || s.files().iter().any(|name| name.starts_with(".popfield-"));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !temporary() {
        assert!(std::time::Instant::now() < deadline, "the command never began to write");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(s.files(), ["keys.txt", "memory.pop", "pipe.txt"]);
}
