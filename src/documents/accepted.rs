//! The content codings that a service is asked for.

use http::{HeaderMap, HeaderValue, header::ACCEPT_ENCODING};

use super::kind::Asked;

/// The [decoders](super::codings::decoders) know these.
fn is_known(coding: &str) -> bool {
    const KNOWN: [&str; 7] = ["", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"];
    KNOWN.iter().any(|known| coding.eq_ignore_ascii_case(known))
}

/// Returns `true` for a coding that can be read as it arrives. The library for `zstd` gives out nothing
/// until a window of up to 8 MiB is full, or the end.
fn streams(coding: &str) -> bool {
    !coding.eq_ignore_ascii_case("zstd")
}

/// What most browsers send, and what is left of it for a document.
const MOST: (&[u8], &str) = (b"gzip, deflate, br, zstd", "gzip, deflate, br");

/// Returns `true` for what browsers send: nothing that is not a document has to be left out.
#[inline]
pub(super) fn are_usual(field: &HeaderValue) -> bool {
    const USUAL: [&[u8]; 3] = [MOST.0, b"gzip, deflate, br", b"gzip, deflate"];
    USUAL.contains(&field.as_bytes())
}

/// Leaves out the codings of an `Accept-Encoding` that a document could not be read in, such as those with
/// a dictionary that only the browser has. Where a document is asked for, it has to be readable as it
/// arrives.
pub(super) fn ask_for_known(headers: &mut HeaderMap, asked: Asked) {
    let is_document = asked == Asked::Document;
    let mut fields = headers.get_all(ACCEPT_ENCODING).iter();
    if is_document
        && let (Some(field), None) = (fields.next(), fields.next())
        && field.as_bytes() == MOST.0
    {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(MOST.1));
        return;
    }
    let is_kept = |item: &&[u8]| {
        let coding = item.split(|byte| *byte == b';').next().unwrap_or_default();
        let coding = str::from_utf8(coding.trim_ascii());
        coding.is_ok_and(|coding| {
            coding == "*" || is_known(coding) && (!is_document || streams(coding))
        })
    };
    let items = |field| HeaderValue::as_bytes(field).split(|byte| *byte == b',');
    let mut all = headers.get_all(ACCEPT_ENCODING).iter().flat_map(items);
    if all.all(|item| is_kept(&item)) {
        return;
    }
    let all = headers.get_all(ACCEPT_ENCODING).iter().flat_map(items);
    let kept: Vec<_> = all.filter(is_kept).map(<[u8]>::trim_ascii).collect();
    // Without the header, every coding would do.
    let kept = HeaderValue::from_bytes(&kept.join(&b", "[..])).ok();
    let kept = kept.filter(|kept| !kept.is_empty());
    let kept = kept.unwrap_or(HeaderValue::from_static("identity"));
    headers.remove(ACCEPT_ENCODING);
    drop(headers.try_insert(ACCEPT_ENCODING, kept));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[&str], asked: Asked) -> Vec<String> {
        let field = |value: &&str| (ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
        let mut headers: HeaderMap = fields.iter().map(field).collect();
        ask_for_known(&mut headers, asked);
        let left = headers.get_all(ACCEPT_ENCODING).iter();
        left.map(|it| it.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn only_codings_that_can_be_read_are_asked_for() {
        for (fields, left) in [
            (&[][..], &[][..]),
            (&["gzip, deflate, br, zstd"], &["gzip, deflate, br"]),
            (&["gzip, deflate, br, zstd", "zstd"], &["gzip, deflate, br"]),
            (&["zstd"], &["identity"]),
            (&["GZIP;q=0.5 ,x-gzip", "br"], &["GZIP;q=0.5 ,x-gzip", "br"]),
            (&["identity;q=0, *"], &["identity;q=0, *"]),
            (&[""], &[""]),
            (&["gzip, br, zstd, dcb, dcz"], &["gzip, br"]),
            (&["dcb", "br;q=1"], &["br;q=1"]),
            (&["compress"], &["identity"]),
            (&["gzip;q=0, dcb;q=1"], &["gzip;q=0"]),
        ] {
            assert_eq!(asked(fields, Asked::Document), left, "{fields:?}");
        }
        let all = ["gzip, deflate, br, zstd", "gzip;q=1, zstd, dcz"];
        let left = ["gzip, deflate, br, zstd, gzip;q=1, zstd"];
        assert_eq!(asked(&all, Asked::Unknown), left);
        assert_eq!(asked(&all[..1], Asked::Unknown), &all[..1]);
    }

    #[test]
    fn what_is_asked_for_can_be_read() {
        for coding in [
            "identity", "gzip", "x-gzip", "deflate", "br", "zstd", "dcb", "dcz", "compress",
        ] {
            let fields = [(
                http::header::CONTENT_ENCODING,
                HeaderValue::from_static(coding),
            )];
            let can_read = super::super::codings::decoders(&fields.into_iter().collect()).is_some();
            assert_eq!(is_known(coding), can_read, "{coding}");
        }
    }
}
