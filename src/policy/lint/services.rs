//! Warnings about services.

use super::{About, Lint, LintWarningKind};
use crate::policy::{Category, Service};

impl Lint<'_> {
    pub(super) fn service(&mut self, category: &Category, service: &Service) {
        let about = About::service(category, service);
        if service.get_title().is_none() {
            let message = "no title, so pages show the id to visitors: add a title";
            self.warn(about, LintWarningKind::NoTitle, message);
        }
        if service.get_provider().is_none() {
            let message = "no provider, and visitors must be informed who gets the data (GDPR, \
                           art. 13(1)): add a provider";
            self.warn(about, LintWarningKind::NoProvider, message);
        }
        self.shared_origin(about, service);
        #[cfg(feature = "documents")]
        self.suggestion(about, service);
        for (key, text) in service.texts() {
            self.translations(about, key, text);
        }
    }

    /// Two services of one origin look the same in what the browser requests.
    fn shared_origin(&mut self, about: About<'_>, service: &Service) {
        let other = self.policy.services().iter().find_map(|number| {
            let other = self.policy.service_at(number)?;
            let mut origins = other.get_origins().iter();
            let shared = origins.find(|origin| service.get_origins().contains(origin))?;
            (other.id() < service.id()).then(|| (other.id().to_owned(), shared.clone()))
        });
        if let Some((other, origin)) = other {
            let message = format!(
                "{origin:?} is also an origin of the service {other:?}, so it loads if either is \
                 allowed: declare narrower origins, or one service for both"
            );
            self.warn(about, LintWarningKind::SharedOrigin, message);
        }
    }

    /// Compares the category with what the catalogue knows of the service.
    #[cfg(feature = "documents")]
    fn suggestion(&mut self, about: About<'_>, service: &Service) {
        use crate::policy::catalogue::Row;

        let used = service.r#use.as_deref().unwrap_or(service.id());
        let Some(row) = Row::find(used) else {
            return;
        };
        let (category, suggested) = (about.category, &*row.category);
        let basis = category.basis();
        if !row.fits(basis) {
            let basis = basis.word();
            let message = format!(
                "the catalogue knows this service as {suggested:?}, which needs consent, and its \
                 category is {basis:?}: move it to a consent category, or make sure that the way \
                 you use it needs none"
            );
            self.warn(about, LintWarningKind::ServiceCategory, message);
        } else if category.id() != suggested && Row::categories().any(|it| it == category.id()) {
            let message = format!(
                "the catalogue knows this service as {suggested:?}: check that its purpose is that \
                 of its category"
            );
            self.warn(about, LintWarningKind::ServiceCategory, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CookiePolicy, LintWarning};

    fn kinds(categories: impl IntoIterator<Item = Category>) -> Vec<LintWarningKind> {
        let policy = CookiePolicy::new(categories).unwrap();
        policy.lint().iter().map(LintWarning::kind).collect()
    }

    fn service(id: &str) -> Service {
        Service::new(id).title(id).provider("P")
    }

    #[test]
    fn each_fault_of_a_service_gives_its_warning() {
        let media = || Category::consent("clips").title("Clips");
        assert_eq!(kinds([media().service(service("a"))]), []);
        let bare = media().service(Service::new("a"));
        let expected = [LintWarningKind::NoTitle, LintWarningKind::NoProvider];
        assert_eq!(kinds([bare]), expected);
        let shared = ["a", "b"].map(|id| service(id).origins(["cdn.example.org"]));
        assert_eq!(
            kinds([media().services(shared)]),
            [LintWarningKind::SharedOrigin]
        );
    }

    #[cfg(feature = "documents")]
    #[test]
    fn a_category_that_the_catalogue_does_not_suggest_is_reported() {
        let of = |category: Category, id| {
            let service = Service::from_catalogue(id);
            let category = category.title("Title").service(service);
            let policy = CookiePolicy::new([category]).unwrap();
            let all = policy.lint();
            all.into_iter()
                .any(|it| it.kind() == LintWarningKind::ServiceCategory)
        };
        assert!(of(Category::necessary("base"), "youtube"));
        assert!(of(Category::exempt("base"), "hotjar"));
        assert!(of(Category::consent("advertising"), "youtube"));
        assert!(!of(Category::consent("media"), "youtube"));
        assert!(!of(Category::consent("films"), "youtube"));
        assert!(!of(Category::necessary("base"), "stripe"));
    }
}
