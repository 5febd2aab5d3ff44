//! Documents with a banner and a footer, by a table.

use std::sync::Arc;

use url::Url;

use super::{
    super::{
        cases::{Hosts, run, setup, table},
        gate::Gate,
        stopped::Stopped,
    },
    Inserts, Whole, Writer, Written,
};

/// Writes what it knows of the document.
#[derive(Debug, Default)]
struct Short(String);

impl Writer for Short {
    fn speak(&mut self, language: &str) {
        self.0.push_str(&format!(" {language}"));
    }

    fn obey(&mut self, policy: &str) {
        self.0.push_str(&format!(" [{policy}]"));
    }

    fn write(&mut self, base: Option<&Url>) -> Written {
        let absolute = base.map_or("", |_| " absolute");
        Written {
            top: format!("<top{}{absolute} \u{e9}>", self.0),
            bottom: "<bottom>".to_owned(),
            ..Written::default()
        }
    }
}

fn written(document: &str, size: usize) -> Result<String, Stopped> {
    let (whole, document) = match document.strip_prefix("NAVIGATION ") {
        Some(document) => (Whole::Asked, document),
        None => (Whole::Unknown, document),
    };
    let mut setup = setup(Arc::new(Hosts::default()));
    setup.inserts = Some(Inserts::new(Box::new(Short::default()), whole));
    let out = run(Gate::new(setup), document.as_bytes(), size)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[test]
fn banner_comes_first_and_the_footer_last() {
    for (before, after) in table(include_str!("../../../tests/data/documents/inserts.txt")) {
        let after = after.trim_start_matches("NAVIGATION ");
        for size in [1, 2, 3, 7, usize::MAX] {
            let out = written(&before, size);
            assert_eq!(
                out.as_deref(),
                Ok(after),
                "in pieces of {size}, from:\n{before}"
            );
        }
    }
}
