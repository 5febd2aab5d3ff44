//! The console over PostgreSQL.

use tower_cookie_consent::records::PostgresStore;

use super::*;
use crate::support::postgres::Postgres;

#[test]
fn the_console_reads_postgresql() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let key = SigningKey::generate().unwrap();
    let receipt = server::runtime().block_on(async {
        let store = PostgresStore::connect(&url).await.unwrap();
        let mut entries = Vec::new();
        for choice in &CHOICES {
            for _ in 0..choice.3 {
                entries.push(entry(entries.len(), now(), choice));
            }
        }
        store.append(&entries).await.unwrap();
        let archive = Archive::from(store);
        let time = Instant::from_unix_seconds(now());
        archive.checkpoint(&key, time).await.unwrap();
        entries[0].record.id
    });
    let looks = Looks::default();
    let archive = Archive::from(PostgresStore::new(&url).unwrap());
    let console = console(archive, &looks).public_key(key.public());
    let site = Router::new()
        .nest_service(PATH, console)
        .layer(from_fn(log_in));
    let site = format!("http://{}{PATH}", server::serve(site));
    let page = server::send(Method::GET, &site, &[], "").into_body();
    assert_eq!(row(&page, "Banner"), ["52", "–hidden", "30", "–hidden"]);
    assert!(page.contains("signed with the known key") && page.contains("have this root"));
    let form = [(CONTENT_TYPE, FORM)];
    let body = format!("receipt={receipt}");
    let found = server::send(Method::POST, &format!("{site}/search"), &form, &body);
    assert!(found.body().contains(&receipt.to_string()));
    let export = server::send(Method::POST, &format!("{site}/export"), &[], "").into_body();
    assert!(export.matches(r#""type":"record""#).count() == 113);
    verify(export.as_bytes(), &key.public(), false).unwrap();
    // A server that is gone must not make it show the address.
    let gone = Archive::from(PostgresStore::new("postgres://x:hunter2@127.0.0.1:1/x").unwrap());
    let site = Router::new().nest_service(PATH, super::console(gone, &looks));
    let site = server::serve(site.layer(from_fn(log_in)));
    let answer = server::send(Method::GET, &format!("http://{site}{PATH}"), &[], "");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.body().contains("127.0.0.1") && !answer.body().contains("hunter2"));
}
