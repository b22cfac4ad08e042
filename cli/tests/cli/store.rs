//! Memories in folders: made, appended to, forgotten from, compacted, checked and taken out again.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::arrays::{npy, parts};
use crate::sandbox::Sandbox;

/// Beside what every sandbox holds `a.npy` and `b.npy`, random keys of dimension 96, and `words.npy`, values of 40.
fn sandbox() -> Sandbox {
    let s = Sandbox::new();
    s.done(&["random", "a.npy", "--patterns", "120", "--dim", "96", "--seed", "1"]);
    s.done(&["random", "b.npy", "--patterns", "50", "--dim", "96", "--seed", "2"]);
    s.done(&["random", "words.npy", "--patterns", "170", "--dim", "40", "--seed", "3"]);
    s
}

fn ids(ids: impl IntoIterator<Item = u64>) -> String {
    ids.into_iter().map(|id| format!("{id}\n")).collect()
}

fn exported(s: &Sandbox, memory: &str) -> (Vec<u8>, Vec<u64>) {
    s.done(&["export", memory, "--out", "out.npy", "--ids-out", "ids.npy"]);
    let bytes = s.read("ids.npy");
    let ids = parts(&bytes).1.chunks_exact(8).map(|id| u64::from_le_bytes(id.try_into().unwrap())).collect();
    (parts(&s.read("out.npy")).1.to_vec(), ids)
}

#[test]
fn a_memory_is_appended_to_and_forgotten_from() {
    let s = sandbox();
    let rows = |name: &str| parts(&s.read(name)).1.to_vec();
    let all: Vec<u8> = [rows("a.npy"), rows("b.npy")].concat();
    let row = |index: usize| all[index * 96..][..96].to_vec();
    // As a folder, and as one file; whole at once, and one after the other.
    s.done(&["create", "whole", "--keys", "a.npy", "b.npy"]);
    assert_eq!(exported(&s, "whole"), (all.clone(), (0..170).collect()));
    s.done(&["create", "m", "--keys", "a.npy"]);
    s.done(&["export", "m", "--out", "m.pop"]);
    for memory in ["m", "m.pop"] {
        let appended = s.json(&["append", memory, "--keys", "b.npy", "--json"]);
        assert_eq!(appended, json!({ "appended": 50, "first_id": 120, "index": null, "patterns": 170 }), "{memory}");
        assert_eq!(exported(&s, memory), (all.clone(), (0..170).collect()));
        s.write("gone", ids([3, 169, 120]));
        let forgotten = s.json(&["forget", memory, "--ids", "gone", "--json"]);
        assert_eq!(forgotten, json!({ "forgotten": 3, "patterns": 167 }));
        // Again it is refused, and changes nothing; with --missing ok it is a retry.
        let before = s.read(memory);
        let output = s.run(&["forget", memory, "--ids", "gone"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), s.read(memory) == before), (Some(2), true), "{errors}");
        assert!(errors.contains("gone, line 1") && errors.contains("found 3"), "{errors}");
        assert_eq!(s.json(&["forget", memory, "--ids", "gone", "--missing", "ok", "--json"])["forgotten"], 0);
        // Counted ids are never given again.
        s.write("one", "+-".repeat(48));
        std::fs::rename(s.path("one"), s.path("one.txt")).unwrap();
        assert_eq!(s.json(&["append", memory, "--keys", "one.txt", "--json"])["first_id"], 170);
        let (keys, kept) = exported(&s, memory);
        let expected: Vec<u64> = (0..169).filter(|id| ![3, 120].contains(id)).chain([170]).collect();
        assert_eq!(kept, expected);
        assert_eq!(keys[..96 * 166], expected[..166].iter().flat_map(|&id| row(id as usize)).collect::<Vec<u8>>());
        // Answers say ids.
        s.write("q.npy", npy("|i1", false, "(1, 96)", &row(168)));
        let found = s.json(&["search", memory, "--queries", "q.npy", "--top", "2", "--json"]);
        assert_eq!((&found["ids"][0][0], &found["distances"][0][0]), (&json!(168), &json!(0)));
        s.write("only", ids([168, 170]));
        let found = s.json(&["search", memory, "--queries", "q.npy", "--top", "9", "--only", "only", "--json"]);
        assert_eq!(found["ids"][0].as_array().unwrap().len(), 2);
        // What is forgotten is in no scope.
        s.write("only", ids([168, 3]));
        let output = s.run(&["search", memory, "--queries", "q.npy", "--only", "only"]);
        assert_eq!(output.status.code(), Some(2));
        s.done(&["recall", memory, "--queries", "q.npy", "--report", "r.json"]);
        let report: Value = serde_json::from_slice(&s.read("r.json")).unwrap();
        assert_eq!(report[0]["nearest_id"], 168);
        assert_eq!(s.json(&["verify", memory, "--json"])["verdict"], "whole");
    }
    assert_eq!(exported(&s, "m"), exported(&s, "m.pop"));
    // A file has nothing to compact.
    s.refused(&["compact", "m.pop"], &["m.pop", "create STORE --from m.pop"]);
    let compacted = s.json(&["compact", "m", "--json"]);
    assert_eq!((&compacted["segments"], &compacted["patterns"]), (&json!(1), &json!(168)), "{compacted}");
    assert_eq!(exported(&s, "m"), exported(&s, "m.pop"));
    let info = s.json(&["info", "m", "--json"]);
    assert_eq!((&info["patterns"], &info["forgotten"], &info["next_id"]), (&json!(168), &json!(0), &json!(171)));
    // From one to the other and back, ids, past and all.
    s.done(&["create", "again", "--from", "m.pop"]);
    assert_eq!(exported(&s, "again"), exported(&s, "m"));
    assert_eq!(s.json(&["append", "again", "--keys", "one.txt", "--json"])["first_id"], 171);
}

#[test]
fn ids_and_labels_are_people_s_own() {
    let s = sandbox();
    let own: Vec<u64> = (0..120).map(|row| (row * 7919) % 1009 + 5).collect();
    s.write("own", ids(own.iter().copied()));
    s.write("labels", (0..120).map(|row| format!("número {row}\n")).collect::<String>());
    let create = ["create", "m", "--keys", "a.npy", "--ids", "own", "--labels", "labels"];
    s.done(&create);
    assert_eq!(exported(&s, "m").1, own);
    let next = own.iter().max().unwrap() + 1;
    assert_eq!(s.json(&["info", "m", "--json"])["next_id"], next);
    s.done(&["export", "m", "--out", "m.pop"]);
    for memory in ["m", "m.pop"] {
        assert_eq!(s.json(&["info", memory, "--json"])["labels"], true);
        assert!(s.done(&["info", memory]).contains("patterns have names"));
    }
    // Present ones are refused, wherever they stand; forgotten ones may come back.
    s.write("more", ids((2000..2049).chain([own[60]])));
    s.refused(&["append", "m", "--keys", "b.npy", "--ids", "more"], &["more, line 50", &own[60].to_string()]);
    s.write("gone", ids([own[60]]));
    s.done(&["forget", "m", "--ids", "gone"]);
    s.done(&["append", "m", "--keys", "b.npy", "--ids", "more"]);
    assert_eq!(s.json(&["info", "m", "--json"])["next_id"], 2049);
    let twice = ids((3000..3049).chain([3000]));
    s.write("more", twice);
    s.refused(&["append", "m", "--keys", "b.npy", "--ids", "more"], &["more, line 50", "line 1", "3000"]);
    s.write("more", ids(0..49));
    s.refused(&["append", "m", "--keys", "b.npy", "--ids", "more"], &["ids", "expected 50", "found 49"]);
    s.write("more", ids((0..49).chain([u64::MAX])));
    s.refused(&["append", "m", "--keys", "b.npy", "--ids", "more"], &["more, line 50", "2^64"]);
    s.write("short", "one\ntwo\n");
    s.refused(&["append", "m", "--keys", "b.npy", "--labels", "short"], &["short, line 3", "label"]);
    s.write("bad", [&b"one\n\xff\n"[..], "x\n".repeat(48).as_bytes()].concat());
    s.refused(&["append", "m", "--keys", "b.npy", "--labels", "bad"], &["bad, line 2", "UTF-8"]);
    // Equal distances go by ascending id, whatever the order of storing.
    s.write("same.txt", "++--\n++--\n++--\n");
    s.write("three", ids([30, 10, 20]));
    s.done(&["create", "same", "--keys", "same.txt", "--ids", "three"]);
    let found = s.json(&["search", "same", "--queries", "same.txt", "--top", "2", "--json"]);
    assert_eq!(found["ids"], json!([[10, 20], [10, 20], [10, 20]]));
}

/// What is larger than what is read together comes in pieces, of ids and labels too; what does not fit is told as ever,
/// and nothing is left.
#[test]
fn inputs_come_in_pieces() {
    let s = Sandbox::new();
    let rows = 40_000u64;
    s.done(&["random", "k.npy", "--patterns", &rows.to_string(), "--dim", "2048", "--seed", "1", "--packed-out"]);
    let own = |row: u64| (rows - row) * 3;
    let list = |rows: std::ops::Range<u64>| ids(rows.map(own));
    s.write("ids", list(0..rows));
    s.write("labels", (0..rows).map(|row| format!("{row}\n")).collect::<String>());
    let create = |ids: &'static str| {
        ["create", "m", "--keys", "k.npy", "--packed", "--dim", "2048", "--ids", ids, "--labels", "labels"]
    };
    s.done(&create("ids"));
    s.done(&["export", "m", "--out", "out.npy", "--packed-out", "--ids-out", "out-ids.npy"]);
    let written: Vec<u8> = (0..rows).map(own).flat_map(u64::to_le_bytes).collect();
    assert_eq!(parts(&s.read("out-ids.npy")).1, written);
    assert_eq!(parts(&s.read("out.npy")).1, parts(&s.read("k.npy")).1);
    std::fs::remove_dir_all(s.path("m")).unwrap();
    for (content, words) in [
        (list(0..rows - 5), "ids, one for each key: expected 40000, found 39995".to_owned()),
        (list(0..rows) + "1\n2\n", "ids, one for each key: expected 40000, found 40002".into()),
        (list(0..rows - 1) + "\nx\n", "ids: line 40001: expected an id".into()),
        (
            list(0..rows - 1) + "\n" + &list(1..2),
            format!("ids, line 40001: expected an id not given before, as in line 2, found {}", own(1)),
        ),
    ] {
        s.write("ids", content);
        s.refused(&create("ids"), &[&words]);
    }
    s.write("ids", list(0..rows));
    s.write("labels", "one\n".repeat(rows as usize + 1));
    s.refused(&create("ids"), &["labels, line 40001", "no more labels"]);
}

#[test]
fn values_come_with_their_keys() {
    let s = sandbox();
    s.done(&["create", "m", "--keys", "a.npy", "b.npy", "--values", "words.npy"]);
    s.done(&["export", "m", "--out", "v.npy", "--values"]);
    assert_eq!(parts(&s.read("v.npy")).1, parts(&s.read("words.npy")).1);
    s.refused(&["append", "m", "--keys", "a.npy"], &["values"]);
    s.refused(&["append", "m", "--keys", "a.npy", "--values", "words.npy"], &["values", "120"]);
    s.refused(&["append", "m", "--keys", "a.npy", "--values", "b.npy"], &["b.npy (values)", "expected dimension 40"]);
    s.refused(
        &["create", "n", "--keys", "a.npy", "--values", "words.npy"],
        &["values, one for each key: expected 120"],
    );
    s.done(&["export", "m", "--out", "packed.npy", "--packed-out"]);
    s.done(&["create", "n", "--keys", "packed.npy", "--packed", "--dim", "96"]);
    s.done(&["export", "n", "--out", "n.npy"]);
    s.done(&["export", "m", "--out", "m.npy"]);
    assert_eq!(s.read("n.npy"), s.read("m.npy"));
}

#[test]
fn what_is_no_memory_is_left_alone() {
    let s = sandbox();
    std::fs::create_dir(s.path("folder")).unwrap();
    s.write("folder/mine", "mine");
    s.write("file", "mine");
    for place in ["folder", "file"] {
        s.refused(&["create", place, "--keys", "a.npy"], &[place, "exists already"]);
        s.refused(&["create", place, "--keys", "a.npy", "--force"], &[place, "is no memory"]);
        s.refused(&["append", place, "--keys", "a.npy"], &[place, "memory"]);
        s.write("gone", "1\n");
        s.refused(&["forget", place, "--ids", "gone"], &[place, "memory"]);
        s.refused(&["verify", place], &[place, "memory"]);
        s.refused(&["compact", place], &[place, "memory"]);
        s.refused(&["export", place, "--out", "o.npy"], &[place, "memory"]);
        s.refused(&["search", place, "--queries", "a.npy"], &[place, "memory"]);
    }
    assert_eq!((s.read("folder/mine"), s.read("file")), (b"mine".to_vec(), b"mine".to_vec()));
    // A memory is replaced whole, or not at all.
    let before = s.read("memory.pop");
    s.refused(&["create", "memory.pop", "--keys", "file", "--force"], &["file"]);
    assert_eq!(s.read("memory.pop"), before);
    s.done(&["create", "memory.pop", "--keys", "a.npy", "--force"]);
    assert_eq!(s.json(&["info", "memory.pop", "--json"])["patterns"], 120);
    // An empty one.
    s.done(&["create", "empty", "--dim", "96"]);
    let output = s.run(&["search", "empty", "--queries", "a.npy"]);
    assert_eq!(output.status.code(), Some(2));
    s.done(&["append", "empty", "--keys", "b.npy"]);
    assert_eq!(s.json(&["search", "empty", "--queries", "b.npy", "--json"])["found"], 50);
}

#[test]
fn damage_is_told() {
    let s = sandbox();
    s.done(&["create", "m", "--keys", "a.npy"]);
    let keys = s.path("m").join("segment-0-keys.npy");
    let mut bytes = std::fs::read(&keys).unwrap();
    bytes[1000] ^= 4;
    std::fs::write(&keys, bytes).unwrap();
    let output = s.run(&["verify", "m", "--json"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["verdict"]), (Some(1), &json!("damaged")));
    assert!(said["damage"][0].as_str().unwrap().contains("segment-0-keys.npy"));
    s.done(&["search", "m", "--queries", "a.npy"]);
    // It does not pass into another memory, nor into a segment that it would be merged with.
    for args in [
        &["export", "m", "--out", "m.pop"][..],
        &["export", "m", "--out", "m.npy"],
        &["create", "n", "--from", "m"],
        &["append", "m", "--keys", "a.npy"],
    ] {
        s.refused(args, &["segment-0-keys.npy", "damaged"]);
    }
    std::fs::remove_file(&keys).unwrap();
    assert_eq!(s.run(&["verify", "m"]).status.code(), Some(1));
    std::fs::write(s.path("m").join("manifest-1"), "popfield store 2 abc\n{}").unwrap();
    let output = s.run(&["search", "m", "--queries", "a.npy"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

/// A writer that is killed at any moment loses nothing that it acknowledged, and nothing is half there.
#[cfg(unix)]
#[test]
fn killed_writers_lose_nothing() {
    let s = sandbox();
    s.done(&["create", "m", "--keys", "a.npy"]);
    let kills = if std::env::var_os("POPFIELD_FAULTS").is_some() { 5000 } else { 25 };
    let (mut len, mut survived) = (120u64, 0);
    for kill in 0..kills {
        // Most of them append; others make room, which is no change.
        let change: &[&str] =
            if kill % 10 == 9 { &["compact", "m"] } else { &["append", "m", "--keys", "b.npy", "--json"] };
        let mut child = s.std_command(change);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Moments over as long as the command takes.
        std::thread::sleep(std::time::Duration::from_micros(kill * 7919 % 30_000));
        child.kill().unwrap();
        let said = child.wait_with_output().unwrap().stdout;
        survived += 1;
        let found = s.json(&["info", "m", "--json"])["patterns"].as_u64().unwrap();
        // Acknowledged it is there; else it is there whole or not at all.
        let allowed = match (kill % 10, said.is_empty()) {
            (9, _) => vec![len],
            (_, true) => vec![len, len + 50],
            (_, false) => vec![len + 50],
        };
        assert!(allowed.contains(&found), "kill {kill}: {len}, then {found}, said {said:?}");
        len = found;
    }
    assert_eq!(s.json(&["verify", "m", "--json"])["verdict"], "whole");
    s.done(&["append", "m", "--keys", "b.npy"]);
    let (keys, ids) = exported(&s, "m");
    assert_eq!((keys.len() as u64, ids.len() as u64), ((len + 50) * 96, len + 50));
    let b = parts(&s.read("b.npy")).1.to_vec();
    assert!(keys[120 * 96..].chunks_exact(b.len()).all(|rows| rows == b));
    println!("kills: {survived} survived");
    // What they left behind the next writer has swept: the manifest, the lock, and the files of its segments.
    let names = std::fs::read_dir(s.path("m")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.ends_with(".new")));
}

/// One writer and several readers at once: a reader sees a committed state, whichever it is.
#[test]
fn readers_see_what_is_committed() {
    let s = sandbox();
    s.done(&["create", "m", "--keys", "a.npy"]);
    let path = s.path("m");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = 0;
                    while !done.load(std::sync::atomic::Ordering::Relaxed) || seen == 0 {
                        let len = s.json(&["info", "m", "--json"])["patterns"].as_u64().unwrap();
                        assert!(len >= 120 && (len - 120).is_multiple_of(50), "{len}");
                        seen += 1;
                    }
                    seen
                })
            })
            .collect();
        for round in 0..8 {
            s.done(&["append", "m", "--keys", "b.npy"]);
            if round % 3 == 2 {
                s.done(&["compact", "m"]);
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        readers.into_iter().for_each(|reader| assert!(reader.join().unwrap() > 0));
    });
    assert!(path.join("lock").exists());
}

/// Queries and later keys are read as the first keys were, unless told otherwise, which is said.
#[test]
fn memories_remember_how_they_were_read() {
    let s = sandbox();
    // 0 and 1 of uint8.
    s.write("01.npy", npy("|u1", false, "(2, 4)", &[1, 0, 0, 1, 0, 1, 1, 1]));
    s.done(&["create", "zero-one", "--keys", "01.npy", "--encoding", "01"]);
    let found = s.json(&["search", "zero-one", "--queries", "01.npy", "--json"]);
    assert_eq!(found["ids"], json!([[0], [1]]));
    s.done(&["append", "zero-one", "--keys", "01.npy"]);
    // Whatever the memory lies in.
    s.done(&["export", "zero-one", "--out", "zero-one.pop"]);
    s.done(&["search", "zero-one.pop", "--queries", "01.npy"]);
    s.write("pm.npy", npy("|i1", false, "(1, 4)", &[1, 255, 255, 1]));
    let told = ["search", "zero-one", "--queries", "pm.npy", "--encoding", "pm1", "--json"];
    let found: Value = serde_json::from_str(&s.noted(&told, &["pm.npy", "--encoding pm1", "01"])).unwrap();
    assert_eq!(found["distances"], json!([[0]]));
    // Packed bits: bytes are, and other arrays are not.
    s.done(&["random", "packed.npy", "--patterns", "9", "--dim", "20", "--packed-out", "--bitorder", "little"]);
    s.done(&["random", "signs.npy", "--patterns", "9", "--dim", "20"]);
    s.done(&["create", "p", "--keys", "packed.npy", "--packed", "--dim", "20", "--bitorder", "little"]);
    for queries in ["packed.npy", "signs.npy"] {
        let found = s.json(&["search", "p", "--queries", queries, "--json"]);
        assert_eq!(found["ids"], json!((0..9).map(|id| [id]).collect::<Vec<_>>()), "{queries}");
        assert_eq!(found["distances"][8][0], 0, "{queries}");
    }
    // Pictures of a shape, inked below a threshold; their names are labels.
    std::fs::create_dir(s.path("faces")).unwrap();
    s.write("faces/anna.pgm", "P2\n3 2\n255\n0 150 250 0 0 250\n");
    s.write("faces/bert.pgm", "P2\n3 2\n255\n250 150 0 250 250 0\n");
    s.done(&["create", "f", "--keys", "faces", "--threshold", "200"]);
    let found = s.json(&["search", "f", "--queries", "faces/bert.pgm", "--json"]);
    assert_eq!((&found["distances"], &found["labels"]), (&json!([[0]]), &json!([["bert"]])));
    assert!(s.done(&["recall", "f", "--queries", "faces/bert.pgm"]).lines().any(|line| line.trim() == "1 (bert)"));
    s.write("turned.pgm", "P2\n2 3\n255\n0 150 250 0 0 250\n");
    s.refused(&["search", "f", "--queries", "turned.pgm"], &["turned.pgm", "3 × 2", "2 × 3"]);
    s.refused(&["append", "f", "--keys", "turned.pgm"], &["turned.pgm", "3 × 2", "2 × 3"]);
    let info = s.json(&["info", "f", "--json"]);
    assert_eq!(info["notes"], json!({ "shape": "3x2", "threshold": "200" }));
}

/// Two who write one file at once: one is told that another does.
#[cfg(unix)]
#[test]
fn a_file_has_one_writer_at_a_time() {
    let s = sandbox();
    s.done(&["create", "m", "--keys", "a.npy"]);
    s.done(&["export", "m", "--out", "m.pop"]);
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let mut command = s.std_command(&["append", "m.pop", "--keys", "b.npy", "--json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let done = writers.into_iter().map(|writer| writer.wait_with_output().unwrap());
    let mut appended = 0;
    for output in done {
        match output.status.code() {
            Some(0) => appended += 50,
            status => assert_eq!(status, Some(3), "{output:?}"),
        }
    }
    assert!(appended > 0);
    let ids = exported(&s, "m.pop").1;
    assert_eq!(ids, (0..120 + appended).collect::<Vec<u64>>());
}

/// Packed bits that are written of a memory are read by it again.
#[test]
fn packed_outputs_are_read_by_their_memory() {
    let s = sandbox();
    s.done(&["random", "p.npy", "--patterns", "9", "--dim", "16", "--packed-out", "--bitorder", "little"]);
    s.done(&["create", "m", "--keys", "p.npy", "--packed", "--dim", "16", "--bitorder", "little"]);
    s.done(&["export", "m", "--out", "o.npy", "--packed-out"]);
    assert_eq!(s.read("o.npy"), s.read("p.npy"));
    s.done(&["noise", "n.npy", "--of", "m", "--count", "5", "--noise", "0", "--packed-out"]);
    s.done(&["recall", "m", "--queries", "n.npy", "--separation", "max", "--out", "r.npy", "--packed-out"]);
    for queries in ["o.npy", "n.npy", "r.npy"] {
        let found = s.json(&["search", "m", "--queries", queries, "--json"]);
        assert!(found["distances"].as_array().unwrap().iter().all(|row| row[0] == 0), "{queries}: {found}");
    }
    // Texts are asked of any memory, whatever coding its arrays had.
    s.write("01.npy", npy("|u1", false, "(2, 4)", &[1, 0, 0, 1, 0, 1, 1, 1]));
    s.done(&["create", "z", "--keys", "01.npy", "--encoding", "01"]);
    s.write("q.txt", "+--+\n");
    assert_eq!(s.json(&["search", "z", "--queries", "q.txt", "--json"])["distances"], json!([[0]]));
}
