//! Theory: bounds and predictions of associative memory, each a pure function with its source and its setting.
//!
//! Patterns are fair random ±1 throughout, n of them in d dimensions, and the query is the first key with `flips` of
//! its d positions flipped (a fraction `noise` where a law is asymptotic). A law says which of these it is about:
//!
//! - **hetero**: values are apart from keys, *random* or *worst-case* (every other value opposes the right one);
//! - **auto-kept**: values are the keys, and a position's own bit votes for itself, as in the literal sum;
//! - **auto-zeroed**: values are the keys, W_jj = 0;
//! - **energy-difference**: values are the keys, a bit is the sign of the difference of energies with it up and down.
//!
//! The main laws:
//!
//! | law | setting | kind | function |
//! |---|---|---|---|
//! | sums of fair ±1 | | exact | [`walk::above`] |
//! | linear, one step | hetero, any values | exact | [`one_step::hetero`] |
//! | | auto-kept | exact | [`one_step::auto_kept`] |
//! | | auto-zeroed, energy-difference | exact | [`one_step::auto_zeroed`] |
//! | | hetero, auto-zeroed | asymptotic | [`one_step::hetero_erfc`] |
//! | | auto-kept | asymptotic | [`one_step::auto_kept_erfc`] |
//! | Hoeffding, one bit | hetero, any values | bound | [`capacity::hoeffding_bit`] |
//! | Hoeffding and union, n | hetero, any values | bound | [`capacity::hoeffding_one`] |
//! | | the same, all patterns | bound | [`capacity::hoeffding_all`] |
//! | McEliece et al., n | auto-zeroed, one pattern | asymptotic | [`capacity::mceliece_one`] |
//! | | all patterns | asymptotic | [`capacity::mceliece_all`] |
//! | Amit, Gutfreund, Sompolinsky | auto-zeroed, asynchronous limit | asymptotic | [`ags::retrieval`] |
//! | pseudo-inverse, one step | auto-zeroed | asymptotic | [`pseudo_inverse::auto_zeroed`] |
//! | | auto-kept | asymptotic | [`pseudo_inverse::auto_kept`] |
//! | polynomial, one step | hetero, random values | normal | [`polynomial::hetero`] |
//! | | hetero, worst-case values | normal | [`polynomial::worst`] |
//! | | energy-difference | normal | [`polynomial::energy_difference`] |
//! | | auto-kept | normal | [`polynomial::auto_kept`] |
//! | Krotov, Hopfield, error | hetero, energy-difference | asymptotic | [`polynomial::krotov_hopfield_error`] |
//! | n with errors | the same | asymptotic | [`polynomial::krotov_hopfield_patterns`] |
//! | n without | the same | asymptotic | [`polynomial::krotov_hopfield_clean`] |
//! | exponential, one step | hetero, random values | two bounds | [`exponential::random_values`] |
//! | | hetero, worst-case values | two bounds | [`exponential::worst_values`] |
//! | | energy-difference | two bounds | [`exponential::energy_difference`] |
//! | | auto-kept, whole pattern | two bounds | [`exponential::auto_kept`] |
//! | | hetero, random values | numeric | [`exponential::random_error`] |
//! | | hetero, worst-case values | numeric | [`exponential::worst_error`] |
//! | | energy-difference | numeric | [`exponential::energy_difference_error`] |
//! | | hetero, random values | normal | [`exponential::normal_error`] |
//! | exponential, (ln n)/d | random values | asymptotic | [`exponential::random_threshold`] |
//! | | worst-case values | asymptotic | [`exponential::worst_threshold`] |
//! | | random values, all patterns | asymptotic | [`exponential::random_rate_all`] |
//! | | worst-case values, all patterns | asymptotic | [`exponential::worst_rate_all`] |
//! | Demircigil et al., (ln n)/d | energy-difference, all patterns | bound | [`exponential::demircigil_rate`] |
//! | max, one step | hetero, random values | exact | [`nearest::random_values`] |
//! | | hetero, worst-case values | exact | [`nearest::worst_values`] |
//! | | auto-kept, whole pattern | two bounds | [`nearest::auto_kept`] |
//! | exponential, max, whole patterns | hetero, random values | two bounds | [`exponential::pattern_success`] |
//! | overlaps of pairs | | exact, bounds | [`overlaps::any_pair`] |
//! | largest overlap | | bound | [`overlaps::maximum`] |
//! | attention, top weight | any values | two bounds | [`attention::top_weight_failure`] |
//! | attention, d = Θ(log n) | any values | asymptotic | [`attention::slope`] |
//! | whole patterns, any rule | from the bit error | bounds | [`success::independent`] |
//!
//! *Normal* means that crosstalk is taken to be so, with its exact moments at the given d; *numeric*, that the exact
//! law at the given d and n is evaluated to a stated error.
//!
//! Probabilities below 10⁻³⁰⁰ may come out as 0. Costs are stated where they are more than a few hundred operations.

pub mod ags;
pub mod attention;
pub mod capacity;
pub mod exponential;
mod inversion;
pub mod nearest;
mod numeric;
pub mod one_step;
pub mod overlaps;
mod parameters;
pub mod polynomial;
pub mod pseudo_inverse;
pub mod success;
pub mod walk;

pub use parameters::MOST;
