//! Nothing: the benches stand beside this file.
