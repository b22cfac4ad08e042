//! `--receipts` and `check-receipts`: what is written holds, what is altered does not, and how either is told.

use serde_json::Value;

use crate::sandbox::Sandbox;

/// A store of 1500 patterns of dimension 128 with an index, and 40 queries, some of them near the same patterns.
fn indexed() -> Sandbox {
    let s = Sandbox::new();
    s.done(&["random", "keys.npy", "--patterns", "1500", "--dim", "128", "--seed", "5"]);
    s.done(&["create", "store", "--keys", "keys.npy"]);
    s.done(&["noise", "--of", "store", "--count", "40", "--noise", "0.03", "--seed", "6", "q.npy"]);
    s.done(&["index", "store"]);
    s.done(&["basins", "store", "--radius", "40"]);
    s
}

fn lines(s: &Sandbox) -> Vec<String> {
    String::from_utf8(s.read("r.jsonl")).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

/// What a check says, with its status.
fn checked(s: &Sandbox, memory: &str) -> (Option<i32>, Value) {
    let output = s.run(&["check-receipts", memory, "r.jsonl", "--json"]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn receipts_of_recall_and_search_hold() {
    let s = indexed();
    s.write("gone", (0..1500).step_by(3).map(|id| format!("{id}\n")).collect::<String>());
    let recall = ["recall", "store", "--queries", "q.npy", "--receipts", "r.jsonl", "--out", "r.npy", "--json"];
    let search = ["search", "store", "--queries", "q.npy", "--receipts", "r.jsonl", "--json"];
    let plain = s.json(&["search", "store", "--queries", "q.npy", "--top", "2", "--json"]);
    let calls: [(&[&str], &[&str], &str); 8] = [
        (&recall, &[], "basin"),
        (&recall, &["--index", "off"], "scan"),
        (&recall, &["--separation", "max", "--exclude", "gone", "--steps", "3"], "basin"),
        (&recall, &["--separation", "polynomial", "--degree", "3", "--only", "gone"], "scan"),
        (&recall, &["--beta", "1/sqrt(d)", "--tie", "stay"], "scan"),
        (&search, &[], "basin"),
        (&search, &["--top", "2"], "scan"),
        (&search, &["--radius", "5", "--exclude", "gone"], "probe"),
    ];
    for (call, more, by) in calls {
        let said = s.json(&[call, more].concat());
        if more == ["--top", "2"] {
            assert_eq!((&said["ids"], &said["distances"]), (&plain["ids"], &plain["distances"]));
        }
        let (status, verdict) = checked(&s, "store");
        assert_eq!(
            (status, &verdict["verdict"], &verdict["queries"]),
            (Some(0), &"holds".into(), &40.into()),
            "{verdict}"
        );
        assert!(verdict[by].as_u64() > Some(0), "{more:?}: {verdict}");
        assert_eq!(verdict["lines"], lines(&s).len());
        assert_eq!(verdict["refused"], serde_json::json!([]));
    }
    let told = s.done(&["check-receipts", "store", "r.jsonl", "--threads", "1"]);
    assert!(told.contains("verdict   everything holds") && told.contains("lines of 40 queries"), "{told}");
}

#[test]
fn what_does_not_hold_is_told() {
    let s = indexed();
    s.done(&["recall", "store", "--queries", "q.npy", "--receipts", "r.jsonl"]);
    let whole = lines(&s);
    let mut altered = whole.clone();
    let last = altered.len() - 2;
    altered[last] = altered[last].replace("\"nearest_count\":1", "\"nearest_count\":2");
    s.write("r.jsonl", altered.concat());
    let (status, verdict) = checked(&s, "store");
    assert_eq!((status, &verdict["verdict"]), (Some(1), &"refused".into()));
    assert_eq!((&verdict["refused"][0]["line"], &verdict["refused"][0]["field"]), (&(last + 1).into(), &"hash".into()));
    let output = s.run(&["check-receipts", "store", "r.jsonl"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains(&format!("refused   line {}, hash: expected that of this line", last + 1)), "{told}");
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(1), true));
    // Without its end.
    s.write("r.jsonl", whole[..last].concat());
    let (status, verdict) = checked(&s, "store");
    assert_eq!((status, &verdict["refused"][0]["field"]), (Some(1), &"record".into()), "{verdict}");
    // Of another state of the memory, and of another memory.
    s.write("r.jsonl", whole.concat());
    s.write("one", "7\n");
    s.done(&["forget", "store", "--ids", "one"]);
    let (status, verdict) = checked(&s, "store");
    let found = verdict["refused"][0]["found"].as_str().unwrap();
    assert!(status == Some(1) && found.contains("as of generation"), "{verdict}");
    let (status, verdict) = checked(&s, "memory.pop");
    assert_eq!((status, &verdict["refused"][0]["field"]), (Some(1), &"memory".into()), "{verdict}");
    // What holds the same and is another commit is told to be that.
    s.done(&["recall", "store", "--queries", "q.npy", "--receipts", "r.jsonl"]);
    s.done(&["compact", "store"]);
    let (status, verdict) = checked(&s, "store");
    assert_eq!((status, &verdict["refused"][0]["field"]), (Some(1), &"generation".into()), "{verdict}");
    assert!(verdict["refused"][0]["found"].as_str().unwrap().contains("another generation"));
}

#[test]
fn what_is_no_file_of_receipts_is_refused() {
    let s = indexed();
    s.done(&["recall", "store", "--queries", "q.npy", "--receipts", "r.jsonl"]);
    let first = lines(&s)[0].clone();
    s.write("later.jsonl", first.replace("\"version\":1", "\"version\":2"));
    s.refused(&["check-receipts", "store", "later.jsonl"], &["later.jsonl", "expected format version 1, found 2"]);
    for (name, content) in
        [("none.jsonl", ""), ("other.jsonl", "{\"record\":\"header\"}\n"), ("text.jsonl", "no JSON\n")]
    {
        s.write(name, content);
        s.refused(&["check-receipts", "store", name], &[name, "not a file of receipts", "line 1"]);
    }
    std::fs::write(s.path("bytes.jsonl"), [0xff, 0xfe, b'\n']).unwrap();
    s.refused(&["check-receipts", "store", "bytes.jsonl"], &["bytes.jsonl", "not a file of receipts"]);
    s.refused(&["check-receipts", "store", "missing.jsonl"], &["missing.jsonl"]);
    s.refused(&["check-receipts", "store", "store"], &["a folder"]);
    s.refused(&["check-receipts", "nowhere", "r.jsonl"], &["nowhere"]);
    s.refused(&["check-receipts", "store"], &["F.jsonl"]);
    s.refused(&["recall", "store", "--queries", "q.npy", "--receipts", "q.npy"], &["q.npy", "a place of its own"]);
    s.refused(&["recall", "store", "--queries", "q.npy", "--receipts", "no/r.jsonl"], &["no/r.jsonl"]);
    let learned = ["recall", "store", "--queries", "q.npy", "--rule", "hebb", "--receipts", "x.jsonl"];
    s.refused(&learned, &["--receipts"]);
    // Nothing is left of receipts whose answers cannot be written.
    let call = ["recall", "store", "--queries", "q.npy", "--receipts", "x.jsonl", "--out", "no/r.npy"];
    s.refused(&call, &["no/r.npy"]);
    assert!(!s.path("x.jsonl").exists());
}
