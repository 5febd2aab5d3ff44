//! Work that takes long says how far it is.

use super::{
    Archive, ArchiveError, ArchiveProgress,
    progress::{Listener, Part},
};

impl Archive {
    /// Calls the hook as [`checkpoint`](Self::checkpoint), [`purge`](Self::purge) and
    /// [`opt_outs`](Self::opt_outs) of this archive, or of its clones, go on: for a bar on a terminal. A
    /// purge is a checkpoint, the purge and a checkpoint, and each begins anew.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{Archive, ArchiveError, Instant, SigningKey};
    /// # async fn sign(archive: Archive, key: &SigningKey, now: Instant) -> Result<(), ArchiveError> {
    /// let archive = archive.on_progress(|it| println!("{} of {}", it.done, it.whole));
    /// archive.checkpoint(key, now).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_progress(self, hook: impl Fn(ArchiveProgress) + Send + Sync + 'static) -> Self {
        Self {
            listener: Listener::new(hook),
            ..self
        }
    }

    /// Begins work of so many steps, which are counted only if somebody listens.
    pub(super) async fn leaves_to_add(&self) -> Result<Part<'_>, ArchiveError> {
        let whole = match self.listener.listens() {
            true => self.store.waiting().await?,
            false => 0,
        };
        Ok(Part::new(&self.listener, 0, whole))
    }

    /// Begins work on the records of these seconds, from the first one on.
    pub(super) async fn since_first(
        &self,
        from: u64,
        until: u64,
    ) -> Result<Part<'_>, ArchiveError> {
        let first = match self.listener.listens() {
            true => self.store.records(None, 1).await?,
            false => Vec::new(),
        };
        let first = first.first().map(|first| first.record.id.unix_seconds());
        let from = first.unwrap_or(until).clamp(from.min(until), until);
        Ok(Part::new(&self.listener, from, until.saturating_sub(from)))
    }
}
