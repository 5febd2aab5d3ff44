//! The URL of a database.

use std::{fmt::Write as _, path::Path, sync::Arc, time::Duration};

use percent_encoding::percent_decode_str;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::records::StoreError;

/// The way to connect.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    /// `None` connects without TLS.
    pub(super) tls: Option<MakeRustlsConnect>,
    /// The URL without password and options, for errors.
    pub(super) name: String,
}

/// A server that does not answer for so long is down.
const CONNECT: Duration = Duration::from_secs(5);

const FORM: &str = "not the URL of a PostgreSQL database: write \
    postgres://USER:PASSWORD@HOST/DATABASE, with special characters percent-encoded, and options \
    that are documented";

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let is_url = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        if !is_url {
            return Err(StoreError::permanent(FORM));
        }
        let (plain, options) = Options::take(url)?;
        // Its own error could have a part of the password.
        let mut config: Config = plain.parse().map_err(|_| StoreError::permanent(FORM))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(StoreError::permanent(FORM));
        }
        let name = name(&config);
        let tls = options.tls(&config, &name)?;
        let mode = if tls.is_some() {
            SslMode::Require
        } else {
            SslMode::Disable
        };
        config.ssl_mode(mode);
        // Of several, one may be a standby.
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        if hosts > 1 && config.get_target_session_attrs() == TargetSessionAttrs::Any {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name(env!("CARGO_PKG_NAME"));
        }
        Ok(Self { config, tls, name })
    }
}

/// The options that tokio-postgres does not know, or reads differently.
#[derive(Default)]
struct Options {
    mode: Option<String>,
    authorities: Option<String>,
}

impl Options {
    /// Takes them out of a URL.
    fn take(url: &str) -> Result<(String, Self), StoreError> {
        let mut found = Self::default();
        let Some((base, query)) = url.split_once('?') else {
            return Ok((url.to_owned(), found));
        };
        let mut rest = Vec::new();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let place = match name {
                "sslmode" => &mut found.mode,
                "sslrootcert" => &mut found.authorities,
                _ => {
                    rest.push(pair);
                    continue;
                }
            };
            let value = percent_decode_str(value).decode_utf8();
            *place = Some(value.map_err(|_| StoreError::permanent(FORM))?.into_owned());
        }
        Ok((format!("{base}?{}", rest.join("&")), found))
    }

    fn tls(&self, config: &Config, name: &str) -> Result<Option<MakeRustlsConnect>, StoreError> {
        let is_wanted = match self.mode.as_deref() {
            None => self.authorities.is_some() || !is_local(config),
            Some("disable") => false,
            Some("require" | "verify-full") => true,
            Some(_) => {
                return Err(StoreError::permanent(format!(
                    "{name}: write sslmode=verify-full, or sslmode=disable on a network that you trust: \
                     the other modes protect against nobody"
                )));
            }
        };
        if !is_wanted {
            return Ok(None);
        }
        let roots = match self.authorities.as_deref() {
            None | Some("system") => system_roots(),
            Some(file) => roots_in(Path::new(file), name)?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| StoreError::permanent(format!("{name}: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Some(MakeRustlsConnect::new(config)))
    }
}

/// Returns `true` if the bytes do not leave the machine.
fn is_local(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    let addresses = config.get_hostaddrs();
    if addresses.is_empty() {
        config.get_hosts().iter().all(host)
    } else {
        addresses.iter().all(std::net::IpAddr::is_loopback)
    }
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn roots_in(file: &Path, name: &str) -> Result<RootCertStore, StoreError> {
    let failed = |what: &str| {
        let file = file.display();
        StoreError::permanent(format!(
            "{name}: sslrootcert={file}: {what}: name a file with certificates, in PEM"
        ))
    };
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(&error.to_string()))?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    (added > 0)
        .then_some(roots)
        .ok_or_else(|| failed("it has none"))
}

/// Returns the URL, without its password and options.
fn name(config: &Config) -> String {
    let mut name = "postgres://".to_owned();
    if let Some(user) = config.get_user() {
        // Writing to a string does not fail.
        let _ = write!(name, "{user}@");
    }
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(host) => host.clone(),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    });
    let addresses = config.get_hostaddrs().iter().map(ToString::to_string);
    let mut hosts: Vec<String> = hosts.collect();
    if hosts.is_empty() {
        hosts = addresses.collect();
    }
    let ports = config.get_ports();
    for (at, host) in hosts.iter().enumerate() {
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(name, "{comma}{host}:{port}");
    }
    if let Some(database) = config.get_dbname() {
        let _ = write!(name, "/{database}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_password() {
        for (url, wanted) in [
            (
                "postgres://me:secret@db/records",
                "postgres://me@db:5432/records",
            ),
            (
                "postgres://me:sec/ret@db/records",
                "postgres://me@db:5432/records",
            ),
            (
                "postgres://me:sec?ret@db/records",
                "postgres://me@db:5432/records",
            ),
            (
                "postgres://me:sec?ret=1@db/records",
                "postgres://me@db:5432/records",
            ),
            (
                "postgresql://me:s%2F%40@db:99?connect_timeout=3",
                "postgres://me@db:99",
            ),
            (
                "postgres://db/records?password=secret&user=me",
                "postgres://me@db:5432/records",
            ),
            (
                "postgres://me@/records?host=/run/pg&port=1",
                "postgres://me@/run/pg:1/records",
            ),
            (
                "postgres://a,b:2/records?sslmode=require",
                "postgres://a:5432,b:2/records",
            ),
        ] {
            assert_eq!(Address::parse(url).unwrap().name, wanted);
        }
    }

    #[test]
    fn of_several_hosts_one_that_can_be_written_is_wanted() {
        for (url, wanted) in [
            ("postgres://a/x", TargetSessionAttrs::Any),
            ("postgres://a,b/x", TargetSessionAttrs::ReadWrite),
            (
                "postgres://a,b/x?target_session_attrs=read-only",
                TargetSessionAttrs::ReadOnly,
            ),
        ] {
            let config = Address::parse(url).unwrap().config;
            assert_eq!(config.get_target_session_attrs(), wanted, "{url}");
        }
    }

    #[test]
    fn what_is_not_a_url_is_refused_without_being_repeated() {
        for url in [
            "",
            "secret",
            "sqlite:secret",
            "host=db password=secret",
            "postgres://me:secret@",
            "postgres://me:secret@db:port/records",
            "postgres://me:secret@db/records?unknown=1",
            "postgres://me:secret@db/records?sslmode=prefer",
            "postgres://me:secret@db/records?sslmode=secret",
            "postgres://me:secret@db/records?sslrootcert=/none/at/all",
        ] {
            let error = Address::parse(url).map(|_| ()).expect_err(url);
            assert!(!error.to_string().contains("secret"), "{url}: {error}");
            assert!(!error.is_temporary());
        }
    }

    #[test]
    fn only_what_stays_on_the_machine_needs_no_tls() {
        for (url, wanted) in [
            ("postgres://localhost/x", false),
            ("postgres://127.0.0.1/x", false),
            ("postgres://[::1]/x", false),
            ("postgres:///x?host=/run/postgresql", false),
            ("postgres://db/x", true),
            ("postgres://localhost,db/x", true),
            ("postgres://localhost/x?hostaddr=192.0.2.1", true),
            ("postgres://db/x?sslmode=disable", false),
            ("postgres://localhost/x?sslmode=require", true),
            ("postgres://localhost/x?sslmode=verify-full", true),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address.tls.is_some(), wanted, "{url}");
            let mode = address.config.get_ssl_mode();
            let required = if wanted {
                SslMode::Require
            } else {
                SslMode::Disable
            };
            assert_eq!(mode, required, "{url}");
        }
    }
}
