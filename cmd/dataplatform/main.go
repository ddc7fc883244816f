// Command dataplatform is what operators do with a stack: look at it, replay, erase, destroy. Run it from the repository's root.
package main

import "dataplatform/internal/cli"

func main() { cli.Dispatch("dataplatform", commands()) }

func commands() []cli.Command {
	return []cli.Command{
		{Name: "query", Summary: "run one SQL statement on the running platform, with --as ROLE as one of its roles", Run: runQuery},
		{Name: "status", Summary: "show how new the datasets are, what the last runs did, what waits and which alarms sound; --aws FILE of a stack on AWS", Run: showStatus},
		{Name: "grants", Summary: "check what Lake Formation grants against the contracts and roles; --aws FILE checks a stack on AWS", Run: checkGrants},
		{Name: "replay", Summary: "give what failed, was refused (quarantine) or was received (raw) to its function or job again; --dry-run says what", Run: runReplay},
		{Name: "run", Summary: "run a dataset's hourly machine now over all that waits, or over --hours A/B of arrivals", Run: runMachine},
		{Name: "apart", Summary: "keep one file (--file DIGEST) of a dataset from all runs, when a run fails for what is in it", Run: putApart},
		{Name: "backfill", Summary: "compute a longer range of a dataset's arrivals again, in pieces", Run: runBackfill},
		{Name: "erase", Summary: "take one customer (--customer NUMBER) out of everything, of a stack on AWS with --aws FILE", Run: eraseCustomer},
		{Name: "destroy", Summary: "remove a stack on AWS with its data, after asking", Run: destroyStack},
		{Name: "doctor", Summary: "check, before a stack is deployed, its account, quotas, names and tools; without a stack what the local platform needs", Run: runDoctor},
	}
}
