//! What is under way, on standard error if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use popfield_lab::stress::Watch;

use crate::output::interrupted;

/// A bar, and in front of it the phase.
pub struct Shown {
    pub bar: ProgressBar,
}

impl Shown {
    pub fn new() -> Self {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: ProgressBar::new(0).with_style(style) }
    }
}

impl Watch for Shown {
    fn phase(&self, what: &'static str, patterns: u64) {
        self.bar.set_length(0);
        self.bar.reset();
        self.bar.set_message(format!("{what}, {patterns} patterns"));
    }

    fn told(&self, done: u64, total: u64) -> bool {
        if total > 0 {
            self.bar.set_length(total);
            self.bar.set_position(done.max(self.bar.position()));
        }
        !interrupted()
    }
}
