//! Sparsemax (Martins and Astudillo 2016), for tests only: the law of which every weight depends on all keys.
//!
//! Weights are p_i = max(βs_i − τ, 0), the threshold τ such that they add up to 1: the point of the simplex that is
//! closest to βs. With β = p/q everything below is an integer, overlaps being told in units of 1/q; so signs are exact.
//! It holds the seam: recall, steps and sweeps of a law over counts against the definition, key by key.

use std::cmp::Ordering;

use crate::separation::energy::Energy;
use crate::separation::law::{Law, exact_signs};
use crate::sign::evidence::{Evidence, WordSigns};
use crate::sign::self_term::{Diagonal, SelfTerm};
use crate::votes::WordVotes;
use crate::votes::counts::Counts;

/// β = p/q.
#[derive(Clone, Copy, Debug)]
struct Rational {
    p: i64,
    q: i64,
}

#[derive(Debug)]
struct Sparsemax {
    beta: Rational,
    /// Whether signs are asked of differences of energies.
    difference: bool,
}

/// The keys that have weight, and their energy.
#[derive(Clone, Copy, Debug, Default)]
struct Support {
    keys: i128,
    /// τ times `keys`.
    threshold: i128,
    /// Σ (βs)² over them.
    squares: i128,
}

impl Sparsemax {
    /// βs, in units of 1/q.
    fn scaled(&self, known: u32, distance: u32) -> i128 {
        i128::from(self.beta.p) * (i128::from(known) - 2 * i128::from(distance))
    }

    /// Of keys by ascending distance.
    fn support(&self, known: u32, keys: impl Iterator<Item = (u32, i128)>) -> Support {
        let mut support = Support { threshold: -i128::from(self.beta.q), ..Support::default() };
        for (h, count) in keys.filter(|keys| keys.1 > 0) {
            let z = self.scaled(known, h);
            if support.keys > 0 && support.keys * z <= support.threshold {
                break;
            }
            support.keys += count;
            support.threshold += count * z;
            support.squares += count * z * z;
        }
        support
    }

    /// Whether keys that are `farther` than the nearest have no weight, whatever the others.
    fn is_silent(&self, farther: u32) -> bool {
        // No weight exceeds 1, that of the nearest included.
        2 * self.beta.p * i64::from(farther) >= self.beta.q
    }
}

impl Support {
    /// −2 times the energy, times `keys`: Σ (z² − τ²) over the support.
    fn sharpness(self) -> i128 {
        self.keys * self.squares - self.threshold * self.threshold
    }
}

impl Law for Sparsemax {
    fn window(&self, _: u64, _: f64) -> u32 {
        (0..).find(|&farther| self.is_silent(farther)).unwrap_or(u32::MAX)
    }

    fn weigh(&self, keys: &mut dyn Iterator<Item = (u32, u64)>, nearest: u32) -> [f64; 2] {
        let beta = self.beta.p as f64 / self.beta.q as f64;
        let most = |h: u32| (1.0 - 2.0 * beta * f64::from(h.saturating_sub(nearest)) + 1e-9).max(0.0);
        let sum: f64 =
            keys.filter(|key| !self.is_silent(key.0.saturating_sub(nearest))).map(|(h, n)| n as f64 * most(h)).sum();
        [0.0, sum * (1.0 + 1e-9)]
    }

    fn word_signs(&self, evidence: Evidence<'_>, votes: &WordVotes, columns: u64) -> WordSigns {
        // With the bit up or down the nearest key may be one farther than the nearest of both.
        let nearest = evidence.nearest + u32::from(self.difference);
        match evidence.beyond.keys().next() {
            Some(&bound) if !self.is_silent(bound.saturating_sub(nearest)) => {
                WordSigns { open: columns, ..WordSigns::default() }
            }
            _ => exact_signs(self, evidence, votes, columns),
        }
    }

    fn sign(&self, known: u32, keys: &mut dyn Iterator<Item = (u32, u64)>, votes: &mut Vec<(u32, i64)>) -> Ordering {
        let vote_at = |h: u32| votes.binary_search_by_key(&h, |vote| vote.0).map_or(0, |at| i128::from(votes[at].1));
        let rows: Vec<(u32, i128, i128)> = keys.map(|(h, count)| (h, i128::from(count), vote_at(h))).collect();
        if self.difference {
            let [up, down] = [1, -1]
                .map(|bit| self.support(known, rows.iter().map(|&(h, count, vote)| (h, (count + bit * vote) / 2))));
            return (up.sharpness() * down.keys).cmp(&(down.sharpness() * up.keys));
        }
        let support = self.support(known, rows.iter().map(|row| (row.0, row.1)));
        let weight = |h: u32| (support.keys * self.scaled(known, h) - support.threshold).max(0);
        rows.iter().map(|&(h, _, vote)| weight(h) * vote).sum::<i128>().cmp(&0)
    }

    fn difference(&self) -> SelfTerm {
        SelfTerm::Difference
    }

    fn energy(&self, _: Diagonal, known: u32, keys: &Counts) -> Energy {
        let support = self.support(known, keys.counts().map(|(h, count)| (h, i128::from(count))));
        let unit = support.keys.max(1) * i128::from(self.beta.q) * i128::from(self.beta.q);
        Energy::real(support.sharpness() as f64 / (-2.0 * unit as f64))
    }
}

mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::dynamics::{Drawn, Limit, Order, Update, relax, sweep_order};
    use crate::patterns::{NoiseModel, add_noise};
    use crate::separation::field::Field;
    use crate::{Dynamics, Memory, Patterns, Progress, Queries, Query, Separation, Tie};

    fn field(beta: Rational, self_term: SelfTerm) -> Field {
        let law = Sparsemax { beta, difference: self_term == SelfTerm::Difference };
        // What it stands for is told of parts alone.
        Field::by(Box::new(law), Separation::Max, self_term)
    }

    /// From weights on few keys to weights on nearly all.
    fn betas() -> impl Strategy<Value = Rational> {
        prop::sample::select(vec![(1, 1), (1, 3), (2, 7), (1, 16), (1, 60), (1, 1000)])
            .prop_map(|(p, q)| Rational { p, q })
    }

    /// Few positions, with many ties, and more than a word.
    fn dims() -> impl Strategy<Value = usize> {
        prop_oneof![1usize..12, 12usize..64, 64usize..140]
    }

    /// Elements of −1, +1 and, where nothing is known, 0.
    type Elements = Vec<i128>;

    fn elements(query: &Query) -> Elements {
        let signs = query.signs().to_signs();
        let known = |j| query.known().is_none_or(|known| known.bits()[j]);
        signs.iter().enumerate().map(|(j, &sign)| if known(j) { sign.into() } else { 0 }).collect()
    }

    fn all(patterns: &Patterns) -> Vec<Elements> {
        patterns.iter().map(|pattern| elements(&Query::new(pattern))).collect()
    }

    /// Keys with noise, some with positions erased, and what is nowhere near.
    fn queries(keys: &Patterns, noise: f64, erased: bool, seed: u64) -> Queries {
        let dim = keys.dim();
        let near = add_noise(&keys.choose(4, seed, "near").unwrap(), noise, NoiseModel::Bernoulli, seed).unwrap();
        let mut starts = near;
        Patterns::random(3, dim, seed, "far").unwrap().iter().for_each(|start| starts.push(&start).unwrap());
        if !erased {
            return starts.into();
        }
        let known = Patterns::random(starts.len(), dim, seed, "known").unwrap();
        Queries::with_known(starts, known).unwrap()
    }

    fn product(a: &[i128], b: &[i128]) -> i128 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// Weights from the definition: for some number k of keys, those with weight k(βs − τ) > 0 add up to k.
    fn weights(z: &[i128], one: i128) -> (i128, Vec<i128>) {
        let mut sorted = z.to_vec();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let with = |k: usize| {
            let (keys, sum) = (k as i128, sorted[..k].iter().sum::<i128>());
            (keys, z.iter().map(|&z| (keys * z - sum + one).max(0)).collect::<Vec<_>>())
        };
        (1..=z.len()).map(with).find(|(keys, weights)| weights.iter().sum::<i128>() == keys * one).unwrap()
    }

    /// −2 times the energy, max over the simplex of Σ 2p_i z_i − p_i², as a fraction.
    fn sharpness(z: &[i128], one: i128) -> [i128; 2] {
        let (keys, weights) = weights(z, one);
        [2 * keys * product(&weights, z) - product(&weights, &weights), keys * keys]
    }

    /// The sign of one field from the definition.
    fn naive_sign(
        beta: Rational,
        self_term: SelfTerm,
        keys: &[Elements],
        values: &[Elements],
        state: &[i128],
        j: usize,
    ) -> Ordering {
        let one = i128::from(beta.q);
        let scaled = |bit: i128| -> Vec<i128> {
            let mut state = state.to_vec();
            state[j] = bit;
            keys.iter().map(|key| i128::from(beta.p) * product(&state, key)).collect()
        };
        let z = match self_term {
            SelfTerm::Kept => keys.iter().map(|key| i128::from(beta.p) * product(state, key)).collect(),
            SelfTerm::Zeroed => scaled(0),
            SelfTerm::Difference => {
                let [[up, of_up], [down, of_down]] = [1, -1].map(|bit| sharpness(&scaled(bit), one));
                return (up * of_down).cmp(&(down * of_up));
            }
        };
        weights(&z, one).1.iter().zip(values).map(|(weight, value)| weight * value[j]).sum::<i128>().cmp(&0)
    }

    /// A position's new bit, and whether its field is 0; ties stay.
    fn renewed(sign: Ordering, own: i128) -> (i128, bool) {
        match sign {
            Ordering::Greater => (1, false),
            Ordering::Less => (-1, false),
            Ordering::Equal => (if own < 0 { -1 } else { 1 }, true),
        }
    }

    /// Holds every step on the way of every start to the definition; returns how many there were.
    fn check_ways(memory: &Memory, starts: &Queries, beta: Rational, dynamics: Dynamics) -> usize {
        let dynamics = dynamics.traced(true).step_limit(12).unwrap();
        let (view, steps) = (memory.view(), Progress::NONE.begin(0));
        let field = field(beta, dynamics.self_term());
        let drawn = Drawn::default();
        let runs = relax(view.asked(&steps).unwrap(), &drawn, starts, &dynamics, &field).unwrap();
        let keys = all(&memory.keys().to_patterns().unwrap());
        let (dim, mut taken) = (memory.dim(), 0);
        for (index, run) in runs.iter().enumerate() {
            let trace: Vec<Elements> = run.trace.as_ref().unwrap().iter().map(elements).collect();
            let next = |sweep: usize| {
                let (mut state, mut ties) = (trace[sweep].clone(), 0);
                let order = match dynamics.choices().order {
                    Order::Random { seed } => sweep_order(seed, index as u64, sweep as u64, dim),
                    _ => (0..dim).collect(),
                };
                for j in order {
                    let synchronous = dynamics.choices().order == Order::Synchronous;
                    let seen = if synchronous { &trace[sweep] } else { &state };
                    let sign = naive_sign(beta, dynamics.self_term(), &keys, &keys, seen, j);
                    let (bit, tied) = renewed(sign, trace[sweep][j]);
                    state[j] = bit;
                    ties += u64::from(tied);
                }
                (state, ties)
            };
            for sweep in 0..trace.len() - 1 {
                assert_eq!(next(sweep).0, trace[sweep + 1], "step {sweep} of start {index}, {beta:?}, {dynamics:?}");
            }
            if run.limit == Limit::FixedPoint {
                let last = trace.len() - 1;
                assert_eq!(next(last), (trace[last].clone(), run.tied_bits), "the end of start {index}, {beta:?}");
            }
            let synchronous = dynamics.choices().order == Order::Synchronous;
            if dynamics.self_term() == SelfTerm::Difference && !synchronous && starts.known().is_none() {
                let energies: Vec<f64> = run.energies.iter().map(Energy::to_f64).collect();
                assert!(energies.is_sorted_by(|before, after| *after <= before + 1e-9), "{energies:?}");
            }
            taken += trace.len() - 1;
        }
        taken
    }

    fn by(self_term: SelfTerm) -> Dynamics {
        // The separation is not asked: the field has the law.
        let dynamics = Dynamics::new(Separation::Max);
        match self_term {
            SelfTerm::Kept => dynamics.update(Update::Field).diagonal(Diagonal::Keep),
            SelfTerm::Zeroed => dynamics.update(Update::Field).diagonal(Diagonal::Zero),
            SelfTerm::Difference => dynamics.update(Update::Difference),
        }
    }

    fn self_terms() -> impl Strategy<Value = SelfTerm> {
        prop::sample::select(vec![SelfTerm::Kept, SelfTerm::Zeroed, SelfTerm::Difference])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn recall_is_the_definition(
            n in 1usize..60, dim in dims(), value_dim in 1usize..70, noise in 0.0..0.3, erased: bool,
            beta in betas(), seed: u64,
        ) {
            let keys = Patterns::random(n, dim, seed, "keys").unwrap();
            let values = Patterns::random(n, value_dim, seed, "values").unwrap();
            let queries = queries(&keys, noise, erased, seed);
            let memory = Memory::hetero_associative(keys.clone(), values.clone()).unwrap();
            let (view, steps, field) = (memory.view(), Progress::NONE.begin(0), field(beta, SelfTerm::Kept));
            let answers = view.asked(&steps).unwrap().answers(&queries, &field, Tie::Minus).unwrap();
            let (keys, values) = (all(&keys), all(&values));
            for (query, answer) in queries.iter().zip(&answers) {
                let query = elements(&query);
                for j in 0..value_dim {
                    let sign = naive_sign(beta, SelfTerm::Kept, &keys, &values, &query, j);
                    prop_assert_eq!(answer.pattern.bits()[j], sign == Ordering::Greater, "bit {} under {:?}", j, beta);
                    prop_assert_eq!(answer.tied.bits()[j], sign == Ordering::Equal, "tie {} under {:?}", j, beta);
                }
            }
        }

        #[test]
        fn steps_are_the_definition(
            n in 1usize..40, dim in dims(), noise in 0.0..0.4, erased: bool,
            beta in betas(), self_term in self_terms(), seed: u64,
        ) {
            let keys = Patterns::random(n, dim, seed, "keys").unwrap();
            let starts = queries(&keys, noise, erased, seed);
            check_ways(&Memory::auto_associative(keys).unwrap(), &starts, beta, by(self_term));
        }

        #[test]
        fn sweeps_are_the_definition(
            n in 1usize..40, dim in dims(), noise in 0.0..0.4, erased: bool,
            beta in betas(), self_term in self_terms(),
            order in prop::sample::select(vec![Order::Fixed, Order::Random { seed: 5 }]), seed: u64,
        ) {
            let keys = Patterns::random(n, dim, seed, "keys").unwrap();
            let starts = queries(&keys, noise, erased, seed);
            check_ways(&Memory::auto_associative(keys).unwrap(), &starts, beta, by(self_term).order(order));
        }
    }

    /// What is held above went every way of recall: the nearest key alone, near keys, and all keys.
    #[test]
    fn every_way_is_gone() {
        let keys = Patterns::random(60, 130, 3, "keys").unwrap();
        let memory = Memory::auto_associative(keys.clone()).unwrap();
        let queries = queries(&keys, 0.1, false, 3);
        let mut reasons = BTreeSet::new();
        for (p, q) in [(1, 1), (1, 16), (1, 1000)] {
            for self_term in [SelfTerm::Kept, SelfTerm::Zeroed, SelfTerm::Difference] {
                let (view, steps) = (memory.view(), Progress::NONE.begin(0));
                let field = field(Rational { p, q }, self_term);
                let answers = view.asked(&steps).unwrap().answers(&queries, &field, Tie::Stay).unwrap();
                let reason = |reason: crate::recall::Reason| (format!("{self_term:?}"), reason.name());
                reasons.extend(answers.iter().map(|answer| reason(answer.report.certificate.reason)));
            }
        }
        let of =
            |self_term: &str| reasons.iter().filter(|reason| reason.0 == self_term).map(|r| r.1).collect::<Vec<_>>();
        assert_eq!(of("Kept"), ["dominant", "full", "votes"]);
        assert_eq!(of("Zeroed"), ["full", "votes"]);
        assert_eq!(of("Difference"), ["full", "votes"]);
    }

    /// And ways have steps.
    #[test]
    fn states_change_on_the_way() {
        let keys = Patterns::random(40, 70, 3, "keys").unwrap();
        let memory = Memory::auto_associative(keys.clone()).unwrap();
        let starts = queries(&keys, 0.3, true, 3);
        for self_term in [SelfTerm::Kept, SelfTerm::Zeroed, SelfTerm::Difference] {
            for order in [Order::Synchronous, Order::Fixed, Order::Random { seed: 5 }] {
                let taken = check_ways(&memory, &starts, Rational { p: 1, q: 60 }, by(self_term).order(order));
                assert!(taken > starts.len(), "{self_term:?}, {order:?}: {taken} steps");
            }
        }
    }
}
