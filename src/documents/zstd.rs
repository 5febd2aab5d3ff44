//! The `zstd` coding. The library reads whole blocks, of at most 128 KiB.

use std::io::{self, Error, ErrorKind, Read as _};

use ruzstd::decoding::FrameDecoder;

use super::step::{STEP, Step};

/// RFC 9659: the window of the content coding is at most 8 MiB.
const MAX_WINDOW: u64 = 8 * 1024 * 1024;

/// The longest header of a frame: magic number, descriptor, window, dictionary, size (RFC 8878).
const MAX_HEADER: usize = 18;

const BLOCK_HEADER: usize = 3;

const CHECKSUM: usize = 4;

/// A block is not longer than this (RFC 8878, section 3.1.1.2.4).
const MAX_BLOCK: usize = 128 * 1024;

pub(crate) struct Zstd {
    frame: FrameDecoder,
    state: State,
    begun: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Blocks,
    /// The last block is read; a checksum of four bytes may follow.
    Checksum,
}

impl Zstd {
    pub(crate) fn new() -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(MAX_WINDOW);
        Self {
            frame,
            state: State::Header,
            begun: false,
        }
    }

    fn header(&mut self, input: &[u8]) -> io::Result<usize> {
        let mut rest = input;
        match self.frame.reset(&mut rest) {
            Ok(()) => {
                self.state = State::Blocks;
                self.begun = true;
                Ok(input.len() - rest.len())
            }
            // It may only be too short.
            Err(_) if input.len() < MAX_HEADER => {
                self.begun = true;
                Ok(0)
            }
            Err(error) => Err(invalid(error)),
        }
    }

    fn block(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        let [a, b, c, ..] = *input else { return Ok(0) };
        let header = u32::from_le_bytes([a, b, c, 0]);
        let (last, kind) = (header & 1 == 1, header >> 1 & 3);
        let size = usize::try_from(header >> 3).unwrap_or(usize::MAX);
        // A block of one repeated byte has one.
        let content = if kind == 1 { 1 } else { size };
        if size > MAX_BLOCK || kind == 3 {
            return Err(Error::from(ErrorKind::InvalidData));
        }
        let whole = BLOCK_HEADER + content;
        if input.len() < whole {
            return Ok(0);
        }
        let mut room = vec![0; STEP];
        let (read, written) = self
            .frame
            .decode_from_to(&input[..whole], &mut room)
            .map_err(invalid)?;
        out.extend_from_slice(&room[..written]);
        if last {
            self.state = State::Checksum;
        }
        Ok(read)
    }
}

impl Step for Zstd {
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        if self.state != State::Header {
            let mut room = vec![0; STEP];
            let written = self.frame.read(&mut room)?;
            out.extend_from_slice(&room[..written]);
            if written > 0 {
                return Ok(0);
            }
        }
        match self.state {
            State::Header if input.is_empty() => Ok(0),
            State::Header => self.header(input),
            State::Blocks => self.block(input, out),
            State::Checksum if self.frame.is_finished() => {
                self.state = State::Header;
                self.begun = false;
                Ok(0)
            }
            State::Checksum if input.len() < CHECKSUM => Ok(0),
            State::Checksum => {
                self.frame
                    .decode_from_to(&input[..CHECKSUM], &mut [])
                    .map_err(invalid)?;
                Ok(CHECKSUM)
            }
        }
    }

    fn is_complete(&self) -> bool {
        !self.begun || self.state == State::Checksum && self.frame.is_finished()
    }
}

fn invalid(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidData, error.to_string())
}
