//! The hashes of the Merkle tree, in tiles.

use std::collections::BTreeMap;

use tokio_postgres::{
    Client, GenericClient, Row, Transaction,
    types::{ToSql, Type},
};

use super::{
    error::Problem,
    values::{bigint, number},
};
use crate::records::{
    Digest,
    archive::{
        store::Batch,
        tiles::{Run, Span, Tile, WIDTH, runs},
    },
};

const DAMAGED: Problem = Problem::Damaged("consent_tiles");

/// The hashes of tiles, from each tile's first.
type Tiles = BTreeMap<Tile, Vec<Digest>>;

pub(super) async fn nodes(client: &Client, places: &[u64]) -> Result<Vec<Digest>, Problem> {
    let spans: Vec<Span> = places.iter().copied().map(Span::of).collect();
    let wanted = spans.iter().map(|span| (span.tile(), ()));
    let wanted: BTreeMap<Tile, ()> = wanted.collect();
    let (levels, firsts) = columns(wanted.into_keys());
    // The rows of each tile through the index, whatever else the server would estimate.
    let sql = "SELECT r.level, r.first, r.hashes FROM unnest($1, $2) t (level, first), LATERAL (
                   SELECT level, first, hashes FROM consent_tiles c
                   WHERE c.level = t.level AND c.first >= t.first AND c.first < t.first + 256
                   ORDER BY c.level, c.first
               ) r";
    let tiles = of_rows(&query(client, sql, &levels, &firsts).await?)?;
    let hash = |span: &Span| span.hash(tiles.get(&span.tile())?);
    let hashes: Option<Vec<Digest>> = spans.iter().map(hash).collect();
    hashes.ok_or(DAMAGED)
}

/// Returns the hashes of at most so many leaves from this one on.
pub(super) async fn leaf_hashes(
    transaction: &Transaction<'_>,
    from: u64,
    max: u64,
) -> Result<Vec<(u64, Digest)>, Problem> {
    let first = from - from % WIDTH;
    let end = from.saturating_add(max);
    let sql = "SELECT level, first, hashes FROM consent_tiles
               WHERE level = 0 AND first >= $1 AND first < $2 ORDER BY first";
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(&bigint(first), Type::INT8), (&bigint(end), Type::INT8)];
    let rows = transaction.query_typed(sql, &parameters).await?;
    let tiles = of_rows(&rows)?;
    let numbered = tiles
        .into_iter()
        .flat_map(|((_, first), hashes)| (first..).zip(hashes));
    let hashes: Vec<_> = numbered
        .filter(|(leaf, _)| (from..end).contains(leaf))
        .collect();
    // A tile that is missing is not left out.
    let is_whole = (from..).zip(&hashes).all(|(leaf, it)| leaf == it.0);
    is_whole.then_some(hashes).ok_or(DAMAGED)
}

/// Adds the hashes of a batch. Rows of a tile that it fills become one.
pub(super) async fn add(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), Problem> {
    let mut runs = runs(batch);
    let filled = runs.iter().filter(|run| run.fills()).map(Run::tile);
    let (levels, firsts) = columns(filled);
    if !levels.is_empty() {
        let sql = "DELETE FROM consent_tiles r USING unnest($1, $2) t (level, first)
                   WHERE r.level = t.level AND r.first >= t.first AND r.first < t.first + 256
                   RETURNING r.level, r.first, r.hashes";
        let mut begun = of_rows(&query(transaction, sql, &levels, &firsts).await?)?;
        for run in runs.iter_mut().filter(|run| run.fills()) {
            let before = begun.remove(&run.tile()).unwrap_or_default();
            run.prepend(before).ok_or(DAMAGED)?;
        }
    }
    let levels: Vec<i16> = runs.iter().map(|run| run.level).collect();
    let firsts: Vec<i64> = runs.iter().map(|run| bigint(run.first)).collect();
    let hashes: Vec<Vec<u8>> = runs.iter().map(Run::bytes).collect();
    let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
        (&levels, Type::INT2_ARRAY),
        (&firsts, Type::INT8_ARRAY),
        (&hashes, Type::BYTEA_ARRAY),
    ];
    let sql = "INSERT INTO consent_tiles (level, first, hashes) SELECT * FROM unnest($1, $2, $3)";
    transaction.execute_typed(sql, &parameters).await?;
    Ok(())
}

fn columns(tiles: impl Iterator<Item = Tile>) -> (Vec<i16>, Vec<i64>) {
    tiles.map(|(level, first)| (level, bigint(first))).unzip()
}

async fn query(
    client: &impl GenericClient,
    sql: &str,
    levels: &Vec<i16>,
    firsts: &Vec<i64>,
) -> Result<Vec<Row>, Problem> {
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(levels, Type::INT2_ARRAY), (firsts, Type::INT8_ARRAY)];
    Ok(client.query_typed(sql, &parameters).await?)
}

/// Joins rows to tiles.
fn of_rows(rows: &[Row]) -> Result<Tiles, Problem> {
    let run =
        |row: &Row| Run::read(row.try_get(0)?, number(row, 1)?, row.try_get(2)?).ok_or(DAMAGED);
    let mut runs: Vec<Run> = rows.iter().map(run).collect::<Result<_, _>>()?;
    runs.sort_unstable_by_key(|run| (run.level, run.first));
    let mut tiles = Tiles::new();
    for mut run in runs {
        let hashes = tiles.entry(run.tile()).or_default();
        if hashes.len() as u64 != run.first % WIDTH {
            return Err(DAMAGED);
        }
        hashes.append(&mut run.hashes);
    }
    Ok(tiles)
}
