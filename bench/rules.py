"""The rule lists that a model must beat, on the same counts: what desks have used for years.

Thresholds are round numbers of public notices (5 SIMs a document, 3 documents a handset) and were
not fitted to anything.
"""

from collections.abc import Mapping

RULES: Mapping[str, Mapping[str, float]] = {
    "sim_registration": {
        "registrations_by_document_1h": 3,
        "registrations_by_document_7d": 5,
        "registrations_by_document_90d": 9,
        "dealers_by_document_30d": 4,
        "documents_on_imei_30d": 3,
        "documents_on_device_7d": 10,
        "documents_on_face_90d": 2,
        "documents_on_wallet_30d": 3,
        "documents_at_address_30d": 5,
        "confirmed_by_document_90d": 1,
        "confirmed_by_imei_90d": 1,
        "confirmed_at_address_90d": 1,
        "fraud_rate_of_dealer_90d": 0.03,
    },
    "account_opening": {
        "openings_by_document_1d": 2,
        "openings_by_document_30d": 3,
        "documents_on_phone_90d": 2,
        "documents_on_device_30d": 3,
        "documents_at_address_30d": 4,
        "documents_on_face_90d": 2,
        "documents_on_payee_30d": 2,
        "confirmed_by_phone_90d": 1,
        "confirmed_by_device_90d": 1,
        "confirmed_by_payee_90d": 1,
        "fraud_rate_of_clerk_90d": 0.03,
        "sims_by_document_7d": 5,
        "sim_registrations_by_phone_90d": 2,
        "confirmed_sims_by_document_90d": 1,
        "confirmed_sims_by_phone_90d": 1,
    },
    "account_activity": {
        "accounts_on_device_30d": 3,
        "accounts_on_payee_30d": 3,
        "accounts_on_phone_30d": 2,
        "accounts_at_address_30d": 5,
        "confirmed_by_device_90d": 1,
        "confirmed_by_payee_90d": 1,
        "openings_by_document_90d": 3,
        "confirmed_openings_by_document_90d": 1,
        "sims_by_document_7d": 5,
        "sim_registrations_by_phone_90d": 2,
        "confirmed_sims_by_document_90d": 1,
        "confirmed_sims_by_phone_90d": 1,
    },
}
