//! The home page, a page with a film and a map of other sites, one that does not exist, and one that has
//! moved.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use minijinja::context;

use crate::{
    tracking,
    visitor::{Broken, Visitor},
};

pub(crate) async fn home(visitor: Visitor) -> Result<impl IntoResponse, Broken> {
    visitor.page("home.html", "/", context! {}).await
}

/// The path of the page with a film and a map.
pub(crate) const TERRITORY: &str = "/territoire";

pub(crate) async fn territory(visitor: Visitor) -> Result<impl IntoResponse, Broken> {
    visitor.page("territory.html", TERRITORY, context! {}).await
}

pub(crate) async fn not_found(visitor: Visitor) -> Result<impl IntoResponse, Broken> {
    let page = visitor
        .page("not_found.html", "/introuvable", context! {})
        .await?;
    Ok((StatusCode::NOT_FOUND, page))
}

pub(crate) async fn redirect(visitor: Visitor) -> Result<impl IntoResponse, Broken> {
    visitor.remember("/redirection").await?;
    let jar = tracking::note_path(visitor.jar, "/redirection");
    Ok((jar, Redirect::to("/")))
}
