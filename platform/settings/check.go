package settings

import (
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"dataplatform/components/limits"
	"dataplatform/contracts"
)

// The limits below are AWS's, with the page of its documentation that says so, unless a comment says otherwise.
var (
	prefixPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{1,29}$`)
	// eusc-de-east-1, too: botocore, partitions.json
	regionPattern = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[1-9][0-9]?$`)
	tagPattern    = regexp.MustCompile(`^[\pL\pN _.:/=+@-]{1,256}$`) // Tag naming limits

	// Users are left out: they would need keys that live for ever.
	// AWS Organizations API Reference, Organization.
	organizationPattern = regexp.MustCompile(`^(o-[a-z0-9]{10,32})?$`)
	principalPattern    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,600}$`)

	secretPattern = regexp.MustCompile(
		`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$`) // CreateSecret, Name

	signingPattern = regexp.MustCompile(
		`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]{17}$`) // CreateFunction

	viewerPattern = regexp.MustCompile(`^arn:aws[a-z-]*:quicksight:[a-z0-9-]+:[0-9]{12}:(group|user)/[^/ ]+/[^ ]+$`)

	architectures = []string{"arm64", "amd64"}
	streamModes   = []string{"onDemand", "provisioned"}
	// G.025X is for streaming jobs only and R types need no more than Glue 4: AWS Glue worker types.
	workerTypes = []string{"G.1X", "G.2X", "G.4X", "G.8X", "R.1X", "R.2X", "R.4X", "R.8X"}
	// CloudWatch Logs PutRetentionPolicy.
	logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
		3288, 3653}
)

// architectureHost stands for the host that runs the deployment, which runs an emulator's functions too.
const architectureHost = "host"

// problems returns every violation, in the order of the fields.
func (s Settings) problems() []error {
	var p problems
	p.matches("prefix", s.Prefix, prefixPattern, "2 to 30 of a-z, 0-9 and _, starting with a letter")
	if strings.Contains(s.Prefix, "__") || strings.HasSuffix(s.Prefix, "_") { // the trail's name is <prefix>-data
		p.add("prefix", s.Prefix, "each _ between letters or digits: CloudTrail takes no two of _ and - in a row")
	}
	p.matches("region", s.Region, regionPattern, "an AWS region such as eu-west-1")
	p.matches("owner", s.Owner, tagPattern, "1 to 256 letters, digits, spaces and _.:/=+@-")
	p.matches("costCentre", s.CostCentre, tagPattern, "1 to 256 letters, digits, spaces and _.:/=+@-")
	if s.Endpoint != "" {
		if u, err := url.Parse(s.Endpoint); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" ||
			u.Path != "" {
			p.add("endpoint", s.Endpoint, "empty, or a URL such as http://127.0.0.1:5000")
		}
	}
	if s.Lineage.Endpoint != "" {
		if u, err := url.Parse(s.Lineage.Endpoint); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			p.add("lineage.endpoint", s.Lineage.Endpoint,
				"empty, or an https URL without a password, such as https://marquez.example.com/api/v1/lineage")
		}
	}
	if s.Lineage.Secret != "" {
		p.matches("lineage.secret", s.Lineage.Secret, secretPattern,
			"empty, or the ARN of a secret such as arn:aws:secretsmanager:eu-west-1:123456789012:secret:lineage-AbCdEf")
		if s.Lineage.Endpoint == "" {
			p.add("lineage.secret", s.Lineage.Secret, "empty without lineage.endpoint, which alone is shown it")
		}
	}
	if s.BuildDirectory == "" {
		p.add("buildDirectory", s.BuildDirectory, "a directory")
	}
	if s.ScriptsDirectory == "" {
		p.add("scriptsDirectory", s.ScriptsDirectory, "a directory")
	}
	if s.CodeSigning != "" {
		p.matches("codeSigning", s.CodeSigning, signingPattern,
			"empty, or an ARN such as arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0")
	}
	oneOf(&p, "architecture", s.Architecture, append(slices.Clone(architectures), architectureHost))
	if s.Architecture == architectureHost && s.Endpoint == "" {
		p.add("architecture", s.Architecture,
			"the host's own only with an endpoint: on AWS a deployment must not depend on who runs it")
	}
	oneOf(&p, "logRetentionDays", s.LogRetentionDays, logRetentions)
	s.Clickstream.check(&p)
	s.Collector.check(&p)
	p.between("landing.maxFileBytes", s.Landing.MaxFileBytes, 1<<10, 1<<30, "what a function reads in its time")
	p.between("landing.maxExpandedBytes", s.Landing.MaxExpandedBytes, max(1<<10, s.Landing.MaxFileBytes), 16<<30,
		"at least landing.maxFileBytes")
	s.Assets.check(&p)
	s.Jobs.check(&p)
	s.Pipelines.check(&p, s.Jobs.MaxConcurrentRuns)
	s.Maintenance.check(&p, s.Jobs.TimeoutMinutes)
	s.checkRecommendations(&p)
	for _, layer := range []struct {
		key string
		Layer
	}{
		{"landing", s.Storage.Landing},
		{"raw", s.Storage.Raw},
		{"processed", s.Storage.Processed},
		{"features", s.Storage.Features},
		{"curated", s.Storage.Curated},
		{"artifacts", s.Storage.Artifacts},
		{"logs", s.Storage.Logs},
		{"audit", s.Storage.Audit},
		{"discarded", s.Storage.Discarded},
	} {
		layer.check(&p, "storage."+layer.key)
	}
	s.Catalog.check(&p)
	p.between("analytics.scanLimitBytes", s.Analytics.ScanLimitBytes, 10_000_000, 1<<50,
		"Athena BytesScannedCutoffPerQuery")
	p.between("analytics.resultsExpireAfterDays", s.Analytics.ResultsExpireAfterDays, 1, 365,
		"copies of data are not kept")
	s.Analytics.QuickSight.check(&p, s.Governance.Enabled)
	s.Analytics.Redshift.check(&p, s.Governance.Enabled)
	for i, arn := range s.Clickstream.Producers {
		p.matches(fmt.Sprintf("clickstream.producers[%d]", i), arn, principalPattern,
			"the ARN of a role, such as arn:aws:iam::123456789012:role/shop")
	}
	for i, arn := range s.Landing.Producers {
		p.matches(fmt.Sprintf("landing.producers[%d]", i), arn, principalPattern,
			"the ARN of a role, such as arn:aws:iam::123456789012:role/shop")
	}
	p.between("pseudonyms.version", s.Pseudonyms.Version, 1, 1000, "an erasure looks for what each one made")
	for i, arn := range s.Pseudonyms.Makers {
		p.matches(fmt.Sprintf("pseudonyms.makers[%d]", i), arn, principalPattern,
			"the ARN of a role, such as arn:aws:iam::123456789012:role/shop")
	}
	for i, address := range s.Alarms.Emails {
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
			p.add(fmt.Sprintf("alarms.emails[%d]", i), address, "an e-mail address")
		}
	}
	s.Cost.check(&p)
	s.checkGovernance(&p)
	s.Network.check(&p)
	return p
}

func (c Clickstream) check(p *problems) {
	oneOf(p, "clickstream.mode", c.Mode, streamModes)
	switch {
	case c.Mode == "provisioned":
		p.between("clickstream.shards", c.Shards, 1, 500, "a provisioned stream's shards, Kinesis default quota")
	case c.Shards != 0:
		p.add("clickstream.shards", c.Shards, "0 with mode onDemand, which decides by itself")
	}
	p.between("clickstream.retentionHours", c.RetentionHours, 24, 8760, "Kinesis IncreaseStreamRetentionPeriod")
	p.between("clickstream.batchSize", c.BatchSize, 1, 10000, "Lambda CreateEventSourceMapping")
	// Lambda allows 300, but a click has to be queryable in 15 minutes, and a batch may be retried in that time.
	p.between("clickstream.batchWindowSeconds", c.BatchWindowSeconds, 0, 60,
		"of Lambda's 300, so that retries fit the SLO of latency")
	p.between("clickstream.maxRecordAgeSeconds", c.MaxRecordAgeSeconds, 60, min(604800, c.RetentionHours*3600-1),
		"Lambda's 60 to 604800, and below clickstream.retentionHours, or records expire before they reach the failure destination")
	p.between("clickstream.latenessHours", c.LatenessHours, 1, 24*365*100, "an hour to a century")
	p.between("clickstream.maxEventBytes", c.MaxEventBytes, 256, 1<<20, "Kinesis PutRecord")
	p.between("clickstream.maxExpandedBytes", c.MaxExpandedBytes, max(1<<20, c.MaxEventBytes), 64<<20,
		"a whole record, within the function's memory")
}

func (a Assets) check(p *problems) {
	p.between("assets.maxBytes", a.MaxBytes, 1<<10, limits.AssetMaxBytes, "what a function has disk for")
	p.between("assets.maxPixels", a.MaxPixels, 1<<10, limits.AssetMaxPixels, "what a function has memory for")
	p.between("assets.maxSeconds", a.MaxSeconds, 1, limits.AssetMaxSeconds,
		"a batch of objects in Lambda's 900 seconds")
	p.between("assets.thumbnailSide", a.ThumbnailSide, 16, 2048, "pixels")
	for i, arn := range a.Sources {
		p.matches(fmt.Sprintf("assets.sources[%d]", i), arn, principalPattern,
			"the ARN of a role, such as arn:aws:iam::123456789012:role/shop")
	}
}

func (q QuickSight) check(p *problems, governed bool) {
	if q.Enabled && !governed {
		p.add("analytics.quickSight.enabled", q.Enabled,
			"false unless governance.enabled: nothing else would say what its role sees")
	}
	if q.Enabled != (len(q.Viewers) > 0) {
		p.add("analytics.quickSight.viewers", q.Viewers,
			"at least one with analytics.quickSight.enabled, and none without")
	}
	for i, arn := range q.Viewers {
		p.matches(fmt.Sprintf("analytics.quickSight.viewers[%d]", i), arn, viewerPattern,
			"the ARN of a group or user, such as arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts")
	}
}

func (r Redshift) check(p *problems, governed bool) {
	if r.Enabled && !governed {
		p.add("analytics.redshift.enabled", r.Enabled,
			"false unless governance.enabled: nothing else would say what its role sees")
	}
	for _, field := range []struct {
		key        string
		value, low int
	}{{"baseRpu", r.BaseRPU, limits.RPUStep}, {"maxRpu", r.MaxRPU, r.BaseRPU}} {
		if field.value%limits.RPUStep != 0 || field.value < field.low || field.value > limits.MaxRPU {
			p.add("analytics.redshift."+field.key, field.value,
				fmt.Sprintf("a multiple of %d from %d to %d (Redshift Serverless)", limits.RPUStep, field.low,
					limits.MaxRPU))
		}
	}
	p.between("analytics.redshift.rpuHoursPerDay", r.RPUHoursPerDay, 1, 24*limits.MaxRPU,
		"what the largest warehouse could use in a day")
}

func (j Jobs) check(p *problems) {
	oneOf(p, "jobs.workerType", j.WorkerType, workerTypes)
	p.between("jobs.workers", j.Workers, 2, 299, "Glue CreateJob, Spark jobs")
	p.between("jobs.timeoutMinutes", j.TimeoutMinutes, 1, 2880, "Glue CreateJob, two days")
	p.between("jobs.maxConcurrentRuns", j.MaxConcurrentRuns, 2, 1000, "one for the hour, one for a backfill")
	p.between("jobs.dedupDays", j.DedupDays, 1, 3650, "days")
}

func (s Pipelines) check(p *problems, runs int) {
	if s.QuarantineLimit < 0 || s.QuarantineLimit > 1 {
		p.add("pipelines.quarantineLimit", s.QuarantineLimit, "a share from 0 to 1")
	}
	p.between("pipelines.backfillConcurrency", s.BackfillConcurrency, 1, min(40, max(1, runs-1)),
		"Step Functions runs 40 inline iterations at a time; below jobs.maxConcurrentRuns, which keeps a run free for the hour")
	p.between("pipelines.scheduleMinute", s.ScheduleMinute, 0, 59, "minute of the hour")
}

func (c Catalog) check(p *problems) {
	if day, err := time.Parse(time.DateOnly, c.GoLive); err != nil || day.After(time.Now()) {
		p.add("catalog.goLive", c.GoLive, "a day that has begun, such as 2026-01-01: no table shows what is older")
	}
}

// Since is the first day of the stack's data.
func (s Settings) Since() contracts.Since {
	begin, _ := time.Parse(time.DateOnly, s.Catalog.GoLive) // check refuses another
	late := time.Duration(s.Clickstream.LatenessHours) * time.Hour
	return contracts.Since{
		Arrivals: s.Catalog.GoLive, Events: begin.Add(-late).Format(time.DateOnly),
	}
}

func (n Network) check(p *problems) {
	block, err := netip.ParsePrefix(n.CIDR)
	if err != nil || !block.Addr().Is4() || !block.Addr().IsPrivate() || block.Masked() != block || block.Bits() < 16 ||
		block.Bits() > 24 {
		p.add("network.cidr", n.CIDR, "a private IPv4 block from /16 to /24 such as 10.40.0.0/16")
	}
}
