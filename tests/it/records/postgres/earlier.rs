//! Stores of earlier versions of the schema.

use tower_cookie_consent::records::SigningKey;

use super::tree;
use crate::{records::START, support::postgres::Postgres};

/// The steps, in order.
const STEPS: [&str; 10] = [
    include_str!("../../../../src/records/postgres/schema/1.sql"),
    include_str!("../../../../src/records/postgres/schema/2.sql"),
    include_str!("../../../../src/records/postgres/schema/3.sql"),
    include_str!("../../../../src/records/postgres/schema/4.sql"),
    include_str!("../../../../src/records/postgres/schema/5.sql"),
    include_str!("../../../../src/records/postgres/schema/6.sql"),
    include_str!("../../../../src/records/postgres/schema/7.sql"),
    include_str!("../../../../src/records/postgres/schema/8.sql"),
    include_str!("../../../../src/records/postgres/schema/9.sql"),
    include_str!("../../../../src/records/postgres/schema/10.sql"),
];

/// Records with the hashes of their documents, and the leaves.
const RECORDS: &str = "
    INSERT INTO consent_documents (sha256, media_type, content)
    SELECT sha256, media_type, content FROM public.consent_documents;
    INSERT INTO consent_records (id, recorded_at, decided_at, gpc, policy, shown, site, surface, language, regime,
                                 cause, answers, key)
    SELECT id, recorded_at, decided_at, gpc, p.sha256, s.sha256, site, surface, language, regime, cause, answers, key
    FROM public.consent_records r JOIN public.consent_documents p ON p.number = r.policy_number
    LEFT JOIN public.consent_documents s ON s.number = r.shown_number;
    INSERT INTO consent_leaves SELECT * FROM public.consent_leaves;";

/// A row for each hash: of leaves, of what is above complete subtrees, and of the root, which changes.
const NODES: &str = r"
    INSERT INTO consent_nodes
    SELECT 2 * (first + i), substring(hashes FROM i * 32 + 1 FOR 32)
    FROM public.consent_tiles, generate_series(0, length(hashes) / 32 - 1) i WHERE level = 0;
    DO $$
    DECLARE
        step bigint;
    BEGIN
        FOR height IN 0..9 LOOP
            step := 1 << height;
            INSERT INTO consent_nodes
            SELECT l.node + step, sha256('\x01'::bytea || l.hash || r.hash)
            FROM consent_nodes l JOIN consent_nodes r ON r.node = l.node + 2 * step
            WHERE (l.node + 1) % (4 * step) = step;
        END LOOP;
    END
    $$;
    INSERT INTO consent_nodes SELECT 1023, decode(repeat('00', 32), 'hex');
    INSERT INTO consent_checkpoints (size, root, time, signature)
    SELECT size, root, time, signature FROM public.consent_checkpoints;";

const TILES: &str = "
    INSERT INTO consent_tiles SELECT * FROM public.consent_tiles;
    INSERT INTO consent_checkpoints SELECT * FROM public.consent_checkpoints;";

#[tokio::test]
async fn a_tree_of_each_earlier_schema_goes_on() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let key = SigningKey::generate().unwrap();
    for version in 1..STEPS.len() {
        let url = server.database();
        for records in [3, 600, 1] {
            tree::grow(&url, &key, records).await;
        }
        let expected = tree::export(&url, &key).await;
        let tables = if version < 7 { NODES } else { TILES };
        let sql = format!(
            "CREATE SCHEMA old; SET search_path = old; {};
             UPDATE consent_schema SET version = {version}; SELECT consent_add_month({START}); {RECORDS} {tables}",
            STEPS[..version].join("\n")
        );
        server.sql(&url, &sql);
        let old = format!("{url}?options=-csearch_path%3Dold");
        assert_eq!(tree::export(&old, &key).await, expected, "{version}");
        tree::prove(&old, &expected, 41).await;
        let newest = tree::grow(&old, &key, 300).await;
        assert_eq!(newest.size, 906, "{version}");
        let lines = tree::export(&old, &key).await;
        assert!(lines.starts_with(&expected), "{version}");
        tree::prove(&old, &lines, 41).await;
        let found = server.sql(&url, "SELECT version FROM old.consent_schema");
        assert_eq!(found, STEPS.len().to_string());
    }
}

/// It would be another tree afterwards.
#[tokio::test]
async fn a_tree_with_a_hole_is_not_brought_up_to_date() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let key = SigningKey::generate().unwrap();
    tree::grow(&url, &key, 600).await;
    let sql = format!(
        "CREATE SCHEMA old; SET search_path = old; {};
         UPDATE consent_schema SET version = 6; SELECT consent_add_month({START}); {RECORDS} {NODES}
         DELETE FROM consent_nodes WHERE node = 600",
        STEPS[..6].join("\n")
    );
    server.sql(&url, &sql);
    let old = format!("{url}?options=-csearch_path%3Dold");
    let refused = tower_cookie_consent::records::PostgresStore::connect(&old).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("SQLSTATE P0001"), "{error}");
    let counts =
        "SELECT version, (SELECT count(*) > 0 FROM old.consent_nodes) FROM old.consent_schema";
    assert_eq!(server.sql(&url, counts), "6|t");
}
