//! `popfield man`: the manual, made of what `--help` says.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, Man as ManArgs};
use crate::failure::{Failure, Result};
use crate::output::{OutFile, deliver, in_folder, say, written};

pub fn run(args: &ManArgs) -> Result<()> {
    let mut program = Cli::command();
    program.build();
    let Some(folder) = &args.out else {
        let page = page(&program)?;
        return io::stdout().lock().write_all(&page).map_err(|error| Failure::stdout(&error));
    };
    // Each under the name that other pages call it by.
    let of_commands = program.get_subcommands().filter(|command| command.get_name() != "help");
    let all: Vec<clap::Command> = std::iter::once(program.clone()).chain(of_commands.cloned()).collect();
    in_folder(folder, || {
        let files = all.iter().map(|command| {
            let name = command.get_display_name().unwrap_or_else(|| command.get_name());
            let page = page(command)?;
            written(OutFile::create(&folder.join(format!("{name}.1")))?, |file| file.write_all(&page))
        });
        let files = files.collect::<Result<Vec<_>>>()?;
        let count = files.len();
        deliver(files, || say(format_args!("{count} pages in {}", folder.display())))
    })
}

/// The page of a command. What its help ends with stands in lines, which a manual would fill.
fn page(command: &clap::Command) -> Result<Vec<u8>> {
    let end = command.get_after_help().map(ToString::to_string);
    let mut page = Vec::new();
    let rendered = Man::new(command.clone().after_help(None::<&str>)).render(&mut page);
    rendered.map_err(|error| Failure::stdout(&error))?;
    if let Some(end) = end {
        page.extend(b".SH FILES AND EXAMPLES\n.nf\n");
        for line in end.lines() {
            let line = line.replace('\\', "\\e").replace('-', "\\-");
            // What begins with these would be a request.
            let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
            page.extend(format!("{guard}{line}\n").bytes());
        }
        page.extend(b".fi\n");
    }
    Ok(page)
}
