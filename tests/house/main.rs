//! The house stands without loops: no two files of a crate import each other, straight or in a circle, and no folder of
//! the engine knows those that its root lists below it.
//!
//! Imports are read from the sources: `use` lines, and paths in the code that begin with `crate`, `super` or the name of
//! a child module. A name that a file hands on (`pub use`) counts as an import of where it is defined, so that a crate's
//! root may list what it offers. Code for tests does not count.

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use imports::Crate;

/// The sources of every crate of the workspace that stands here, by the crate's folder.
fn crates() -> Vec<(String, Crate)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["", "kernels", "map", "lab", "cli", "reference"];
    let there = folders.iter().map(|folder| (folder, root.join(folder).join("src"))).filter(|(_, src)| src.is_dir());
    there.map(|(folder, src)| ((*folder).to_owned(), Crate::new(files(&src, &src)))).collect()
}

/// The Rust files below `folder`, by their paths from `from`.
fn files(folder: &Path, from: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(files(&entry, from));
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            found.insert(entry.strip_prefix(from).unwrap().to_owned(), std::fs::read_to_string(&entry).unwrap());
        }
    }
    found
}

/// The shortest loops among `imports`, one for each set of files.
fn loops(imports: &BTreeMap<PathBuf, BTreeSet<PathBuf>>) -> Vec<Vec<PathBuf>> {
    let from = |start: &PathBuf| {
        let mut paths = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while !paths.is_empty() {
            let mut longer = Vec::new();
            for path in paths {
                for next in imports.get(path.last()?).into_iter().flatten() {
                    if next == start {
                        return Some([path, vec![start.clone()]].concat());
                    }
                    if seen.insert(next.clone()) {
                        longer.push([path.clone(), vec![next.clone()]].concat());
                    }
                }
            }
            paths = longer;
        }
        None
    };
    let found: BTreeMap<BTreeSet<PathBuf>, Vec<PathBuf>> =
        imports.keys().filter_map(from).map(|files| (files.iter().cloned().collect(), files)).collect();
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by_key(Vec::len);
    found
}

#[test]
fn no_two_files_import_each_other() {
    let crates = crates();
    let mut found = Vec::new();
    assert!(crates.iter().any(|(folder, _)| folder.is_empty()));
    for (folder, sources) in crates {
        let imports = sources.imports();
        let arrows: usize = imports.values().map(BTreeSet::len).sum();
        assert!(arrows >= imports.len() / 2, "{folder:?}: {arrows} imports seen among {} files", imports.len());
        for files in loops(&imports) {
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            found.push(format!("{folder}/src: {}", names.join(" → ")));
        }
    }
    assert!(found.is_empty(), "files that import each other:\n{}", found.join("\n"));
}

/// The folders of the engine stand on each other in the order in which its root lists them.
#[test]
fn no_folder_knows_those_below_it() {
    let (_, engine) = crates().into_iter().find(|(folder, _)| folder.is_empty()).unwrap();
    let root = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = root
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert!(listed.len() > 8, "{listed:?}");
    let place = |file: &Path| {
        let top = file.with_extension("").iter().next().unwrap().to_string_lossy().into_owned();
        listed.iter().position(|name| *name == top)
    };
    let mut found = Vec::new();
    for (file, imported) in engine.imports() {
        let below = imported.iter().filter(|other| place(other) > place(&file) && place(&file).is_some());
        found.extend(below.map(|other| format!("{} imports {}", file.display(), other.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Sources with a loop in every way that one can come about, and none.
#[test]
fn planted_loops_are_seen() {
    let loop_of = |sources: &[(&str, &str)]| {
        let files = sources.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        loops(&Crate::new(files).imports()).first().map(|files| files.len() - 1)
    };
    let lib = ("lib.rs", "mod a;\nmod b;\npub use a::{A, Other};\npub use b::B;\n");
    // Through names that the root hands on.
    assert_eq!(
        loop_of(&[lib, ("a.rs", "use crate::B;\npub struct A(B);"), ("b.rs", "use crate::A;\npub struct B;")]),
        Some(2)
    );
    // By paths, in trees and in the code.
    assert_eq!(loop_of(&[lib, ("a.rs", "use crate::{b::{self, B}};"), ("b.rs", "fn f() { crate::a::g() }")]), Some(2));
    assert_eq!(loop_of(&[lib, ("a.rs", "use super::b::B as C;"), ("b.rs", "use super::A;\npub struct B;")]), Some(2));
    // Three in a circle.
    let circle = [
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "use crate::c::C;"),
        ("c.rs", "use crate::a::A;"),
    ];
    assert_eq!(loop_of(&circle), Some(3));
    // A folder and a file in it; handing on is none.
    let folder = |text| {
        [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", text),
            ("a/b.rs", "use super::{A, c::C};\npub struct B;"),
            ("a/c.rs", "pub struct C;"),
        ]
    };
    assert_eq!(loop_of(&folder("mod b;\nmod c;\npub use b::B;\npub(crate) use c::C;\npub struct A;")), None);
    assert_eq!(loop_of(&folder("mod b;\nmod c;\nuse b::B;\npub struct A(B);")), Some(2));
    assert_eq!(loop_of(&folder("mod b;\nmod c;\npub struct A;\nfn f() { b::g(); }")), Some(2));
    let both = folder("mod b;\nmod c;\npub use b::B;\npub struct A(B);");
    assert_eq!(loop_of(&both), Some(2));
    // Code for tests, comments and texts are no imports.
    let test = "pub struct B;\n#[cfg(test)]\nmod tests { use crate::A; }\n// use crate::A;\n/// [`crate::A`]\nconst C: &str = \"crate::A\";";
    assert_eq!(loop_of(&[lib, ("a.rs", "use crate::B;\npub struct A;"), ("b.rs", test)]), None);
    let tests = [
        ("lib.rs", "mod a;\n#[cfg(test)]\nmod tests;\npub fn f() {}"),
        ("a.rs", "pub fn g() { crate::f() }"),
        ("tests.rs", "use crate::a::g; use crate::f;"),
    ];
    assert_eq!(loop_of(&tests), None);
}
