//! One decoder of a content coding.

use std::io;

/// The most that comes out in one step, so that a bomb is never in memory as a whole.
pub(crate) const STEP: usize = 32 * 1024;

/// One decoder.
pub(crate) trait Step: Send {
    /// Reads from the front of `input` and appends to `out`, which has room for `STEP` bytes at
    /// least. Returns how much it has read.
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize>;

    /// Is the stream complete?
    fn is_complete(&self) -> bool;
}
