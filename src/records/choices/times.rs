//! The times of answers as text: beside the choice in the store, and in the account's cookie.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::answers::Answers;
use crate::{consent::Choice, policy::CookiePolicy, preferences::json};

/// The longest text that a store has to keep.
const MAX_TEXT: usize = 4_096;

/// Between the choice and the times. The choice ends with the brace.
const END_OF_CHOICE: &str = "%7D.";

impl Answers {
    /// Returns the text for the store: the choice as in the preferences cookie of this crate, a dot, and the
    /// [times](Self::times_text).
    pub(super) fn text(&self, policy: &CookiePolicy) -> String {
        let choice = json::encode(policy, &self.choice, None);
        let text = format!("{choice}.{}", self.times_text(policy));
        if text.len() <= MAX_TEXT {
            return text;
        }
        format!("{choice}.{}", self.shortest_times())
    }

    /// Reads the text of a store, as far as it counts under the policy.
    pub(super) fn of_text(policy: &CookiePolicy, text: &str, now: u64) -> Option<Self> {
        let answers = Self::read(policy, text, now)?;
        let choice = answers.choice.counted(policy);
        Some(answers.with_choice(choice))
    }

    /// Reads the text of a store. One without times is older, or not ours.
    pub(super) fn read(policy: &CookiePolicy, text: &str, now: u64) -> Option<Self> {
        let (choice, times) = match text.rfind(END_OF_CHOICE) {
            Some(at) => {
                let (choice, times) = text.split_at_checked(at + END_OF_CHOICE.len())?;
                (choice.strip_suffix('.')?, Some(times))
            }
            None => (text, None),
        };
        let decoded = json::decode_first(policy, &[Some(choice.as_bytes())]).ok()?;
        let choice = decoded.choice;
        let timed = times.and_then(|times| Self::of_times(policy, choice, times));
        Some(timed.unwrap_or_else(|| {
            let undated = Self::undated(policy, choice, now);
            // A removal was stored like this.
            let removed_at = match undated.times.is_empty() {
                true => choice.decided_at.min(now),
                false => 0,
            };
            Self {
                removed_at,
                ..undated
            }
        }))
    }

    /// Returns the times as text: that of the last removal, of grants and of denials, and then those that differ from
    /// the latter two, and of what was taken back. It has no character that cookies or their signatures need.
    pub(super) fn times_text(&self, policy: &CookiePolicy) -> String {
        let (granted, denied) = (self.granted_at(), self.denied_at());
        let mut groups: BTreeMap<(char, u64), Vec<&str>> = BTreeMap::new();
        for (index, time) in &self.times {
            let usual = match () {
                () if self.choice.denied.contains(*index) => Some(denied),
                () if self.choice.granted.contains(*index) => Some(granted),
                () => None,
            };
            if usual == Some(*time) {
                continue;
            }
            let sign = if usual.is_some() { '!' } else { '*' };
            let ids = groups.entry((sign, *time)).or_default();
            ids.extend(policy.id_at(*index));
        }
        let mut text = format!("{}~{granted}~{denied}", self.removed_at);
        for ((sign, time), ids) in groups {
            write_group(&mut text, sign, time, &ids).ok();
        }
        text
    }

    /// Returns less than the times, if all are too long: no grant counts for more by that, and no denial for less.
    pub(super) fn shortest_times(&self) -> String {
        let answered = self.choice.answered();
        let taken_back = self
            .times
            .iter()
            .filter(|(index, _)| !answered.contains(**index));
        let removed_at = taken_back
            .map(|(_, time)| *time)
            .fold(self.removed_at, u64::max);
        format!("{removed_at}~{}~{}", self.granted_at(), self.denied_at())
    }

    /// Returns the time of the first grant.
    fn granted_at(&self) -> u64 {
        let granted = self
            .times
            .iter()
            .filter(|(index, _)| self.choice.granted.contains(**index));
        granted.map(|(_, time)| *time).min().unwrap_or(0)
    }

    /// Returns the time of the last denial.
    fn denied_at(&self) -> u64 {
        let denied = self
            .times
            .iter()
            .filter(|(index, _)| self.choice.denied.contains(**index));
        denied.map(|(_, time)| *time).max().unwrap_or(0)
    }

    /// Reads the times of a choice. `None` if the text is not one of these.
    pub(super) fn of_times(policy: &CookiePolicy, choice: Choice, text: &str) -> Option<Self> {
        let is_sign = |char| matches!(char, '!' | '*');
        let (usual, mut rest) = text.split_at_checked(text.find(is_sign).unwrap_or(text.len()))?;
        let mut usual = usual.split('~').map(|number| number.parse::<u64>().ok());
        let (removed_at, granted, denied) = (usual.next()??, usual.next()??, usual.next()??);
        if usual.next().is_some() {
            return None;
        }
        let optional = (choice.answered() - policy.necessary()).iter();
        let time = |index| match choice.denied.contains(index) {
            true => denied,
            false => granted,
        };
        let mut times: BTreeMap<u8, u64> = optional.map(|index| (index, time(index))).collect();
        while let Some(sign) = rest.chars().next() {
            let group = rest.strip_prefix(is_sign)?;
            let (group, after) =
                group.split_at_checked(group.find(is_sign).unwrap_or(group.len()))?;
            rest = after;
            let mut parts = group.split('~');
            let time = parts.next()?.parse().ok()?;
            for id in parts {
                let id = percent_decode_str(id).decode_utf8().ok()?;
                // The policy may have another one by now.
                let index = policy.index_of(id.as_bytes());
                let index = index.filter(|index| times.contains_key(index) == (sign == '!'));
                times.extend(index.map(|index| (index, time)));
            }
        }
        Some(Self {
            choice,
            times,
            removed_at,
        })
    }
}

fn write_group(text: &mut String, sign: char, time: u64, ids: &[&str]) -> fmt::Result {
    write!(text, "{sign}{time}")?;
    for id in ids {
        write!(text, "~{}", utf8_percent_encode(id, NON_ALPHANUMERIC))?;
    }
    Ok(())
}
