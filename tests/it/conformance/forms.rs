//! Forms with tokens against forged requests, and logins.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use http::Method;
use tower_cookie_consent::conformance::{Outcome, SiteForm};

use super::{
    by_hand::{choose, honest},
    *,
};

static NUMBERS: AtomicU32 = AtomicU32::new(1);

/// A fault of the site.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Members get an advertising cookie whatever they chose.
    TracksMembers,
    /// A refusal removes the session.
    RemovesSession,
    /// A refusal ends the session on the server.
    EndsSession,
    /// A refusal is taken, and not stored.
    Forgets,
    /// No form is taken.
    RefusesForms,
    /// The page has another form.
    Renamed,
}

/// The sessions that the server knows.
type Sessions = Arc<Mutex<BTreeSet<String>>>;

/// A site that takes forms with the token of their page alone, and has members.
fn members(fault: Fault) -> Router {
    let sessions = Sessions::default();
    honest().layer(from_fn(move |request: Request, next: Next| {
        let sessions = Arc::clone(&sessions);
        async move {
            // What the honest site sets and removes with each response; sessions are this site's.
            let mut home = Request::new(Body::empty());
            *home.headers_mut() = request.headers().clone();
            let honest = next.clone().run(home).await;
            let chooses = request.uri().path() == "/cookies";
            let mut response = respond(fault, &sessions, request, next).await;
            let has_choice = chooses && response.status() != StatusCode::FORBIDDEN;
            let of_honest = honest.headers().get_all(SET_COOKIE).iter();
            for field in of_honest.filter(|_| !has_choice) {
                if !field.as_bytes().starts_with(b"sessionid=") {
                    response.headers_mut().append(SET_COOKIE, field.clone());
                }
            }
            response
        }
    }))
}

async fn respond(fault: Fault, sessions: &Sessions, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let sent = parts.headers.get(COOKIE);
    let cookies = sent.map_or(String::new(), |field| field.to_str().unwrap().to_owned());
    let value = |name: &str| {
        let pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(own, _)| *own == name);
        values.next().map(|(_, value)| value.to_owned())
    };
    let token = value("token");
    let session = value("sessionid").filter(|id| sessions.lock().unwrap().contains(id));
    let path = parts.uri.path().to_owned();
    let body = String::from_utf8(to_bytes(body, 4_096).await.unwrap().to_vec()).unwrap();
    let is_post = parts.method == Method::POST;
    if is_post {
        let own = parts.headers.get("origin").map(HeaderValue::as_bytes);
        let proof = token.map(|token| format!("token={token}"));
        let is_own = own == Some(b"https://localhost")
            && parts.headers.contains_key("referer")
            && proof.is_some_and(|proof| body.contains(&proof));
        if !is_own || fault == Fault::RefusesForms {
            return (StatusCode::FORBIDDEN, "no token").into_response();
        }
        if path == "/login" {
            let id = format!("s{}", NUMBERS.fetch_add(1, Ordering::Relaxed));
            sessions.lock().unwrap().insert(id.clone());
            let field = format!("sessionid={id}; Path=/; Secure; HttpOnly");
            return ([(SET_COOKIE, field)], Redirect::to("/account")).into_response();
        }
        let choice = body.split('&').find(|pair| pair.starts_with("choice="));
        let mut request = choose("");
        *request.headers_mut() = parts.headers.clone();
        *request.body_mut() = choice.unwrap_or_default().to_owned();
        let mut response = next.run(request.map(Body::from)).await;
        let fields = response.headers().get_all(SET_COOKIE).iter();
        let kept: Vec<_> = fields
            .filter(|field| !field.as_bytes().starts_with(b"sessionid="))
            .cloned()
            .collect();
        response.headers_mut().remove(SET_COOKIE);
        for field in kept {
            response.headers_mut().append(SET_COOKIE, field);
        }
        if body.contains("choice=refuse") {
            match fault {
                Fault::RemovesSession => {
                    append(response.headers_mut(), "sessionid=; Path=/; Max-Age=0");
                }
                Fault::EndsSession => {
                    sessions
                        .lock()
                        .unwrap()
                        .remove(&session.unwrap_or_default());
                }
                Fault::Forgets => drop(response.headers_mut().remove(SET_COOKIE)),
                _ => {}
            }
        }
        return response;
    }
    let form = |action: &str, fields: &str| {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let token = token.clone().unwrap_or_else(|| format!("t{number}"));
        let html = format!(
            "<form method=get action=/search><input name=q></form><form method=post action={action}>\
             <input type=hidden name=token value={token}>{fields}</form>"
        );
        let field = format!("token={token}; Path=/; Secure; SameSite=Strict");
        ([(SET_COOKIE, field)], Html(html)).into_response()
    };
    match &*path {
        "/settings" if fault == Fault::Renamed => form("/cookies", "<button name=answer value=no>"),
        "/settings" => form(
            "/cookies",
            "<button name=choice value=accept>Yes</button><button name=choice value=refuse>No</button>",
        ),
        "/login" => form(
            "/login",
            "<input name=user><input name=password type=password>",
        ),
        "/account" if session.is_none() => Redirect::to("/login").into_response(),
        "/account" => {
            let mut response = Html("your account").into_response();
            if fault == Fault::TracksMembers {
                append(response.headers_mut(), "_ga=1; Path=/");
            }
            response
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn plan() -> Conformance {
    let token = CookieDeclaration::new("token").reason(Reason::Security);
    let base = policy().category("base").unwrap().clone().cookie(token);
    let others = policy().categories().skip(1).cloned().collect::<Vec<_>>();
    let policy = CookiePolicy::builder()
        .revision(3)
        .category(base)
        .categories(others);
    Conformance::new(policy.build().unwrap())
        .visit(["/account"])
        .acceptance(SiteForm::on("/settings").field("choice", "accept"))
        .refusal(SiteForm::on("/settings").field("choice", "refuse"))
}

fn logged_in() -> Conformance {
    plan().login(SiteForm::on("/login").fields([("user", "kit"), ("password", MARKER)]))
}

fn skipped(report: &Report) -> Vec<&str> {
    let notes = report.notes().iter();
    notes
        .filter_map(|note| note.strip_prefix("not exercised: "))
        .filter(|note| note.contains("form"))
        .collect()
}

#[test]
fn forms_with_tokens_make_choices() {
    let report = check(logged_in(), members(Fault::None));
    report.assert_ok();
    for requirement in [
        Requirement::ChoiceStored,
        Requirement::ChoiceIdentifiesNobody,
        Requirement::NecessaryKept,
    ] {
        assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
    }
    assert_eq!(skipped(&report), [""; 0], "{report}");
    assert!(!report.to_string().contains(MARKER), "{report}");
}

#[test]
fn what_only_members_get_is_checked_after_a_login() {
    check(plan(), members(Fault::TracksMembers)).assert_ok();
    let report = check(logged_in(), members(Fault::TracksMembers));
    let found = report.findings().next().unwrap();
    assert_eq!(
        found.requirement,
        Requirement::NoCookieBeforeConsent,
        "{report}"
    );
    assert_eq!(found.request, "GET /account", "{report}");
}

#[test]
fn a_refusal_that_ends_a_session_is_found() {
    for (fault, why) in [
        (Fault::RemovesSession, "ends the session"),
        (Fault::EndsSession, "GET /account"),
    ] {
        let report = check(logged_in(), members(fault));
        assert_eq!(broken(&report), [Requirement::NecessaryKept], "{report}");
        let found = report.findings().any(|finding| {
            finding.request.starts_with("the form on /settings") && finding.why.contains(why)
        });
        assert!(found, "{report}");
    }
}

#[test]
fn a_form_that_stores_nothing_is_found() {
    let report = check(plan(), members(Fault::Forgets));
    assert!(
        broken(&report).contains(&Requirement::ChoiceStored),
        "{report}"
    );
}

#[test]
fn a_form_that_is_not_taken_is_noted() {
    for (fault, why) in [
        (Fault::RefusesForms, "its response has the status 403"),
        (Fault::Renamed, "2 forms of the page may be meant"),
    ] {
        let report = check(logged_in(), members(fault));
        report.assert_ok();
        let skipped = skipped(&report);
        assert!(skipped.iter().any(|note| note.contains(why)), "{report}");
        assert_eq!(
            report.outcome(Requirement::ChoiceStored),
            Outcome::NotExercised
        );
    }
    let plain = plan().form("settings", [("a", "b")]);
    let report = check(plain, members(Fault::None));
    assert!(
        report.failures()[0].contains("a path begins with `/`"),
        "{report}"
    );
}
