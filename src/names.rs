//! Choices by name: what a command line, a file or another language calls them.

/// A choice that has a name: `to_string` tells it, `parse` takes it.
///
/// Names are stable. What they leave open, as the β of a separation or the seed of an order, stands in `ALL` as it is
/// unless told otherwise.
///
/// # Example
/// ```
/// use popfield::dynamics::Order;
/// use popfield::{Named, Separation, Tie};
/// assert_eq!("stay".parse::<Tie>()?, Tie::Stay);
/// assert_eq!("hebb".parse::<Separation>()?, Separation::Linear);
/// let names: Vec<&str> = Order::ALL.iter().map(|order| order.name()).collect();
/// assert_eq!(names, ["sync", "async", "async-random"]);
/// # Ok::<(), popfield::Error>(())
/// ```
pub trait Named: Copy + 'static {
    /// What is chosen, in a word or two.
    const WHAT: &'static str;

    /// Every choice, as lists of them go.
    const ALL: &'static [Self];

    /// Other names that are taken for the same, (other, name).
    const ALIASES: &'static [(&'static str, &'static str)] = &[];

    /// Its name.
    fn name(self) -> &'static str;

    /// What it is, in a line.
    fn about(self) -> &'static str;
}

/// The choice of this name.
pub(crate) fn parse<T: Named>(name: &str) -> crate::Result<T> {
    let name = T::ALIASES.iter().find(|alias| alias.0 == name).map_or(name, |alias| alias.1);
    T::ALL.iter().copied().find(|choice| choice.name() == name).ok_or_else(|| {
        let names: Vec<&str> = T::ALL.iter().map(|choice| choice.name()).collect();
        crate::Error::Parameter { what: T::WHAT, expected: one_of(&names), found: format!("{name:?}") }
    })
}

/// Names in a row, the last behind an "or".
pub(crate) fn one_of(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// Names of the variants of an enum, with what each is.
macro_rules! named {
    ($type:ident, $what:literal, $($choice:expr, $pattern:pat => $name:literal, $about:literal;)+) => {
        impl $crate::Named for $type {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &[$($choice),+];

            fn name(self) -> &'static str {
                match self { $($pattern => $name),+ }
            }

            fn about(self) -> &'static str {
                match self { $($pattern => $about),+ }
            }
        }

        impl $type {
            /// Its name: see [`Named`](crate::Named).
            pub fn name(self) -> &'static str {
                $crate::Named::name(self)
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            fn from_str(name: &str) -> $crate::Result<Self> {
                $crate::names::parse(name)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad($crate::Named::name(*self))
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::dynamics::{Order, Update};
    use crate::patterns::NoiseModel;
    use crate::sign::self_term::Diagonal;
    use crate::{Missing, Named, Separation, Tie};

    fn round<T: Named + std::str::FromStr<Err = crate::Error> + PartialEq + std::fmt::Debug>() {
        for &choice in T::ALL {
            assert_eq!(choice.name().parse::<T>().unwrap(), choice);
            assert!(!choice.about().is_empty());
        }
        for (alias, name) in T::ALIASES {
            assert_eq!(alias.parse::<T>().unwrap(), name.parse::<T>().unwrap());
        }
        let refused = "neither".parse::<T>().unwrap_err().to_string();
        assert!(T::ALL.iter().all(|choice| refused.contains(choice.name())), "{refused}");
        assert!(refused.starts_with(T::WHAT) && refused.ends_with("found \"neither\""), "{refused}");
    }

    #[test]
    fn every_name_is_taken() {
        round::<Tie>();
        round::<Diagonal>();
        round::<Order>();
        round::<Update>();
        round::<NoiseModel>();
        round::<Missing>();
        round::<Separation>();
        assert_eq!(
            "Plus".parse::<Tie>().unwrap_err().to_string(),
            "tie policy: expected plus, minus or stay, found \"Plus\""
        );
    }
}
