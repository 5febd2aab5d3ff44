//! Compares what two visitors get from each page, and from the files that pages load.

use http::Method;

use super::{
    super::planned::get,
    Play,
    step::{Step, at},
};
use crate::conformance::{
    lasting,
    scenes::{self, Situation},
    state,
    target::Target,
    visitor::Visitor,
};

/// The pages whose validators are compared for visitors who have refused too.
const MOST_REFUSED: usize = 8;

/// The situations in which validators are compared.
const FRESH: &str = "two visitors before a choice";
const REFUSED: &str = "two visitors after refusal";

impl<T: Target> Play<T> {
    pub(super) async fn compare_visitors(&mut self, all: &[Situation]) {
        let fresh = Visitor::new(&self.kit, &self.site);
        let refused = all.iter().find(|scene| scene.situation == scenes::REFUSED);
        let refused = refused.map(|scene| self.newcomer(scene, false));
        let pages = self.plan.iter();
        let pages = pages.filter(|step| step.parts.method == Method::GET);
        let files = self.resources.iter().filter_map(|path| {
            let parts = get(path)?;
            Some(Step {
                label: format!("GET {}", parts.uri.path()),
                ..Step::visit(parts, 0)
            })
        });
        let steps: Vec<Step> = pages.cloned().chain(files).collect();
        for (number, step) in steps.iter().enumerate() {
            let url = at(&self.site, &step.parts.uri);
            let recorder = &mut self.ledger.recorder;
            let oracle = &self.kit.oracle;
            let request = fresh.request(&step.parts, &step.body, &url);
            let page = (request, step.label.as_str());
            state::compare(&mut self.target, oracle, (page.clone(), FRESH), recorder).await;
            lasting::compare(&mut self.target, oracle, page, recorder).await;
            if let Some(refused) = refused.as_ref().filter(|_| number < MOST_REFUSED) {
                let request = refused.request(&step.parts, &step.body, &url);
                let page = ((request, step.label.as_str()), REFUSED);
                state::compare(&mut self.target, oracle, page, recorder).await;
            }
        }
    }
}
