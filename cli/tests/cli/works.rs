//! What the commands do when all is well.

use crate::arrays::{int8, npy, parts};
use crate::sandbox::Sandbox;

#[test]
fn recall_writes_what_it_recalled() {
    let sandbox = Sandbox::new();
    sandbox.write("queries.txt", "++-+\n?-+-\n");
    let unknown = sandbox.json(&["recall", "memory.pop", "--queries", "queries.txt", "--json"]);
    assert_eq!(unknown["unknown_positions"], 1);
    sandbox.write("queries.txt", "++-+\n+-+-\n");
    let json = sandbox.json(&[
        "recall",
        "memory.pop",
        "--queries",
        "queries.txt",
        "--out",
        "out.npy",
        "--report",
        "report.json",
        "--json",
        "--threads",
        "1",
    ]);
    let keys = "queries patterns dim value_dim separation beta degree steps tie tied_bits seconds load_seconds queries_per_second tier threads";
    let mut expected: Vec<_> = keys.split(' ').collect();
    expected.sort_unstable();
    assert_eq!(json.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(
        (json["queries"].as_u64(), json["beta"].as_f64(), json["threads"].as_u64()),
        (Some(2), Some(1.0), Some(1))
    );
    assert!(json["degree"].is_null());
    let file = sandbox.read("out.npy");
    let (header, data) = parts(&file);
    assert!(header.contains("'|i1'") && header.contains("(2, 4"), "{header}");
    assert_eq!(data, [1, 1, 255, 255, 1, 255, 1, 255]);
    let report: serde_json::Value = serde_json::from_slice(&sandbox.read("report.json")).unwrap();
    let first = report[0].as_object().unwrap();
    let keys =
        ["certificate", "keys_touched", "nearest_count", "nearest_distance", "nearest_id", "tied_bits", "top_weight"];
    assert_eq!(first.keys().map(String::as_str).collect::<Vec<_>>(), keys);
    assert_eq!((first["nearest_id"].as_u64(), first["nearest_distance"].as_u64()), (Some(0), Some(1)));
    assert_eq!(sandbox.files(), ["keys.txt", "memory.pop", "out.npy", "queries.txt", "report.json"]);
}

#[test]
fn packed_patterns_in_and_out() {
    let sandbox = Sandbox::new();
    // Two keys of 9 positions, in both bit orders.
    let (big, little) = ([0b1010_0000, 0b1000_0000, 0b0000_0001, 0], [0b0000_0101, 1, 0b1000_0000, 0]);
    for (order, bytes) in [("big", big), ("little", little)] {
        sandbox.write("packed.npy", npy("|u1", false, "(2, 2)", &bytes));
        let read = ["--packed", "--bitorder", order];
        sandbox.done(&[&["create", "nine.pop", "--force", "--keys", "packed.npy", "--dim", "9"], &read[..]].concat());
        sandbox.done(
            &[&["recall", "nine.pop", "--queries", "packed.npy", "--out", "out.npy", "--packed-out"], &read[..]]
                .concat(),
        );
        let file = sandbox.read("out.npy");
        assert_eq!(parts(&file).1, bytes, "{order}");
        sandbox.done(&[&["recall", "nine.pop", "--queries", "packed.npy", "--out", "out.npy"], &read[..]].concat());
        let signs: Vec<i8> = parts(&sandbox.read("out.npy")).1.iter().map(|&byte| byte as i8).collect();
        assert_eq!(signs[..9], [1, -1, 1, -1, -1, -1, -1, -1, 1], "{order}");
        assert_eq!(signs[9..], [-1, -1, -1, -1, -1, -1, -1, 1, -1], "{order}");
    }
    // Fortran order: the first byte of every row, then the second.
    sandbox.write("fortran.npy", npy("|u1", true, "(2, 2)", &[big[0], big[2], big[1], big[3]]));
    sandbox.write("c.npy", npy("|u1", false, "(2, 2)", &big));
    for name in ["fortran", "c"] {
        let (keys, memory) = (format!("{name}.npy"), format!("{name}.pop"));
        sandbox.done(&["create", &memory, "--keys", &keys, "--packed", "--dim", "9"]);
    }
    assert_eq!(sandbox.read("fortran.pop"), sandbox.read("c.pop"));
}

/// The same patterns in every number type, byte order and array order give the same memory.
#[test]
fn every_number_type_is_read() {
    let sandbox = Sandbox::new();
    let rows: [[i8; 4]; 3] = [[1, 1, -1, -1], [1, -1, 1, -1], [-1, 1, 1, -1]];
    let expected = sandbox.keys("memory.pop");
    type Bytes = fn(i8) -> Vec<u8>;
    let plus_minus: [(&str, Bytes); 12] = [
        ("|i1", |x| x.to_le_bytes().into()),
        ("<i2", |x| i16::from(x).to_le_bytes().into()),
        (">i2", |x| i16::from(x).to_be_bytes().into()),
        ("<i4", |x| i32::from(x).to_le_bytes().into()),
        (">i4", |x| i32::from(x).to_be_bytes().into()),
        ("<i8", |x| i64::from(x).to_le_bytes().into()),
        ("<f2", |x| if x > 0 { vec![0x00, 0x3c] } else { vec![0x00, 0xbc] }),
        (">f2", |x| if x > 0 { vec![0x3c, 0x00] } else { vec![0xbc, 0x00] }),
        ("<f4", |x| f32::from(x).to_le_bytes().into()),
        (">f4", |x| f32::from(x).to_be_bytes().into()),
        ("<f8", |x| f64::from(x).to_le_bytes().into()),
        ("|b1", |x| vec![u8::from(x > 0)]),
    ];
    let zero_one: [(&str, Bytes); 6] = [
        ("|u1", |x| vec![u8::from(x > 0)]),
        (">u2", |x| u16::from(x > 0).to_be_bytes().into()),
        ("<u8", |x| u64::from(x > 0).to_le_bytes().into()),
        ("|i1", |x| vec![u8::from(x > 0)]),
        ("<f8", |x| f64::from(u8::from(x > 0)).to_le_bytes().into()),
        ("|b1", |x| vec![u8::from(x > 0)]),
    ];
    let all = plus_minus.iter().map(|t| (t, false)).chain(zero_one.iter().map(|t| (t, true)));
    for ((descr, bytes), is_zero_one) in all {
        for fortran in [false, true] {
            let data: Vec<u8> = match fortran {
                false => rows.concat().into_iter().flat_map(bytes).collect(),
                true => (0..4).flat_map(|c| rows.map(|row| row[c])).flat_map(bytes).collect(),
            };
            sandbox.write("typed.npy", npy(descr, fortran, "(3, 4)", &data));
            let mut args = vec!["create", "typed.pop", "--force", "--keys", "typed.npy"];
            if is_zero_one {
                args.extend(["--encoding", "01"]);
            }
            sandbox.done(&args);
            assert_eq!(sandbox.keys("typed.pop"), expected, "{descr}, Fortran {fortran}");
        }
    }
}

#[test]
fn headers_as_others_write_them() {
    let sandbox = Sandbox::new();
    let data: Vec<u8> = [1, 1, -1, -1, 1, -1, 1, -1, -1, 1, 1, -1i8].map(|x| x as u8).into();
    for header in [
        "{\"shape\": (3,4), \"descr\": \"|i1\", \"fortran_order\": False}",
        "{'fortran_order':False,'shape':(3, 4),'descr':'|i1'}   \n",
    ] {
        let short = (header.len() as u16).to_le_bytes();
        let long = (header.len() as u32).to_le_bytes();
        for (version, size) in [(1, &short[..]), (2, &long[..]), (3, &long[..])] {
            let file = [b"\x93NUMPY", &[version, 0][..], size, header.as_bytes(), &data].concat();
            sandbox.write("keys.npy", file);
            sandbox.done(&["create", "other.pop", "--force", "--keys", "keys.npy"]);
            assert_eq!(sandbox.read("other.pop"), sandbox.read("memory.pop"));
        }
    }
}

#[test]
fn erased_positions_from_text_and_arrays() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "??+-\n----\n");
    sandbox.write("b.npy", int8(&[&[0, 0, 1, -1], &[-1, -1, -1, -1]]));
    for file in ["a.txt", "b.npy"] {
        let json = sandbox.json(&["search", "memory.pop", "--queries", file, "--top", "5", "--json"]);
        assert_eq!(json["ids"][0], serde_json::json!([1, 2, 0]), "{file}");
        assert_eq!(json["distances"], serde_json::json!([[0, 0, 1], [2, 2, 2]]), "{file}");
    }
}

#[test]
fn images_are_ink() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("faces")).unwrap();
    // PBM: 1 is ink. PGM: dark is ink.
    sandbox.write("faces/a.pbm", "P1\n2 2\n1 1\n0 0\n");
    sandbox.write("faces/b.pgm", "P2\n2 2\n255\n0 200\n127 128\n");
    sandbox.write("faces/c.pgm", "P2\n2 2\n255\n255 0\n0 255\n");
    sandbox.write("faces/notes.md", "not an image");
    sandbox.noted(&["create", "faces.pop", "--keys", "faces"], &["passed over 1 entry", "notes.md"]);
    assert_eq!(sandbox.keys("faces.pop"), sandbox.keys("memory.pop"));
    let search = ["search", "faces.pop", "--queries", "faces/b.pgm", "--threshold", "201", "--json"];
    let json: serde_json::Value = serde_json::from_str(&sandbox.noted(&search, &["all ink"])).unwrap();
    assert_eq!(json["distances"], serde_json::json!([[2]]), "all of it is ink now");
    // 16 bits: 32,895 of 65,535 is darker than 128 of 255, which is 32,896.
    let pixels: Vec<u8> = [32_895u16, 32_896, 0, 65_535].into_iter().flat_map(u16::to_be_bytes).collect();
    sandbox.write("deep.pgm", [b"P5\n4 1\n65535\n", pixels.as_slice()].concat());
    sandbox.done(&["create", "deep.pop", "--keys", "deep.pgm"]);
    sandbox.write("expected.txt", "+-+-\n");
    sandbox.done(&["create", "expected.pop", "--keys", "expected.txt"]);
    assert_eq!(sandbox.keys("deep.pop"), sandbox.keys("expected.pop"));
}

#[test]
fn search_and_overlaps_write_arrays() {
    let sandbox = Sandbox::new();
    sandbox.write("queries.npy", int8(&[&[1, 1, -1, -1], &[1, 1, 1, 0]]));
    sandbox.done(&["overlaps", "memory.pop", "--queries", "queries.npy", "--out", "overlaps.npy"]);
    let file = sandbox.read("overlaps.npy");
    let (header, data) = parts(&file);
    assert!(header.contains("'<i4'") && header.contains("(2, 3"), "{header}");
    let overlaps: Vec<i32> = data.chunks(4).map(|b| i32::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(overlaps, [4, 0, 0, 1, 1, 1]);
    sandbox.done(&["overlaps", "memory.pop", "--queries", "queries.npy", "--out", "distances.npy", "--distances"]);
    let file = sandbox.read("distances.npy");
    let (header, data) = parts(&file);
    assert!(header.contains("'<u2'") && header.contains("(2, 3"), "{header}");
    let distances: Vec<u16> = data.chunks(2).map(|b| u16::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(distances, [0, 2, 2, 1, 1, 1]);
    sandbox.done(&["search", "memory.pop", "--queries", "queries.npy", "--top", "2", "--out", "top.npz"]);
    sandbox.done(&["search", "memory.pop", "--queries", "queries.npy", "--radius", "1", "--out", "near.npz"]);
    let open = |name: &str| zip::ZipArchive::new(std::io::Cursor::new(sandbox.read(name))).unwrap();
    let array = |name: &str, entry: &str| {
        let mut bytes = Vec::new();
        std::io::copy(&mut open(name).by_name(entry).unwrap(), &mut bytes).unwrap();
        let (header, data) = parts(&bytes);
        (header, data.to_vec())
    };
    let (header, ids) = array("top.npz", "ids.npy");
    assert!(header.contains("'<u8'") && header.contains("(2, 2"), "{header}");
    assert_eq!(ids.chunks(8).map(|b| b[0]).collect::<Vec<_>>(), [0, 1, 0, 1]);
    let (header, distances) = array("top.npz", "distances.npy");
    assert!(header.contains("'<u4'"), "{header}");
    assert_eq!(distances.chunks(4).map(|b| b[0]).collect::<Vec<_>>(), [0, 2, 1, 1]);
    let (header, offsets) = array("near.npz", "offsets.npy");
    assert!(header.contains("(3"), "{header}");
    assert_eq!(offsets.chunks(8).map(|b| b[0]).collect::<Vec<_>>(), [0, 1, 4]);
}

#[test]
fn info_tells_memories_and_tiers() {
    let sandbox = Sandbox::new();
    let json = sandbox.json(&["info", "memory.pop", "--json"]);
    assert_eq!(
        (json["patterns"].as_u64(), json["dim"].as_u64(), json["value_dim"].as_u64()),
        (Some(3), Some(4), Some(4))
    );
    assert!(sandbox.done(&["info", "memory.pop"]).contains("auto-associative"));
    let tiers = sandbox.json(&["info", "--tiers", "--json"]);
    let names: Vec<_> = tiers["tiers"].as_array().unwrap().iter().map(|tier| tier["name"].as_str().unwrap()).collect();
    assert_eq!(names, popfield::tiers::TIERS.iter().map(|info| info.name).collect::<Vec<_>>());
    let table = sandbox.done(&["info", "--tiers"]);
    assert!(names.iter().all(|name| table.contains(name)), "{table}");
}

/// A forced tier is the tier that runs, and the bits are the same.
#[test]
fn a_forced_tier_runs() {
    let sandbox = Sandbox::new();
    for info in popfield::tiers::TIERS.iter().filter(|info| info.tier().is_some()) {
        let args = ["recall", "memory.pop", "--queries", "keys.txt", "--json", "--out", "out.npy"];
        let output = sandbox.command(&args).env("POPFIELD_TIER", info.name).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["tier"], info.name);
        assert_eq!(parts(&sandbox.read("out.npy")).1, [1, 1, 255, 255, 1, 255, 1, 255, 255, 1, 1, 255]);
    }
}

#[test]
fn separations_and_their_options() {
    let sandbox = Sandbox::new();
    let json = |options: &[&str]| {
        sandbox.json(&[&["recall", "memory.pop", "--queries", "keys.txt", "--json"], options].concat())
    };
    assert_eq!(json(&["--separation", "hebb"])["separation"], "linear");
    assert_eq!(json(&["--separation", "polynomial"])["degree"], 2);
    assert_eq!(json(&["--separation", "polynomial", "--degree", "64"])["degree"], 64);
    assert_eq!(json(&["--beta", "1/sqrt(d)"])["beta"], 0.5);
    assert_eq!(json(&["--separation", "max", "--steps", "3", "--tie", "stay"])["tie"], "stay");
    assert_eq!(json(&["--beta", "1e-9"])["beta"], 1e-9);
}

#[test]
fn bench_reports_its_figures() {
    let sandbox = Sandbox::new();
    let json = sandbox.json(&[
        "bench",
        "--patterns",
        "2000",
        "--dim",
        "128",
        "--batch",
        "9",
        "--repeats",
        "2",
        "--json",
        "--threads",
        "2",
        "--seed",
        "5",
    ]);
    assert_eq!((json["recalled"].as_f64(), json["flips"].as_u64()), (Some(1.0), Some(13)));
    assert_eq!(json["bytes_per_pattern"].as_f64(), Some(16.0));
    // Without the 256 MiB by which the bandwidth of memory is measured.
    let peak = json["peak_rss_bytes"].as_u64().unwrap();
    assert!(peak < 128 << 20, "{peak}");
    let keys = [
        "effective_bits_per_second",
        "bits_read_per_query",
        "peak_rss_bytes",
        "queries_per_second",
        "value_dim",
        "tied_bits",
        "ns_per_query_and_key",
        "read_bits_per_second",
        "instruction_peak_bits_per_second",
        "share_of_instruction_peak",
        "memory_bandwidth_bytes_per_second",
        "share_of_memory_bandwidth",
    ];
    assert!(keys.iter().all(|key| json[key].is_number()), "{json}");
    let text = sandbox.done(&["bench", "--patterns", "50", "--dim", "64", "--separation", "linear"]);
    assert!(text.contains("queries/s") && text.contains("while patterns were stored and recalled"), "{text}");
}

#[test]
fn demo_draws_its_sheet() {
    let sandbox = Sandbox::new();
    let json = sandbox.json(&["demo", "--out", "a b/c", "--json"]);
    let png = sandbox.read("a b/c/digits.png");
    assert!(png.starts_with(b"\x89PNG") && png.len() > 4000);
    let share = |collection: &str, corruption: &str, rule: &str, setting: &str| {
        let results = json["results"].as_array().unwrap().iter();
        let is = |r: &&serde_json::Value| {
            r["collection"] == collection
                && r["corruption"] == corruption
                && r["rule"] == rule
                && r["setting"] == setting
        };
        results.filter(is).map(|r| r["recalled"].as_f64().unwrap()).next().unwrap()
    };
    // Every image is its own nearest; those that repeat show the same digit.
    assert_eq!(share("all", "none", "max", "auto-kept"), 1.0);
    assert_eq!(share("all", "none", "max", "hetero"), 1.0);
    assert!(share("all", "10 % flipped", "modern", "hetero") > 0.95);
    assert!(share("all", "10 % flipped", "classical", "hetero") < 0.05);
    assert_eq!(share("random", "none", "classical", "auto-kept"), 1.0);
}

/// The demo leaves what its last lines speak of, and they run as they stand from where it ran, whether the program is on the
/// path or not.
#[test]
fn demo_says_how_to_go_on() {
    let sandbox = Sandbox::new();
    let said = sandbox.done(&["demo", "--out", "it's new", "--seed", "7"]);
    let json = sandbox.json(&["demo", "--out", "it's new", "--seed", "7", "--json"]);
    let files: Vec<&str> = json["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!(files, ["it's new/digits.pop", "it's new/noisy.npy", "it's new/half.txt"]);
    let next: Vec<&str> = json["next"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(next.len(), 3);
    for line in next {
        assert!(said.lines().any(|printed| printed == line), "{line}: {said}");
        let shell = std::process::Command::new("sh").args(["-c", line]).current_dir(sandbox.path("")).output().unwrap();
        assert!(shell.status.success(), "{line}: {}", String::from_utf8_lossy(&shell.stderr));
    }
    let info = sandbox.json(&["info", files[0], "--json"]);
    assert_eq!((&info["patterns"], &info["notes"]["shape"]), (&1797.into(), &"8x8".into()));
    // One of each digit: noisy ones are near their own, halves agree with theirs in all that is known.
    let noisy = sandbox.json(&["search", files[0], "--queries", files[1], "--json"]);
    assert_eq!(noisy["ids"].as_array().unwrap().len(), 10);
    let half = sandbox.json(&["search", files[0], "--queries", files[2], "--json"]);
    assert!(half["distances"].as_array().unwrap().iter().all(|distance| distance[0] == 0), "{half}");
    assert_eq!(half["unknown_positions"], 320);
    // Where the program is on the path it is called by its name.
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let mut on_path = sandbox.command(&["demo", "--json"]);
    let output = on_path.env("PATH", program.parent().unwrap()).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["next"][0].as_str().unwrap().starts_with("popfield recall popfield-demo/digits.pop"), "{json}");
}

#[test]
fn force_replaces_and_links_stay_links() {
    let sandbox = Sandbox::new();
    sandbox.write("one.txt", "+-+\n");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("memory.pop", sandbox.path("link.pop")).unwrap();
        sandbox.done(&["create", "link.pop", "--keys", "one.txt", "--force"]);
        assert!(sandbox.path("link.pop").is_symlink());
    }
    #[cfg(not(unix))]
    sandbox.done(&["create", "memory.pop", "--keys", "one.txt", "--force"]);
    assert_eq!(sandbox.json(&["info", "memory.pop", "--json"])["dim"], 3);
}

/// Standard output by its name, through a pipe.
#[cfg(target_os = "linux")]
#[test]
fn outputs_may_be_pipes() {
    let sandbox = Sandbox::new();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let script =
        format!("{} recall memory.pop --queries keys.txt --report /dev/stdout --out o.npy | cat", program.display());
    let output =
        std::process::Command::new("bash").args(["-c", &script]).current_dir(sandbox.path(".")).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"nearest_id\":2"), "{output:?}");
}

/// Reading only the first line of a long output is no failure.
#[cfg(unix)]
#[test]
fn an_output_that_nobody_reads_is_no_error() {
    let sandbox = Sandbox::new();
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let script = format!("{} info --tiers | true; exit ${{PIPESTATUS[0]}}", program.display());
    let status =
        std::process::Command::new("bash").args(["-c", &script]).current_dir(sandbox.path(".")).status().unwrap();
    assert_eq!(status.code(), Some(0));
}
