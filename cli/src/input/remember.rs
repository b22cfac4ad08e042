//! How the data of a memory was read, noted when it was made, so that what is read for it later is read the same way.

use clap::ValueEnum;
use popfield::patterns::{BitOrder, Notes};

use super::reading::{Loaded, Shape};
use super::source::Source;
use crate::args::{BitOrderArg, Encoding, Input, TextArg, ThresholdArg};
use crate::failure::{Failure, Result};

const ENCODING: &str = "encoding";
const PACKED: &str = "packed";
const BIT_ORDER: &str = "bitorder";
const THRESHOLD: &str = "threshold";
const TEXT: &str = "text";
const SHAPE: &str = "shape";

/// What is noted of a memory whose keys were read with these options, as pictures of this shape if they were any.
pub fn notes_of(options: &Input, shape: Option<Shape>) -> Notes {
    let named = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
    let threshold = options.threshold.map(|threshold| match threshold {
        ThresholdArg::Grey(grey) => grey.to_string(),
        ThresholdArg::Otsu => "otsu".into(),
    });
    let notes = [
        named(ENCODING, options.encoding.and_then(word)),
        named(PACKED, options.packed.then(|| "yes".into())),
        named(BIT_ORDER, options.bitorder.and_then(word)),
        named(THRESHOLD, threshold),
        named(TEXT, options.text.and_then(word)),
        named(SHAPE, shape.map(|shape| format!("{}x{}", shape.width, shape.height))),
    ];
    notes.into_iter().flatten().collect()
}

/// The order of bits in packed bytes that are written: as asked for, as those of a memory of such notes were read, or
/// numpy's.
pub fn bit_order(order: Option<BitOrderArg>, notes: &Notes) -> BitOrder {
    match order.or_else(|| noted(notes, BIT_ORDER)) {
        Some(BitOrderArg::Little) => BitOrder::Little,
        Some(BitOrderArg::Big) | None => BitOrder::Big,
    }
}

/// The value of an option that is noted.
fn noted<T: ValueEnum>(notes: &Notes, name: &str) -> Option<T> {
    notes.get(name).and_then(|text| T::from_str(text, false).ok())
}

/// The word of an option's value.
fn word(value: impl ValueEnum) -> Option<String> {
    value.to_possible_value().map(|value| value.get_name().to_owned())
}

/// The options with which `source` is read for a memory of such notes: those that were given, and where none was those
/// that were noted. What contradicts is told in `told`.
pub fn remembered(options: &Input, notes: &Notes, source: &Source, told: &mut Vec<String>) -> Input {
    let mut read = options.clone();
    let kind = source.kind();
    let mut tell = |option: &str, given: String, noted: &str| {
        if given != noted {
            let name = source.name();
            told.push(format!(
                "{name}: read with --{option} {given} as told; the memory's keys were read with {noted}"
            ));
        }
    };
    // Texts and tables tell by what they hold what 0 stands for.
    if kind.is_array() && !options.packed {
        match (options.encoding, noted::<Encoding>(notes, ENCODING)) {
            (None, encoding) => read.encoding = encoding,
            (Some(given), Some(encoding)) => {
                tell(ENCODING, word(given).unwrap_or_default(), &word(encoding).unwrap_or_default());
            }
            (Some(_), None) => {}
        }
    }
    // Other arrays than of bytes and words cannot be packed, and so tell how they are read.
    read.packed_if_bytes =
        notes.contains_key(PACKED) && kind.is_array() && options.encoding.is_none() && !options.packed;
    if read.packed || read.packed_if_bytes {
        match (options.bitorder, noted::<BitOrderArg>(notes, BIT_ORDER)) {
            (None, order) => read.bitorder = order,
            // What was packed and notes no order was read in numpy's.
            (Some(given), order) if order.is_some() || notes.contains_key(PACKED) => {
                let order = order.unwrap_or(BitOrderArg::Big);
                tell(BIT_ORDER, word(given).unwrap_or_default(), &word(order).unwrap_or_default());
            }
            (Some(_), _) => {}
        }
    }
    if kind.is_images()
        && let Some(text) = notes.get(THRESHOLD)
    {
        let threshold = match text.parse() {
            Ok(grey) => Some(ThresholdArg::Grey(grey)),
            Err(_) => (text == "otsu").then_some(ThresholdArg::Otsu),
        };
        match (options.threshold, threshold) {
            (None, threshold) => read.threshold = threshold,
            (Some(given), Some(threshold)) if given != threshold => {
                let given = match given {
                    ThresholdArg::Grey(grey) => grey.to_string(),
                    ThresholdArg::Otsu => "otsu".into(),
                };
                tell(THRESHOLD, given, text);
            }
            _ => {}
        }
    }
    if kind.is_text() && options.text.is_none() {
        read.text = noted::<TextArg>(notes, TEXT);
    }
    read
}

/// These notes but for the shape.
pub fn without_shape(notes: &Notes) -> Notes {
    notes.iter().filter(|note| note.0 != SHAPE).map(|(name, text)| (name.clone(), text.clone())).collect()
}

/// Refuses pictures of another shape than those of the memory, which have as many pixels.
pub fn check_shape(source: &Source, loaded: &Loaded, notes: &Notes) -> Result<()> {
    let (Some(found), Some(expected)) = (loaded.shape, notes.get(SHAPE)) else { return Ok(()) };
    if format!("{}x{}", found.width, found.height) != *expected {
        let expected = expected.replace('x', " × ");
        let name = source.name();
        return Err(Failure::input(format!("{name}: expected pictures of {expected}, as the memory's, found {found}")));
    }
    Ok(())
}
