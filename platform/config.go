package platform

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// settingsKey is the one configuration value of a stack: `dataplatform:settings` in Pulumi.<stack>.yaml.
const settingsKey = "settings"

// Settings is everything that differs between stacks. Absent keys mean the defaults of defaultSettings; unknown keys
// are errors. Nothing but the platform package reads it.
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
	// BuildDirectory holds the function archives (lambda/<architecture>/<name>.zip) and the jobs' library (glue/dataplatform.zip).
	BuildDirectory string `json:"buildDirectory"`
	// ScriptsDirectory holds the jobs' entry points.
	ScriptsDirectory string `json:"scriptsDirectory"`
	// Architecture of the functions: arm64 or amd64; with an endpoint also host, this machine's own.
	Architecture string `json:"architecture"`
	// LogRetentionDays is how long every log group keeps its events.
	LogRetentionDays int `json:"logRetentionDays"`

	Clickstream ClickstreamSettings `json:"clickstream"`
	Landing     LandingSettings     `json:"landing"`
	Assets      AssetSettings       `json:"assets"`
	Jobs        JobSettings         `json:"jobs"`
	Pipelines   PipelineSettings    `json:"pipelines"`
	Maintenance MaintenanceSettings `json:"maintenance"`
	Storage     StorageSettings     `json:"storage"`
	Catalog     CatalogSettings     `json:"catalog"`
	Analytics   AnalyticsSettings   `json:"analytics"`
	Governance  GovernanceSettings  `json:"governance"`
	Audit       AuditSettings       `json:"audit"`
	Lineage     LineageSettings     `json:"lineage"`
	Alarms      AlarmSettings       `json:"alarms"`
	Cost        CostSettings        `json:"cost"`
	Network     NetworkSettings     `json:"network"`

	Recommendations RecommendationsSettings `json:"recommendations"`
}

// ClickstreamSettings shape the stream, its mapping to the function, and what the function accepts.
type ClickstreamSettings struct {
	// Mode is onDemand or provisioned.
	Mode string `json:"mode"`
	// Shards of a provisioned stream; 0 on demand.
	Shards int `json:"shards"`
	// RetentionHours is how long the stream keeps records.
	RetentionHours int `json:"retentionHours"`
	// BatchSize is the most records of one invocation, BatchWindowSeconds the longest wait for them.
	BatchSize          int `json:"batchSize"`
	BatchWindowSeconds int `json:"batchWindowSeconds"`
	// Retries of a failing batch before it goes to the failure destination.
	Retries int `json:"retries"`
	// MaxRecordAgeSeconds is the age at which an unprocessed record goes to the failure destination; below the retention.
	MaxRecordAgeSeconds int `json:"maxRecordAgeSeconds"`
	// LatenessHours is how old an event may be when it arrives; older ones are quarantined.
	LatenessHours int `json:"latenessHours"`
	// MaxEventBytes bounds one event, MaxExpandedBytes one record after gunzip.
	MaxEventBytes    int `json:"maxEventBytes"`
	MaxExpandedBytes int `json:"maxExpandedBytes"`
}

// LandingSettings bound the files that sources drop.
type LandingSettings struct {
	// Producers are the roles that may assume the put-only role of the sources. Without any the account's own policies decide who may.
	Producers []string `json:"producers"`
	// MaxFileBytes bounds a file as dropped, MaxExpandedBytes after gunzip.
	MaxFileBytes     int `json:"maxFileBytes"`
	MaxExpandedBytes int `json:"maxExpandedBytes"`
}

// AssetSettings bound the objects that sources put below raw's assets/.
type AssetSettings struct {
	// Sources are the roles that may assume the role of those who put and delete objects. Without any the account's own policies decide who may.
	Sources []string `json:"sources"`
	// MaxBytes bounds an object, MaxPixels an image as its header says, MaxSeconds the inspection of one.
	MaxBytes   int `json:"maxBytes"`
	MaxPixels  int `json:"maxPixels"`
	MaxSeconds int `json:"maxSeconds"`
	// ThumbnailSide is the longest side of a thumbnail, in pixels.
	ThumbnailSide int `json:"thumbnailSide"`
}

// JobSettings size the Glue jobs.
type JobSettings struct {
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

// PipelineSettings rule the state machines and their schedules.
type PipelineSettings struct {
	// QuarantineLimit is the share, 0 to 1, of a file and of its hour above which a run refuses the file: it fails, and leaves the file to the next.
	QuarantineLimit float64 `json:"quarantineLimit"`
	// BackfillConcurrency is how many chunks of a backfill run at a time.
	BackfillConcurrency int `json:"backfillConcurrency"`
	// ScheduleEnabled starts each pipeline every hour, at ScheduleMinute.
	ScheduleEnabled bool `json:"scheduleEnabled"`
	ScheduleMinute  int  `json:"scheduleMinute"`
}

// StorageSettings say how each layer ages. 0 means never, in every field but the non-current days.
type StorageSettings struct {
	Landing   LayerSettings `json:"landing"`
	Raw       LayerSettings `json:"raw"`
	Processed LayerSettings `json:"processed"`
	Features  LayerSettings `json:"features"`
	Curated   LayerSettings `json:"curated"`
	Artifacts LayerSettings `json:"artifacts"`
	Logs      LayerSettings `json:"logs"`
	Audit     LayerSettings `json:"audit"`
}

// LayerSettings are days after an object was written.
type LayerSettings struct {
	// GlacierAfterDays and DeepArchiveAfterDays move objects by lifecycle; a restore takes hours.
	GlacierAfterDays     int `json:"glacierAfterDays"`
	DeepArchiveAfterDays int `json:"deepArchiveAfterDays"`
	// ArchiveAccessAfterDays and DeepArchiveAccessAfterDays are Intelligent-Tiering's opt-in tiers, in days without access.
	ArchiveAccessAfterDays     int `json:"archiveAccessAfterDays"`
	DeepArchiveAccessAfterDays int `json:"deepArchiveAccessAfterDays"`
	// ExpireAfterDays deletes objects.
	ExpireAfterDays int `json:"expireAfterDays"`
	// NoncurrentDays is how long overwritten and deleted versions can be brought back.
	NoncurrentDays int `json:"noncurrentDays"`
}

// CatalogSettings rule the Glue catalog.
type CatalogSettings struct {
	// Encrypted encrypts the account's whole catalog of the region with a key of the stack. What others make in the catalog is encrypted with it,
	// too, so setting, role and key stay when the stack goes, whether its data is disposable or not. Off by default, and to be left off in an account
	// with databases of others.
	Encrypted bool `json:"encrypted"`
}

// AnalyticsSettings protect analysts from their own queries.
type AnalyticsSettings struct {
	// ScanLimitBytes cuts off an Athena query.
	ScanLimitBytes int `json:"scanLimitBytes"`
	// ResultsExpireAfterDays deletes query results.
	ResultsExpireAfterDays int `json:"resultsExpireAfterDays"`

	QuickSight QuickSightSettings `json:"quickSight"`
	Redshift   RedshiftSettings   `json:"redshift"`
}

// RedshiftSettings size Redshift Serverless, in whose database curated tables of the lake are a schema.
type RedshiftSettings struct {
	// Enabled makes a namespace, a workgroup and the private network that they are in. Governance has to be enabled: Redshift sees what
	// its role is granted.
	Enabled bool `json:"enabled"`
	// BaseRPU are the units that a query starts with, MaxRPU the most at a time.
	BaseRPU int `json:"baseRpu"`
	MaxRPU  int `json:"maxRpu"`
	// RPUHoursPerDay after which it answers no more until the next day.
	RPUHoursPerDay int `json:"rpuHoursPerDay"`
}

// QuickSightSettings publish the dashboard of the folder dashboards.
type QuickSightSettings struct {
	// Enabled makes a data source, data sets and the dashboard. The account has to have a subscription to QuickSight, and
	// governance has to be enabled: QuickSight sees what its role is granted.
	Enabled bool `json:"enabled"`
	// Viewers are the ARNs of QuickSight groups and users that see the dashboard.
	Viewers []string `json:"viewers"`
}

// GovernanceSettings say who may see what. Roles are given by their ARNs; none has access unless it is named here.
type GovernanceSettings struct {
	// Enabled puts the catalog under Lake Formation. Its settings and tags are the account's: enable it in one stack of an account and region.
	Enabled bool `json:"enabled"`
	// Admins grant; who deploys has to be one. Without any it is the only one: name them when more than one role deploys or previews.
	Admins []string `json:"admins"`
	// Engineers read everything, DataScientists every layer without personal data, Analysts processed and curated without it.
	Engineers      []string `json:"engineers"`
	DataScientists []string `json:"dataScientists"`
	Analysts       []string `json:"analysts"`
	// CountryAnalysts see, as analysts do, the rows of some countries, in the tables that say a row's country and in no others.
	CountryAnalysts []CountryAnalystSettings `json:"countryAnalysts"`
}

// CountryAnalystSettings are one role and its countries, ISO 3166-1 alpha-2.
type CountryAnalystSettings struct {
	Role      string   `json:"role"`
	Countries []string `json:"countries"`
}

// AuditSettings say what is recorded of who touches data.
type AuditSettings struct {
	// DataEvents records each read, write and deletion of an object in the layers that hold personal data, by CloudTrail. It is paid by the event.
	DataEvents bool `json:"dataEvents"`
}

// LineageSettings say who hears where data comes from, beside the artifacts bucket.
type LineageSettings struct {
	// Endpoint is the URL that takes OpenLineage events by POST, such as https://marquez.example.com/api/v1/lineage. Empty sends none.
	Endpoint string `json:"endpoint"`
}

// AlarmSettings say who hears.
type AlarmSettings struct {
	// Emails get every alarm; each address has to confirm its subscription.
	Emails []string `json:"emails"`
}

// NetworkSettings describe the private network, which is made for the parts that need one: Redshift.
type NetworkSettings struct {
	CIDR string `json:"cidr"`
}

// defaultSettings are safe for a stack that says nothing: data is kept, nothing is archived, the schedule runs.
func defaultSettings() Settings {
	kept := LayerSettings{NoncurrentDays: 30}
	return Settings{
		BuildDirectory: "build", ScriptsDirectory: "glue-scripts/jobs", Architecture: "arm64", LogRetentionDays: 30,
		Clickstream: ClickstreamSettings{
			Mode: "onDemand", RetentionHours: 72, BatchSize: 1000, BatchWindowSeconds: 30, Retries: 5,
			MaxRecordAgeSeconds: 86400, LatenessHours: 72, MaxEventBytes: 64 << 10, MaxExpandedBytes: 16 << 20,
		},
		Landing:   LandingSettings{MaxFileBytes: 256 << 20, MaxExpandedBytes: 1 << 30},
		Assets:    AssetSettings{MaxBytes: 256 << 20, MaxPixels: 40_000_000, MaxSeconds: 60, ThumbnailSide: 256},
		Jobs:      JobSettings{WorkerType: "G.1X", Workers: 2, TimeoutMinutes: 60, MaxConcurrentRuns: 4, DedupDays: 7},
		Pipelines: PipelineSettings{QuarantineLimit: 0.1, BackfillConcurrency: 2, ScheduleEnabled: true, ScheduleMinute: 5},
		// The hour after the one in which Europe sleeps deepest: the lease keeps publishers waiting.
		Maintenance: MaintenanceSettings{ScheduleEnabled: true, ScheduleHour: 3, SnapshotDays: 7, OrphanDays: 3},
		Storage: StorageSettings{
			Landing: LayerSettings{ExpireAfterDays: 7, NoncurrentDays: 7},
			Raw:     LayerSettings{GlacierAfterDays: 365, DeepArchiveAfterDays: 730, NoncurrentDays: 30},
			// An Intelligent-Tiering archive would make yesterday's cheap query fail: only raw is archived.
			Processed: kept, Features: kept, Curated: kept,
			Artifacts: LayerSettings{NoncurrentDays: 30},
			Logs:      LayerSettings{ExpireAfterDays: 90, NoncurrentDays: 7},
			Audit:     LayerSettings{ExpireAfterDays: 365, NoncurrentDays: 30},
		},
		Audit: AuditSettings{DataEvents: true},
		// How much is for the stack to say; without an amount nothing is watched.
		Cost: CostSettings{ActualPercents: []int{50, 80, 100}, ForecastPercents: []int{100}},
		Analytics: AnalyticsSettings{
			ScanLimitBytes: 100 << 30, ResultsExpireAfterDays: 7, Redshift: RedshiftSettings{BaseRPU: 8, MaxRPU: 16, RPUHoursPerDay: 8},
		},
		// Closed by default: a stack that says nothing shows nothing.
		Governance: GovernanceSettings{Enabled: true},

		Recommendations: defaultRecommendations(),
		Network:         NetworkSettings{CIDR: "10.40.0.0/16"},
	}
}

// loadSettings reads and validates the stack's settings. The error lists every problem.
func loadSettings(ctx *pulumi.Context) (Settings, error) {
	if err := CheckReadings("Pulumi." + ctx.Stack() + ".yaml"); err != nil {
		return Settings{}, err
	}
	raw, err := config.New(ctx, "dataplatform").Try(settingsKey)
	if err != nil {
		return Settings{}, fmt.Errorf("dataplatform:%s is not set in Pulumi.%s.yaml: %w", settingsKey, ctx.Stack(), err)
	}
	settings, problems := parseSettings([]byte(raw))
	problems = append(problems, settings.stackProblems(ctx.Project(), ctx.Stack())...)
	if len(problems) > 0 {
		return Settings{}, fmt.Errorf("dataplatform:%s of stack %s has %d problem(s):\n%w", settingsKey, ctx.Stack(), len(problems), errors.Join(problems...))
	}
	return settings, nil
}

// ParseSettings reads settings from the JSON text of the configuration value. The error joins every problem.
func ParseSettings(text []byte) (Settings, error) {
	settings, problems := parseSettings(text)
	return settings, errors.Join(problems...)
}

// parseSettings decodes the JSON text over the defaults.
func parseSettings(raw []byte) (Settings, []error) {
	settings := defaultSettings()
	if problems := decodeStrict(raw, &settings); len(problems) > 0 {
		return Settings{}, problems
	}
	return settings, settings.problems()
}
