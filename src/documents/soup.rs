//! Random markup, of the parts in `tests/data/documents/parts.txt`: whatever the pieces are, the same
//! comes out, nothing is left to hold back, and without what was added it is the original.

use proptest::prelude::*;

use super::cases::{gate, gate_in_pieces};

fn documents() -> impl Strategy<Value = String> {
    let parts: Vec<_> = include_str!("../../tests/data/documents/parts.txt")
        .lines()
        .collect();
    prop::collection::vec(prop::sample::select(parts), 1..14).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn pieces_make_no_difference(document in documents(), size in 1_usize..20) {
        prop_assert_eq!(gate_in_pieces(&document, size), gate(&document));
    }

    #[test]
    fn held_documents_have_nothing_left_to_hold(document in documents()) {
        if let Ok(out) = gate(&document) {
            prop_assert_eq!(gate(&out), Ok(out));
        }
    }

    #[test]
    fn only_the_held_parts_change(document in documents()) {
        // Values with references, and documents in attributes, are written anew.
        prop_assume!(!["srcdoc", "style=", "&quot;"].iter().any(|word| document.contains(word)));
        if let Ok(out) = gate(&document) {
            let original = out
                .replace("data-consent-", "")
                .replace(" type=\"text/plain\"", "")
                .replace("about:invalid", "//t.example");
            prop_assert_eq!(original, document);
        }
    }
}
