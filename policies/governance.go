package policies

import "slices"

// LakeFormation is the service that hands out access to the lake's data.
const LakeFormation = "lakeformation.amazonaws.com"

// LakeReaderRefs are what Lake Formation reads for those it lets query.
type LakeReaderRefs struct {
	BucketARNs []string
	KeyARNs    []string
}

// LakeReader are the grants of the role that Lake Formation takes to read for people. It writes nothing: jobs have rights on
// their own prefixes, and people are not to change tables.
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

// TrustLakeFormation lets Lake Formation of this account and region assume a role. AWS knows no narrower source than the
// service in an account (Lake Formation, Cross-service confused deputy prevention).
func TrustLakeFormation(partition, account, region string) Document {
	return TrustService(LakeFormation, account, "arn:"+partition+":lakeformation:"+region+":"+account+":*")
}

// RevokeRefs are what the function that closes the catalog works with.
type RevokeRefs struct {
	Databases []RevokedDatabase
}

// RevokedDatabase is a database with its tables.
type RevokedDatabase struct {
	Layer  string // of letters
	ARN    string
	Tables []string
}

// Revoke are the grants of the function that takes the catalog out of IAM's hands: it sees what is granted, takes it back, and
// grants nothing. What new tables are given is a property of their database. Lake Formation wants to be asked by somebody who may see the tables.
func Revoke(r RevokeRefs) []Statement {
	statements := []Statement{AllowActions("CloseCatalog", []string{"*"},
		"lakeformation:GetDataLakeSettings", "lakeformation:PutDataLakeSettings", "lakeformation:ListPermissions", "lakeformation:RevokePermissions")}
	for _, database := range r.Databases {
		statements = append(statements, ReadTables("ReadTablesOf"+database.Layer, database.ARN, database.Tables...),
			AllowActions("CloseDatabaseOf"+database.Layer, catalogARNs(database.ARN), "glue:UpdateDatabase"))
	}
	return statements
}
