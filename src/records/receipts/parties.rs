//! The parties of a receipt: the site's controller, and those who receive data.

use serde_json::{Value, json};

use super::vocabulary::without_nulls;
use crate::policy::{Controller, CookieDeclaration, CookiePolicy, Service, Text};

pub(super) struct Parties<'a> {
    policy: &'a CookiePolicy,
    language: &'a str,
    has_controller: bool,
    others: Vec<Party>,
    values: Vec<Value>,
}

/// A party other than the site's controller, known by its name.
struct Party {
    name: String,
    id: String,
}

impl<'a> Parties<'a> {
    pub(super) fn new(
        policy: &'a CookiePolicy,
        language: &'a str,
        missing: &mut Vec<String>,
    ) -> Self {
        let controller = policy.controller();
        let text =
            |text: Option<&Text>| policy.text(text, language).map(|(_, text)| text.to_owned());
        let name = text(controller.map(Controller::name));
        let address = text(controller.and_then(Controller::get_address));
        let contact = text(controller.and_then(Controller::get_contact));
        for (value, what) in [
            (&name, "name of the controller"),
            (&address, "address of the controller"),
            (&contact, "contact of the controller"),
        ] {
            if value.is_none() {
                missing.push(what.to_owned());
            }
        }
        let dpo = text(controller.and_then(Controller::get_dpo));
        let officer = dpo.map(
            |contact| json!({"@type": "dpv:DataProtectionOfficer", "dpv:hasContact": contact}),
        );
        Self {
            policy,
            language,
            has_controller: controller.is_some(),
            others: Vec::new(),
            values: vec![without_nulls(json!({
                "@id": "_:controller",
                "@type": ["dpv:DataController", "dpv:LegalEntity"],
                "dct:identifier": "controller",
                "dpv:hasName": name,
                "dpv:hasAddress": address,
                "dpv:hasContact": contact,
                "dpv:hasRepresentative": officer,
            }))],
        }
    }

    /// Returns the ids of those who receive data of these services and cookies.
    pub(super) fn recipients(
        &mut self,
        services: &[Service],
        cookies: &[&CookieDeclaration],
        missing: &mut Vec<String>,
    ) -> Vec<String> {
        let of_services = services.iter().map(|service| {
            let name = service.get_controller().or(service.get_provider());
            (name, service.get_privacy_url())
        });
        let of_cookies = cookies.iter().map(|cookie| {
            let name = cookie.get_controller().or(cookie.get_provider());
            (name, cookie.get_privacy_url())
        });
        let mut ids: Vec<String> = Vec::new();
        for (name, contact) in of_services.chain(of_cookies) {
            let Some((_, name)) = self.policy.text(name, self.language) else {
                continue;
            };
            let id = self.id_of(name, contact, missing);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if ids.is_empty() && self.has_controller {
            ids.push("_:controller".to_owned());
        }
        ids
    }

    /// Returns the id of a party by its name; it is added the first time.
    fn id_of(&mut self, name: &str, contact: Option<&str>, missing: &mut Vec<String>) -> String {
        let own = self.policy.controller().map(Controller::name);
        if self
            .policy
            .text(own, self.language)
            .is_some_and(|(_, own)| own == name)
        {
            return "_:controller".to_owned();
        }
        if let Some(known) = self.others.iter().find(|party| party.name == name) {
            return known.id.clone();
        }
        let id = format!("_:recipient{}", self.others.len() + 1);
        missing.push(format!("address of {name}"));
        if contact.is_none() {
            missing.push(format!("contact of {name}"));
        }
        self.values.push(without_nulls(json!({
            "@id": id,
            "@type": ["dpv:Recipient", "dpv:LegalEntity"],
            "dct:identifier": id.trim_start_matches("_:"),
            "dpv:hasName": name,
            "dpv:hasContact": contact,
        })));
        self.others.push(Party {
            name: name.to_owned(),
            id: id.clone(),
        });
        id
    }

    /// Returns the controllers where these receive data: the site's own, and them.
    pub(super) fn controllers(recipients: &[String]) -> Vec<String> {
        let own = "_:controller".to_owned();
        let others = recipients.iter().filter(|id| **id != own).cloned();
        [own.clone()].into_iter().chain(others).collect()
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        self.values
    }
}
