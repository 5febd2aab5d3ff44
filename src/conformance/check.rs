//! Begins a check.

use http::{Request, Response};
use http_body::Body;
use tower::Service;
use url::Url;

use super::{
    Conformance, Report,
    play::Play,
    recorder::Recorder,
    target::{BoxError, RequestBody, ServiceTarget, Target},
};

/// A path that no site serves.
const NOT_FOUND: &str = "/conformance-kit/not-found";

impl Conformance {
    /// Checks a tower service, such as an axum `Router`. Requests are sent one after the other.
    ///
    /// If the service takes a body other than [`RequestBody`], adapt it with
    /// `ServiceExt::map_request`.
    pub async fn check<S, B>(self, service: S) -> Report
    where
        S: Service<Request<RequestBody>, Response = Response<B>>,
        S::Error: Into<BoxError>,
        B: Body,
    {
        self.play(ServiceTarget(service), "").await
    }

    /// Checks the target; `below` comes before every path.
    pub(super) async fn play(mut self, target: impl Target, below: &str) -> Report {
        if self.requests.is_empty() {
            self = self.visit(["/"]);
        }
        self = self.visit([NOT_FOUND]);
        let requests = self.requests.iter_mut().chain(&mut self.logins);
        let requests = requests.map(|it| &mut it.parts.uri);
        for uri in requests.chain(&mut self.echo).chain(&mut self.opt_out_page) {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            if let Ok(moved) = format!("{below}{path}").parse() {
                *uri = moved;
            }
        }
        let mut recorder = Recorder::default();
        for invalid in self.invalid.drain(..) {
            recorder.fail(&invalid);
        }
        // Always `https`, so that the jar stores `Secure` cookies, as browsers do for a real site.
        match Url::parse(&format!("https://{}/", self.authority())) {
            Ok(site) => Play::new(self, target, recorder, site).run().await,
            Err(error) => {
                recorder.fail(&format!("host {:?}: {error}", self.authority()));
                recorder.report()
            }
        }
    }
}
