//! What several devices say of one account.

mod devices;
mod login;

use super::{
    answers::Answers,
    base::{Base, Change},
};
use crate::{
    Category, Consent,
    policy::{CookiePolicy, Service},
};

const START: u64 = 1_790_000_000;

fn policy() -> CookiePolicy {
    let services = ["tube", "reels"].map(Service::new);
    CookiePolicy::new([
        Category::consent("ads"),
        services
            .into_iter()
            .fold(Category::consent("films"), Category::service),
        Category::exempt("stats"),
    ])
    .unwrap()
}

#[test]
fn an_answer_keeps_the_time_of_the_others() {
    let policy = policy();
    let consent = |answers: &Answers| Consent::at(policy.clone(), Some(answers.choice), START + 9);
    let change = Change {
        is_answer: true,
        is_cut: false,
    };
    let first = Base::Device(None).with(
        &policy,
        Consent::at(policy.clone(), None, START).accept_all(),
        START,
        change,
    );
    assert_eq!(first.times_text(&policy), format!("0~{START}~0"));
    let stopped = consent(&first).choose([("tube", false)]).unwrap();
    assert_eq!(stopped.decided_at, START);
    let second = Base::Account(first).with(&policy, stopped, START + 9, change);
    let at = START + 9;
    assert_eq!(second.times_text(&policy), format!("0~{START}~{at}"));
    // The same second: what is said last has to count here.
    let started = consent(&second).choose([("tube", true)]).unwrap();
    let third = Base::Account(second.clone()).with(&policy, started, at, change);
    let expected = format!("0~{START}~0!{}~tube", at + 1);
    assert_eq!(third.times_text(&policy), expected);
    assert_eq!(second.latest(&third, &policy, at), third);
    // What is no longer said is taken back.
    let all = consent(&third).accept_all();
    let fourth = Base::Account(third).with(&policy, all, at + 5, change);
    let expected = format!("0~{START}~0*{}~tube", at + 5);
    assert_eq!(fourth.times_text(&policy), expected);
    assert_eq!(second.latest(&fourth, &policy, at), fourth);
}

/// Grants that can't be recorded here may be so elsewhere.
#[test]
fn a_grant_that_was_taken_out_is_not_taken_back() {
    let policy = policy();
    let all = Consent::at(policy.clone(), None, START).accept_all();
    let change = |is_answer, is_cut| Change { is_answer, is_cut };
    let account = Base::Device(None).with(&policy, all, START, change(true, false));
    let base = Base::Account(account.clone());
    let mut left = all;
    left.granted = policy.necessary();
    for (is_cut, is_kept) in [(true, true), (false, false)] {
        let answers = base.with(&policy, left, START + 5, change(false, is_cut));
        let merged = account.latest(&answers, &policy, START + 5);
        assert_eq!(merged == account, is_kept, "{is_cut}");
    }
}
