//! The path of a response through the layer.

use std::sync::Arc;

use encoding_rs::Encoding;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, CONTENT_TYPE,
        SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
    },
    response::Parts,
};
use http_body::Body;

use super::{
    bases::Bases,
    body::GateBody,
    caches::{Mark, forget_encoding, keep_nowhere},
    charset::Charset,
    codings::decoders,
    consented::Consented,
    csp,
    event::DocumentEventKind,
    gate::{Setup, nest},
    headers,
    kind::{Asked, Kind},
    loads::link_loads,
    origin::{self, Located},
    questions::Questions,
    reader::{Additions, Reader},
    settings::Settings,
    sniff,
    stopped::Stopped,
    untyped::has_nosniff,
    visit::{Page, Visit, mark},
};
use crate::{policy::CategorySet, wire::cache};

pub(super) enum Answer<B: Body> {
    Ready(Response<GateBody<B>>),
    /// A document whose charset is not known yet.
    Starts(Response<GateBody<B>>),
}

/// Judges a response by the visitor's consent.
pub(super) fn answer<B: Body>(visit: Visit, kind: Kind, response: Response<B>) -> Answer<B> {
    match visit.page {
        _ if kind == Kind::Passive => Answer::Ready(passive(visit, response)),
        None => Answer::Ready(part(&visit.settings, kind, response)),
        Some(page) => {
            Documented::of(visit.settings, page, response.headers()).answer(kind, response)
        }
    }
}

/// Passes what loads nothing by itself, except for what its headers load, or make browsers report elsewhere.
fn passive<B: Body>(visit: Visit, response: Response<B>) -> Response<GateBody<B>> {
    let mut response = response.map(GateBody::pass);
    let headers = response.headers_mut();
    match visit.page {
        Some(page) => {
            let loads = match visit.asked {
                Asked::Document => link_loads,
                _ => headers::loads_in_part,
            };
            let documented = Documented::of(visit.settings, page, headers);
            documented.for_all(headers).filter(headers, loads);
        }
        None if visit.settings.report_only => {}
        None => headers::load_no_others(headers),
    }
    response
}

/// Answers a request for a picture or another part of a page with something that would be a document
/// elsewhere. Browsers do not read it as one now; later they may find it in their cache.
fn part<B: Body>(settings: &Settings, kind: Kind, response: Response<B>) -> Response<GateBody<B>> {
    let mut response = response.map(GateBody::pass);
    let status = response.status();
    let headers = response.headers_mut();
    if !settings.report_only {
        if settings.sends_policy()
            && takes_policy(status, headers, &CONTENT_SECURITY_POLICY)
            && let Some(policy) = csp::policy(&[] as &[&str], None)
        {
            // The same for each visitor, so that caches may keep pictures.
            let _ = headers.try_append(CONTENT_SECURITY_POLICY, policy);
        }
        if kind == Kind::Html && settings.documents.gates() {
            cache::make_personal(headers);
            keep_nowhere(headers);
        }
        headers::load_no_others(headers);
    }
    response
}

/// Returns `true` unless a policy would replace those that the browser has: of a response that has not changed, it
/// keeps the fields that are not sent again (RFC 9111, section 3.2).
fn takes_policy(status: StatusCode, headers: &HeaderMap, name: &HeaderName) -> bool {
    status != StatusCode::NOT_MODIFIED || headers.contains_key(name)
}

/// A document that is answered, and the consent for it.
struct Documented {
    consented: Arc<Consented>,
    /// The visitor that the document is written for.
    reader: Option<Box<Reader>>,
    /// The response itself makes a choice.
    is_answered: bool,
    mark: Mark,
}

impl Documented {
    /// Narrows what is allowed to what a choice in the response allows as well.
    fn of(settings: Arc<Settings>, page: Page, headers: &HeaderMap) -> Self {
        let fields = headers.get_all(SET_COOKIE).into_iter();
        let fields = fields.map(HeaderValue::as_bytes);
        let grants = page.grants.as_ref();
        let (allowed, is_answered) =
            grants.map_or((CategorySet::EMPTY, false), |grants| grants.beside(fields));
        Self {
            mark: mark(grants, &settings, page.reader.as_deref()),
            reader: page.reader,
            is_answered,
            consented: Arc::new(Consented {
                allowed,
                grants: page.grants,
                document: page.address.located(),
                address: page.address,
                settings,
            }),
        }
    }

    /// Allows what no visitor has to be asked for: another one may get the response out of a cache.
    fn for_all(mut self, headers: &HeaderMap) -> Self {
        if let Some(consented) = Arc::get_mut(&mut self.consented)
            && let Some(grants) = &consented.grants
            && !consented.settings.report_only
            && !cache::forbids_sharing(headers)
        {
            consented.allowed = consented.allowed - grants.policy().optional();
        }
        self
    }

    fn answer<B: Body>(self, kind: Kind, response: Response<B>) -> Answer<B> {
        let (mut parts, body) = response.into_parts();
        if self.consented.grants.is_none() {
            self.consented.tell(DocumentEventKind::NoConsent, None);
        }
        let report_only = self.consented.settings.report_only;
        // Browsers make no document of what they may not guess (MIME Sniffing, section 7).
        let kind = match kind {
            Kind::Guessed if has_nosniff(&parts.headers) => Kind::Other,
            kind => kind,
        };
        let sends_policy = self.consented.settings.sends_policy();
        if kind == Kind::Other && !sends_policy {
            // Nothing of it is judged: feeds and the like are the same for all.
            self.for_all(&parts.headers)
                .filter(&mut parts.headers, link_loads);
            return Answer::Ready(Response::from_parts(parts, GateBody::pass(body)));
        }
        // No directive for loads covers reports, navigations and connections ahead of requests.
        self.filter(&mut parts.headers, link_loads);
        if sends_policy {
            self.send_policy(&mut parts, report_only);
        }
        let gates = self.consented.settings.documents.gates();
        if gates && matches!(kind, Kind::Html | Kind::Guessed) {
            return self.gate(parts, body, kind == Kind::Guessed);
        }
        if !report_only {
            self.leave_to_browser(&mut parts);
        }
        let response = Response::from_parts(parts, GateBody::pass(body));
        Answer::Ready(match kind {
            Kind::Series if gates && !report_only => self.unreadable(response, Stopped::Series),
            _ => response,
        })
    }

    /// Adds the second line of defence. The site's own policy stays as it is: browsers enforce both.
    fn send_policy(&self, parts: &mut Parts, report_only: bool) {
        let name = match report_only {
            true => CONTENT_SECURITY_POLICY_REPORT_ONLY,
            false => CONTENT_SECURITY_POLICY,
        };
        if !takes_policy(parts.status, &parts.headers, &name) {
            return;
        }
        let reader = self.reader.as_ref();
        let report_uri = reader.and_then(|reader| reader.report_uri(&self.consented.settings));
        if let Some(policy) = csp::policy(&self.consented.sources(), report_uri.as_deref()) {
            let _ = parts.headers.try_append(name, policy);
        }
    }

    /// Marks the response as made for one visitor.
    fn leave_to_browser(&self, parts: &mut Parts) {
        // Under a choice of its own, the response is of neither state.
        let grants = self.consented.grants.as_ref();
        if grants.is_some_and(|grants| grants.allowed() != self.consented.allowed) {
            parts.headers.remove(http::header::ETAG);
        }
        self.mark.mark(&mut parts.headers);
        if self.reader.is_some() {
            let read = HeaderValue::from_static("Accept-Language, Sec-Fetch-Dest, Sec-Purpose");
            let _ = parts.headers.try_append(VARY, read);
        }
        if grants.is_some_and(|grants| {
            let can_go = self.consented.allowed & grants.policy().optional();
            !can_go.is_empty() && !grants.policy().may_keep_pages()
        }) {
            keep_nowhere(&mut parts.headers);
        }
    }

    fn located(&self) -> Located {
        let document = self.consented.document.clone();
        document.unwrap_or_else(|| origin::unknown().into())
    }

    /// Drops from the headers what they load, as far as it is held back.
    fn filter(&self, headers: &mut HeaderMap, loads: headers::Relations) {
        let mut questions = Questions {
            judge: Arc::clone(&self.consented) as _,
            bases: Bases::new(self.located()),
            charset: Charset::UTF_8,
            report_only: self.consented.settings.report_only,
            placeholders: None,
            nest,
        };
        headers::filter(headers, loads, &mut questions);
    }

    fn gate<B: Body>(self, mut parts: Parts, body: B, is_guessed: bool) -> Answer<B> {
        let report_only = self.consented.settings.report_only;
        let decoders = decoders(&parts.headers);
        let named = content_type(&parts).and_then(sniff::of_content_type);
        let pass = |parts, body| Answer::Ready(Response::from_parts(parts, GateBody::pass(body)));
        if report_only
            && decoders
                .as_ref()
                .is_none_or(|decoders| !decoders.is_identity())
        {
            return pass(parts, body);
        }
        if !report_only {
            self.leave_to_browser(&mut parts);
        }
        if matches!(parts.status.as_u16(), 204 | 304) {
            return pass(parts, body);
        }
        if parts.status == StatusCode::PARTIAL_CONTENT && !report_only {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            let response = Response::from_parts(parts, GateBody::pass(body));
            return Answer::Ready(withheld(response, status));
        }
        let charset = named.map_or(Some(Charset::UTF_8), Charset::new);
        let passes = report_only || self.consented.settings.pass_charsets;
        if charset.is_none() && decoders.is_some() && passes {
            let reason = Some(Stopped::Charset);
            self.consented.tell(DocumentEventKind::Passed, reason);
            return pass(parts, body);
        }
        let (decoders, charset) = match (decoders, charset) {
            (Some(decoders), Some(charset)) => (decoders, charset),
            (decoders, _) => {
                let reason = match decoders {
                    None => Stopped::Coding,
                    Some(_) => Stopped::Charset,
                };
                let response = Response::from_parts(parts, GateBody::pass(body));
                return Answer::Ready(self.unreadable(response, reason));
            }
        };
        let mut setup = self.setup(&parts, charset, passes);
        setup.is_guessed = is_guessed;
        let has_no_body = body.is_end_stream();
        let body = GateBody::gate(body, decoders, setup, named.is_none());
        if report_only {
            return Answer::Ready(Response::from_parts(parts, body));
        }
        forget_encoding(&mut parts.headers);
        if has_no_body {
            return Answer::Ready(Response::from_parts(parts, body));
        }
        Answer::Starts(Response::from_parts(parts, body))
    }

    /// Answers with an error instead of what can't be read.
    fn unreadable<B: Body>(
        &self,
        response: Response<GateBody<B>>,
        reason: Stopped,
    ) -> Response<GateBody<B>> {
        self.consented
            .tell(DocumentEventKind::Unreadable, Some(reason));
        withheld(response, StatusCode::BAD_GATEWAY)
    }

    /// Prepares the gate of a document in this charset.
    fn setup(mut self, parts: &Parts, charset: Charset, pass_charsets: bool) -> Setup {
        let settings = &self.consented.settings;
        let (memory, report_only) = (settings.memory, settings.report_only);
        let document = self.located();
        let reader = self.reader.take().filter(|_| !report_only);
        let is_answered = self.is_answered;
        let additions =
            reader.and_then(|reader| reader.additions(&self.consented, parts, is_answered));
        let Additions {
            placeholders,
            inserts,
        } = additions.unwrap_or_default();
        Setup {
            judge: self.consented,
            document,
            charset,
            memory,
            report_only,
            pass_charsets,
            is_guessed: false,
            placeholders,
            inserts,
        }
    }
}

fn content_type(parts: &Parts) -> Option<&str> {
    let mut types = parts.headers.get_all(CONTENT_TYPE).into_iter();
    types.next_back()?.to_str().ok()
}

/// Names the charset that the document was judged in, so that no browser reads it in another.
pub(super) fn pin_charset(headers: &mut HeaderMap, charset: &'static Encoding) {
    let value = format!("text/html; charset={}", charset.name());
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(CONTENT_TYPE, value);
    }
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
}

/// Sends nothing of a document that can't be judged.
pub(super) fn withheld<B: Body>(
    mut response: Response<GateBody<B>>,
    status: StatusCode,
) -> Response<GateBody<B>> {
    *response.status_mut() = status;
    forget_encoding(response.headers_mut());
    response.headers_mut().remove(CONTENT_RANGE);
    response.body_mut().withhold();
    response
}
