//! The test payloads: webhook bodies made from the schemas of Segments.ai's API, regular and deliberately off.

macro_rules! payload {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../../tests/fixtures/payloads/", $name, ".json")))
    };
}

/// Each body by its name.
pub(super) const PAYLOADS: &[(&str, &str)] = &[
    payload!("dataset.created.basic"),
    payload!("dataset.deleted.basic"),
    payload!("dataset.deleted.object-null"),
    payload!("dataset.updated.archived"),
    payload!("dataset.updated.full-stats"),
    payload!("dataset.updated.minimal-fields"),
    payload!("envelope.dataset-null"),
    payload!("envelope.portal-test-message"),
    payload!("envelope.text-missing"),
    payload!("envelope.unknown-event-type"),
    payload!("issue.created.anchor-legacy-and-unknown"),
    payload!("issue.created.anchor-location-3d"),
    payload!("issue.created.anchor-track"),
    payload!("issue.created.basic"),
    payload!("issue.created.description-6000-chars"),
    payload!("issue.created.mrkdwn-injection"),
    payload!("issue.created.tags-only-empty-description"),
    payload!("issue.updated.reopened"),
    payload!("issue.updated.reply"),
    payload!("issue.updated.resolved"),
    payload!("issue.updated.rtl-and-many-replies"),
    payload!("label.deleted.basic"),
    payload!("label.deleted.minimal"),
    payload!("label.updated.huge-attributes"),
    payload!("label.updated.labeled-ready-for-review"),
    payload!("label.updated.multisensor-empty-sensor"),
    payload!("label.updated.no-attributes-unknown-status"),
    payload!("label.updated.prelabeled-model-score"),
    payload!("label.updated.rejected"),
    payload!("label.updated.reviewed-with-rating"),
    payload!("release.created.basic"),
    payload!("sample.created.image"),
    payload!("sample.created.multisensor"),
    payload!("sample.created.sequence-long-unicode-name"),
    payload!("sample.deleted.basic"),
    payload!("sample.deleted.uuid-only"),
    payload!("sample.updated.assigned-reviewer"),
    payload!("sample.updated.attributes-null-missing-optionals"),
    payload!("sample.updated.text-legacy"),
    payload!("sample.updated.with-label-summary-and-issues"),
];
