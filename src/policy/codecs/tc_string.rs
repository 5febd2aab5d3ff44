//! The TC string of IAB Europe's Transparency and Consent Framework, v2.
//!
//! Read from "Transparency and Consent String with Global Vendor & CMP List Formats", versions 2.2 and
//! 2.3. Only reads: creating or altering one is for registered consent management platforms.

/// TCF 2.3 is mandatory from 1 March 2026: without the segment of disclosed vendors, a string is
/// invalid.
const DISCLOSURE_IS_MANDATORY: u64 = 1_772_323_200;

/// After 30 September 2023, strings under policies before version 4 are invalid.
const POLICY_4_IS_MANDATORY: u64 = 1_696_118_400;

/// The number of purposes that the policies define.
pub(super) const PURPOSES: u32 = 11;
/// The number of special features that the policies define.
pub(super) const SPECIAL_FEATURES: u32 = 2;

/// The consents in a TC string. Legitimate interests are not consent, so they are skipped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TcString {
    /// In seconds since 1970.
    pub(super) updated: u64,
    /// Its grants are consent. In an invalid string, only the denials count.
    valid: bool,
    /// Purpose 1 was not disclosed.
    purpose_one_treatment: bool,
    special_features: u64,
    purposes: u64,
    vendors: Ids,
    disclosed: Option<Ids>,
}

/// A string that can't be read, or one that can't be consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Of version 1, which has been invalid since 2020.
    Version1,
    Malformed,
}

impl TcString {
    pub(super) fn read(text: &str) -> Result<Self, Unusable> {
        let mut segments = text.split('.');
        let core = Bits::new(segments.next().unwrap_or_default());
        let (mut read, created) = core_of(core)?;
        for segment in segments {
            let mut bits = Bits::new(segment);
            bits.check().ok_or(Unusable::Malformed)?;
            match bits.number(3).ok_or(Unusable::Malformed)? {
                1 if read.disclosed.is_none() => {
                    let disclosed = Ids::read(&mut bits).ok_or(Unusable::Malformed)?;
                    read.disclosed = Some(disclosed);
                }
                // Vendors that publishers allowed, until version 2.2, and their own purposes.
                2 | 3 => {}
                _ => return Err(Unusable::Malformed),
            }
        }
        let made = read.updated.max(created);
        read.valid &= read.disclosed.is_some() || made < DISCLOSURE_IS_MANDATORY;
        Ok(read)
    }

    /// Returns the answer for `purpose1` to `purpose11`, `special_feature1` and 2, and `vendor1` to
    /// `vendor65535`.
    pub(super) fn get(&self, key: &str) -> Option<bool> {
        let granted = match Key::read(key)? {
            Key::Purpose(1) if self.purpose_one_treatment => None,
            Key::Purpose(number) => Some(bit(self.purposes, number, 24)),
            Key::SpecialFeature(number) => Some(bit(self.special_features, number, 12)),
            // Of a vendor that was not disclosed, the visitor was not asked.
            Key::Vendor(id) if self.disclosed.as_ref().is_some_and(|ids| !ids.has(id)) => None,
            Key::Vendor(id) => Some(self.vendors.has(id)),
        };
        granted.filter(|granted| self.valid || !granted)
    }
}

/// A key that a TC string answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Purpose(u32),
    SpecialFeature(u32),
    Vendor(u16),
}

impl Key {
    pub(super) fn read(key: &str) -> Option<Self> {
        let kind = key.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &key[kind.len()..];
        if digits.starts_with('0') {
            return None;
        }
        let number: u16 = digits.parse().ok()?;
        let small = u32::from(number);
        match kind {
            "purpose" => (small <= PURPOSES).then_some(Self::Purpose(small)),
            "special_feature" => (small <= SPECIAL_FEATURES).then_some(Self::SpecialFeature(small)),
            "vendor" => Some(Self::Vendor(number)),
            _ => None,
        }
    }
}

/// Returns a bit of a field whose first bit is that of number 1.
const fn bit(field: u64, number: u32, width: u32) -> bool {
    number >= 1 && number <= width && field >> (width - number) & 1 == 1
}

/// Reads the core segment, and the time at which the string was created.
fn core_of(mut bits: Bits<'_>) -> Result<(TcString, u64), Unusable> {
    match bits.number(6) {
        Some(2) => fields_of(&mut bits).ok_or(Unusable::Malformed),
        Some(1) => Err(Unusable::Version1),
        _ => Err(Unusable::Malformed),
    }
}

fn fields_of(bits: &mut Bits<'_>) -> Option<(TcString, u64)> {
    let (created, updated) = (bits.number(36)? / 10, bits.number(36)? / 10);
    // CMP's id and version, screen, language, version of the list of vendors.
    bits.skip(12 + 12 + 6 + 12 + 12)?;
    let policy = bits.number(6)?;
    let service_specific = bits.number(1)? == 1;
    bits.skip(1)?; // texts that are not the standard's
    let special_features = bits.number(12)?;
    let purposes = bits.number(24)?;
    bits.skip(24)?; // legitimate interests
    let purpose_one_treatment = bits.number(1)? == 1;
    bits.skip(12)?; // country
    let vendors = Ids::read(bits)?;
    Ids::read(bits)?; // vendors' legitimate interests
    skip_restrictions(bits)?;
    bits.check()?;
    let string = TcString {
        updated,
        valid: service_specific && (policy >= 4 || updated.max(created) < POLICY_4_IS_MANDATORY),
        purpose_one_treatment,
        special_features,
        purposes,
        vendors,
        disclosed: None,
    };
    Some((string, created))
}

/// Skips what the publisher did not allow vendors to do.
fn skip_restrictions(bits: &mut Bits<'_>) -> Option<()> {
    for _ in 0..bits.number(12)? {
        bits.skip(6 + 2)?;
        for _ in 0..bits.number(12)? {
            range(bits)?;
        }
    }
    Some(())
}

/// Reads an entry of a range encoding: its first and its last id.
fn range(bits: &mut Bits<'_>) -> Option<(u16, u16)> {
    let is_range = bits.number(1)? == 1;
    let start = bits.id()?;
    let end = if is_range { bits.id()? } else { start };
    Some((start, end))
}

/// The ids of vendors.
#[derive(Clone, Debug, PartialEq)]
struct Ids {
    /// Sorted by nothing: at most 750 fit into a cookie.
    ranges: Vec<(u16, u16)>,
    /// Those of a bit field, with id 1 as the first.
    field: Vec<u64>,
}

impl Ids {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let max = bits.id()?;
        let mut ids = Self {
            ranges: Vec::new(),
            field: Vec::new(),
        };
        if bits.number(1)? == 1 {
            for _ in 0..bits.number(12)? {
                let (start, end) = range(bits)?;
                // Ids above the maximum are not in the section.
                if start == 0 || start > end || end > max {
                    return None;
                }
                ids.ranges.push((start, end));
            }
            return Some(ids);
        }
        let mut left = usize::from(max);
        while left > 0 {
            let width = left.min(64);
            // The first id is the highest bit.
            let word = bits.number(width)? << (64 - width);
            ids.field.push(word);
            left -= width;
        }
        Some(ids)
    }

    fn has(&self, id: u16) -> bool {
        let in_range = |&(start, end): &(u16, u16)| (start..=end).contains(&id);
        let Some(index) = id.checked_sub(1) else {
            return false;
        };
        let word = self.field.get(usize::from(index / 64));
        word.is_some_and(|word| word >> (63 - index % 64) & 1 == 1)
            || self.ranges.iter().any(in_range)
    }
}

/// The bits of a segment in base64url without padding.
#[derive(Clone, Debug)]
struct Bits<'a> {
    characters: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(segment: &'a str) -> Self {
        Self {
            characters: segment.as_bytes(),
            at: 0,
        }
    }

    /// Reads the next bits as a number: at most 64.
    fn number(&mut self, width: usize) -> Option<u64> {
        let (mut number, mut missing) = (0, width);
        while missing > 0 {
            let six = sextet(*self.characters.get(self.at / 6)?)?;
            let left = 6 - self.at % 6;
            let taken = left.min(missing);
            let bits = six >> (left - taken) & ((1 << taken) - 1);
            number = number << taken | u64::from(bits);
            missing -= taken;
            self.at += taken;
        }
        Some(number)
    }

    fn id(&mut self) -> Option<u16> {
        u16::try_from(self.number(16)?).ok()
    }

    fn skip(&mut self, width: usize) -> Option<()> {
        self.at += width;
        (self.at <= self.characters.len() * 6).then_some(())
    }

    /// Returns `None` if one of the characters is not in the alphabet.
    fn check(&self) -> Option<()> {
        let all = self.characters.iter().all(|&byte| sextet(byte).is_some());
        all.then_some(())
    }
}

/// Returns the value of a character of base64url.
const fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}
