use crate::policy::CookiePolicy;

/// Names of cookies that a request carried and its response may have to know of: those that came
/// in under a pattern (only the request tells their names), exempt ones (they must not be
/// prolonged), and refused ones (they are still there, and are to be expired).
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    /// Each name with a `;` behind it, which no name contains.
    names: String,
}

impl Carried {
    pub(super) const NOTHING: Self = Self {
        names: String::new(),
    };

    /// Notes a name; names are visible ASCII, anything else is not one and left out.
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

    /// The numbers of the declarations of these names, in order.
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
