//! What runs ended in, in words.

use popfield::dynamics::{End, Run};

/// What a run ended in, in words.
pub fn end_of(run: &Run) -> String {
    match &run.end {
        End::Stored { id } => format!("stored {id}"),
        End::Complement { id } => format!("complement of {id}"),
        End::Near { id, as_is, distance } => format!("near {}, {}", named(*id, *as_is), off(*distance)),
        End::Mixture { members, distance } => {
            let members = mixed(members);
            match distance {
                0 => format!("mixture of {members}"),
                // Not behind a comma, where it would read as one more member.
                _ => format!("mixture of {members} ({})", off(*distance)),
            }
        }
        _ => run.end.name().to_owned(),
    }
}

/// A stored pattern, or its complement, in words.
fn named(id: u64, as_is: bool) -> String {
    if as_is { id.to_string() } else { format!("the complement of {id}") }
}

/// The members of a mixture in words: patterns before complements, each by ascending id.
fn mixed(members: &[(u64, bool)]) -> String {
    let mut members = members.to_vec();
    members.sort_unstable_by_key(|&(id, as_is)| (!as_is, id));
    let names: Vec<String> = members.into_iter().map(|(id, as_is)| named(id, as_is)).collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

/// A number of positions that differ, in words.
pub fn off(distance: u32) -> String {
    format!("{distance} {} off", if distance == 1 { "bit" } else { "bits" })
}

#[cfg(test)]
mod tests {
    use super::mixed;

    #[test]
    fn members_are_told_apart() {
        assert_eq!(mixed(&[(3, true), (2, true), (0, true)]), "0, 2 and 3");
        assert_eq!(mixed(&[(5, false), (12, true), (2, false)]), "12, the complement of 2 and the complement of 5");
        assert_eq!(
            mixed(&[(4, false), (1, false), (2, false)]),
            "the complement of 1, the complement of 2 and the complement of 4"
        );
    }
}
