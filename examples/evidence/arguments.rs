use std::path::PathBuf;

use lexopt::{
    Arg::{Long, Short, Value},
    Parser, ValueExt,
};
use tower_cookie_consent::records::Instant;

pub(crate) const USAGE: &str = "\
usage: evidence --policy FILE --site URL|in-process --out DIR [OPTION…]
       evidence verify DIR --key PUBLIC [--witness-cert FILE]

  --policy FILE        the policy, as JSON
  --site URL           the running site, such as http://127.0.0.1:3000; in-process mounts the pages of the policy
                       on a small service, and checks that
  --out DIR            the folder of the pack, which is new or empty
  --key FILE           the signing key of the records, created with FILE.pub if both are missing (FILE.key and
                       FILE.pub beside an SQLite file); to verify, the public key
  --before FILE        an earlier edition of the policy
  --date DATE          the date of the pack: 2026-11-29, or 2026-11-29T13:05:00Z (default: now)
  --name NAME          the name of the site (default: its host)
  --visit PATH         a page to visit, and again for each other one (default: / and the pages of the policy)
  --records URL        the store of records: sqlite:FILE, or postgres://USER:PASSWORD@HOST/DATABASE
  --gap TEXT           something that the pack does not show, and again for each other one
  --browser PROGRAM    the Chromium to use (default: the first of chromium, chromium-browser, google-chrome and
                       chrome in PATH); `none` takes no screenshots
  --witness-cert FILE  the certificates of a timestamping authority, or of their CAs, in PEM
  -- PROGRAM [ARGUMENT…]
                       asks that authority (RFC 3161): it gets the request on its standard input, and writes the
                       response to its standard output

If the policy says `\"signed\": true`, the key of the preferences cookie is in the environment variable
PREFERENCES_KEY, in hex; without it, the choices of the test program do not count at a site by its URL.";

/// What the program does.
pub(crate) enum Command {
    Make(Box<Making>),
    Verify {
        folder: PathBuf,
        key: PathBuf,
        witness_certificates: Option<PathBuf>,
    },
}

pub(crate) struct Making {
    pub(crate) policy: PathBuf,
    /// `None` for a service in this process.
    pub(crate) url: Option<String>,
    pub(crate) out: PathBuf,
    pub(crate) key: Option<PathBuf>,
    pub(crate) before: Option<PathBuf>,
    pub(crate) date: Option<Instant>,
    pub(crate) name: Option<String>,
    pub(crate) visits: Vec<String>,
    pub(crate) records: Option<String>,
    pub(crate) gaps: Vec<String>,
    pub(crate) browser: Option<PathBuf>,
    pub(crate) witness_certificates: Option<PathBuf>,
    /// The program that asks the authority, and its arguments.
    pub(crate) authority: Vec<String>,
}

#[derive(Default)]
struct Options {
    policy: Option<PathBuf>,
    site: Option<String>,
    out: Option<PathBuf>,
    key: Option<PathBuf>,
    before: Option<PathBuf>,
    date: Option<Instant>,
    name: Option<String>,
    visits: Vec<String>,
    records: Option<String>,
    gaps: Vec<String>,
    browser: Option<PathBuf>,
    witness_certificates: Option<PathBuf>,
    words: Vec<String>,
    authority: Vec<String>,
}

impl Command {
    /// Reads the command line. `None` if it asks for help.
    pub(crate) fn parse(mut parser: Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut options = Options::default();
        loop {
            // Behind `--`, everything is the authority's.
            if let Some(mut rest) = parser.try_raw_args()
                && rest.peek().is_some_and(|it| it == "--")
            {
                rest.next();
                let words = rest.map(ValueExt::string);
                options.authority = words.collect::<Result<_, _>>()?;
                break;
            }
            let Some(argument) = parser.next()? else {
                break;
            };
            match argument {
                Long("policy") => options.policy = Some(parser.value()?.into()),
                Long("site") => options.site = Some(parser.value()?.string()?),
                Long("out") => options.out = Some(parser.value()?.into()),
                Long("key") => options.key = Some(parser.value()?.into()),
                Long("before") => options.before = Some(parser.value()?.into()),
                Long("date") => options.date = Some(date(&parser.value()?.string()?)?),
                Long("name") => options.name = Some(parser.value()?.string()?),
                Long("visit") => options.visits.push(parser.value()?.string()?),
                Long("records") => options.records = Some(parser.value()?.string()?),
                Long("gap") => options.gaps.push(parser.value()?.string()?),
                Long("browser") => options.browser = Some(parser.value()?.into()),
                Long("witness-cert") => {
                    options.witness_certificates = Some(parser.value()?.into());
                }
                Short('h') | Long("help") => return Ok(None),
                Value(word) => options.words.push(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        options.command().map(Some)
    }
}

impl Options {
    fn command(self) -> Result<Command, lexopt::Error> {
        let words: Vec<_> = self.words.iter().map(String::as_str).collect();
        match words[..] {
            [] => self.making(),
            ["verify", folder] => Ok(Command::Verify {
                folder: folder.into(),
                key: self.key.ok_or("name the public key: --key FILE.pub")?,
                witness_certificates: self.witness_certificates,
            }),
            ["verify", ..] => Err("name one folder to verify".into()),
            [command, ..] => Err(format!("unknown command: {command}").into()),
        }
    }

    fn making(self) -> Result<Command, lexopt::Error> {
        if self.witness_certificates.is_none() != self.authority.is_empty() {
            return Err(
                "a witness needs both: --witness-cert FILE, and -- PROGRAM at the end".into(),
            );
        }
        let site = self
            .site
            .ok_or("name the site: --site URL, or --site in-process")?;
        Ok(Command::Make(Box::new(Making {
            policy: self.policy.ok_or("name the policy: --policy FILE")?,
            url: (site != "in-process").then_some(site),
            out: self.out.ok_or("name the folder of the pack: --out DIR")?,
            key: self.key,
            before: self.before,
            date: self.date,
            name: self.name,
            visits: self.visits,
            records: self.records,
            gaps: self.gaps,
            browser: self.browser,
            witness_certificates: self.witness_certificates,
            authority: self.authority,
        })))
    }
}

fn date(text: &str) -> Result<Instant, lexopt::Error> {
    let whole = match text.contains('T') {
        true => text.to_owned(),
        false => format!("{text}T00:00:00Z"),
    };
    serde_json::from_value(whole.into())
        .map_err(|_| format!("not a date: {text}: write 2026-11-29 or 2026-11-29T13:05:00Z").into())
}
