//! Warnings about services.

use super::{About, Lint, LintWarningKind};
use crate::policy::{Basis, Category, CookieDeclaration, Service};

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
        self.origins(about, service);
        #[cfg(feature = "documents")]
        self.suggestion(about, service);
        if service.r#use.is_none() {
            self.misplaced_service(about, service);
        }
        // Some tools of the catalogue are called as their ids.
        let id = match service.r#use {
            Some(_) => "",
            None => service.id(),
        };
        for (key, text) in service.texts() {
            self.text(about, key, text, id);
        }
        if let Some(title) = service.get_title() {
            self.title(about, title);
        }
        self.link(about, "privacy_url", service.get_privacy_url());
    }

    /// What loads a third party's cookies can only be held back as a service.
    pub(super) fn unserved_cookies(&mut self, category: &Category) {
        if category.basis() != Basis::Consent || !category.get_services().is_empty() {
            return;
        }
        let cookies = category.get_cookies().iter();
        let mut sites: Vec<_> = cookies
            .filter_map(CookieDeclaration::get_third_party)
            .collect();
        sites.sort_unstable();
        sites.dedup();
        let Some(first) = sites.first() else {
            return;
        };
        let help = known_service_of(&sites).map_or_else(
            || format!("a service with its origins, such as \"https://www.{first}\""),
            |id| format!("{{\"use\": {id:?}}} to its services"),
        );
        let message = format!(
            "cookies of {} without a service, so what loads them is not held back, and visitors \
             can't allow it alone: add {help}",
            sites.join(", ")
        );
        let about = About::category(category);
        self.warn(about, LintWarningKind::ThirdPartyWithoutService, message);
    }

    /// Compares the category with what the catalogue knows of the service.
    #[cfg(feature = "documents")]
    fn suggestion(&mut self, about: About<'_>, service: &Service) {
        use crate::policy::catalogue::Row;

        let used = service.r#use.as_deref().unwrap_or(service.id());
        let Some(row) = Row::find(used) else {
            return self.known_origin(about, service);
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

#[cfg(feature = "documents")]
impl Lint<'_> {
    /// Compares the origins of a service with those of the catalogue, whatever it is called.
    fn known_origin(&mut self, about: About<'_>, service: &Service) {
        let basis = about.category.basis();
        let mut origins = service.get_origins().iter();
        let found = origins.find_map(|origin| {
            let host = origin.rsplit("://").next()?;
            let tracker = super::trackers::misplaced(host.trim_start_matches("*."), basis)?;
            Some((origin, tracker))
        });
        if let Some((origin, row)) = found {
            let (id, category, basis) = (row.id(), &*row.category, basis.word());
            let message = format!(
                "the catalogue knows {origin:?} as that of {id:?} ({category}), which needs consent, and its category is \
                 {basis:?}: move it to a consent category, or make sure that the way you use it needs none"
            );
            self.warn(about, LintWarningKind::ServiceCategory, message);
        }
    }
}

/// Returns the service of the catalogue that sets cookies of one of these sites.
#[cfg(feature = "documents")]
fn known_service_of(sites: &[&str]) -> Option<&'static str> {
    use crate::policy::catalogue::Row;

    let mut rows = Row::all();
    let row = rows.find(|row| row.third_parties().any(|site| sites.contains(&site)))?;
    Some(row.id())
}

#[cfg(not(feature = "documents"))]
fn known_service_of(_: &[&str]) -> Option<&'static str> {
    None
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
        Service::new(id).title(format!("The {id}")).provider("P")
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

    fn warnings(categories: impl IntoIterator<Item = Category>) -> Vec<String> {
        let policy = CookiePolicy::new(categories).unwrap();
        let all = policy.lint();
        let about_services = |kind| {
            matches!(
                kind,
                LintWarningKind::SharedOrigin
                    | LintWarningKind::WideOrigin
                    | LintWarningKind::ThirdPartyWithoutService
            )
        };
        all.iter()
            .filter(|warning| about_services(warning.kind()))
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn cookies_of_other_sites_need_a_service() {
        let cookie = || CookieDeclaration::new("id").third_party("films.example");
        let found = warnings([Category::consent("clips").cookie(cookie())]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("category \"clips\": cookies of films.example without"));
        assert!(
            found[0].contains("\"https://www.films.example\""),
            "{found:?}"
        );
        let served = Category::consent("clips")
            .cookie(cookie())
            .service(service("films"));
        assert_eq!(warnings([served]), [""; 0]);
        for other in [Category::necessary("base"), Category::exempt("stats")] {
            assert_eq!(warnings([other.cookie(cookie())]), [""; 0]);
        }
        let own = Category::consent("clips").cookie(CookieDeclaration::new("id"));
        assert_eq!(warnings([own]), [""; 0]);
        #[cfg(feature = "documents")]
        {
            let known = CookieDeclaration::new("VISITOR_INFO1_LIVE").third_party("youtube.com");
            let found = warnings([Category::consent("clips").cookie(known)]);
            assert!(found[0].contains("{\"use\": \"youtube\"}"), "{found:?}");
        }
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

    #[cfg(feature = "documents")]
    #[test]
    fn services_and_cookies_are_known_by_their_hosts() {
        let warns = |category: Category, kind| {
            let policy = CookiePolicy::new([category.title("Title")]).unwrap();
            policy.lint().iter().any(|it| it.kind() == kind)
        };
        let tags = |origin: &str| service("tags").origins([origin]);
        let of_site = |site: &str| CookieDeclaration::new("uid").third_party(site);
        for (origin, expected) in [
            ("https://static.hotjar.com", true),
            ("https://*.criteo.com", true),
            ("https://www.youtube-nocookie.com", true),
            ("https://js.stripe.com", false),
            ("https://www.google.com", false),
            ("https://cdn.example.org", false),
            ("https://hotjar.com.example.org", false),
        ] {
            let kind = LintWarningKind::ServiceCategory;
            let base = || Category::necessary("base").service(tags(origin));
            assert_eq!(warns(base(), kind), expected, "{origin}");
            let asked = Category::consent("ads").service(tags(origin));
            assert!(!warns(asked, kind), "{origin}");
        }
        for (site, expected) in [
            ("criteo.com", true),
            ("google.com", false),
            ("stripe.com", false),
            ("example.org", false),
        ] {
            let kind = LintWarningKind::Tracker;
            let base = Category::necessary("base").cookie(of_site(site));
            assert_eq!(warns(base, kind), expected, "{site}");
            assert!(!warns(Category::consent("ads").cookie(of_site(site)), kind));
        }
    }
}
