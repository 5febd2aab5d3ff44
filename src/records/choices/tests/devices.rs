//! Two devices of one account, over a store that comes and goes: what is granted in the end.

use proptest::{collection::vec, prelude::*};

use super::{
    super::{
        answers::Answers,
        base::{Base, Change},
        saving::ToSave,
    },
    START, policy,
};
use crate::{Consent, consent::Choice, policy::CookiePolicy};

const IDS: [&str; 5] = ["ads", "films", "tube", "reels", "stats"];

/// What a visitor does on one of two devices.
#[derive(Clone, Copy, Debug)]
enum Step {
    Answer(usize, bool),
    All(bool),
    Remove,
    /// Opens a page that asks the store.
    Open,
    /// The store goes away, or comes back.
    Switch,
    /// The device saves what it read before the last save of anybody.
    Race(usize, bool),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..IDS.len();
    prop_oneof![
        4 => (id.clone(), any::<bool>()).prop_map(|(id, yes)| Step::Answer(id, yes)),
        1 => any::<bool>().prop_map(Step::All),
        1 => Just(Step::Remove),
        4 => Just(Step::Open),
        1 => Just(Step::Switch),
        1 => (id, any::<bool>()).prop_map(|(id, yes)| Step::Race(id, yes)),
        2 => Just(Step::Wait),
    ]
}

/// The visitor's last word about each.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Word {
    None,
    Yes,
    No,
    Removed,
}

struct Visitor {
    policy: CookiePolicy,
    now: u64,
    store: Option<String>,
    store_before: Option<String>,
    is_away: bool,
    /// As the cookies have them: the choice and the times.
    devices: [Option<(Choice, String)>; 2],
    answered_at: [u64; 2],
    words: [Word; 5],
    /// A device accepted everything without knowing of a grant for this service elsewhere: it neither repeats nor
    /// takes back that grant.
    unheard: [bool; 5],
}

impl Visitor {
    fn new() -> Self {
        Self {
            policy: policy(),
            now: START,
            store: None,
            store_before: None,
            is_away: false,
            devices: [None, None],
            answered_at: [0; 2],
            words: [Word::None; 5],
            unheard: [false; 5],
        }
    }

    fn known(&self, device: usize) -> Option<Answers> {
        let (choice, times) = self.devices[device].as_ref()?;
        Some(Answers::of_times(&self.policy, *choice, times).unwrap())
    }

    fn stored(&self, text: Option<&String>) -> Option<Answers> {
        let text = text?;
        assert!(text.len() <= 4_096);
        Some(Answers::of_text(&self.policy, text, self.now).unwrap())
    }

    fn keep(&mut self, device: usize, answers: &Answers) {
        let times = answers.times_text(&self.policy);
        self.devices[device] = Some((answers.choice, times));
    }

    /// One person does not answer twice within a second on one device.
    fn take_time(&mut self, device: usize) {
        if self.answered_at[device] == self.now {
            self.now += 1;
        }
        self.answered_at[device] = self.now;
    }

    fn choose(&mut self, device: usize, choose: impl Fn(&Consent) -> Choice, is_race: bool) {
        let base = self.known(device).map_or(Base::Device(None), Base::Account);
        let consent = Consent::at(self.policy.clone(), base.choice(), self.now);
        let new = choose(&consent);
        let change = Change {
            is_answer: true,
            is_cut: false,
        };
        let answers = base.with(&self.policy, new, self.now, change);
        self.keep(device, &answers);
        let to_save = ToSave {
            name: "ada".to_owned(),
            policy: self.policy.clone(),
            now: self.now,
            new_denials: base.new_denials(&new, change),
            new_grants: Default::default(),
            answers,
        };
        self.save(&to_save, is_race);
    }

    fn save(&mut self, to_save: &ToSave, is_race: bool) {
        if self.is_away {
            return;
        }
        let read = match is_race {
            true => self.store_before.as_ref(),
            false => self.store.as_ref(),
        };
        let stored = self.stored(read);
        let text = to_save.with(stored.as_ref()).text(&self.policy);
        self.store_before = self.store.replace(text);
    }

    fn open(&mut self, device: usize) {
        if self.is_away {
            return;
        }
        let (known, stored) = (self.known(device), self.stored(self.store.as_ref()));
        let merged = match (&known, &stored) {
            (Some(known), Some(stored)) => stored.latest(known, &self.policy, self.now),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => return,
        };
        self.keep(device, &merged);
        if stored.as_ref() != Some(&merged) {
            self.store = Some(merged.text(&self.policy));
        }
    }

    fn play(&mut self, device: usize, step: Step) {
        match step {
            Step::Answer(id, yes) | Step::Race(id, yes) => {
                self.take_time(device);
                let answer = [(IDS[id], yes)];
                let is_race = matches!(step, Step::Race(..));
                self.choose(device, |consent| consent.choose(answer).unwrap(), is_race);
                self.words[id] = if yes { Word::Yes } else { Word::No };
                self.unheard[id] = false;
            }
            Step::All(yes) => {
                self.take_time(device);
                for (id, name) in IDS.into_iter().enumerate() {
                    let index = self.policy.index_of(name.as_bytes()).unwrap();
                    let known = self.known(device).map(|known| known.choice.granted);
                    let knows = known.is_some_and(|granted| granted.contains(index));
                    let is_unheard = self.words[id] == Word::Yes && !knows;
                    self.unheard[id] = yes && (self.unheard[id] || is_unheard);
                }
                let all = |consent: &Consent| match yes {
                    true => consent.accept_all(),
                    false => consent.refuse_all(),
                };
                self.choose(device, all, false);
                let word = if yes { Word::Yes } else { Word::No };
                self.words = [word, word, Word::None, Word::None, word];
            }
            Step::Remove => {
                self.take_time(device);
                let answers = Answers::removed(&self.policy, self.known(device).as_ref(), self.now);
                self.keep(device, &answers);
                let to_save = ToSave {
                    name: "ada".to_owned(),
                    policy: self.policy.clone(),
                    now: self.now,
                    answers,
                    new_denials: Default::default(),
                    new_grants: Default::default(),
                };
                self.save(&to_save, false);
                self.words = [Word::Removed; 5];
                self.unheard = [false; 5];
            }
            Step::Open => self.open(device),
            Step::Switch => self.is_away = !self.is_away,
            Step::Wait => self.now += 1,
        }
    }

    /// Opens pages on both devices until both know everything.
    fn meet(&mut self) {
        self.is_away = false;
        for device in [0, 1, 0, 1] {
            self.open(device);
        }
    }

    fn allows(&self, device: usize, id: &str) -> bool {
        let choice = self.known(device).map(|known| known.choice);
        Consent::at(self.policy.clone(), choice, self.now).allows(id)
    }

    /// Returns the last word about this: for a service its own, or that about its category.
    fn says(&self, id: usize) -> Word {
        match (self.words[id], IDS[id]) {
            (Word::None | Word::Removed, "tube" | "reels") => self.words[1],
            (word, _) => word,
        }
    }
}

proptest! {
    /// Whatever was lost, and whoever was quicker.
    #[test]
    fn nothing_is_granted_after_a_denial(steps in vec((0..2_usize, step()), 0..24)) {
        let mut visitor = Visitor::new();
        for (device, step) in steps {
            visitor.play(device, step);
        }
        visitor.meet();
        for (index, id) in IDS.into_iter().enumerate() {
            let word = visitor.says(index);
            let may_run = match id {
                "stats" => word != Word::No,
                _ => word == Word::Yes || visitor.unheard[index],
            };
            for device in [0, 1] {
                let is_wrong = visitor.allows(device, id) && !may_run;
                prop_assert!(!is_wrong, "{} on {}: {:?}", id, device, visitor.words);
            }
        }
    }

    /// While every device knows what the others say.
    #[test]
    fn the_last_word_counts(steps in vec((0..2_usize, step()), 0..24)) {
        let mut visitor = Visitor::new();
        for (device, step) in steps {
            if matches!(step, Step::Switch | Step::Race(..)) {
                continue;
            }
            visitor.play(device, step);
            visitor.meet();
            visitor.now += 1;
        }
        for (index, id) in IDS.into_iter().enumerate() {
            let word = visitor.says(index);
            let expected = word == Word::Yes || (id == "stats" && word != Word::No);
            for device in [0, 1] {
                prop_assert_eq!(visitor.allows(device, id), expected, "{} {:?}", id, visitor.words);
            }
        }
    }
}
