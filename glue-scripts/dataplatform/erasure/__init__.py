"""Takes one customer out of everything the platform stores; docs/erasure.md says where that is and what it means."""
