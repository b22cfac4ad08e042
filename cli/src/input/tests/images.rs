use image::metadata::Orientation;

use super::kinds::{self, Grid, Tiff};
use super::{Folder, shown, signs};
use crate::args::{Input, ThresholdArg};
use crate::failure::Failure;

fn options() -> Input {
    Input::default()
}

#[test]
fn every_kind_holds_the_same_image() {
    let folder = Folder::new();
    for (width, height, seed) in [(17, 9, 1), (8, 8, 2), (1, 5, 3), (33, 3, 4)] {
        let grid = Grid::drawn(width, height, seed);
        for file in kinds::read(&grid) {
            let name = format!("image.{}", file.ending);
            let loaded = folder.read(&name, &file.bytes, &options());
            let loaded = loaded.unwrap_or_else(|failure| panic!("{}: {:?}", file.what, failure.message()));
            assert_eq!(shown(loaded.queries.signs()), [signs(&grid.ink())], "{}", file.what);
            let shape = loaded.shape.unwrap();
            assert_eq!((shape.width, shape.height), (width, height), "{}", file.what);
        }
    }
}

#[test]
fn photographs_of_every_kind() {
    let folder = Folder::new();
    let grid = Grid::drawn(4, 3, 9);
    let ink: Vec<bool> = (0..64 * 48).map(|at| grid.greys[at / 64 / 16 * 4 + at % 64 / 16] < 128).collect();
    for file in kinds::jpeg(&grid) {
        let loaded = folder.read("image.jpg", &file.bytes, &options());
        let loaded = loaded.unwrap_or_else(|failure| panic!("{}: {:?}", file.what, failure.message()));
        let found = &shown(loaded.queries.signs())[0];
        let off = found.chars().zip(signs(&ink).chars()).filter(|(a, b)| a != b).count();
        // Only at the edges of squares may a pixel be lost.
        assert!(off < 64 * 48 / 100, "{}: {off}", file.what);
    }
}

/// What ends early is refused at every length, and what was changed is read or refused, without a panic.
#[test]
fn cut_at_every_byte_and_changed_at_random() {
    let folder = Folder::new();
    let mut files = kinds::read(&Grid::drawn(5, 3, 5));
    files.extend(kinds::jpeg(&Grid::drawn(1, 1, 6)));
    let mut state = 88_172_645_463_325_252u64;
    let mut drawn = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    for file in &files {
        let name = format!("image.{}", file.ending);
        // Long ones are mostly tables: every byte at both ends, and some between.
        let lengths = (0..file.bytes.len())
            .filter(|length| *length < 300 || *length + 300 > file.bytes.len() || length % 37 == 0);
        for length in lengths {
            let message = folder.refused(&name, &file.bytes[..length], &options());
            assert!(!message.contains("memory"), "{}: {message}", file.what);
        }
        for _ in 0..25 {
            let mut changed = file.bytes.clone();
            for _ in 0..=drawn(3) {
                let at = drawn(changed.len().min(200));
                changed[at] = drawn(256) as u8;
            }
            match folder.read(&name, &changed, &options()) {
                Ok(_) | Err(Failure::Input(..)) => {}
                Err(other) => panic!("{}: {other:?}", file.what),
            }
        }
    }
}

/// A scan that was cut and closed by a mark of its end.
#[test]
fn photographs_whose_scan_ends_early() {
    let folder = Folder::new();
    for file in kinds::jpeg(&Grid::drawn(6, 6, 7)) {
        let whole = shown(folder.read("image.jpg", &file.bytes, &options()).unwrap().queries.signs());
        let (mut same, mut other) = (0, 0);
        for length in (file.bytes.len() / 2..file.bytes.len() - 2).step_by(5) {
            let closed = [&file.bytes[..length], &[0xff, 0xd9]].concat();
            match folder.read("image.jpg", &closed, &options()) {
                Err(Failure::Input(..)) => {}
                Err(failure) => panic!("{failure:?}"),
                Ok(loaded) if shown(loaded.queries.signs()) == whole => same += 1,
                Ok(_) => other += 1,
            }
        }
        println!("{}: same {same}, other {other}", file.what);
        assert_eq!(other, 0, "{}", file.what);
    }
}

/// A scan of which the rest was never received: zeros, which are codes as well.
#[test]
fn photographs_whose_scan_goes_on_in_zeros() {
    let folder = Folder::new();
    for file in kinds::jpeg(&Grid::drawn(6, 6, 7)).into_iter().filter(|file| file.what.contains("restarts 0")) {
        let whole = shown(folder.read("image.jpg", &file.bytes, &options()).unwrap().queries.signs());
        let start = file.bytes.len() - file.bytes.len() / 4;
        for cut in (start..file.bytes.len() - 40).step_by(7) {
            let mut holed = file.bytes.clone();
            let end = holed.len() - 2;
            holed[cut..end].fill(0);
            match folder.read("image.jpg", &holed, &options()) {
                Err(Failure::Input(..)) => {}
                Err(failure) => panic!("{failure:?}"),
                Ok(loaded) => assert_eq!(shown(loaded.queries.signs()), whole, "{}, from {cut} on", file.what),
            }
        }
    }
}

#[test]
fn kinds_that_are_not_read_are_told_by_what_they_are() {
    let folder = Folder::new();
    let grid = Grid::drawn(8, 8, 8);
    // A directory that is its own next one, and pages of one strip.
    let mut looped = Tiff::default().write(std::slice::from_ref(&grid));
    let (first, end) = (looped[4..8].to_vec(), looped.len() - 4);
    looped[end..].copy_from_slice(&first);
    let mut shared = Tiff { compression: 8, ..Tiff::default() }.write(&vec![grid.clone(); 40]);
    let (whole, entry) = (shared.len(), |tag: u8| [tag, 1, 4, 0, 1, 0, 0, 0]);
    for at in 0..whole - 12 {
        // All pages have the first strip, which takes the rest of the file.
        if shared[at..at + 8] == entry(17) {
            shared[at + 8..at + 12].copy_from_slice(&8u32.to_le_bytes());
        } else if shared[at..at + 8] == entry(23) {
            shared[at + 8..at + 12].copy_from_slice(&(whole as u32 - 8).to_le_bytes());
        }
    }
    let mut beyond = kinds::gif(&grid)[0].bytes.clone();
    beyond[8] = 4;
    let tiff = |tiff: Tiff| tiff.write(std::slice::from_ref(&grid));
    for (file, words) in [
        (tiff(Tiff { bits: 32, ..Tiff::default() }), "32 bits"),
        (tiff(Tiff { bits: 16, format: 2, ..Tiff::default() }), "signed"),
        (tiff(Tiff { bits: 32, format: 3, ..Tiff::default() }), "floating-point"),
        (tiff(Tiff { photometric: 5, ..Tiff::default() }), "CMYK"),
        (tiff(Tiff { photometric: 6, ..Tiff::default() }), "YCbCr"),
        (tiff(Tiff { photometric: 8, ..Tiff::default() }), "L*a*b*"),
        (tiff(Tiff { photometric: 2, planar: 2, ..Tiff::default() }), "planes apart"),
        (tiff(Tiff { photometric: 2, planar: 2, tiles: Some((16, 16)), ..Tiff::default() }), "planes apart"),
        (tiff(Tiff { compression: 7, ..Tiff::default() }), "packed by JPEG"),
        (tiff(Tiff { compression: 3, ..Tiff::default() }), "group 3"),
        (tiff(Tiff { compression: 50_000, ..Tiff::default() }), "Zstandard"),
        (tiff(Tiff { compression: 777, ..Tiff::default() }), "number 777"),
        (tiff(Tiff { extra: Some(0), ..Tiff::default() }), "no alpha"),
        (tiff(Tiff { bits: 12, ..Tiff::default() }), "12 bits"),
        (b"\0\0\x01\0\x01\0 an icon".to_vec(), "kind ico"),
        (b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nTUPLTYPE CMYKA\nENDHDR\n12345".to_vec(), "5 samples"),
        (b"P2\n1 1\n70000\n5 \n".to_vec(), "largest sample of 70000"),
        (b"P2\n1 1\n0\n0 \n".to_vec(), "largest sample of 0"),
        (b"P2\n2 1\n15\n3 16\n".to_vec(), "sample of 16: expected at most 15"),
        (b"P5\n0 4\n255\n".to_vec(), "found 0 × 4"),
        (b"P5\n1 1\n255\nab".to_vec(), "bytes after its image"),
        (b"P5\r\n2 1\r\n255\r\n\xc8\x20".to_vec(), "CR and LF"),
        (looped, "damaged"),
        (shared, "damaged"),
        (beyond, "beyond its screen"),
        (b"\x93NUMPY\x01\0".to_vec(), "name it .npy"),
        (b"no image".to_vec(), "not an image"),
        (Vec::new(), "empty file"),
    ] {
        let message = folder.refused("image.png", &file, &options());
        assert!(message.contains(words) && !message.contains("Unknown("), "{words}: {message}");
    }
}

#[test]
fn premultiplied_alpha_is_laid_over_white_once() {
    let folder = Folder::new();
    // 20 of 140: grey 135 over white, where straight alpha would give 125.
    let grid = Grid { width: 1, height: 1, greys: vec![20] };
    for (extra, sign) in [(1, "-"), (2, "+")] {
        let mut bytes = Tiff { extra: Some(extra), ..Tiff::default() }.write(std::slice::from_ref(&grid));
        // The pixel's two samples stand first.
        assert_eq!(bytes[8..10], [20, 255]);
        bytes[9] = 140;
        let loaded = folder.read("image.tif", &bytes, &options()).unwrap();
        assert_eq!(shown(loaded.queries.signs()), [sign]);
    }
}

#[test]
fn several_images_in_a_file_are_several_patterns_or_none() {
    let folder = Folder::new();
    let pages = [Grid::drawn(6, 4, 1), Grid::drawn(6, 4, 2), Grid::drawn(6, 4, 3)];
    let expected: Vec<String> = pages.iter().map(|grid| signs(&grid.ink())).collect();
    let tiff = Tiff { bits: 1, ..Tiff::default() }.write(&pages);
    assert_eq!(shown(folder.read("pages.tif", &tiff, &options()).unwrap().queries.signs()), expected);
    for kind in 0..kinds::pnm(&pages[0]).len() {
        let stream: Vec<u8> =
            pages.iter().flat_map(|grid| [&kinds::pnm(grid)[kind].bytes[..], b"\n"].concat()).collect();
        assert_eq!(shown(folder.read("stream.pnm", &stream, &options()).unwrap().queries.signs()), expected);
    }
    let message =
        folder.refused("pages.tif", Tiff::default().write(&[pages[0].clone(), Grid::drawn(4, 6, 2)]), &options());
    assert!(message.contains("6 × 4") && message.contains("4 × 6"), "{message}");
    let frames = kinds::gif_of(&[&pages[0], &pages[1]], false);
    let png = &kinds::png(&pages[0])[3].bytes;
    let animated = [&png[..33], &kinds::png_chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), &png[33..]].concat();
    let jpeg = &kinds::jpeg(&Grid::drawn(2, 1, 6))[0].bytes;
    for (file, words) in [
        (frames, "several frames"),
        (animated, "several frames"),
        ([&png[..], &png[..]].concat(), "several images"),
        ([&jpeg[..], &[0; 3], &jpeg[..]].concat(), "several images"),
        (kinds::gif(&pages[0])[0].bytes.repeat(2), "several images"),
        (kinds::bmp(&pages[0])[0].bytes.repeat(2), "several images"),
        (kinds::webp(&pages[0])[0].bytes.repeat(2), "several images"),
    ] {
        let message = folder.refused("image.png", &file, &options());
        assert!(message.contains(words), "{message}");
    }
}

/// All eight orientations, of pages and of photographs, as the reader's own formulas do not say but a table does.
#[test]
fn images_are_turned_as_viewers_turn_them() {
    let folder = Folder::new();
    // 2 wide, 3 high: a letter for each pixel.
    let stored = ["ab", "cd", "ef"];
    let shown_as: [&[&str]; 8] = [
        &["ab", "cd", "ef"],
        &["ba", "dc", "fe"],
        &["fe", "dc", "ba"],
        &["ef", "cd", "ab"],
        &["ace", "bdf"],
        &["eca", "fdb"],
        &["fdb", "eca"],
        &["bdf", "ace"],
    ];
    for (at, expected) in shown_as.iter().enumerate() {
        let orientation = at as u16 + 1;
        assert!(Orientation::from_exif(orientation as u8).is_some());
        for letter in 'a'..='f' {
            let ink = |rows: &[&str]| signs(&rows.concat().chars().map(|other| other == letter).collect::<Vec<_>>());
            let greys: Vec<u8> = stored.concat().chars().map(|other| if other == letter { 0 } else { 255 }).collect();
            let grid = Grid { width: 2, height: 3, greys };
            let page = Tiff { orientation, ..Tiff::default() }.write(std::slice::from_ref(&grid));
            let loaded = folder.read("image.tif", &page, &options()).unwrap();
            assert_eq!(shown(loaded.queries.signs()), [ink(expected)], "{orientation}");
            let shape = loaded.shape.unwrap();
            assert_eq!((shape.width, shape.height), (expected[0].len(), expected.len()));
            // The same tag in a photograph, whose pixels are squares.
            let jpeg = &kinds::jpeg(&grid)[0].bytes;
            let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
            exif.extend([orientation as u8, 0, 0, 0, 0, 0, 0]);
            let segment = [&[0xff, 0xe1], &(exif.len() as u16 + 2).to_be_bytes()[..], &exif].concat();
            let turned = [&jpeg[..2], &segment, &jpeg[2..]].concat();
            let loaded = folder.read("image.jpg", &turned, &options()).unwrap();
            let shape = loaded.shape.unwrap();
            assert_eq!((shape.width, shape.height), (16 * expected[0].len(), 16 * expected.len()));
            let middle = |x: usize, y: usize| (16 * y + 8) * shape.width + 16 * x + 8;
            let pattern = loaded.queries.signs().get(0).unwrap();
            let squares = (0..expected.len()).flat_map(|y| (0..expected[0].len()).map(move |x| middle(x, y)));
            let found: Vec<bool> = squares.map(|at| pattern.bits()[at]).collect();
            assert_eq!(signs(&found), ink(expected), "{orientation}");
        }
    }
}

#[test]
fn sizes_are_bounded_by_headers() {
    let folder = Folder::new();
    let huge = |bytes: Vec<u8>, at: usize, size: &[u8]| {
        let mut bytes = bytes;
        bytes[at..at + size.len()].copy_from_slice(size);
        bytes
    };
    let grid = Grid::drawn(9, 4, 5);
    let png = huge(kinds::png(&grid)[0].bytes.clone(), 16, &[0, 0, 0x5a, 0, 0, 0, 0x5a, 0]);
    let gif = huge(kinds::gif(&grid)[0].bytes.clone(), 6, &[0xff, 0xff, 0xff, 0xff]);
    let bmp = huge(kinds::bmp(&grid)[0].bytes.clone(), 18, &[0, 0x5a, 0, 0, 0, 0x5a, 0, 0]);
    let jpeg = kinds::jpeg(&Grid::drawn(2, 1, 6))[0].bytes.clone();
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    let jpeg = huge(jpeg, frame + 5, &[0xff, 0xff, 0xff, 0xff]);
    for file in [png, gif, bmp, jpeg, b"P5\n23040 23040\n255\n".to_vec(), b"P4\n99999 99999\n".to_vec()] {
        let message = folder.refused("image.png", &file, &options());
        assert!(message.contains("positions: expected at most 16777216"), "{message}");
    }
}

#[test]
fn images_of_one_sign_and_images_alike_are_told() {
    let folder = Folder::new();
    // Grey paper, dark strokes: all ink at the usual threshold.
    let scan = |seed: u64| {
        let ink = Grid::drawn(8, 8, seed).ink();
        let greys = ink.iter().map(|&ink| if ink { "25" } else { "118" }).collect::<Vec<_>>().join(" ");
        format!("P2\n8 8\n255\n{greys}\n")
    };
    std::fs::create_dir(folder.0.path().join("scans")).unwrap();
    (0..3).for_each(|seed| folder.write(&format!("scans/{seed}.pgm"), scan(seed)));
    let expected: Vec<String> = (0..3).map(|seed| signs(&Grid::drawn(8, 8, seed).ink())).collect();
    let loaded = folder.keys("scans", &options()).unwrap();
    assert!(loaded.notes[0].contains("3 of 3 images are all ink"), "{:?}", loaded.notes);
    assert!(loaded.notes[0].contains("25 to 118, which --threshold 72 (or otsu) divides"), "{:?}", loaded.notes);
    for threshold in [ThresholdArg::Grey(72), ThresholdArg::Otsu] {
        let loaded = folder.keys("scans", &Input { threshold: Some(threshold), ..options() }).unwrap();
        assert_eq!((shown(loaded.queries.signs()), loaded.notes.len()), (expected.clone(), 0));
    }
    let blank = folder.read("blank.pgm", "P2\n2 1\n255\n200 200\n", &options()).unwrap();
    assert!(blank.notes[0].contains("every pixel has the grey 200"), "{:?}", blank.notes);
    // A frame of ink around, the same in all, and a pixel that differs.
    std::fs::create_dir(folder.0.path().join("alike")).unwrap();
    for image in 0..5 {
        let pixels = (0..400).map(|at| if at < 40 || at == 100 + image { "0" } else { "255" }).collect::<Vec<_>>();
        folder.write(&format!("alike/{image}.pgm"), format!("P2\n20 20\n255\n{}\n", pixels.join(" ")));
    }
    let loaded = folder.keys("alike", &options()).unwrap();
    assert!(loaded.notes[0].contains("5 of 5 images are nearly alike"), "{:?}", loaded.notes);
}

#[test]
fn folders_are_read_in_natural_order() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.path().join("faces")).unwrap();
    let grids: Vec<Grid> = (0..12).map(|seed| Grid::drawn(8, 8, seed)).collect();
    for (index, grid) in grids.iter().enumerate() {
        folder.write(&format!("faces/img{index}.pbm"), &kinds::pnm(grid)[0].bytes);
    }
    folder.write("faces/.img0.pbm", &kinds::pnm(&grids[3])[0].bytes);
    folder.write("faces/._img1.pbm", [0, 5, 22, 7]);
    folder.write("faces/notes.md", "none");
    folder.write("faces/x.jfif", "none");
    let loaded = folder.keys("faces", &options()).unwrap();
    let expected: Vec<String> = grids.iter().map(|grid| signs(&grid.ink())).collect();
    assert_eq!(shown(loaded.queries.signs()), expected);
    assert_eq!(loaded.notes.len(), 1);
    assert!(loaded.notes[0].contains("passed over 2 entries") && loaded.notes[0].contains("notes.md, x.jfif"));
    assert_eq!(loaded.names[11], "img11");
    folder.write("faces/bad.png", "no image");
    let message = folder.keys("faces", &options()).unwrap_err();
    assert!(message.message().unwrap().contains("bad.png"));
}
