//! The schema: created, brought up to date, and never taken back.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::{Client, GenericClient, types::Type};

use super::{error::Problem, months, transaction::begin};

/// The steps from each version of the schema to the next. A released one is never changed.
const MIGRATIONS: [&str; 10] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
];

/// The lock that nodes take to change the schema: "consent" in ASCII, and a number.
const LOCK: i64 = 0x0063_6f6e_7365_6e74;

/// Checks the database, and brings the schema up to date.
pub(super) async fn prepare(client: &mut Client) -> Result<(), Problem> {
    check_server(client).await?;
    let found = version(client).await?;
    if found < MIGRATIONS.len() {
        check_writable(client).await?;
        migrate(client).await?;
    }
    check_writable(client).await?;
    check_rights(client).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(0));
    months::add(client, now).await
}

/// Takes each step in a transaction of its own: what takes long is not done again for the sake of the next one.
async fn migrate(client: &mut Client) -> Result<(), Problem> {
    loop {
        let transaction = begin(client).await?;
        let lock = "SELECT pg_advisory_xact_lock($1)";
        // Many records take a while.
        transaction
            .batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            .await?;
        transaction
            .query_typed(lock, &[(&LOCK, Type::INT8)])
            .await?;
        // Read again: another node may have been quicker.
        let found = version(&transaction).await?;
        let Some(step) = MIGRATIONS.get(found) else {
            return Ok(transaction.commit().await?);
        };
        transaction.batch_execute(step).await?;
        let next = i32::try_from(found + 1).unwrap_or(i32::MAX);
        let sql = "UPDATE consent_schema SET version = $1";
        transaction
            .execute_typed(sql, &[(&next, Type::INT4)])
            .await?;
        transaction.commit().await?;
    }
}

/// Returns the version of the schema: 0 without one.
async fn version(client: &impl GenericClient) -> Result<usize, Problem> {
    let sql = "SELECT to_regclass('consent_schema') IS NOT NULL";
    let exists: bool = client.query_typed_one(sql, &[]).await?.try_get(0)?;
    if !exists {
        return Ok(0);
    }
    let sql = "SELECT version FROM consent_schema";
    let found: i32 = client.query_typed_one(sql, &[]).await?.try_get(0)?;
    let newest = MIGRATIONS.len();
    match usize::try_from(found) {
        Ok(found) if found <= newest => Ok(found),
        _ => Err(Problem::Newer { found, newest }),
    }
}

async fn check_server(client: &Client) -> Result<(), Problem> {
    let sql = "SELECT current_setting('server_version_num')::int,
                      current_setting('server_encoding') IN ('UTF8', 'SQL_ASCII')";
    let row = client.query_typed_one(sql, &[]).await?;
    if row.try_get::<_, i32>(0)? < 120_000 {
        return Err(Problem::Old);
    }
    if !row.try_get::<_, bool>(1)? {
        return Err(Problem::Encoding);
    }
    Ok(())
}

async fn check_writable(client: &Client) -> Result<(), Problem> {
    let sql = "SELECT current_setting('transaction_read_only') = 'on'";
    let is_read_only = client.query_typed_one(sql, &[]).await?.try_get(0)?;
    if is_read_only {
        return Err(Problem::ReadOnly);
    }
    Ok(())
}

/// Asks for what is written later, so that an error is at the start.
async fn check_rights(client: &Client) -> Result<(), Problem> {
    let sql = "SELECT coalesce(bool_and(has_table_privilege(name, 'INSERT')
                                    AND has_table_privilege(name, 'SELECT')), false)
               FROM unnest(ARRAY['consent_records', 'consent_documents', 'consent_nonces',
                                 'consent_links', 'consent_unsequenced', 'consent_outbox',
                                 'consent_counters', 'consent_accounts', 'consent_subjects',
                                 'consent_choices']) name";
    let may: bool = client.query_typed_one(sql, &[]).await?.try_get(0)?;
    if may { Ok(()) } else { Err(Problem::Rights) }
}
