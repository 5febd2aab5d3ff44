//! The differences as text for people.

use std::fmt;

use serde_json::Value;

use super::{
    asked::AskedAgain,
    change::{PolicyChange, PolicyChangeKind},
    fault::DiffFault,
    policy_diff::PolicyDiff,
    translation::Translation,
};
use crate::consent::AnswerState;

/// The characters of a value that are shown.
const MOST_SHOWN: usize = 80;

impl PolicyChange {
    /// Returns what happened, as the end of a sentence about its place.
    pub(super) fn what(&self) -> String {
        let before = self.before.as_ref().map_or("nothing".to_owned(), shown);
        let after = self.after.as_ref().map_or("nothing".to_owned(), shown);
        let key = self.key.as_deref().unwrap_or_default();
        match self.kind {
            PolicyChangeKind::Added => "was added".to_owned(),
            PolicyChangeKind::Removed => "was removed".to_owned(),
            PolicyChangeKind::Renamed => format!("has another id, {after} instead of {before}"),
            PolicyChangeKind::Moved => format!("moved from {before} to {after}"),
            PolicyChangeKind::Changed if self.before.is_none() && self.after.is_none() => {
                format!("the order of `{key}` changed")
            }
            PolicyChangeKind::Changed if self.languages.is_empty() => {
                format!("`{key}` changed from {before} to {after}")
            }
            PolicyChangeKind::Changed => {
                let languages = self.languages.join(", ");
                format!("`{key}` changed in {languages}, from {before} to {after}")
            }
        }
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what())
    }
}

impl AskedAgain {
    /// Returns who is asked, without the category and the reason.
    fn visitors(&self) -> String {
        let mut who = match self.everybody {
            true => "everybody".to_owned(),
            false => {
                let answers = self.answers.iter().map(|answer| match answer {
                    AnswerState::Granted => "accepted it",
                    AnswerState::Denied => "refused it",
                    AnswerState::NotAsked => "have not answered for it",
                });
                format!("visitors who {}", answers.collect::<Vec<_>>().join(" or "))
            }
        };
        if let Some(service) = &self.service {
            who += &format!(" and have not refused {service:?}");
        }
        match self.revisions {
            Some((1, last)) => who += &format!(", with a choice of revision {last} or lower"),
            Some((first, last)) => who += &format!(", with a choice of revision {first} to {last}"),
            None => {}
        }
        if let Some(days) = self.older_than_days {
            who += &format!(", once their choice is over {days} days old");
        }
        let regimes = self.regimes.iter().map(|regime| match regime {
            Some(regime) => format!("in the regime {regime:?}"),
            None => "in no regime".to_owned(),
        });
        let regimes: Vec<_> = regimes.collect();
        if !regimes.is_empty() {
            who += &format!(", {}", regimes.join(" or "));
        }
        who
    }
}

impl fmt::Display for AskedAgain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (category, cause) = (&self.category, self.cause.sentence());
        write!(f, "category {category:?}: {}: {cause}", self.visitors())
    }
}

impl fmt::Display for Translation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let languages = self.languages.join(", ");
        match self.missing {
            true => write!(
                f,
                "{}: `{}` has no text in {languages}",
                self.place, self.key
            ),
            false => write!(
                f,
                "{}: `{}` is as before in {languages}, and changed in other languages: check it",
                self.place, self.key
            ),
        }
    }
}

impl fmt::Display for DiffFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl fmt::Display for PolicyDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = self.revisions;
        writeln!(
            f,
            "Changes from revision {old} to revision {new}: {}",
            self.changes.len()
        )?;
        for change in &self.changes {
            writeln!(f, "- {change}")?;
            for asked in &change.asked {
                writeln!(
                    f,
                    "  asked again: {} ({:?})",
                    asked.visitors(),
                    asked.category
                )?;
            }
        }
        match self.asked_again.is_empty() {
            true => writeln!(f, "\nAsked again: nobody")?,
            false => writeln!(f, "\nAsked again:")?,
        }
        for asked in &self.asked_again {
            writeln!(f, "- {asked}")?;
        }
        writeln!(f, "\nTo be translated: {}", self.translations.len())?;
        for translation in &self.translations {
            let level = if translation.missing {
                "error"
            } else {
                "warning"
            };
            writeln!(f, "- {level}: {translation}")?;
        }
        writeln!(f, "\nDoes not fit: {}", self.faults.len())?;
        for fault in &self.faults {
            let level = if fault.is_error() { "error" } else { "warning" };
            writeln!(f, "- {level}: {fault}")?;
        }
        Ok(())
    }
}
