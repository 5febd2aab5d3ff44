//! A visitor with a plain HTTP client and a cookie jar.

use std::collections::BTreeMap;

use http::{
    Method, Request, Response,
    header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE},
};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

pub(super) struct Visitor {
    client: Client<HttpConnector, Full<Bytes>>,
    site: String,
    /// Name and value of what is kept.
    pub(super) jar: BTreeMap<String, String>,
    /// Every name that was ever set.
    pub(super) ever: Vec<String>,
}

impl Visitor {
    pub(super) fn of(site: String) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            site,
            jar: BTreeMap::new(),
            ever: Vec::new(),
        }
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.jar.keys().map(String::as_str).collect()
    }

    pub(super) async fn get(&mut self, path: &str) -> Response<String> {
        self.send(Method::GET, path, String::new()).await
    }

    /// Sends the form of a page, with the token that the page has for it, and follows the redirect.
    pub(super) async fn submit(
        &mut self,
        page: &str,
        action: &str,
        fields: &str,
    ) -> Response<String> {
        let page = self.get(page).await;
        let (_, rest) = page
            .body()
            .split_once("name=\"csrfmiddlewaretoken\" value=\"")
            .expect("a form with a token");
        let token = rest.split('"').next().unwrap();
        let body = format!("csrfmiddlewaretoken={token}&{fields}");
        let answer = self.send(Method::POST, action, body).await;
        match answer.headers().get(LOCATION) {
            Some(location) => self.get(location.to_str().unwrap()).await,
            None => answer,
        }
    }

    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        form: String,
    ) -> Response<String> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.site))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if !self.jar.is_empty() {
            let pairs: Vec<_> = self
                .jar
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let request = request.body(Full::from(form)).unwrap();
        let (head, body) = self.client.request(request).await.unwrap().into_parts();
        for field in head.headers.get_all(SET_COOKIE) {
            self.keep(field.to_str().unwrap());
        }
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(head, String::from_utf8(body.to_vec()).unwrap())
    }

    fn keep(&mut self, field: &str) {
        let mut parts = field.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        self.ever.push(name.to_owned());
        let ends = parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
        if ends {
            self.jar.remove(name);
        } else {
            self.jar.insert(name.to_owned(), value.to_owned());
        }
    }
}
