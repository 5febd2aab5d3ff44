//! The sources of a pack.

use crate::{
    CookiePolicy,
    conformance::Report,
    observe::InventoryReport,
    pages::Pages,
    records::{Archive, ArchiveError, Document, Instant},
};

use super::{
    EvidenceError, EvidencePack, captures, checks, declared, documents, gaps,
    index::{self, Index},
    input::Input,
    item::{Items, Section},
    law,
    manifest::INDEX,
    register,
    stored::Stored,
    surfaces,
    visits::CapturedVisits,
};

/// A pack of evidence in the making: the [module](crate::conformance#evidence) describes it.
///
/// The same input gives the same bytes, wherever and whenever: all dates come from the caller, and files are
/// in the order of their paths. What is left out is listed among the known gaps of the pack.
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Inventory,
///     conformance::{Conformance, Evidence}, pages::Pages, records::Instant,
/// };
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// let ads = || Category::consent("ads").title("Advertising").description("Pays for what you read.");
/// let before = CookiePolicy::new([ads()])?;
/// let policy = CookiePolicy::new([ads().cookie(CookieDeclaration::new("_ga"))])?;
/// let pages = Pages::at("/cookies", policy.clone())?.site("Example");
/// let inventory = Inventory::new();
/// let layer = CookieConsentLayer::new(policy.clone()).observe(inventory.clone());
/// let app: axum::Router = axum::Router::new().layer(pages.clone()).layer(layer.clone());
///
/// let report = Conformance::for_layer(&layer).visit(["/cookies"]).check(app).await;
/// let pack = Evidence::new(policy, Instant::from_unix_seconds(1_795_435_200))
///     .before(before)
///     .site("www.example.org")
///     .pages(pages)
///     .report(report)
///     .inventory(inventory.report())
///     .gap("The shop was not open yet.")
///     .file("letters/authority.txt", "The letter that this answers.", "…")
///     .build()?;
/// for path in ["conformance/report.txt", "pages/policy/en/banner.html", "policy/changes.txt"] {
///     assert!(pack.file(path).is_some(), "{path}");
/// }
/// let gaps = pack.file("gaps.txt").unwrap_or_default();
/// assert!(String::from_utf8_lossy(gaps).contains("The shop was not open yet."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a pack is made by `build`"]
pub struct Evidence {
    input: Input,
    /// The path, the explanation, and the content of each file of the site's own.
    added: Vec<(String, String, Vec<u8>)>,
}

impl Evidence {
    /// Begins a pack on this policy, with its date.
    pub const fn new(policy: CookiePolicy, date: Instant) -> Self {
        Self {
            input: Input::new(policy, date),
            added: Vec::new(),
        }
    }

    /// Adds the earlier edition of the policy, and what changed since.
    pub fn before(mut self, earlier: CookiePolicy) -> Self {
        self.input.before = Some(earlier);
        self
    }

    /// Names the site, such as by its host.
    pub fn site(mut self, name: impl Into<String>) -> Self {
        self.input.site = Some(name.into());
        self
    }

    /// Sets the site's pages, with its templates and texts (default: those of the crate at `/cookies`, or at
    /// the path of the policy).
    pub fn pages(mut self, pages: Pages) -> Self {
        self.input.pages = Some(pages);
        self
    }

    /// Adds the report of the kit.
    pub fn report(mut self, report: Report) -> Self {
        self.input.report = Some(report);
        self
    }

    /// Adds what the site was seen to set, receive and load.
    pub fn inventory(mut self, seen: InventoryReport) -> Self {
        self.input.inventory = Some(seen);
        self
    }

    /// Adds visits as HTTP archives, below `captures/` in this folder, with who captured them, such as
    /// `Chromium 140` or `the test program itself`.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, records::Instant};
    /// use tower_cookie_consent::conformance::{CapturedVisits, Conformance, Evidence};
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// # runtime.block_on(async {
    /// # let policy = CookiePolicy::new([Category::necessary("base").title("Necessary")])?;
    /// # let date = Instant::from_unix_seconds(1_795_435_200);
    /// let visits = CapturedVisits::new();
    /// let kit = Conformance::new(policy.clone()).capture_to(&visits);
    /// let report = kit.check(axum::Router::new()).await;
    /// let evidence = Evidence::new(policy, date).report(report);
    /// let pack = evidence.captures("kit", "the test program itself", &visits).build()?;
    /// assert!(pack.file("captures/kit/after-a-refusal.har").is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn captures(
        mut self,
        folder: impl Into<String>,
        by: impl Into<String>,
        visits: &CapturedVisits,
    ) -> Self {
        let captured = (folder.into(), by.into(), visits.copy());
        self.input.captures.push(captured);
        self
    }

    /// Adds what the store of records says: the withdrawals that were passed on, the newest checkpoint, and
    /// which of the documents it has. No record is added: each is personal data.
    ///
    /// ```
    /// # use tower_cookie_consent::{conformance::Evidence, records::{Archive, ArchiveError}};
    /// async fn with_records(evidence: Evidence) -> Result<Evidence, ArchiveError> {
    ///     evidence.archive(&Archive::open("sqlite:consent.db").await?).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn archive(mut self, archive: &Archive) -> Result<Self, ArchiveError> {
        let mut stored = Stored::read(archive).await?;
        for document in surfaces::all_documents(&self.input) {
            if archive.document(document.digest()).await?.is_some() {
                stored.documents.insert(document.digest());
            }
        }
        self.input.stored = Some(stored);
        Ok(self)
    }

    /// Adds a gap to those that the pack names by itself.
    pub fn gap(mut self, gap: impl Into<String>) -> Self {
        self.input.gaps.push(gap.into());
        self
    }

    /// Adds a file of the site's own, with an explanation for the index. Paths are relative, in small letters,
    /// digits, `-`, `_`, `.` and `/`; what is below `screenshots/` and `captures/` is listed there.
    ///
    /// It must contain no cookie value: nobody checks that.
    pub fn file(
        mut self,
        path: impl Into<String>,
        about: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        self.added.push((path.into(), about.into(), content.into()));
        self
    }

    /// Completes the pack.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`] for an invalid path, two files of one path, or pages that can't be rendered.
    pub fn build(self) -> Result<EvidencePack, EvidenceError> {
        let input = &self.input;
        let mut items = Items::default();
        declared::add(input, &mut items)?;
        let surfaces = surfaces::add(input, &mut items)?;
        checks::add(input, &mut items)?;
        law::add(input, &mut items)?;
        register::add(input, &mut items)?;
        captures::add(input, &mut items)?;
        documents::add(input, &surfaces.documents, &mut items)?;
        for (path, about, content) in self.added {
            let section = match path.split('/').next() {
                Some("screenshots") => Section::Screenshots,
                Some("captures") => Section::Captures,
                _ => Section::Added,
            };
            items.add(section, &path, about, content)?;
        }
        let gaps = gaps::of(input, &items, surfaces.gaps);
        items.add(
            Section::Checks,
            "gaps.txt",
            "What this folder does not show: the same list as at the top of this page.",
            gaps::text(&gaps),
        )?;
        let index = Index::new(input, &items, gaps);
        let page = index::render(&index)?;
        let policy = Document::of_policy(&input.policy).digest();
        let files = items.0.into_iter().map(|(path, item)| (path, item.content));
        let files = files.chain([(INDEX.to_owned(), page.into_bytes())]);
        Ok(EvidencePack::new(input.date, policy, files.collect()))
    }
}
