use std::{fmt, sync::Arc};

use http::request::Parts;

use super::{
    render::{Templates, templates},
    viewer::{Look, Viewer},
};
use crate::records::{Archive, ArchiveError, PublicKey, Records};

/// The page for the site's own staff (features `records` and `pages`): how many choices of each kind were
/// made, by day, surface, language and regime; the last checkpoint and its check; the state of store,
/// spool and outbox; search by a receipt; and the export.
///
/// **Mount it behind the site's own login.** Nothing mounts it by default, and it has no login of its own:
/// a hook names the viewer of each request, and without one the answer is 403. **Never mount it where
/// visitors can reach it without that login.** A [reader](Viewer::reader) sees counts alone, an
/// [auditor](Viewer::auditor) also searches and exports. Every look is logged with the viewer's name under
/// the target `tower_cookie_consent` (feature `tracing`), and handed to [`on_look`](Self::on_look); neither
/// says whose records were looked at.
///
/// Counts of choices under 10 are hidden, and so are others of the same table from which they could be
/// computed. Numbers of records, leaves and withdrawals are for auditors, who can export anyway: readers see
/// if there are any. Pages of different periods or days can still be compared, and
/// [published checkpoints](super::super::RecordsBuilder::publish) state the number of leaves. Nothing ranks
/// banners by how many accept: a banner is there to ask, not to persuade.
///
/// It is a service, for `nest_service` of axum or any other router, and takes requests with and without
/// the prefix of its path. There is no script, and its Content-Security-Policy is `default-src 'none'`
/// with its own stylesheet. It needs a tokio runtime.
///
/// ```
/// use axum::Router;
/// use tower_cookie_consent::records::{Archive, ArchiveError, Console, Viewer};
///
/// /// What the site's login puts into requests.
/// #[derive(Clone)]
/// struct Staff { name: String, is_officer: bool }
///
/// # fn mount(archive: Archive, login: impl Fn(Router) -> Router) -> Result<Router, ArchiveError> {
/// let console = Console::at("/staff/consent", archive, |request| {
///     let staff: &Staff = request.extensions.get()?;
///     Some(match staff.is_officer {
///         true => Viewer::auditor(&staff.name),
///         false => Viewer::reader(&staff.name),
///     })
/// })?;
/// // Behind the site's own login.
/// let internal = login(Router::new().nest_service("/staff/consent", console));
/// # Ok(internal)
/// # }
/// ```
#[derive(Clone)]
pub struct Console(pub(super) Arc<Settings>);

type Name = dyn Fn(&Parts) -> Option<Viewer> + Send + Sync;
type Hook = dyn Fn(&Look<'_>) + Send + Sync;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) mount: String,
    pub(super) archive: Archive,
    pub(super) records: Option<Records>,
    pub(super) key: Option<PublicKey>,
    pub(super) viewer: Arc<Name>,
    pub(super) looked: Option<Arc<Hook>>,
    pub(super) templates: Templates,
}

impl Console {
    /// Creates the console for this path, as browsers see it, over an archive, with the hook that names the
    /// viewer of a request: from what the site's login has put into the request's extensions, for example.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] for a path that does not begin with `/`, that ends with one, or that has characters
    /// other than letters, digits, `/`, `-`, `_`, `.` and `~`.
    pub fn at(
        path: impl Into<String>,
        archive: Archive,
        viewer: impl Fn(&Parts) -> Option<Viewer> + Send + Sync + 'static,
    ) -> Result<Self, ArchiveError> {
        let mount = path.into();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
        if !mount.starts_with('/')
            || mount.ends_with('/')
            || mount.contains("//")
            || !mount.chars().all(is_plain)
        {
            return Err(ArchiveError::new(format!(
                "invalid path of the console `{mount}`: write it as /staff/consent"
            )));
        }
        Ok(Self(Arc::new(Settings {
            mount,
            archive,
            records: None,
            key: None,
            viewer: Arc::new(viewer),
            looked: None,
            templates: templates()?,
        })))
    }

    /// Shows the [health](Records::health) of these records: spool, losses, and errors of the store. Default:
    /// what the store itself says.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{Console, Records};
    /// fn with_health(console: Console, records: &Records) -> Console {
    ///     console.records(records)
    /// }
    /// ```
    #[must_use]
    pub fn records(self, records: &Records) -> Self {
        let records = Some(records.clone());
        self.with(|settings| settings.records = records)
    }

    /// Checks the signature of the last checkpoint with this key. Default: only its hash is checked.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{Console, SigningKey};
    /// fn checking(console: Console, key: &SigningKey) -> Console {
    ///     console.public_key(key.public())
    /// }
    /// ```
    #[must_use]
    pub fn public_key(self, key: PublicKey) -> Self {
        self.with(|settings| settings.key = Some(key))
    }

    /// Calls this hook for each look, before it is answered, and also for those that are refused to a known
    /// viewer.
    ///
    /// ```
    /// # use tower_cookie_consent::records::Console;
    /// fn audited(console: Console) -> Console {
    ///     console.on_look(|look| println!("{} looked at {}", look.viewer.name(), look.part.as_str()))
    /// }
    /// ```
    #[must_use]
    pub fn on_look(self, hook: impl Fn(&Look<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.looked = Some(Arc::new(hook)))
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("path", &self.0.mount)
            .field("archive", &self.0.archive)
            .finish_non_exhaustive()
    }
}
