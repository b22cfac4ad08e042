//! Tier `amx`: as `avx512`, but weights are added up by int8 tiles.
//!
//! Adding up weights is a product of matrices: queries × patterns of weights, times patterns × positions of bits. A
//! tile instruction multiplies 16 queries × 64 patterns of bytes by 64 patterns × 16 positions, 16,384 products.
//! Weights are up to three bytes, the highest one signed, and are looked up byte by byte (`bytes.rs`); bits become bytes
//! of 0 or 1, four patterns of a position side by side as the instruction wants them, once for all queries (`tiles.rs`).
//!
//! Overlaps are left to XOR and popcount: joined words cost a query and eight patterns four instructions, which the
//! tiles do not reach from bytes.

mod bytes;
mod tiles;

use std::arch::asm;
use std::arch::x86_64::*;
use std::sync::OnceLock;

use crate::avx512;
use crate::info::TierInfo;
use crate::kernel::Kernel;
use crate::panel::QueryPanel;
use crate::slab::Slab;
use crate::weights::{ByteTable, Form, WeightTable, Weights};

pub(crate) const INFO: TierInfo = TierInfo {
    name: "amx",
    description: "as avx512; weights added up by int8 tiles",
    needs: "all that avx512 needs, AMX-INT8 and leave to use it",
    probe: || {
        static TOKEN: OnceLock<Option<Amx>> = OnceLock::new();
        TOKEN.get_or_init(Amx::new).as_ref().map(|token| token as &dyn Kernel)
    },
};

/// Queries below which the tables of `avx512` are faster than tiles that are half empty.
const FEWEST: usize = 8;

/// Proof that the CPU has AMX-INT8 beside all that `avx512` needs, and that the system lets this process use it: made
/// only after both were asked.
struct Amx {
    rest: &'static dyn Kernel,
}

impl Amx {
    fn new() -> Option<Self> {
        let rest = (avx512::INFO.probe)()?;
        (has_tiles() && may_use_tiles()).then_some(Self { rest })
    }
}

/// AMX-TILE and AMX-INT8 in the CPU, and their state saved by the system.
fn has_tiles() -> bool {
    let features = __cpuid_count(7, 0).edx;
    let saved: u32;
    if features >> 24 & 3 != 3 || __cpuid(1).ecx >> 27 & 1 == 0 {
        return false;
    }
    // SAFETY: OSXSAVE was just seen, so XGETBV of register 0 is there; it changes nothing but EAX and EDX.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") saved, out("edx") _, options(nomem, nostack, preserves_flags));
    }
    saved >> 17 & 3 == 3
}

/// Asks the system for leave to use tiles.
#[cfg(target_os = "linux")]
fn may_use_tiles() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let result: i64;
    // SAFETY: arch_prctl with these arguments reads and writes no memory of this process; the system call changes
    // RCX, R11 and RAX only.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn may_use_tiles() -> bool {
    false
}

impl Kernel for Amx {
    fn rest(&self) -> &dyn Kernel {
        self.rest
    }

    fn weights(&self, keys: Slab<'_>, present: usize, panel: &QueryPanel, tables: &[&WeightTable], made: &mut Weights) {
        if made.queries < FEWEST {
            return self.rest.weights(keys, present, panel, tables, made);
        }
        let in_bytes: Option<Vec<&ByteTable>> = tables.iter().map(|table| table.bytes.as_ref()).collect();
        match in_bytes {
            // SAFETY: `self` is the token that the CPU has all that `avx512` needs.
            Some(in_bytes) => unsafe { bytes::look_up(keys, present, panel, tables, &in_bytes, made) },
            None => {
                self.rest.weights(keys, present, panel, tables, made);
                // SAFETY: as above.
                unsafe { bytes::split(tables, made) }
            }
        }
    }

    fn weigh(&self, values: Slab<'_>, weights: &Weights, sums: &mut [i64]) {
        match weights.form {
            Form::Rows => self.rest.weigh(values, weights, sums),
            // SAFETY: `self` is the token that the CPU has all that `avx512` needs and AMX-INT8, and that the system
            // lets this process use tiles.
            Form::Bytes(width) => unsafe { tiles::weigh(values, weights, width, sums) },
        }
    }
}
