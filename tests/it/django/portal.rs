//! The portal of `tests/django` behind the reverse proxy.

use crate::support::{
    django::Django,
    process::{Server, example, of_crate},
};

pub(super) struct Portal {
    pub(super) proxy: Server,
    pub(super) django: Django,
}

impl Portal {
    /// Starts Django behind the proxy, or returns `None` and says so if Django is not available.
    pub(super) fn start() -> Option<Self> {
        Self::with_policy("examples/reverse_proxy/portal.json")
    }

    /// The same, with the policy in this file.
    pub(super) fn with_policy(policy: &str) -> Option<Self> {
        let django = Django::start()?;
        let proxy = Server::start(
            example("reverse_proxy")
                .args(["--listen", "127.0.0.1:0", "--upstream", &django.url("")])
                .arg("--policy")
                .arg(of_crate(policy)),
        );
        Some(Self { proxy, django })
    }
}
