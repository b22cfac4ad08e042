//! The vectors that every face of popfield is held to (`tests/vectors/recall.txt`, whose head says what is in it).

use serde_json::Value;

use crate::arrays::parts;
use crate::sandbox::Sandbox;

const FILE: &str = include_str!("../../../tests/vectors/recall.txt");

/// The names of the vectors that the command line answers otherwise, and how many there are.
fn wrong<'a>(lines: impl Iterator<Item = &'a str>) -> (Vec<String>, usize) {
    let s = Sandbox::new();
    let (mut wrong, mut count) = (Vec::new(), 0);
    let [mut ids, mut keys, mut values] = [const { String::new() }; 3];
    let mut made = false;
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["M", ..] => {
                made = false;
                [&mut ids, &mut keys, &mut values].into_iter().for_each(String::clear);
            }
            ["K", id, key, ref value @ ..] => {
                ids += &format!("{id}\n");
                keys += &format!("{key}\n");
                value.iter().for_each(|value| values += &format!("{value}\n"));
            }
            ["V", name, separation, beta, degree, steps, tie, only, exclude, query, ref expected @ ..] => {
                count += 1;
                if !made {
                    made = true;
                    s.write("ids", &ids);
                    s.write("k.txt", &keys);
                    s.write("v.txt", &values);
                    let mut create =
                        vec!["create", "m.pop", "--force", "--keys", "k.txt", "--ids", "ids", "--text", "lines"];
                    create.extend(if values.is_empty() { &[][..] } else { &["--values", "v.txt"] });
                    s.done(&create);
                }
                s.write("q.txt", format!("{query}\n"));
                let recall = "recall m.pop --queries q.txt --text lines --out a.npy --report r.json --steps";
                let mut recall: Vec<&str> = recall.split(' ').collect();
                recall.extend([steps, "--tie", tie, "--separation", separation]);
                for (option, value) in [("--beta", beta), ("--degree", degree)] {
                    recall.extend(if value == "*" { vec![] } else { vec![option, value] });
                }
                for (option, list, file) in [("--only", only, "only"), ("--exclude", exclude, "exclude")] {
                    if list != "*" {
                        s.write(file, list.replace(',', "\n") + "\n");
                        recall.extend([option, file]);
                    }
                }
                s.done(&recall);
                let answer = s.read("a.npy");
                let signs: String = parts(&answer).1.iter().map(|&byte| if byte == 1 { '+' } else { '-' }).collect();
                let report: Value = serde_json::from_slice(&s.read("r.json")).unwrap();
                let said = ["tied_bits", "nearest_id", "nearest_distance", "nearest_count"];
                let found = std::iter::once(signs).chain(said.map(|key| report[0][key].to_string()));
                if !found.eq(expected.iter().copied()) {
                    wrong.push(name.to_owned());
                }
            }
            _ => assert!(line.starts_with('#'), "{line}"),
        }
    }
    (wrong, count)
}

#[test]
fn the_page_of_four_faces() {
    let s = Sandbox::new();
    let page = include_str!("../../../docs/four-faces.md");
    let block = page.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let program = assert_cmd::cargo::cargo_bin("popfield");
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let shell =
        std::process::Command::new("sh").args(["-ec", block]).current_dir(s.path("")).env("PATH", path).output();
    let said = String::from_utf8(shell.unwrap().stdout).unwrap();
    assert!(said.ends_with("\n++++----  nearest 0 at distance 1, full\n"), "{said}");
}

#[test]
fn the_command_line_gives_every_bit() {
    let (wrong, count) = wrong(FILE.lines());
    assert!(wrong.is_empty() && count >= 300, "{wrong:?} of {count}");
}

/// One bit of one answer the other way round is seen.
#[test]
fn a_corrupted_vector_is_seen() {
    let of_memory = |line: &&str| line.starts_with("K\t") || line.starts_with("V\tm31v");
    let lines: Vec<&str> = FILE.lines().skip_while(|line| !line.starts_with("M\tm31\t")).skip(1).collect();
    let turned: Vec<String> = lines
        .into_iter()
        .take_while(of_memory)
        .map(|line| {
            let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if fields[1] == "m31v5" {
                fields[10] = if fields[10].starts_with('+') { "-" } else { "+" }.to_owned() + &fields[10][1..];
            }
            fields.join("\t")
        })
        .collect();
    assert_eq!(wrong(turned.iter().map(String::as_str)), (vec!["m31v5".to_owned()], 10));
}
