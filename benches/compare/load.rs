//! The load: one request after the other on each connection, or at a fixed rate, and every response is
//! checked.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    Request,
    header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE},
};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, runtime::Builder};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Few enough that each can be served at once by the threads of the slowest site.
const CONNECTIONS: u32 = 4;

/// Every one of so many requests makes a choice, where choices are recorded.
const CHOICES: u32 = 1_000;

/// The time of the first request, and the gap between two.
type Plan = (Instant, Duration);

/// A client of one site.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// The visitor's choice, as a cookie.
    pub(crate) preferences: String,
    /// The names that the responses must set, in order.
    pub(crate) expected: &'static [&'static str],
    pub(crate) makes_choices: bool,
}

impl Load {
    /// Sends requests as fast as they are answered.
    pub(crate) fn closed(&self, requests: u32) -> Result<()> {
        self.run(requests, None).map(drop)
    }

    /// Sends requests at planned times, with this gap between two, and returns how long each took since its
    /// planned time. So a request that has to wait for earlier ones counts as slow, and none is left out.
    pub(crate) fn open(&self, requests: u32, gap: Duration) -> Result<Vec<Duration>> {
        let start = Instant::now() + Duration::from_millis(100);
        self.run(requests, Some((start, gap)))
    }

    /// Sends requests over all connections, each with a thread of its own: the timer of an executor is a
    /// millisecond late.
    fn run(&self, requests: u32, plan: Option<Plan>) -> Result<Vec<Duration>> {
        let next = AtomicU32::new(0);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS)
                .map(|_| scope.spawn(|| self.connection(requests, plan, &next)))
                .collect();
            let mut latencies = Vec::new();
            for thread in threads {
                latencies.extend(thread.join().map_err(|_| "a connection panicked")??);
            }
            Ok(latencies)
        })
    }

    fn connection(
        &self,
        requests: u32,
        plan: Option<Plan>,
        next: &AtomicU32,
    ) -> Result<Vec<Duration>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let mut sender = runtime.block_on(connect(self.address))?;
        let mut latencies = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= requests {
                return Ok(latencies);
            }
            let planned = plan.map(|(start, gap)| start + gap * number);
            if let Some(planned) = planned {
                thread::sleep(planned.saturating_duration_since(Instant::now()));
            }
            runtime.block_on(self.ask(&mut sender, number))?;
            latencies.extend(planned.map(|planned| planned.elapsed()));
        }
    }

    fn request(&self, number: u32) -> Result<Request<Full<Bytes>>> {
        let is_choice = self.makes_choices && number % CHOICES == CHOICES - 1;
        let (request, body) = match is_choice {
            true => (
                Request::post("/cookies/preferences")
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
                "decision=refuse",
            ),
            false => (Request::get("/"), ""),
        };
        let cookies = format!(
            "sessionid=4f1c0d8a; csrftoken=a93e7c51; _pk_id.1=1; {}",
            self.preferences
        );
        let request = request
            .header(HOST, self.address.to_string())
            .header(
                "user-agent",
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            )
            .header(
                "accept",
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            )
            .header("accept-language", "fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-site", "same-origin")
            .header(COOKIE, cookies);
        Ok(request.body(Full::from(body))?)
    }

    async fn ask(&self, sender: &mut SendRequest<Full<Bytes>>, number: u32) -> Result<()> {
        sender.ready().await?;
        let request = self.request(number)?;
        let is_choice = request.method() == http::Method::POST;
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        if is_choice {
            return match head.status.is_redirection() || head.status.is_success() {
                true => Ok(()),
                false => Err(format!("a choice was answered with {}", head.status).into()),
            };
        }
        let set = head.headers.get_all(SET_COOKIE).iter();
        let names = set.filter_map(|field| field.to_str().ok()?.split('=').next());
        if !names.eq(self.expected.iter().copied())
            || !head.status.is_success()
            || body.len() < 5_000
        {
            return Err(format!("request {number} was answered with {head:?}").into());
        }
        Ok(())
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
