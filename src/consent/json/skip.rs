//! What does not matter is checked and skipped, however deep it is nested.

use super::{
    mark::{COLON, COMMA, END_ARRAY, END_OBJECT, Mark},
    reader::{Fault, Reader, Result, Value},
};

impl<const ENCODED: bool> Reader<'_, ENCODED> {
    /// Skips a string, null, array or object, however deep, in one loop.
    #[cold]
    pub(super) fn skip_other(&mut self) -> Result<()> {
        let mut levels = Levels::default();
        loop {
            let (byte, length) = self.peek()?;
            let opened = match byte {
                b'[' | b'{' => {
                    self.advance(length);
                    levels.open(byte == b'{')?;
                    true
                }
                b'"' => self.string().map(|_| false)?,
                b'n' => self.literal(b"null", Value::Other).map(|_| false)?,
                b't' => self.literal(b"true", Value::Other).map(|_| false)?,
                b'f' => self.literal(b"false", Value::Other).map(|_| false)?,
                b'-' | b'0'..=b'9' => self.number().map(|_| false)?,
                _ => return Err(Fault::Syntax),
            };
            if opened && !self.closes(&mut levels)? {
                self.member_key(&levels)?;
                continue;
            }
            loop {
                if levels.depth == 0 {
                    return Ok(());
                }
                if !self.closes(&mut levels)? {
                    self.expect(COMMA)?;
                    self.member_key(&levels)?;
                    break;
                }
            }
        }
    }

    /// Whether the innermost array or object ends here; goes past its end.
    fn closes(&mut self, levels: &mut Levels) -> Result<bool> {
        let closes = levels.depth > 0 && self.take(levels.end())?;
        levels.depth -= usize::from(closes);
        Ok(closes)
    }

    /// The key before a value, where the innermost level is an object.
    fn member_key(&mut self, levels: &Levels) -> Result<()> {
        if levels.in_object() {
            self.string()?;
            self.expect(COLON)?;
        }
        Ok(())
    }
}

/// Which of the open levels are objects: a bit each, for as many as a cookie value has bytes.
struct Levels {
    objects: [u64; 64],
    depth: usize,
}

impl Default for Levels {
    fn default() -> Self {
        Self {
            objects: [0; 64],
            depth: 0,
        }
    }
}

impl Levels {
    fn open(&mut self, object: bool) -> Result<()> {
        let word = self.objects.get_mut(self.depth / 64).ok_or(Fault::Syntax)?;
        let bit = 1 << (self.depth % 64);
        *word = if object { *word | bit } else { *word & !bit };
        self.depth += 1;
        Ok(())
    }

    /// What ends the innermost level.
    fn end(&self) -> Mark {
        if self.in_object() {
            END_OBJECT
        } else {
            END_ARRAY
        }
    }

    /// Whether the innermost level is an object.
    fn in_object(&self) -> bool {
        self.depth.checked_sub(1).is_some_and(|level| {
            let word = self.objects.get(level / 64).copied().unwrap_or_default();
            word >> (level % 64) & 1 == 1
        })
    }
}
