//! The client for a running server.

use std::error::Error;

use http::{Request, Response, Uri};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::{
    Conformance, Report,
    recorder::Recorder,
    target::{RequestBody, Target, TargetAnswer, read},
};

impl Conformance {
    /// Checks a running server by its `http://` URL, such as `http://127.0.0.1:3000`. Requires a
    /// Tokio runtime and the feature `conformance-client`.
    ///
    /// The URL's path comes before every path to visit. It does not support TLS: check the server
    /// behind the proxy. `Secure` cookies are stored and sent anyway. It waits without a timeout.
    ///
    /// ```no_run
    /// # use tower_cookie_consent::{CookiePolicy, conformance::Conformance};
    /// # async fn check(policy: CookiePolicy) {
    /// let report = Conformance::new(policy).check_url("http://127.0.0.1:3000").await;
    /// print!("{report}");
    /// # }
    /// ```
    pub async fn check_url(mut self, url: &str) -> Report {
        let base = match url.trim_end_matches('/').parse::<Uri>() {
            Ok(base) if base.scheme_str() == Some("http") && base.host().is_some() => base,
            _ => {
                return Self::cannot(
                    "invalid URL: use one like http://127.0.0.1:3000, without TLS",
                );
            }
        };
        // Without a username and password.
        let host = base.host().unwrap_or_default();
        let authority = match base.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        self.host = Some(authority.clone());
        let client = Client::builder(TokioExecutor::new()).build_http();
        let below = base.path().trim_end_matches('/');
        self.play(ServerTarget { client, authority }, below).await
    }

    /// Returns a report that only says why nothing could be checked.
    fn cannot(why: &str) -> Report {
        let mut recorder = Recorder::default();
        recorder.fail(why);
        recorder.report()
    }
}

struct ServerTarget {
    client: Client<HttpConnector, RequestBody>,
    authority: String,
}

impl Target for ServerTarget {
    async fn send(
        &mut self,
        mut request: Request<RequestBody>,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Result<TargetAnswer, String> {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let uri = format!("http://{}{path}", self.authority).parse();
        *request.uri_mut() = uri.map_err(|error| with_sources(&error))?;
        let response = self.client.request(request).await;
        let response = response.map_err(|error| with_sources(&error))?;
        Ok(read(response, wants_body).await)
    }
}

/// Describes an error with its sources, since the last one often has the reason. The text is the
/// client's own, not the server's.
fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let why = error.to_string();
        if !text.ends_with(&why) {
            text = format!("{text}: {why}");
        }
        source = error.source();
    }
    text
}
