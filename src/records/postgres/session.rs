//! Connections, and what is done when one is lost.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, IsolationLevel, NoTls, Transaction};

use super::{CALL, PostgresStore, address::Address, error::Problem, migrate};
use crate::records::StoreError;

/// Connections that are not in use.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Client>>);

/// As many are kept.
const MAX_IDLE: usize = 4;

/// The most tries of a call.
const TRIES: u32 = 6;

/// The work with a connection, which is handed back for the next call.
pub(super) type Work<'a, T> =
    Pin<Box<dyn Future<Output = (Client, Result<T, Problem>)> + Send + 'a>>;

impl Pool {
    fn take(&self) -> Option<Client> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|client| !client.is_closed());
        idle.pop()
    }

    fn put(&self, client: Client) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(client);
        }
    }

    /// Forgets all: the server has closed one, so it has closed the others too.
    fn clear(&self) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.clear();
    }
}

impl PostgresStore {
    /// Does this with a connection. It is tried again where another transaction was in the way, and where
    /// a connection that was kept turns out to be lost: nothing is done twice by that, see
    /// [`RecordStore::append`](crate::records::RecordStore::append).
    pub(super) async fn call<'a, T>(
        &'a self,
        pool: &Pool,
        work: impl Fn(Client) -> Work<'a, T> + Sync,
    ) -> Result<T, StoreError> {
        let mut tries = 1;
        loop {
            let kept = pool.take();
            let was_kept = kept.is_some();
            // A call that is given up closes its connection, and with it the transaction.
            let done = timeout(CALL, self.once(pool, kept, &work)).await;
            let problem = match done.unwrap_or(Err(Problem::Slow)) {
                Ok(done) => return Ok(done),
                Err(problem) => problem,
            };
            if problem.is_lost() {
                pool.clear();
            }
            if problem.is_month() {
                let mut months = self.months.lock().unwrap_or_else(PoisonError::into_inner);
                months.clear();
            }
            let is_again = problem.is_conflict() || (was_kept && problem.is_lost());
            if !is_again || tries == TRIES {
                return Err(problem.at(&self.address.name));
            }
            sleep(Duration::from_millis(1 << (2 * tries))).await;
            tries += 1;
        }
    }

    async fn once<'a, T>(
        &self,
        pool: &Pool,
        kept: Option<Client>,
        work: &(impl Fn(Client) -> Work<'a, T> + Sync),
    ) -> Result<T, Problem> {
        let mut client = match kept {
            Some(client) => client,
            None => open(&self.address).await?,
        };
        self.is_prepared
            .get_or_try_init(|| migrate::prepare(&mut client))
            .await?;
        let (client, done) = work(client).await;
        if !client.is_closed() {
            pool.put(client);
        }
        done
    }
}

async fn open(address: &Address) -> Result<Client, Problem> {
    // The other half of a connection ends with the client.
    Ok(if let Some(tls) = address.tls.clone() {
        let (client, connection) = address
            .config
            .connect(tls)
            .await
            .map_err(Problem::Connecting)?;
        drop(tokio::spawn(connection));
        client
    } else {
        let connected = address.config.connect(NoTls).await;
        let (client, connection) = connected.map_err(Problem::Connecting)?;
        drop(tokio::spawn(connection));
        client
    })
}

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
