//! Readers of other tools' cookies: the layer follows what the tools themselves write.

mod banners;
mod hosted;
mod requests;
mod settings;
mod tools;
