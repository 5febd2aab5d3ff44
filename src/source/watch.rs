//! Reads policies again when their files change, on a thread of its own.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};

use super::{error::PolicySourceError, hosts::HostPolicies, read::Place, source::PolicySource};

/// Files are read once nothing has changed for this long: editors and deployments write several
/// times.
const QUIET: Duration = Duration::from_millis(100);
/// They are read after this time even if changes go on, as in a folder with a log file.
const LONGEST: Duration = Duration::from_secs(1);
/// They are read this often without a change, since network file systems report none.
const ANYWAY: Duration = Duration::from_secs(30);
/// The most symbolic links that are followed.
const MAX_LINKS: usize = 40;

/// Reads the policies of a [`PolicySource`] again when they change, until it is dropped (feature
/// `watch`). A change that is being read then still takes effect.
///
/// The example is at [`PolicySource::watch`].
#[must_use = "the files are no longer watched once this is dropped"]
pub struct PolicyWatch {
    ended: Arc<AtomicBool>,
    wake: SyncSender<()>,
}

impl PolicySource {
    /// Reads the policies again when their files change (feature `watch`): within a second, or half
    /// a minute on network file systems that report no changes. `told` is called once for each
    /// change, with the policies that are now in force, or with the error, and then the policies
    /// before stay. The log has both as well, at the levels info and error.
    ///
    /// Folders are watched, and not files, so that files may be replaced by renaming, as editors
    /// do, or by changing a symbolic link. It starts a thread.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use tower_cookie_consent::layer::PolicySource;
    ///
    /// # let folder = std::env::temp_dir().join(format!("tcc-doc-watch-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let path = folder.join("policy.json");
    /// # std::fs::write(&path, r#"{"categories": [{"id": "ads", "basis": "consent"}]}"#)?;
    /// let source = PolicySource::file(&path)?;
    /// let (sender, told) = mpsc::channel();
    /// let watch = source.watch(move |outcome| {
    ///     let told = match outcome {
    ///         Ok(policies) => format!("{} categories", policies.default_policy().categories().len()),
    ///         Err(error) => error.to_string(),
    ///     };
    ///     sender.send(told).ok();
    /// })?;
    /// std::fs::write(&path, r#"{"categories": []}"#)?;
    /// assert!(told.recv()?.contains("no category is declared"));
    /// # drop(watch);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PolicySourceError`] if the operating system can't watch the folder or start a thread.
    pub fn watch<F>(&self, told: F) -> Result<PolicyWatch, PolicySourceError>
    where
        F: FnMut(Result<&HostPolicies, &PolicySourceError>) + Send + 'static,
    {
        let failed = |error: &dyn fmt::Display| {
            PolicySourceError::of(self.place().path(), &format!("can't be watched: {error}"))
        };
        let (wake, woken) = sync_channel(1);
        let waker = wake.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // After an error, such as too many events, anything may have changed.
            if event.is_ok_and(|event| !is_change(event.kind)) {
                return;
            }
            // If it is full, the thread reads the files after this anyway.
            waker.try_send(()).ok();
        });
        let mut watched = Watched {
            source: self.clone(),
            watcher: watcher.map_err(|error| failed(&error))?,
        };
        watched.watch_folders().map_err(|error| failed(&error))?;
        let ended = Arc::new(AtomicBool::new(false));
        let has_ended = Arc::clone(&ended);
        // The files may have changed before they were watched.
        wake.try_send(()).ok();
        thread::Builder::new()
            .name("policy-watch".to_owned())
            .spawn(move || watched.run(&woken, &has_ended, told))
            .map_err(|error| failed(&error))?;
        Ok(PolicyWatch { ended, wake })
    }
}

/// Reading the files is not a change.
const fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

struct Watched {
    source: PolicySource,
    watcher: RecommendedWatcher,
}

impl Watched {
    fn run<F>(mut self, woken: &Receiver<()>, ended: &AtomicBool, mut told: F)
    where
        F: FnMut(Result<&HostPolicies, &PolicySourceError>),
    {
        loop {
            match woken.recv_timeout(ANYWAY) {
                Ok(()) => settle(woken),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if ended.load(Ordering::Acquire) {
                return;
            }
            // Before the files are read, so that no change is missed. A folder may be gone, and
            // links may lead elsewhere by now.
            self.watch_folders().ok();
            if let Some(outcome) = self.source.refresh() {
                log(self.source.place(), &outcome);
                told(outcome.as_ref());
            }
        }
    }

    /// Watches the folders of the policies, again if they are watched already. Fails if none can be
    /// watched.
    fn watch_folders(&mut self) -> notify::Result<()> {
        let mut failure = None;
        let mut is_watched = false;
        for folder in folders(self.source.place()) {
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => is_watched = true,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(error) if !is_watched => Err(error),
            _ => Ok(()),
        }
    }
}

/// Waits until nothing has changed for a while.
fn settle(woken: &Receiver<()>) {
    let start = Instant::now();
    while start.elapsed() < LONGEST && woken.recv_timeout(QUIET).is_ok() {}
}

/// Returns the folders in which a change can be one of the policies: the folder itself, and those
/// of each symbolic link on the way.
fn folders(place: &Place) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Place::Folder(path) = place {
        folders.push(path.clone());
    }
    let mut path = place.path().to_owned();
    for _ in 0..MAX_LINKS {
        let parent = match path.parent() {
            Some(parent) if parent == Path::new("") => PathBuf::from("."),
            Some(parent) => parent.to_owned(),
            None => break,
        };
        folders.push(parent.clone());
        match fs::read_link(&path) {
            Ok(target) => path = parent.join(target),
            Err(_) => break,
        }
    }
    folders
}

#[cfg(feature = "tracing")]
fn log(place: &Place, outcome: &Result<HostPolicies, PolicySourceError>) {
    let path = place.path().display();
    match outcome {
        Ok(policies) => tracing::info!(
            target: "tower_cookie_consent",
            hosts = policies.hosts().count(),
            "the policy in {path} has changed and is in force"
        ),
        Err(error) => tracing::error!(
            target: "tower_cookie_consent",
            "the policy in {path} has changed and is invalid, so the one before stays in force: \
             {error}"
        ),
    }
}

#[cfg(not(feature = "tracing"))]
fn log(_: &Place, _: &Result<HostPolicies, PolicySourceError>) {}

impl Drop for PolicyWatch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // If it is full, the thread wakes up anyway.
        self.wake.try_send(()).ok();
    }
}

impl fmt::Debug for PolicyWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyWatch").finish_non_exhaustive()
    }
}
