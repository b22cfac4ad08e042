//! Tallies: counting the votes of many keys in 64 columns at once.

/// Value columns in a word.
pub(crate) const COLUMNS: usize = 64;

/// Votes of one word of value columns, `[distance][column]`.
pub(crate) type WordVotes = Vec<[i64; COLUMNS]>;

/// Counts of +1 votes in 64 columns, by rank of distance.
///
/// Words wait until there are fifteen of a rank; adders make four words of them, whose bits in a column are its count
/// in binary (carry-save adders, as Harley and Seal count ones). Those four are spread over 64 byte counters, eight
/// table look-ups each; and before a byte can overflow, its row is moved to wide counters.
pub(crate) struct Tally {
    waiting: Vec<[u64; WAITING]>,
    /// Words that wait in each rank.
    here: Vec<u8>,
    /// 64 byte counters a rank, eight to a `u64`.
    staged: Vec<[u64; 8]>,
    /// Words staged in each rank since it was last moved.
    pending: Vec<u8>,
    ones: Vec<[i64; COLUMNS]>,
}

/// Words of a rank that are counted at once: as many as four bits can tell.
const WAITING: usize = 15;

/// Words that are sooner spread one by one.
const FEW: u8 = 4;

/// The sum of three bits in every column, and the carry.
#[inline(always)]
fn add(a: u64, b: u64, c: u64) -> (u64, u64) {
    let half = a ^ b;
    (half ^ c, a & b | half & c)
}

/// How many of the words have a bit in each column, in binary, lowest bits first.
#[inline]
fn binary(w: &[u64; WAITING]) -> [u64; 4] {
    let (a, a2) = add(w[0], w[1], w[2]);
    let (b, b2) = add(w[3], w[4], w[5]);
    let (c, c2) = add(w[6], w[7], w[8]);
    let (d, d2) = add(w[9], w[10], w[11]);
    let (e, e2) = add(w[12], w[13], w[14]);
    let (f, f2) = add(a, b, c);
    let (ones, g2) = add(d, e, f);
    let (h, h4) = add(a2, b2, c2);
    let (i, i4) = add(d2, e2, f2);
    let (twos, j4) = add(g2, h, i);
    let (fours, eights) = add(h4, i4, j4);
    [ones, twos, fours, eights]
}

/// Bit k of the index in byte k: eight bits as eight bytes of 0 or 1.
static SPREAD: [u64; 256] = {
    let mut table = [0u64; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte] |= ((byte as u64 >> bit) & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// The votes of one word by itself, by column.
pub(crate) fn votes_of(word: u64) -> [i64; COLUMNS] {
    std::array::from_fn(|column| 2 * ((word >> column) & 1) as i64 - 1)
}

impl Tally {
    pub(crate) fn new(ranks: usize) -> Self {
        Self {
            waiting: vec![[0; WAITING]; ranks],
            here: vec![0; ranks],
            staged: vec![[0; 8]; ranks],
            pending: vec![0; ranks],
            ones: vec![[0; COLUMNS]; ranks],
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, rank: usize, word: u64) {
        let here = usize::from(self.here[rank]);
        self.waiting[rank][here] = word;
        self.here[rank] += 1;
        if here + 1 == WAITING {
            self.stage(rank);
        }
    }

    /// Spreads the words that wait, and moves the counters if more might overflow them.
    fn stage(&mut self, rank: usize) {
        let spread = |counters: &mut [u64; 8], word: u64, shift: usize| {
            for (counters, byte) in counters.iter_mut().zip(word.to_le_bytes()) {
                *counters += SPREAD[usize::from(byte)] << shift;
            }
        };
        let (waiting, counters) = (&mut self.waiting[rank], &mut self.staged[rank]);
        let here = std::mem::take(&mut self.here[rank]);
        if here <= FEW {
            waiting[..usize::from(here)].iter().for_each(|&word| spread(counters, word, 0));
        } else {
            waiting[usize::from(here)..].fill(0);
            binary(waiting).into_iter().enumerate().for_each(|(shift, word)| spread(counters, word, shift));
        }
        self.pending[rank] += here;
        if self.pending[rank] > u8::MAX - WAITING as u8 {
            self.flush(rank);
        }
    }

    fn flush(&mut self, rank: usize) {
        for (counters, ones) in self.staged[rank].iter_mut().zip(self.ones[rank].chunks_exact_mut(8)) {
            for (ones, byte) in ones.iter_mut().zip(counters.to_le_bytes()) {
                *ones += i64::from(byte);
            }
            *counters = 0;
        }
        self.pending[rank] = 0;
    }

    /// Counts what waits.
    pub(crate) fn flush_all(&mut self) {
        for rank in 0..self.pending.len() {
            self.stage(rank);
            if self.pending[rank] > 0 {
                self.flush(rank);
            }
        }
    }

    /// Votes, +1 less −1, of `keys` keys in each rank.
    pub(crate) fn votes(mut self, keys: &[u64]) -> WordVotes {
        self.flush_all();
        for (row, &keys) in self.ones.iter_mut().zip(keys) {
            row.iter_mut().for_each(|ones| *ones = 2 * *ones - keys as i64);
        }
        self.ones
    }

    /// Forgets all ranks from `ranks` on.
    pub(crate) fn truncate(&mut self, ranks: usize) {
        self.waiting.truncate(ranks);
        self.here.truncate(ranks);
        self.staged.truncate(ranks);
        self.pending.truncate(ranks);
        self.ones.truncate(ranks);
    }

    /// Adds what another tally of as many ranks has counted; nothing waits in either.
    pub(crate) fn merge(&mut self, other: Self) {
        self.ones.iter_mut().zip(other.ones).for_each(|(a, b)| a.iter_mut().zip(b).for_each(|(a, b)| *a += b));
    }
}
