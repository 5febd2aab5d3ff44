//! The page for the site's own staff, with the features `records` and `pages`.

// Knows the archive and the writer's health. `console` has the public type and its answers, `overview`
// and `history` what the pages show, `chart` the bars, and `texts.json` every English text.

mod body;
mod chart;
#[allow(clippy::module_inception)]
mod console;
mod figures;
mod history;
mod overview;
mod render;
mod response;
mod service;
mod viewer;

pub use body::ConsoleBody;
pub use console::Console;
pub use service::ConsoleFuture;
pub use viewer::{ConsolePart, Look, Viewer};
