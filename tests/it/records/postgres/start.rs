//! What is wrong at the start is one clear error, with the fix.

use std::{fs, process::Command, time::Duration};

use tokio::time::{sleep, timeout};
use tower_cookie_consent::records::{
    Appended, PostgresStore, RecordStore as _, Records, StoreError,
};

use super::{START, entry, entry_at};
use crate::support::postgres::Postgres;

async fn error(url: &str) -> StoreError {
    let error = PostgresStore::connect(url).await.expect_err(url);
    let text = error.to_string();
    for secret in ["correct", "horse", "wrong"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(!text.contains('\n'), "{text}");
    error
}

#[tokio::test]
async fn errors_name_the_database_and_the_fix() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = free.local_addr().unwrap();
    drop(free);
    for (url, fix, is_temporary) in [
        (
            url.replace("horse", "wrong"),
            "check the password in the URL",
            false,
        ),
        (
            url.replace(":correct%20horse", ""),
            "add it to the URL",
            false,
        ),
        (
            url.replace("owner:", "nobody:"),
            "check the password in the URL",
            false,
        ),
        (
            server.url("missing"),
            "create the database with createdb",
            false,
        ),
        (
            "postgres://owner:wrong@records.invalid/x?sslmode=disable".to_owned(),
            "check host and port",
            true,
        ),
        (
            format!("postgres://owner:wrong@{closed}/x"),
            "check host and port",
            true,
        ),
        (
            format!("{url}?sslmode=require"),
            "the server does not offer TLS",
            false,
        ),
    ] {
        let error = error(&url).await;
        let text = error.to_string();
        assert!(text.contains(fix), "{text}");
        assert!(text.starts_with("postgres://"), "{text}");
        assert_eq!(error.is_temporary(), is_temporary, "{text}");
    }
}

#[tokio::test]
async fn only_a_required_server_has_to_be_up() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = free.local_addr().unwrap();
    drop(free);
    let url = format!("postgres://owner:wrong@{closed}/x");
    let records = async || Records::open(&url).await.unwrap();
    assert!(records().await.build().is_ok());
    let error = records().await.require_store(true).build().unwrap_err();
    assert!(error.to_string().contains("check host and port"), "{error}");
    // What nobody but the site can change is an error in any case.
    if let Some(server) = Postgres::shared() {
        let url = server.database().replace("horse", "wrong");
        let error = Records::open(&url).await.unwrap_err();
        assert!(error.to_string().contains("check the password"), "{error}");
    }
}

/// The writer waits for 300 ms and asks again, and an update of many records takes minutes.
#[tokio::test]
async fn an_update_goes_on_without_its_caller() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let lock = "SELECT pg_advisory_lock(x'00636f6e73656e74'::bigint), pg_sleep(2)";
    let other = server.begin_sql(&url, lock);
    super::asleep(&server, &url).await;
    let store = PostgresStore::new(&url).unwrap();
    let group = [entry()];
    for _ in 0..8 {
        let append = timeout(Duration::from_millis(100), store.append(&group));
        assert!(append.await.is_err(), "it waits for the lock");
    }
    let waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                   WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted";
    assert_eq!(server.sql(&url, waiting), "1");
    drop(other);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(store.append(&group).await.unwrap(), [Appended::New]);
}

#[tokio::test]
async fn a_role_that_may_not_write_is_an_error() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let reader = url.replace("owner:correct%20horse", "reader:wrong");
    let sql = "DROP ROLE IF EXISTS reader";
    server.sql(&url, sql);
    server.sql(&url, "CREATE ROLE reader LOGIN PASSWORD 'wrong'");
    // Neither may it create the tables, nor write those of another.
    let text = error(&reader).await.to_string();
    assert!(text.contains("grant it CREATE on the schema"), "{text}");
    PostgresStore::connect(&url).await.unwrap();
    // Rights on the tables are not enough: each month has a new one, which is attached by the owner.
    for rights in ["TRIGGER", "SELECT", "SELECT, INSERT", "ALL"] {
        let sql = format!("GRANT {rights} ON ALL TABLES IN SCHEMA public TO reader");
        server.sql(&url, &sql);
        let text = error(&reader).await.to_string();
        assert!(text.contains("name the role that owns them"), "{text}");
    }
    server.sql(
        &url,
        "ALTER ROLE reader SET default_transaction_read_only = on",
    );
    let text = error(&reader).await.to_string();
    assert!(
        text.contains("the database is read-only: name the primary server"),
        "{text}"
    );
}

/// Whoever does what an error says has no other one, today or next month.
#[tokio::test]
async fn what_errors_advise_lets_a_role_write() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let all = server.url("postgres");
    server.sql(&all, "CREATE ROLE site LOGIN PASSWORD 'wrong'");
    for (tables_exist, advice, sql) in [
        (
            false,
            "grant it CREATE on the schema",
            "GRANT CREATE ON SCHEMA public TO site",
        ),
        (
            true,
            "make it a member of that one (GRANT)",
            "GRANT CREATE ON SCHEMA public TO site; GRANT owner TO site",
        ),
    ] {
        let url = server.database();
        if tables_exist {
            PostgresStore::connect(&url).await.unwrap();
        }
        let site = url.replace("owner:correct%20horse", "site:wrong");
        let text = error(&site).await.to_string();
        assert!(text.contains(advice), "{text}");
        server.sql(&url, sql);
        let store = PostgresStore::connect(&site).await.unwrap();
        for days in [0, 62] {
            let group =
                ["00ff", "00fe"].map(|key| entry_at(START + days * 86_400, Some(key), "granted"));
            assert_eq!(store.append(&group).await.unwrap(), [Appended::New; 2]);
            let group = [entry_at(START + days * 86_400 + 1, Some("00ff"), "denied")];
            assert_eq!(store.append(&group).await.unwrap(), [Appended::New]);
        }
    }
}

/// Rights that the owner itself has lost, such as by a script that restricts a schema.
#[tokio::test]
async fn each_right_of_a_writer_is_asked_for_at_the_start() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let all = server.url("postgres");
    server.sql(&all, "CREATE ROLE plain LOGIN PASSWORD 'wrong'");
    server.sql(&url, "GRANT CREATE ON SCHEMA public TO plain");
    let plain = url.replace("owner:correct%20horse", "plain:wrong");
    PostgresStore::connect(&plain).await.unwrap();
    for (right, place) in [
        ("UPDATE", "consent_counters"),
        ("DELETE", "consent_nonces"),
        ("UPDATE", "consent_lease"),
        ("INSERT", "consent_links"),
        ("SELECT", "consent_documents"),
        ("CREATE", "SCHEMA public"),
    ] {
        server.sql(&url, &format!("REVOKE {right} ON {place} FROM plain"));
        let text = error(&plain).await.to_string();
        assert!(
            text.contains("the role may not write the tables"),
            "{place}: {text}"
        );
        server.sql(&url, &format!("GRANT {right} ON {place} TO plain"));
        PostgresStore::connect(&plain).await.unwrap();
    }
}

#[tokio::test]
async fn a_newer_schema_is_not_touched() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    PostgresStore::connect(&url).await.unwrap();
    server.sql(&url, "UPDATE consent_schema SET version = 99");
    let error = error(&url).await;
    assert!(
        error
            .to_string()
            .contains("its schema 99 is newer than this release"),
        "{error}"
    );
    assert!(!error.is_temporary());
    assert_eq!(server.sql(&url, "SELECT version FROM consent_schema"), "99");
}

#[tokio::test]
async fn a_database_of_another_encoding_is_refused() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.url("latin");
    let sql = "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0";
    server.sql(&server.url("postgres"), sql);
    let error = error(&url).await;
    assert!(error.to_string().contains("ENCODING 'UTF8'"), "{error}");
}

#[tokio::test]
async fn the_certificate_of_the_server_is_checked() {
    let Some(server) = Postgres::start(&[]) else {
        return;
    };
    let certificate = server.folder().join("data/server.crt");
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=db",
        ])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(server.folder().join("data/server.key"))
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    server.own("data/server.crt");
    server.own("data/server.key");
    let url = server.database();
    server.sql(&url, "ALTER SYSTEM SET ssl = on");
    server.sql(&url, "SELECT pg_reload_conf()");
    let trusting = format!("{url}?sslrootcert={}", certificate.display());
    let store = PostgresStore::connect(&trusting).await.unwrap();
    store.append(&[entry()]).await.unwrap();
    let tls = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
               WHERE application_name = 'tower-cookie-consent'";
    assert_eq!(server.sql(&url, tls), "t");

    // The system does not know it, and it is of this host alone.
    let unknown = error(&format!("{url}?sslmode=verify-full"))
        .await
        .to_string();
    assert!(unknown.contains("as sslrootcert"), "{unknown}");
    let other_host = trusting.replace("127.0.0.1", "localhost");
    let other_host = error(&other_host).await.to_string();
    assert!(
        other_host.contains("the host as the server's certificate does"),
        "{other_host}"
    );
    fs::write(server.folder().join("empty.pem"), "").unwrap();
    let empty = trusting.replace("data/server.crt", "empty.pem");
    let empty = error(&empty).await.to_string();
    assert!(
        empty.contains("empty.pem: it has none: name a file with certificates"),
        "{empty}"
    );
}
