use std::fmt;

use serde::Serialize;

/// The part of a policy that something is about; empty for the policy itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cookie: Option<String>,
}

impl Place {
    pub(super) fn of_category(id: &str) -> Self {
        Self {
            category: Some(id.to_owned()),
            ..Self::default()
        }
    }

    /// Returns the id of the category or service whose answer counts for it.
    pub(super) fn group(&self) -> Option<&str> {
        self.service.as_deref().or(self.category.as_deref())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(cookie) = &self.cookie {
            write!(f, "cookie {cookie:?} of ")?;
        }
        match (&self.service, &self.category) {
            (Some(service), Some(category)) => {
                write!(f, "service {service:?} of category {category:?}")
            }
            (_, Some(category)) => write!(f, "category {category:?}"),
            _ => f.write_str("the policy"),
        }
    }
}
