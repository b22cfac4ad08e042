//! Every command of README, of the pages in `docs` and of the help, run as it is printed: those of a page one after the
//! other in a folder of its own, those of a command's help in a copy of the folder that the demo leaves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

/// Letters of a line that no terminal breaks.
const WIDTH: usize = 80;

/// What is printed and takes minutes, or what a test has not at hand, and what is run in its stead: the same command, smaller
/// or no further than its options are read. A line that stands nowhere any more is an error.
const INSTEAD: &[(&str, &str)] = &[
    ("cargo run --release -- demo", "popfield demo"),
    ("cargo test --workspace", "true"),
    ("popfield bench --suite --threads 1", "popfield bench --suite --threads 1 --help"),
    ("popfield bench --growth growth.svg", "popfield bench --growth growth.svg --help"),
    ("popfield bench --patterns 1000000 --dim 512 --batch 256", "popfield bench --patterns 1000 --dim 512 --batch 256"),
    ("popfield validate --seed 7", "popfield validate --seed 7 --only Hadamard"),
    ("popfield validate --plant-errors", "popfield validate --plant-errors --only Hadamard"),
    ("popfield validate --only attention --full", "popfield validate --only attention --full --help"),
    ("popfield lecture --out lecture", "popfield lecture --out lecture --help"),
    ("popfield lecture --quick", "popfield lecture --quick --help"),
    (
        "popfield random keys.npy --patterns 1000000 --dim 512 --seed 7 --packed-out",
        "popfield random keys.npy --patterns 1000 --dim 512 --seed 7 --packed-out",
    ),
    (
        "popfield capacity --rule hebb --dim 500,1000 --load 0.02:0.2:0.02 --observable bit-error --csv errors.csv --plot errors.svg",
        "popfield capacity --rule hebb --dim 50,100 --load 0.02:0.2:0.06 --trials 3 --observable bit-error --csv errors.csv --plot errors.svg",
    ),
    (
        "popfield capacity --rule exponential --dim 16,24,32 --rate 0.3:0.9:0.05 --trials 1000 --plot threshold.svg",
        "popfield capacity --rule exponential --dim 16,24 --rate 0.3:0.9:0.3 --trials 20 --plot threshold.svg",
    ),
    (
        "popfield capacity --rule hebb --setting auto-zeroed --dynamics async --dim 1000 --load 0.02:0.2:0.01 \
         --observable overlap --theory ags --resume ags.journal",
        "popfield capacity --rule hebb --setting auto-zeroed --dynamics async --dim 100 --load 0.02:0.2:0.06 \
         --trials 3 --observable overlap --theory ags --resume ags.journal",
    ),
    (
        "popfield capacity --rule pseudo-inverse --dim 64,128",
        "popfield capacity --rule pseudo-inverse --dim 16 --trials 3",
    ),
    (
        "popfield capacity --rule hebb --setting auto-zeroed --dynamics async --start pattern --dim 1000,4000,16000 \
         --load 0.02:0.20:0.005 --trials 200 --observable overlap --theory ags --plot ags.svg",
        "popfield capacity --rule hebb --setting auto-zeroed --dynamics async --start pattern --dim 100,400 \
         --load 0.02:0.20:0.05 --trials 2 --observable overlap --theory ags --plot ags.svg",
    ),
    (
        "popfield capacity --rule exponential --dim 16,24,32 --rate 0.3:0.9:0.025 --trials 2000 \
         --observable bit-error --theory threshold,numeric --plot threshold.svg",
        "popfield capacity --rule exponential --dim 16,24 --rate 0.3:0.9:0.2 --trials 20 \
         --observable bit-error --theory threshold,numeric --plot threshold.svg",
    ),
    ("popfield stress --patterns 1000000 --dim 512", "popfield stress --patterns 1000 --dim 512"),
    (
        "popfield stress --patterns 1000000000 --dim 64 --plot cost.svg",
        "popfield stress --patterns 1000 --dim 64 --plot cost.svg",
    ),
    (
        "popfield stress --patterns 10000000 --dim 1024 --store memory",
        "popfield stress --patterns 1000 --dim 1024 --store memory",
    ),
    (
        "popfield stress --patterns 1000000 --dim 256 --store soaked --hours 1",
        "popfield stress --patterns 1000 --dim 256 --store soaked --hours 0.0005",
    ),
];

/// Commands to be run one after the other.
struct Script {
    /// Where they stand.
    name: String,
    /// As they are printed, but for comments; what goes on behind a backslash is one.
    lines: Vec<String>,
    /// Whether they begin in the folder that the demo leaves.
    in_demo: bool,
}

/// Lines that are told apart: without comments, each whole.
fn lines_of<'a>(printed: impl Iterator<Item = &'a str>) -> Vec<String> {
    let (mut lines, mut open) = (Vec::new(), String::new());
    for line in printed {
        let line = line.split_once(" #").map_or(line, |(command, _)| command).trim();
        match line.strip_suffix('\\') {
            Some(begun) => open += &format!("{} ", begun.trim_end()),
            None if line.is_empty() || line.starts_with('#') => {}
            None => lines.push(std::mem::take(&mut open) + line),
        }
    }
    assert!(open.is_empty(), "{open}");
    lines
}

/// The blocks of shell commands of a page.
fn of_page(path: &Path) -> Script {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    for other in ["```bash", "```shell", "```console", "```text\n$ ", "```sh\n$ "] {
        assert!(!text.contains(other), "{name}: expected commands in blocks that begin with ```sh, found {other:?}");
    }
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    Script { lines: lines_of(blocks.flat_map(str::lines)), name, in_demo: false }
}

/// What the program says.
fn said(args: &[&str]) -> String {
    let output = Command::new(cargo_bin("popfield")).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The examples of the help of a command, or of the program.
fn of_help(command: &str) -> Script {
    let args: Vec<&str> = [command, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
    let help = said(&args);
    let mut lines = help.lines().skip_while(|line| !line.starts_with("Example"));
    assert!(lines.next().is_some_and(|line| line.ends_with(':')), "{command} has no examples");
    let examples: Vec<&str> = lines.take_while(|line| line.starts_with("  ")).collect();
    assert!(!examples.is_empty(), "{command}");
    for line in &examples {
        assert!(line.chars().count() <= WIDTH, "{command}: a terminal of {WIDTH} columns breaks {line:?}");
    }
    Script { name: format!("popfield {command} --help"), lines: lines_of(examples.into_iter()), in_demo: true }
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = said(&["--help"]);
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// Runs a script in a shell that stops where a command fails, in `folder`, which is home to it.
fn run(script: &str, folder: &Path, home: &Path) -> Output {
    let program = cargo_bin("popfield");
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-exc", script]).current_dir(folder).env("PATH", path).env("HOME", home);
    shell.output().unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in from.read_dir().unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn every_command_that_is_printed_runs() {
    let mut pages: Vec<PathBuf> = root().join("docs").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    pages.push(root().join("README.md"));
    let mut scripts: Vec<Script> = pages.iter().map(|page| of_page(page)).collect();
    scripts.extend(commands().iter().map(String::as_str).chain([""]).map(of_help));
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("demo");
    assert!(run("popfield demo --out demo", folder.path(), folder.path()).status.success());

    let (next, stale, failed) = (
        AtomicUsize::new(0),
        Mutex::new(INSTEAD.iter().map(|(printed, _)| *printed).collect::<BTreeSet<_>>()),
        Mutex::new(Vec::new()),
    );
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let own: TempDir = tempfile::tempdir().unwrap();
                    if script.in_demo {
                        copy(&demo, own.path());
                    }
                    let home = tempfile::tempdir().unwrap();
                    let line = |line: &String| match INSTEAD.iter().find(|(printed, _)| printed == line) {
                        Some((printed, instead)) => {
                            stale.lock().unwrap().remove(printed);
                            (*instead).to_owned()
                        }
                        None => line.clone(),
                    };
                    let lines: Vec<String> = script.lines.iter().map(line).collect();
                    let output = run(&lines.join("\n"), own.path(), home.path());
                    if !output.status.success() {
                        let said = String::from_utf8_lossy(&output.stderr).into_owned();
                        let end: Vec<&str> = said.lines().rev().take(4).collect();
                        let end = end.into_iter().rev().collect::<Vec<_>>().join("\n");
                        failed.lock().unwrap().push(format!("{}:\n{end}", script.name));
                    }
                }
            });
        }
    });
    let (failed, stale) = (failed.into_inner().unwrap(), stale.into_inner().unwrap());
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(stale.is_empty(), "printed nowhere: {stale:?}");
}

/// A command that fails is seen, and one that goes on behind a backslash is one.
#[test]
fn a_command_that_fails_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let status = |script: &str| run(script, folder.path(), folder.path()).status.success();
    assert!(status("popfield info --tiers") && !status("popfield info nowhere\ntrue"));
    let lines = lines_of("# one\na \\\n   b # c\n\nd#e\n".lines());
    assert_eq!(lines, ["a b", "d#e"]);
}

/// To ask for help installs and builds nothing: there is no program that could.
#[cfg(unix)]
#[test]
fn help_of_the_peers_installs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = |tool: &str| {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap().stdout;
        String::from_utf8(found).unwrap().trim().to_owned()
    };
    for tool in ["sed", "dirname"] {
        std::os::unix::fs::symlink(place(tool), folder.path().join(tool)).unwrap();
    }
    for args in [&["--help"][..], &["matrix", "-h"], &["python", "--help"]] {
        let mut bash = Command::new(place("bash"));
        bash.arg(root().join("benches/peers/run")).args(args).env("PATH", folder.path());
        let output = bash.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.starts_with("Measures popfield beside others"), "{output:?}");
        assert!(said.contains("--rounds") && !said.contains("set -euo"), "{said}");
    }
}

/// What README says it is: a page that is read in one go.
#[test]
fn readme_is_short() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let lines = text.lines().count();
    assert!(lines <= 150, "expected 150 lines of README, found {lines}");
}

/// Links from page to page, and to the headings of pages, lead somewhere.
#[test]
fn links_lead_somewhere() {
    let mut pages: Vec<PathBuf> = vec![root().join("README.md")];
    pages.extend(root().join("docs").read_dir().unwrap().map(|entry| entry.unwrap().path()));
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    let anchor = |heading: &str| {
        let kept =
            heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>();
        kept.trim().replace(' ', "-")
    };
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link}", page.display());
            if let Some(heading) = heading {
                let text = std::fs::read_to_string(&target).unwrap();
                let headings =
                    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#')));
                assert!(headings.into_iter().any(|other| other == heading), "{}: {link}", page.display());
            }
        }
    }
}
