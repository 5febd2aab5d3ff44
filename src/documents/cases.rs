//! The judge of the tests, and their tables.

use std::sync::{Arc, Mutex};

use url::{Host, Url};

use super::{
    charset::Charset,
    gate::{Gate, MEMORY, Setup},
    judge::{Held, Judge, Judgement},
    stopped::Stopped,
};

/// Lets `own.example` and `cdn.example` load. `film.example` and `map.example` belong to services,
/// other hosts to nobody.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    pub(crate) held: Mutex<Vec<String>>,
}

impl Judge for Hosts {
    fn url(&self, url: &Url) -> Judgement {
        match url.host() {
            Some(Host::Domain("own.example" | "cdn.example")) => Judgement::Loads,
            Some(Host::Domain("film.example")) => Judgement::held(0),
            Some(Host::Domain("map.example")) => Judgement::held(1),
            _ => Judgement::FOR_GOOD,
        }
    }

    fn script(&self, text: &str) -> Judgement {
        ["film(", "map("]
            .iter()
            .zip(0..)
            .filter(|(marker, _)| text.contains(**marker))
            .fold(Judgement::Loads, |judgement, (_, service)| {
                judgement.and(Judgement::held(service))
            })
    }

    fn label(&self, id: &str) -> Judgement {
        match id {
            "film" => Judgement::held(0),
            "map" => Judgement::held(1),
            _ => Judgement::Loads,
        }
    }

    fn id(&self, service: u8) -> &str {
        ["film", "map"][usize::from(service)]
    }

    fn held(&self, held: &Held<'_>) {
        let url = held.url.map_or("", Url::as_str);
        let line = format!("{} {} {url}", held.place.element, held.place.attribute);
        self.held.lock().expect("not poisoned").push(line);
    }

    fn stopped(&self, reason: Stopped) {
        self.held
            .lock()
            .expect("not poisoned")
            .push(reason.to_string());
    }
}

pub(crate) fn setup(judge: Arc<dyn Judge>) -> Setup {
    Setup {
        judge,
        document: Url::parse("https://own.example/dir/page")
            .expect("a URL")
            .into(),
        charset: Charset::UTF_8,
        memory: MEMORY,
        report_only: false,
        pass_charsets: false,
        is_guessed: false,
        placeholders: None,
        inserts: None,
    }
}

pub(crate) fn gate(document: &str) -> Result<String, Stopped> {
    gate_in_pieces(document, usize::MAX)
}

pub(crate) fn gate_in_pieces(document: &str, size: usize) -> Result<String, Stopped> {
    run(
        Gate::new(setup(Arc::new(Hosts::default()))),
        document.as_bytes(),
        size,
    )
    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

pub(crate) fn run(mut gate: Gate, document: &[u8], size: usize) -> Result<Vec<u8>, Stopped> {
    let mut out = Vec::new();
    for piece in document.chunks(size) {
        gate.write(piece)?;
        out.append(&mut gate.take());
    }
    gate.end()?;
    out.append(&mut gate.take());
    Ok(out)
}

/// Reads a table of documents: `before`, a line `=>` and `after` if it changes, a line `---`.
pub(crate) fn table(text: &str) -> impl Iterator<Item = (String, String)> {
    text.trim_end()
        .split("\n---\n")
        .map(|case| match case.split_once("\n=>\n") {
            Some((before, after)) => (before.to_owned(), after.to_owned()),
            None => (case.to_owned(), case.to_owned()),
        })
}
