//! The gate as the crate's own fuzz targets and benches use it.

use std::sync::Arc;

use url::{Origin, Url};

use super::{
    charset::Charset,
    gate::{Gate, MEMORY, Setup, Stopped},
    judge::{Held, Judge, Judgement},
};

pub use super::loads::SELECTOR;

/// Lets the document's own origin load, and nothing else.
pub(crate) struct Own(pub(crate) Origin);

impl Judge for Own {
    fn url(&self, url: &Url) -> Judgement {
        if url.origin() == self.0 {
            Judgement::Loads
        } else {
            Judgement::FOR_GOOD
        }
    }

    fn script(&self, _: &str) -> Judgement {
        Judgement::Loads
    }

    fn label(&self, _: &str) -> Judgement {
        Judgement::Loads
    }

    fn id(&self, _: u8) -> &str {
        ""
    }

    fn held(&self, _: &Held<'_>) {}

    fn stopped(&self, _: Stopped) {}
}

/// Gates a document in UTF-8 in pieces of these sizes, for which everything from other origins is
/// held back. Returns `None` if it ends before its end.
pub fn gate(document: &[u8], url: &Url, sizes: &mut dyn FnMut() -> usize) -> Option<Vec<u8>> {
    let mut gate = Gate::new(Setup {
        judge: Arc::new(Own(url.origin())),
        document: url.clone().into(),
        charset: Charset::UTF_8,
        memory: MEMORY,
        report_only: false,
    });
    let (mut out, mut rest) = (Vec::new(), document);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(sizes().clamp(1, rest.len()));
        gate.write(piece).ok()?;
        out.append(&mut gate.take());
        rest = after;
    }
    gate.end().ok()?;
    out.append(&mut gate.take());
    Some(out)
}
