//! `…/checkpoint` and `…/proof`: the parts of the Merkle tree of records that anybody may read.

use http::{Response, StatusCode, request::Parts};

use super::{
    answer::{Keep, PagesBody, answer},
    receipt::unavailable,
    service::{Visit, queried},
};
use crate::consent::TreePart;

impl Visit<'_> {
    /// Responds with the newest signed checkpoint, or with the one of the queried size.
    pub(super) async fn checkpoint(&mut self, parts: &Parts) -> Response<PagesBody> {
        let size = queried(parts, "size");
        match size.as_deref().map(str::parse) {
            None => {
                let newest = TreePart::Checkpoint { size: None };
                self.tree_part(Some(newest), Keep::Minute).await
            }
            // Its witness may come later.
            Some(Ok(size)) => {
                let one = TreePart::Checkpoint { size: Some(size) };
                self.tree_part(Some(one), Keep::Day).await
            }
            Some(Err(_)) => self.not_found(),
        }
    }

    /// Responds with a proof: `?leaf=…&size=…` that a leaf is in a tree, `?from=…&size=…` that a tree continues
    /// another.
    pub(super) async fn proof(&mut self, parts: &Parts) -> Response<PagesBody> {
        let number = |key: &str| queried(parts, key)?.parse::<u64>().ok();
        let part = match (number("leaf"), number("from"), number("size")) {
            (Some(leaf), None, Some(size)) => Some(TreePart::Inclusion { leaf, size }),
            (None, Some(from), Some(size)) => Some(TreePart::Consistency { from, size }),
            _ => None,
        };
        self.tree_part(part, Keep::Forever).await
    }

    async fn tree_part(&mut self, part: Option<TreePart>, keep: Keep) -> Response<PagesBody> {
        let reader = self.reader();
        let found = match reader.zip(part) {
            Some((reader, part)) => reader.published(part).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(json)) => answer(StatusCode::OK, "application/json", keep, json),
            Ok(None) => self.not_found(),
            Err(why) => unavailable(why),
        }
    }
}
