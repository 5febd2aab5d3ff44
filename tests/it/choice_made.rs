//! The event of a new choice: a store of choices needs nothing else.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, routing::post};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    layer::Enforcement,
    observe::{AnswerState, Event, EventKind, Shown, Surface},
    records::Document,
};

use crate::support::{NOW, Prefs, at, exchange, request, response};

/// One row of the store: the new answers, and what was in force before.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    answers: Vec<(String, bool)>,
    at: u64,
    was_decided: bool,
    was_allowed: Vec<&'static str>,
    was_denied: Vec<&'static str>,
    report_only: bool,
}

type Store = Arc<Mutex<Vec<Row>>>;

const IDS: [&str; 3] = ["base", "stats", "ads"];

fn site() -> (CookieConsentLayer, Store) {
    let policy = CookiePolicy::new([
        Category::necessary("base"),
        Category::exempt("stats"),
        Category::consent("ads"),
    ])
    .unwrap();
    let store = Store::default();
    let rows = Arc::clone(&store);
    let layer = CookieConsentLayer::new(policy)
        .with_clock(|| at(NOW))
        .observe(move |event: &Event<'_>| {
            assert_eq!(
                event.choice_made().is_some(),
                event.kind() == EventKind::ChoiceMade
            );
            let Some(made) = event.choice_made() else {
                return;
            };
            let answers = made.choice().answers(made.policy());
            rows.lock().unwrap().push(Row {
                answers: answers
                    .map(|(category, yes)| (category.id().to_owned(), yes))
                    .collect(),
                at: made.choice().unix_seconds(),
                was_decided: made.was_decided(),
                was_allowed: IDS.into_iter().filter(|id| made.was_allowed(id)).collect(),
                was_denied: IDS.into_iter().filter(|id| made.was_denied(id)).collect(),
                report_only: event.report_only(),
            });
        });
    (layer, store)
}

fn take(store: &Store) -> Vec<Row> {
    std::mem::take(&mut *store.lock().unwrap())
}

fn set(prefs: &Prefs) -> String {
    format!("{}; Path=/; Max-Age=15552000", prefs.pair())
}

#[test]
fn a_store_gets_the_choice_and_what_was_in_force() {
    let (layer, store) = site();
    let yes = Prefs::of(&[("stats", true), ("ads", true)]).decided(NOW);
    exchange(&layer, request([("accept", "*/*")]), response([&set(&yes)]));
    let answers = vec![("stats".to_owned(), true), ("ads".to_owned(), true)];
    let first = Row {
        answers,
        at: NOW,
        was_decided: false,
        was_allowed: vec!["base", "stats"],
        was_denied: vec![],
        report_only: false,
    };
    assert_eq!(take(&store), [first]);

    let no = Prefs::of(&[("stats", false), ("ads", false)]).decided(NOW);
    exchange(
        &layer,
        request([("cookie", yes.pair())]),
        response([&set(&no)]),
    );
    let rows = take(&store);
    assert_eq!(rows.len(), 1);
    assert!(rows[0].was_decided && rows[0].was_denied.is_empty());
    assert_eq!(rows[0].was_allowed, ["base", "stats", "ads"]);
    assert_eq!(rows[0].answers[1], ("ads".to_owned(), false));

    exchange(
        &layer,
        request([("cookie", no.pair())]),
        response([&set(&yes)]),
    );
    let rows = take(&store);
    assert_eq!(rows[0].was_denied, ["stats", "ads"]);
}

#[test]
fn a_hook_hears_of_choices_and_of_nothing_else() {
    let (layer, _) = site();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let rows = Arc::clone(&heard);
    let layer = layer.on_choice(move |made| {
        let answers = made
            .answers()
            .map(|(id, now, before)| (id.to_owned(), now, before));
        let shown = (made.surface(), made.language().map(str::to_owned));
        rows.lock()
            .unwrap()
            .push((answers.collect::<Vec<_>>(), shown));
    });
    exchange(
        &layer,
        request([("accept", "*/*")]),
        response(["sessionid=1", "_ga=2"]),
    );
    let yes = Prefs::of(&[("stats", true), ("ads", true)]).decided(NOW);
    let no = Prefs::of(&[("ads", false)]).decided(NOW);
    let mut answer = response([&set(&no)]);
    answer
        .extensions_mut()
        .insert(Shown::by_handler().language("fr"));
    exchange(&layer, request([("cookie", yes.pair())]), answer);
    exchange(&layer, request([("accept", "*/*")]), response([&set(&yes)]));

    use AnswerState::{Denied, Granted, NotAsked};
    let heard = heard.lock().unwrap();
    let [(first, from), (second, unsaid)] = &heard[..] else {
        panic!("{heard:?}");
    };
    let row = |id: &str, now, before| (id.to_owned(), now, before);
    assert_eq!(
        first,
        &[
            row("stats", NotAsked, NotAsked),
            row("ads", Denied, Granted)
        ]
    );
    assert_eq!(from, &(Surface::Handler, Some("fr".to_owned())));
    assert_eq!(
        second,
        &[
            row("stats", Granted, NotAsked),
            row("ads", Granted, NotAsked)
        ]
    );
    assert_eq!(unsaid, &(Surface::Handler, None));
}

#[test]
fn what_a_handler_says_reaches_the_hook_through_axum() {
    let (layer, _) = site();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let rows = Arc::clone(&heard);
    let layer = layer.on_choice(move |made| {
        rows.lock()
            .unwrap()
            .push(made.language().map(str::to_owned));
    });
    let refuse = async |consent: Consent| {
        let shown = Shown::by_handler().language("de");
        consent.set_cookie(consent.refuse_all()).shown(shown)
    };
    let app = Router::new().route("/", post(refuse)).layer(layer);
    let request = http::Request::post("/").body(Body::empty()).unwrap();
    futures_executor::block_on(app.oneshot(request)).unwrap();
    assert_eq!(*heard.lock().unwrap(), [Some("de".to_owned())]);
}

#[test]
fn report_only_reports_choices_as_made() {
    let (layer, store) = site();
    let layer = layer.report_only(true);
    let yes = Prefs::of(&[("ads", true)]).decided(NOW);
    exchange(&layer, request([("accept", "*/*")]), response([&set(&yes)]));
    let rows = take(&store);
    assert_eq!(rows.len(), 1);
    assert!(!rows[0].report_only, "the browser gets it all the same");
}

#[test]
fn responses_without_a_choice_report_none() {
    let (layer, store) = site();
    let yes = Prefs::of(&[("ads", true)]).decided(NOW);
    // No preferences, a removal, and a value that can't be read.
    for fields in [
        vec![],
        vec!["a=1".to_owned()],
        vec!["cookies_preferences=; Path=/; Max-Age=0".to_owned()],
        vec!["cookies_preferences=%7Bx; Path=/".to_owned()],
    ] {
        exchange(&layer, request([("cookie", yes.pair())]), response(&fields));
        assert_eq!(take(&store), [], "{fields:?}");
    }
    let mut cleared = response([&set(&yes)]);
    let all = http::HeaderValue::from_static("\"*\"");
    cleared.headers_mut().insert("clear-site-data", all);
    exchange(&layer, request([("accept", "*/*")]), cleared);
    assert_eq!(take(&store), []);

    let layer = layer.enforcement_for(|_| Some(Enforcement::Off));
    exchange(&layer, request([("accept", "*/*")]), response([&set(&yes)]));
    assert_eq!(take(&store), []);
}

#[test]
fn a_hook_gets_what_the_site_kept_of_the_request() {
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Account(u64);

    let heard = Arc::new(Mutex::new(Vec::new()));
    let accounts = Arc::clone(&heard);
    let (layer, _) = site();
    let layer = layer
        .keep_for_choices(|head| {
            let mut kept = http::Extensions::new();
            if let Some(account) = head.extensions().get::<Account>() {
                kept.insert(account.clone());
            }
            kept
        })
        .on_choice(move |made| {
            let account = made
                .request_extensions()
                .and_then(|kept| kept.get().cloned());
            accounts.lock().unwrap().push(account);
        });
    let refuse = async |consent: Consent| consent.set_cookie(consent.refuse_all());
    let app: Router = Router::new().route("/", post(refuse)).layer(layer);
    for account in [Some(Account(7)), None] {
        let mut request = http::Request::post("/").body(Body::empty()).unwrap();
        if let Some(account) = account.clone() {
            request.extensions_mut().insert(account);
        }
        futures_executor::block_on(app.clone().oneshot(request)).unwrap();
    }
    assert_eq!(*heard.lock().unwrap(), [Some(Account(7)), None]);
}

#[test]
fn an_opt_out_is_heard_of_once_with_what_belongs_to_it() {
    #[derive(Clone)]
    struct Account(u64);

    let categories = [Category::opt_out("ads"), Category::consent("films")];
    let heard = Arc::new(Mutex::new(Vec::new()));
    let rows = Arc::clone(&heard);
    let layer = CookieConsentLayer::new(CookiePolicy::new(categories).unwrap())
        .with_clock(|| at(NOW))
        .on_opt_out(move |made| {
            let account = made.extensions().get().map(|Account(number)| *number);
            let shown = format!("{made:?}");
            assert!(
                !shown.contains("ads") && shown.contains("was_decided"),
                "{shown}"
            );
            let found = (account, made.document(), made.regime().is_some());
            rows.lock().unwrap().push(found);
        });
    let document = Document::new("text/html", "May we sell it?");
    let answered = |answers: &[(&'static str, bool)]| {
        let mut answer = response([&set(&Prefs::of(answers).decided(NOW))]);
        let shown = Shown::by_handler().document(document.clone());
        answer.extensions_mut().insert(shown);
        answer.extensions_mut().insert(Account(7));
        answer
    };
    let refused = Prefs::of(&[("ads", false)]).decided(NOW);
    for (before, answers) in [
        (None, &[("films", false)][..]),
        (None, &[("ads", true)]),
        (Some(refused), &[("ads", false), ("films", true)]),
        (None, &[("ads", false)]),
    ] {
        let request = request(before.map(|prefs| ("cookie", prefs.pair())));
        exchange(&layer, request, answered(answers));
    }
    let expected = (Some(7), Some(document.digest()), false);
    assert_eq!(*heard.lock().unwrap(), [expected]);
}
