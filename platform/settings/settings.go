// Package settings is what may differ between stacks, in plain Go: read from Pulumi.<stack>.yaml, checked with all
// mistakes together, over defaults that are safe. Components know nothing of it.
package settings

// Settings is everything that differs between stacks. Absent keys mean the defaults of defaults; unknown keys
// are errors.
type Settings struct {
	// Prefix starts the names of the Glue databases, for example shop_dev in shop_dev_raw, and the metrics namespace.
	Prefix string `json:"prefix"`
	// Region is the AWS region everything is in.
	Region string `json:"region"`
	// Owner and CostCentre become tags of every resource.
	Owner      string `json:"owner"`
	CostCentre string `json:"costCentre"`
	// Endpoint replaces every AWS endpoint, for an emulator. Empty on AWS.
	Endpoint string `json:"endpoint"`
	// DisposableData lets a destroy delete data: buckets, the ledger and keys lose their protection.
	DisposableData bool `json:"disposableData"`
	// BuildDirectory holds the function archives (lambda/<architecture>/<name>.zip) and the jobs' library
	// (glue/dataplatform.zip).
	BuildDirectory string `json:"buildDirectory"`
	// ScriptsDirectory holds the jobs' entry points.
	ScriptsDirectory string `json:"scriptsDirectory"`
	// Architecture of the functions: arm64 or amd64; with an endpoint also host, this host's own.
	Architecture string `json:"architecture"`
	// CodeSigning is the ARN of a code signing configuration of Lambda, whose publishers the archives in BuildDirectory
	// have to be signed by; empty for none. docs/supply-chain.md says how they are.
	CodeSigning string `json:"codeSigning"`
	// LogRetentionDays is how long every log group keeps its events.
	LogRetentionDays int `json:"logRetentionDays"`

	Clickstream Clickstream `json:"clickstream"`
	Collector   Collector   `json:"collector"`
	Landing     Landing     `json:"landing"`
	Assets      Assets      `json:"assets"`
	Jobs        Jobs        `json:"jobs"`
	Pipelines   Pipelines   `json:"pipelines"`
	Maintenance Maintenance `json:"maintenance"`
	Storage     Storage     `json:"storage"`
	Catalog     Catalog     `json:"catalog"`
	Analytics   Analytics   `json:"analytics"`
	Governance  Governance  `json:"governance"`
	Audit       Audit       `json:"audit"`
	Pseudonyms  Pseudonyms  `json:"pseudonyms"`
	Lineage     Lineage     `json:"lineage"`
	Alarms      Alarms      `json:"alarms"`
	Cost        Cost        `json:"cost"`
	Network     Network     `json:"network"`

	Recommendations Recommendations `json:"recommendations"`
}

// Clickstream shape the stream, its mapping to the function, and what the function accepts.
type Clickstream struct {
	// Producers are the roles that may assume the put-only role of the shop. Without any the account's own policies
	// decide who may.
	Producers []string `json:"producers"`
	// Mode is onDemand or provisioned.
	Mode string `json:"mode"`
	// Shards of a provisioned stream; 0 on demand.
	Shards int `json:"shards"`
	// RetentionHours is how long the stream keeps records.
	RetentionHours int `json:"retentionHours"`
	// BatchSize is the most records of one invocation, BatchWindowSeconds the longest wait for them.
	BatchSize          int `json:"batchSize"`
	BatchWindowSeconds int `json:"batchWindowSeconds"`
	// MaxRecordAgeSeconds is the age at which a record that could not be processed goes to the failure destination,
	// below the retention. Until then it is tried again.
	MaxRecordAgeSeconds int `json:"maxRecordAgeSeconds"`
	// LatenessHours is how old an event may be when it arrives; older ones are quarantined.
	LatenessHours int `json:"latenessHours"`
	// MaxEventBytes bounds one event, MaxExpandedBytes one record after gunzip.
	MaxEventBytes    int `json:"maxEventBytes"`
	MaxExpandedBytes int `json:"maxExpandedBytes"`
}

// Landing bound the files that sources drop.
type Landing struct {
	// Producers are the roles that may assume the put-only role of the sources. Without any the account's own policies
	// decide who may.
	Producers []string `json:"producers"`
	// MaxFileBytes bounds a file as dropped, MaxExpandedBytes after gunzip.
	MaxFileBytes     int `json:"maxFileBytes"`
	MaxExpandedBytes int `json:"maxExpandedBytes"`
}

// Assets bound the objects that sources put below raw's assets/.
type Assets struct {
	// Sources are the roles that may assume the role of those who put and delete objects. Without any the account's own
	// policies decide who may.
	Sources []string `json:"sources"`
	// MaxBytes bounds an object, MaxPixels an image as its header says, MaxSeconds the inspection of one.
	MaxBytes   int `json:"maxBytes"`
	MaxPixels  int `json:"maxPixels"`
	MaxSeconds int `json:"maxSeconds"`
	// ThumbnailSide is the longest side of a thumbnail, in pixels.
	ThumbnailSide int `json:"thumbnailSide"`
}

// Jobs size the Glue jobs.
type Jobs struct {
	// WorkerType is a Glue worker type, Workers how many a run has.
	WorkerType string `json:"workerType"`
	Workers    int    `json:"workers"`
	// TimeoutMinutes stops a run that hangs.
	TimeoutMinutes int `json:"timeoutMinutes"`
	// MaxConcurrentRuns of one job: the hour's and the backfill's.
	MaxConcurrentRuns int `json:"maxConcurrentRuns"`
	// DedupDays is how far back curated clicks look for an event id seen before.
	DedupDays int `json:"dedupDays"`
}

// Pipelines rule the state machines and their schedules.
type Pipelines struct {
	// QuarantineLimit is the share, 0 to 1, of a file and of its hour, or of a batch of clicks and of its hour, above
	// which a run refuses it: the run fails, publishes nothing of it, and leaves it to the next.
	QuarantineLimit float64 `json:"quarantineLimit"`
	// BackfillConcurrency is how many chunks of a backfill run at a time.
	BackfillConcurrency int `json:"backfillConcurrency"`
	// ScheduleEnabled starts each pipeline every hour, at ScheduleMinute.
	ScheduleEnabled bool `json:"scheduleEnabled"`
	ScheduleMinute  int  `json:"scheduleMinute"`
}

// Storage say how each layer ages. 0 means never, in every field but the non-current days.
type Storage struct {
	Landing   Layer `json:"landing"`
	Raw       Layer `json:"raw"`
	Processed Layer `json:"processed"`
	Features  Layer `json:"features"`
	Curated   Layer `json:"curated"`
	Artifacts Layer `json:"artifacts"`
	Logs      Layer `json:"logs"`
	Audit     Layer `json:"audit"`
	Discarded Layer `json:"discarded"`
}

// Layer are days after an object was written.
type Layer struct {
	// GlacierAfterDays and DeepArchiveAfterDays move objects by lifecycle; a restore takes hours.
	GlacierAfterDays     int `json:"glacierAfterDays"`
	DeepArchiveAfterDays int `json:"deepArchiveAfterDays"`
	// ArchiveAccessAfterDays and DeepArchiveAccessAfterDays are Intelligent-Tiering's opt-in tiers, in days without
	// access.
	ArchiveAccessAfterDays     int `json:"archiveAccessAfterDays"`
	DeepArchiveAccessAfterDays int `json:"deepArchiveAccessAfterDays"`
	// ExpireAfterDays deletes objects.
	ExpireAfterDays int `json:"expireAfterDays"`
	// NoncurrentDays is how long overwritten and deleted versions can be brought back.
	NoncurrentDays int `json:"noncurrentDays"`
}

// Catalog rule the Glue catalog.
type Catalog struct {
	// Encrypted encrypts the account's whole catalog of the region with a key of the stack. What others make in the
	// catalog is encrypted with it, too, so setting, role and key stay when the stack goes, whether its data is
	// disposable or not. Off by default, and to be left off in an account with databases of others.
	Encrypted bool `json:"encrypted"`
	// GoLive is the day, as YYYY-MM-DD, before which nothing arrived. The partitions of raw's tables and of processed
	// clicks are computed from there on, those of clicks' own times from clickstream.latenessHours before: what a query
	// without a condition on its days has listed, empty or not. Landing refuses a file that says it arrived earlier.
	// Once there is data, only an earlier day hides none of it.
	GoLive string `json:"goLive"`
}

// Analytics protect analysts from their own queries.
type Analytics struct {
	// ScanLimitBytes cuts off an Athena query.
	ScanLimitBytes int `json:"scanLimitBytes"`
	// ResultsExpireAfterDays deletes query results.
	ResultsExpireAfterDays int `json:"resultsExpireAfterDays"`

	QuickSight QuickSight `json:"quickSight"`
	Redshift   Redshift   `json:"redshift"`
}

// Redshift size Redshift Serverless, in whose database curated tables of the lake are a schema.
type Redshift struct {
	// Enabled makes a namespace, a workgroup and the private network that they are in. Governance has to be enabled:
	// Redshift sees what its role is granted.
	Enabled bool `json:"enabled"`
	// BaseRPU are the units that a query starts with, MaxRPU the most at a time.
	BaseRPU int `json:"baseRpu"`
	MaxRPU  int `json:"maxRpu"`
	// RPUHoursPerDay after which it answers no more until the next day.
	RPUHoursPerDay int `json:"rpuHoursPerDay"`
}

// QuickSight publish the dashboard of the folder dashboards.
type QuickSight struct {
	// Enabled makes a data source, data sets and the dashboard. The account has to have a subscription to QuickSight,
	// and governance has to be enabled: QuickSight sees what its role is granted.
	Enabled bool `json:"enabled"`
	// Viewers are the ARNs of QuickSight groups and users that see the dashboard.
	Viewers []string `json:"viewers"`
}

// Governance say who may see what. Roles are given by their ARNs; none has access unless it is named here.
type Governance struct {
	// Enabled puts the catalog under Lake Formation. Its settings and tags are the account's: enable it in one stack of
	// an account and region.
	Enabled bool `json:"enabled"`
	// Admins grant; who deploys has to be one. Without any it is the only one: name them when more than one role
	// deploys or previews.
	Admins []string `json:"admins"`
	// Engineers read everything, DataScientists every layer without personal data, Analysts processed and curated
	// without it.
	Engineers      []string `json:"engineers"`
	DataScientists []string `json:"dataScientists"`
	Analysts       []string `json:"analysts"`
	// CountryAnalysts see, as analysts do, the rows of some countries, in the tables that say a row's country and in no
	// others. Rows of a country that no table of names knows are seen by all of them: such a row may be of theirs.
	CountryAnalysts []CountryAnalyst `json:"countryAnalysts"`
	// Organization is the id of the account's in AWS Organizations, such as o-a1b2c3d4e5. Buckets refuse their objects
	// to roles of all accounts outside it, whatever another policy says. Empty where the account is in none. With
	// another's id nobody reads or writes until it is set right.
	Organization string `json:"organization"`
}

// CountryAnalyst are one role and its countries, ISO 3166-1 alpha-2.
type CountryAnalyst struct {
	Role      string   `json:"role"`
	Countries []string `json:"countries"`
}

// Audit say what is recorded of who touches data.
type Audit struct {
	// DataEvents records each read, write and deletion of an object in every bucket but those of the records
	// themselves, by CloudTrail. It is paid by the event.
	DataEvents bool `json:"dataEvents"`
}

// Pseudonyms are what curated tables and features know customers by.
type Pseudonyms struct {
	// Version numbers the secret that they are made with. A higher one names every customer anew, in every table.
	Version int `json:"version"`
	// Makers are roles of the account, beside the platform's own, that may make pseudonyms of customers' numbers, such
	// as the shop's that asks the endpoint for recommendations.
	Makers []string `json:"makers"`
}

// Lineage say who receives where data comes from, beside the artifacts bucket.
type Lineage struct {
	// Endpoint is the URL that takes OpenLineage events by POST, such as https://marquez.example.com/api/v1/lineage.
	// Empty sends none.
	Endpoint string `json:"endpoint"`
	// Secret is the ARN of a secret of Secrets Manager whose text the endpoint wants as bearer token. Empty sends none.
	Secret string `json:"secret"`
}

// Alarms say who is notified.
type Alarms struct {
	// Emails get every alarm; each address has to confirm its subscription.
	Emails []string `json:"emails"`
}

// Network describe the private network, which is made for the parts that need one: Redshift.
type Network struct {
	CIDR string `json:"cidr"`
}
