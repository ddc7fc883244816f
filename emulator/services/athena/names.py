"""Names that Athena's parts and its engine share."""

from __future__ import annotations

# The catalog that Athena shows, and the one to which its engine passes Iceberg tables on.
CATALOG, ICEBERG = "awsdatacatalog", "iceberg"
# Signs the engine's own requests: the emulator tells them from others by it, and lets them do everything. AWS's keys
# have 20 such characters.
ACCESS_KEY = "EMULATEDATHENAENGINE"
# The account's own keys as a user of the engine. They may do everything.
ACCOUNT_USER = "account"
# The error of a query that scans more than its work group lets it.
SCAN_LIMIT = "EXCEEDED_SCAN_LIMIT"
