//! The first line: which memory, which of its keys, and what was asked.

use crate::error::room_for;
use crate::memory::View;
use crate::receipts::line::Object;
use crate::{Memory, Recall, Result};

const FORMAT: &str = "popfield receipts";
const VERSION: u32 = 1;

/// Bytes that are hashed at a time.
const PIECE: usize = 1 << 20;

/// The first line of receipts for what `asked` adds, of `queries` queries.
pub(super) fn header(view: &View<'_>, queries: usize, asked: impl FnOnce(Object) -> Object) -> Result<Object> {
    let memory = view.memory();
    let hash: String = content_hash(view)?.iter().map(|byte| format!("{byte:02x}")).collect();
    let start = Object::record("header")
        .text("format", FORMAT)
        .number("version", VERSION)
        .text("memory", hash)
        .number("generation", memory.generation())
        .number("dim", memory.dim())
        .number("value_dim", memory.value_dim())
        .number("keys", memory.len())
        .number("in_scope", view.len());
    Ok(asked(scope(view, start)?).number("queries", queries))
}

/// What a recall was asked.
pub(super) fn of_recall(object: Object, recall: &Recall) -> Object {
    let object = object.text("call", "recall").text("separation", recall.separation.name());
    let object = match (recall.separation.beta(), recall.separation.degree()) {
        (Some(beta), _) => object.text("beta", beta.get()),
        (_, Some(degree)) => object.number("degree", degree.get()),
        (None, None) => object,
    };
    object.number("steps", recall.steps).text("tie", recall.tie.name())
}

/// The ids in scope or those out of it, whichever are fewer; nothing where all are in it.
fn scope(view: &View<'_>, object: Object) -> Result<Object> {
    let (inside, all) = (view.len(), view.memory().len());
    if inside == all {
        return Ok(object);
    }
    let only = inside <= all - inside;
    let mut listed: Vec<u64> = room_for(inside.min(all - inside), "ids of a scope")?;
    let mut within = view.ids().peekable();
    // Both in storing order.
    for id in view.memory().ids() {
        let is_inside = within.next_if_eq(&id).is_some();
        if is_inside == only {
            listed.push(id);
        }
    }
    listed.sort_unstable();
    Ok(object.list(if only { "only" } else { "except" }, listed))
}

/// The hash of all associations of the memory, whatever the scope: of both dimensions, and in storing order of each its id,
/// the words of its key and those of its value.
fn content_hash(view: &View<'_>) -> Result<[u8; blake3::OUT_LEN]> {
    let memory: &Memory = view.memory();
    let mut hasher = blake3::Hasher::new();
    let (keys, values) = (memory.keys().iter(), memory.values().iter());
    let mut piece: Vec<u8> = room_for(PIECE + 8 * (2 + memory.dim() / 64 + memory.value_dim() / 64 + 3), "a hash")?;
    piece.extend((memory.dim() as u64).to_le_bytes());
    piece.extend((memory.value_dim() as u64).to_le_bytes());
    let steps = view.begin(1);
    for ((id, key), value) in memory.ids().zip(keys).zip(values) {
        piece.extend(id.to_le_bytes());
        key.words().iter().chain(value.words()).for_each(|word| piece.extend(word.to_le_bytes()));
        if piece.len() >= PIECE {
            steps.check()?;
            hasher.update_rayon(&piece);
            piece.clear();
        }
    }
    Ok(hasher.update(&piece).finalize().into())
}
