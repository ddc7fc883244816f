package policies

import "slices"

// Prefixes that the assets' function writes beside the dataset's own: thumbnails in processed.
const thumbnailsPrefix = "thumbnails/"

// AssetsRefs are what the assets' function works with.
type AssetsRefs struct {
	Dataset            string // its folder in raw holds the objects
	RowsPrefix         string // where the rows about them go, in raw
	QueueARN           string
	QueueKeyARN        string
	RawBucketARN       string
	RawKeyARN          string
	ProcessedBucketARN string
	ProcessedKeyARN    string
	FilesTableARN      string
	FilesKeyARN        string
}

// Assets are the grants of the function that describes objects: it reads them and writes rows, quarantine, thumbnails
// and the ledger. It cannot change or delete an object.
func Assets(r AssetsRefs) []Statement {
	return []Statement{
		AllowActions("ReceiveNotices", []string{r.QueueARN}, "sqs:ReceiveMessage", "sqs:DeleteMessage",
			"sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"),
		ReadObjects("ReadObjects", r.RawBucketARN, r.Dataset+"/"),
		// Without it S3 says of what is gone that access is denied, and no prefix is checked then. S3: GetObject.
		AllowActions("TellWhatIsGone", []string{r.RawBucketARN}, "s3:ListBucket", "s3:ListBucketVersions"),
		WriteObjects("WriteRowsAndQuarantine", r.RawBucketARN, r.RowsPrefix, "quarantine/"+r.Dataset+"/"),
		WriteObjects("WriteThumbnails", r.ProcessedBucketARN, thumbnailsPrefix),
		AllowActions("KeepLedger", []string{r.FilesTableARN}, "dynamodb:PutItem"),
		DecryptWith("DecryptNotices", r.QueueKeyARN),
		EncryptWith("EncryptLayersAndLedger", r.RawKeyARN, r.ProcessedKeyARN, r.FilesKeyARN),
	}
}

// AssetSource are the grants of the sources of objects: they put and delete below the dataset's folder, where deleting
// leaves every version. They see nothing.
func AssetSource(dataset, rawBucketARN, rawKeyARN string) Document {
	return Identity(
		WriteObjects("PutObjects", rawBucketARN, dataset+"/"),
		AllowActions("DeleteObjects", under(rawBucketARN, []string{dataset + "/"}), "s3:DeleteObject"),
		EncryptWith("EncryptObjects", rawKeyARN),
	)
}

// ObjectsJob are the grants of the job that merges the rows about objects. The objects themselves it does not see.
func ObjectsJob(r JobRefs) Document {
	processed := tablePrefixes(r.ProcessedTables)
	return Identity(slices.Concat([]Statement{
		ReadObjects("ReadRows", r.RawBucketARN, r.RowsPrefix),
		ReplaceObjects("WriteProcessedTables", r.ProcessedBucketARN, processed...),
		ListPrefixes("ListRows", r.RawBucketARN, r.RowsPrefix),
		TellWhatIsGone(r.RawBucketARN), // rows are read by their folders
		CommitTables("CommitProcessedTables", r.ProcessedDatabase, r.ProcessedTables...),
		DecryptWith("DecryptRows", r.RawKeyARN),
		EncryptWith("EncryptProcessed", r.ProcessedKeyARN, r.ArtifactsKeyARN, r.LedgerKeyARN),
	}, r.references(), r.ledger(), r.common())...)
}
