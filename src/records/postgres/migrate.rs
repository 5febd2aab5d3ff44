//! The schema: created, brought up to date, and never taken back.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio_postgres::{
    Client, GenericClient,
    types::{ToSql, Type},
};

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
    // A role that may not even read it does not own it.
    let found = version(client)
        .await
        .map_err(|problem| match problem.is_denied() {
            true => Problem::Rights,
            false => problem,
        })?;
    check_writable(client).await?;
    if found < MIGRATIONS.len() {
        if found > 0 {
            check_rights(client, &TABLES[..1]).await?;
        }
        migrate(client).await?;
        check_writable(client).await?;
    }
    check_rights(client, &TABLES).await?;
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

/// The tables that are written, the one of the first schema first.
const TABLES: [&str; 17] = [
    "consent_records",
    "consent_documents",
    "consent_links",
    "consent_nonces",
    "consent_unsequenced",
    "consent_leaves",
    "consent_tiles",
    "consent_checkpoints",
    "consent_keys",
    "consent_lease",
    "consent_purges",
    "consent_outbox",
    "consent_counters",
    "consent_accounts",
    "consent_subjects",
    "consent_choices",
    "consent_schema",
];

/// Asks for what is done later, so that an error is at the start: only the owner attaches a month, detaches it
/// and changes the schema, and whoever adds a month creates its table.
async fn check_rights(client: &Client, tables: &[&str]) -> Result<(), Problem> {
    let sql = "SELECT bool_and(pg_has_role(relowner, 'USAGE')
                           AND has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
                           AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
                           AND has_schema_privilege(relnamespace, 'CREATE'))
               FROM unnest($1) name JOIN pg_class ON oid = name::regclass";
    let tables = [(&tables as &(dyn ToSql + Sync), Type::TEXT_ARRAY)];
    match client.query_typed_one(sql, &tables).await?.try_get(0)? {
        Some(true) => Ok(()),
        _ => Err(Problem::Rights),
    }
}
