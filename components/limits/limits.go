// Package limits is what the components can be given, in plain Go, for those who check settings without making anything
// of them. A component refuses more than its limit by itself.
package limits

// What the function that looks at assets is made with.
const (
	AssetMemoryMB  = 1769 // one vCPU, which decoding keeps busy
	AssetBatchSize = 5
	// AssetReserveMB is what the function takes without an image, and a margin for the collector.
	AssetReserveMB = 256
	// AssetBytesPerPixel is what decoding and scaling take at most; a test of the function measures it.
	AssetBytesPerPixel = 32
	// AssetTransferSeconds is what one object may take beside its inspection: to be read and to be written about.
	AssetTransferSeconds = 30
)

// Bounds of what one object may ask of the function. AssetMaxSeconds keeps a batch within Lambda's 900 seconds,
// AssetMaxBytes a file and what else there is within its 512 MB of disk, AssetMaxPixels an image within its memory.
const (
	AssetMaxSeconds = 900/AssetBatchSize - AssetTransferSeconds
	AssetMaxBytes   = 400 << 20
	AssetMaxPixels  = (AssetMemoryMB - AssetReserveMB) << 20 / AssetBytesPerPixel
)

// The least days that S3 bills an object in a class for, however soon it goes (Amazon S3 User Guide, "Understanding S3
// Glacier storage classes").
const (
	GlacierMinimumDays     = 90
	DeepArchiveMinimumDays = 180
)

// RPUs that a workgroup may have: Redshift Serverless takes multiples of 8, from 8 to 512 (Redshift Management Guide,
// billing for compute).
const (
	RPUStep = 8
	MaxRPU  = 512
)

// MaxEndpointName is the longest name of an endpoint and the rest, less what a run adds (SageMaker, 63 characters).
const MaxEndpointName = 63 - len("-20260301-0123456")

// WeekDays are how EventBridge Scheduler calls them.
var WeekDays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

// MaxChunks are the chunks of one backfill whose events fit into the 25,000 of an execution's history, whatever is
// tried again (Step Functions quotas). A longer backfill is more than one execution.
const MaxChunks = 40
