use crate::policy::CookiePolicy;

/// The names of a request's cookies that may matter for its response: those that match a pattern
/// (only the request contains their names), exempt ones (which must not be prolonged), and refused
/// ones (which still exist and have to be expired).
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    /// Each name followed by a `;`, which names can't contain.
    names: String,
}

impl Carried {
    pub(super) const NOTHING: Self = Self {
        names: String::new(),
    };

    /// Adds a name; names are visible ASCII, and anything else is left out.
    pub(super) fn note(&mut self, name: &[u8]) {
        if let Ok(name) = str::from_utf8(name) {
            self.names.push_str(name);
            self.names.push(';');
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.split_terminator(';')
    }

    /// Returns the numbers of the declarations of these names, in order.
    pub(super) fn declarations(&self, policy: &CookiePolicy) -> Vec<u32> {
        let mut numbers: Vec<u32> = self
            .iter()
            .filter_map(|name| Some(policy.find(name.as_bytes())?.declaration))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}
