//! Images of every kind that there is, written here, so that what readers make of them can be held to what was meant.

use std::io::Write as _;

/// Greys of an image, row by row.
#[derive(Clone, Debug)]
pub struct Grid {
    pub width: usize,
    pub height: usize,
    pub greys: Vec<u8>,
}

/// A file, what it is called here, and its ending.
pub struct File {
    pub what: String,
    pub ending: &'static str,
    pub bytes: Vec<u8>,
}

impl Grid {
    /// Greys that `seed` draws, none of them near the threshold.
    pub fn drawn(width: usize, height: usize, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut grey = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let grey = (state >> 40) as u8;
            if (120..136).contains(&grey) { grey ^ 0x40 } else { grey }
        };
        let mut greys: Vec<u8> = (0..width * height).map(|_| grey()).collect();
        // Both signs, whatever was drawn.
        (greys[0], greys[width * height - 1]) = (10, 240);
        Self { width, height, greys }
    }

    pub fn ink(&self) -> Vec<bool> {
        self.greys.iter().map(|&grey| grey < 128).collect()
    }

    /// The pixel as a sample of 0 to `most`, on the same side of the middle.
    fn sample(&self, at: usize, most: u32) -> u32 {
        let grey = u32::from(self.greys[at]);
        match most {
            65_535.. => 257 * grey,
            _ if grey < 128 => most / 2 * grey / 127,
            _ => most / 2 + 1 + (most - most / 2 - 1) * (grey - 128) / 127,
        }
    }

    /// Rows of samples of `bits` bits, each row padded to a byte; several samples to a pixel.
    fn rows(&self, bits: usize, pixel: &dyn Fn(usize) -> Vec<u32>) -> Vec<Vec<u8>> {
        let row = |y: usize| packed((0..self.width).flat_map(|x| pixel(y * self.width + x)), bits);
        (0..self.height).map(row).collect()
    }
}

/// Samples one after the other, the highest bit first.
fn packed(samples: impl IntoIterator<Item = u32>, bits: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut used = 0;
    for sample in samples {
        for bit in (0..bits).rev() {
            if used % 8 == 0 {
                bytes.push(0);
            }
            *bytes.last_mut().unwrap() |= ((sample >> bit & 1) as u8) << (7 - used % 8);
            used += 1;
        }
    }
    bytes
}

fn file(what: impl Into<String>, ending: &'static str, bytes: Vec<u8>) -> File {
    File { what: what.into(), ending, bytes }
}

/// Every kind that is read.
pub fn read(grid: &Grid) -> Vec<File> {
    [pnm(grid), png(grid), tiff(grid), bmp(grid), gif(grid), webp(grid)].into_iter().flatten().collect()
}

pub fn pnm(grid: &Grid) -> Vec<File> {
    let (width, height) = (grid.width, grid.height);
    let all = 0..width * height;
    let ink = |at: usize| u8::from(grid.greys[at] < 128);
    let text = |numbers: &mut dyn Iterator<Item = u32>| {
        numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" ") + "\n"
    };
    let mut files = Vec::new();
    let bits: String = all.clone().map(|at| if ink(at) == 1 { '1' } else { '0' }).collect();
    files.push(file("P1", "pbm", format!("P1\n# ink is 1\n{width} {height}\n{bits}").into()));
    let rows = grid.rows(1, &|at| vec![u32::from(ink(at))]).concat();
    files.push(file("P4", "pbm", [format!("P4 {width} {height}\n").into_bytes(), rows].concat()));
    for most in [1u32, 15, 255, 1000, 65_535] {
        let grey = |at: usize| grid.sample(at, most);
        let plain = format!("P2\n{width} {height}\n{most}\n") + &text(&mut all.clone().map(grey));
        files.push(file(format!("P2 of {most}"), "pgm", plain.into()));
        let rgb = &mut all.clone().flat_map(|at| [grey(at); 3]);
        files.push(file(format!("P3 of {most}"), "ppm", (format!("P3 {width} {height} {most}\n") + &text(rgb)).into()));
        let bits = if most > 255 { 16 } else { 8 };
        let head = format!("P5\n{width} {height} {most}\n").into_bytes();
        files.push(file(format!("P5 of {most}"), "pgm", [head, packed(all.clone().map(grey), bits)].concat()));
        let head = format!("P6\n{width} {height}\n# wide\n{most}\n").into_bytes();
        let rgb = packed(all.clone().flat_map(|at| [grey(at); 3]), bits);
        files.push(file(format!("P6 of {most}"), "ppm", [head, rgb].concat()));
        for (tuple, depth) in [("GRAYSCALE", 1), ("GRAYSCALE_ALPHA", 2), ("RGB", 3), ("RGB_ALPHA", 4)] {
            let head =
                format!("P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL {most}\nTUPLTYPE {tuple}\nENDHDR\n");
            let pixel = |at| pixel(grey(at), depth, most, grid.greys[at]);
            let raster = packed(all.clone().flat_map(pixel), bits);
            files.push(file(format!("P7 {tuple} of {most}"), "pam", [head.into_bytes(), raster].concat()));
        }
    }
    files
}

/// A grey as grey or colour, with or without alpha; paper that is very light is black, all transparent.
fn pixel(grey: u32, depth: usize, most: u32, drawn: u8) -> Vec<u32> {
    let clear = depth.is_multiple_of(2) && drawn > 230;
    let colour = if clear { 0 } else { grey };
    let mut pixel = vec![colour; if depth < 3 { 1 } else { 3 }];
    if depth.is_multiple_of(2) {
        pixel.push(if clear { 0 } else { most });
    }
    pixel
}

const PASSES: [(usize, usize, usize, usize); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

pub fn png(grid: &Grid) -> Vec<File> {
    let mut files = Vec::new();
    for interlaced in [false, true] {
        let kinds: [(u8, &[usize], usize); 5] =
            [(0, &[1, 2, 4, 8, 16], 1), (2, &[8, 16], 3), (3, &[1, 2, 4, 8], 1), (4, &[8, 16], 2), (6, &[8, 16], 4)];
        for (colour, depths, samples) in kinds {
            for &bits in depths {
                let most = (1 << bits) - 1;
                let value = |at: usize| match colour {
                    // A palette that runs from white to black.
                    3 => vec![most - grid.sample(at, most)],
                    _ => pixel(grid.sample(at, most), samples, most, grid.greys[at]),
                };
                let mut extra = Vec::new();
                if colour == 3 {
                    let entries = (0..=most).flat_map(|index| [(255 - index * 255 / most) as u8; 3]);
                    extra.push((b"PLTE", entries.collect::<Vec<u8>>()));
                }
                let what = format!("PNG colour {colour}, {bits} bits{}", if interlaced { ", interlaced" } else { "" });
                files.push(file(what, "png", png_of(grid, colour, bits, interlaced, &value, &extra)));
            }
        }
    }
    files
}

/// A PNG of these pixels.
pub fn png_of(
    grid: &Grid,
    colour: u8,
    bits: usize,
    interlaced: bool,
    pixel: &dyn Fn(usize) -> Vec<u32>,
    extra: &[(&[u8; 4], Vec<u8>)],
) -> Vec<u8> {
    let passes: &[(usize, usize, usize, usize)] = if interlaced { &PASSES } else { &[(0, 0, 1, 1)] };
    let mut raster = Vec::new();
    for &(left, top, across, down) in passes {
        for y in (top..grid.height).step_by(down) {
            let row = (left..grid.width).step_by(across).flat_map(|x| pixel(y * grid.width + x));
            let row = packed(row, bits);
            if !row.is_empty() {
                raster.push(0);
                raster.extend(row);
            }
        }
    }
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&raster).unwrap();
    let data = packer.finish().unwrap();
    let mut header = [(grid.width as u32).to_be_bytes(), (grid.height as u32).to_be_bytes()].concat();
    header.extend([bits as u8, colour, 0, 0, u8::from(interlaced)]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(png_chunk(b"IHDR", &header));
    extra.iter().for_each(|(name, content)| bytes.extend(png_chunk(name, content)));
    // In two pieces, as large images come.
    let (first, second) = data.split_at(data.len() / 2);
    bytes.extend(png_chunk(b"IDAT", first));
    bytes.extend(png_chunk(b"IDAT", second));
    bytes.extend(png_chunk(b"IEND", &[]));
    bytes
}

pub fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut check = flate2::Crc::new();
    check.update(name);
    check.update(content);
    [&(content.len() as u32).to_be_bytes(), &name[..], content, &check.sum().to_be_bytes()].concat()
}

/// How a TIFF is written.
#[derive(Clone, Debug)]
pub struct Tiff {
    pub big_endian: bool,
    pub big: bool,
    pub bits: usize,
    pub photometric: u16,
    pub extra: Option<u16>,
    pub fill_order: u16,
    pub compression: u16,
    pub planar: u16,
    pub orientation: u16,
    pub format: u16,
    /// Width and height of tiles, or rows of a strip.
    pub tiles: Option<(usize, usize)>,
    pub rows: usize,
}

impl Default for Tiff {
    fn default() -> Self {
        Self {
            big_endian: false,
            big: false,
            bits: 8,
            photometric: 1,
            extra: None,
            fill_order: 1,
            compression: 1,
            planar: 1,
            orientation: 1,
            format: 1,
            tiles: None,
            rows: usize::MAX,
        }
    }
}

impl Tiff {
    /// Samples of a pixel.
    fn samples(&self) -> usize {
        let own = match self.photometric {
            2 => 3,
            5 => 4,
            _ => 1,
        };
        own + usize::from(self.extra.is_some())
    }

    fn pixel(&self, grid: &Grid, at: usize) -> Vec<u32> {
        let most = ((1u64 << self.bits.min(31)) - 1) as u32;
        let grey = grid.sample(at, most);
        let mut values = pixel(grey, self.samples(), most, grid.greys[at]);
        match self.photometric {
            0 => values[0] = most - values[0],
            // A palette that runs from white to black.
            3 => values[0] = most - values[0],
            _ => {}
        }
        values.resize(self.samples(), most);
        values
    }

    fn number(&self, number: u64, size: usize) -> Vec<u8> {
        let bytes = number.to_be_bytes()[8 - size..].to_vec();
        if self.big_endian { bytes } else { bytes.into_iter().rev().collect() }
    }

    /// A part of the image, packed.
    fn chunk(&self, grid: &Grid, (left, top): (usize, usize), (width, height): (usize, usize)) -> Vec<u8> {
        let mut rows: Vec<Vec<u8>> = Vec::new();
        for y in top..top + height {
            // Tiles go on beyond the image.
            let at = |x: usize| y.min(grid.height - 1) * grid.width + x.min(grid.width - 1);
            let samples = (left..left + width).flat_map(|x| self.pixel(grid, at(x)));
            let mut row = packed(samples, self.bits);
            if self.bits == 16 && !self.big_endian {
                row.chunks_exact_mut(2).for_each(<[u8]>::reverse);
            }
            rows.push(row);
        }
        let mut packed = match self.compression {
            32_773 => rows.iter().flat_map(|row| row.chunks(128)).flat_map(literal).collect(),
            5 => weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(&rows.concat()).unwrap(),
            8 => {
                let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                packer.write_all(&rows.concat()).unwrap();
                packer.finish().unwrap()
            }
            4 => {
                let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
                for y in top..top + height {
                    let colour =
                        |x| if grid.greys[y * grid.width + x] < 128 { fax::Color::Black } else { fax::Color::White };
                    encoder.encode_line((left..left + width).map(colour), width as u16).unwrap();
                }
                encoder.finish().unwrap().finish()
            }
            _ => rows.concat(),
        };
        if self.fill_order == 2 {
            packed.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        packed
    }

    /// A file with a page for each grid.
    pub fn write(&self, pages: &[Grid]) -> Vec<u8> {
        let (size, order) = (if self.big { 8 } else { 4 }, if self.big_endian { b"MM" } else { b"II" });
        let mut bytes = order.to_vec();
        if self.big {
            bytes.extend([self.number(43, 2), self.number(8, 2), self.number(0, 2)].concat());
        } else {
            bytes.extend(self.number(42, 2));
        }
        let mut link = bytes.len();
        bytes.extend(self.number(0, size));
        for grid in pages {
            let mut chunks: Vec<Vec<u8>> = Vec::new();
            match self.tiles {
                Some((across, down)) => {
                    for top in (0..grid.height).step_by(down) {
                        for left in (0..grid.width).step_by(across) {
                            chunks.push(self.chunk(grid, (left, top), (across, down)));
                        }
                    }
                }
                None => {
                    let rows = self.rows.min(grid.height);
                    for top in (0..grid.height).step_by(rows) {
                        chunks.push(self.chunk(grid, (0, top), (grid.width, rows.min(grid.height - top))));
                    }
                }
            }
            let mut offsets = Vec::new();
            for chunk in &chunks {
                offsets.push(bytes.len() as u64);
                bytes.extend(chunk);
            }
            bytes.resize(bytes.len().next_multiple_of(2), 0);
            let lengths: Vec<u64> = chunks.iter().map(|chunk| chunk.len() as u64).collect();
            let (short, long) = (2, 4);
            let bits = vec![self.bits as u64; self.samples()];
            let mut tags: Vec<(u64, usize, Vec<u64>)> = vec![
                (256, long, vec![grid.width as u64]),
                (257, long, vec![grid.height as u64]),
                (258, short, bits),
                (259, short, vec![self.compression.into()]),
                (262, short, vec![self.photometric.into()]),
                (266, short, vec![self.fill_order.into()]),
                (274, short, vec![self.orientation.into()]),
                (277, short, vec![self.samples() as u64]),
                (284, short, vec![self.planar.into()]),
                (339, short, vec![self.format.into(); self.samples()]),
            ];
            match self.tiles {
                Some((across, down)) => tags.extend([
                    (322, short, vec![across as u64]),
                    (323, short, vec![down as u64]),
                    (324, long, offsets),
                    (325, long, lengths),
                ]),
                None => tags.extend([
                    (273, long, offsets),
                    (278, long, vec![self.rows.min(grid.height) as u64]),
                    (279, long, lengths),
                ]),
            }
            tags.extend(self.extra.map(|extra| (338, short, vec![u64::from(extra)])));
            if self.photometric == 3 {
                let entries = 1u64 << self.bits;
                let map = (0..entries).map(|index| 65_535 - index * 65_535 / (entries - 1));
                tags.push((320, short, (0..3).flat_map(|_| map.clone()).collect()));
            }
            tags.sort_by_key(|tag| tag.0);
            // Numbers that do not fit an entry stand before the directory.
            let mut entries = Vec::new();
            for (name, width, numbers) in &tags {
                let content: Vec<u8> = numbers.iter().flat_map(|&number| self.number(number, *width)).collect();
                entries.extend([self.number(*name, 2), self.number(if *width == 2 { 3 } else { 4 }, 2)].concat());
                entries.extend(self.number(numbers.len() as u64, size));
                if content.len() <= size {
                    entries.extend(&content);
                    entries.extend(vec![0; size - content.len()]);
                } else {
                    entries.extend(self.number(bytes.len() as u64, size));
                    bytes.extend(&content);
                    bytes.resize(bytes.len().next_multiple_of(2), 0);
                }
            }
            let at = bytes.len() as u64;
            bytes[link..link + size].copy_from_slice(&self.number(at, size));
            bytes.extend(self.number(tags.len() as u64, if self.big { 8 } else { 2 }));
            bytes.extend(entries);
            link = bytes.len();
            bytes.extend(self.number(0, size));
        }
        bytes
    }
}

/// At most 128 bytes as PackBits has them.
fn literal(bytes: &[u8]) -> Vec<u8> {
    [&[bytes.len() as u8 - 1], bytes].concat()
}

pub fn tiff(grid: &Grid) -> Vec<File> {
    let mut files = Vec::new();
    let mut add = |tiff: Tiff| files.push(file(format!("{tiff:?}"), "tif", tiff.write(std::slice::from_ref(grid))));
    for big_endian in [false, true] {
        for bits in [1, 2, 4, 8, 16] {
            for photometric in [0, 1, 2, 3] {
                let fits = match photometric {
                    2 => bits >= 8,
                    3 => bits <= 8,
                    _ => true,
                };
                if fits {
                    add(Tiff { big_endian, bits, photometric, rows: 3, ..Tiff::default() });
                }
            }
        }
        for photometric in [0, 1, 2] {
            for bits in [8, 16] {
                add(Tiff { big_endian, bits, photometric, extra: Some(2), ..Tiff::default() });
            }
        }
        for compression in [5, 8, 32_773] {
            for bits in [1, 8, 16] {
                add(Tiff { big_endian, bits, compression, rows: 5, ..Tiff::default() });
            }
        }
        for fill_order in [1, 2] {
            add(Tiff { big_endian, bits: 1, photometric: 0, fill_order, ..Tiff::default() });
            add(Tiff { big_endian, bits: 1, photometric: 0, fill_order, compression: 4, ..Tiff::default() });
            add(Tiff { big_endian, bits: 1, fill_order, compression: 32_773, rows: 2, ..Tiff::default() });
        }
        add(Tiff { big_endian, big: true, ..Tiff::default() });
        add(Tiff { big_endian, bits: 1, tiles: Some((16, 16)), ..Tiff::default() });
        add(Tiff { big_endian, photometric: 2, tiles: Some((16, 32)), ..Tiff::default() });
        add(Tiff { big_endian, planar: 2, rows: 4, ..Tiff::default() });
    }
    files
}

pub fn bmp(grid: &Grid) -> Vec<File> {
    let mut files = Vec::new();
    for bits in [1usize, 4, 8, 24, 32] {
        for top_down in [false, true] {
            let colours = if bits <= 8 { 1usize << bits } else { 0 };
            let most = if bits <= 8 { colours as u32 - 1 } else { 255 };
            let value = |at: usize| match bits {
                32 => vec![grid.sample(at, 255), grid.sample(at, 255), grid.sample(at, 255), 0],
                24 => vec![grid.sample(at, 255); 3],
                _ => vec![grid.sample(at, most)],
            };
            let mut rows = grid.rows(bits.min(8), &value);
            rows.iter_mut().for_each(|row| row.resize(row.len().next_multiple_of(4), 0));
            if !top_down {
                rows.reverse();
            }
            let raster = rows.concat();
            let start = 14 + 40 + 4 * colours;
            let height = if top_down { -(grid.height as i32) } else { grid.height as i32 };
            let mut bytes = b"BM".to_vec();
            bytes.extend(((start + raster.len()) as u32).to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend((start as u32).to_le_bytes());
            bytes.extend(40u32.to_le_bytes());
            bytes.extend((grid.width as i32).to_le_bytes());
            bytes.extend(height.to_le_bytes());
            bytes.extend([1, 0, bits as u8, 0]);
            bytes.extend([0; 4]);
            bytes.extend((raster.len() as u32).to_le_bytes());
            bytes.extend([0; 8]);
            bytes.extend((colours as u32).to_le_bytes());
            bytes.extend([0; 4]);
            for index in 0..colours {
                let grey = (index * 255 / (colours - 1).max(1)) as u8;
                bytes.extend([grey, grey, grey, 0]);
            }
            bytes.extend(raster);
            files.push(file(format!("BMP of {bits} bits{}", if top_down { ", top down" } else { "" }), "bmp", bytes));
        }
    }
    files
}

pub fn gif(grid: &Grid) -> Vec<File> {
    [false, true]
        .map(|interlaced| file(format!("GIF, interlaced {interlaced}"), "gif", gif_of(&[grid], interlaced)))
        .into()
}

/// A GIF with a frame for each grid.
pub fn gif_of(grids: &[&Grid], interlaced: bool) -> Vec<u8> {
    let palette: Vec<u8> = (0..=255).flat_map(|grey| [grey; 3]).collect();
    let (width, height) = (grids[0].width, grids[0].height);
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width as u16, height as u16, &palette).unwrap();
    for grid in grids {
        let mut greys = grid.greys.clone();
        if interlaced {
            let rows =
                [(0, 8), (4, 8), (2, 4), (1, 2)].into_iter().flat_map(|(first, step)| (first..height).step_by(step));
            greys = rows.flat_map(|y| grid.greys[y * width..(y + 1) * width].to_vec()).collect();
        }
        let (width, height) = (width as u16, height as u16);
        let frame = gif::Frame { width, height, interlaced, buffer: greys.into(), ..gif::Frame::default() };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

pub fn webp(grid: &Grid) -> Vec<File> {
    let pixels: Vec<u8> = grid.greys.iter().flat_map(|&grey| [grey; 3]).collect();
    let mut bytes = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut bytes);
    encoder.encode(&pixels, grid.width as u32, grid.height as u32, image::ExtendedColorType::Rgb8).unwrap();
    vec![file("WebP", "webp", bytes)]
}

/// JPEGs, which lose a little: of squares of 16 pixels, as are these grids.
pub fn jpeg(grid: &Grid) -> Vec<File> {
    let (width, height) = (16 * grid.width, 16 * grid.height);
    let grey = |at: usize| grid.greys[at / width / 16 * grid.width + at % width / 16];
    let greys: Vec<u8> = (0..width * height).map(grey).collect();
    let rgb: Vec<u8> = greys.iter().flat_map(|&grey| [grey; 3]).collect();
    let inks: Vec<u8> = greys.iter().flat_map(|&grey| [0, 0, 0, 255 - grey]).collect();
    let mut files = Vec::new();
    for progressive in [false, true] {
        for restarts in [0, 3] {
            let kinds = [
                ("grey", jpeg_encoder::ColorType::Luma, &greys),
                ("colour", jpeg_encoder::ColorType::Rgb, &rgb),
                ("CMYK", jpeg_encoder::ColorType::Cmyk, &inks),
                ("YCCK", jpeg_encoder::ColorType::CmykAsYcck, &inks),
            ];
            for (name, colour, pixels) in kinds {
                let mut bytes = Vec::new();
                let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
                encoder.set_progressive(progressive);
                if restarts > 0 {
                    encoder.set_restart_interval(restarts);
                }
                encoder.encode(pixels, width as u16, height as u16, colour).unwrap();
                let what = format!("JPEG, {name}, progressive {progressive}, restarts {restarts}");
                files.push(file(what, "jpg", bytes));
            }
        }
    }
    files
}
