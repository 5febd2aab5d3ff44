//! The way out: what a response sets for the device becomes the account's.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Response, header::SET_COOKIE};

use super::{
    AccountConsent,
    answers::Answers,
    base::{Base, Change},
    carried::{After, LoggedIn, Unchosen},
    held::Held,
    saving::{Saving, ToSave},
};
use crate::{
    consent::{Rejected, SetChoice},
    policy::CategorySet,
    preferences::unix_seconds,
    wire::{
        self, Removal, ServerDate,
        cache::{self, Cacheability},
    },
};

/// What a response sets of the preferences cookie, and its other cookies.
#[derive(Default)]
struct SetHere {
    others: Vec<HeaderValue>,
    last: Option<HeaderValue>,
    is_removed: bool,
}

impl SetHere {
    fn of(own: &str, headers: &HeaderMap, now: u64) -> Self {
        let mut set = Self::default();
        for field in headers.get_all(SET_COOKIE) {
            let bytes = field.as_bytes();
            if !wire::name(bytes).is_ok_and(|name| name == own.as_bytes()) {
                set.others.push(field.clone());
            } else if let Removal::Certain =
                wire::classify_removal(bytes, || now, || ServerDate::Absent)
            {
                set.is_removed = true;
            } else {
                set.last = Some(field.clone());
            }
        }
        set
    }

    /// Writes the other cookies, and this one.
    fn write(self, headers: &mut HeaderMap, field: Option<HeaderValue>) {
        headers.remove(SET_COOKIE);
        for field in self.others.into_iter().chain(field) {
            let _ = headers.try_append(SET_COOKIE, field);
        }
    }
}

impl AccountConsent {
    /// Sets or removes the account's cookie. Returns the wait for what is saved before the response goes out.
    pub(super) fn finish<B>(self, response: &mut Response<B>) -> Option<Saving> {
        let after = response.extensions_mut().remove::<After>()?;
        let is_cut = response.extensions().get::<Rejected>().is_some();
        let headers = response.headers_mut();
        match after {
            After::LoggedOut { is_devices } => {
                let now = unix_seconds(SystemTime::now());
                let set = SetHere::of(&self.own, headers, now);
                if !is_devices && set.last.is_some() {
                    set.write(headers, None);
                }
                append(headers, self.removal(), now);
                None
            }
            After::LoggedIn(after) => {
                let to_save = self.keep(*after, is_cut, headers)?;
                Some(self.begin_to_save(to_save))
            }
        }
    }

    /// Moves the choice that a response sets into the account's cookie. Returns what to save.
    fn keep(&self, after: LoggedIn, is_cut: bool, headers: &mut HeaderMap) -> Option<ToSave> {
        let (policy, now) = (&after.policy, after.now);
        let set = SetHere::of(&self.own, headers, now);
        let change = Change {
            is_answer: after.is_answer,
            is_cut,
        };
        let Some(field) = set.last.clone() else {
            if !set.is_removed {
                self.leave(&after, headers);
                return None;
            }
            // The cookie stays, with the time: otherwise a device would bring the removed choice back.
            let answers = Answers::removed(policy, after.base.answers(), now);
            let field = SetChoice::new(policy, &answers.choice, None, now).header_value();
            let field = self.moved(&after, &field, Some(&answers))?;
            set.write(headers, Some(field));
            return to_save(after, answers, CategorySet::EMPTY);
        };
        let values = [wire::value(field.as_bytes()).to_vec()];
        let Some(new) = Self::reading_of(policy, &values, now).choice else {
            let field = self.moved(&after, &field, None)?;
            set.write(headers, Some(field));
            return None;
        };
        let before = after.base.choice();
        if !change.is_answer
            && let Base::Device(device) = after.base
            && device == Some(new)
        {
            // The layers have sent the device's own choice again.
            return None;
        }
        let is_same = before
            .is_some_and(|before| (before.granted, before.denied) == (new.granted, new.denied));
        let (answers, new_denials) = match &after.base {
            Base::Account(known) if is_same && !change.is_answer => {
                (known.clone(), CategorySet::EMPTY)
            }
            base => (
                base.with(policy, new, now, change),
                base.new_denials(&new, change),
            ),
        };
        // One that does not fit is the device's.
        let field = self.moved(&after, &field, Some(&answers))?;
        set.write(headers, Some(field));
        to_save(after, answers, new_denials)
    }

    /// Does what is left to do if a response sets no choice.
    fn leave(&self, after: &LoggedIn, headers: &mut HeaderMap) {
        let field = match after.unchosen {
            Unchosen::Kept => return,
            Unchosen::Removed => self.removal(),
            Unchosen::Empty => {
                let held = Held::new(self.keys(), &after.name, "", after.now);
                self.set(&held, &self.attributes(self.lifetime()))
            }
        };
        append(headers, field, after.now);
    }

    /// Returns the header of the account's cookie for one of the preferences cookie.
    fn moved(
        &self,
        after: &LoggedIn,
        field: &HeaderValue,
        answers: Option<&Answers>,
    ) -> Option<HeaderValue> {
        let field = field.as_bytes();
        let value = str::from_utf8(wire::value(field)).ok()?;
        let text = str::from_utf8(field).ok()?;
        let rest = text.find(';').map_or("", |at| &text[at..]);
        let held = Held::new(self.keys(), &after.name, value, after.asked_at);
        let Some(answers) = answers else {
            return self.set(&held, rest);
        };
        let whole = held.clone().with_times(answers.times_text(&after.policy));
        let short = || held.with_times(answers.shortest_times());
        self.set(&whole, rest).or_else(|| self.set(&short(), rest))
    }
}

/// Returns what to save, unless the store has it.
fn to_save(after: LoggedIn, answers: Answers, new_denials: CategorySet) -> Option<ToSave> {
    let granted = |answers: &Answers| answers.choice.granted;
    let before = match &after.stored {
        Some(stored) => granted(stored),
        None => after
            .base
            .choice()
            .map_or(CategorySet::EMPTY, |it| it.granted),
    };
    let new_grants = granted(&answers) - before - after.policy.necessary();
    (after.stored.as_ref() != Some(&answers)).then_some(ToSave {
        name: after.name,
        policy: after.policy,
        now: after.now,
        answers,
        new_denials,
        new_grants,
    })
}

/// Adds the header, unless a shared cache would give it to everybody.
fn append(headers: &mut HeaderMap, field: Option<HeaderValue>, now: u64) {
    let field = field.filter(|_| !cache::keeps_cookies(headers, Cacheability::USUAL, || now));
    if let Some(field) = field {
        let _ = headers.try_append(SET_COOKIE, field);
    }
}
