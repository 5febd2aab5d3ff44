//! What the Content-Security-Policy of a document blocks: then browsers do not request it.

use content_security_policy::{
    CheckResult, CspList, Destination, Initiator, ParserMetadata, PolicyDisposition, PolicySource,
    Request,
};
use http::{HeaderMap, header::CONTENT_SECURITY_POLICY};
use url::Url;

/// The means by which a browser loads an address, as far as policies tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Means {
    Script,
    Style,
    Image,
    Font,
    Media,
    Track,
    Frame,
    Object,
    Manifest,
    /// `fetch` and pings.
    Connection,
    Prefetch,
    /// Connections ahead of requests, navigations and reports: no policy stops them.
    Unstoppable,
}

impl Means {
    fn destination(self) -> Destination {
        match self {
            Self::Script => Destination::Script,
            Self::Style => Destination::Style,
            Self::Image => Destination::Image,
            Self::Font => Destination::Font,
            Self::Media => Destination::Video,
            Self::Track => Destination::Track,
            Self::Frame => Destination::IFrame,
            Self::Object => Destination::Object,
            Self::Manifest => Destination::Manifest,
            Self::Connection | Self::Prefetch | Self::Unstoppable => Destination::None,
        }
    }
}

/// The policies of a document, or of its part behind a `<meta>` with another one.
#[derive(Clone)]
pub(super) struct Security {
    policies: CspList,
    document: Url,
}

impl Security {
    /// Reads the policies of a response for this document.
    pub(super) fn of(headers: &HeaderMap, document: &Url) -> Self {
        let mut security = Self {
            policies: CspList(Vec::new()),
            document: document.clone(),
        };
        for field in headers.get_all(CONTENT_SECURITY_POLICY) {
            let text = String::from_utf8_lossy(field.as_bytes());
            security.add(&text, PolicySource::Header);
        }
        security
    }

    /// Adds a policy of a `<meta>` element.
    pub(super) fn add_meta(&mut self, text: &str) {
        self.add(text, PolicySource::Meta);
    }

    fn add(&mut self, text: &str, source: PolicySource) {
        let added = CspList::parse(text, source, PolicyDisposition::Enforce);
        self.policies.append(added);
    }

    /// Returns `true` if the address is not requested. `nonce` is that of the element.
    pub(super) fn blocks(&self, url: &Url, means: Means, nonce: &str) -> bool {
        if means == Means::Unstoppable {
            return false;
        }
        let request = Request {
            url: url.clone(),
            current_url: url.clone(),
            origin: self.document.origin(),
            redirect_count: 0,
            destination: means.destination(),
            initiator: match means {
                Means::Prefetch => Initiator::Prefetch,
                _ => Initiator::None,
            },
            nonce: nonce.to_owned(),
            integrity_metadata: String::new(),
            parser_metadata: ParserMetadata::ParserInserted,
        };
        let (result, _) = self.policies.should_request_be_blocked(&request);
        result == CheckResult::Blocked
    }

    /// Returns `true` if a `<base>` with this address does not count.
    pub(super) fn blocks_base(&self, base: &Url) -> bool {
        let origin = self.document.origin();
        let (result, _) = self.policies.is_base_allowed_for_document(base, &origin);
        result == CheckResult::Blocked
    }
}
