package policies

import (
	"maps"
	"slices"
	"strings"
)

// AllowActions is an allowing statement.
func AllowActions(sid string, resources []string, actions ...string) Statement {
	return Statement{Sid: sid, Effect: Allow, Action: actions, Resource: resources}
}

// DenyActions is a refusing statement.
func DenyActions(sid string, resources []string, actions ...string) Statement {
	return Statement{Sid: sid, Effect: Deny, Action: actions, Resource: resources}
}

// By names the principals, for resource and trust policies: kind is "Service" or "AWS".
func (s Statement) By(kind string, principals ...string) Statement {
	s.Principal = map[string][]string{kind: principals}
	return s
}

// ByAnyone names everybody; it belongs in refusals only.
func (s Statement) ByAnyone() Statement { return s.By("AWS", "*") }

// When adds one condition; all conditions of a statement must hold. The receiver keeps its own.
func (s Statement) When(operator, key string, values ...string) Statement {
	conditions := Condition{}
	for op, keys := range s.Condition {
		conditions[op] = maps.Clone(keys)
	}
	if conditions[operator] == nil {
		conditions[operator] = map[string][]string{}
	}
	conditions[operator][key] = values
	s.Condition = conditions
	return s
}

// FromAccount admits a service only when it acts for this account and, when given, for these resources: the protection
// against the confused deputy.
func (s Statement) FromAccount(account string, sourceARNs ...string) Statement {
	s = s.When("StringEquals", "aws:SourceAccount", account)
	if len(sourceARNs) > 0 {
		s = s.When("ArnLike", "aws:SourceArn", sourceARNs...)
	}
	return s
}

// FromAccountIfSaid admits a service when it acts for this account, and when it does not say for whom: where no
// documentation says that it does, a condition on an absent key would stop everything. See Silent.
func (s Statement) FromAccountIfSaid(account string) Statement {
	return s.When("StringEqualsIfExists", "aws:SourceAccount", account)
}

// under returns the ARNs of everything below the prefixes of a bucket: under(b, "clicks/") is b/clicks/*.
func under(bucketARN string, prefixes []string) []string {
	arns := make([]string, 0, len(prefixes))
	for _, prefix := range prefixes {
		arns = append(arns, bucketARN+"/"+strings.TrimPrefix(prefix, "/")+"*")
	}
	return arns
}

// ReadObjects lets a role read objects and their versions below prefixes.
func ReadObjects(sid, bucketARN string, prefixes ...string) Statement {
	return AllowActions(sid, under(bucketARN, prefixes), "s3:GetObject", "s3:GetObjectVersion")
}

// ReadFolders lets a role read what is in folders, and learn that one is empty.
func ReadFolders(sid, bucketARN string, names ...string) Statement {
	s := ReadObjects(sid, bucketARN, tablePrefixes(names)...)
	s.Resource = append(folders(bucketARN, names), s.Resource...)
	return s
}

// folders returns the ARNs of objects that are called like folders of a bucket, or like the marks that EMRFS, which
// Glue reads with, leaves for some. There are none, but Hadoop's file systems ask for one before they say that a folder
// is empty, and take a refusal for an answer.
func folders(bucketARN string, names []string) []string {
	arns := make([]string, 0, 2*len(names))
	for _, name := range names {
		arns = append(arns, bucketARN+"/"+name, bucketARN+"/"+folderMark(name))
	}
	return arns
}

// folderMark is the object by which EMRFS marks a folder that it makes before it writes below it.
func folderMark(name string) string { return name + "_$folder$" }

// Trace lets a function's role send what X-Ray keeps of its invocations (AWS Lambda Developer Guide, "Execution role
// permissions").
func Trace() Statement {
	return AllowActions("Trace", []string{"*"}, "xray:PutTraceSegments", "xray:PutTelemetryRecords")
}

// WriteObjects lets a role put objects below prefixes, in parts too; not read or delete them.
func WriteObjects(sid, bucketARN string, prefixes ...string) Statement {
	return AllowActions(sid, under(bucketARN, prefixes), "s3:PutObject", "s3:AbortMultipartUpload")
}

// writeOnce lets a role put objects below prefixes where none is yet, tag them with what tells their content, and
// compare that with what it would put again: the tag says so without the object being read.
func writeOnce(bucketARN string, prefixes ...string) []Statement {
	return []Statement{
		AllowActions("WriteRawOnce", under(bucketARN, prefixes), "s3:PutObject").When("Null", ifNoneMatch, "false"),
		AllowActions("CompareContent", under(bucketARN, prefixes), "s3:PutObjectTagging", "s3:GetObjectTagging"),
	}
}

// ReplaceObjects lets a role read, put and delete objects below prefixes: what a table writer needs. Deleting leaves
// the old version behind the delete marker; versions themselves only expire.
func ReplaceObjects(sid, bucketARN string, prefixes ...string) Statement {
	return AllowActions(sid, under(bucketARN, prefixes), "s3:GetObject", "s3:PutObject", "s3:DeleteObject",
		"s3:AbortMultipartUpload")
}

// ListPrefixes lets a role list a bucket below prefixes, and nowhere else.
func ListPrefixes(sid, bucketARN string, prefixes ...string) Statement {
	return AllowActions(sid, []string{bucketARN}, "s3:ListBucket").When("StringLike", "s3:prefix", below(prefixes)...)
}

// except takes prefixes out of a list.
func (s Statement) except(prefixes ...string) Statement {
	return s.When("StringNotLike", "s3:prefix", below(prefixes)...)
}

func below(prefixes []string) []string {
	patterns := make([]string, 0, len(prefixes))
	for _, prefix := range prefixes {
		patterns = append(patterns, prefix+"*")
	}
	return patterns
}

// TellWhatIsGone lets a role learn that an object is not there. Without it S3 says that access is denied (S3 API
// Reference, GetObject), which ends a job whose Spark asks of a folder whether it is an object before it lists it. What
// S3 checks then is s3:ListBucket without a prefix, so it is that list, too, that the grant is for: names of the
// bucket, and no content.
func TellWhatIsGone(bucketARNs ...string) Statement {
	return AllowActions("TellWhatIsGone", bucketARNs, "s3:ListBucket").When("Null", "s3:prefix", "true")
}

// DecryptWith lets a role read what the keys encrypt.
func DecryptWith(sid string, keyARNs ...string) Statement {
	return AllowActions(sid, distinct(keyARNs), "kms:Decrypt")
}

// EncryptWith lets a role write with the keys. Decrypt is part of it: S3 needs it to assemble uploads in parts.
func EncryptWith(sid string, keyARNs ...string) Statement {
	return AllowActions(sid, distinct(keyARNs), "kms:GenerateDataKey", "kms:Decrypt")
}

// WriteLogs lets a role write to log groups that exist already. It may not create any: a group made on the way would
// keep its events forever.
func WriteLogs(sid string, logGroupARNs ...string) Statement {
	streams := make([]string, 0, len(logGroupARNs))
	for _, arn := range logGroupARNs {
		streams = append(streams, strings.TrimSuffix(arn, ":*")+":*")
	}
	return AllowActions(sid, streams, "logs:CreateLogStream", "logs:PutLogEvents")
}

// catalogARNs returns the ARNs that Glue checks for a table: the catalog's, the database's and each table's.
// databaseARN is arn:<partition>:glue:<region>:<account>:database/<name>.
func catalogARNs(databaseARN string, tables ...string) []string {
	base, _, _ := strings.Cut(databaseARN, ":database/")
	return append([]string{base + ":catalog", databaseARN}, tableARNs(databaseARN, tables...)...)
}

func tableARNs(databaseARN string, tables ...string) []string {
	arns := make([]string, 0, len(tables))
	for _, table := range tables {
		arns = append(arns, strings.Replace(databaseARN, ":database/", ":table/", 1)+"/"+table)
	}
	return arns
}

// ReadTables lets a role read the definitions of tables of one database.
func ReadTables(sid, databaseARN string, tables ...string) Statement {
	return AllowActions(sid, catalogARNs(databaseARN, tables...), "glue:GetDatabase", "glue:GetTable")
}

// CommitTables lets a role read tables' definitions and commit to them: an Iceberg commit is an update of the table.
func CommitTables(sid, databaseARN string, tables ...string) Statement {
	return AllowActions(sid, catalogARNs(databaseARN, tables...), "glue:GetDatabase", "glue:GetTable",
		"glue:UpdateTable")
}

func distinct(values []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}
