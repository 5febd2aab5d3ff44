//! Random TC strings, written as the specification says, and read again.

use proptest::{collection, option, prelude::*};

use super::tc_string::{Key, TcString, Unusable};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bits, the first one first.
#[derive(Default)]
struct Writer(Vec<bool>);

impl Writer {
    fn number(&mut self, number: u64, width: u32) {
        self.0
            .extend((0..width).rev().map(|bit| number >> bit & 1 == 1));
    }

    fn ids(&mut self, ids: &[u16], as_ranges: bool) {
        self.number(u64::from(ids.iter().max().copied().unwrap_or(0)), 16);
        self.number(u64::from(as_ranges), 1);
        if !as_ranges {
            let max = ids.iter().max().copied().unwrap_or(0);
            self.0.extend((1..=max).map(|id| ids.contains(&id)));
            return;
        }
        self.number(ids.len() as u64, 12);
        for (number, id) in ids.iter().enumerate() {
            // Every other one as a range of a single id.
            let is_range = number % 2 == 0;
            self.number(u64::from(is_range), 1);
            self.number(u64::from(*id), 16);
            if is_range {
                self.number(u64::from(*id), 16);
            }
        }
    }

    fn text(mut self) -> String {
        while !self.0.len().is_multiple_of(6) {
            self.0.push(false);
        }
        let sextets = self.0.chunks(6).map(|bits| {
            let value = bits
                .iter()
                .fold(0, |value, bit| value << 1 | usize::from(*bit));
            char::from(ALPHABET[value])
        });
        sextets.collect()
    }
}

#[derive(Clone, Debug)]
struct Model {
    /// In seconds, within 2025 and 2026.
    updated: u64,
    policy: u64,
    service_specific: bool,
    purpose_one_treatment: bool,
    special_features: u64,
    purposes: u64,
    interests: u64,
    vendors: Vec<u16>,
    vendor_interests: Vec<u16>,
    disclosed: Option<Vec<u16>>,
    as_ranges: bool,
}

fn models() -> impl Strategy<Value = Model> {
    let ids = || collection::vec(1u16..1_500, 0..20);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let fields = (0u64..1 << 12, 0u64..1 << 24, 0u64..1 << 24);
    let vendors = (ids(), ids(), option::of(ids()));
    (
        1_735_689_600u64..1_798_761_600,
        2u64..6,
        flags,
        fields,
        vendors,
    )
        .prop_map(|(updated, policy, flags, fields, vendors)| Model {
            updated,
            policy,
            service_specific: flags.0,
            purpose_one_treatment: flags.1,
            as_ranges: flags.2,
            special_features: fields.0,
            purposes: fields.1,
            interests: fields.2,
            vendors: vendors.0,
            vendor_interests: vendors.1,
            disclosed: vendors.2,
        })
}

impl Model {
    fn text(&self) -> String {
        let mut core = Writer::default();
        for (number, width) in [
            (2, 6),
            (self.updated * 10, 36),
            (self.updated * 10, 36),
            (31, 12), // CMP
            (2, 12),  // its version
            (1, 6),   // screen
            (0, 12),  // language
            (150, 12),
            (self.policy, 6),
            (u64::from(self.service_specific), 1),
            (0, 1),
            (self.special_features, 12),
            (self.purposes, 24),
            (self.interests, 24),
            (u64::from(self.purpose_one_treatment), 1),
            (0, 12), // country
        ] {
            core.number(number, width);
        }
        core.ids(&self.vendors, self.as_ranges);
        core.ids(&self.vendor_interests, !self.as_ranges);
        core.number(0, 12); // restrictions
        let mut text = core.text();
        if let Some(disclosed) = &self.disclosed {
            let mut segment = Writer::default();
            segment.number(1, 3);
            segment.ids(disclosed, self.as_ranges);
            text = format!("{text}.{}", segment.text());
        }
        text
    }

    fn answer(&self, key: Key) -> Option<bool> {
        let bit = |field: u64, width: u32, number: u32| field >> (width - number) & 1 == 1;
        let answer = match key {
            Key::Purpose(1) if self.purpose_one_treatment => return None,
            Key::Purpose(number) => bit(self.purposes, 24, number),
            Key::SpecialFeature(number) => bit(self.special_features, 12, number),
            Key::Vendor(id) => match &self.disclosed {
                Some(disclosed) if !disclosed.contains(&id) => return None,
                _ => self.vendors.contains(&id),
            },
        };
        // 1 March 2026.
        let disclosed = self.disclosed.is_some() || self.updated < 1_772_323_200;
        let valid = self.service_specific && self.policy >= 4 && disclosed;
        (valid || !answer).then_some(answer)
    }
}

proptest! {
    #[test]
    fn strings_are_read_as_they_are_written(model in models()) {
        let text = model.text();
        let string = TcString::read(&text).unwrap();
        prop_assert_eq!(string.updated, model.updated);
        let purposes = (1..=11).map(Key::Purpose);
        let special_features = (1..=2).map(Key::SpecialFeature);
        let ids = model.vendors.iter().chain(&model.vendor_interests);
        let ids = ids.chain(model.disclosed.iter().flatten()).copied();
        let vendors = ids.chain([1, 64, 65, 1_500, u16::MAX]).map(Key::Vendor);
        for key in purposes.chain(special_features).chain(vendors) {
            let name = match key {
                Key::Purpose(number) => format!("purpose{number}"),
                Key::SpecialFeature(number) => format!("special_feature{number}"),
                Key::Vendor(id) => format!("vendor{id}"),
            };
            prop_assert_eq!(string.get(&name), model.answer(key), "{}", name);
        }
        // Half of a string is none, except at the end of a segment.
        for end in 0..text.len() {
            let whole = text.as_bytes()[end] == b'.';
            let cut = TcString::read(&text[..end]);
            prop_assert!(whole || cut.is_err() || text[end..].trim_matches('A').is_empty());
        }
    }

    #[test]
    fn no_text_panics(text in "C[A-Za-z0-9_-]{0,60}(\\.[I-K][A-Za-z0-9_-]{0,30}){0,2}") {
        if let Ok(string) = TcString::read(&text) {
            let _ = string.get("vendor1");
        }
    }
}

/// Ranges of everything, as many as fit into a cookie.
#[test]
fn hostile_ranges_cost_little() {
    let mut core = Writer::default();
    for (number, width) in [
        (2, 6),
        (0, 36),
        (0, 36),
        (0, 54),
        (5, 6), // policy
        (1, 1), // one service
        (0, 1),
        (0, 12),
        (0, 24),
        (0, 24),
        (0, 13),
    ] {
        core.number(number, width);
    }
    core.number(u64::from(u16::MAX), 16);
    core.number(1, 1);
    core.number(700, 12);
    for _ in 0..700 {
        core.number(1, 1);
        core.number(1, 16);
        core.number(u64::from(u16::MAX), 16);
    }
    core.number(0, 16 + 1);
    core.number(0, 12);
    let text = core.text();
    assert!(text.len() < 4_096, "{}", text.len());
    let string = TcString::read(&text).unwrap();
    assert_eq!(string.get("vendor65535"), Some(true));
    assert_eq!(string.get("purpose1"), Some(false));
    let end = text.len() - 1;
    assert_eq!(TcString::read(&text[..end - 12]), Err(Unusable::Malformed));
}
