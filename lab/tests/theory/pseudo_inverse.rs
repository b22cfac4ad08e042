use popfield_lab::theory::pseudo_inverse;

use crate::quadrature::normal_above;
use crate::{close, rounds_to};

#[test]
fn figures() {
    for (load, noise, error) in [(0.3, 0.2, 0.1260), (0.5, 0.1, 0.0912), (0.5, 0.2, 0.2266)] {
        rounds_to(pseudo_inverse::auto_zeroed(load, noise).unwrap(), error, 4);
    }
}

#[test]
fn the_printed_form() {
    for i in 1..20 {
        for j in 1..20 {
            let (load, noise) = (f64::from(i) / 20.0, f64::from(j) / 20.0);
            let m = 1.0 - 2.0 * noise;
            // erfc(x)/2 is a normal tail at x√2.
            let printed = normal_above(m * ((1.0 - load) / (load * (1.0 - m * m))).sqrt());
            close(pseudo_inverse::auto_zeroed(load, noise).unwrap(), printed, 1e-9);
            let deviation = (load * (1.0 - load) * (1.0 - m * m)).sqrt();
            let own = |bit: f64| normal_above((m * (1.0 - load) + load * bit) / deviation);
            let kept = (1.0 - noise) * own(1.0) + noise * own(-1.0);
            close(pseudo_inverse::auto_kept(load, noise).unwrap(), kept, 1e-9);
        }
    }
}

#[test]
fn the_ends() {
    assert_eq!(pseudo_inverse::auto_zeroed(0.5, 0.0).unwrap(), 0.0);
    assert_eq!(pseudo_inverse::auto_kept(0.5, 0.0).unwrap(), 0.0);
    assert_eq!(pseudo_inverse::auto_zeroed(0.5, 0.5).unwrap(), 0.5);
    assert_eq!(pseudo_inverse::auto_zeroed(0.5, 1.0).unwrap(), 1.0);
    // A square W is the identity: with its diagonal it says what it is told, without it nothing.
    assert_eq!(pseudo_inverse::auto_kept(1.0, 0.0).unwrap(), 0.0);
    assert_eq!(pseudo_inverse::auto_kept(1.0, 0.3).unwrap(), 0.3);
    assert_eq!(pseudo_inverse::auto_zeroed(1.0, 0.3).unwrap(), 0.5);
}
