package policies

// ProducerRefs are what a source of files works with.
type ProducerRefs struct {
	Datasets         []string
	LandingBucketARN string
	LandingKeyARN    string
}

// Producer are the grants of the sources that drop files: put only, below the datasets they deliver. They see nothing,
// not even what they put. kms:Decrypt serves uploads in parts; without s3:GetObject it opens nothing.
func Producer(r ProducerRefs) Document {
	return Identity(
		WriteObjects("DropFiles", r.LandingBucketARN, tablePrefixes(r.Datasets)...),
		EncryptWith("EncryptFiles", r.LandingKeyARN),
	)
}
