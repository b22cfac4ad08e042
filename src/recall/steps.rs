//! Several steps, each prompted by what the one before came to.

use std::borrow::Cow;

use crate::{Patterns, Queries, Result};

/// What the last of `count` steps from `start` came to, `count` at least 1; `state` is the states that a step led to.
///
/// Steps depend on nothing but the state they start from. So where every query has come to a fixed point, or to a cycle
/// of two states, those that would only repeat are not taken: `skipped` is told how many.
pub(crate) fn repeat<S>(
    start: &Queries,
    count: u32,
    step: impl Fn(&Queries) -> Result<S>,
    state: impl Fn(&S) -> &Patterns,
    skipped: impl Fn(u32) -> Result<()>,
) -> Result<S> {
    let mut last = step(start)?;
    let mut from = Cow::Borrowed(start);
    let mut before: Option<Cow<'_, Queries>> = None;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        let reached = Queries::from(state(&last).clone());
        let still = reached == *from;
        if still || before.as_deref() == Some(&reached) {
            // Of a cycle of two, or of fixed points and such cycles side by side, only the parity of what is left
            // matters.
            let needed = if still { 0 } else { left % 2 };
            skipped(left - needed)?;
            left = needed;
            if left == 0 {
                break;
            }
        }
        before = Some(std::mem::replace(&mut from, Cow::Owned(reached)));
        last = step(&from)?;
        left -= 1;
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Steps through a list of states that ends in a circle.
    fn walk(path: &[usize], back_to: usize, count: u32) -> (usize, Vec<usize>, u32) {
        let all = Patterns::random(path.len() + 1, 40, 9, "states").unwrap();
        let place = |state: &Queries| (0..=path.len()).find(|&i| all.get(i) == state.signs().get(0)).unwrap();
        let (taken, skipped) = (RefCell::new(Vec::new()), RefCell::new(0));
        let step = |state: &Queries| {
            let next = match place(state) {
                last if last == path.len() => back_to,
                at => at + 1,
            };
            taken.borrow_mut().push(next);
            all.range(next..next + 1)
        };
        let start = all.range(0..1).unwrap().into();
        let end = repeat(
            &start,
            count,
            step,
            |state| state,
            |more| {
                *skipped.borrow_mut() += more;
                Ok(())
            },
        )
        .unwrap();
        (place(&end.into()), taken.into_inner(), skipped.into_inner())
    }

    #[test]
    fn repeated_steps_are_not_taken() {
        for (length, back_to) in [(3, 3), (3, 2), (3, 1), (4, 0), (0, 0), (1, 0)] {
            for count in 1..12 {
                let (end, taken, skipped) = walk(&vec![0; length], back_to, count);
                let expected = (0..count).fold(0, |at, _| if at == length { back_to } else { at + 1 });
                assert_eq!(end, expected, "{count} steps to {length}, back to {back_to}");
                assert_eq!(taken.len() as u32 + skipped, count);
                // Circles of one or two are seen by the second time round.
                assert!(length - back_to > 1 || taken.len() <= length + 4, "{taken:?}");
            }
        }
    }
}
