//! Choices by name, as the library has them ([`Named`](popfield::Named)).

/// Gives an enum without fields its names, with what each is, and parsing: a line for each value.
macro_rules! choice {
    ($type:ident, $what:literal, { $($value:ident => $name:literal, $about:literal;)+ }) => {
        impl popfield::Named for $type {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name),+
                }
            }

            fn about(self) -> &'static str {
                match self {
                    $(Self::$value => $about),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(popfield::Named::name(*self))
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::error::Error;

            fn from_str(name: &str) -> crate::error::Result<Self> {
                match name {
                    $($name => Ok(Self::$value),)+
                    _ => Err(crate::error::Error::Parameter {
                        what: $what,
                        expected: format!("one of {}", [$($name),+].join(", ")),
                        found: format!("{name:?}"),
                    }),
                }
            }
        }
    };
}

pub(crate) use choice;

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    use popfield::Named;

    use crate::effort::Way;
    use crate::error::Error;
    use crate::experiment::{Setting, Steps, Values};
    use crate::outcome::Observable;

    fn round<T: Named + FromStr<Err = Error> + PartialEq + Debug + Display>() {
        for &choice in T::ALL {
            assert_eq!(choice.to_string(), choice.name());
            assert_eq!(choice.name().parse::<T>().unwrap(), choice);
            assert!(!choice.about().is_empty());
        }
        let refused = "neither".parse::<T>().unwrap_err().to_string();
        assert!(T::ALL.iter().all(|choice| refused.contains(choice.name())), "{refused}");
        assert!(refused.starts_with(T::WHAT) && refused.ends_with("found \"neither\""), "{refused}");
    }

    #[test]
    fn every_name_is_taken() {
        round::<Setting>();
        round::<Steps>();
        round::<Values>();
        round::<Observable>();
        round::<Way>();
    }
}
