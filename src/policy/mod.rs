//! What the site declares.
