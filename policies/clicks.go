package policies

// ClicksRefs are what the clicks function works with.
type ClicksRefs struct {
	Dataset            string // the streaming dataset: its prefix in every bucket
	StreamARN          string
	StreamKeyARN       string
	RawBucketARN       string
	RawKeyARN          string
	ProcessedBucketARN string
	ProcessedKeyARN    string
	DiscardedBucketARN string
	DiscardedKeyARN    string
	HoursTableARN      string
	LedgerKeyARN       string
}

// FailurePrefix is where Lambda itself puts what a stream mapping gave up on; AWS chooses it.
const FailurePrefix = "aws/lambda/"

// Rehearsed ends the name of a batch that a verification puts there and replays itself: it waits for nobody.
const Rehearsed = "given-up"

// Clicks are the grants of the function that reads the stream: it puts objects, those of raw once, and the marks of
// their hours, and reads none.
func Clicks(r ClicksRefs) []Statement {
	return append(writeOnce(r.RawBucketARN, r.Dataset+"/"),
		AllowActions("ReadStream", []string{r.StreamARN},
			"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator",
			"kinesis:ListShards"),
		WriteObjects("WriteQuarantine", r.RawBucketARN, "quarantine/"+r.Dataset+"/"),
		WriteObjects("WriteProcessed", r.ProcessedBucketARN, r.Dataset+"/"),
		AllowActions("MarkHours", []string{r.HoursTableARN}, "dynamodb:PutItem"),
		// The mapping writes failed batches with the function's role and checks the bucket by listing it. With which
		// prefix, if with any, is not said, and a mapping that may not is refused (AWS Lambda Developer Guide, "Retain
		// discarded batch records for a Kinesis …").
		WriteObjects("WriteFailedBatches", r.DiscardedBucketARN, FailurePrefix),
		AllowActions("CheckFailureBucket", []string{r.DiscardedBucketARN}, "s3:ListBucket"),
		EncryptWith("EncryptLayersAndLedger", r.RawKeyARN, r.ProcessedKeyARN, r.DiscardedKeyARN, r.LedgerKeyARN),
		DecryptWith("DecryptStream", r.StreamKeyARN),
	)
}
