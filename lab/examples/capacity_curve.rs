//! A capacity curve of the Hopfield network: the share of wrong bits after one step, by the number of patterns that 200
//! positions hold, with a 95 % interval over memories and what theory says.
//!
//! `cargo run --release -p popfield-lab --example capacity_curve`

use popfield::Progress;
use popfield_lab::{Experiment, Observable, Range, Result, Rule, Setting, Study};

fn main() -> Result<()> {
    let study = Study::new(Experiment::new(Rule::Hebb, Setting::Hetero))
        .dims([200])
        .load(Range::linear(0.1, 0.8, 0.1)?)
        .observable(Observable::BitError)
        .trials(50);
    let curve = study.run(Progress::NONE, &mut ())?;
    println!("   n   n/d  wrong bits and interval  theory");
    for measured in &curve.points {
        let (n, load) = (measured.point.patterns, measured.point.patterns as f64 / measured.point.dim as f64);
        let interval = &measured.estimate;
        let stars = "*".repeat((300.0 * interval.value).round() as usize);
        let theory = measured.predicted[0].unwrap_or(f64::NAN);
        println!(
            "{n:4}  {load:.2}  {:.4} [{:.4}, {:.4}]  {theory:.4}  {stars}",
            interval.value, interval.low, interval.high
        );
        assert!((interval.value - theory).abs() < 0.01, "measured far from the exact law");
    }
    Ok(())
}
