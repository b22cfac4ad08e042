//! What runs ended in, in words.

use popfield::Memory;
use popfield::dynamics::{End, Run};

use crate::report::called;

/// What a run of `memory` ended in, in words; of a mixture at most so many members.
pub fn end_of(run: &Run, memory: &Memory, most: usize) -> String {
    let called = |id: u64| called(memory, id);
    match &run.end {
        End::Stored { id } => format!("stored {}", called(*id)),
        End::Complement { id } => format!("complement of {}", called(*id)),
        End::Near { id, as_is, distance } => format!("near {}, {}", named(called(*id), *as_is), off(*distance)),
        End::Mixture { members, distance } => {
            let members = mixed(members, called, most);
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
fn named(pattern: String, as_is: bool) -> String {
    if as_is { pattern } else { format!("the complement of {pattern}") }
}

/// At most so many members of a mixture in words: patterns before complements, each by ascending id.
fn mixed(members: &[(u64, bool)], called: impl Fn(u64) -> String, most: usize) -> String {
    let mut members = members.to_vec();
    members.sort_unstable_by_key(|&(id, as_is)| (!as_is, id));
    // One that is left out takes as much room as to say so.
    let shown = if members.len() > most.saturating_add(1) { most } else { members.len() };
    let mut names: Vec<String> = members[..shown].iter().map(|&(id, as_is)| named(called(id), as_is)).collect();
    if shown < members.len() {
        names.push(format!("{} more", members.len() - shown));
    }
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
    #[test]
    fn members_are_told_apart() {
        let mixed = |members: &[(u64, bool)]| super::mixed(members, |id| id.to_string(), 3);
        assert_eq!(mixed(&[(3, true), (2, true), (0, true)]), "0, 2 and 3");
        assert_eq!(mixed(&[(5, false), (12, true), (2, false)]), "12, the complement of 2 and the complement of 5");
        assert_eq!(
            mixed(&[(4, false), (1, false), (2, false)]),
            "the complement of 1, the complement of 2 and the complement of 4"
        );
        assert_eq!(mixed(&[(1, true), (2, true), (3, true), (4, true)]), "1, 2, 3 and 4");
        assert_eq!(mixed(&[(1, true), (2, true), (3, true), (4, true), (5, true)]), "1, 2, 3 and 2 more");
    }
}
