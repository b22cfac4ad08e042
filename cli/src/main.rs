//! The command line of popfield: the only place that prints, reads pattern files and decides exit statuses.

mod args;
mod beta;
mod commands;
mod drawing;
mod failure;
mod input;
mod lab;
mod memory;
mod output;
mod plot;
mod report;
mod shell;
mod table;
mod threads;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use failure::{Failure, Result};
pub(crate) use threads::use_threads;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error),
    };
    output::catch_signals();
    match run(cli.command) {
        // It was told to stop when all was as good as done.
        Ok(()) if output::interrupted() && !output::acknowledged() => fail(&Failure::Interrupted),
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(&failure),
    }
}

/// What messages begin with.
const NAME: &str = "popfield:";

/// Says what failed; the status that tells it too.
fn fail(failure: &Failure) -> ExitCode {
    if let Some(told) = failure.told(json_asked()) {
        // Where not even this can be written, the exit status still tells.
        match told.strip_prefix(NAME) {
            Some(why) => output::tell_aside(format_args!("{}{why}", output::red(NAME))),
            None => output::tell_aside(told),
        }
    }
    ExitCode::from(failure.status())
}

/// Whether `--json` stands among the arguments, be they understood or not: no option takes such a word for its value.
fn json_asked() -> bool {
    std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// Help and version are told as clap tells them, its errors as all errors of the program.
fn unparsed(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help and version, in colours on a terminal.
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&Failure::stdout(&error)),
        };
    }
    let text = error.to_string();
    let message = match text.strip_prefix("error: ") {
        Some(message) => message.to_owned(),
        // Nothing at all was asked, which clap answers with the help.
        None => format!("expected a command\n\n{text}"),
    };
    // Which ends its line, as all that is told does.
    fail(&Failure::usage(message.strip_suffix('\n').unwrap_or(&message)))
}

fn run(command: Command) -> Result<()> {
    // A tier that cannot be had is an error whatever the command, and before any work.
    if let Err(error) = popfield::tiers::Tier::from_env() {
        let kind = popfield::ErrorKind::Unsupported;
        return Err(Failure::Input(kind, format!("{}: {error}", popfield::tiers::TIER_VARIABLE)));
    }
    match command {
        Command::Create(args) => commands::create::run(&args),
        Command::Append(args) => commands::append::run(&args),
        Command::Forget(args) => commands::forget::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Compact(args) => commands::compact::run(&args),
        Command::Export(args) => commands::export::run(&args),
        Command::Inspect(args) => commands::inspect::run(&args),
        Command::Info(args) => commands::info::run(&args),
        Command::Recall(args) => commands::recall::run(&args),
        Command::Search(args) => commands::search::run(&args),
        Command::CheckReceipts(args) => commands::check_receipts::run(&args),
        Command::Overlaps(args) => commands::overlaps::run(&args),
        Command::Index(args) => commands::index::run(&args),
        Command::Basins(args) => commands::basins::run(&args),
        Command::Dynamics(args) => commands::dynamics::run(&args),
        Command::Learn(args) => commands::learn::run(&args),
        Command::Spectrum(args) => commands::spectrum::run(&args),
        Command::Capacity(args) => commands::capacity::run(&args),
        Command::Validate(args) => commands::validate::run(&args),
        Command::Random(args) => commands::random::run(&args),
        Command::Noise(args) => commands::noise::run(&args),
        Command::Bench(args) => commands::bench::run(&args),
        Command::Stress(args) => commands::stress::run(&args),
        Command::Demo(args) => commands::demo::run(&args),
        Command::Lecture(args) => commands::lecture::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args),
    }
}
