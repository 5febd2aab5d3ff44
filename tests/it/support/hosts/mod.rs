//! Every host that a browser may ask, played on the loopback interface by one proxy that counts what
//! it is asked.

mod connection;

pub(crate) use self::connection::AFTER;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    browser::{Browser, missing},
    process::{PATIENCE, Server, of_crate},
};

/// The authorities that were asked.
pub(crate) type Asked = BTreeSet<String>;

/// What was requested while a browser showed a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visit {
    /// The paths at the page's own site, except those of the pages about cookies.
    pub(crate) own: BTreeSet<String>,
    /// Every URL at other hosts, as often as it was requested.
    pub(crate) others: Vec<String>,
    /// The other hosts to which there was a connection, with or without a request.
    pub(crate) connected: Asked,
}

/// A page of `own.test` as the browser gets it.
pub(crate) struct Page<'a> {
    pub(crate) address: &'a str,
    /// More lines of its head, each with its end.
    pub(crate) head: String,
    pub(crate) document: String,
}

#[derive(Default)]
struct Seen {
    document: String,
    /// More lines of its head.
    head: String,
    /// The authority and path of the document.
    address: String,
    /// The servers behind hosts that are not played.
    sites: BTreeMap<String, SocketAddr>,
    asked: Asked,
    visit: Visit,
    last: Option<Instant>,
}

impl Seen {
    fn asked(&mut self) {
        self.last = Some(Instant::now());
    }
}

/// A proxy that plays every host: it serves one document, passes the requests for sites on to their
/// servers, and answers everything else by itself.
pub(crate) struct Hosts {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    /// Ends TLS.
    _tls: Option<Server>,
}

impl Hosts {
    /// Starts it without TLS: a connection to a host for `https:` is noted and refused.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| None)
    }

    /// Starts it with TLS, for browsers that accept any certificate. Returns `None` where Python or
    /// `openssl` is missing, which is a failure with `REQUIRE_BROWSER=1`.
    pub(crate) fn start_with_tls() -> Option<Self> {
        let Some(certificate) = certificate() else {
            missing("openssl is not in PATH");
            return None;
        };
        if Command::new("python3").arg("--version").output().is_err() {
            missing("python3 is not in PATH");
            return None;
        }
        Some(Self::start_with(|port| {
            let mut command = Command::new("python3");
            command
                .arg(of_crate("tests/it/support/hosts/tls.py"))
                .arg(port.to_string())
                .arg(&*certificate);
            Some(Server::start(&mut command))
        }))
    }

    fn start_with(tls: impl FnOnce(u16) -> Option<Server>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let tls = tls(address.port());
        let tls_address = tls.as_ref().map(Server::address);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                // A connection that ends early is nothing to report.
                thread::spawn(move || connection::answer(stream, &shared, tls_address).ok());
            }
        });
        Self {
            address,
            seen,
            _tls: tls,
        }
    }

    /// Passes what is for this host on to a server.
    pub(crate) fn pass(&self, host: &str, server: SocketAddr) {
        let mut seen = self.seen.lock().unwrap();
        seen.sites.insert(host.to_owned(), server);
    }

    /// Returns the response of a site's server as text, the head too.
    pub(crate) fn text(&self, host: &str, path: &str) -> String {
        let server = self.seen.lock().unwrap().sites[host];
        let mut stream = TcpStream::connect(server).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Shows a page, and returns who was asked once all that are `expected` were and nothing more
    /// comes.
    pub(crate) fn show(
        &self,
        browser: &Browser,
        page: Page<'_>,
        expected: &Asked,
        quiet: Duration,
    ) -> Asked {
        let mut seen = self.seen.lock().unwrap();
        *seen = Seen {
            document: page.document,
            head: page.head,
            address: page.address["http://".len()..].to_owned(),
            sites: std::mem::take(&mut seen.sites),
            ..Seen::default()
        };
        drop(seen);
        browser.go(page.address);
        self.settle(quiet, |seen| seen.asked.is_superset(expected));
        self.seen.lock().unwrap().asked.clone()
    }

    /// Shows a page of a site, and returns what was requested until there was `enough` and nothing more
    /// comes; with `leaves`, also what it sends when it is left.
    pub(crate) fn visit(
        &self,
        browser: &Browser,
        url: &str,
        quiet: Duration,
        leaves: bool,
        enough: impl Fn(&Visit) -> bool,
    ) -> Visit {
        let mut seen = self.seen.lock().unwrap();
        (seen.visit, seen.last) = (Visit::default(), None);
        drop(seen);
        browser.go(url);
        self.settle(quiet, |seen| enough(&seen.visit));
        if leaves {
            browser.go("about:blank");
            self.settle(quiet, |_| true);
        }
        std::mem::take(&mut self.seen.lock().unwrap().visit)
    }

    /// Waits until there was enough, at most a sixth of our patience, and then for silence.
    fn settle(&self, quiet: Duration, enough: impl Fn(&Seen) -> bool) {
        let loaded = Instant::now();
        loop {
            thread::sleep(Duration::from_millis(5));
            let seen = self.seen.lock().unwrap();
            let silent = seen.last.map_or(loaded, |last| last.max(loaded)).elapsed();
            if (enough(&seen) || loaded.elapsed() > PATIENCE / 6) && silent > quiet {
                return;
            }
        }
    }
}

/// Returns the file of a certificate that nobody trusts, with its key.
fn certificate() -> Option<Box<Path>> {
    // Tests run beside each other in one process.
    static MADE: LazyLock<Option<Box<Path>>> = LazyLock::new(new_certificate);
    MADE.clone()
}

fn new_certificate() -> Option<Box<Path>> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hosts.pem");
    // Each process makes its own, and the last one stays.
    let own = file.with_extension(std::process::id().to_string());
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"])
        .args(["-days", "30", "-subj", "/CN=played.test", "-keyout"])
        .arg(&own)
        .arg("-out")
        .arg(own.with_extension("crt"))
        .output();
    made.ok().filter(|made| made.status.success())?;
    let mut text = std::fs::read(&own).ok()?;
    text.extend(std::fs::read(own.with_extension("crt")).ok()?);
    std::fs::write(&own, text).ok()?;
    std::fs::remove_file(own.with_extension("crt")).ok()?;
    std::fs::rename(&own, &file).ok()?;
    Some(file.into())
}
