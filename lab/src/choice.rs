//! Choices among named things: what every one of them has.

/// Gives an enum without fields its list, names, words and parsing: a line for each value.
macro_rules! choice {
    ($type:ident, $what:literal, { $($value:ident => $name:literal, $about:literal;)+ }) => {
        impl $type {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// Its name, which stays, and which parses again.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name),+
                }
            }

            /// What it is, in a line.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$value => $about),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = crate::error::Error;

            fn from_str(name: &str) -> crate::error::Result<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name).ok_or_else(|| crate::error::Error::Parameter {
                    what: $what,
                    expected: format!("one of {}", [$($name),+].join(", ")),
                    found: name.to_owned(),
                })
            }
        }
    };
}

pub(crate) use choice;
