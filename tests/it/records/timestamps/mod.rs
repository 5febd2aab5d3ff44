//! Timestamps of checkpoints by a real authority: OpenSSL's.

mod cli;
pub(crate) mod openssl;
mod refused;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Bytes, routing};
use http::{HeaderMap, Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::net::TcpListener;
use tower_cookie_consent::records::{
    Archive, ArchiveError, Checkpoint, Instant, SigningKey, TimestampAuthority,
    TimestampCertificates, Verifier, Witness as _,
};

use self::openssl::{EC, OpenSsl, witness};
use super::{
    entry,
    every_store::{Stores, open},
};

/// What is attested where a test needs no checkpoint.
const BYTES: &[u8] = br#"{"size":1,"type":"checkpoint"}"#;

pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Instant::from_unix_seconds(since.as_secs())
}

pub(crate) fn trusting(openssl: &OpenSsl, names: &[&str]) -> TimestampCertificates {
    TimestampCertificates::from_pem(&openssl.pem(names)).unwrap()
}

/// Returns the client of an authority that answers requests like this.
fn client(
    certificates: TimestampCertificates,
    answer: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> TimestampAuthority {
    let answer = Arc::new(answer);
    TimestampAuthority::new(certificates, move |request| {
        let answer = Arc::clone(&answer);
        async move { Ok::<_, ArchiveError>(answer(&request)) }
    })
}

/// Returns the client of a real authority: its name, and how it is set up.
pub(crate) fn authority(
    openssl: &Arc<OpenSsl>,
    trusted: &[&str],
    (name, section): (&'static str, &'static str),
) -> TimestampAuthority {
    let own = Arc::clone(openssl);
    client(trusting(openssl, trusted), move |request| {
        own.reply(name, section, request)
    })
}

#[tokio::test]
async fn timestamps_of_every_kind_of_key_count() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    let kinds = [
        ("rsa2048", "RSA -pkeyopt rsa_keygen_bits:2048"),
        ("rsa3072", "RSA -pkeyopt rsa_keygen_bits:3072"),
        ("p256", EC),
        ("p384", "EC -pkeyopt ec_paramgen_curve:P-384"),
    ];
    for (name, algorithm) in kinds {
        openssl.certificate(name, algorithm, "ca", "tsa");
        let sections = match algorithm.starts_with("RSA") {
            true => &["ts", "exact"][..],
            // SHA-512 with ECDSA is not known here.
            false => &["ts"],
        };
        for section in sections {
            // The CA vouches for it, or it is trusted itself.
            for trusted in ["ca", name] {
                let before = now();
                let authority = authority(&openssl, &[trusted], (name, section));
                let witness = authority.attest(BYTES).await.unwrap();
                let time = trusting(&openssl, &[trusted])
                    .verify(BYTES, &witness)
                    .unwrap();
                assert!((before..=now()).contains(&time), "{name} {section} {time}");
            }
        }
    }
}

#[tokio::test]
async fn a_ca_in_between_comes_with_the_timestamp() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    openssl.certificate("middle", EC, "ca", "middle");
    openssl.certificate("below", EC, "middle", "tsa");
    let token = openssl.token(&openssl.reply("tsa", "ts", &openssl.query(BYTES, "sha256")));
    let content = openssl.content(&token);
    let with = openssl.forge(&content, "below", "-cades -certfile middle.pem");
    let without = openssl.forge(&content, "below", "-cades");
    let verify =
        |token: &[u8], trusted: &str| trusting(&openssl, &[trusted]).verify(BYTES, &witness(token));
    verify(&with, "ca").unwrap();
    verify(&without, "ca").unwrap_err();
    for trusted in ["middle", "below"] {
        verify(&with, trusted).unwrap();
        verify(&without, trusted).unwrap();
    }
}

/// As the guide does, but for the place.
async fn post(url: &str, query: Vec<u8>) -> Result<Vec<u8>, ArchiveError> {
    let failed = |error: &dyn std::fmt::Display| ArchiveError::new(error.to_string());
    let request = Request::post(url)
        .header(CONTENT_TYPE, "application/timestamp-query")
        .body(Full::<Bytes>::from(query))
        .map_err(|error| failed(&error))?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await;
    let body = Limited::new(
        response.map_err(|error| failed(&error))?.into_body(),
        65_536,
    );
    let body = body.collect().await.map_err(|error| failed(&error))?;
    Ok(body.to_bytes().to_vec())
}

#[tokio::test]
async fn an_authority_is_asked_over_http() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    let own = Arc::clone(&openssl);
    let reply = move |headers: HeaderMap, query: Bytes| async move {
        assert_eq!(headers[CONTENT_TYPE], "application/timestamp-query");
        own.reply("tsa", "ts", &query)
    };
    let app = Router::new().route("/", routing::post(reply));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Arc<str> = format!("http://{}/", listener.local_addr().unwrap()).into();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let authority = TimestampAuthority::new(trusting(&openssl, &["ca"]), move |query| {
        let url = Arc::clone(&url);
        async move { post(&url, query).await }
    });
    let witness = authority.attest(BYTES).await.unwrap();
    trusting(&openssl, &["ca"]).verify(BYTES, &witness).unwrap();
    server.abort();
}

/// Returns the lines of an export with three checkpoints, of which the second and third are timestamped.
async fn timestamped(url: &str, authority: &TimestampAuthority, key: &SigningKey) -> String {
    let store = open(url).await;
    let archive = Archive::open(url).await.unwrap();
    for number in 0..3 {
        store.append(&[entry()]).await.unwrap();
        let made = archive.checkpoint(key, now()).await.unwrap();
        if number > 0 {
            let attested: Checkpoint = archive.witness(authority).await.unwrap().unwrap();
            assert_eq!(attested.size, made.size);
        }
    }
    let mut lines = Vec::new();
    archive.export(&mut lines).await.unwrap();
    String::from_utf8(lines).unwrap()
}

#[tokio::test]
async fn an_export_is_verified_with_its_timestamps() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    openssl.root("other", EC);
    let client = authority(&openssl, &["ca"], ("tsa", "ts"));
    let key = SigningKey::generate().unwrap();
    for url in &Stores::new().urls {
        let start = now();
        let export = timestamped(url, &client, &key).await;
        let plain = || Verifier::new(key.public());
        let check = |export: &str, trusted: &str| {
            let certificates = trusting(&openssl, &[trusted]);
            plain().timestamps(certificates).verify(export.as_bytes())
        };
        let verified = check(&export, "ca").unwrap();
        assert_eq!(verified.witnessed, 2, "{url}");
        let found = verified.timestamped.unwrap();
        assert!((start..=now()).contains(&found.newest), "{found:?}");
        assert!(found.longest_delay < Duration::from_secs(60), "{found:?}");
        let text = verified.to_string();
        assert!(text.contains("timestamped at most "), "{text}");
        assert!(text.ends_with("its witness fits"), "{text}");

        let unchecked = plain().verify(export.as_bytes()).unwrap();
        assert_eq!(unchecked.timestamped, None);
        assert!(
            unchecked
                .to_string()
                .ends_with("its witness is not checked")
        );

        let lines: Vec<_> = export.split_inclusive('\n').collect();
        let attested = |line: &&str| line.contains("rfc3161:");
        let first = u64::try_from(1 + lines.iter().position(attested).unwrap()).unwrap();
        let misfit = check(&export, "other").unwrap_err();
        assert_eq!(misfit.line(), first);
        let why = "does not fit: no trusted certificate vouches for the signer's";
        assert!(misfit.to_string().contains(why), "{misfit}");

        // That of another checkpoint.
        let of = |line: &str| line.split_once("\"witness\":").unwrap().1.to_owned();
        let tokens: Vec<_> = lines.iter().copied().filter(attested).map(of).collect();
        let misfit = check(&export.replace(&tokens[0], &tokens[1]), "ca").unwrap_err();
        assert_eq!(misfit.line(), first);
        assert!(
            misfit.to_string().ends_with("is of another checkpoint"),
            "{misfit}"
        );

        // Without the last one, it fits, and the verifier says what that is worth.
        let verified = check(&export.replace(&tokens[1], "null}\n"), "ca").unwrap();
        assert_eq!(verified.witnessed, 1);
        assert!(verified.to_string().contains("unwitnessed"), "{verified}");
    }
}
