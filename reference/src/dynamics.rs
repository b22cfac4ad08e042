//! Hopfield networks: a state updated by the keys it is compared with, until it no longer changes.
//!
//! A state x is a vector of ±1; a start state may hold 0 where an element is not known. s_i = ⟨x, x_i⟩ is its overlap
//! with key i, and s_i^(j) = s_i − x_j x_ij the overlap without position j. The separation f is that of the recall, and
//! F its companion in the energy: s² (linear), s^(K+1) (polynomial of degree K), e^{βs} (exponential).

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use num_bigint::BigInt;

use crate::{Oracle, Separation, Tie, distance, overlap};

/// What the field of a position j is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Σ_i f(s_i) · x_ij; for the maximum, the keys of largest s_i vote.
    FieldKept,
    /// Σ_i f(s_i^(j)) · x_ij; for the maximum, the keys of largest s_i^(j) vote.
    FieldZeroed,
    /// Σ_i [F(s_i^(j) + x_ij) − F(s_i^(j) − x_ij)]; for the maximum, max_i(s_i^(j) + x_ij) − max_i(s_i^(j) − x_ij).
    Difference,
}

/// The energy of a state.
#[derive(Clone, Debug, PartialEq)]
pub enum Energy {
    /// Twice the energy, an integer.
    Twice(BigInt),
    /// The energy in f64.
    Real(f64),
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The last state is its own successor.
    FixedPoint,
    /// The successor of the last state is the state so many steps before that successor (at least two).
    Cycle(usize),
    /// No further step was allowed.
    StepLimit,
}

/// The states that a network goes through.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The states x_0, x_1, …, each once where the run ends in a fixed point or a cycle.
    pub states: Vec<Vec<i8>>,
    /// The energy of each of them.
    pub energies: Vec<Energy>,
    /// Positions whose field was exactly 0 in the last step that was computed: the one that showed the fixed point,
    /// closed the cycle, or was the last allowed. 0 if no step was allowed.
    pub tied: u64,
    /// Why it ended.
    pub limit: Limit,
}

/// What a state has to do with the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It is this key, the first that it is.
    Stored(usize),
    /// It is the complement of this key, the first that it is, and is no key itself.
    Complement(usize),
    /// It is nearly this key, with sign +1, or nearly the complement of this key, with sign −1.
    Near {
        /// The key, that of largest |overlap|.
        key: usize,
        /// The sign of the overlap.
        sign: i8,
        /// Positions at which the state differs.
        distance: u32,
    },
    /// It is nearly the majority of three or more, an odd number, of keys or complements of keys.
    Mixture {
        /// The keys, those of largest |overlap| first, with the signs of the overlaps.
        members: Vec<(usize, i8)>,
        /// Positions at which the state differs from the majority.
        distance: u32,
    },
    /// None of these.
    Spurious,
}

/// s_i^(j): the overlap of the state with the key, position j left out.
fn overlap_without(state: &[i8], key: &[i8], j: usize) -> i64 {
    overlap(state, key) - i64::from(state[j]) * i64::from(key[j])
}

/// The sign of the field of position j, exactly.
pub fn field_sign(
    oracle: &mut Oracle,
    keys: &[Vec<i8>],
    state: &[i8],
    j: usize,
    separation: Separation,
    update: Update,
) -> Ordering {
    // Σ_i f(…) x_ij, as the sum of the x_ij over the keys of each overlap.
    let mut votes = BTreeMap::new();
    match update {
        Update::FieldKept => {
            for key in keys {
                *votes.entry(overlap(state, key)).or_insert(0) += i64::from(key[j]);
            }
            oracle.sign(&votes, separation)
        }
        Update::FieldZeroed => {
            for key in keys {
                *votes.entry(overlap_without(state, key, j)).or_insert(0) += i64::from(key[j]);
            }
            oracle.sign(&votes, separation)
        }
        Update::Difference => {
            // s_i^(j) ± x_ij: the overlaps that the keys would have if the position were +1, and if it were −1.
            let up = keys.iter().map(|key| overlap_without(state, key, j) + i64::from(key[j]));
            let down = keys.iter().map(|key| overlap_without(state, key, j) - i64::from(key[j]));
            match separation {
                Separation::Linear => power_sum(up, 2).cmp(&power_sum(down, 2)),
                Separation::Polynomial(degree) => power_sum(up, degree + 1).cmp(&power_sum(down, degree + 1)),
                Separation::Exponential(_) => {
                    // F is f here, so that the difference is a sum of votes too.
                    for s in up {
                        *votes.entry(s).or_insert(0) += 1;
                    }
                    for s in down {
                        *votes.entry(s).or_insert(0) -= 1;
                    }
                    oracle.sign(&votes, separation)
                }
                Separation::Max => up.max().cmp(&down.max()),
            }
        }
    }
}

/// Σ s^exponent.
fn power_sum(overlaps: impl Iterator<Item = i64>, exponent: u32) -> BigInt {
    overlaps.map(|s| BigInt::from(s).pow(exponent)).sum()
}

/// The new element of a position, by the sign of its field and its old element.
pub fn update(sign: Ordering, old: i8, tie: Tie) -> i8 {
    match (sign, tie) {
        (Ordering::Greater, _) | (Ordering::Equal, Tie::Plus) => 1,
        (Ordering::Less, _) | (Ordering::Equal, Tie::Minus) => -1,
        (Ordering::Equal, Tie::Stay) => {
            if old == 0 {
                1
            } else {
                old
            }
        }
    }
}

/// The energy of a state.
///
/// - Linear: −½ Σ_i s_i² if the field keeps the position itself, else −½ Σ_i (s_i² − m), m positions being known.
/// - Polynomial of degree K: −Σ_i s_i^(K+1).
/// - Maximum: −max_i s_i.
/// - Exponential: −(max s + (1/β) · ln Σ_i e^{β(s_i − max s)}).
pub fn energy(keys: &[Vec<i8>], state: &[i8], separation: Separation, update: Update) -> Energy {
    let overlaps: Vec<i64> = keys.iter().map(|key| overlap(state, key)).collect();
    let largest = *overlaps.iter().max().expect("a network has at least one key");
    match separation {
        Separation::Linear => {
            let squares = power_sum(overlaps.iter().copied(), 2);
            let known = state.iter().filter(|&&element| element != 0).count();
            match update {
                Update::FieldKept => Energy::Twice(-squares),
                Update::FieldZeroed | Update::Difference => Energy::Twice(-(squares - keys.len() * known)),
            }
        }
        Separation::Polynomial(degree) => Energy::Twice(power_sum(overlaps.iter().copied(), degree + 1) * -2),
        Separation::Max => Energy::Twice(BigInt::from(-2 * largest)),
        Separation::Exponential(beta) => {
            let sum: f64 = overlaps.iter().map(|&s| (beta * (s - largest) as f64).exp()).sum();
            Energy::Real(-(largest as f64 + sum.ln() / beta))
        }
    }
}

/// Updates all positions that are not clamped at once, over and over, `step_limit` times at most.
#[expect(clippy::too_many_arguments, reason = "the network and the start, spelled out")]
pub fn synchronous(
    oracle: &mut Oracle,
    keys: &[Vec<i8>],
    start: &[i8],
    separation: Separation,
    update: Update,
    tie: Tie,
    clamped: &[usize],
    step_limit: usize,
) -> Run {
    let step = |_, old: &[i8]| {
        let mut new = old.to_vec();
        let mut tied = 0;
        for j in (0..old.len()).filter(|j| !clamped.contains(j)) {
            let sign = field_sign(oracle, keys, old, j, separation, update);
            tied += u64::from(sign == Ordering::Equal);
            new[j] = self::update(sign, old[j], tie);
        }
        (new, tied)
    };
    run(start, clamped, step_limit, true, step, |state| energy(keys, state, separation, update))
}

/// Updates the positions that are not clamped one after the other, each from the state that the one before it left.
///
/// `orders[t]` is the order of the positions in sweep t, and there are no more sweeps than orders. `repeats` says that
/// all orders are the same: only then does a state that comes again come again for ever.
#[expect(clippy::too_many_arguments, reason = "the network and the start, spelled out")]
pub fn asynchronous(
    oracle: &mut Oracle,
    keys: &[Vec<i8>],
    start: &[i8],
    separation: Separation,
    update: Update,
    tie: Tie,
    clamped: &[usize],
    orders: &[Vec<usize>],
    repeats: bool,
) -> Run {
    for order in orders {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..start.len()), "an order names each position once");
    }
    assert!(!repeats || orders.windows(2).all(|pair| pair[0] == pair[1]), "orders that repeat are the same");
    let step = |t: usize, old: &[i8]| {
        let mut state = old.to_vec();
        let mut tied = 0;
        for &j in orders[t].iter().filter(|j| !clamped.contains(j)) {
            let sign = field_sign(oracle, keys, &state, j, separation, update);
            tied += u64::from(sign == Ordering::Equal);
            state[j] = self::update(sign, state[j], tie);
        }
        (state, tied)
    };
    run(start, clamped, orders.len(), repeats, step, |state| energy(keys, state, separation, update))
}

/// Goes from x_0 to x_1, x_2, …, until x_{t+1} = x_t or, if `cycles` are looked for, x_{t+1} is some earlier state.
/// `step(t, x_t)` is x_{t+1} and the number of positions that tied.
fn run(
    start: &[i8],
    clamped: &[usize],
    step_limit: usize,
    cycles: bool,
    mut step: impl FnMut(usize, &[i8]) -> (Vec<i8>, u64),
    energy: impl Fn(&[i8]) -> Energy,
) -> Run {
    assert!(clamped.iter().all(|&j| start[j] != 0), "a clamped position is known");
    let mut states = vec![start.to_vec()];
    let mut tied = 0;
    let mut limit = Limit::StepLimit;
    for t in 0..step_limit {
        let new;
        (new, tied) = step(t, &states[t]);
        if new == states[t] {
            limit = Limit::FixedPoint;
            break;
        }
        if cycles && let Some(earlier) = states.iter().position(|state| *state == new) {
            limit = Limit::Cycle(t + 1 - earlier);
            break;
        }
        states.push(new);
    }
    let energies = states.iter().map(|state| energy(state)).collect();
    Run { states, energies, tied, limit }
}

/// What a state has to do with the keys.
///
/// The keys are ranked by |s_i|, equal ones by lower id. Of the majorities of the first 1, 3, 5, 7 and 9 (as far as
/// there are so many keys), each key taken with the sign of its overlap (+1 for 0), the one nearest to the state counts,
/// the smaller one among equals: if the state differs from that in at most d/20 positions, it is near the one key, or a
/// mixture of the several.
pub fn end_state(keys: &[Vec<i8>], state: &[i8]) -> End {
    if let Some(id) = keys.iter().position(|key| key == state) {
        return End::Stored(id);
    }
    let complement: Vec<i8> = state.iter().map(|element| -element).collect();
    if let Some(id) = keys.iter().position(|key| *key == complement) {
        return End::Complement(id);
    }

    let overlaps: Vec<i64> = keys.iter().map(|key| overlap(state, key)).collect();
    let mut ranked: Vec<usize> = (0..keys.len()).collect();
    ranked.sort_by_key(|&id| (Reverse(overlaps[id].abs()), id));
    let signed: Vec<(usize, i8)> = ranked.iter().map(|&id| (id, if overlaps[id] >= 0 { 1 } else { -1 })).collect();

    // The first of the nearest, as `min_by_key` finds it, is the smallest.
    let nearest = [1, 3, 5, 7, 9]
        .into_iter()
        .filter(|&k| k <= keys.len())
        .map(|k| {
            let members = &signed[..k];
            let majority: Vec<i8> = (0..state.len())
                .map(|j| {
                    // An odd number of ±1: never 0.
                    let sum: i8 = members.iter().map(|&(id, sign)| sign * keys[id][j]).sum();
                    sum.signum()
                })
                .collect();
            (distance(state, &majority), members)
        })
        .min_by_key(|mixture| mixture.0);
    match nearest {
        Some((distance, members)) if distance as usize <= state.len() / 20 => match *members {
            [(key, sign)] => End::Near { key, sign, distance },
            _ => End::Mixture { members: members.to_vec(), distance },
        },
        _ => End::Spurious,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINEAR: Separation = Separation::Linear;
    const SQUARE: Separation = Separation::Polynomial(2);

    fn twice(energies: &[i64]) -> Vec<Energy> {
        energies.iter().map(|&e| Energy::Twice(BigInt::from(e))).collect()
    }

    /// Repeatable elements ±1 by a linear congruential generator.
    fn pattern(seed: &mut u64, dim: usize) -> Vec<i8> {
        (0..dim)
            .map(|_| {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if *seed >> 63 == 0 { 1 } else { -1 }
            })
            .collect()
    }

    #[test]
    fn fields_by_hand() {
        use Ordering::{Equal, Greater, Less};
        let keys = [vec![1, 1, 1], vec![1, -1, -1], vec![-1, 1, -1]];
        let mut oracle = Oracle::default();
        let mut signs = |state: &[i8], j, separation| {
            [Update::FieldKept, Update::FieldZeroed, Update::Difference]
                .map(|update| field_sign(&mut oracle, &keys, state, j, separation, update))
        };
        // s = 3, −1, −1 and without position 0: 2, −2, 0.
        let state = [1, 1, 1];
        // 3 − 1 + 1; 2 − 2; (9 − 1) + (1 − 9) + (1 − 1).
        assert_eq!(signs(&state, 0, LINEAR), [Greater, Equal, Equal]);
        // 9 + 1 − 1; 4 + 4 − 0; (27 − 1) + (−1 + 27) + (−1 − 1).
        assert_eq!(signs(&state, 0, SQUARE), [Greater, Greater, Greater]);
        // Key 0 votes; key 0 votes; 3 − 1.
        assert_eq!(signs(&state, 0, Separation::Max), [Greater, Greater, Greater]);
        // s = 0, 0, 2 and without position 0, which is not known, the same.
        let state = [0, 1, -1];
        // −2 thrice over; (1 − 1) + (1 − 1) + (1 − 9).
        assert_eq!(signs(&state, 0, LINEAR), [Less, Less, Less]);
        // s = 1, −1, 1 with position 2 not known: keys 0 and 2 tie for the maximum, and max(2, −2, 0) = max(0, 0, 2).
        let state = [0, 1, 0];
        assert_eq!(signs(&state, 2, Separation::Max), [Equal, Equal, Equal]);
        // s = −1, −1, −1 and without position 0: 0, 0, −2.
        let state = [-1, -1, 1];
        // −1 − 1 + 1; 0 + 0 − (−2); (1 − 1) + (1 − 1) + (9 − 1).
        assert_eq!(signs(&state, 0, LINEAR), [Less, Greater, Greater]);
        // 1 + 1 − 1; 0 + 0 − 4; (1 + 1) + (1 + 1) + (−27 + 1).
        assert_eq!(signs(&state, 0, SQUARE), [Greater, Less, Less]);
        // All vote; keys 0 and 1 vote; max(1, 1, −3) − max(−1, −1, −1).
        assert_eq!(signs(&state, 0, Separation::Max), [Greater, Greater, Greater]);
    }

    #[test]
    fn exponential_fields_by_hand() {
        use Ordering::{Equal, Greater, Less};
        // s = 3, −1 thrice, and without position 0: 2, 0 thrice.
        let keys = [vec![1, 1, 1], vec![-1, 1, -1], vec![-1, 1, -1], vec![-1, 1, -1]];
        let state = [1, 1, 1];
        let mut oracle = Oracle::default();
        let mut signs = |beta| {
            [Update::FieldKept, Update::FieldZeroed, Update::Difference]
                .map(|update| field_sign(&mut oracle, &keys, &state, 0, Separation::Exponential(beta), update))
        };
        // e^{3β} − 3e^{−β} > 0 if β > ln 3 / 4 = 0.2746…; e^{2β} − 3 > 0 if β > ln 3 / 2 = 0.5493…; and
        // e^{3β} − e^β + 3(e^{−β} − e^β) = e^{−β}(e^{2β} − 1)(e^{2β} − 3).
        assert_eq!(signs(0.25), [Less, Less, Less]);
        assert_eq!(signs(0.5), [Greater, Less, Less]);
        assert_eq!(signs(0.5625), [Greater, Greater, Greater]);

        // A key and its mirror image in position 0 have the same overlap without it.
        let keys = [vec![1, 1, 1], vec![-1, 1, 1]];
        let mut sign = |update| field_sign(&mut oracle, &keys, &state, 0, Separation::Exponential(1.0), update);
        assert_eq!(sign(Update::FieldKept), Greater);
        assert_eq!(sign(Update::FieldZeroed), Equal);
        assert_eq!(sign(Update::Difference), Equal);
    }

    #[test]
    fn ties() {
        for old in [-1, 0, 1] {
            for tie in [Tie::Plus, Tie::Minus, Tie::Stay] {
                assert_eq!(update(Ordering::Greater, old, tie), 1);
                assert_eq!(update(Ordering::Less, old, tie), -1);
            }
            assert_eq!(update(Ordering::Equal, old, Tie::Plus), 1);
            assert_eq!(update(Ordering::Equal, old, Tie::Minus), -1);
        }
        assert_eq!([-1, 0, 1].map(|old| update(Ordering::Equal, old, Tie::Stay)), [-1, 1, 1]);
    }

    #[test]
    fn energies_by_hand() {
        let keys = [vec![1, 1, 1], vec![1, -1, -1], vec![-1, 1, -1]];
        let energy = |state: &[i8], separation, update| energy(&keys, state, separation, update);
        let twice = |e: i64| Energy::Twice(BigInt::from(e));
        // s = 3, −1, −1.
        let state = [1, 1, 1];
        assert_eq!(energy(&state, LINEAR, Update::FieldKept), twice(-11));
        assert_eq!(energy(&state, LINEAR, Update::FieldZeroed), twice(-2));
        assert_eq!(energy(&state, LINEAR, Update::Difference), twice(-2));
        // s = 2, 0, −2, two positions known.
        assert_eq!(energy(&[1, 0, 1], LINEAR, Update::FieldKept), twice(-8));
        assert_eq!(energy(&[1, 0, 1], LINEAR, Update::FieldZeroed), twice(-2));
        for update in [Update::FieldKept, Update::FieldZeroed, Update::Difference] {
            assert_eq!(energy(&state, SQUARE, update), twice(-50));
            assert_eq!(energy(&state, Separation::Polynomial(1), update), twice(-22));
            assert_eq!(energy(&state, Separation::Max, update), twice(-6));
            // −(3 + 2 ln(1 + 2e^{−2})), β being ½.
            let Energy::Real(e) = energy(&state, Separation::Exponential(0.5), update) else { panic!("a real energy") };
            assert!((e + 3.479_089_5).abs() < 1e-6, "{e}");
        }
        // −(−1 + ln 3): all overlaps are −1.
        let Energy::Real(e) = energy(&[-1, -1, 1], Separation::Exponential(1.0), Update::FieldKept) else {
            panic!("a real energy")
        };
        assert!((e - (1.0 - 3f64.ln())).abs() < 1e-15, "{e}");
    }

    #[test]
    fn synchronous_cycle_of_two() {
        // Without itself, each of the two positions takes the other's element.
        let keys = [vec![1, 1]];
        let mut oracle = Oracle::default();
        let mut run = |start: &[i8], clamped: &[usize], step_limit| {
            synchronous(&mut oracle, &keys, start, LINEAR, Update::FieldZeroed, Tie::Stay, clamped, step_limit)
        };
        let cycle = run(&[1, -1], &[], 2);
        assert_eq!(cycle.states, [[1, -1], [-1, 1]]);
        assert_eq!(cycle.energies, twice(&[2, 2]));
        assert_eq!((cycle.tied, cycle.limit), (0, Limit::Cycle(2)));
        // One step does not close the cycle, and without a step there is only the start.
        let cut = run(&[1, -1], &[], 1);
        assert_eq!((cut.states, cut.limit), (cycle.states, Limit::StepLimit));
        let none = run(&[1, 1], &[], 0);
        assert_eq!((none.states, none.tied, none.limit), (vec![vec![1, 1]], 0, Limit::StepLimit));
        let fixed = run(&[1, 1], &[], 1);
        assert_eq!((fixed.states, fixed.tied, fixed.limit), (vec![vec![1, 1]], 0, Limit::FixedPoint));
        // Held to +1, position 0 draws position 1 along.
        let clamped = run(&[1, -1], &[0], 9);
        assert_eq!(clamped.states, [[1, -1], [1, 1]]);
        assert_eq!(clamped.energies, twice(&[2, -2]));
        assert_eq!(clamped.limit, Limit::FixedPoint);
        // A run may come to its cycle later: position 1 sees nothing of position 0 at first, a tie.
        let late = synchronous(&mut oracle, &keys, &[0, -1], LINEAR, Update::FieldZeroed, Tie::Plus, &[], 9);
        assert_eq!(late.states, [[0, -1], [-1, 1], [1, -1]]);
        assert_eq!((late.tied, late.limit), (0, Limit::Cycle(2)));
    }

    #[test]
    fn unknown_positions_are_filled_in() {
        let keys = [vec![1, 1, -1]];
        let mut oracle = Oracle::default();
        let mut run = |tie, step_limit| {
            synchronous(&mut oracle, &keys, &[1, 0, 0], LINEAR, Update::FieldZeroed, tie, &[], step_limit)
        };
        // Position 0 sees nothing of the others in the first step.
        let stay = run(Tie::Stay, 5);
        assert_eq!(stay.states, [[1, 0, 0], [1, 1, -1]]);
        assert_eq!(stay.energies, twice(&[0, -6]));
        assert_eq!((stay.tied, stay.limit), (0, Limit::FixedPoint));
        let cut = run(Tie::Stay, 1);
        assert_eq!((cut.states, cut.tied, cut.limit), (stay.states, 1, Limit::StepLimit));
        // (−, +, −) is put right by the second step: position 0 by 1 + 1, but −1 + 1 leaves positions 1
        // and 2 with a tie.
        let minus = run(Tie::Minus, 5);
        assert_eq!(minus.states[..3], [[1, 0, 0], [-1, 1, -1], [1, -1, -1]]);
    }

    #[test]
    fn asynchronous_sweeps() {
        let mut oracle = Oracle::default();
        // From (+, −), the first position updated takes the other's element.
        let keys = [vec![1, 1]];
        for (order, end) in [(vec![0, 1], [-1, -1]), (vec![1, 0], [1, 1])] {
            let orders = vec![order; 4];
            let run =
                asynchronous(&mut oracle, &keys, &[1, -1], LINEAR, Update::FieldZeroed, Tie::Stay, &[], &orders, true);
            assert_eq!(run.states, [[1, -1], end]);
            assert_eq!(run.energies, twice(&[2, -2]));
            assert_eq!((run.tied, run.limit), (0, Limit::FixedPoint));
        }

        // s² · x_i0 with the position itself kept: from (+, +), s = 0, a tie, which goes to −; from (−, +), s = −2 and
        // the field is 4.
        let keys = [vec![1, -1]];
        let mut run = |sweeps: usize, repeats| {
            let orders = vec![vec![0, 1]; sweeps];
            asynchronous(&mut oracle, &keys, &[1, 1], SQUARE, Update::FieldKept, Tie::Minus, &[1], &orders, repeats)
        };
        let cycle = run(5, true);
        assert_eq!(cycle.states, [[1, 1], [-1, 1]]);
        assert_eq!(cycle.energies, twice(&[0, 16]));
        assert_eq!((cycle.tied, cycle.limit), (0, Limit::Cycle(2)));
        let open = run(5, false);
        assert_eq!(open.states, [[1, 1], [-1, 1], [1, 1], [-1, 1], [1, 1], [-1, 1]]);
        assert_eq!((open.tied, open.limit), (1, Limit::StepLimit));
    }

    /// The difference is by how much the energy falls from −1 to +1 in the position (for the exponential, that of
    /// e^{−βE}), so that no sweep raises it.
    #[test]
    fn energy_never_rises() {
        let mut oracle = Oracle::default();
        let mut seed = 1;
        for case in 0..20 {
            let keys: Vec<_> = (0..1 + case % 5).map(|_| pattern(&mut seed, 9)).collect();
            let start = pattern(&mut seed, 9);
            let orders: Vec<Vec<usize>> = (0..20).map(|t| (0..9).map(|k| (k * 4 + t) % 9).collect()).collect();
            for (separation, update) in [
                (LINEAR, Update::FieldZeroed),
                (LINEAR, Update::Difference),
                (SQUARE, Update::Difference),
                (Separation::Polynomial(3), Update::Difference),
                (Separation::Exponential(0.3), Update::Difference),
                (Separation::Max, Update::Difference),
            ] {
                let run = asynchronous(&mut oracle, &keys, &start, separation, update, Tie::Stay, &[4], &orders, false);
                assert_eq!(run.limit, Limit::FixedPoint);
                assert!(run.states.iter().all(|state| state[4] == start[4]));
                for pair in run.energies.windows(2) {
                    match (&pair[0], &pair[1]) {
                        (Energy::Twice(before), Energy::Twice(after)) => assert!(after < before),
                        (Energy::Real(before), Energy::Real(after)) => assert!(after < before),
                        _ => panic!("energies of one kind"),
                    }
                }
            }
        }
    }

    /// Three keys of which any two are orthogonal: key i is −1 where bit i of the position is set.
    fn orthogonal(dim: usize) -> Vec<Vec<i8>> {
        (0..3).map(|bit| (0..dim).map(|j| if j >> bit & 1 == 0 { 1 } else { -1 }).collect()).collect()
    }

    #[test]
    fn ends() {
        let keys = vec![vec![1, 1, -1], vec![-1, -1, -1], vec![1, 1, -1], vec![1, 1, 1]];
        assert_eq!(end_state(&keys, &[1, 1, -1]), End::Stored(0));
        // A key before the complement of an earlier one.
        assert_eq!(end_state(&keys, &[1, 1, 1]), End::Stored(3));
        assert_eq!(end_state(&keys, &[-1, -1, 1]), End::Complement(0));
        assert_eq!(end_state(&keys[..2], &[1, -1, 1]), End::Spurious);

        let majority = [1, 1, 1, -1, 1, -1, -1, -1];
        let keys = orthogonal(8);
        assert_eq!(end_state(&keys, &majority), End::Mixture { members: vec![(0, 1), (1, 1), (2, 1)], distance: 0 });
        assert_eq!(end_state(&keys[..2], &majority), End::Spurious);
        let mut turned = keys.clone();
        turned[1] = keys[1].iter().map(|element| -element).collect();
        assert_eq!(end_state(&turned, &majority), End::Mixture { members: vec![(0, 1), (1, -1), (2, 1)], distance: 0 });
        // d/20 = 0.
        let mut off = majority;
        off[0] = -1;
        assert_eq!(end_state(&keys, &off), End::Spurious);

        // d/20 = 1. Where it is off in position 4, it is so towards key 2, which ranks first then.
        let keys = orthogonal(24);
        let mut state = majority.repeat(3);
        state[4] = -1;
        assert_eq!(end_state(&keys, &state), End::Mixture { members: vec![(2, 1), (0, 1), (1, 1)], distance: 1 });
        state[12] = -1;
        assert_eq!(end_state(&keys, &state), End::Spurious);
    }

    #[test]
    fn near_by_hand() {
        // d/20 = 2, keys far from each other.
        let keys = orthogonal(40);
        let off = |key: usize, sign: i8, positions: &[usize]| -> Vec<i8> {
            (0..40).map(|j| if positions.contains(&j) { -sign } else { sign } * keys[key][j]).collect()
        };
        assert_eq!(end_state(&keys, &off(1, 1, &[5])), End::Near { key: 1, sign: 1, distance: 1 });
        assert_eq!(end_state(&keys, &off(2, -1, &[5, 9])), End::Near { key: 2, sign: -1, distance: 2 });
        assert_eq!(end_state(&keys, &off(1, 1, &[5, 9, 20])), End::Spurious);
        assert_eq!(end_state(&keys[..1], &off(0, -1, &[0])), End::Near { key: 0, sign: -1, distance: 1 });

        // Keys that are alike, −1 in one position each: their majority (+, …, +) is a mixture, though it is one bit from
        // each.
        let one = |minus: &[usize]| -> Vec<i8> { (0..40).map(|j| if minus.contains(&j) { -1 } else { 1 }).collect() };
        let keys = [one(&[0]), one(&[1]), one(&[2])];
        assert_eq!(end_state(&keys, &one(&[])), End::Mixture { members: vec![(0, 1), (1, 1), (2, 1)], distance: 0 });
        // One bit from the majority, two from the nearest key.
        assert_eq!(end_state(&keys, &one(&[7])), End::Mixture { members: vec![(0, 1), (1, 1), (2, 1)], distance: 1 });
        // As near to key 1 as to the majority: it is near the key.
        let keys = [one(&[0, 1, 2]), one(&[1, 3, 4]), one(&[5, 6, 7])];
        assert_eq!(end_state(&keys, &one(&[3, 1])), End::Near { key: 1, sign: 1, distance: 1 });
    }

    #[test]
    fn mixtures_by_hand() {
        // One-sided keys of dimension 5, −1 in one position each: the majority of all five is (+, …, +), and that of
        // any three too, so that the smaller counts.
        let keys: Vec<Vec<i8>> = (0..5).map(|id| (0..5).map(|j| if j == id { -1 } else { 1 }).collect()).collect();
        assert_eq!(end_state(&keys, &[1; 5]), End::Mixture { members: vec![(0, 1), (1, 1), (2, 1)], distance: 0 });
        // Two −1 in each: (+, …, +) has overlap 1 with each of them; keys 0, 1 and 2 give −1 in positions 1 and 2, but
        // all five give 3 − 2 = 1 everywhere.
        let keys: Vec<Vec<i8>> =
            (0..5).map(|id| (0..5).map(|j| if j == id || j == (id + 1) % 5 { -1 } else { 1 }).collect()).collect();
        assert_eq!(
            end_state(&keys, &[1; 5]),
            End::Mixture { members: (0..5).map(|id| (id, 1)).collect(), distance: 0 }
        );
        // An overlap of 0 counts as positive: s = 6, 6, 0. With key 2 turned round, the majority would differ in the
        // last two positions.
        let keys = [vec![1, 1, 1, 1, 1, 1, 1, -1], vec![1, 1, 1, 1, 1, 1, -1, 1], vec![-1, -1, -1, -1, 1, 1, 1, 1]];
        assert_eq!(end_state(&keys, &[1; 8]), End::Mixture { members: vec![(0, 1), (1, 1), (2, 1)], distance: 0 });
    }
}
