//! Checks the host of a request: either all recipients agree on it, or the response is 400 (RFC
//! 9112 §3.2).
//!
//! A server behind the proxy that uses the second `Host` header, or cuts the first at a `/`, would
//! respond for a different host from the one whose cookies are checked here.

use std::net::Ipv6Addr;

use http::{
    Request, Version,
    header::HOST,
    uri::{Authority, Scheme},
};

/// Returns the fault of a request's host.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), &'static str> {
    let (target, version) = (request.uri(), request.version());
    let mut fields = request.headers().get_all(HOST).iter();
    let field = fields.next();
    if fields.next().is_some() {
        return Err("more than one Host field");
    }
    if let Some(scheme) = target.scheme()
        && *scheme != Scheme::HTTP
        && *scheme != Scheme::HTTPS
    {
        return Err("a target that is not of http");
    }
    let authority = target.authority().map(Authority::as_str);
    let field = field.map(|field| field.to_str().unwrap_or_default());
    match (authority, field) {
        (None, None) if version <= Version::HTTP_10 => return Ok(()),
        (None, None) => return Err("no host"),
        (Some(_), None) if version == Version::HTTP_11 => return Err("no Host field"),
        _ => {}
    }
    let mut named = authority.into_iter().chain(field);
    if !named.all(is_host) {
        return Err("an invalid host");
    }
    // In HTTP/1, the target takes precedence over the header (RFC 9112 §3.2.2). In HTTP/2 they must
    // agree (RFC 9113 §8.3.1).
    if version >= Version::HTTP_2
        && let (Some(authority), Some(field)) = (authority, field)
        && !are_same(authority, field, target.scheme())
    {
        return Err("a Host field that differs from :authority");
    }
    Ok(())
}

/// Accepts a DNS name or an address, with or without a port. RFC 3986 allows more, such as
/// `a.example,b.example`, but browsers never send that.
fn is_host(text: &str) -> bool {
    let (host, port) = split(text);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit())
        && (port.is_empty() || port.parse::<u16>().is_ok());
    is_host && is_port
}

/// Splits off the port, without the colon.
fn split(text: &str) -> (&str, &str) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (text, ""),
    }
}

fn are_same(one: &str, other: &str, scheme: Option<&Scheme>) -> bool {
    let default = if scheme == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    let port = |text: &str| text.parse().unwrap_or(default);
    let ((one, its_port), (other, other_port)) = (split(one), split(other));
    one.eq_ignore_ascii_case(other) && port(its_port) == port(other_port)
}
