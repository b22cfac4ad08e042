//! C and C++ from outside: programs are compiled against the headers and the library, under the address sanitizer, and
//! run. Needs gcc and g++.

use std::path::{Path, PathBuf};
use std::process::Command;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Where the library for C was built beside this test.
fn built() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// A folder in which the library has the name that `install` gives it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, of) in [("libpopfield.so", "so"), ("libpopfield.so.0", "so"), ("libpopfield.a", "a")] {
        let library = built().join(format!("libpopfield_capi.{of}"));
        assert!(library.is_file(), "{}", library.display());
        std::os::unix::fs::symlink(library, folder.path().join(name)).unwrap();
    }
    folder
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// The program of `source`, compiled under sanitizers with every warning an error.
fn compiled(source: impl AsRef<Path>, folder: &Path) -> PathBuf {
    let source = Path::new(HERE).join(source);
    let program = folder.join(source.file_name().unwrap()).with_extension("x");
    let is_c = source.extension() == Some("c".as_ref());
    let (compiler, standard) = if is_c { ("gcc", "-std=c11") } else { ("g++", "-std=c++17") };
    let mut command = Command::new(compiler);
    command.args([standard, "-D_POSIX_C_SOURCE=200809L", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    command.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    command.arg(format!("-I{HERE}/include")).arg(source).arg("-o").arg(&program);
    command.arg(format!("-L{}", folder.display())).args(["-lpopfield", "-lpthread", "-lm"]);
    command.arg(format!("-Wl,-rpath,{}", folder.display()));
    output(&mut command);
    program
}

#[test]
fn the_header_is_what_the_sources_say() {
    let config = cbindgen::Config::from_file(format!("{HERE}/cbindgen.toml")).unwrap();
    let mut header = Vec::new();
    cbindgen::Builder::new().with_crate(HERE).with_config(config).generate().unwrap().write(&mut header);
    let (header, path) = (String::from_utf8(header).unwrap(), format!("{HERE}/include/popfield.h"));
    if std::env::var_os("POPFIELD_WRITE_HEADER").is_some() {
        std::fs::write(&path, &header).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == header, "POPFIELD_WRITE_HEADER=1 writes {path} anew");
}

#[test]
fn examples_run() {
    let folder = folder();
    for source in ["examples/recall.c", "examples/recall.cpp"] {
        let said = output(&mut Command::new(compiled(source, folder.path())));
        assert!(said.starts_with("all 100 recalled, every bit"), "{said}");
    }
    // The static library, without sanitizers.
    let program = folder.path().join("static");
    let mut gcc = Command::new("gcc");
    gcc.arg(format!("-I{HERE}/include")).arg(format!("{HERE}/examples/recall.c")).arg("-o").arg(&program);
    output(gcc.arg(folder.path().join("libpopfield.a")).args(["-lpthread", "-ldl", "-lm"]));
    assert!(output(&mut Command::new(program)).starts_with("all 100 recalled"));
}

#[test]
fn the_page_of_four_faces() {
    let folder = folder();
    let page = std::fs::read_to_string(Path::new(HERE).join("../docs/four-faces.md")).unwrap();
    let block = page.split_once("```c\n").unwrap().1.split_once("```").unwrap().0;
    let source = folder.path().join("page.c");
    std::fs::write(&source, block).unwrap();
    let program = compiled(source, folder.path());
    assert_eq!(output(&mut Command::new(program)), "++++----  nearest 0 at distance 1, full\n");
}

#[test]
fn c_behaves() {
    let folder = folder();
    let program = compiled("tests/behaviour.c", folder.path());
    assert_eq!(output(Command::new(program).arg(folder.path())), "all as expected\n");
}

#[test]
fn cpp_behaves() {
    let folder = folder();
    let program = compiled("tests/behaviour.cpp", folder.path());
    assert_eq!(output(Command::new(program).arg(folder.path())), "all as expected\n");
}

#[test]
fn c_gives_every_bit_of_the_vectors() {
    let folder = folder();
    let program = compiled("tests/vectors.c", folder.path());
    let vectors = Path::new(HERE).join("../tests/vectors/recall.txt");
    let said = output(Command::new(&program).arg(&vectors));
    let count: usize = said.strip_suffix(" vectors\n").expect(&said).parse().expect(&said);
    assert!(count >= 300);
    // One bit of one answer the other way round is seen.
    let file = std::fs::read_to_string(vectors).unwrap();
    let line = file.lines().find(|line| line.starts_with("V\tm31v5\t")).unwrap();
    let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
    fields[10] = if fields[10].starts_with('+') { "-" } else { "+" }.to_owned() + &fields[10][1..];
    let corrupted = folder.path().join("corrupted.txt");
    std::fs::write(&corrupted, file.replace(line, &fields.join("\t"))).unwrap();
    assert_eq!(output(Command::new(program).arg(corrupted)), format!("m31v5\n{count} vectors\n"));
}
