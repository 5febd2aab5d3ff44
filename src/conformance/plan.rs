//! The requests of a plan.

use bytes::Bytes;
use http::{Method, request::Parts};

use super::{
    Conformance,
    forms::{RequestKind, SiteForm, SiteRequest},
    intent::{Intent, Known},
    planned::{PlannedRequest, get},
};

impl Conformance {
    /// Adds paths to visit by GET, with or without a query (default if no request is added: `/`). A
    /// path that does not exist is always visited too.
    pub fn visit<P: AsRef<str>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        for path in paths {
            let path = path.as_ref();
            match get(path) {
                Some(parts) => self.plan(parts, Bytes::new(), None),
                None => {
                    let shown = path.split('?').next().unwrap_or_default();
                    let invalid = format!("visit({shown:?}): a path begins with `/`");
                    self.invalid.push(invalid);
                }
            }
        }
        self
    }

    /// Adds a request of any kind. Only the path and query of its URI are used; the kit adds
    /// `Host`, `Cookie` and the situation's `Sec-GPC`. A choice made by a response applies to that
    /// response; then the visitor is back in the situation.
    ///
    /// ```
    /// # use http::Request;
    /// # use tower_cookie_consent::{Category, CookiePolicy, conformance::Conformance};
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let refusal = Request::post("/cookies")
    ///     .header("content-type", "application/x-www-form-urlencoded")
    ///     .body("choice=refuse")
    ///     .unwrap();
    /// let kit = Conformance::new(policy).visit(["/"]).request(refusal);
    /// ```
    pub fn request(mut self, request: impl Into<SiteRequest>) -> Self {
        let planned = self.planned(request.into(), None);
        self.requests.extend(planned);
        self
    }

    /// Adds a [form](SiteForm) of a page that visitors fill in and send, with what the page puts into it, such as a
    /// token against forged requests. [`acceptance`](Self::acceptance), [`refusal`](Self::refusal),
    /// [`withdrawal`](Self::withdrawal) and [`login`](Self::login) take a [`SiteForm`] too.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, conformance::Conformance};
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let kit = Conformance::new(policy).visit(["/"]).form("/settings", [("choice", "refuse")]);
    /// ```
    pub fn form<N: Into<String>, V: Into<String>>(
        self,
        page: &str,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.request(SiteForm::on(page).fields(fields))
    }

    /// Adds a request by which visitors log in. Each visitor of the kit makes it once, at first: pages that only
    /// members get are then checked too, and a choice that ends the session is a finding. What pages ask and opt-outs
    /// are played both without it and with it.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, conformance::{Conformance, SiteForm}};
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let form = SiteForm::on("/login").fields([("user", "kit"), ("password", "kit")]);
    /// let kit = Conformance::new(policy).login(form).visit(["/", "/account"]);
    /// ```
    pub fn login(mut self, request: impl Into<SiteRequest>) -> Self {
        let planned = self.planned(request.into(), None);
        self.logins.extend(planned);
        self
    }

    /// Adds a request by which visitors accept everything: its response must store just that.
    ///
    /// The kit recognises common forms, such as `choice=accept`, in any [`request`](Self::request) too, where it
    /// only judges responses that store something, or that did so in another situation.
    ///
    /// ```
    /// # use http::Request;
    /// # use tower_cookie_consent::{Category, CookiePolicy, conformance::Conformance};
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let kit = Conformance::new(policy)
    ///     .visit(["/"])
    ///     .acceptance(Request::post("/banner").body("ok=1").unwrap())
    ///     .refusal(Request::post("/banner").body("ok=0").unwrap())
    ///     .withdrawal(Request::post("/banner/undo").body("").unwrap());
    /// ```
    pub fn acceptance(self, request: impl Into<SiteRequest>) -> Self {
        self.declared(request, Intent::Accept)
    }

    /// Adds a request by which visitors refuse everything: its response must store just that.
    ///
    /// ```
    /// # use http::Request;
    /// # use tower_cookie_consent::{Category, CookiePolicy, conformance::Conformance};
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let kit = Conformance::new(policy).refusal(Request::post("/banner").body("ok=0").unwrap());
    /// ```
    pub fn refusal(self, request: impl Into<SiteRequest>) -> Self {
        self.declared(request, Intent::Refuse)
    }

    /// Adds a request by which visitors withdraw all consent: its response must store the refusal.
    ///
    /// ```
    /// # use http::Request;
    /// # use tower_cookie_consent::{Category, CookiePolicy, conformance::Conformance};
    /// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let kit = Conformance::new(policy).withdrawal(Request::post("/banner/undo").body("").unwrap());
    /// ```
    pub fn withdrawal(self, request: impl Into<SiteRequest>) -> Self {
        self.declared(request, Intent::Withdraw)
    }

    fn declared(mut self, request: impl Into<SiteRequest>, intent: Intent) -> Self {
        let planned = self.planned(request.into(), Some(intent));
        self.requests.extend(planned);
        self
    }

    /// Returns the request of a plan; `None` for a form whose page is not a path.
    fn planned(&mut self, request: SiteRequest, intent: Option<Intent>) -> Option<PlannedRequest> {
        let declared = intent.map(|intent| (intent, Known::Declared));
        match request.0 {
            RequestKind::Plain(parts, body) => {
                let read = || Intent::of_plan(&parts, &body, self.oracle.policy());
                let intent = declared.or_else(|| read().map(|intent| (intent, Known::Read)));
                Some(PlannedRequest {
                    parts,
                    body,
                    intent,
                    form: None,
                })
            }
            RequestKind::Form(form) => {
                let Some(mut parts) = get(&form.page) else {
                    let page = form.page.split('?').next().unwrap_or_default();
                    let invalid = format!("form on {page:?}: a path begins with `/`");
                    self.invalid.push(invalid);
                    return None;
                };
                // Until the page says how it is sent.
                parts.method = Method::POST;
                Some(PlannedRequest {
                    parts,
                    body: Bytes::new(),
                    intent: declared,
                    form: Some(form),
                })
            }
        }
    }

    fn plan(&mut self, parts: Parts, body: Bytes, intent: Option<(Intent, Known)>) {
        self.requests.push(PlannedRequest {
            parts,
            body,
            intent,
            form: None,
        });
    }
}
