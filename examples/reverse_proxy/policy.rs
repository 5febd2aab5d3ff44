//! Reads the policies, and rejects invalid ones with all their problems: at start, and when they are
//! read again.

use tokio::signal::unix::{SignalKind, signal};
use tower_cookie_consent::{CookieConsentLayer, layer::PolicySource, pages::Pages};

use crate::arguments::Arguments;

/// Returns the policy from a file, or those of a folder; or their problems, one per line.
pub(crate) fn open(arguments: &Arguments) -> Result<PolicySource, String> {
    let path = &arguments.policy;
    let source = match path.is_dir() {
        true => PolicySource::folder(path),
        false => PolicySource::file(path),
    };
    let source = source.and_then(|source| match &arguments.pages {
        None => Ok(source),
        Some(_) => source.prepare(|policy| Pages::check(&policy).map(|()| policy)),
    });
    source.map_err(|error| error.to_string())
}

/// Returns a layer with the policies, as they are now or as they will be.
pub(crate) fn layer(source: &PolicySource, reload: bool) -> CookieConsentLayer {
    let policies = source.policies();
    let layer = CookieConsentLayer::new(policies.default_policy().clone());
    match reload {
        true => layer.policy_for(source.hook()),
        // One policy for all hosts needs no hook.
        false if policies.hosts().next().is_none() => layer,
        false => layer.policy_for(policies.hook()),
    }
}

/// Reads the policies again at each SIGHUP, from now on.
pub(crate) fn reload_at_hangup(source: PolicySource) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let source = source.clone();
            // It reads files, which would keep a connection waiting.
            let reloaded = tokio::task::spawn_blocking(move || source.reload());
            match reloaded.await {
                Ok(Ok(_)) => tracing::info!("SIGHUP: the policies were read again"),
                Ok(Err(error)) => {
                    tracing::error!("SIGHUP: the policies before stay in force: {error}");
                }
                Err(error) => tracing::error!(%error, "SIGHUP: the policies were not read"),
            }
        }
    });
    Ok(())
}
