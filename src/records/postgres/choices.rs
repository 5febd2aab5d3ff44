//! The choice that follows an account.

use tokio_postgres::{
    Client, Row,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{error::Problem, subjects::subjects, transaction::begin, values::bigint};
use crate::records::{Account, SubjectId, archive::store::LoneChoices};

pub(super) async fn load(client: &Client, account: &Account) -> Result<Option<String>, Problem> {
    let tags: Vec<&[u8]> = account.tags().iter().map(|tag| &tag[..]).collect();
    let sql = "SELECT choice FROM consent_accounts a JOIN consent_choices USING (subject)
               WHERE tag = ANY($1) ORDER BY array_position($1, tag) LIMIT 1";
    let row = client
        .query_typed_opt(sql, &[(&tags, Type::BYTEA_ARRAY)])
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

pub(super) async fn save(
    client: &mut Client,
    account: &Account,
    choice: &str,
) -> Result<(), Problem> {
    let transaction = begin(client).await?;
    let subjects = subjects(&transaction, &[account]).await?;
    let subject = subjects
        .values()
        .next()
        .ok_or(Problem::Damaged("consent_accounts"))?;
    let sql = "INSERT INTO consent_choices (subject, choice) VALUES ($1, $2)
               ON CONFLICT (subject) DO UPDATE SET choice = excluded.choice";
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(subject, Type::UUID), (&choice, Type::TEXT)];
    transaction.execute_typed(sql, &parameters).await?;
    transaction.commit().await?;
    Ok(())
}

/// Saves it if the one before is still the same.
pub(super) async fn replace(
    client: &mut Client,
    account: &Account,
    before: Option<&str>,
    choice: &str,
) -> Result<bool, Problem> {
    let transaction = begin(client).await?;
    let subjects = subjects(&transaction, &[account]).await?;
    let subject = subjects
        .values()
        .next()
        .ok_or(Problem::Damaged("consent_accounts"))?;
    // Either waits for a transaction that writes the same row, and compares with what that has written.
    let sql = match before {
        Some(_) => "UPDATE consent_choices SET choice = $2 WHERE subject = $1 AND choice = $3",
        None => {
            "INSERT INTO consent_choices (subject, choice) SELECT $1, $2 WHERE $3 IS NULL
             ON CONFLICT (subject) DO NOTHING"
        }
    };
    let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
        (subject, Type::UUID),
        (&choice, Type::TEXT),
        (&before, Type::TEXT),
    ];
    let replaced = transaction.execute_typed(sql, &parameters).await? == 1;
    match replaced {
        true => transaction.commit().await?,
        false => transaction.rollback().await?,
    }
    Ok(replaced)
}

/// Returns the choices of these accounts.
pub(super) async fn choices_of(
    client: &Client,
    subjects: &[SubjectId],
) -> Result<Vec<(SubjectId, String)>, Problem> {
    let subjects = subjects.iter().map(|it| Uuid::from_bytes(*it.as_bytes()));
    let subjects: Vec<Uuid> = subjects.collect();
    let sql = "SELECT subject, choice FROM consent_choices WHERE subject = ANY($1)";
    let rows = client
        .query_typed(sql, &[(&subjects, Type::UUID_ARRAY)])
        .await?;
    let choice = |row: &Row| {
        let subject: Uuid = row.try_get(0)?;
        Ok((SubjectId::from_bytes(subject.into_bytes()), row.try_get(1)?))
    };
    rows.iter().map(choice).collect()
}

/// Looks at so many choices in the order of their subjects, after this one.
pub(super) async fn lone_choices(
    client: &Client,
    after: Option<SubjectId>,
    max: usize,
) -> Result<LoneChoices, Problem> {
    let sql = "SELECT subject, CASE WHEN NOT EXISTS (
                   SELECT FROM consent_subjects s WHERE s.subject = c.subject) THEN choice END
               FROM consent_choices c WHERE subject > $1 ORDER BY subject LIMIT $2";
    let after = after.map_or(Uuid::nil(), |it| Uuid::from_bytes(*it.as_bytes()));
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(&after, Type::UUID), (&bigint(max), Type::INT8)];
    let rows = client.query_typed(sql, &parameters).await?;
    let rows = rows.iter().map(|row| {
        let subject: Uuid = row.try_get(0)?;
        Ok((SubjectId::from_bytes(subject.into_bytes()), row.try_get(1)?))
    });
    let rows: Vec<_> = rows.collect::<Result<_, Problem>>()?;
    Ok(LoneChoices::of(rows, max))
}
