package components

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/glue"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/policies"
)

const jobRuntimeType = "dataplatform:batch:JobRuntime"

// JobRuntimeArgs configures a JobRuntime.
type JobRuntimeArgs struct {
	// Scripts are the entry points by name (process, curate, tables), as files. Required.
	Scripts map[string]string
	// Library is the package the scripts import, a zip file. Required.
	Library string
	// Artifacts keeps the code. Required.
	Artifacts Storage
	// LogRetentionDays is how long the jobs' logs are kept, LogKeyARN encrypts them. Its policy has to admit CloudWatch
	// Logs. Required.
	LogRetentionDays int
	LogKeyARN        pulumi.StringInput
}

func (args *JobRuntimeArgs) validate() error {
	if args == nil {
		return errNoArgs
	}
	var c checks
	c.that(len(args.Scripts) > 0, "Scripts is required")
	c.text("Library", args.Library)
	args.Artifacts.check(&c, "Artifacts")
	c.within("LogRetentionDays", args.LogRetentionDays, 1, 3653)
	c.input("LogKeyARN", args.LogKeyARN)
	return c.err()
}

// JobRuntime is what all jobs of a stack share: their code, their logs and how they encrypt.
type JobRuntime struct {
	pulumi.ResourceState
	// ScriptURIs by name, and the URI of the library.
	ScriptURIs            map[string]pulumi.StringOutput
	LibraryURI            pulumi.StringOutput `pulumi:"libraryUri"`
	SecurityConfiguration pulumi.StringOutput `pulumi:"securityConfiguration"`
	// LogPrefix starts the names of the jobs' two log groups.
	LogPrefix    pulumi.StringOutput `pulumi:"logPrefix"`
	OutputLogARN pulumi.StringOutput `pulumi:"outputLogArn"`
	ErrorLogARN  pulumi.StringOutput `pulumi:"errorLogArn"`
}

// NewJobRuntime registers a JobRuntime named name.
func NewJobRuntime(
	ctx *pulumi.Context, name string, args *JobRuntimeArgs, opts ...pulumi.ResourceOption,
) (*JobRuntime, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("job runtime %q: %w", name, err)
	}
	r := &JobRuntime{ScriptURIs: map[string]pulumi.StringOutput{}}
	if err := ctx.RegisterComponentResourceV2(jobRuntimeType, name, pulumi.Map{
		"library": pulumi.String(args.Library), "scripts": pulumi.ToStringMap(args.Scripts),
	}, r, opts...); err != nil {
		return nil, fmt.Errorf("job runtime %q: %w", name, err)
	}
	parent := pulumi.Parent(r)
	for script, file := range args.Scripts {
		uri, err := newCode(ctx, name+"-script-"+script, policies.CodePrefix, file, args.Artifacts, parent)
		if err != nil {
			return nil, fmt.Errorf("job runtime %q: script %s: %w", name, script, err)
		}
		r.ScriptURIs[script] = uri
	}
	var err error
	if r.LibraryURI, err = newCode(ctx, name+"-library", policies.CodePrefix, args.Library, args.Artifacts,
		parent); err != nil {
		return nil, fmt.Errorf("job runtime %q: library: %w", name, err)
	}
	security, err := glue.NewSecurityConfiguration(ctx, name, &glue.SecurityConfigurationArgs{
		EncryptionConfiguration: &glue.SecurityConfigurationEncryptionConfigurationArgs{
			// It would rename the log groups to ones that are made without retention; the groups below bring their key
			// along.
			CloudwatchEncryption: &glue.SecurityConfigurationEncryptionConfigurationCloudwatchEncryptionArgs{
				CloudwatchEncryptionMode: pulumi.String("DISABLED"),
			},
			JobBookmarksEncryption: &glue.SecurityConfigurationEncryptionConfigurationJobBookmarksEncryptionArgs{
				JobBookmarksEncryptionMode: pulumi.String("CSE-KMS"), KmsKeyArn: args.Artifacts.KeyARN,
			},
			// It holds one key for every bucket, and the jobs write to several: each bucket's own default key decides.
			S3Encryption: &glue.SecurityConfigurationEncryptionConfigurationS3EncryptionArgs{
				S3EncryptionMode: pulumi.String("DISABLED"),
			},
		},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("job runtime %q: security configuration: %w", name, err)
	}
	r.SecurityConfiguration = security.Name
	// Glue appends /output and /error to the prefix that a job names. The roles may not create log groups.
	r.LogPrefix = pulumi.Sprintf("/aws-glue/%s", security.Name)
	group := func(suffix string) (pulumi.StringOutput, error) {
		g, err := cloudwatch.NewLogGroup(ctx, name+"-log-"+suffix, &cloudwatch.LogGroupArgs{
			Name: pulumi.Sprintf("%s/%s", r.LogPrefix, suffix), RetentionInDays: pulumi.Int(args.LogRetentionDays),
			KmsKeyId: args.LogKeyARN,
		}, parent)
		if err != nil {
			return pulumi.StringOutput{}, fmt.Errorf("job runtime %q: log group %s: %w", name, suffix, err)
		}
		return g.Arn, nil
	}
	if r.OutputLogARN, err = group("output"); err != nil {
		return nil, err
	}
	if r.ErrorLogARN, err = group("error"); err != nil {
		return nil, err
	}
	groups := []pulumi.StringInput{pulumi.Sprintf("%s/output", r.LogPrefix), pulumi.Sprintf("%s/error", r.LogPrefix)}
	if err := newLogQuery(ctx, name, security.Name, jobErrors, groups, parent); err != nil {
		return nil, fmt.Errorf("job runtime %q: %w", name, err)
	}
	return r, ctx.RegisterResourceOutputs(r, pulumi.Map{
		"libraryUri": r.LibraryURI, "securityConfiguration": r.SecurityConfiguration, "logPrefix": r.LogPrefix,
		"outputLogArn": r.OutputLogARN, "errorLogArn": r.ErrorLogARN,
	})
}

// newCode puts a file into the artifacts bucket, below a prefix, under a key that holds its digest, so that a run that
// started before a deployment keeps the code it started with.
func newCode(
	ctx *pulumi.Context, name, prefix, file string, artifacts Storage, parent pulumi.ResourceOption,
) (pulumi.StringOutput, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	digest := sha256.Sum256(content)
	key := prefix + hex.EncodeToString(digest[:8]) + "/" + filepath.Base(file)
	object, err := s3.NewBucketObjectv2(ctx, name, &s3.BucketObjectv2Args{
		Bucket: artifacts.BucketName, Key: pulumi.String(key), Source: pulumi.NewFileAsset(file),
	}, parent, pulumi.DependsOn(artifacts.Ready))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return pulumi.Sprintf("s3://%s/%s", artifacts.BucketName, object.Key), nil
}
