//! A record in the words of ISO/IEC TS 27560, as JSON-LD.

use serde_json::{Map, Value, json};

use super::{
    law::Law,
    parties::Parties,
    vocabulary::{self, without_nulls},
};
use crate::{
    policy::{
        Basis, Category, Controller, CookieDeclaration, CookiePolicy, Retention, Service, Text,
    },
    records::{Answer, AnswerState, ConsentRecord},
    wire::DAY,
};

/// A receipt without its signature, as it is put together.
pub(super) struct Statement<'a> {
    record: &'a ConsentRecord,
    /// What it grants was in force.
    is_confirmed: bool,
    policy: &'a CookiePolicy,
    pages_at: &'a str,
    /// That of the receipt's own texts; the visitor's is in the record, if it is known.
    language: &'a str,
    law: Law,
    parties: Parties<'a>,
    /// The mandatory members that the policy does not declare.
    missing: Vec<String>,
}

/// A category or a service that the visitor answered about.
struct Unit<'a> {
    id: &'a str,
    title: Option<&'a Text>,
    purposes: Vec<&'a Text>,
    basis: Basis,
    cookies: Vec<&'a CookieDeclaration>,
    countries: &'a [String],
    services: &'a [Service],
}

impl<'a> Unit<'a> {
    fn find(policy: &'a CookiePolicy, id: &str) -> Option<Self> {
        if let Some(category) = policy.category(id) {
            let services = category.get_services();
            let of_services = services.iter().flat_map(Service::get_cookies);
            return Some(Self {
                id: category.id(),
                title: category.get_title(),
                purposes: category.get_description().into_iter().collect(),
                basis: category.basis(),
                cookies: category.get_cookies().iter().chain(of_services).collect(),
                countries: &[],
                services,
            });
        }
        let is_it = |service: &&Service| service.id() == id;
        let found = |category: &'a Category| {
            let services = category.get_services();
            let at = services.iter().position(|service| is_it(&service))?;
            Some((category, services.get(at..=at)?))
        };
        let (category, services) = policy.categories().find_map(found)?;
        let service = services.first()?;
        Some(Self {
            id: service.id(),
            title: service.get_title(),
            purposes: service.get_purposes().iter().collect(),
            basis: category.basis(),
            cookies: service.get_cookies().iter().collect(),
            countries: service.get_countries(),
            services,
        })
    }
}

impl<'a> Statement<'a> {
    pub(super) fn new(
        record: &'a ConsentRecord,
        is_confirmed: bool,
        policy: &'a CookiePolicy,
        pages_at: &'a str,
    ) -> Self {
        let language = record.language.as_deref();
        let language = language.unwrap_or(policy.default_language());
        let regime = record.regime.as_deref();
        // The bases are those of the regime.
        let policy = match regime {
            Some(_) => policy.variant_for(regime),
            None => policy,
        };
        let mut missing = Vec::new();
        Self {
            law: Law::of(policy, regime, language),
            record,
            is_confirmed,
            policy,
            pages_at,
            language,
            parties: Parties::new(policy, language, &mut missing),
            missing,
        }
    }

    /// Returns the receipt's members, without the record, the proof and the signature.
    pub(super) fn into_members(mut self) -> Map<String, Value> {
        let id = self.record.id;
        let of_policy = policy_jurisdiction(self.policy);
        if of_policy.is_none() {
            self.missing.push("jurisdiction".to_owned());
        }
        let law = self.law.member();
        for (is_there, what) in [
            (law.is_some(), "applicable law"),
            (self.record.language.is_some(), "language"),
        ] {
            if !is_there {
                self.missing.push(what.to_owned());
            }
        }
        let [profile, record_profile] = self.law.profiles();
        let processes: Vec<Value> = self.processes();
        let jurisdiction = of_policy.map(|code| format!("loc:{code}"));
        let record = json!({
            "@id": format!("urn:uuid:{id}"),
            "@type": "dpv:ConsentRecord",
            "dct:identifier": id,
            "dct:conformsTo": record_profile,
            "dct:created": self.record.recorded_at,
            "dct:language": self.record.language,
            "dpv:hasDataSubject": {
                "@id": "_:visitor",
                "@type": "dpv:User",
                "dct:identifier": id,
                "skos:note": "the holder of this receipt: no other name is known",
            },
            "dpv:hasEntity": self.parties.into_values(),
            "dpv:hasNotice": notices(self.record, self.pages_at),
            "dpv:hasJurisdiction": jurisdiction,
            "dpv:hasApplicableLaw": law,
            "dpv:hasConsentControl": {
                "@type": "dpv:WithdrawConsent",
                "schema:url": format!("{}/preferences", self.pages_at),
            },
            "dpv:hasProcess": processes,
            "schema:url": self.record.site,
        });
        let receipt = json!({
            "@context": vocabulary::context(),
            "@type": "dpv:ConsentReceipt",
            "dct:identifier": format!("receipt-{id}"),
            "dct:conformsTo": profile,
            "dct:created": self.record.recorded_at,
            "dct:publisher": "_:controller",
            "schema:recipient": "_:visitor",
            "schema:schemaVersion": vocabulary::VERSION,
            "dpv:hasRecordOfActivity": without_nulls(record),
            "missing": self.missing,
        });
        match receipt {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn processes(&mut self) -> Vec<Value> {
        let answers = &self.record.answers;
        answers
            .iter()
            .filter_map(|(id, answer)| {
                let unit = Unit::find(self.policy, id)?;
                Some(self.process(&unit, *answer))
            })
            .collect()
    }

    fn process(&mut self, unit: &Unit<'a>, answer: Answer) -> Value {
        let (policy, language) = (self.policy, self.language);
        let text = |text: &Text| {
            policy
                .text(Some(text), language)
                .map(|(_, text)| text.to_owned())
        };
        let purposes: Vec<_> = unit.purposes.iter().filter_map(|it| text(it)).collect();
        self.expect(!purposes.is_empty(), "purpose", unit.id);
        let data = unit.cookies.iter().map(|cookie| {
            let about = cookie.get_purpose().and_then(text);
            without_nulls(json!({
                "@type": "dpv:PersonalData",
                "skos:prefLabel": cookie.name(),
                "skos:definition": about,
            }))
        });
        let data: Vec<_> = data.collect();
        self.expect(!data.is_empty(), "personal data category", unit.id);
        let recipients = self
            .parties
            .recipients(unit.services, &unit.cookies, &mut self.missing);
        let is_consent = unit.basis == Basis::Consent;
        without_nulls(json!({
            "@type": "dpv:Process",
            "dct:identifier": unit.id,
            "dpv:hasPurpose": {
                "@type": "dpv:Purpose",
                "skos:prefLabel": unit.title.and_then(text).unwrap_or_else(|| unit.id.to_owned()),
                "skos:definition": purposes,
            },
            "dpv:hasPersonalData": data,
            "dpv:hasLegalBasis": self.law.basis(unit.basis),
            "dpv:hasDataController": Parties::controllers(&recipients),
            "dpv:hasRecipient": recipients,
            "dpv:hasStorageCondition": self.storage(unit),
            "dpv:hasConsentStatus": is_consent.then(|| self.event(answer)),
            "dpv:hasRight": (!is_consent && answer.state == AnswerState::Denied).then(|| json!({
                "@type": self.law.objection(), "dpv:hasStatus": "dpv:RequestFulfilled",
                "dct:date": self.record.decided_at,
            })),
        }))
    }

    fn expect(&mut self, is_there: bool, what: &str, of: &str) {
        if !is_there {
            self.missing.push(format!("{what} of {of}"));
        }
    }

    /// Returns where and for how long the data of a unit is stored.
    fn storage(&mut self, unit: &Unit<'_>) -> Vec<Value> {
        let own = self.policy.controller().map(Controller::get_countries);
        let countries = match unit.countries {
            [] if !unit.services.iter().any(|service| service.id() == unit.id) => {
                own.unwrap_or_default()
            }
            countries => countries,
        };
        self.expect(!countries.is_empty(), "storage location", unit.id);
        let mut storage = Vec::new();
        if !countries.is_empty() {
            let codes: Vec<_> = countries.iter().map(|code| format!("loc:{code}")).collect();
            storage.push(json!({"@type": "dpv:StorageLocation", "dpv:hasLocation": codes}));
        }
        let retentions = unit.cookies.iter().map(|cookie| cookie.get_retention());
        let retentions: Option<Vec<_>> = retentions.collect();
        let declared = retentions.filter(|retentions| !retentions.is_empty());
        self.expect(declared.is_some(), "retention", unit.id);
        if let Some(retentions) = declared {
            let longest = retentions.iter().filter_map(Retention::as_days).max();
            let duration = match longest {
                Some(days) => json!({
                    "@type": "dpv:TemporalDuration", "rdf:value": vocabulary::days(days.into()),
                }),
                None => json!({
                    "@type": "dpv:UntilEventDuration", "rdf:value": "the browser is closed",
                }),
            };
            storage.push(json!({"@type": "dpv:StorageDuration", "dpv:hasDuration": duration}));
        }
        storage
    }

    fn event(&self, answer: Answer) -> Value {
        let lifetime = self.policy.choice_lifetime().as_secs() / DAY;
        json!({
            "@type": vocabulary::status(answer, self.record.cause, self.is_confirmed),
            "dct:date": self.record.decided_at,
            "dct:valid": vocabulary::days(lifetime),
            "dpv:hasLegalBasis": "dpv:ExpressedConsent",
            "dpv:isImplementedByEntity": "_:visitor",
        })
    }
}

fn policy_jurisdiction(policy: &CookiePolicy) -> Option<&str> {
    policy.controller()?.get_jurisdiction()
}

/// Returns the texts that were shown, and the policy, by their hashes.
fn notices(record: &ConsentRecord, pages_at: &str) -> Vec<Value> {
    let shown = record.shown.map(|digest| {
        without_nulls(json!({
            "@type": "dpv:ConsentNotice", "dct:identifier": digest, "dct:language": record.language,
        }))
    });
    let policy = json!({
        "@type": "dpv:PrivacyNotice", "dct:identifier": record.policy, "schema:url": pages_at,
    });
    shown.into_iter().chain([policy]).collect()
}
