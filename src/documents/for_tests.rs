//! The gate as the crate's own fuzz targets and benches use it.

use std::sync::Arc;

use url::{Origin, Url};

use super::{
    charset::Charset,
    gate::{Gate, MEMORY, Setup},
    inserts::{self, Inserts, Whole, Written},
    judge::{Held, Judge, Judgement},
    placeholder::{Part, Placeholders, Spot, Writer},
    stopped::Stopped,
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

/// Holds back everything of other origins for one service.
struct OneService(Own);

impl Judge for OneService {
    fn url(&self, url: &Url) -> Judgement {
        match self.0.url(url) {
            Judgement::Loads => Judgement::Loads,
            Judgement::Held(_) => Judgement::held(0),
        }
    }

    fn script(&self, _: &str) -> Judgement {
        Judgement::Loads
    }

    fn label(&self, _: &str) -> Judgement {
        Judgement::Loads
    }

    fn id(&self, _: u8) -> &str {
        "films"
    }

    fn held(&self, _: &Held<'_>) {}

    fn stopped(&self, _: Stopped) {}
}

/// Writes placeholders whose elements have `data-added`.
struct Marked;

impl Writer for Marked {
    fn title(&self, _: &Spot<'_>) -> Option<String> {
        Some("t".to_owned())
    }

    fn write(&self, part: Part, _: &Spot<'_>) -> Option<String> {
        let markup = match part {
            Part::Frame => "<p>t",
            Part::Inline => {
                "<span data-added><strong data-added>t</strong><svg data-added></svg><button data-added form=f>t</button>\
                 <a data-added href=/t>t</a></span>"
            }
            Part::Stop => "<span data-added><button data-added form=f>t</button></span>",
            Part::Form => "<form data-added id=f><input data-added type=hidden></form>",
            Part::Sheet => "<link data-added rel=stylesheet href=/t>",
        };
        Some(markup.to_owned())
    }

    fn service_of(&self, _: &Url) -> Option<u8> {
        None
    }

    fn service_named(&self, _: &str) -> Option<u8> {
        None
    }
}

/// Writes a banner and a footer whose elements have `data-added`.
impl inserts::Writer for Marked {
    fn speak(&mut self, _: &str) {}

    fn obey(&mut self, _: &str) {}

    fn write(&mut self, _: Option<&Url>) -> Written {
        let top = "<link data-added rel=stylesheet href=/t><script data-added src=/t></script>\
            <section data-added><h2 data-added>t</h2><ul data-added><li data-added>t</ul><form data-added><button data-added>t</button></form></section>";
        let bottom = "<section data-added><a data-added href=/t>t</a><form data-added><button data-added>t</button></form></section>";
        Written {
            top: top.to_owned(),
            bottom: bottom.to_owned(),
            has_sheet: true,
            ..Written::default()
        }
    }
}

/// Gates a document in UTF-8 in pieces of these sizes, with placeholders, a banner and a footer, whose
/// elements have the attribute `data-added`.
#[must_use]
pub fn gate_with_additions(
    document: &[u8],
    url: &Url,
    sizes: &mut dyn FnMut() -> usize,
) -> Option<Vec<u8>> {
    let gate = Gate::new(Setup {
        judge: Arc::new(OneService(Own(url.origin()))),
        document: url.clone().into(),
        charset: Charset::UTF_8,
        memory: MEMORY,
        report_only: false,
        pass_charsets: false,
        is_guessed: false,
        placeholders: Some(Placeholders::new(Box::new(Marked))),
        inserts: Some(Inserts::new(Box::new(Marked), Whole::Asked)),
    });
    run(gate, document, sizes)
}

/// Gates a document in UTF-8 in pieces of these sizes, for which everything from other origins is
/// held back. Returns `None` if it ends before its end.
pub fn gate(document: &[u8], url: &Url, sizes: &mut dyn FnMut() -> usize) -> Option<Vec<u8>> {
    let gate = Gate::new(Setup {
        judge: Arc::new(Own(url.origin())),
        document: url.clone().into(),
        charset: Charset::UTF_8,
        memory: MEMORY,
        report_only: false,
        pass_charsets: false,
        is_guessed: false,
        placeholders: None,
        inserts: None,
    });
    run(gate, document, sizes)
}

fn run(mut gate: Gate, document: &[u8], sizes: &mut dyn FnMut() -> usize) -> Option<Vec<u8>> {
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
