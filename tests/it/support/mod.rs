//! What tests of running programs need. They start on free ports and end with the test.

pub(crate) mod browser;
pub(crate) mod server;
