//! The structure of a JPEG, walked from its beginning to its end (ITU-T T.81): every block of every scan must have its
//! codes. What they stand for is left to the decoder.

use super::picture::{Bounds, Refusal};

const KIND: &str = "JPEG";

/// Scans at the most, of which a few bytes may stand for all blocks; encoders make about ten.
const MOST_SCANS: usize = 100;

/// Bytes between the last code of a scan and the next marker at the most: a restart that was not needed, and filling.
const LEFT_OVER: usize = 4;

/// What the header of the frame says.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub width: u16,
    pub height: u16,
    pub components: usize,
}

/// Walks from marker to marker and through all scans.
pub fn walk(bytes: &[u8], bounds: &Bounds<'_>) -> Result<Frame, Refusal> {
    // Beyond the mark of the beginning.
    let mut walk = Walk { bytes, at: 2, coding: None, dc: [const { None }; 4], ac: [const { None }; 4], interval: 0 };
    loop {
        match walk.marker()? {
            0xd9 => break,
            0x01 | 0xd0..=0xd8 => {}
            marker => walk.segment(marker, bounds)?,
        }
    }
    let rest = &bytes[walk.at..];
    let padding = rest.iter().take_while(|&&byte| byte == 0).count();
    if rest[padding..].starts_with(&[0xff, 0xd8, 0xff]) {
        return Err(Refusal::several(KIND, "images"));
    }
    let coding = walk.coding.filter(|coding| coding.scans > 0).ok_or_else(|| Refusal::damaged(KIND))?;
    Ok(Frame { width: coding.width, height: coding.height, components: coding.components.len() })
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    coding: Option<Coding>,
    dc: [Option<Codes>; 4],
    ac: [Option<Codes>; 4],
    /// Units between restarts; 0 for none.
    interval: usize,
}

/// How a frame is coded.
struct Coding {
    width: u16,
    height: u16,
    progressive: bool,
    components: Vec<Component>,
    scans: usize,
}

struct Component {
    name: u8,
    across: usize,
    down: usize,
    /// Blocks in a row and in a column, to the end of the last unit of all components.
    blocks: (usize, usize),
    /// Blocks that hold pixels.
    own: (usize, usize),
    /// Which coefficients of each block are not zero by now, where scans refine each other.
    set: Vec<u64>,
}

/// What a scan says of itself.
#[derive(Clone, Copy)]
struct Scan {
    progressive: bool,
    first: u32,
    last: u32,
    refines: bool,
}

fn cut() -> Refusal {
    Refusal::cut_short(KIND)
}

fn damaged() -> Refusal {
    Refusal::damaged(KIND)
}

impl Walk<'_> {
    fn byte(&self, at: usize) -> Result<u8, Refusal> {
        self.bytes.get(at).copied().ok_or_else(cut)
    }

    fn number(&self, at: usize) -> Result<usize, Refusal> {
        Ok(usize::from(self.byte(at)?) << 8 | usize::from(self.byte(at + 1)?))
    }

    /// The next marker, and beyond it. Bytes before it that belong to nothing are passed over, as decoders do.
    fn marker(&mut self) -> Result<u8, Refusal> {
        while self.byte(self.at)? != 0xff || self.byte(self.at + 1)? == 0 {
            self.at += 1;
        }
        while self.byte(self.at)? == 0xff {
            self.at += 1;
        }
        self.at += 1;
        self.byte(self.at - 1)
    }

    fn segment(&mut self, marker: u8, bounds: &Bounds<'_>) -> Result<(), Refusal> {
        let (start, length) = (self.at, self.number(self.at)?);
        let end = start + length;
        if length < 2 {
            return Err(damaged());
        }
        let content = self.bytes.get(start + 2..end).ok_or_else(cut)?;
        self.at = end;
        match marker {
            0xc0..=0xc2 => self.frame(content, marker == 0xc2, bounds),
            0xc3 | 0xc7 | 0xcb | 0xcf => Err(Refusal::kind("a lossless JPEG")),
            0xc5 | 0xc6 | 0xcd | 0xce | 0xde | 0xdf => Err(Refusal::kind("a hierarchical JPEG")),
            0xc9 | 0xca | 0xcc => Err(Refusal::kind("a JPEG with arithmetic coding")),
            0xc4 => self.tables(content),
            0xdd => {
                let (high, low) = content.first().zip(content.get(1)).ok_or_else(damaged)?;
                self.interval = usize::from(*high) << 8 | usize::from(*low);
                Ok(())
            }
            0xda => self.scan(content),
            _ => Ok(()),
        }
    }

    fn frame(&mut self, content: &[u8], progressive: bool, bounds: &Bounds<'_>) -> Result<(), Refusal> {
        let [bits, h0, h1, w0, w1, count, components @ ..] = content else { return Err(damaged()) };
        if *bits != 8 {
            return Err(Refusal::kind(format_args!("a JPEG of {bits} bits a sample")));
        }
        let (height, width) = (u16::from_be_bytes([*h0, *h1]), u16::from_be_bytes([*w0, *w1]));
        if height == 0 && width > 0 {
            return Err(Refusal::kind("a JPEG whose height stands at its end"));
        }
        bounds.check(width.into(), height.into())?;
        let (components, _) = components.as_chunks::<3>();
        let fits =
            |&[_, sampling, _]: &[u8; 3]| (1..=4).contains(&(sampling >> 4)) && (1..=4).contains(&(sampling & 15));
        if self.coding.is_some() || components.len() != usize::from(*count) || !components.iter().all(fits) {
            return Err(damaged());
        }
        if ![1, 3, 4].contains(&components.len()) {
            return Err(Refusal::kind(format_args!("a JPEG of {} components", components.len())));
        }
        let samplings =
            components.iter().map(|&[_, sampling, _]| (usize::from(sampling >> 4), usize::from(sampling & 15)));
        let most = samplings.clone().fold((1, 1), |most, own| (most.0.max(own.0), most.1.max(own.1)));
        let (width_, height_) = (usize::from(width), usize::from(height));
        let units = (width_.div_ceil(8 * most.0), height_.div_ceil(8 * most.1));
        let component = |(&[name, ..], (across, down)): (&[u8; 3], (usize, usize))| {
            let blocks = (units.0 * across, units.1 * down);
            let own = ((width_ * across).div_ceil(most.0).div_ceil(8), (height_ * down).div_ceil(most.1).div_ceil(8));
            let set = if progressive { vec![0; blocks.0 * blocks.1] } else { Vec::new() };
            Component { name, across, down, blocks, own, set }
        };
        let components = components.iter().zip(samplings).map(component).collect();
        self.coding = Some(Coding { width, height, progressive, components, scans: 0 });
        Ok(())
    }

    fn tables(&mut self, mut content: &[u8]) -> Result<(), Refusal> {
        while let [kind, rest @ ..] = content {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or_else(damaged)?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15)).ok_or_else(damaged)? = Some(Codes::new(*counts, symbols));
            content = rest;
        }
        Ok(())
    }

    fn scan(&mut self, header: &[u8]) -> Result<(), Refusal> {
        let coding = self.coding.as_mut().ok_or_else(damaged)?;
        coding.scans += 1;
        if coding.scans > MOST_SCANS {
            return Err(Refusal::kind(format_args!("a JPEG of more than {MOST_SCANS} scans")));
        }
        let (&count, rest) = header.split_first().ok_or_else(damaged)?;
        let (named, spectrum) = rest.split_at_checked(2 * usize::from(count)).ok_or_else(damaged)?;
        let &[first, last, precision] = spectrum else { return Err(damaged()) };
        let scan = match coding.progressive {
            true => Scan { progressive: true, first: first.into(), last: last.into(), refines: precision >> 4 > 0 },
            false => Scan { progressive: false, first: 0, last: 63, refines: false },
        };
        if scan.last > 63 || scan.first > scan.last || scan.first > 0 && count != 1 || count == 0 {
            return Err(damaged());
        }
        let (named, _) = named.as_chunks::<2>();
        let mut parts = Vec::new();
        for &[name, tables] in named {
            let index = coding.components.iter().position(|component| component.name == name).ok_or_else(damaged)?;
            let table = |tables: &[Option<Codes>; 4], at: u8| tables.get(usize::from(at)).cloned().flatten();
            parts.push((index, table(&self.dc, tables >> 4), table(&self.ac, tables & 15)));
        }
        let mut bits = Bits { bytes: self.bytes, at: self.at, byte: 0, left: 0 };
        let mut skipped = 0;
        // A component alone has just its own blocks; several have units of all of theirs.
        let alone = parts.len() == 1;
        let units = match alone {
            true => coding.components[parts[0].0].own,
            false => {
                let component = &coding.components[parts[0].0];
                (component.blocks.0 / component.across, component.blocks.1 / component.down)
            }
        };
        for unit in 0..units.0 * units.1 {
            if self.interval > 0 && unit > 0 && unit % self.interval == 0 {
                bits.restart()?;
                skipped = 0;
            }
            let (x, y) = (unit % units.0, unit / units.0);
            for (index, dc, ac) in &parts {
                let component = &mut coding.components[*index];
                let (across, down) = if alone { (1, 1) } else { (component.across, component.down) };
                for block in 0..across * down {
                    let at = (y * down + block / across) * component.blocks.0 + x * across + block % across;
                    let mut none = 0;
                    let set = component.set.get_mut(at).unwrap_or(&mut none);
                    bits.block(scan, (dc.as_ref(), ac.as_ref()), set, &mut skipped)?;
                }
            }
        }
        // On to the next marker. Codes that are left over were meant for other blocks than those that were walked.
        self.at = bits.at;
        while self.byte(self.at)? != 0xff || matches!(self.byte(self.at + 1)?, 0x00 | 0xd0..=0xd7) {
            self.at += 1;
        }
        if self.at > bits.at + LEFT_OVER { Err(damaged()) } else { Ok(()) }
    }
}

/// A Huffman code: for each length the first code beyond those of that length, and what to add to find the symbol.
#[derive(Clone)]
struct Codes {
    ends: [i32; 16],
    shifts: [i32; 16],
    symbols: Vec<u8>,
}

impl Codes {
    fn new(counts: [u8; 16], symbols: &[u8]) -> Self {
        let (mut ends, mut shifts, mut code, mut before) = ([0; 16], [0; 16], 0, 0);
        for (length, &count) in counts.iter().enumerate() {
            shifts[length] = before - code;
            code += i32::from(count);
            before += i32::from(count);
            ends[length] = code;
            code <<= 1;
        }
        Self { ends, shifts, symbols: symbols.to_vec() }
    }
}

/// The bits of a scan.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    byte: u8,
    left: u32,
}

impl Bits<'_> {
    fn bit(&mut self) -> Result<u32, Refusal> {
        if self.left == 0 {
            self.byte = *self.bytes.get(self.at).ok_or_else(cut)?;
            self.at += 1;
            if self.byte == 0xff {
                match self.bytes.get(self.at) {
                    Some(0) => self.at += 1,
                    // A marker, where codes should go on.
                    Some(_) | None => return Err(cut()),
                }
            }
            self.left = 8;
        }
        self.left -= 1;
        Ok(u32::from(self.byte >> self.left & 1))
    }

    fn skip(&mut self, bits: u32) -> Result<(), Refusal> {
        (0..bits).try_for_each(|_| self.bit().map(drop))
    }

    fn number(&mut self, bits: u32) -> Result<u32, Refusal> {
        (0..bits).try_fold(0, |number, _| Ok(number << 1 | self.bit()?))
    }

    fn symbol(&mut self, codes: Option<&Codes>) -> Result<u8, Refusal> {
        let codes = codes.ok_or_else(damaged)?;
        let mut code = 0;
        for length in 0..16 {
            code = code << 1 | self.bit()? as i32;
            if code < codes.ends[length] {
                return codes.symbols.get((code + codes.shifts[length]) as usize).copied().ok_or_else(damaged);
            }
        }
        Err(damaged())
    }

    /// Beyond the marker of a restart, which must come now. Bytes before it that belong to nothing are passed over, as
    /// decoders do.
    fn restart(&mut self) -> Result<(), Refusal> {
        self.left = 0;
        loop {
            match self.bytes.get(self.at..self.at + 2).ok_or_else(cut)? {
                [0xff, 0xd0..=0xd7] => break,
                [0xff, 0x00 | 0xff] => {}
                [0xff, _] => return Err(cut()),
                _ => {}
            }
            self.at += 1;
        }
        self.at += 2;
        Ok(())
    }

    /// Walks through a block, given which of its coefficients are set by now. `skipped` blocks to come hold nothing new.
    fn block(
        &mut self,
        scan: Scan,
        (dc, ac): (Option<&Codes>, Option<&Codes>),
        set: &mut u64,
        skipped: &mut u32,
    ) -> Result<(), Refusal> {
        let mut at = scan.first;
        if at == 0 {
            if scan.refines {
                self.bit()?;
            } else {
                let bits = self.symbol(dc)?;
                self.skip(bits.into())?;
            }
            at = 1;
        }
        if *skipped > 0 {
            *skipped -= 1;
            return if scan.refines { self.corrections(at, scan.last, set) } else { Ok(()) };
        }
        while at <= scan.last {
            let symbol = self.symbol(ac)?;
            let (mut zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && zeros < 15 {
                // The rest of this block holds nothing, nor do some of those that follow.
                *skipped = if scan.progressive { (1 << zeros) - 1 + self.number(zeros)? } else { 0 };
                return if scan.refines { self.corrections(at, scan.last, set) } else { Ok(()) };
            }
            self.skip(size)?;
            if !scan.refines {
                at += zeros;
                // Some encoders run beyond the last coefficient, which decoders let pass.
                if size > 0 && at <= 63 {
                    *set |= 1 << at;
                }
                at += 1;
                continue;
            }
            // Coefficients set before are corrected by a bit each on the way to the one that is set now.
            loop {
                if at > scan.last {
                    return if size == 0 { Ok(()) } else { Err(damaged()) };
                }
                if *set >> at & 1 == 1 {
                    self.bit()?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
            *set |= u64::from(size > 0) << at;
            at += 1;
        }
        Ok(())
    }

    fn corrections(&mut self, from: u32, to: u32, set: &u64) -> Result<(), Refusal> {
        (from..=to).filter(|at| set >> at & 1 == 1).try_for_each(|_| self.bit().map(drop))
    }
}
