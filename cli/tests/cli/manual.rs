//! Completions and the manual, which are made of the help.

use crate::sandbox::Sandbox;

/// The commands that the help lists.
fn commands(s: &Sandbox) -> Vec<String> {
    let help = s.done(&["--help"]);
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

#[test]
fn shells_complete_every_command() {
    let s = Sandbox::new();
    let commands = commands(&s);
    assert!(commands.len() > 20 && commands.contains(&"inspect".to_owned()), "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = s.done(&["completions", shell]);
        commands.iter().for_each(|command| assert!(script.contains(command.as_str()), "{shell}: {command}"));
        assert!(script.contains("binarize"), "{shell}");
    }
    s.refused(&["completions", "tcsh"], &["tcsh", "bash"]);
    // What bash makes of it.
    s.write("popfield.bash", s.done(&["completions", "bash"]));
    let script = "source ./popfield.bash && COMP_WORDS=(popfield insp) COMP_CWORD=1 && _popfield popfield insp popfield \
                  && echo \"${COMPREPLY[@]}\"";
    let bash = std::process::Command::new("bash").args(["-c", script]).current_dir(s.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), "inspect", "{}", String::from_utf8_lossy(&bash.stderr));
}

#[test]
fn every_command_has_a_page() {
    let s = Sandbox::new();
    assert!(s.done(&["man"]).contains(".SH SUBCOMMANDS"));
    s.done(&["man", "--out", "man1"]);
    for command in commands(&s) {
        let page = String::from_utf8(s.read(&format!("man1/popfield-{command}.1"))).unwrap();
        assert!(
            page.contains(".SH SYNOPSIS") && page.contains(&format!("popfield {}", command.replace('-', "\\-"))),
            "{page}"
        );
        // Examples stand as they are typed.
        let examples = page.split(".nf").nth(1).unwrap().split(".fi").next().unwrap();
        assert!(examples.contains("\n  popfield ") && !examples.contains("\n."), "{command}: {examples}");
    }
    s.refused(&["man", "--out", "keys.txt/man"], &["keys.txt/man"]);
}
