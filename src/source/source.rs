//! Policies that are read again while the service runs.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;

use super::{
    error::PolicySourceError,
    hosts::{HostPolicies, Table},
    read::{Found, Place, Prepare},
};
use crate::{middleware::RequestHead, policy::CookiePolicy};

/// Policies from a file, or from a folder with one file for each host, which can be read again while
/// the service runs (feature `reload`).
///
/// All files are read and checked before any of them takes effect. If one is invalid, the policies
/// that are in force stay, all of them, and the error names every problem. A request is judged by
/// the policy that was in force when it arrived, until its response has left: its filters, its
/// [`Consent`](crate::Consent), and with it the pages and documents. Requests take no lock.
///
/// In a folder, `example.org.json` has the policy of the host `example.org`, `*.example.org.json`
/// that of the hosts below it ([`HostPolicies`] has the rules), and `default.json` that of all
/// others. Hidden files, and those with another ending, are ignored.
///
/// ```
/// use tower_cookie_consent::{CookieConsentLayer, layer::PolicySource};
///
/// # let folder = std::env::temp_dir().join(format!("tcc-doc-source-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("policy.json");
/// # let first = r#"{"categories": [{"id": "ads", "basis": "consent"}]}"#;
/// # std::fs::write(&path, first)?;
/// let source = PolicySource::file(&path)?;
/// let policy = source.policies().default_policy().clone();
/// let layer = CookieConsentLayer::new(policy).policy_for(source.hook());
///
/// // Later, for example when SIGHUP arrives:
/// std::fs::write(&path, r#"{"categories": [{"id": "films", "basis": "consent"}]}"#)?;
/// assert!(source.reload()?, "something has changed");
/// assert!(source.policies().default_policy().category("films").is_some());
///
/// std::fs::write(&path, r#"{"categories": [{"id": "films", "ba"#)?;
/// let error = source.reload().unwrap_err();
/// assert!(error.to_string().contains("policy.json: "));
/// assert_eq!(source.last_error(), Some(error));
/// assert!(source.policies().default_policy().category("films").is_some(), "it stays");
/// # drop(layer);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct PolicySource(Arc<Shared>);

struct Shared {
    place: Place,
    prepare: Option<Arc<Prepare>>,
    current: ArcSwap<Table>,
    /// Locked by those who read the files, one at a time.
    last: Mutex<Last>,
}

/// The last attempt.
struct Last {
    found: Found,
    error: Option<PolicySourceError>,
}

impl PolicySource {
    /// Reads the policy of all hosts from a JSON file.
    ///
    /// # Errors
    ///
    /// [`PolicySourceError`] with all problems of the file.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, PolicySourceError> {
        Self::read(Place::File(path.into()), None)
    }

    /// Reads the policies of several hosts from the JSON files of a folder.
    ///
    /// ```
    /// use tower_cookie_consent::layer::PolicySource;
    ///
    /// # let folder = std::env::temp_dir().join(format!("tcc-doc-folder-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let policy = r#"{"categories": [{"id": "ads", "basis": "consent"}]}"#;
    /// std::fs::write(folder.join("default.json"), policy)?;
    /// std::fs::write(folder.join("shop.example.json"), policy.replace("ads", "films"))?;
    /// let source = PolicySource::folder(&folder)?;
    /// assert!(source.policies().of("shop.example").category("films").is_some());
    /// assert!(source.policies().of("www.example").category("ads").is_some());
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PolicySourceError`] with all problems of all files; a file whose name is not a host; two for
    /// the same host; no `default.json`.
    pub fn folder(path: impl Into<PathBuf>) -> Result<Self, PolicySourceError> {
        Self::read(Place::Folder(path.into()), None)
    }

    /// Changes each policy after it has been read, now and each time, or rejects it: to give it what
    /// a file can't have, such as a codec, or to check it further. Call this before the source is
    /// cloned.
    ///
    /// ```
    /// # #[cfg(feature = "pages")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_cookie_consent::{layer::PolicySource, pages::Pages};
    ///
    /// # let folder = std::env::temp_dir().join(format!("tcc-doc-prepare-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let path = folder.join("policy.json");
    /// # std::fs::write(&path, r#"{"categories": [{"id": "ads", "basis": "consent"}]}"#)?;
    /// let source = PolicySource::file(&path)?;
    /// let error = source.prepare(|policy| Pages::check(&policy).map(|()| policy)).unwrap_err();
    /// assert!(error.to_string().contains("\"ads\" has no title and description"));
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "pages"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// [`PolicySourceError`] if it rejects a policy that was read.
    pub fn prepare<E: fmt::Display>(
        self,
        prepare: impl Fn(CookiePolicy) -> Result<CookiePolicy, E> + Send + Sync + 'static,
    ) -> Result<Self, PolicySourceError> {
        let before = self.0.prepare.clone();
        let prepare = move |policy: CookiePolicy| {
            let policy = match &before {
                Some(before) => before(policy)?,
                None => policy,
            };
            prepare(policy).map_err(|error| error.to_string())
        };
        Self::read(self.0.place.clone(), Some(Arc::new(prepare)))
    }

    fn read(place: Place, prepare: Option<Arc<Prepare>>) -> Result<Self, PolicySourceError> {
        let found = place.read();
        let policies = place.check(&found, prepare.as_deref())?;
        Ok(Self(Arc::new(Shared {
            place,
            prepare,
            current: ArcSwap::new(policies.0),
            last: Mutex::new(Last { found, error: None }),
        })))
    }

    /// Reads all files again, and puts their policies in force if all of them are valid. Returns
    /// `true` if anything differs from the last time. It blocks while it reads.
    ///
    /// # Errors
    ///
    /// [`PolicySourceError`] with all problems; the policies in force stay.
    pub fn reload(&self) -> Result<bool, PolicySourceError> {
        let mut last = self.last();
        let found = self.0.place.read();
        let has_changed = found != last.found;
        self.replace(&mut last, found).map(|()| has_changed)
    }

    /// Does the same if anything differs from the last time, and returns `None` otherwise.
    #[cfg(feature = "watch")]
    pub(super) fn refresh(&self) -> Option<Result<HostPolicies, PolicySourceError>> {
        let mut last = self.last();
        let found = self.0.place.read();
        (found != last.found).then(|| {
            let replaced = self.replace(&mut last, found);
            replaced.map(|()| self.policies())
        })
    }

    fn replace(&self, last: &mut Last, found: Found) -> Result<(), PolicySourceError> {
        let checked = self.0.place.check(&found, self.0.prepare.as_deref());
        last.found = found;
        last.error = None;
        match checked {
            Ok(policies) => {
                self.0.current.store(policies.0);
                Ok(())
            }
            Err(error) => {
                last.error = Some(error.clone());
                Err(error)
            }
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the policies in force.
    pub fn policies(&self) -> HostPolicies {
        HostPolicies(self.0.current.load_full())
    }

    /// Returns the error of the last attempt to read the files, or `None` if what they say is in
    /// force: for a health check.
    #[must_use]
    pub fn last_error(&self) -> Option<PolicySourceError> {
        self.last().error.clone()
    }

    /// Returns the hook for
    /// [`CookieConsentLayer::policy_for`](crate::CookieConsentLayer::policy_for): the policy in force
    /// for each request's [host](RequestHead::host).
    pub fn hook(
        &self,
    ) -> impl Fn(RequestHead<'_>) -> CookiePolicy + Clone + Send + Sync + 'static + use<> {
        let shared = Arc::clone(&self.0);
        move |request| shared.current.load().of_request(&request)
    }

    #[cfg(feature = "watch")]
    pub(super) fn place(&self) -> &Place {
        &self.0.place
    }
}

/// Shows the place and the hosts.
impl fmt::Debug for PolicySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySource")
            .field("place", &self.0.place)
            .field("policies", &self.policies())
            .finish_non_exhaustive()
    }
}
