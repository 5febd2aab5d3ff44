//! The markup of an HTML page: its elements, which of them are shown, and its forms.

mod form;
mod node;
mod tree;

pub(super) use self::{
    form::{Form, Submission, chosen_options, forms},
    node::{attribute, has_mark, is, words},
    tree::Tree,
};
