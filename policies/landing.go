package policies

// QuarantineFilesPrefix is where refused files are kept as they were sent.
const QuarantineFilesPrefix = "quarantine-files/"

// LandingRefs are what the landing function works with.
type LandingRefs struct {
	Datasets         []string // the batch datasets
	QueueARN         string
	QueueKeyARN      string
	LandingBucketARN string
	LandingKeyARN    string
	RawBucketARN     string
	RawKeyARN        string
	FilesTableARN    string
	FilesKeyARN      string
}

// Landing are the grants of the function that takes in files: it reads what was dropped and writes raw, once, the
// quarantine and the ledger. It cannot delete, neither what was dropped nor what it wrote.
func Landing(r LandingRefs) []Statement {
	// A file for no known dataset is quarantined under the name it came with, so quarantine is granted as a whole.
	return append(writeOnce(r.RawBucketARN, tablePrefixes(r.Datasets)...),
		AllowActions("ReceiveNotices", []string{r.QueueARN}, "sqs:ReceiveMessage", "sqs:DeleteMessage",
			"sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"),
		ReadObjects("ReadDroppedFiles", r.LandingBucketARN, ""),
		WriteObjects("WriteQuarantine", r.RawBucketARN, "quarantine/", QuarantineFilesPrefix),
		AllowActions("KeepLedger", []string{r.FilesTableARN}, "dynamodb:GetItem", "dynamodb:PutItem"),
		DecryptWith("DecryptDroppedFilesAndNotices", r.LandingKeyARN, r.QueueKeyARN),
		EncryptWith("EncryptRawAndLedger", r.RawKeyARN, r.FilesKeyARN),
	)
}
