//! What seeds draw is pinned. These figures must never change: whoever kept a seed beside a result, a paper or a file
//! draws the same data with any later version, on any machine. A test that fails here says that something drawn has
//! changed, and then the change is wrong, not the figure.

use std::collections::BTreeSet;

use popfield::Patterns;
use popfield::dynamics::sweep_order;
use popfield::patterns::{BitOrder, NoiseModel, add_noise, stream};
use rand_xoshiro::rand_core::Rng;

/// Around a word, and many words with a tail.
const DIMS: [usize; 4] = [63, 64, 65, 1000];
const SEEDS: [(u64, &str); 3] = [(0, ""), (7, "keys"), (u64::MAX, "values, höher")];

/// The first half of the BLAKE3 hash of packed rows.
fn hash(patterns: &Patterns) -> String {
    hash_bytes(&patterns.to_packed(BitOrder::Little))
}

fn hash_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

/// Holds what `draw` makes for each seed and dimension, in that order, to the pinned hashes.
fn pinned(draw: impl Fn(u64, &str, usize) -> String, expected: [[&str; DIMS.len()]; SEEDS.len()]) {
    let drawn = SEEDS.map(|(seed, purpose)| DIMS.map(|dim| draw(seed, purpose, dim)));
    assert_eq!(drawn.each_ref().map(|row| row.each_ref().map(String::as_str)), expected);
    assert_eq!(drawn.iter().flatten().collect::<BTreeSet<_>>().len(), DIMS.len() * SEEDS.len(), "draws that are alike");
}

/// Three blocks, the last one not full.
fn random(seed: u64, purpose: &str, dim: usize) -> Patterns {
    Patterns::random(21, dim, seed, purpose).unwrap()
}

#[test]
fn streams() {
    let words = |seed, purpose, block| {
        let mut stream = stream(seed, purpose, block);
        [stream.next_u64(), stream.next_u64(), stream.next_u64()]
    };
    let drawn = [words(0, "", 0), words(7, "keys", 0), words(7, "keys", 1), words(8, "keys", 0), words(7, "noise", 0)];
    assert_eq!(
        drawn,
        [
            [4459450034651520678, 8925161884389449396, 4610753939016945323],
            [9291651305923616668, 16340164806185598709, 1483531343999654922],
            [5064521021097101615, 11787433356492108504, 14569650919628965956],
            [3160963263264707001, 16439800480986951504, 6359300385801452386],
            [1755875574197562626, 8098118327064886795, 6958879957297528247]
        ]
    );
    assert_eq!(
        words(u64::MAX, "values, höher", u64::MAX),
        [16171130370914801125, 4122301942404994848, 10280951188326675685]
    );
}

/// The words of a block's patterns, one pattern after the other, are those of the block's stream.
#[test]
fn random_patterns_are_their_streams() {
    let patterns = random(7, "keys", 1000);
    for (first, block) in [(0, 0), (8, 1), (16, 2)] {
        let mut stream = stream(7, "keys", block);
        for pattern in first..21.min(first + 8) {
            let words: Vec<u64> = (0..16).map(|_| stream.next_u64()).collect();
            let drawn = patterns.get(pattern).unwrap();
            assert_eq!(drawn.words()[..15], words[..15]);
            assert_eq!(drawn.words()[15], words[15] & ((1 << 40) - 1));
        }
    }
}

#[test]
fn random_patterns() {
    pinned(
        |seed, purpose, dim| hash(&random(seed, purpose, dim)),
        [
            [
                "25bffbad860845e46f1435341b114bf3",
                "bd9dd1cd332296c738989f0834563a7f",
                "5257d403e84286d738029e93207f5849",
                "2ee8e6e9922b65ec6f2d00a2a3e50f96",
            ],
            [
                "716af7bce1a3f3f979dd92a5e0e80c80",
                "a9a855b6514e066dcb446ee025f6d034",
                "e28b78d3c8adf61842fe71cc49b30980",
                "97e5919010e90d5b265678788ed031c9",
            ],
            [
                "9c93979ac9adf570df2a19bee7a9c96a",
                "215329408e22dfce0c3a58ef093d7ed2",
                "9d677ed8a4f030d4928cffcd0ebc0050",
                "a3200a52fae26b3fc93bbb29a119c01a",
            ],
        ],
    );
}

#[test]
fn chosen_patterns() {
    // Of fewer patterns than a block has, so that the choice itself shows.
    let chosen = |seed, purpose: &str, dim| random(1, "all", dim).choose(30, seed, purpose).unwrap();
    pinned(
        |seed, purpose, dim| hash(&chosen(seed, purpose, dim)),
        [
            [
                "55467d845b444978ab8ed763677e5dae",
                "4ba7aa73b3dcd8e518b95ec81e0a0dbd",
                "e9dd3cffad432e3f97a24335346b4323",
                "b7cd6f1e4cdb188228f516a5311506cf",
            ],
            [
                "39086b77dd8a661b36772d0e89c38c1f",
                "9d323060384dfae83bdecac90c8e425c",
                "f4c8189439b1b11bbd3e83af29fdb410",
                "a91945579cd9e4ddd1e02cf3dbca1f5a",
            ],
            [
                "806c04a6c4a8df95c78e8bf118030bfc",
                "b19b4bb9849ba8ac7eebf5ca9a6ba988",
                "fdcaee04e99baa8e0189129dcf7674e0",
                "1e2fcdf49dec2ecc9cf19b3d01e9d8e2",
            ],
        ],
    );
    let five = Patterns::hadamard(5, 64).unwrap();
    let places = |seed, purpose| -> Vec<usize> {
        let chosen = five.choose(12, seed, purpose).unwrap();
        chosen.iter().map(|pattern| five.iter().position(|of| of == pattern).unwrap()).collect()
    };
    assert_eq!(places(7, "keys"), [3, 4, 2, 4, 4, 2, 4, 2, 2, 0, 1, 2]);
}

#[test]
fn exact_noise() {
    let noisy = |seed, dim| add_noise(&random(1, "keys", dim), 0.3, NoiseModel::Exact, seed).unwrap();
    pinned(
        |seed, _, dim| hash(&noisy(seed, dim)),
        [
            [
                "4947561d44ba94c5896cef47bb6dac72",
                "fd59e7a3de5f5dadca6cf861fed02424",
                "d911d434a759aa2a8c9f775ba1732305",
                "5299cca7c967ef6af6aa1047d8497258",
            ],
            [
                "258cc09bbe0660c0a6f824675b0718e5",
                "c84b3f20d690fcc00cfafb24a2e09880",
                "ae36c58b1866ff0a59af89fa6e622fbb",
                "ae8de60c0521a027733f105427b95823",
            ],
            [
                "ca55b7fa280c8504bc168001688b7945",
                "23d281f553526b634e61b43f112fc729",
                "ec48fef9cc91525df8478a176166d802",
                "eee9e3fd484ff72d04672be80b6dbc68",
            ],
        ],
    );
}

#[test]
fn bernoulli_noise() {
    let noisy = |seed, dim| add_noise(&random(1, "keys", dim), 0.3, NoiseModel::Bernoulli, seed).unwrap();
    pinned(
        |seed, _, dim| hash(&noisy(seed, dim)),
        [
            [
                "906d5f8bc340d85c8261835109d3a19d",
                "2a88e2089d664c80ff378ab595f10858",
                "58f5d5392a2875322cb527823d224e81",
                "beff61050fbb448e1eed787008d2e825",
            ],
            [
                "9d9c920700ce26a3bf39536f3d61e4f5",
                "03ea9fdaf482b2a80a1f8b6457a66b82",
                "dd2265ae5a03f18c88142c5fc5bddc25",
                "e7e3697e826edd17c06827d66aaeeef0",
            ],
            [
                "0cc5d0f6e08e38385d13cc8254500df5",
                "00de8dfada16f714f9739233e0ef6bf6",
                "9318c0797f790bd00e9dd2f7784114f8",
                "3461ff99524a7e80b8109d62e805a76d",
            ],
        ],
    );
}

#[test]
fn orders_of_sweeps() {
    assert_eq!(sweep_order(7, 0, 0, 10), [1, 0, 8, 2, 3, 9, 6, 7, 5, 4]);
    assert_eq!(sweep_order(7, 0, 1, 10), [4, 7, 0, 9, 2, 8, 1, 5, 3, 6]);
    assert_eq!(sweep_order(7, 1, 0, 10), [1, 7, 9, 5, 3, 2, 8, 0, 4, 6]);
    // The purpose's length stands for the sweep.
    let bytes = |seed, sweep, dim| -> Vec<u8> {
        sweep_order(seed, 5, sweep, dim).into_iter().flat_map(|position| (position as u32).to_le_bytes()).collect()
    };
    pinned(
        |seed, purpose, dim| hash_bytes(&bytes(seed, purpose.len() as u64, dim)),
        [
            [
                "3adea8998c224b8dba9744424927fa7b",
                "0806f3ac6771b7676a3c53a63bbbb0b5",
                "99af46a935ee24fb9b70dc0f55fac6fa",
                "7c60821f1e9063bdeb47d59989e5f70b",
            ],
            [
                "0ffbe1e06de02d01e3307243b35f9243",
                "6bedf7d265f8fd42e747bc78a5e67073",
                "3e0e2ac8868b13b50bdc7f44b70bd908",
                "daef778097c875b02385a079987d1391",
            ],
            [
                "ca3dd632c82f691c9e57c8b6df25c525",
                "6c07152bab0a9cd48293c7b2ec0e3615",
                "f03b723505dce2579132042c76351b94",
                "2b0ffe1d67dda1f69a33fe78dd3aa5ca",
            ],
        ],
    );
}
