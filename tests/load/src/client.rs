//! Sixteen connections that send one request after the other and check every response.

use std::{net::SocketAddr, time::SystemTime};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request,
    header::{COOKIE, HOST, SET_COOKIE},
};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{
    Result,
    mixed::{self, Visitor},
    upstream::{BODY, SEEN},
};

const CONNECTIONS: u32 = 16;

/// The contents of the responses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) requests: u64,
    pub(crate) set: u64,
    pub(crate) passed: u64,
    pub(crate) removals: u64,
    pub(crate) wrong_passed: u64,
    pub(crate) wrong_missing: u64,
}

pub(crate) struct Load {
    address: SocketAddr,
    filtered: bool,
    next: u32,
    pub(crate) counted: Counted,
}

impl Load {
    /// A client of a proxy with the layer (`filtered`) or without.
    pub(crate) fn new(address: SocketAddr, filtered: bool) -> Self {
        Self {
            address,
            filtered,
            next: 0,
            counted: Counted::default(),
        }
    }

    pub(crate) async fn run(&mut self, requests: u32, visitor: Visitor) -> Result<()> {
        let first = self.next;
        self.next += requests;
        let mut tasks = JoinSet::new();
        for offset in 0..CONNECTIONS {
            let numbers = (first + offset..self.next).step_by(16);
            tasks.spawn(connection(self.address, self.filtered, visitor, numbers));
        }
        while let Some(counted) = tasks.join_next().await {
            let counted = counted??;
            self.counted.requests += counted.requests;
            self.counted.set += counted.set;
            self.counted.passed += counted.passed;
            self.counted.removals += counted.removals;
            self.counted.wrong_passed += counted.wrong_passed;
            self.counted.wrong_missing += counted.wrong_missing;
        }
        Ok(())
    }
}

async fn connection(
    address: SocketAddr,
    filtered: bool,
    visitor: Visitor,
    numbers: impl Iterator<Item = u32>,
) -> Result<Counted> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (sent, allowed) = mixed::cookie(visitor, &preferences(visitor));
    let mut counted = Counted::default();
    for number in numbers {
        let headers = ask(&mut sender, number, &sent).await?;

        let seen = headers.get(SEEN).ok_or("the upstream saw no cookies")?;
        let expected = if filtered { &allowed } else { &sent };
        if seen != expected {
            return Err(format!("the upstream was shown {seen:?} of {sent:?}").into());
        }
        count(number, filtered.then_some(visitor), &headers, &mut counted)?;
    }
    Ok(counted)
}

async fn ask(
    sender: &mut SendRequest<Empty<Bytes>>,
    number: u32,
    cookie: &str,
) -> Result<HeaderMap> {
    sender.ready().await?;
    let request = Request::get(format!("/{number}"))
        .header(HOST, "portal.example")
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
        )
        .header(
            "accept",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        )
        .header("accept-language", "fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-site", "same-origin")
        .header(COOKIE, cookie)
        .body(Empty::new())?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    if !head.status.is_success() || body.collect().await?.to_bytes() != BODY {
        return Err(format!("request {number} was answered with {}", head.status).into());
    }
    Ok(head.headers)
}

/// Compares the headers with those that the upstream set; without a visitor, all of them must be
/// present.
fn count(
    number: u32,
    visitor: Option<Visitor>,
    headers: &HeaderMap,
    counted: &mut Counted,
) -> Result<()> {
    let mut given = headers
        .get_all(SET_COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .peekable();
    counted.requests += 1;
    for (field, fate) in mixed::set_cookies(number) {
        counted.set += 1;
        let passed = given.next_if_eq(&&*field).is_some();
        counted.passed += u64::from(passed);
        match (visitor.is_none_or(|visitor| visitor.gets(fate)), passed) {
            (true, false) => counted.wrong_missing += 1,
            (false, true) => counted.wrong_passed += 1,
            (true, true) | (false, false) => {}
        }
    }
    // Each response starts its removals at a different one of the received cookies.
    let mut removals: Vec<&[u8]> = given.collect();
    for name in visitor.map(mixed::expired).unwrap_or_default() {
        for domain in ["", "; Domain=portal.example"] {
            let removal = format!(
                "{name}=; Path=/{domain}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
            );
            let found = removals
                .iter()
                .position(|given| *given == removal.as_bytes());
            let found = found.ok_or(format!("request {number}: {name} is not expired"))?;
            removals.swap_remove(found);
            counted.removals += 1;
        }
    }
    // Whatever is left was not sent by the upstream in this form.
    counted.wrong_passed += u64::try_from(removals.len())?;
    Ok(())
}

fn preferences(visitor: Visitor) -> String {
    let answer = match visitor {
        Visitor::Undecided => return String::new(),
        Visitor::Accepted => true,
        Visitor::Refused => false,
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_secs());
    format!(
        "cookies_preferences=%7B%22statistiques%22%3A{answer}%2C%22internes%22%3A{answer}%2C\
         %22tiers%22%3A{answer}%2C%22timestamp%22%3A{now}%2C%22revision%22%3A1%7D"
    )
}
