//! What files import, read from their text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A path as it stands in the code, its names.
type Names = Vec<String>;

/// One file.
#[derive(Debug, Default)]
struct Source {
    /// What it imports or names in its code: paths from the root of the crate.
    paths: BTreeSet<Names>,
    /// What it hands on: the name, and the path it stands for.
    handed_on: BTreeMap<String, Names>,
}

/// The sources of a crate, by module.
#[derive(Debug)]
pub struct Crate {
    files: BTreeMap<Names, (PathBuf, Source)>,
}

/// The module that a file is.
fn module(path: &Path) -> Names {
    let mut names: Names = path.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    names.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    names
}

impl Crate {
    pub fn new(files: BTreeMap<PathBuf, String>) -> Self {
        let modules: BTreeSet<Names> = files.keys().map(|path| module(path)).collect();
        let code: BTreeMap<PathBuf, String> = files.into_iter().map(|(path, text)| (path, code_of(&text))).collect();
        // Files that are compiled for tests only have lost their declaration, or their parents have.
        let declares = |parent: &[String], own: &str| {
            code.iter()
                .any(|(other, text)| module(other) == parent && tokens(text).windows(3).any(|t| t == ["mod", own, ";"]))
        };
        let declared = |path: &Path| {
            let names = module(path);
            (1..=names.len()).all(|length| declares(&names[..length - 1], &names[length - 1]))
        };
        let source = |path: &PathBuf, text: &str| {
            let module = module(path);
            let source = Source::new(text, &module, &modules);
            (module, (path.clone(), source))
        };
        let kept = code.iter().filter(|(path, _)| declared(path));
        Self { files: kept.map(|(path, text)| source(path, text)).collect() }
    }

    /// The files that each file imports.
    pub fn imports(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let of = |(path, source): &(PathBuf, Source)| {
            let mut found: BTreeSet<PathBuf> = source.paths.iter().filter_map(|names| self.resolve(names, 0)).collect();
            found.remove(path);
            (path.clone(), found)
        };
        self.files.values().map(of).collect()
    }

    /// The file that defines what `names` name; files that only hand it on are passed through.
    fn resolve(&self, names: &[String], depth: usize) -> Option<PathBuf> {
        let length = (0..=names.len()).rev().find(|&length| self.files.contains_key(&names[..length]))?;
        let (path, source) = &self.files[&names[..length]];
        let target = names.get(length).and_then(|name| source.handed_on.get(name));
        match target {
            // A name may be handed on by several files in turn.
            Some(target) if depth < 8 => self.resolve(&[target, &names[length + 1..]].concat(), depth + 1),
            _ => Some(path.clone()),
        }
    }
}

impl Source {
    fn new(text: &str, module: &[String], modules: &BTreeSet<Names>) -> Self {
        let mut source = Self::default();
        let mut used = BTreeSet::new();
        let tokens = tokens(text);
        let mut at = 0;
        while at < tokens.len() {
            if tokens[at] == "use" {
                let end = at + tokens[at..].iter().position(|token| *token == ";").unwrap_or(tokens.len() - at);
                // `pub use`, or `pub(…) use`: the name is handed on.
                let public = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
                for (names, alias) in tree(&tokens[at + 1..end]) {
                    let Some(path) = absolute(&names, module, modules) else { continue };
                    if public {
                        source.handed_on.insert(alias, path);
                    } else {
                        source.paths.insert(path);
                    }
                }
                at = end;
                continue;
            }
            if tokens[at] == "mod" && tokens.get(at + 2) == Some(&";") {
                // The name of a file, and no use of what may be called alike.
                at += 3;
                continue;
            }
            used.insert(tokens[at]);
            if is_name(tokens[at]) && tokens.get(at + 1) == Some(&"::") && (at == 0 || tokens[at - 1] != "::") {
                let mut names = vec![tokens[at].to_owned()];
                while tokens.get(at + 1) == Some(&"::") && tokens.get(at + 2).is_some_and(|token| is_name(token)) {
                    names.push(tokens[at + 2].to_owned());
                    at += 2;
                }
                source.paths.extend(absolute(&names, module, modules));
            }
            at += 1;
        }
        // What a file hands on and uses itself, it imports.
        let own = source.handed_on.iter().filter(|(name, _)| used.contains(name.as_str()));
        source.paths.extend(own.map(|(_, path)| path.clone()));
        source
    }
}

/// The path from the root of the crate, if it stays within the crate.
fn absolute(names: &[String], module: &[String], modules: &BTreeSet<Names>) -> Option<Names> {
    let (first, rest) = names.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let parent = module.split_last()?.1;
            if rest.first().is_some_and(|name| name == "super") {
                return absolute(rest, parent, modules);
            }
            Some([parent, rest].concat())
        }
        _ => {
            let child = [module, std::slice::from_ref(first)].concat();
            modules.contains(&child).then(|| [module, names].concat())
        }
    }
}

/// The paths of a tree such as `a::{b, c::{self, D as E}}`, each with the name that it goes by.
fn tree(tokens: &[&str]) -> Vec<(Names, String)> {
    let mut prefix = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at] {
            "::" => {}
            "{" => {
                let inner = &tokens[at + 1..tokens.len() - 1];
                let mut parts = vec![Vec::new()];
                let mut depth = 0;
                for &token in inner {
                    depth += i32::from(token == "{") - i32::from(token == "}");
                    match (depth, token) {
                        (0, ",") => parts.push(Vec::new()),
                        _ => parts.last_mut().unwrap().push(token),
                    }
                }
                let within = |part: &Vec<&str>| {
                    tree(part)
                        .into_iter()
                        .map(|(names, alias)| ([&prefix[..], &names].concat(), alias))
                        .collect::<Vec<_>>()
                };
                return parts.iter().filter(|part| !part.is_empty()).flat_map(within).map(trimmed).collect();
            }
            "as" => {
                let alias = tokens.get(at + 1).map_or_else(String::new, |name| (*name).to_owned());
                return vec![(prefix, alias)];
            }
            name => prefix.push(name.to_owned()),
        }
        at += 1;
    }
    let alias = prefix.last().cloned().unwrap_or_default();
    vec![(prefix, alias)]
}

/// `a::self` is `a`.
fn trimmed((mut names, alias): (Names, String)) -> (Names, String) {
    if names.len() > 1 && names.pop_if(|last| last == "self").is_some() {
        let own = names.last().cloned().unwrap_or_default();
        return (names, if alias == "self" { own } else { alias });
    }
    (names, alias)
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The names and signs of code, `::` being one sign.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The code of a file without comments, texts, and what is compiled for tests only.
fn code_of(text: &str) -> String {
    without_tests(&without_texts(text))
}

/// Comments and texts become blanks.
fn without_texts(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' || rest.starts_with("r\"") || rest.starts_with("r#") || rest.starts_with("b\"") {
            end_of_text(rest)
        } else if first == '\'' {
            // A character, or the name of a lifetime.
            let mut after = rest[1..].chars();
            match (after.next(), after.next()) {
                (Some('\\'), _) => 3 + rest[3..].find('\'').unwrap_or(0),
                (Some(c), Some('\'')) => 2 + c.len_utf8(),
                _ => 0,
            }
        } else {
            0
        };
        if skip > 0 {
            code.push(' ');
            rest = &rest[skip..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// The bytes of the text that `rest` begins with, or 0 if it is none.
fn end_of_text(rest: &str) -> usize {
    let raw = rest.trim_start_matches('b').strip_prefix('r');
    if let Some(raw) = raw {
        let marks = raw.len() - raw.trim_start_matches('#').len();
        let Some(body) = raw[marks..].strip_prefix('"') else { return 0 };
        let end = format!("\"{}", "#".repeat(marks));
        return body.find(&end).map_or(rest.len(), |at| rest.len() - body.len() + at + end.len());
    }
    let start = rest.find('"').unwrap_or(0) + 1;
    let mut escaped = false;
    for (at, c) in rest[start..].char_indices() {
        match c {
            '"' if !escaped => return start + at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    rest.len()
}

/// Items under `#[cfg(test)]` or `#[cfg(doctest)]` are cut out.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    let mark = |text: &str| ["#[cfg(test)]", "#[cfg(doctest)]"].iter().filter_map(|mark| text.find(mark)).min();
    while let Some(at) = mark(rest) {
        kept.push_str(&rest[..at]);
        let item = &rest[at + 2..];
        let open = item.find(['{', ';']).unwrap_or(item.len());
        let mut depth = 0;
        let end = item[open..].char_indices().find(|&(_, c)| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0 && (c == '}' || c == ';')
        });
        rest = end.map_or("", |(at, _)| &item[open + at + 1..]);
    }
    kept + rest
}
