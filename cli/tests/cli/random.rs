//! Patterns that are drawn: at random, and stored keys with noise.

use popfield::Patterns;
use popfield::patterns::{BitOrder, NoiseModel, add_noise};
use serde_json::json;

use crate::arrays::parts;
use crate::sandbox::Sandbox;

fn bytes(signs: &[i8]) -> Vec<u8> {
    signs.iter().map(|&sign| sign as u8).collect()
}

/// The ids in an array of uint64.
fn ids(file: &[u8]) -> Vec<u64> {
    let (header, data) = parts(file);
    assert!(header.contains("'descr': '<u8'"), "{header}");
    data.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn random_patterns_are_those_of_the_library() {
    let s = Sandbox::new();
    for (patterns, dim, seed) in [(1, 1, 0), (9, 100, 7), (300, 64, u64::MAX), (50, 8, 1)] {
        let expected = Patterns::random(patterns, dim, seed, "keys").unwrap();
        let (patterns, dim, seed) = (patterns.to_string(), dim.to_string(), seed.to_string());
        let random = |out: &str, more: &[&str]| {
            let args = ["random", out, "--patterns", &patterns, "--dim", &dim, "--seed", &seed];
            s.done(&[&args[..], more].concat());
            s.read(out)
        };
        let file = random("r.npy", &[]);
        let (header, data) = parts(&file);
        assert!(header.contains("'|i1'") && header.contains(&format!("({patterns}, {dim}, )")), "{header}");
        assert_eq!(data, bytes(&expected.to_signs()));
        for threads in ["1", "2", "3"] {
            assert_eq!(random("t.npy", &["--threads", threads]), file, "{threads}");
        }
        for (more, order) in [(&[][..], BitOrder::Big), (&["--bitorder", "little"], BitOrder::Little)] {
            let packed = random("p.npy", &[&["--packed-out"], more].concat());
            let (header, data) = parts(&packed);
            let columns = expected.dim().div_ceil(8);
            assert!(header.contains("'|u1'") && header.contains(&format!("({patterns}, {columns}, )")), "{header}");
            assert_eq!(data, expected.to_packed(order));
            // What is written is read.
            let create = ["create", "p.pop", "--keys", "p.npy", "--packed", "--dim", &dim, "--force"];
            s.done(&[&create[..], more].concat());
            s.done(&["create", "r.pop", "--keys", "r.npy", "--force"]);
            assert_eq!(s.keys("p.pop"), s.keys("r.pop"));
        }
    }
    // By default the seed of the other commands.
    let random = ["random", "r.npy", "--patterns", "3", "--dim", "70"];
    s.done(&random);
    let first = s.read("r.npy");
    let json = s.json(&[&random[..], &["--seed", "1", "--json"]].concat());
    assert_eq!(s.read("r.npy"), first);
    assert_eq!(json, json!({"patterns": 3, "dim": 70, "seed": 1, "packed": false, "out": "r.npy"}));
    let said = s.done(&random);
    assert!(said.contains("r.npy") && said.contains("(3, 70) of int8"), "{said}");
    assert!(s.done(&[&random[..], &["--packed-out"]].concat()).contains("(3, 9) of uint8, 70 bits packed"));
}

#[test]
fn noise_flips_as_many_bits_as_asked_for() {
    let s = Sandbox::new();
    s.done(&["random", "keys.npy", "--patterns", "500", "--dim", "130", "--seed", "4"]);
    s.done(&["create", "k.pop", "--keys", "keys.npy"]);
    let keys = parts(&s.read("keys.npy")).1.to_vec();
    for (noise, flips) in [("0", 0), ("0.1", 13), ("0.25", 33), ("1", 130)] {
        let args =
            ["noise", "n.npy", "--of", "k.pop", "--count", "40", "--noise", noise, "--ids-out", "i.npy", "--json"];
        let json = s.json(&[&args[..], &["--seed", "9"]].concat());
        assert_eq!((&json["flips"], &json["count"], &json["ids_out"]), (&json!(flips), &json!(40), &json!("i.npy")));
        let (file, drawn) = (s.read("n.npy"), ids(&s.read("i.npy")));
        let (header, data) = parts(&file);
        assert!(header.contains("(40, 130, )") && header.contains("'|i1'"), "{header}");
        assert_eq!(drawn.len(), 40);
        for (row, &id) in data.chunks_exact(130).zip(&drawn) {
            let key = &keys[130 * id as usize..][..130];
            assert_eq!(row.iter().zip(key).filter(|(a, b)| a != b).count(), flips, "{noise}");
        }
        // As the library has it.
        let memory = popfield::Memory::open(s.path("k.pop")).unwrap();
        let chosen = memory.keys().choose(40, 9, "queries").unwrap();
        assert_eq!(drawn, memory.keys().choose_ids(40, 9, "queries").unwrap());
        let noisy = add_noise(&chosen, noise.parse().unwrap(), NoiseModel::Exact, 9).unwrap();
        assert_eq!(data, bytes(&noisy.to_signs()));
        s.done(&[&args[..args.len() - 1], &["--seed", "9", "--threads", "1", "--packed-out"]].concat());
        assert_eq!(parts(&s.read("n.npy")).1, noisy.to_packed(BitOrder::Big));
    }
    // Bits that are flipped each by itself, in numbers that differ.
    let args = ["noise", "b.npy", "--of", "k.pop", "--count", "200", "--noise", "0.2", "--ids-out", "i.npy"];
    let json = s.json(&[&args[..], &["--noise-model", "bernoulli", "--json"]].concat());
    assert!(json["flips"].is_null(), "{json}");
    let file = s.read("b.npy");
    let rows = parts(&file).1.chunks_exact(130).zip(ids(&s.read("i.npy")));
    let distances: Vec<usize> =
        rows.map(|(row, id)| row.iter().zip(&keys[130 * id as usize..]).filter(|(a, b)| a != b).count()).collect();
    assert!(distances.iter().any(|distance| *distance != distances[0]));
    // Of 26,000 positions 5,200, within six standard deviations.
    let flipped = distances.iter().sum::<usize>() as f64;
    assert!((flipped - 5200.0).abs() < 6.0 * (26_000.0f64 * 0.2 * 0.8).sqrt(), "{flipped}");
    let said = s.done(&args);
    assert!(said.contains("26 of 130 positions flipped in each") && said.contains("i.npy"), "{said}");
}

/// Noisy keys come home, among all associations and among those that they were drawn from.
#[test]
fn noisy_keys_are_recalled() {
    let s = Sandbox::new();
    s.done(&["random", "keys.npy", "--patterns", "5000", "--dim", "128"]);
    s.done(&["create", "k.pop", "--keys", "keys.npy"]);
    let noise = ["noise", "n.npy", "--of", "k.pop", "--count", "8", "--noise", "0.2", "--ids-out", "i.npy"];
    s.done(&noise);
    let drawn = ids(&s.read("i.npy"));
    let mut apart = drawn.clone();
    apart.sort_unstable();
    apart.dedup();
    assert_eq!(apart.len(), 8, "a seed that draws no key twice");
    for scope in [&[][..], &["--only", "i.npy"]] {
        let search = ["search", "k.pop", "--queries", "n.npy", "--json"];
        let found = s.json(&[&search[..], scope].concat());
        assert_eq!(found["ids"], json!(drawn.iter().map(|&id| [id]).collect::<Vec<_>>()));
        assert_eq!(found["distances"], json!(vec![[26]; 8]));
        s.done(&[&["recall", "k.pop", "--queries", "n.npy", "--out", "o.npy"], scope].concat());
        let keys = parts(&s.read("keys.npy")).1.to_vec();
        let expected: Vec<u8> = drawn.iter().flat_map(|&id| keys[128 * id as usize..][..128].to_vec()).collect();
        assert_eq!(parts(&s.read("o.npy")).1, expected);
    }
}

#[test]
fn drawing_that_cannot_be() {
    let s = Sandbox::new();
    s.write("there.npy", "before");
    let random = |out: &str, more: &[&str], words: &[&str]| {
        s.refused(&[&["random", out, "--patterns", "3", "--dim", "4"], more].concat(), words);
    };
    random("r.npz", &[], &["r.npz: expected an ending .npy"]);
    random("-", &[], &["-: expected an ending .npy"]);
    random("no/such/r.npy", &[], &["no/such/r.npy: cannot be written: "]);
    random("r.npy", &["--bitorder", "little"], &["--packed-out"]);
    random("r.npy", &["--seed", "-1"], &["--seed", "-1"]);
    random("r.npy", &["--threads", "0"], &["--threads"]);
    s.refused(&["random", "r.npy", "--patterns", "3"], &["--dim"]);
    s.refused(&["random", "r.npy", "--patterns", "0", "--dim", "4"], &["--patterns", "at least 1"]);
    s.refused(&["random", "r.npy", "--patterns", "3", "--dim", "0"], &["--dim", "at least 1"]);
    s.refused(&["random", "there.npy", "--patterns", "3", "--dim", "16777217"], &["dimension", "16777217"]);
    assert_eq!(s.read("there.npy"), b"before");
    let noise = |out: &str, of: &str, more: &[&str], words: &[&str]| {
        s.refused(&[&["noise", out, "--of", of, "--count", "3"], more].concat(), words);
    };
    noise("n.npy", "memory.pop", &[], &["--noise"]);
    for p in ["1.5", "-0.1", "nan"] {
        noise("n.npy", "memory.pop", &["--noise", p], &["noise: expected 0 to 1"]);
    }
    noise("n.txt", "memory.pop", &["--noise", "0.5"], &["n.txt: expected an ending .npy"]);
    noise("n.npy", "memory.pop", &["--noise", "0.5", "--ids-out", "i.txt"], &["i.txt: expected an ending .npy"]);
    noise("n.npy", "memory.pop", &["--noise", "0.5", "--ids-out", "./n.npy"], &["another output"]);
    noise("n.npy", "missing.pop", &["--noise", "0.5"], &["missing.pop: No such file"]);
    noise("n.npy", "keys.txt", &["--noise", "0.5"], &["keys.txt: not a popfield memory"]);
    // What stands in the way is replaced, as by the outputs of other commands.
    s.done(&["random", "there.npy", "--patterns", "3", "--dim", "4"]);
    s.done(&["noise", "there.npy", "--of", "memory.pop", "--count", "5", "--noise", "0"]);
    assert!(parts(&s.read("there.npy")).0.contains("(5, 4, )"));
}
