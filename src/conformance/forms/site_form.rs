//! What a test says of a form.

use bytes::Bytes;
use http::{Request, request::Parts};

/// A form of a page that the kit fills in and sends, as a visitor does: it visits the page first, and takes along its
/// hidden fields, such as a token against forged requests.
///
/// The form is the one with the given id or action, or else the one that has all given fields. What is not given is
/// sent as the page has it. If a given pair is a button, that one is pressed. Requests have the `Origin` and the
/// `Referer` of the page. A form that is not found, or whose response is an error, is noted as not exercised
/// ([`Report::not_exercised`](crate::conformance::Report::not_exercised)).
///
/// ```
/// use tower_cookie_consent::{Category, CookiePolicy, conformance::{Conformance, SiteForm}};
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let login = SiteForm::on("/login").id("login").field("user", "kit").field("password", "kit");
/// let kit = Conformance::new(policy)
///     .login(login)
///     .visit(["/", "/account"])
///     .acceptance(SiteForm::on("/settings").action("/cookies").field("choice", "accept"))
///     .refusal(SiteForm::on("/settings").fields([("choice", "refuse")]));
/// # let _ = kit;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is only played as part of a plan"]
pub struct SiteForm {
    /// The path of the page, with its query.
    pub(in crate::conformance) page: String,
    pub(super) id: Option<String>,
    pub(super) action: Option<String>,
    pub(super) given: Vec<(String, String)>,
}

impl SiteForm {
    /// Begins with the page that has the form: its path, with or without a query.
    pub fn on(page: impl Into<String>) -> Self {
        Self {
            page: page.into(),
            id: None,
            action: None,
            given: Vec::new(),
        }
    }

    /// Chooses the form by its `id` or `name`.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Chooses the form by the path that it is sent to.
    pub fn action(mut self, path: impl Into<String>) -> Self {
        self.action = Some(path.into());
        self
    }

    /// Fills in a field, or presses the button with this name and value. A name may be given several times, as for
    /// boxes.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.given.push((name.into(), value.into()));
        self
    }

    /// Fills in several fields.
    pub fn fields<N: Into<String>, V: Into<String>>(
        self,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let fields = fields.into_iter();
        fields.fold(self, |form, (name, value)| form.field(name, value))
    }
}

/// A request of a plan: an [`http::Request`] as it is, or a [`SiteForm`] of a page.
///
/// ```
/// use http::Request;
/// use tower_cookie_consent::conformance::{SiteForm, SiteRequest};
///
/// let plain = SiteRequest::from(Request::post("/cookies").body("choice=refuse")?);
/// let form = SiteRequest::from(SiteForm::on("/settings").field("choice", "refuse"));
/// # let _ = (plain, form);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug)]
pub struct SiteRequest(pub(in crate::conformance) RequestKind);

#[derive(Debug)]
pub(in crate::conformance) enum RequestKind {
    Plain(Parts, Bytes),
    Form(SiteForm),
}

impl<B: Into<Bytes>> From<Request<B>> for SiteRequest {
    fn from(request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        Self(RequestKind::Plain(parts, body.into()))
    }
}

impl From<SiteForm> for SiteRequest {
    fn from(form: SiteForm) -> Self {
        Self(RequestKind::Form(form))
    }
}
