//! What a run leaves out because there is too much of it.

use http::Method;

use super::{FULL_ROUNDS, Play, caches::MOST_COMPARED, maker::MOST_MAKERS, reading::MOST_READ};
use crate::{
    Basis, Category,
    conformance::{
        scenes::{MOST_CATEGORIES, MOST_SERVICES, asked_services},
        target::Target,
        visitor::{MOST_PLANTED, optional_cookies},
    },
};

impl<T: Target> Play<T> {
    /// Says what of the policy is not played.
    pub(super) fn tell_most(&mut self) {
        let policy = self.kit.oracle.policy();
        let services = asked_services(policy).count();
        let of_basis = |basis| {
            let all = policy.categories().map(Category::basis);
            all.filter(|it| *it == basis).count()
        };
        let (asked, exempt) = (of_basis(Basis::Consent), of_basis(Basis::Exempt));
        let cookies = optional_cookies(policy).count();
        let all = [
            (services, MOST_SERVICES, "services: consent to one by one"),
            (
                asked,
                MOST_CATEGORIES,
                "categories: answers about one by one",
            ),
            (
                exempt,
                MOST_CATEGORIES,
                "exempt categories: objections to one by one",
            ),
            (
                cookies,
                MOST_PLANTED * FULL_ROUNDS,
                "cookies: whether a refusal expires and hides them",
            ),
        ];
        self.tell_left(all);
    }

    /// Says what of the plan is not compared, or repeated.
    pub(super) fn tell_most_of_plan(&mut self) {
        let pages = self.plan.iter();
        let pages = pages
            .filter(|step| step.parts.method == Method::GET)
            .count();
        self.tell_left([
            (pages, MOST_COMPARED, "pages: what caches keep of them"),
            (pages, MOST_READ, "pages: how they ask"),
        ]);
        if self.makers.len() >= MOST_MAKERS {
            let why = format!("the first {MOST_MAKERS} were played as visitors who go on");
            self.skip("further requests that make a choice", &why);
        }
    }

    fn tell_left<const N: usize>(&mut self, all: [(usize, usize, &str); N]) {
        for (count, most, what) in all {
            let left = count.saturating_sub(most);
            if left > 0 {
                self.skip(
                    &format!("{left} {what}"),
                    &format!("the first {most} were played alone"),
                );
            }
        }
    }
}
