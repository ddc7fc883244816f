package policies

import "slices"

// LakeFormation is the service that hands out access to the lake's data.
const LakeFormation = "lakeformation.amazonaws.com"

// LakeReaderRefs are what Lake Formation reads for those it lets query.
type LakeReaderRefs struct {
	BucketARNs []string
	KeyARNs    []string
}

// LakeReader are the grants of the role that Lake Formation takes to read for people. It writes nothing: jobs have
// rights on their own prefixes, and people are not to change tables.
func LakeReader(r LakeReaderRefs) Document {
	var objects []string
	for _, bucket := range r.BucketARNs {
		objects = append(objects, under(bucket, []string{""})...)
	}
	return Identity(
		AllowActions("ReadLayers", objects, "s3:GetObject"),
		AllowActions("ListLayers", slices.Clone(r.BucketARNs), "s3:ListBucket"),
		DecryptWith("DecryptLayers", r.KeyARNs...),
	)
}

// TrustLakeFormation lets Lake Formation of this account and region assume a role. AWS knows no narrower source than
// the service in an account (Lake Formation, Cross-service confused deputy prevention).
func TrustLakeFormation(partition, account, region string) Document {
	return TrustService(LakeFormation, account, "arn:"+partition+":lakeformation:"+region+":"+account+":*")
}

// LakeRefs are what the function that administers the lake in a deployment works with.
type LakeRefs struct {
	Databases []LakeDatabase
	// LeasesTableARN is the table in which it remembers what was there before; LeasesKeyARN encrypts it.
	LeasesTableARN, LeasesKeyARN string
}

// LakeDatabase is a database of the stack.
type LakeDatabase struct {
	Layer string // of letters
	ARN   string
}

// Lake are the grants of the function that changes the account's settings, lets who deploys change and drop tables, and
// takes the catalog out of IAM's hands. Who may put the settings can make anybody an administrator, so granting is no
// more than that. What new tables are given is a property of their database. Lake Formation wants to be asked by
// somebody who may see the tables.
func Lake(r LakeRefs) []Statement {
	statements := []Statement{
		AllowActions("AdministerLake", []string{"*"}, "lakeformation:GetDataLakeSettings",
			"lakeformation:PutDataLakeSettings", "lakeformation:ListPermissions", "lakeformation:GrantPermissions",
			"lakeformation:RevokePermissions"),
		AllowActions("HoldSettings", []string{r.LeasesTableARN}, "dynamodb:GetItem", "dynamodb:PutItem",
			"dynamodb:DeleteItem"),
		DecryptWith("ReadLeases", r.LeasesKeyARN),
	}
	for _, database := range r.Databases {
		statements = append(statements, ReadTables("ReadTablesOf"+database.Layer, database.ARN, anyTable),
			AllowActions("CloseDatabaseOf"+database.Layer, catalogARNs(database.ARN), "glue:UpdateDatabase"))
	}
	return statements
}
