use tokio_postgres::{Client, IsolationLevel, Transaction};

use super::error::Problem;

/// Begins a transaction that is durable when it is committed, and that ends by itself where its node is
/// gone.
pub(super) async fn begin(client: &mut Client) -> Result<Transaction<'_>, Problem> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await?;
    transaction
        .batch_execute(
            "SET LOCAL lock_timeout = '5s';
             SET LOCAL statement_timeout = '9s';
             SET LOCAL idle_in_transaction_session_timeout = '10s';
             SELECT set_config('synchronous_commit', 'on', true)
             WHERE current_setting('synchronous_commit') = 'off'",
        )
        .await?;
    Ok(transaction)
}
