//! The client for a running server.

use http::{
    HeaderMap, HeaderValue, Request, Response, Uri,
    header::{ORIGIN, REFERER},
    uri::Scheme,
};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use url::Url;

use super::{
    Conformance, Report,
    recorder::Recorder,
    target::{RequestBody, Target, TargetAnswer, read},
    tls::{self, with_sources},
};

impl Conformance {
    /// Checks a running server by its URL, such as `http://127.0.0.1:3000` or `https://www.example.org`.
    /// Requires a Tokio runtime and the feature `conformance-client`.
    ///
    /// The URL's path comes before every path to visit. `Secure` cookies are stored and sent with either scheme.
    /// It waits without a timeout. TLS is that of rustls, with HTTP/1.1; it trusts the authorities of the
    /// platform, and those of [`trust`](Self::trust). If the certificate is not trusted, or there is no TLS
    /// connection for another reason, that is the report's one failure.
    ///
    /// ```no_run
    /// # use tower_cookie_consent::{CookiePolicy, conformance::Conformance};
    /// # async fn check(policy: CookiePolicy) {
    /// let report = Conformance::new(policy).check_url("http://127.0.0.1:3000").await;
    /// print!("{report}");
    /// # }
    /// ```
    pub async fn check_url(mut self, url: &str) -> Report {
        let parsed = url.trim_end_matches('/').parse::<Uri>();
        let parsed = parsed.ok().filter(|base| base.host().is_some());
        let parsed = parsed.and_then(|base| Some((base.scheme()?.clone(), base)));
        let Some((scheme, base)) = parsed.filter(|(scheme, _)| is_http(scheme)) else {
            return self.cannot(
                "invalid URL: use one like http://127.0.0.1:3000 or https://www.example.org",
            );
        };
        // Without a username and password.
        let host = base.host().unwrap_or_default();
        let authority = match base.port_u16() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        self.host = Some(authority.clone());
        let connector = match tls::connector(&scheme, &self.authorities) {
            Ok(connector) => connector,
            Err(why) => return self.cannot(&why),
        };
        if scheme == Scheme::HTTPS
            && let Err(why) = tls::try_handshake(connector.clone(), &base).await
        {
            return self.cannot(&why);
        }
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let below = base.path().trim_end_matches('/');
        let server = ServerTarget {
            client,
            scheme,
            authority,
        };
        self.play(server, below).await
    }

    /// Returns a report that only says why nothing could be checked.
    fn cannot(&self, why: &str) -> Report {
        let mut recorder = Recorder::default();
        for invalid in &self.invalid {
            recorder.fail(invalid);
        }
        recorder.fail(why);
        recorder.report()
    }
}

fn is_http(scheme: &Scheme) -> bool {
    [Scheme::HTTP, Scheme::HTTPS].contains(scheme)
}

struct ServerTarget {
    client: Client<HttpsConnector<HttpConnector>, RequestBody>,
    scheme: Scheme,
    authority: String,
}

impl ServerTarget {
    /// Changes where the request says that it comes from: the kit takes every site for one with TLS, and frameworks
    /// refuse a form from another origin.
    fn name_scheme(&self, headers: &mut HeaderMap) {
        let site = Url::parse(&format!("{}://{}", self.scheme, self.authority));
        let Some(site) = site.ok().filter(|_| self.scheme == Scheme::HTTP) else {
            return;
        };
        let known = format!("https://{}", self.authority);
        for name in [ORIGIN, REFERER] {
            let value = headers.get(&name).and_then(|value| value.to_str().ok());
            let rest = value.and_then(|value| value.strip_prefix(&known));
            let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/'));
            let own = rest.map(|rest| format!("{}{rest}", site.origin().ascii_serialization()));
            if let Some(own) = own.and_then(|own| HeaderValue::try_from(own).ok()) {
                headers.insert(name, own);
            }
        }
    }
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
        let uri = format!("{}://{}{path}", self.scheme, self.authority).parse();
        *request.uri_mut() = uri.map_err(|error| with_sources(&error))?;
        self.name_scheme(request.headers_mut());
        let response = self.client.request(request).await;
        let response = response.map_err(|error| with_sources(&error))?;
        Ok(read(response, wants_body).await)
    }
}
