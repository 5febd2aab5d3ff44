//! The contents of the log, and that it never contains a value.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, LazyLock, Mutex},
};

use http::{Request, Response, StatusCode, header::SET_COOKIE};
use tower::{Service, ServiceBuilder, service_fn};
use tower_cookie_consent::{
    CookieConsentLayer, Expire, Undeclared, layer::StateHeaders, preferences::Rejected,
};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};
use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

use crate::support::{Prefs, exchange, layer, request, response, value};

/// All lines that were written, each with its level and target.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    pub(crate) fn all(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn containing(&self, part: &str) -> usize {
        self.all().iter().filter(|line| line.contains(part)).count()
    }
}

/// While there is a single dispatcher in the process, `tracing-core` asks the thread in which an event first
/// occurs if anyone wants it. In the thread of another test nobody does, and the answer is kept for all
/// threads. With a second dispatcher it asks all of them.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// Returns the log of a call.
pub(crate) fn logged(from: LevelFilter, run: impl FnOnce()) -> Lines {
    LazyLock::force(&ANOTHER);
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(from)
        .with_writer(lines.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    lines
}

#[test]
fn the_first_line_names_the_undeclared_cookie_and_the_fix() {
    let lines = logged(LevelFilter::TRACE, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut service = ServiceBuilder::new()
                .layer(layer())
                .layer(SessionManagerLayer::new(MemoryStore::default()))
                .service(service_fn(async |request: Request<String>| {
                    let session = request.extensions().get::<Session>().unwrap();
                    session.insert("user", 7).await.unwrap();
                    Ok::<_, Infallible>(Response::new(String::new()))
                }));
            let response = service.call(Request::new(String::new())).await.unwrap();
            assert!(!response.headers().contains_key(SET_COOKIE));
        });
    });
    let ours: Vec<_> = lines
        .all()
        .into_iter()
        .filter(|line| line.contains(" tower_cookie_consent: "))
        .collect();
    let first = &ours[0];
    assert!(first.trim_start().starts_with("WARN"), "{first}");
    for part in [
        "\"id\"",
        "CookieDeclaration::new(\"id\")",
        "Category::necessary",
        "does not declare it",
    ] {
        assert!(first.contains(part), "{part} is not in {first}");
    }
}

#[test]
fn an_undeclared_name_is_warned_of_once_and_each_for_itself() {
    let lines = logged(LevelFilter::WARN, || {
        let layer = layer();
        for _ in 0..5 {
            exchange(
                &layer,
                request::<&str>([]),
                response(["id=1", "id=2", "ID=3", "other=4"]),
            );
            exchange(&layer.clone(), request::<&str>([]), response(["id=5"]));
        }
    });
    assert_eq!(lines.containing("withheld"), 3, "{:?}", lines.all());
    for name in ["\"id\"", "\"ID\"", "\"other\""] {
        assert_eq!(lines.containing(name), 1, "{name}");
    }
}

#[test]
fn an_undeclared_header_is_warned_of_once_by_its_name() {
    let answer = || {
        let mut answer = response(["NEL=1"]);
        for name in ["nel", "accept-ch", "etag"] {
            answer.headers_mut().append(name, value("M4RK"));
        }
        answer
    };
    let lines = logged(LevelFilter::WARN, || {
        let layer = layer();
        for layer in [
            &layer,
            &layer,
            &layer.clone().state_headers(StateHeaders::Withhold),
        ] {
            exchange(layer, request::<&str>([]), answer());
        }
        exchange(
            &layer.state_headers(StateHeaders::Allow),
            request::<&str>([]),
            answer(),
        );
    });
    for (part, count) in [
        ("let the header \"NEL\" pass", 1),
        ("let the header \"Accept-CH\" pass", 1),
        ("withheld the header \"NEL\"", 1),
        ("withheld the header \"Accept-CH\"", 1),
        (".kind(TrackerKind::Header)", 4),
        (" header=NEL", 2),
        ("withheld the Set-Cookie of \"NEL\"", 1),
        ("etag", 0),
        ("M4RK", 0),
    ] {
        let all = lines.all();
        assert_eq!(lines.containing(part), count, "{part}: {all:#?}");
    }
}

#[test]
fn repeated_warnings_are_logged_at_debug() {
    let lines = logged(LevelFilter::DEBUG, || {
        let layer = layer();
        for _ in 0..3 {
            let asked = request([("cookie", "stray")]);
            exchange(&layer, asked, response(["id=1"]));
        }
    });
    for part in [
        "CookieDeclaration::new(\"id\")",
        "withheld a Cookie without a name",
    ] {
        let told = lines.all().into_iter().filter(|line| line.contains(part));
        let levels: Vec<_> = told.map(|line| line.trim_start()[..5].to_owned()).collect();
        assert_eq!(levels, ["WARN ", "DEBUG", "DEBUG"], "{part}");
    }
}

#[test]
fn whoever_makes_up_names_cannot_fill_the_log() {
    let lines = logged(LevelFilter::WARN, || {
        let layer = layer();
        for round in 0..20 {
            let set = (0..100).map(|number| format!("made-up-{}=1", round * 100 + number));
            exchange(&layer, request::<&str>([]), response(set));
        }
    });
    let count = lines.all().len();
    assert!((100..=128).contains(&count), "{count}");
}

#[test]
fn a_name_that_browsers_differ_on_is_warned_of_once_a_kind() {
    let lines = logged(LevelFilter::WARN, || {
        let layer = layer();
        for _ in 0..3 {
            let asked = request([("cookie", "stray; =secret; a b=1; c =2")]);
            exchange(
                &layer,
                asked,
                response(["stray", "stray2", "=x", "\tt=1", "\u{e9}=1"]),
            );
        }
    });
    assert_eq!(lines.all().len(), 4 + 4, "{:?}", lines.all());
    assert_eq!(
        lines.containing("stray"),
        0,
        "anything but a name may be a value"
    );
    assert_eq!(lines.containing("field=\"Cookie\""), 4);
}

#[test]
fn expected_withholdings_are_logged_at_debug() {
    let run = || {
        let asked = request([("cookie", "_ga_X=1; session=2")]);
        exchange(&layer(), asked, response(["_fbp=1", "session=2"]));
    };
    assert_eq!(logged(LevelFilter::INFO, run).all(), [""; 0]);
    let lines = logged(LevelFilter::DEBUG, run);
    assert_eq!(lines.all().len(), 2, "{:?}", lines.all());
    for (line, name, field, category) in [
        (&lines.all()[0], "_ga_X", "\"Cookie\"", "\"tiers\""),
        (&lines.all()[1], "_fbp", "\"Set-Cookie\"", "\"ads\""),
    ] {
        assert!(line.starts_with("DEBUG tower_cookie_consent: "), "{line}");
        for part in [name, field, category, "the visitor has not chosen yet"] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
}

#[test]
fn what_is_not_withheld_is_not_logged() {
    let lines = logged(LevelFilter::TRACE, || {
        let asked = request([("cookie", "session=1; sso=2; _pk_ses=3")]);
        exchange(&layer(), asked, response(["session=1", "_ga=; Max-Age=0"]));
        // Not filtered, so not withheld.
        let open = layer().filter_request(false);
        exchange(
            &open,
            request([("cookie", "_ga=1; stray")]),
            response::<&str>([]),
        );
    });
    assert_eq!(lines.all(), [""; 0]);
}

#[test]
fn a_report_says_that_it_is_one() {
    let lines = logged(LevelFilter::DEBUG, || {
        let layer = layer().report_only(true);
        exchange(
            &layer,
            request([("cookie", "_ga=1")]),
            response(["_ga=1", "id=2"]),
        );
    });
    assert_eq!(lines.containing("report_only=true"), 3, "{:?}", lines.all());
}

/// Whatever happens to a cookie: no line at any level contains a value, a query or a credential.
#[test]
fn f1_no_value_is_ever_logged() {
    const MARK: &str = "M4RK";
    let prefs = [
        Prefs::refuse().with("note", "\"M4RK\"").pair(),
        Prefs::accept().with("M4RK", "true").pair(),
        "cookies_preferences=M4RK".to_owned(),
        "cookies_preferences={\"tiers\":\"M4RK\",\"timestamp\":1}".to_owned(),
        String::new(),
    ];
    let set = [
        "_ga=M4RK",
        "id=M4RK",
        "M4RK",
        "=M4RK",
        "\"M4RK=1",
        "M4RK x=1",
        "\u{e9}M4RK=1",
        "_ga=M4RK; Max-Age=+0; Path=/M4RK; Domain=m4rk.M4RK",
        "_ga=\"M4RK\"; Max-Age=0; M4RK",
        "_pk_id.1=M4RK; Max-Age=99999999",
        "_pk_ses=M4RK; Max-Age=9999999",
        "session=M4RK",
        "cookies_preferences=M4RK",
    ];
    let lines = logged(LevelFilter::TRACE, || {
        for prefs in &prefs {
            for layer in [
                layer(),
                layer().undeclared(Undeclared::Hide).strict_values(true),
                layer().undeclared(Undeclared::Allow).report_only(true),
                layer().expire(Expire::OnRefusalOrLapse),
            ] {
                let cookies = format!(
                    "_ga=M4RK; id=M4RK; M4RK; =M4RK; M4RK y=1; session=a, _ga=M4RK; _pk_ses=M4RK; \
                     _ga_X=\"M4RK; {prefs}"
                );
                let mut asked = request([
                    ("cookie", cookies.as_str()),
                    ("authorization", "Bearer M4RK"),
                    ("sec-gpc", "1"),
                ]);
                *asked.uri_mut() = "/path?q=M4RK".parse().unwrap();
                exchange(&layer, asked, response(set));
                exchange(
                    &layer,
                    request([("cookie", &cookies)]),
                    response(&set[..12]),
                );
                let done = exchange(&layer, request([("cookie", prefs)]), response::<&str>([]));
                tracing::debug!("debug of {:?} {layer:?}", done.consent());
            }
        }
    });
    assert_eq!(lines.containing(MARK), 0, "{:?}", lines.all());
    for part in [
        "withheld",
        "expired",
        "replaced",
        "cut the lifetime",
        "the preferences cookie can't be read",
        "debug of Consent",
    ] {
        assert!(lines.containing(part) > 0, "{part}");
    }
}

#[test]
fn a_name_is_shown_escaped_and_cut() {
    let lines = logged(LevelFilter::TRACE, || {
        let long = format!("{}-tail=1", "n".repeat(200));
        exchange(&layer(), request::<&str>([]), response([long]));
    });
    assert_eq!(lines.containing("-tail"), 0);
    assert!(lines.containing(&"n".repeat(64)) == 1);
}

#[test]
fn a_layer_without_news_is_silent() {
    let lines = logged(LevelFilter::TRACE, || {
        let layer: CookieConsentLayer = layer();
        let cookies = format!("{}; _ga=1", Prefs::accept().pair());
        exchange(&layer, request([("cookie", cookies)]), response(["_ga=1"]));
    });
    assert_eq!(lines.all(), [""; 0]);
}

#[test]
fn a_rejected_choice_is_warned_of_once_for_each_reason() {
    let lines = logged(LevelFilter::DEBUG, || {
        let layer = layer();
        for why in [Rejected::CrossSite, Rejected::Stale, Rejected::CrossSite] {
            let mut answer = response::<&str>([]);
            *answer.status_mut() = StatusCode::FORBIDDEN;
            answer.extensions_mut().insert(why);
            exchange(&layer, request([("cookie", "session=M4RK")]), answer);
        }
    });
    let all = lines.all();
    let warned: Vec<_> = all.iter().filter(|line| line.contains("WARN")).collect();
    let [foreign, stale] = &warned[..] else {
        panic!("{all:?}");
    };
    let told = "rejected the submitted choice: it does not come from a page of this site";
    assert!(foreign.contains(told), "{foreign}");
    assert!(foreign.contains("trusted_origin"), "{foreign}");
    assert!(stale.contains("texts that have changed"), "{stale}");
    assert!(!foreign.contains("field="), "{foreign}");
    assert_eq!(lines.containing("rejected the submitted choice"), 3);
    assert_eq!(lines.containing("M4RK"), 0);
}
