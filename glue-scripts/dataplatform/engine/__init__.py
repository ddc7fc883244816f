"""What writes tables and keeps leases and the ledger: the stages' tools, which know nothing of them."""
