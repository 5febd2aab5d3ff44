//! Response headers by which browsers load or report: only the members whose URL is held back are
//! dropped.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{self, CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY},
};

use super::{
    error_reports::{keeps_nel, report_to, report_uri},
    judge::Place,
    lists::{links, members, split, unquoted},
    questions::Questions,
    srcset,
};

static REPORT_TO: HeaderName = HeaderName::from_static("report-to");
static ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");
pub(super) static NEL: HeaderName = HeaderName::from_static("nel");
static SPECULATION: HeaderName = HeaderName::from_static("speculation-rules");

/// Is this a field that [`filter`] looks at?
#[inline]
pub(super) fn is_filtered(name: &HeaderName) -> bool {
    name == header::LINK
        || name == header::REFRESH
        || [&REPORT_TO, &ENDPOINTS, &NEL, &SPECULATION].contains(&name)
}

/// Drops from a part of a page, which is the same for each visitor, the report of errors and whatever
/// its `Link` loads of another host.
pub(crate) fn load_no_others(headers: &mut HeaderMap) {
    headers.remove(&NEL);
    if !headers.contains_key(header::LINK) {
        return;
    }
    retain_joined(headers, &header::LINK, &mut |value| {
        links(value, &mut |member| {
            link(member, loads_in_part, &mut |url| !is_path(url))
        })
    });
}

/// Is this an address of the site's own, whatever its host is?
fn is_path(url: &str) -> bool {
    // Browsers leave out tabs and line breaks, and read `\` as `/`.
    let plain: String = url
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .map(|c| if c == '\\' { '/' } else { c })
        .collect();
    let plain = plain.trim_start_matches(|c: char| c <= ' ');
    let (start, _) = plain.split_at(plain.find(['/', '?', '#']).unwrap_or(plain.len()));
    !start.contains(':') && !plain.starts_with("//")
}

/// Drops what is held back; if it is only to be reported, changes nothing. Returns `true` if it dropped
/// something. `loads` knows the relations of a `Link` that loads in a response of this kind.
pub(crate) fn filter(headers: &mut HeaderMap, loads: Relations, questions: &mut Questions) -> bool {
    if questions.report_only {
        drop_held(&mut headers.clone(), loads, questions);
        return false;
    }
    drop_held(headers, loads, questions)
}

/// Knows whether a `Link` with this `rel` loads something.
pub(crate) type Relations = fn(&str) -> bool;

/// Those of a response that is not a document, such as a style sheet: Chromium follows them too
/// (`PreloadHelper`, `kSubresourceNotFromMemoryCache`). The pages of a list (`next`) stay.
pub(crate) fn loads_in_part(rel: &str) -> bool {
    rel.split_ascii_whitespace().any(|word| {
        [
            "preconnect",
            "dns-prefetch",
            "preload",
            "modulepreload",
            "prefetch",
            "compression-dictionary",
        ]
        .iter()
        .any(|other| word.eq_ignore_ascii_case(other))
    })
}

fn drop_held(headers: &mut HeaderMap, loads: Relations, questions: &mut Questions) -> bool {
    let mut groups = Vec::new();
    let mut changed = retain_joined(headers, &header::LINK, &mut |value| {
        links(value, &mut |member| {
            link(member, loads, &mut |url| is_held(url, "link", questions))
        })
    });
    changed |= retain_joined(headers, &header::REFRESH, &mut |value| {
        let place = place("refresh");
        let judgement = questions.refresh(&String::from_utf8_lossy(value), place);
        (!judgement.is_held()).then(|| value.to_vec())
    });
    for name in [CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY] {
        changed |= retain_joined(headers, &name, &mut |value| {
            report_uri(value, &mut |url| is_held(url, "report-uri", questions))
        });
    }
    changed |= retain_joined(headers, &REPORT_TO, &mut |value| {
        report_to(value, &mut groups, &mut |url| {
            is_held(url, "report-to", questions)
        })
    });
    changed |= retain_joined(headers, &ENDPOINTS, &mut |value| {
        members(value, &mut |member| {
            quoted(member, "reporting-endpoints", questions)
        })
    });
    changed |= retain(headers, &NEL, &mut |value| {
        keeps_nel(value, &groups).then(|| value.to_vec())
    });
    changed
        | retain_joined(headers, &SPECULATION, &mut |value| {
            members(value, &mut |member| {
                quoted(member, "speculation-rules", questions)
            })
        })
}

/// Replaces the values of a header by what `filter` leaves of each.
fn retain(
    headers: &mut HeaderMap,
    name: &HeaderName,
    filter: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>,
) -> bool {
    if !headers.contains_key(name) {
        return false;
    }
    let before: Vec<_> = headers.get_all(name).iter().cloned().collect();
    let after: Vec<_> = before
        .iter()
        .filter_map(|value| HeaderValue::from_bytes(&filter(value.as_bytes())?).ok())
        .collect();
    if before == after {
        return false;
    }
    headers.remove(name);
    for value in after {
        headers.append(name, value);
    }
    true
}

/// The same for a header whose fields browsers join: what is left of each may be a URL with the others.
fn retain_joined(
    headers: &mut HeaderMap,
    name: &HeaderName,
    filter: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>,
) -> bool {
    let mut changed = retain(headers, name, filter);
    let fields: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if fields.len() < 2 {
        return changed;
    }
    let joined = fields.join(&b", "[..]);
    let left = filter(&joined);
    if left.as_deref() != Some(&*joined) {
        changed = true;
        headers.remove(name);
        if let Some(Ok(left)) = left.as_deref().map(HeaderValue::from_bytes) {
            headers.append(name, left);
        }
    }
    changed
}

fn is_held(url: &str, header: &str, questions: &mut Questions) -> bool {
    questions.url(url, place(header)).is_held()
}

const fn place(header: &str) -> Place<'_> {
    Place {
        element: header,
        attribute: "",
    }
}

/// Does this member of `Link` (RFC 8288) stay?
fn link(member: &[u8], loads: Relations, is_held: &mut dyn FnMut(&str) -> bool) -> bool {
    let text = String::from_utf8_lossy(member);
    let Some((_, rest)) = text.split_once('<') else {
        return true;
    };
    let (url, parameters) = rest.split_once('>').unwrap_or((rest, ""));
    let parameters: Vec<(String, String)> = split(parameters.as_bytes(), b';')
        .into_iter()
        .filter_map(|parameter| {
            let parameter = std::str::from_utf8(parameter).ok()?;
            let (name, value) = parameter.split_once('=')?;
            Some((name.trim().to_ascii_lowercase(), unquoted(value)))
        })
        .collect();
    let values = |name| parameters.iter().filter(move |(other, _)| other == name);
    if !values("rel").any(|(_, rel)| loads(rel)) {
        return true;
    }
    let mut held = is_held(url.trim());
    for (_, sources) in values("imagesrcset") {
        for source in srcset::urls(sources) {
            held |= is_held(source);
        }
    }
    !held
}

/// Does a member whose value is a string in quotes stay?
fn quoted(member: &[u8], header: &str, questions: &mut Questions) -> bool {
    let text = String::from_utf8_lossy(member);
    match text.find('"') {
        Some(at) => !is_held(&unquoted(&text[at..]), header, questions),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderMap, HeaderName, HeaderValue};
    use url::Url;

    use super::{
        super::{
            bases::Bases, cases::Hosts, charset::Charset, loads::link_loads, questions::Questions,
        },
        filter, load_no_others,
    };

    #[test]
    fn held_members_are_dropped() {
        for case in include_str!("../../tests/data/documents/headers.txt")
            .trim_end()
            .split("\n\n")
        {
            let (before, after) = case.split_once("\n=>\n").unwrap_or((case, case));
            let read = |text: &str| {
                let mut headers = HeaderMap::new();
                for line in text.lines().filter(|line| *line != "(none)") {
                    let (name, value) = line.split_once(": ").expect("a header");
                    let name: HeaderName = name.parse().expect("a name");
                    headers.append(name, HeaderValue::from_str(value).expect("a value"));
                }
                headers
            };
            let filtered = |report_only| {
                let mut headers = read(before);
                let mut questions = Questions {
                    judge: Arc::new(Hosts::default()),
                    bases: Bases::new(Url::parse("https://own.example/").expect("a URL").into()),
                    charset: Charset::UTF_8,
                    report_only,
                    placeholders: None,
                    nest: super::super::gate::nest,
                };
                let changed = filter(&mut headers, link_loads, &mut questions);
                (headers, changed)
            };
            assert_eq!(filtered(false), (read(after), before != after), "{before}");
            assert_eq!(filtered(true), (read(before), false), "{before}");
        }
    }
    #[test]
    fn parts_of_a_page_load_from_no_other_host() {
        for (member, stays) in [
            ("<https://fonts.example>; rel=preconnect", false),
            ("<//t.example/a>; rel=\"preload dns-prefetch\"", false),
            ("</\\t.example/a>; rel=preload", false),
            ("<\\\\t.example/a>; rel=preload", false),
            ("<https:a>; rel=modulepreload", false),
            ("</a.css>; rel=preload", true),
            ("<a?b=http://c>; rel=preload", true),
            (
                "</a>; rel=preload; imagesrcset=\"/a 1x, //t.example/b 2x\"",
                false,
            ),
            ("<https://t.example/2>; rel=next", true),
            ("<https://t.example/>; rel=license", true),
        ] {
            let value = HeaderValue::from_str(member).expect("a value");
            let mut headers: HeaderMap = [(http::header::LINK, value)].into_iter().collect();
            load_no_others(&mut headers);
            assert_eq!(headers.len(), usize::from(stays), "{member}");
        }
    }
}
