//! The command line.

use std::{path::PathBuf, time::Duration};

use http::{HeaderName, Uri, uri::Scheme};
use lexopt::{
    Arg::{Long, Short},
    Parser, ValueExt,
};
use tower_cookie_consent::{Undeclared, documents::Documents};

use crate::{records, server::SILENCE};

pub(crate) const USAGE: &str = "\
usage: reverse_proxy --upstream URL --policy PATH [OPTION…]

  --listen ADDRESS      where to listen (127.0.0.1:8080; port 0 takes a free one)
  --upstream URL        the server to pass requests to: http://HOST[:PORT][/PATH]
  --policy PATH         the cookie policy, as JSON; or a folder of policies, one for each host:
                        example.org.json, *.example.org.json for the hosts below it, and default.json
                        for all others
  --reload              read the policies again when they change, and at SIGHUP; if any is invalid, the
                        log says so and those before stay in force
  --undeclared WHAT     cookies that the policy does not declare: withhold (the default) strips
                        them from responses, hide takes them from requests too, allow passes them
  --strict-values       hide cookies whose value some servers would read as a withheld cookie
  --pages PREFIX        add the cookie policy page at PREFIX and the form at PREFIX/preferences; with
                        --documents gate or both, put the banner and a footer into each page; a policy
                        can have another path (pages_at), and the site's name (site)
  --documents WHAT      hold back what the upstream's HTML loads from services without consent and from
                        undeclared origins: gate renames attributes, csp sends a
                        Content-Security-Policy, both does both (default: off; needs --pages)
  --records URL         record choices there before they grant anything: sqlite:FILE, or postgres://…
  --record-subject WHAT  what links the records of a visitor: receipt, a cookie that only the pages get (the
                        default with --pages), or none
  --record-spool FILE   where records wait while the store is down, so that grants go on (default: beside
                        an SQLite file; with PostgreSQL none, and nothing can be granted then)
  --record-key FILE     the key that signs visitors' receipts, created with FILE.pub if it is missing
                        (default: FILE.key beside an SQLite file, if it exists; otherwise no receipts)
  --regime-header NAME  the request header in which the network in front says where the visitor is, as FR or
                        US-CA: their rules apply, as far as the policy declares regimes (default: the
                        policy's own rules for everybody)
  --report-only         judge and log everything, change nothing
  --timeout SECONDS     how long the upstream may stay silent before it begins its response (60)
  --client-timeout SECONDS  how long a client may stay silent before a request, within its head or
                        within its body (30)
  --help                this text
";

pub(crate) struct Arguments {
    pub(crate) listen: String,
    pub(crate) upstream: Uri,
    pub(crate) policy: PathBuf,
    pub(crate) reload: bool,
    pub(crate) undeclared: Undeclared,
    pub(crate) strict_values: bool,
    pub(crate) report_only: bool,
    pub(crate) pages: Option<String>,
    pub(crate) documents: Option<Documents>,
    pub(crate) records: Option<String>,
    pub(crate) spool: Option<String>,
    /// The key that signs receipts.
    pub(crate) record_key: Option<String>,
    /// Records are linked by a receipt, for the pages.
    pub(crate) has_receipts: bool,
    pub(crate) regime_header: Option<HeaderName>,
    pub(crate) timeout: Duration,
    pub(crate) client_timeout: Duration,
}

impl Arguments {
    /// Returns `None` if help was requested.
    pub(crate) fn parse(mut parser: Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut listen = "127.0.0.1:8080".to_owned();
        let mut upstream = None;
        let mut policy = None;
        let mut reload = false;
        let mut undeclared = Undeclared::Withhold;
        let mut strict_values = false;
        let mut report_only = false;
        let (mut pages, mut documents) = (None, None);
        let (mut records, mut spool, mut has_receipts) = (None, None, None);
        let (mut record_key, mut regime_header) = (None, None);
        let mut timeout = Duration::from_secs(60);
        let mut client_timeout = SILENCE;
        while let Some(argument) = parser.next()? {
            match argument {
                Long("listen") => listen = parser.value()?.string()?,
                Long("upstream") => upstream = Some(parser.value()?.parse_with(upstream_of)?),
                Long("policy") => policy = Some(PathBuf::from(parser.value()?)),
                Long("reload") => reload = true,
                Long("undeclared") => undeclared = parser.value()?.parse_with(undeclared_of)?,
                Long("strict-values") => strict_values = true,
                Long("report-only") => report_only = true,
                Long("pages") => pages = Some(parser.value()?.parse_with(prefix_of)?),
                Long("documents") => documents = Some(parser.value()?.parse_with(documents_of)?),
                Long("records") => records = Some(parser.value()?.string()?),
                Long("record-key") => record_key = Some(parser.value()?.string()?),
                Long("record-spool") => spool = Some(parser.value()?.string()?),
                Long("record-subject") => {
                    has_receipts = Some(parser.value()?.parse_with(records::has_receipts)?);
                }
                Long("regime-header") => regime_header = Some(parser.value()?.parse()?),
                Long("timeout") => timeout = parser.value()?.parse_with(timeout_of)?,
                Long("client-timeout") => {
                    client_timeout = parser.value()?.parse_with(timeout_of)?;
                }
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        let arguments = Self {
            listen,
            upstream: upstream.ok_or("--upstream is missing")?,
            policy: policy.ok_or("--policy is missing")?,
            reload,
            undeclared,
            strict_values,
            report_only,
            has_receipts: has_receipts.unwrap_or(pages.is_some()),
            pages,
            documents,
            records,
            spool,
            record_key,
            regime_header,
            timeout,
            client_timeout,
        };
        arguments.check(has_receipts == Some(true))?;
        Ok(Some(arguments))
    }

    /// Returns an error for arguments that contradict each other.
    fn check(&self, wants_receipts: bool) -> Result<(), lexopt::Error> {
        if self.documents.is_some() && self.pages.is_none() {
            return Err("--documents needs --pages: visitors must be able to consent".into());
        }
        if wants_receipts && self.pages.is_none() {
            return Err("--record-subject receipt needs --pages, which show it".into());
        }
        if self.record_key.is_some() && self.records.is_none() {
            return Err("--record-key needs --records, whose receipts it signs".into());
        }
        if self.spool.is_some() && self.records.is_none() {
            return Err("--record-spool needs --records, the store that it waits for".into());
        }
        if self.records.is_some() && self.report_only {
            return Err(
                "--records can't be kept with --report-only, where all counts as it is".into(),
            );
        }
        Ok(())
    }
}

fn upstream_of(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|_| "not a URL".to_owned())?;
    if uri.scheme() != Some(&Scheme::HTTP) {
        return Err("only http:// upstreams can be reached".to_owned());
    }
    if uri.query().is_some() {
        return Err("an upstream has no query".to_owned());
    }
    Ok(uri)
}

fn undeclared_of(text: &str) -> Result<Undeclared, &'static str> {
    match text {
        "withhold" => Ok(Undeclared::Withhold),
        "allow" => Ok(Undeclared::Allow),
        "hide" => Ok(Undeclared::Hide),
        _ => Err("one of withhold, allow, hide"),
    }
}

/// Accepts a path below the root, without a `/` at its end.
fn prefix_of(text: &str) -> Result<String, &'static str> {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let is_prefix = text.len() > 1
        && text.starts_with('/')
        && !text.ends_with('/')
        && !text.contains("//")
        && text.bytes().all(plain);
    match is_prefix {
        true => Ok(text.to_owned()),
        false => Err("a path such as /cookies, without a slash at its end"),
    }
}

fn documents_of(text: &str) -> Result<Documents, &'static str> {
    match text {
        "both" => Ok(Documents::Both),
        "gate" => Ok(Documents::Gate),
        "csp" => Ok(Documents::Csp),
        _ => Err("one of both, gate, csp"),
    }
}

fn timeout_of(text: &str) -> Result<Duration, &'static str> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|timeout| !timeout.is_zero())
        .ok_or("not a time that can pass")
}
