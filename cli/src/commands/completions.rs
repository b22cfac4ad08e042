//! `popfield completions`: commands and options, for a shell to complete.

use std::io::{self, Write};

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::failure::{Failure, Result};

pub fn run(args: &Completions) -> Result<()> {
    // Made first and written once: what writes it by itself takes a closed pipe for a fault of its own.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "popfield", &mut script);
    let written = io::stdout().lock().write_all(&script);
    written.map_err(|error| Failure::stdout(&error))
}
