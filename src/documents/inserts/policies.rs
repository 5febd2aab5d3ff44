//! What the site's own Content-Security-Policies allow of the pages: several count together, so that a
//! file has to pass each (CSP 3, "multiple policies").

use http::{HeaderMap, header::CONTENT_SECURITY_POLICY};
use url::Url;

use super::super::origin::Located;

/// The policies of one document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies(Vec<Policy>);

/// The directives of a policy: the name in lower case, and the values.
#[derive(Clone, Debug)]
struct Policy(Vec<(String, Vec<String>)>);

/// A file of the pages that a page loads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    pub(crate) document: &'a Located,
    pub(crate) url: &'a Url,
}

/// The name of the directive that forbids something.
pub(crate) type Forbidden = &'static str;

impl Policies {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut policies = Self::default();
        for field in headers.get_all(CONTENT_SECURITY_POLICY) {
            policies.add(&String::from_utf8_lossy(field.as_bytes()));
        }
        policies
    }

    fn add(&mut self, list: &str) {
        self.0.extend(list.split(',').map(Policy::read));
    }

    /// Adds the policy of a `<meta>`, in which some directives do not count.
    pub(crate) fn add_meta(&mut self, list: &str) {
        let before = self.0.len();
        self.add(list);
        for policy in &mut self.0[before..] {
            policy.0.retain(|(name, _)| name != "sandbox");
        }
    }

    /// Returns the nonce with which every policy lets the stylesheet load, if it needs one.
    pub(crate) fn style(&self, file: Option<File<'_>>) -> Result<Option<String>, Forbidden> {
        self.loads(&["style-src-elem", "style-src", "default-src"], file)
    }

    /// The same for the script, which also has to ask for the state of the choice.
    pub(crate) fn script(&self, file: Option<File<'_>>) -> Result<Option<String>, Forbidden> {
        for token in ["allow-scripts", "allow-same-origin"] {
            self.is_let_out(token)?;
        }
        let nonce = self.loads(&["script-src-elem", "script-src", "default-src"], file)?;
        self.all(&["connect-src", "default-src"], |sources| {
            sources.iter().any(|source| matches(source, file))
        })?;
        Ok(nonce)
    }

    /// Says if forms may be sent to the pages.
    pub(crate) fn form(&self, file: Option<File<'_>>) -> Result<(), Forbidden> {
        self.is_let_out("allow-forms")?;
        self.all(&["form-action"], |sources| {
            sources.iter().any(|source| matches(source, file))
        })
    }

    /// A sandbox forbids what it does not name.
    fn is_let_out(&self, token: &str) -> Result<(), Forbidden> {
        self.all(&["sandbox"], |tokens| {
            tokens.iter().any(|it| it.eq_ignore_ascii_case(token))
        })
    }

    /// Returns the nonce that satisfies all policies. One is preferred: with it, scripts that wait for
    /// consent start only if they have it too.
    fn loads(
        &self,
        names: &[&'static str],
        file: Option<File<'_>>,
    ) -> Result<Option<String>, Forbidden> {
        let lists = self.0.iter().filter_map(|policy| policy.get(names));
        let nonces = lists
            .flat_map(|(_, sources)| sources)
            .filter_map(|it| nonce(it));
        let candidates = nonces.map(Some).chain([None]);
        let mut forbidden = Err(names[0]);
        for candidate in candidates {
            let result = self.all(names, |sources| {
                let has_nonce = sources
                    .iter()
                    .any(|it| nonce(it) == candidate && candidate.is_some());
                let is_strict = names.contains(&"script-src")
                    && sources
                        .iter()
                        .any(|it| it.eq_ignore_ascii_case("'strict-dynamic'"));
                has_nonce || !is_strict && sources.iter().any(|source| matches(source, file))
            });
            match result {
                Ok(()) => return Ok(candidate.map(str::to_owned)),
                Err(name) => forbidden = Err(name),
            }
        }
        forbidden
    }

    /// Asks each policy that has one of these directives, of which the first counts.
    fn all(
        &self,
        names: &[&'static str],
        allows: impl Fn(&[String]) -> bool,
    ) -> Result<(), Forbidden> {
        let lists = self.0.iter().filter_map(|policy| policy.get(names));
        for (name, sources) in lists {
            if !allows(sources) {
                return Err(name);
            }
        }
        Ok(())
    }
}

impl Policy {
    fn read(text: &str) -> Self {
        let mut directives: Vec<(String, Vec<String>)> = Vec::new();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else {
                continue;
            };
            // Of several, the first counts.
            if !directives.iter().any(|(other, _)| *other == name) {
                directives.push((name, words.map(str::to_owned).collect()));
            }
        }
        Self(directives)
    }

    fn get(&self, names: &[&'static str]) -> Option<(&'static str, &[String])> {
        names.iter().find_map(|name| {
            let (_, sources) = self.0.iter().find(|(other, _)| other == name)?;
            Some((*name, &**sources))
        })
    }
}

fn nonce(source: &str) -> Option<&str> {
    let (start, nonce) = source.split_at_checked(7)?;
    let nonce = nonce.strip_suffix('\'').filter(|nonce| !nonce.is_empty())?;
    start.eq_ignore_ascii_case("'nonce-").then_some(nonce)
}

/// Does a source match a file of the document's own origin (CSP 3, "does url match source
/// expression")? Without an address of the document, only `'self'` and schemes do.
fn matches(source: &str, file: Option<File<'_>>) -> bool {
    if source == "*" || source.eq_ignore_ascii_case("'self'") {
        return true;
    }
    if source.starts_with('\'') {
        return false;
    }
    let scheme = |wanted: &str| {
        let Some(File { document, url }) = file else {
            return wanted.eq_ignore_ascii_case("https");
        };
        // A source of `http` lets `https` pass.
        wanted.eq_ignore_ascii_case(url.scheme())
            || wanted.eq_ignore_ascii_case("http") && matches!(url.scheme(), "http" | "https")
            || document.is_guessed && wanted.eq_ignore_ascii_case("https")
    };
    if let Some(wanted) = source.strip_suffix(':') {
        return scheme(wanted);
    }
    let Some(File { url, .. }) = file else {
        return false;
    };
    let rest = match source.split_once("://") {
        Some((wanted, _)) if !scheme(wanted) => return false,
        Some((_, rest)) => rest,
        None => source,
    };
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (host, None),
    };
    is_host(host, url) && is_port(port, url) && is_path(path, url.path())
}

fn is_host(source: &str, url: &Url) -> bool {
    let own = url.host_str().unwrap_or_default();
    let source = source.to_ascii_lowercase();
    match source.strip_prefix('*') {
        Some(end) => end.is_empty() || end.starts_with('.') && own.ends_with(end),
        None => source == own,
    }
}

fn is_port(source: Option<&str>, url: &Url) -> bool {
    match source {
        Some("*") => true,
        Some(port) => {
            let own = url.port_or_known_default();
            port.parse().ok() == own || port == "80" && own == Some(443)
        }
        None => url.port().is_none(),
    }
}

/// A path that ends with a slash is that of a folder.
fn is_path(source: &str, own: &str) -> bool {
    match source {
        "" | "/" => true,
        folder if folder.ends_with('/') => own.starts_with(folder),
        file => own == file,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn policies(texts: &[&str]) -> Policies {
        let fields = texts.iter().map(|text| {
            let value = HeaderValue::from_str(text).unwrap();
            (CONTENT_SECURITY_POLICY, value)
        });
        Policies::of(&fields.collect())
    }

    fn asked<T>(ask: impl Fn(Option<File<'_>>) -> T) -> T {
        let document = Located {
            url: "https://own.example/a/b".parse().unwrap(),
            is_guessed: true,
        };
        let url = "https://own.example/cookies/file.css".parse().unwrap();
        ask(Some(File {
            document: &document,
            url: &url,
        }))
    }

    #[test]
    fn file_has_to_pass_every_policy() {
        for (texts, expected) in [
            (&[][..], Ok(None)),
            (&["img-src 'none'"], Ok(None)),
            (&["default-src 'self'"], Ok(None)),
            (&["default-src 'none'"], Err("default-src")),
            (&["default-src"], Err("default-src")),
            (&["default-src 'none'; STYLE-SRC 'Self'"], Ok(None)),
            (&["style-src 'none'; style-src 'self'"], Err("style-src")),
            (
                &["style-src 'self'; style-src-elem x.example"],
                Err("style-src-elem"),
            ),
            (&["style-src 'nonce-b' 'self'"], Ok(Some("b"))),
            (&["style-src 'Nonce-c=' 'strict-dynamic'"], Ok(Some("c="))),
            (
                &["style-src 'nonce-' 'nonce-'x 'unsafe-inline'"],
                Err("style-src"),
            ),
            (
                &["style-src 'nonce-b'", "style-src 'nonce-d' 'nonce-b'"],
                Ok(Some("b")),
            ),
            (&["style-src 'nonce-b', style-src 'self'"], Ok(Some("b"))),
            (
                &["style-src 'nonce-b'", "style-src 'nonce-d'"],
                Err("style-src"),
            ),
            (
                &["style-src 'nonce-b' 'self'", "style-src 'nonce-d' 'self'"],
                Ok(Some("b")),
            ),
            (&["style-src https:"], Ok(None)),
            (&["style-src http:"], Ok(None)),
            (&["style-src data:"], Err("style-src")),
            (&["style-src *"], Ok(None)),
            (&["style-src own.example"], Ok(None)),
            (&["style-src https://Own.example:443/cookies/"], Ok(None)),
            (&["style-src https://own.example/static/"], Err("style-src")),
            (&["style-src *.example"], Ok(None)),
            (&["style-src *.own.example"], Err("style-src")),
            (&["style-src own.example:*"], Ok(None)),
            (&["style-src own.example:8080"], Err("style-src")),
            (&["sandbox"], Ok(None)),
        ] {
            let policies = policies(texts);
            let found = asked(|file| policies.style(file));
            let found = found.as_ref().map(Option::as_deref).map_err(|it| *it);
            assert_eq!(found, expected, "{texts:?}");
        }
    }

    #[test]
    fn script_has_to_run_and_to_ask() {
        for (text, expected) in [
            ("default-src 'self'", Ok(None)),
            ("script-src 'self' 'strict-dynamic'", Err("script-src")),
            ("script-src 'nonce-a' 'strict-dynamic'", Ok(Some("a"))),
            ("default-src 'nonce-a'", Err("default-src")),
            ("default-src 'nonce-a'; connect-src 'self'", Ok(Some("a"))),
            ("connect-src api.example", Err("connect-src")),
            ("sandbox allow-scripts", Err("sandbox")),
            ("sandbox Allow-Scripts allow-same-origin", Ok(None)),
            ("require-trusted-types-for 'script'", Ok(None)),
        ] {
            let policies = policies(&[text]);
            let found = asked(|file| policies.script(file));
            let found = found.as_ref().map(Option::as_deref).map_err(|it| *it);
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn forms_have_a_directive_of_their_own() {
        for (text, expected) in [
            ("default-src 'none'", Ok(())),
            ("form-action 'none'", Err("form-action")),
            ("form-action pay.example 'self'", Ok(())),
            ("sandbox allow-scripts", Err("sandbox")),
            ("sandbox allow-forms", Ok(())),
        ] {
            let policies = policies(&[text]);
            assert_eq!(asked(|file| policies.form(file)), expected, "{text}");
        }
        let mut meta = Policies::default();
        meta.add_meta("sandbox; form-action 'none'");
        assert_eq!(asked(|file| meta.form(file)), Err("form-action"));
    }

    #[test]
    fn unknown_address_is_the_documents_own() {
        let of = |text| policies(&[text]).style(None).is_ok();
        assert!(of("style-src 'self'") && of("style-src https:") && of("style-src *"));
        assert!(!of("style-src own.example") && !of("style-src data:"));
    }
}
