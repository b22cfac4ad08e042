//! Segments whose files are damaged: bits beyond the dimension and in lanes without a pattern. Answers may be wrong and
//! calls may be refused, but nothing panics, hangs or reads out of bounds.

use popfield_kernels::Lanes;
use rand_xoshiro::rand_core::Rng;

use super::*;
use crate::dynamics::{Diagonal, Update};
use crate::patterns::contents::Contents;
use crate::patterns::stream;
use crate::tiers::{TIERS, TierInfo};

/// Any lanes.
#[derive(Debug)]
struct Damaged {
    lanes: Vec<Lanes>,
    len: usize,
}

impl Segment for Damaged {
    fn lanes(&self) -> &[Lanes] {
        &self.lanes
    }

    fn len(&self) -> usize {
        self.len
    }
}

/// How bits are damaged.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// All beyond the dimension are set, and in lanes without a pattern.
    Beyond,
    /// A file of ones.
    Ones,
    /// Any bits.
    Random,
}

/// `len` patterns in segments of these lengths, all of whose bits may be wrong.
fn side(len: usize, dim: usize, lengths: &[usize], damage: Damage, seed: u64) -> Side {
    let (words, mut left, mut rng) = (dim.div_ceil(64), len, stream(seed, "damage", dim as u64));
    let tail = crate::patterns::pattern::tail_mask(dim);
    let mut segments: Vec<Arc<dyn Segment>> = Vec::new();
    for length in lengths.iter().copied().chain([len]) {
        let len = length.min(left);
        left -= len;
        let whole = Patterns::random(len, dim, seed, "keys").unwrap();
        let mut lanes = whole.lanes().to_vec();
        for (at, lanes) in lanes.iter_mut().enumerate() {
            for word in &mut lanes.0 {
                *word = match damage {
                    // Of words that are not the last it says nothing, but to set a few does no harm.
                    Damage::Beyond if words == 1 || at % 3 == 0 => *word | !tail,
                    Damage::Beyond => *word,
                    Damage::Ones => u64::MAX,
                    Damage::Random => rng.next_u64(),
                };
            }
        }
        segments.push(Arc::new(Damaged { lanes, len }));
    }
    Side::new(dim, segments).unwrap()
}

/// Calls everything; what comes of it does not matter.
fn call_everything(memory: &Memory, queries: &Queries, seed: u64) {
    let betas = [1e-9, 0.01, 0.5, 1e9];
    let separations = betas.map(|beta| Separation::exponential(beta).unwrap()).into_iter().chain([
        Separation::Linear,
        Separation::Max,
        Separation::polynomial(2).unwrap(),
        Separation::polynomial(63).unwrap(),
    ]);
    let odd: Vec<u64> = memory.ids().skip(1).step_by(2).collect();
    let scope = memory.scope(None, &odd, Missing::Refuse).unwrap();
    for separation in separations {
        for view in [memory.view(), memory.within(&scope)] {
            let _ = view.recall(queries, &Recall::new(separation));
        }
        for query in queries.iter() {
            let Ok(partial) = memory.partial(&query, separation, 0) else { continue };
            let Ok(mut closing) = partial.close(Tie::Minus) else { continue };
            for request in closing.requests(1) {
                let _ = memory.votes(&request).and_then(|votes| closing.resolve(&votes));
            }
            let _ = closing.finish();
        }
        for order in [Order::Synchronous, Order::Fixed, Order::Random { seed }] {
            for (update, diagonal) in
                [(Update::Field, Diagonal::Keep), (Update::Field, Diagonal::Zero), (Update::Difference, Diagonal::Zero)]
            {
                let dynamics = Dynamics::new(separation).order(order).update(update).diagonal(diagonal);
                let _ = memory.relax(&queries.range(0..2).unwrap(), &dynamics.step_limit(2).unwrap());
            }
        }
    }
    for view in [memory.view(), memory.within(&scope)] {
        for top in [1, 5, memory.len()] {
            let _ = view.search_top(queries, top);
        }
        let _ = view.search_radius(queries, memory.dim() as u32 / 2);
        let _ = view.search_radius(queries, u32::MAX);
        for beta in betas.map(|beta| Beta::new(beta).unwrap()) {
            let _ = view.attend(queries, beta);
            let _ = view.attention_weights(queries, beta);
        }
    }
    let _ = memory.overlaps(queries);
    let _ = memory.write_to(&mut std::io::sink());
    // What is handed out is always whole.
    let tail = crate::patterns::pattern::tail_mask(memory.dim());
    assert!(memory.keys().iter().all(|key| key.words().last().unwrap() & !tail == 0));
    let _ = memory.recall(&memory.keys().range(0..9).unwrap().into(), &Recall::new(Separation::Linear));
}

#[cfg(feature = "learning")]
fn learn_everything(memory: &Memory, queries: &Queries) {
    use crate::learning::{Dependence, Hebb, PseudoInverse, Rule, Spectrum, Storkey};
    let moore_penrose = PseudoInverse { dependence: Dependence::MoorePenrose };
    for rule in [&Hebb as &dyn Rule, &PseudoInverse::default(), &moore_penrose, &Storkey] {
        let Ok(network) = rule.learn(memory) else { continue };
        let _ = Spectrum::new(&*network);
        for diagonal in [Diagonal::Keep, Diagonal::Zero] {
            let _ = network.recall(queries, diagonal, 2, Tie::Plus);
            for order in [Order::Synchronous, Order::Fixed] {
                let dynamics = Dynamics::new(Separation::Linear).diagonal(diagonal).order(order).step_limit(2).unwrap();
                let _ = network.relax(queries, &dynamics);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn damaged_bits_make_nothing_panic(
        n in prop_oneof![3 => 1usize..60, 1 => 300usize..1500], dim in prop_oneof![4 => 1usize..140, 1 => 500usize..600],
        value_dim in prop_oneof![2 => Just(None), 1 => (1usize..140).prop_map(Some)], lengths in prop::collection::vec(1usize..100, 0..4),
        damage in prop::sample::select(vec![Damage::Beyond, Damage::Ones, Damage::Random]), erased: bool, sparse: bool, seed: u64,
    ) {
        let keys = side(n, dim, &lengths, damage, seed);
        let values = value_dim.map(|dim| side(n, dim, &lengths, damage, seed ^ 1));
        let memory = Memory::of_sides(keys, values).unwrap();
        let memory = if sparse && n > 3 {
            let mut live = Bits::filled(n, true, "bits").unwrap();
            (0..n).step_by(3).for_each(|place| live.set(place, false));
            Memory::of_contents(Contents { live: Some(live), ..memory.contents() }).unwrap()
        } else { memory };
        let prompts = Patterns::random(9, dim, seed, "queries").unwrap();
        let known = if erased { Patterns::random(9, dim, seed, "known") } else { Patterns::filled(9, dim, true) }.unwrap();
        let queries = if erased { Queries::with_known(prompts, known).unwrap() } else { prompts.into() };
        for tier in TIERS.iter().filter_map(TierInfo::tier) {
            let memory = memory.clone().with_tier(tier);
            call_everything(&memory, &queries, seed);
            #[cfg(feature = "learning")]
            if n < 60 && dim < 140 {
                learn_everything(&memory, &queries);
            }
        }
    }
}
