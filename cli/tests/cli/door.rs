//! What comes in from outside: pipes, folders, zeros of queries, and what is said of them.

use serde_json::{Value, json};

use crate::arrays::{int8, npy};
use crate::sandbox::Sandbox;

#[test]
fn zeros_of_queries_are_refused_or_counted() {
    let s = Sandbox::new();
    s.write("01.npy", int8(&[&[1, 0, 1, 0], &[0, 1, 1, 0]]));
    for command in [&["recall", "memory.pop"][..], &["search", "memory.pop"], &["dynamics", "memory.pop"]] {
        let with = |more: &[&'static str]| [command, &["--queries", "01.npy"], more].concat();
        s.refused(&with(&[]), &["01.npy", "--encoding 01", "--erased zero"]);
        let zero_one = s.json(&with(&["--encoding", "01", "--json"]));
        assert!(zero_one.get("unknown_positions").is_none(), "{zero_one}");
        let erased = s.json(&with(&["--erased", "zero", "--json"]));
        assert_eq!(erased["unknown_positions"], 4);
        assert!(s.done(&with(&["--erased", "zero"])).contains("4 positions unknown"));
        s.refused(&with(&["--erased", "zero", "--encoding", "01"]), &["--erased", "--encoding 01"]);
    }
    s.refused(&["overlaps", "memory.pop", "--queries", "01.npy", "--out", "o.npy"], &["--erased zero"]);
    for command in ["recall", "dynamics"] {
        let report = ["--queries", "01.npy", "--erased", "zero", "--report", "r.json"];
        s.done(&[&[command, "memory.pop"], &report[..]].concat());
        let report: Value = serde_json::from_slice(&s.read("r.json")).unwrap();
        assert_eq!((&report[0]["unknown_positions"], &report[1]["unknown_positions"]), (&json!(2), &json!(2)));
    }
    s.refused(&["recall", "memory.pop", "--queries", "keys.txt", "--erased", "zero"], &["--erased zero", "?"]);
    s.refused(&["create", "new.pop", "--keys", "01.npy", "--erased", "zero"], &["--erased"]);
}

/// The same file of 0 and 1 is the same patterns to all commands.
#[test]
fn one_file_is_read_one_way() {
    let s = Sandbox::new();
    s.write("k.csv", "1,0,0,1\n0,0,1,1\n1,1,1,0\n");
    s.done(&["create", "k.pop", "--keys", "k.csv"]);
    let json = s.json(&["search", "k.pop", "--queries", "k.csv", "--json"]);
    assert_eq!((&json["ids"], &json["distances"]), (&json!([[0], [1], [2]]), &json!([[0], [0], [0]])));
    assert!(s.done(&["recall", "k.pop", "--queries", "k.csv"]).contains("3 lines of 4 numbers 0/1"));
    // What was learned of a picture over lines is found by one.
    s.write("two.txt", "#.#\n.#.\n\n###\n...\n");
    assert!(s.done(&["create", "two.pop", "--keys", "two.txt"]).contains("2 pictures of 3 × 2 characters # and ."));
    s.write("one.txt", "#.#\n.#.\n");
    s.refused(&["search", "two.pop", "--queries", "one.txt"], &["expected dimension 6, found 3", "--text pictures"]);
    let found = s.json(&["search", "two.pop", "--queries", "one.txt", "--text", "pictures", "--json"]);
    assert_eq!((&found["ids"], &found["distances"]), (&json!([[0]]), &json!([[0]])));
}

#[test]
fn options_of_files_that_are_none() {
    let s = Sandbox::new();
    s.write("key.npy", int8(&[&[1, -1]]));
    s.write("data", "+-\n");
    let create = |more: &[&str], words: &[&str]| s.refused(&[&["create", "new.pop", "--keys"], more].concat(), words);
    create(&["key.npy", "--text", "lines"], &["--text", "key.npy"]);
    create(&["key.npy", "--format", "npy"], &["--format", "key.npy"]);
    create(&["data"], &["data", "--format"]);
    create(&["data", "--format", "prose"], &["prose", "npy", "text", "csv", "image"]);
    create(&["keys.txt", "--threshold", "otsu"], &["--threshold", "keys.txt"]);
    create(&["faces", "--threshold", "257"], &["--threshold", "0 to 256, or otsu"]);
    create(&["-"], &["standard input", "--format"]);
    create(&["-", "--values", "-", "--format", "text"], &["standard input", "twice"]);
    assert!(s.done(&["create", "data.pop", "--keys", "data", "--format", "text"]).contains("1 line of 2 characters"));
}

#[test]
fn arrays_of_archives_by_name() {
    let s = Sandbox::new();
    s.done(&["search", "memory.pop", "--queries", "keys.txt", "--top", "2", "--out", "found.npz"]);
    // Of numbers that are no patterns, but named.
    s.refused(&["create", "new.pop", "--keys", "found.npz"], &["found.npz:NAME", "ids, distances"]);
    s.refused(&["create", "new.pop", "--keys", "found.npz:ids"], &["found.npz:ids", "found 0", "--encoding 01"]);
    s.refused(&["create", "new.pop", "--keys", "found.npz:keys"], &["named keys"]);
    s.refused(&["create", "new.pop", "--keys", "none.npz:keys"], &["none.npz:keys"]);
    // The archive itself is what is read.
    s.refused(&["search", "memory.pop", "--queries", "found.npz:ids", "--out", "found.npz"], &["is an input"]);
}

#[cfg(unix)]
#[test]
fn pipes_and_standard_input() {
    let s = Sandbox::new();
    s.write("keys.npy", int8(&[&[1, 1, -1, -1], &[1, -1, 1, -1], &[-1, 1, 1, -1]]));
    s.write("long.npy", [int8(&[&[1, -1, 1, -1]]), vec![1]].concat());
    s.write("cut.npy", &int8(&[&[1, -1, 1, -1]])[..130]);
    s.write("image.pbm", "P1\n4 1\n1010\n");
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let bash = |script: &str| {
        let script = script.replace("popfield", &program.display().to_string());
        let mut command = assert_cmd::Command::new("bash");
        command.args(["-c", &script]).current_dir(s.path(".")).timeout(std::time::Duration::from_secs(60));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for (script, words) in [
        ("popfield create a.pop --force --keys - --format npy < keys.npy", "3 × 4 int8"),
        ("cat keys.npy | popfield create a.pop --force --keys - --format npy", "3 × 4 int8"),
        ("cat keys.txt | popfield create a.pop --force --keys - --format text", "3 lines of 4 characters"),
        (
            "printf '1,1,-1,-1\\n1,-1,1,-1\\n-1,1,1,-1\\n' | popfield create a.pop --force --keys - --format csv",
            "numbers ±1",
        ),
        ("mkfifo p.npy; cat keys.npy > p.npy & popfield create a.pop --force --keys p.npy", "3 × 4 int8"),
        ("popfield create a.pop --force --keys <(cat keys.txt) --format text", "3 lines of 4 characters"),
        ("cat keys.txt | popfield create a.pop --force --keys /dev/stdin --format text", "3 lines of 4 characters"),
    ] {
        let (status, said) = bash(script);
        assert_eq!(status, Some(0), "{script}: {said}");
        assert!(said.contains(words), "{script}: {said}");
        assert_eq!(s.keys("a.pop"), s.keys("memory.pop"), "{script}");
    }
    let (status, said) = bash("cat image.pbm | popfield create a.pop --force --keys - --format image");
    assert!(status == Some(0) && said.contains("1 image of 4 × 1 pixels"), "{said}");
    s.done(&["export", "memory.pop", "--out", "one.pop"]);
    for (script, words) in [
        ("cat long.npy | popfield create b.pop --keys - --format npy", "standard input (keys): longer than its header"),
        ("cat cut.npy | popfield create b.pop --keys - --format npy", "standard input (keys): cut short"),
        ("printf '' | popfield create b.pop --keys - --format text", "at least one pattern"),
        (
            "mkfifo m.pop; cat one.pop > m.pop & popfield info m.pop; status=$?; wait; exit $status",
            "m.pop: expected a memory, which is a folder or a file, found a pipe",
        ),
        (
            "mkdir f; cp image.pbm f; mkfifo f/x.png; popfield create b.pop --keys f",
            "f/x.png: expected an image, found a pipe",
        ),
    ] {
        let (status, said) = bash(script);
        assert_eq!(status, Some(2), "{script}: {said}");
        assert!(said.contains(words), "{script}: {said}");
        assert!(!s.path("b.pop").exists());
    }
}

/// Rows are written as they are told: as a value they would take five times what was found.
#[cfg(target_os = "linux")]
#[test]
fn long_answers_take_no_more_memory_as_json() {
    let s = Sandbox::new();
    s.write("many.txt", "+-+-+-+-\n".repeat(10_000));
    s.write("queries.txt", "+-+-+-+-\n".repeat(100));
    s.done(&["create", "many.pop", "--keys", "many.txt"]);
    let program = assert_cmd::cargo::cargo_bin("popfield");
    // Bytes on standard output, if the addresses of so many MiB are enough.
    let within = |mebibytes: u64, more: &str| {
        let search = "search many.pop --queries queries.txt --radius 8 --threads 1";
        let script = format!(
            "ulimit -c 0; ulimit -v {}; {} {search} {more} | wc -c; exit ${{PIPESTATUS[0]}}",
            mebibytes << 10,
            program.display()
        );
        let output =
            std::process::Command::new("bash").args(["-c", &script]).current_dir(s.path(".")).output().unwrap();
        let bytes = String::from_utf8_lossy(&output.stdout).trim().parse::<u64>().unwrap();
        (output.status.code() == Some(0)).then_some(bytes)
    };
    let enough = (60..600).step_by(20).find(|&limit| within(limit, "--out found.npz").is_some()).unwrap();
    // A million ids and distances, which as a value would take some hundred and fifty.
    assert!(within(enough + 60, "--json").unwrap() > 1_000_000 * 6);
}

#[test]
fn help_says_how_files_are_read() {
    let s = Sandbox::new();
    let help = s.done(&["create", "--help"]).split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["0.2126 R + 0.7152 G + 0.0722 B", "2 before 10", "hidden files are passed over", "F.npz:NAME", "otsu"]
    {
        assert!(help.contains(words), "{words}: {help}");
    }
}

#[test]
fn packed_words_are_read_and_their_dimension_is_told() {
    let s = Sandbox::new();
    let words: Vec<u8> = [3u64, 5, 6].iter().flat_map(|word| word.to_le_bytes()).collect();
    s.write("words.npy", npy("<u8", false, "(3, 1)", &words));
    let said = s.noted(&["create", "w.pop", "--keys", "words.npy", "--packed"], &["dimension 64", "--dim"]);
    assert!(said.contains("dimension  64 → 64"), "{said}");
    s.done(&["create", "four.pop", "--keys", "words.npy", "--packed", "--dim", "4"]);
    assert_eq!(s.keys("four.pop"), s.keys("memory.pop"));
    let json = s.json(&["search", "four.pop", "--queries", "words.npy", "--packed", "--json"]);
    assert_eq!(json["distances"], json!([[0], [0], [0]]));
}
