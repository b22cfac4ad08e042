//! PBM, PGM, PPM and PAM, as text or in bytes, one image after the other (the Netpbm manual's pages of these names). Read
//! here, so that greys are exact for any largest value and a stream is read to its end.

use image::metadata::Orientation;

use super::grey::over_white;
use super::picture::{Bounds, Picture, Refusal};

const KIND: &str = "PNM";

pub fn decode(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Vec<Picture>, Refusal> {
    let mut input = Input { bytes, at: 0 };
    let (mut pictures, mut pixels) = (Vec::new(), 0);
    loop {
        let picture: Picture = input.picture(bounds)?;
        pixels += picture.greys.len() as u64;
        bounds.check_all(pixels)?;
        pictures.push(picture);
        // A line feed behind the last image is no image.
        while input.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            input.at += 1;
        }
        match input.peek() {
            None => return Ok(pictures),
            Some(b'P') => {}
            Some(_) => {
                return Err(Refusal::new("a PNM file with bytes after its image: expected an end, or another image"));
            }
        }
    }
}

/// What a header says.
#[derive(Clone, Copy, Debug)]
struct Header {
    width: usize,
    height: usize,
    /// Samples of a pixel, alpha included.
    depth: usize,
    alpha: bool,
    most: u16,
    /// Whether 1 is black.
    ink: bool,
    coding: Coding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Text,
    Bits,
    Bytes,
}

/// A file, read up to some place.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, Refusal> {
        let byte = self.peek().ok_or_else(|| Refusal::cut_short(KIND))?;
        self.at += 1;
        Ok(byte)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..count));
        self.at += count;
        taken.ok_or_else(|| Refusal::cut_short(KIND))
    }

    /// A line without its end.
    fn line(&mut self) -> Result<&'a str, Refusal> {
        let start = self.at;
        while self.next()? != b'\n' {}
        std::str::from_utf8(&self.bytes[start..self.at - 1]).map_err(|_| Refusal::damaged(KIND))
    }

    /// Beyond white space, and comments up to the ends of their lines.
    fn skip_space(&mut self) -> Result<(), Refusal> {
        loop {
            match self.peek() {
                Some(b'#') => while !matches!(self.next()?, b'\n' | b'\r') {},
                Some(byte) if byte.is_ascii_whitespace() || byte == 0x0b => self.at += 1,
                _ => return Ok(()),
            }
        }
    }

    /// A number and the white space that ends it: without that, digits may be missing.
    fn number(&mut self) -> Result<u32, Refusal> {
        self.skip_space()?;
        let mut number = 0u32;
        let start = self.at;
        loop {
            match self.next()? {
                digit @ b'0'..=b'9' => {
                    let more = number.checked_mul(10).and_then(|number| number.checked_add(u32::from(digit - b'0')));
                    number = more.ok_or_else(|| Refusal::damaged(KIND))?;
                }
                byte if (byte.is_ascii_whitespace() || byte == 0x0b) && self.at > start + 1 => return Ok(number),
                _ => return Err(Refusal::damaged(KIND)),
            }
        }
    }

    fn header(&mut self) -> Result<Header, Refusal> {
        let (letter, digit) = (self.next()?, self.next()?);
        if letter != b'P' {
            return Err(Refusal::damaged(KIND));
        }
        let (coding, depth, ink) = match digit {
            b'1' => (Coding::Text, 1, true),
            b'2' => (Coding::Text, 1, false),
            b'3' => (Coding::Text, 3, false),
            b'4' => (Coding::Bits, 1, true),
            b'5' => (Coding::Bytes, 1, false),
            b'6' => (Coding::Bytes, 3, false),
            b'7' => return self.pam_header(),
            _ => return Err(Refusal::damaged(KIND)),
        };
        let (width, height) = (self.number()? as usize, self.number()? as usize);
        let most = if ink { 1 } else { most(self.number()?)? };
        Ok(Header { width, height, depth, alpha: false, most, ink, coding })
    }

    fn pam_header(&mut self) -> Result<Header, Refusal> {
        if self.next()? != b'\n' {
            return Err(Refusal::damaged(KIND));
        }
        let (mut numbers, mut tuple) = ([None; 4], String::new());
        loop {
            let line = self.line()?.trim();
            let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let names = ["WIDTH", "HEIGHT", "DEPTH", "MAXVAL"];
            match name {
                "ENDHDR" => break,
                "TUPLTYPE" => tuple = value.trim().to_owned(),
                name if name.is_empty() || name.starts_with('#') => {}
                name => {
                    let at = names.iter().position(|known| *known == name).ok_or_else(|| Refusal::damaged(KIND))?;
                    numbers[at] = Some(value.trim().parse::<u32>().map_err(|_| Refusal::damaged(KIND))?);
                }
            }
        }
        let [Some(width), Some(height), Some(depth), Some(largest)] = numbers else {
            return Err(Refusal::damaged(KIND));
        };
        let alpha = match (tuple.as_str(), depth) {
            ("BLACKANDWHITE" | "GRAYSCALE", 1) | ("RGB", 3) => false,
            ("BLACKANDWHITE_ALPHA" | "GRAYSCALE_ALPHA", 2) | ("RGB_ALPHA", 4) => true,
            _ => return Err(Refusal::kind(format_args!("a PAM of {depth} samples a pixel and type {tuple:?}"))),
        };
        let (width, height, depth) = (width as usize, height as usize, depth as usize);
        Ok(Header { width, height, depth, alpha, most: most(largest)?, ink: false, coding: Coding::Bytes })
    }

    fn picture(&mut self, bounds: &Bounds<'_>) -> Result<Picture, Refusal> {
        let header = self.header()?;
        let Header { width, height, depth, most, .. } = header;
        bounds.check(width as u64, height as u64)?;
        // Of two bytes at the end of a line the second would be the first of the pixels.
        if header.coding != Coding::Text && self.bytes[..self.at].ends_with(b"\r") && self.peek() == Some(b'\n') {
            return Err(Refusal::new(
                "a PNM file whose header ends with CR and LF: expected one byte before the pixels",
            ));
        }
        let mut greys = Vec::with_capacity(width * height);
        if header.coding == Coding::Bits {
            for _ in 0..height {
                let row = self.take(width.div_ceil(8))?;
                greys.extend((0..width).map(|x| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 0 } else { 255 }));
            }
        } else {
            let mut pixel = [0u16; 4];
            for _ in 0..width * height {
                for sample in &mut pixel[..depth] {
                    *sample = self.sample(&header)?;
                    if *sample > most {
                        return Err(Refusal::new(format!(
                            "a PNM file with a sample of {sample}: expected at most {most}"
                        )));
                    }
                }
                let alpha = if header.alpha { pixel[depth - 1] } else { most };
                let colour = match depth {
                    1 | 2 => [pixel[0]; 3],
                    _ => [pixel[0], pixel[1], pixel[2]],
                };
                greys.push(match header.ink {
                    true => 255 * u8::from(colour[0] == 0),
                    false => over_white(colour, alpha, most),
                });
            }
        }
        Ok(Picture::new(width, height, greys, Orientation::NoTransforms))
    }

    fn sample(&mut self, header: &Header) -> Result<u16, Refusal> {
        match header.coding {
            // Bits as text need no white space between them.
            Coding::Text if header.ink => {
                self.skip_space()?;
                match self.next()? {
                    digit @ b'0'..=b'1' => Ok(u16::from(digit - b'0')),
                    _ => Err(Refusal::damaged(KIND)),
                }
            }
            Coding::Text => u16::try_from(self.number()?).map_err(|_| Refusal::damaged(KIND)),
            _ if header.most > 255 => Ok(u16::from_be_bytes([self.next()?, self.next()?])),
            _ => Ok(u16::from(self.next()?)),
        }
    }
}

/// The largest value of a sample.
fn most(number: u32) -> Result<u16, Refusal> {
    let most = u16::try_from(number).ok().filter(|&most| most > 0);
    most.ok_or_else(|| Refusal::new(format!("a PNM file with a largest sample of {number}: expected 1 to 65535")))
}
