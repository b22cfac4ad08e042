//! Where results go: by the ending of their path, whole or not at all.

use crate::arrays::parts;
use crate::sandbox::Sandbox;

/// Three pictures of 3 × 2, and noisy queries.
fn pictures() -> Sandbox {
    let s = Sandbox::new();
    std::fs::create_dir(s.path("in")).unwrap();
    for (name, bits) in [("2", "111000"), ("10", "101010"), ("b", "110011")] {
        s.write(&format!("in/{name}.pbm"), format!("P1\n3 2\n{bits}"));
    }
    s.done(&["create", "p.pop", "--keys", "in"]);
    s
}

fn recall(memory: &str, queries: &str, out: &str) -> Vec<String> {
    ["recall", memory, "--queries", queries, "--separation", "max", "--out", out].map(str::to_owned).into()
}

fn done(s: &Sandbox, args: &[String], more: &[&str]) -> String {
    s.done(&[args.iter().map(String::as_str).collect::<Vec<_>>(), more.to_vec()].concat())
}

fn refused(s: &Sandbox, args: &[String], more: &[&str], words: &[&str]) {
    s.refused(&[args.iter().map(String::as_str).collect::<Vec<_>>(), more.to_vec()].concat(), words);
}

#[test]
fn results_are_what_their_ending_says() {
    let s = pictures();
    done(&s, &recall("p.pop", "in/10.pbm", "one.pbm"), &[]);
    assert_eq!(s.read("one.pbm"), b"P4\n3 2\n\xa0\x40");
    done(&s, &recall("p.pop", "in/10.pbm", "one.png"), &[]);
    assert!(s.read("one.png").starts_with(b"\x89PNG"));
    done(&s, &recall("p.pop", "in/10.pbm", "one.npy"), &[]);
    assert_eq!(parts(&s.read("one.npy")).1, [1, 255, 1, 255, 1, 255]);
    // What was written is read as what was recalled.
    for out in ["one.pbm", "one.png"] {
        let json = s.json(&["search", "p.pop", "--queries", out, "--json"]);
        assert_eq!((&json["ids"][0][0], &json["distances"][0][0]), (&1.into(), &0.into()), "{out}");
    }
    // A folder that is made, with the names of the queries; and one that is there.
    done(&s, &recall("p.pop", "in", "out/"), &[]);
    let names = |folder: &str| {
        let entries = std::fs::read_dir(s.path(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names("out"), ["10.png", "2.png", "b.png"]);
    let json = s.json(&["search", "p.pop", "--queries", "out", "--json"]);
    assert_eq!(json["ids"], serde_json::json!([[0], [1], [2]]));
    assert_eq!(json["distances"], serde_json::json!([[0], [0], [0]]));
    std::fs::create_dir(s.path("there")).unwrap();
    s.write("there/1.png", "what stood here before");
    s.write("q.txt", "111000\n101010\n");
    done(&s, &recall("p.pop", "q.txt", "there"), &["--width", "3"]);
    assert_eq!(names("there"), ["0.png", "1.png"]);
    let json = s.json(&["search", "p.pop", "--queries", "there", "--json"]);
    assert_eq!(json["distances"], serde_json::json!([[0], [0]]));
    done(&s, &["dynamics", "p.pop", "--queries", "in", "--out", "ends/"].map(str::to_owned), &[]);
    assert_eq!(names("ends"), ["10.png", "2.png", "b.png"]);
    // Any other place is refused, and nothing is left of it.
    for (out, words) in [("one", "ending"), ("one.txt", "ending"), ("one.jpg", "ending"), ("x.npz", "ending")] {
        refused(&s, &recall("p.pop", "in/10.pbm", out), &[], &[out, words, ".npy"]);
    }
    refused(&s, &recall("p.pop", "in", "all.png"), &[], &["all.png", "one pattern", "found 3", "FOLDER/"]);
    refused(&s, &recall("p.pop", "in", "in/"), &[], &["in/"]);
    refused(&s, &recall("p.pop", "in/2.pbm", "in/"), &[], &["in/"]);
    refused(&s, &recall("p.pop", "in", "q.txt/"), &[], &["q.txt"]);
    refused(&s, &recall("p.pop", "in", "out/"), &["--packed-out"], &["--packed-out"]);
    refused(&s, &recall("p.pop", "in", "out/"), &["--width", "4"], &["--width", "divisor of 6"]);
    refused(&s, &recall("p.pop", "in", "o.npy"), &["--width", "3"], &["--width", "images"]);
    // Nor may another result stand where an image of the folder will.
    refused(&s, &recall("p.pop", "in", "there"), &["--report", "there/r.json"], &["there", "another output"]);
    s.refused(&["search", "p.pop", "--queries", "in", "--out", "found.npy"], &["found.npy", ".npz"]);
    s.refused(&["overlaps", "p.pop", "--queries", "in", "--out", "found.npz"], &["found.npz", ".npy"]);
    s.refused(&["learn", "p.pop", "--rule", "hebb", "--out", "w.png"], &["w.png", ".npy"]);
}

/// An interrupt leaves all images or none.
#[cfg(unix)]
#[test]
fn an_interrupt_does_not_divide_a_folder() {
    let s = Sandbox::new();
    s.write("many.txt", "+-+-\n".repeat(6000));
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let mut interrupted = 0;
    for delay in 0..4 {
        let mut child = std::process::Command::new(&program)
            .args(["recall", "memory.pop", "--queries", "many.txt", "--separation", "max", "--out", "out/"])
            .current_dir(s.path("."))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !s.path("out").exists() {
            assert!(std::time::Instant::now() < deadline, "the command never placed anything");
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        std::thread::sleep(std::time::Duration::from_millis(2 * delay));
        let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        let images = std::fs::read_dir(s.path("out")).map_or(0, Iterator::count);
        assert!(status.success() || killed.success() && status.code() == Some(130), "{status}");
        assert_eq!(images, 6000, "{status}");
        interrupted += usize::from(status.code() == Some(130));
        assert!(s.files().iter().all(|name| !name.ends_with(".tmp")));
        std::fs::remove_dir_all(s.path("out")).unwrap();
    }
    assert!(interrupted > 0, "no interrupt came in time");
}

/// What is no memory is not replaced by one.
#[test]
fn force_replaces_only_memories() {
    let s = Sandbox::new();
    s.write("precious.txt", "no patterns");
    s.write("empty", "");
    std::fs::create_dir(s.path("folder")).unwrap();
    for path in ["precious.txt", "empty", "folder"] {
        s.refused(&["create", path, "--keys", "keys.txt", "--force"], &[path, "only memories"]);
    }
    #[cfg(unix)]
    {
        assert!(std::process::Command::new("mkfifo").arg(s.path("pipe")).status().unwrap().success());
        for path in ["pipe", "/dev/null"] {
            s.refused(&["create", path, "--keys", "keys.txt", "--force"], &[path, "only memories"]);
        }
    }
    assert_eq!(s.read("precious.txt"), b"no patterns");
    // A damaged one is one.
    s.done(&["export", "memory.pop", "--out", "damaged.pop"]);
    s.write("damaged.pop", &s.read("damaged.pop")[..40]);
    s.done(&["create", "damaged.pop", "--keys", "keys.txt", "--force"]);
    assert_eq!(s.read("damaged.pop"), s.read("memory.pop"));
    // What only begins or is called like one is none, and what stands in one stays.
    s.write("diary.txt", "popfield is what I write about");
    std::fs::create_dir(s.path("named")).unwrap();
    s.write("named/manifest-1", "");
    s.write("memory.pop/mine.txt", "mine");
    for (path, words) in [("diary.txt", "only memories"), ("named", "only memories"), ("memory.pop", "mine.txt")] {
        s.refused(&["create", path, "--keys", "keys.txt", "--force"], &[path, words]);
    }
    assert_eq!(s.read("memory.pop/mine.txt"), b"mine");
}

/// A limit on the size of files ends neither the process nor with half a file.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_outgrows_its_limit_leaves_nothing() {
    let s = Sandbox::new();
    s.write("many.txt", "+-+-+-+-+-+-+-+-\n".repeat(200_000));
    s.write("some.txt", "+-+-\n".repeat(30_000));
    s.done(&["create", "many.pop", "--keys", "many.txt"]);
    let before = s.files();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    for args in [
        "create new.pop --keys many.txt",
        "create many.pop --keys many.txt --force",
        "recall memory.pop --queries some.txt --separation max --out out.npy",
    ] {
        let script = format!("ulimit -c 0; ulimit -f 100; {} {args}", program.display());
        let output =
            std::process::Command::new("bash").args(["-c", &script]).current_dir(s.path(".")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{args}: {said}");
        assert!(said.contains("File too large") && !said.contains(".tmp") && !said.contains("os error"), "{said}");
        assert!(output.stdout.is_empty(), "{args}");
        assert_eq!(s.files(), before, "{args}");
    }
    assert_eq!(s.json(&["info", "many.pop", "--json"])["patterns"], 200_000);
}

/// What cannot be told is not delivered: what stood there before stands there again.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_told_is_taken_back() {
    let s = pictures();
    s.write("out.npy", "before");
    let before = s.files();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    for args in [
        &["create", "memory.pop", "--keys", "in", "--force"][..],
        &["recall", "p.pop", "--queries", "in", "--out", "out.npy", "--report", "r.json"],
        &["recall", "p.pop", "--queries", "in", "--out", "new/"],
    ] {
        let memory = s.read("memory.pop");
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output =
            std::process::Command::new(&program).args(args).current_dir(s.path(".")).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{args:?}");
        assert_eq!((s.files(), s.read("out.npy"), s.read("memory.pop")), (before.clone(), b"before".to_vec(), memory));
    }
}

/// Of two that make the same memory at once, the second is refused and says nothing of success.
#[cfg(unix)]
#[test]
fn a_lost_race_is_told_as_such() {
    let s = Sandbox::new();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let script = "mkfifo p.txt
        popfield create r.pop --keys p.txt > said.txt 2>&1 & second=$!
        until ls -A | grep -q '^.popfield-'; do sleep 0.02; done
        popfield create r.pop --keys keys.txt || exit 9
        printf '+-+-\\n' > p.txt
        wait $second";
    let script = script.replace("popfield create", &format!("{} create", program.display()));
    let mut command = assert_cmd::Command::new("bash");
    command.args(["-c", &script]).current_dir(s.path(".")).timeout(std::time::Duration::from_secs(60));
    assert_eq!(command.output().unwrap().status.code(), Some(2));
    assert_eq!(s.read("said.txt"), b"popfield: r.pop: exists already; --force replaces it\n");
    assert_eq!(s.read("r.pop"), s.read("memory.pop"));
    assert!(s.files().iter().all(|name| !name.ends_with(".tmp")));
}
