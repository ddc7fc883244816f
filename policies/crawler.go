package policies

import "strings"

// DiscoveryPrefix is where unknown feeds lie, in raw.
const DiscoveryPrefix = "discovery/"

// CrawlerRefs are what the crawler of unknown feeds works with.
type CrawlerRefs struct {
	BucketARN   string
	KeyARN      string
	DatabaseARN string
	TablePrefix string // of the tables it may make
	Prefix      string // where it looks
}

// Crawler are the grants of the crawler's role: it looks at one prefix and keeps tables of one name prefix. Tables made
// from contracts are out of its reach.
func Crawler(r CrawlerRefs) Document {
	base, _, _ := strings.Cut(r.DatabaseARN, ":database/")
	return Identity(
		ReadObjects("ReadUnknownFeeds", r.BucketARN, r.Prefix),
		ListPrefixes("ListUnknownFeeds", r.BucketARN, r.Prefix),
		AllowActions("LocateBucket", []string{r.BucketARN}, "s3:GetBucketLocation"),
		DecryptWith("DecryptUnknownFeeds", r.KeyARN),
		AllowActions("KeepOwnTables", catalogARNs(r.DatabaseARN, r.TablePrefix+"*"),
			"glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:CreateTable", "glue:UpdateTable",
			"glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition", "glue:CreatePartition",
			"glue:BatchCreatePartition", "glue:UpdatePartition"),
		// All crawlers of the account share one log group, which the first of them makes: no stack can own it.
		AllowActions("WriteLogs",
			[]string{strings.Replace(base, ":glue:", ":logs:", 1) + ":log-group:/aws-glue/crawlers:*"},
			"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
	)
}
