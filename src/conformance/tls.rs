//! TLS for the client of a running server, and what its errors say.

use std::{error::Error, future::poll_fn, io, sync::Arc};

use http::{Uri, uri::Scheme};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tower::Service;

use super::{Conformance, target::BoxError};

impl Conformance {
    /// Also trusts these certificates of authorities, in PEM, with `https://` URLs (default: those of the
    /// platform alone): for a test server, the one of the site's own authority, such as the `rootCA.pem` of
    /// mkcert. Text without a certificate is a failure of the report.
    ///
    /// ```no_run
    /// # use tower_cookie_consent::{CookiePolicy, conformance::Conformance};
    /// # async fn check(policy: CookiePolicy) -> std::io::Result<()> {
    /// let authority = std::fs::read("rootCA.pem")?;
    /// let kit = Conformance::new(policy).trust(authority);
    /// kit.check_url("https://localhost:8443").await.assert_ok();
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust(mut self, pem: impl AsRef<[u8]>) -> Self {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_ref()).collect();
        match read {
            Ok(found) if !found.is_empty() => self.authorities.extend(found),
            _ => {
                let invalid = "trust: this is not a certificate: pass one in PEM, which begins with \
                               `-----BEGIN CERTIFICATE-----`";
                self.invalid.push(invalid.to_owned());
            }
        }
        self
    }
}

/// Returns a connector that trusts the platform's authorities, which are only read for `https`, and these.
pub(super) fn connector(
    scheme: &Scheme,
    own: &[CertificateDer<'static>],
) -> Result<HttpsConnector<HttpConnector>, String> {
    let mut roots = RootCertStore::empty();
    if *scheme == Scheme::HTTPS {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    for authority in own {
        let added = roots.add(authority.clone());
        added.map_err(|error| format!("trust: invalid certificate of an authority: {error}"))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .build())
}

/// Connects once, so that a certificate that is not trusted is one failure, and not one for each request.
pub(super) async fn try_handshake(
    mut connector: HttpsConnector<HttpConnector>,
    base: &Uri,
) -> Result<(), String> {
    let connected = match poll_fn(|cx| connector.poll_ready(cx)).await {
        Ok(()) => connector.call(base.clone()).await.map(drop),
        Err(error) => Err(error),
    };
    connected.map_err(|error| {
        let authority = base.authority().map_or("", |it| it.as_str());
        // Without a username and password.
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("https://{host}: {}", why(&error))
    })
}

/// Says what is wrong with a connection, and what to do.
fn why(error: &BoxError) -> String {
    match tls_error(&**error) {
        // A signature is also wrong if an authority of the same name is known.
        Some(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => {
            "the certificate is not trusted, since no known authority vouches for it: pass the certificate of \
             its authority to Conformance::trust"
                .to_owned()
        }
        // The whole error: in older releases of rustls, what is in it has no text of its own.
        Some(error @ rustls::Error::InvalidCertificate(_)) => format!(
            "the certificate is not trusted: {error}: give the server one that is valid for this name and day"
        ),
        Some(error) => format!("no TLS connection: {error}: does this port speak TLS?"),
        None => with_sources(&**error),
    }
}

/// Finds the error of TLS among the sources, also inside of an error of input and output.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// Describes an error with its sources, since the last one often has the reason. The text is the
/// client's own, not the server's.
pub(super) fn with_sources(error: &(dyn Error + 'static)) -> String {
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
