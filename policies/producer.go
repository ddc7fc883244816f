package policies

// ProducerRefs are what a source of files works with.
type ProducerRefs struct {
	Datasets         []string
	LandingBucketARN string
	LandingKeyARN    string
}

// StreamProducerRefs are what a source of clicks works with.
type StreamProducerRefs struct{ StreamARN, StreamKeyARN string }

// StreamProducer are the grants of the sources that put clicks into the stream: put only. They read none, also not what
// they put; a put is encrypted by Kinesis for them (Amazon Kinesis Data Streams Developer Guide, "Permissions to use
// user-generated KMS keys").
func StreamProducer(r StreamProducerRefs) Document {
	return Identity(
		AllowActions("PutClicks", []string{r.StreamARN}, "kinesis:PutRecord", "kinesis:PutRecords"),
		AllowActions("EncryptClicks", []string{r.StreamKeyARN}, "kms:GenerateDataKey"),
	)
}

// Producer are the grants of the sources that drop files: put only, below the datasets they deliver. They see nothing,
// not even what they put. kms:Decrypt serves uploads in parts; without s3:GetObject it opens nothing.
func Producer(r ProducerRefs) Document {
	return Identity(
		WriteObjects("DropFiles", r.LandingBucketARN, tablePrefixes(r.Datasets)...),
		EncryptWith("EncryptFiles", r.LandingKeyARN),
	)
}
