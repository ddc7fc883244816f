// Package load sends clicks and sales to a running platform and keeps the
// sender's ledger: what was put, under which identity, and when. Every count
// that a report makes is checked against this ledger, never against a metric.
//
// Clicks come from a seeded generator, an access log in Combined Log Format or
// a file of NDJSON events. Sales come from a seeded generator or a folder of
// order files. Products and customers come from seeded generators that know
// everything the generated clicks and sales name, or are derived from the order
// files. The generators know how many of their events and lines are bad,
// duplicate or late, and which assets cannot be used, so the expected counts are
// exact. Beside them come files that a pipeline has to survive, one of each kind. The
// generators know, too, what each customer likes, so that whatever learns it can be
// measured by the best that is possible.
package load
