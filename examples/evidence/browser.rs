//! What only a browser shows: pictures, and visits as browsers make them.

use std::{
    collections::BTreeMap,
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use axum::{Router, response::IntoResponse};
use http::{Request, Response, StatusCode, Uri};
use serde_json::Value;
use tokio::{net::TcpListener, runtime::Handle};
use tower_cookie_consent::{
    CookiePolicy,
    conformance::{CapturedVisits, Evidence},
};

use crate::{
    Failure,
    arguments::Making,
    devtools::{Browser, HIGHEST},
    shots::{self, Pictures},
    site,
};

const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Adds what the browser shows. Where there is none, or where it fails, the pack says so.
pub(crate) fn add(
    making: &Making,
    policy: &CookiePolicy,
    evidence: Evidence,
    runtime: &Handle,
) -> Evidence {
    let Some(program) = program(making.browser.as_deref()) else {
        return evidence.gap(
            "No browser was used: there are no screenshots, and visits were captured by the test program itself.",
        );
    };
    let shown = shown(making, policy, &evidence, &program, runtime);
    match shown {
        Ok(shown) => shown.add_to(evidence),
        Err(error) => evidence.gap(format!(
            "The browser failed, so that there are no screenshots, and visits were captured by the test program \
             itself: {error}."
        )),
    }
}

/// What the browser has shown.
pub(crate) struct Shown {
    /// What is called `localhost` in the visits.
    host: Option<String>,
    version: String,
    visits: CapturedVisits,
    pub(crate) pictures: Pictures,
    gaps: Vec<String>,
}

impl Shown {
    fn add_to(self, mut evidence: Evidence) -> Evidence {
        for (path, about, picture) in self.pictures.taken {
            evidence = evidence.file(path, about, picture);
        }
        for path in self.pictures.cut_off {
            evidence = evidence.gap(format!(
                "{path} ends after {HIGHEST} pixels, and the page is longer."
            ));
        }
        for gap in self.gaps {
            evidence = evidence.gap(gap);
        }
        evidence.captures("browser", self.version, &self.visits)
    }
}

fn shown(
    making: &Making,
    policy: &CookiePolicy,
    evidence: &Evidence,
    program: &Path,
    runtime: &Handle,
) -> Result<Shown, Failure> {
    let pack = evidence.clone().build()?;
    let files = pack.files().filter(|(path, _)| path.starts_with("pages/"));
    let files: BTreeMap<_, _> = files
        .map(|(path, content)| (path.to_owned(), content.to_vec()))
        .collect();
    let paths: Vec<_> = files.keys().cloned().collect();
    let rendered = runtime.block_on(serve(of_files(files)))?;
    let url = match &making.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", runtime.block_on(serve(site::whole(policy)?))?),
    };
    let mut browser = Browser::start(program)?;
    let mut shown = Shown {
        // The port of the small service is another one each time.
        host: match &making.url {
            Some(_) => None,
            None => url.strip_prefix("http://").map(str::to_owned),
        },
        version: browser.version()?,
        visits: CapturedVisits::new(),
        pictures: Pictures::default(),
        gaps: Vec::new(),
    };
    let places = shots::places(policy, &url);
    shots::of_rendered(
        &mut browser,
        &format!("http://{rendered}"),
        &paths,
        &mut shown.pictures,
    )?;
    shots::of_site(&mut browser, &places, &paths, &mut shown.pictures)?;
    visit(&mut browser, &places, &mut shown)?;
    Ok(shown)
}

/// The buttons of each visit, in the order in which they are clicked, each with the page that it is on.
const VISITS: [(&str, &[(usize, &str)]); 3] = [
    ("before a choice", &[]),
    ("after a refusal", &[(0, "refuse")]),
    ("after a withdrawal", &[(0, "accept"), (2, "withdraw")]),
];

/// Makes each visit with an empty profile, and keeps what follows the last button.
fn visit(
    browser: &mut Browser,
    places: &[(&str, String); 3],
    shown: &mut Shown,
) -> Result<(), Failure> {
    for (situation, buttons) in VISITS {
        browser.begin_anew()?;
        let mut is_possible = true;
        for (page, button) in buttons {
            browser.open(&places[*page].1)?;
            browser.events();
            is_possible &= browser.click(&format!("button[name=decision][value={button}]"))?;
            if !is_possible {
                shown.gaps.push(format!(
                    "The browser found no button {button:?} on the page {:?}: there is no visit {situation}.",
                    places[*page].0
                ));
                break;
            }
        }
        if !is_possible {
            continue;
        }
        for (_, url) in places {
            browser.open(url)?;
        }
        add_exchanges(situation, &browser.events(), shown);
    }
    Ok(())
}

/// One request, with its redirects.
#[derive(Default)]
struct Hops {
    sent: Vec<(usize, Value)>,
    sent_headers: Vec<Value>,
    received: Vec<Value>,
    received_headers: Vec<Value>,
}

/// Adds the exchanges of these events, in the order of the requests.
fn add_exchanges(situation: &str, events: &[Value], shown: &Shown) {
    let mut all: BTreeMap<&str, Hops> = BTreeMap::new();
    for (number, event) in events.iter().enumerate() {
        let params = &event["params"];
        let Some(id) = params["requestId"].as_str() else {
            continue;
        };
        let hops = all.entry(id).or_default();
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                if params["redirectResponse"].is_object() {
                    hops.received.push(params["redirectResponse"].clone());
                }
                hops.sent.push((number, params["request"].clone()));
            }
            "Network.requestWillBeSentExtraInfo" => {
                hops.sent_headers.push(params["headers"].clone());
            }
            "Network.responseReceived" => hops.received.push(params["response"].clone()),
            "Network.responseReceivedExtraInfo" => {
                hops.received_headers.push(params["headers"].clone());
            }
            _ => {}
        }
    }
    let mut exchanges = BTreeMap::new();
    for hops in all.values() {
        for (at, (number, request)) in hops.sent.iter().enumerate() {
            let Some(response) = hops.received.get(at) else {
                continue;
            };
            let sent = hops.sent_headers.get(at).unwrap_or(&request["headers"]);
            let received = hops
                .received_headers
                .get(at)
                .unwrap_or(&response["headers"]);
            exchanges.insert(*number, (request, sent, response, received));
        }
    }
    for (request, sent, response, received) in exchanges.into_values() {
        add_exchange(situation, (request, sent), (response, received), shown);
    }
}

fn add_exchange(
    situation: &str,
    (request, sent): (&Value, &Value),
    (response, received): (&Value, &Value),
    shown: &Shown,
) {
    let named = |text: &str| match &shown.host {
        Some(host) => text.replace(host, "localhost"),
        None => text.to_owned(),
    };
    let uri = request["url"].as_str().unwrap_or_default();
    let uri = named(uri.split('#').next().unwrap_or_default());
    let method = request["method"].as_str().unwrap_or_default();
    let mut asked = Request::builder().method(method).uri(&uri);
    for (name, value) in headers(sent) {
        asked = asked.header(name, named(value));
    }
    let status = response["status"]
        .as_u64()
        .and_then(|it| u16::try_from(it).ok());
    let mut answer = Response::builder().status(status.unwrap_or_default());
    for (name, value) in headers(received) {
        answer = answer.header(name, value);
    }
    // Without what is not HTTP, such as `data:`.
    if let (true, Ok(asked), Ok(answer)) =
        (uri.starts_with("http"), asked.body(()), answer.body(()))
    {
        shown
            .visits
            .add(situation, &asked.into_parts().0, &answer.into_parts().0);
    }
}

/// Returns the headers; those of one name are joined by line feeds. Names of HTTP/2 begin with a colon.
fn headers(of: &Value) -> impl Iterator<Item = (&str, &str)> {
    let pairs = of.as_object().into_iter().flatten();
    pairs
        .filter(|(name, _)| !name.starts_with(':'))
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .flat_map(|(name, value)| value.split('\n').map(move |value| (name, value)))
}

/// Returns the browser: the one that is named, or the first that is installed.
fn program(named: Option<&Path>) -> Option<PathBuf> {
    match named {
        Some(named) if named == Path::new("none") => None,
        Some(named) => Some(named.to_owned()),
        None => {
            let path = env::var_os("PATH")?;
            let folders: Vec<_> = env::split_paths(&path).collect();
            let all = PROGRAMS
                .iter()
                .flat_map(|name| folders.iter().map(move |it| it.join(name)));
            all.into_iter().find(|program| program.is_file())
        }
    }
}

/// Returns a service of these files.
fn of_files(files: BTreeMap<String, Vec<u8>>) -> Router {
    let find = async move |uri: Uri| {
        let path = uri.path().trim_start_matches('/');
        let kind = match path.ends_with(".css") {
            true => "text/css; charset=utf-8",
            false => "text/html; charset=utf-8",
        };
        match files.get(path) {
            Some(content) => ([("content-type", kind)], content.clone()).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    };
    Router::new().fallback(find)
}

/// Serves on a free port of this computer, until the program ends.
async fn serve(service: Router) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, service).await });
    Ok(address)
}
