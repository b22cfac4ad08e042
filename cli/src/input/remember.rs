//! How the data of a memory was read, noted when it was made, so that what is read for it later is read the same way.

use clap::ValueEnum;
use popfield::patterns::{BitOrder, Notes};

use super::numbers::may_hold_numbers;
use super::reading::{Loaded, Shape};
use super::source::Source;
use super::thresholds::Thresholds;
use crate::args::{BinarizeArg, BitOrderArg, Encoding, Input, TextArg, ThresholdArg};
use crate::failure::{Failure, Result};

const ENCODING: &str = "encoding";
const BINARIZE: &str = "binarize";
const THRESHOLDS: &str = "thresholds";
const VALUE_THRESHOLDS: &str = "value-thresholds";
const PACKED: &str = "packed";
const BIT_ORDER: &str = "bitorder";
const THRESHOLD: &str = "threshold";
const TEXT: &str = "text";
const SHAPE: &str = "shape";

/// Bytes of thresholds at the most: what a memory notes is written again with each change.
const MOST_BYTES: usize = 8 << 20;

/// What is noted of a memory whose keys were read with these options, as pictures of this shape if they were any; keys and
/// values by these thresholds, if their numbers were made ±1.
pub fn notes_of(options: &Input, shape: Option<Shape>, thresholds: [Option<&Thresholds>; 2]) -> Result<Notes> {
    let named = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
    let threshold = options.threshold.map(|threshold| match threshold {
        ThresholdArg::Grey(grey) => grey.to_string(),
        ThresholdArg::Otsu => "otsu".into(),
    });
    let drawn = thresholds.map(|thresholds| thresholds.and_then(Thresholds::note));
    let bytes: usize = drawn.iter().flatten().map(String::len).sum();
    if let Some(method) = options.binarize.filter(|_| bytes > MOST_BYTES) {
        let what = "a memory remembers the thresholds of its keys, which are too many";
        let instead = "--binarize sign, otsu or a number has one for all positions";
        return Err(Failure::usage(format!("--binarize {method}: {what}: {bytes} bytes of {MOST_BYTES}; {instead}")));
    }
    let [of_keys, of_values] = drawn;
    let notes = [
        named(ENCODING, options.encoding.and_then(word)),
        named(BINARIZE, options.binarize.map(|method| method.to_string())),
        named(THRESHOLDS, of_keys),
        named(VALUE_THRESHOLDS, of_values),
        named(PACKED, options.packed.then(|| "yes".into())),
        named(BIT_ORDER, options.bitorder.and_then(word)),
        named(THRESHOLD, threshold),
        named(TEXT, options.text.and_then(word)),
        named(SHAPE, shape.map(|shape| format!("{}x{}", shape.width, shape.height))),
    ];
    Ok(notes.into_iter().flatten().collect())
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

/// How a file is read.
#[derive(Clone, Debug)]
pub struct Read {
    pub options: Input,
    /// Above what numbers are +1, where they are made ±1.
    pub thresholds: Option<Thresholds>,
}

/// The options with which `source` is read for a memory of such notes: those that were given, and where none was those
/// that were noted. What contradicts is told in `told`.
pub fn remembered(options: &Input, notes: &Notes, source: &Source, told: &mut Vec<String>) -> Result<Read> {
    let thresholds = remembered_thresholds(options, notes, source, told)?;
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
    Ok(Read { options: read, thresholds })
}

/// Above what numbers of `source` are +1: what was asked for, by the thresholds of the memory's keys if these were read so,
/// or as these were read.
fn remembered_thresholds(
    options: &Input,
    notes: &Notes,
    source: &Source,
    told: &mut Vec<String>,
) -> Result<Option<Thresholds>> {
    if !may_hold_numbers(source) {
        return Ok(None);
    }
    let noted = notes.get(BINARIZE).and_then(|text| BinarizeArg::of(text));
    let drawn = |method: BinarizeArg| match method.constant() {
        Some(_) => Thresholds::constant(method),
        None => notes.get(THRESHOLDS).and_then(|text| Thresholds::noted(method, text)),
    };
    let mut tell = |given: String, noted: BinarizeArg| {
        let name = source.name();
        told.push(format!("{name}: read with {given} as told; the memory's keys were read with --binarize {noted}"));
    };
    match (options.binarize, noted) {
        (None, None) => Ok(None),
        (None, Some(noted)) => match (options.packed, options.encoding.and_then(word)) {
            (false, None) => Ok(drawn(noted)),
            (true, _) => {
                tell("--packed".into(), noted);
                Ok(None)
            }
            (false, Some(encoding)) => {
                tell(format!("--encoding {encoding}"), noted);
                Ok(None)
            }
        },
        (Some(given), Some(noted)) if given == noted => Ok(drawn(noted)),
        (Some(given), noted) => {
            let Some(constant) = Thresholds::constant(given) else {
                let name = source.name();
                let why = "thresholds are drawn from the keys that a memory is created of";
                let expected = match noted {
                    Some(noted) => format!("expected {noted}, as its keys were read, sign or a number"),
                    None => "expected sign or a number, as it remembers none".into(),
                };
                return Err(Failure::usage(format!("{name}: --binarize {given}: {why}: {expected}")));
            };
            if let Some(noted) = noted {
                tell(format!("--binarize {given}"), noted);
            }
            Ok(Some(constant))
        }
    }
}

/// The notes that values are read by: those of keys but for the shape, and with the thresholds of values.
pub fn of_values(notes: &Notes) -> Notes {
    let own = |(name, text): (&String, &String)| match name.as_str() {
        SHAPE | THRESHOLDS => None,
        VALUE_THRESHOLDS => Some((THRESHOLDS.to_owned(), text.clone())),
        _ => Some((name.clone(), text.clone())),
    };
    notes.iter().filter_map(own).collect()
}

/// What is noted, in words, without what is long.
pub fn notes_in_words(notes: &Notes) -> String {
    let word = |(name, text): (&String, &String)| match name.as_str() {
        THRESHOLDS | VALUE_THRESHOLDS if text.contains(' ') => {
            format!("{name} of {} positions", text.split(' ').count())
        }
        _ => format!("{name} {text}"),
    };
    notes.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// The shape in which patterns are drawn that were read under these notes.
pub fn remembered_shape(notes: &Notes) -> Option<Shape> {
    notes.get(SHAPE).and_then(|text| Shape::of(text))
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
