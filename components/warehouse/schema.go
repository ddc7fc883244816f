package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/redshiftdata"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/redshiftserverless"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newSchema makes the lake's tables a schema of the database, anew whenever the catalog's database, the region or the
// role is another one.
//
// The Data API takes one statement a call and forgets it after a day (pulumi/pulumi-aws#2055), so that after a refresh
// any of them may run again. Each is named after the one before it: what runs again is followed by the rest, and all of
// them may run again without harm. What people were granted on the schema beside USAGE goes when it is made anew. The
// role is the namespace's default: one that is named by its ARN the Data API does not show, and each refresh would find
// another statement (pulumi/pulumi-aws#5076, terraform-provider-aws#25775).
func (args *Args) newSchema(
	ctx *pulumi.Context, name string, workgroup *redshiftserverless.Workgroup, namespace *redshiftserverless.Namespace,
	parent pulumi.ResourceOption,
) error {
	create := fmt.
		Sprintf("CREATE EXTERNAL SCHEMA IF NOT EXISTS %s FROM DATA CATALOG DATABASE '%s' REGION '%s' IAM_ROLE default",
			SchemaName, args.CatalogDatabase, args.Region)
	// The name of the first holds all that the schema is made of: a statement's every input replaces it.
	follows := args.RoleARN.ToStringOutput().ApplyT(func(role string) string {
		digest := sha256.Sum256([]byte(create + role))
		return hex.EncodeToString(digest[:])
	}).(pulumi.StringOutput)
	after := args.After
	for _, statement := range []struct {
		noun string
		sql  pulumi.StringInput
	}{
		{"drop", pulumi.String("DROP SCHEMA IF EXISTS " + SchemaName)},
		{"schema", pulumi.String(create)},
		// Whoever may log on to the database sees of the lake what the role sees.
		{"usage", pulumi.String("GRANT USAGE ON SCHEMA " + SchemaName + " TO PUBLIC")},
	} {
		made, err := redshiftdata.NewStatement(ctx, name+"-"+statement.noun, &redshiftdata.StatementArgs{
			WorkgroupName: workgroup.WorkgroupName, Database: pulumi.String(DatabaseName),
			SecretArn:     namespace.AdminPasswordSecretArn,
			StatementName: pulumi.Sprintf("%s-%s", statement.noun, follows), Sql: statement.sql,
		}, parent, pulumi.DependsOn(after))
		if err != nil {
			return fmt.Errorf("statement %s: %w", statement.noun, err)
		}
		follows, after = made.ID().ToStringOutput(), slices.Concat(args.After, []pulumi.Resource{made})
	}
	return nil
}
