//! The requests of a plan.

use bytes::Bytes;
use http::{Request, request::Parts};

use super::{
    Conformance,
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
    pub fn request<B: Into<Bytes>>(mut self, request: Request<B>) -> Self {
        let (parts, body) = request.into_parts();
        let body = body.into();
        let intent = Intent::read(&parts, &body, self.oracle.policy());
        self.plan(parts, body, intent.map(|intent| (intent, Known::Read)));
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
    pub fn acceptance<B: Into<Bytes>>(self, request: Request<B>) -> Self {
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
    pub fn refusal<B: Into<Bytes>>(self, request: Request<B>) -> Self {
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
    pub fn withdrawal<B: Into<Bytes>>(self, request: Request<B>) -> Self {
        self.declared(request, Intent::Withdraw)
    }

    fn declared<B: Into<Bytes>>(mut self, request: Request<B>, intent: Intent) -> Self {
        let (parts, body) = request.into_parts();
        self.plan(parts, body.into(), Some((intent, Known::Declared)));
        self
    }

    fn plan(&mut self, parts: Parts, body: Bytes, intent: Option<(Intent, Known)>) {
        self.requests.push(PlannedRequest {
            parts,
            body,
            intent,
        });
    }
}
