//! What a purge looks at.

use tokio_postgres::{
    Client,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    error::Problem,
    read::{id, select_records, stored},
    values::{bigint, seconds, uuid},
};
use crate::records::archive::store::{Due, MaybeDue};

pub(super) async fn due(client: &Client, due: Due) -> Result<MaybeDue, Problem> {
    let (after, before) = (due.after.map_or(Uuid::nil(), uuid), uuid(due.before));
    // In the index alone.
    let sql =
        "SELECT id FROM consent_records WHERE id > $1 AND id < $2 ORDER BY id OFFSET $3 LIMIT 1";
    let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
        (&after, Type::UUID),
        (&before, Type::UUID),
        (&bigint(due.rows.saturating_sub(1)), Type::INT8),
    ];
    let row = client.query_typed_opt(sql, &parameters).await?;
    let last = row.as_ref().map(|row| id(row, 0)).transpose()?;
    // Two letters for each id, of which the first is the answer.
    let sql = select_records!(
        r#"WHERE r.id > $1 AND r.id < $2 AND r.id <= $3
         AND (r.decided_at < $4 OR strpos(r.answers, '":"g') = 0) ORDER BY r.id"#
    );
    let parameters: [(&(dyn ToSql + Sync), Type); 4] = [
        (&after, Type::UUID),
        (&before, Type::UUID),
        (&last.map_or(before, uuid), Type::UUID),
        (&seconds(due.grants_before), Type::INT8),
    ];
    let rows = client.query_typed(sql, &parameters).await?;
    Ok(MaybeDue {
        records: rows.iter().map(stored).collect::<Result<_, _>>()?,
        last,
    })
}
