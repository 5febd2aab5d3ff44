//! Timestamps that do not count, each for its own reason.

use std::sync::Arc;

use tower_cookie_consent::records::{
    ArchiveError, TimestampAuthority, TimestampCertificates, TimestampErrorKind as Kind,
    Witness as _,
};

use super::{
    BYTES, client,
    openssl::{EC, OpenSsl, response, witness},
    trusting,
};

/// Answers a request.
type Answer = fn(&OpenSsl, &[u8]) -> Vec<u8>;

/// Returns the content of a timestamp over the bytes of this request.
fn content(openssl: &OpenSsl, request: &[u8]) -> Vec<u8> {
    openssl.content(&openssl.token(&openssl.reply("tsa", "ts", request)))
}

#[tokio::test]
async fn an_answer_to_another_request_is_refused() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    let cases: [(&str, &str, Answer); 7] = [
        (
            "of other bytes",
            "is of another checkpoint",
            |it, request| {
                // Its own nonce, so that only the hash is another.
                let other = it.query(b"other", "sha256");
                let mut changed = request.to_vec();
                changed[24..56].copy_from_slice(&other[24..56]);
                it.reply("tsa", "ts", &changed)
            },
        ),
        ("another nonce", "its nonce is another", |it, _| {
            it.reply("tsa", "ts", &it.query(BYTES, "sha256"))
        }),
        (
            "refused",
            "refused the request: Rejection",
            |it, request| it.reply("tsa", "refusing", request),
        ),
        (
            "granted without a token",
            "refused the request: Accepted",
            |_, _| response(b""),
        ),
        ("garbage", "the response is not DER of RFC 3161", |_, _| {
            b"<html>502".to_vec()
        }),
        ("nothing", "the response is not DER of RFC 3161", |_, _| {
            Vec::new()
        }),
        ("too long", "longer than 65536 bytes", |_, _| {
            vec![0; 65_537]
        }),
    ];
    for (name, expected, answer) in cases {
        let own = Arc::clone(&openssl);
        let client = client(trusting(&openssl, &["ca"]), move |request| {
            answer(&own, request)
        });
        let error = client.attest(BYTES).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    let ca = trusting(&openssl, &["ca"]);
    let token = openssl.token(&openssl.reply("tsa", "ts", &openssl.query(BYTES, "sha512")));
    let error = ca.verify(BYTES, &witness(&token)).unwrap_err();
    assert_eq!(error.kind(), Kind::Algorithm, "{error}");
    let down = TimestampAuthority::new(ca, async |_| Err(ArchiveError::new("it is down")));
    assert_eq!(
        down.attest(BYTES).await.unwrap_err().to_string(),
        "it is down"
    );
}

#[tokio::test]
async fn a_signer_that_may_not_attest_is_refused() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    openssl.root("other", EC);
    openssl.certificate("untrusted", EC, "other", "tsa");
    openssl.certificate("middle", EC, "ca", "no_purpose");
    openssl.certificate("below", EC, "middle", "tsa");
    for kind in ["no_purpose", "not_critical", "two_purposes", "encrypts"] {
        openssl.certificate(kind, EC, "ca", kind);
    }
    openssl.certificate("weak", "RSA -pkeyopt rsa_keygen_bits:1024", "ca", "tsa");
    openssl.certificate("p521", "EC -pkeyopt ec_paramgen_curve:P-521", "ca", "tsa");
    let past = ["20200101000000Z", "20210101000000Z"];
    openssl.dated("expired", (EC, "tsa"), "ca", past);
    openssl.dated("old", (EC, "middle"), "ca", past);
    openssl.certificate("under_old", EC, "old", "tsa");
    openssl.dated(
        "future",
        (EC, "tsa"),
        "ca",
        ["20980101000000Z", "20990101000000Z"],
    );
    let cases = [
        ("untrusted", "-cades", Kind::Untrusted),
        // Only a CA may vouch for others.
        ("below", "-cades -certfile middle.pem", Kind::Untrusted),
        ("no_purpose", "-cades", Kind::Purpose),
        ("not_critical", "-cades", Kind::Purpose),
        ("two_purposes", "-cades", Kind::Purpose),
        ("encrypts", "-cades", Kind::Purpose),
        ("expired", "-cades", Kind::Expired),
        ("future", "-cades", Kind::Expired),
        ("under_old", "-cades -certfile old.pem", Kind::Expired),
        ("weak", "-cades", Kind::Signature),
        ("p521", "-cades", Kind::Algorithm),
        // Its own certificate is not among what is signed.
        ("tsa", "", Kind::Unreadable),
        ("tsa", "-noattr", Kind::Unreadable),
        ("tsa", "-cades -md sha1", Kind::Algorithm),
        ("tsa", "-cades -nocerts", Kind::Signer),
        (
            "tsa",
            "-cades -signer untrusted.pem -inkey untrusted.key",
            Kind::Unreadable,
        ),
    ];
    let content = content(&openssl, &openssl.query(BYTES, "sha256"));
    let ca = trusting(&openssl, &["ca"]);
    let verify = |signer: &str, options: &str, trusted: &TimestampCertificates| {
        let token = openssl.forge(&content, signer, options);
        trusted.verify(BYTES, &witness(&token))
    };
    verify("tsa", "-cades", &ca).unwrap();
    verify("tsa", "-cades -keyid", &ca).unwrap();
    for (signer, options, kind) in cases {
        let error = verify(signer, options, &ca).unwrap_err();
        assert_eq!(error.kind(), kind, "{signer} {options}: {error}");
    }
    // What is named itself is held to the same.
    for (signer, kind) in [("no_purpose", Kind::Purpose), ("expired", Kind::Expired)] {
        let own = trusting(&openssl, &[signer]);
        let error = verify(signer, "-cades", &own).unwrap_err();
        assert_eq!(error.kind(), kind, "{signer}: {error}");
    }
    // One that is trusted itself vouches for itself alone.
    for (signer, trusted) in [("tsa", "untrusted"), ("below", "middle")] {
        let error = verify(signer, "-cades", &trusting(&openssl, &[trusted])).unwrap_err();
        assert_eq!(error.kind(), Kind::Untrusted, "{signer}: {error}");
    }
    // Its certificate need not come along then.
    verify("tsa", "-cades -nocerts", &trusting(&openssl, &["tsa"])).unwrap();
}

#[tokio::test]
async fn a_certificate_of_the_same_key_is_not_another() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    // With the key, the names and the number of the authority's own, but for this purpose.
    openssl.certificate("plain", EC, "ca", "no_purpose");
    let content = content(&openssl, &openssl.query(BYTES, "sha256"));
    let token = openssl.forge(&content, "plain", "-cades");
    let again = "x509 -req -in plain.csr -CA ca.pem -CAkey ca.key -extfile cnf -extensions tsa -out again.pem";
    let serial = openssl.run("x509 -in plain.pem -noout -serial", b"");
    let serial = String::from_utf8(serial).unwrap();
    let serial = serial.trim().trim_start_matches("serial=");
    openssl.run(&format!("{again} -set_serial 0x{serial}"), b"");
    // The token without its certificate, checked with the one that was made afterwards.
    let bare = openssl.forge(&content, "plain", "-cades -nocerts");
    let error = trusting(&openssl, &["again"])
        .verify(BYTES, &witness(&bare))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Signer, "{error}");
    let error = trusting(&openssl, &["ca"])
        .verify(BYTES, &witness(&token))
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Purpose, "{error}");
}

#[tokio::test]
async fn every_changed_bit_of_a_timestamp_is_refused() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    let ca = trusting(&openssl, &["ca"]);
    let token = openssl.token(&openssl.reply("tsa", "ts", &openssl.query(BYTES, "sha256")));
    ca.verify(BYTES, &witness(&token)).unwrap();
    let mut kinds = Vec::new();
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1 << (at % 8);
        match ca.verify(BYTES, &witness(&changed)) {
            Ok(time) => panic!("bit {} of byte {at}: {time}", at % 8),
            Err(error) if kinds.contains(&error.kind()) => {}
            Err(error) => kinds.push(error.kind()),
        }
        let cut = witness(&token[..at]);
        let error = ca.verify(BYTES, &cut).unwrap_err();
        assert_eq!(error.kind(), Kind::Unreadable, "{at}: {error}");
    }
    for expected in [
        Kind::OtherBytes,
        Kind::Changed,
        Kind::Signature,
        Kind::Signer,
        Kind::Unreadable,
    ] {
        assert!(
            kinds.contains(&expected),
            "{expected:?} is not in {kinds:?}"
        );
    }
    for witness in [
        "",
        "rfc3161:",
        "rfc3161:AAAA",
        "rfc3161:-",
        "cosigned:00",
        "rfc3161:AA",
    ] {
        let error = ca.verify(BYTES, witness).unwrap_err();
        assert_eq!(error.kind(), Kind::Unreadable, "{witness}: {error}");
    }
}

#[test]
fn certificates_that_cannot_be_read_are_named() {
    let begin = "-----BEGIN CERTIFICATE-----\n";
    let end = "\n-----END CERTIFICATE-----\n";
    let cases = [
        ("", "no certificate"),
        ("text", "no certificate"),
        (&format!("{begin}AAAA{end}"), "can't be read"),
        (&format!("{begin}*{end}"), "is not PEM"),
        (&format!("{begin}AAAA"), "is not PEM"),
    ];
    for (pem, expected) in cases {
        let error = TimestampCertificates::from_pem(pem).unwrap_err();
        assert_eq!(error.kind(), Kind::Certificates);
        assert!(error.to_string().contains(expected), "{pem}: {error}");
    }
}
