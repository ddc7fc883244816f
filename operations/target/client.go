// Package target finds a stack: what it exports, and how to talk to where it is.
package target

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Config is the AWS configuration for an emulator's endpoint. These credentials are the administrator's, who may do
// everything.
func Config(endpoint, region string) aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: &endpoint,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	}
}

// Assume is the configuration with the credentials of a role.
func Assume(ctx context.Context, config aws.Config, roleARN string) (aws.Config, error) {
	got, err := sts.NewFromConfig(config).AssumeRole(ctx,
		&sts.AssumeRoleInput{RoleArn: &roleARN, RoleSessionName: aws.String("local")})
	if err != nil {
		return aws.Config{}, fmt.Errorf("assume %s: %w", roleARN, err)
	}
	if got.Credentials == nil {
		return aws.Config{}, fmt.Errorf("assume %s: the answer holds no credentials", roleARN)
	}
	given := got.Credentials
	assumed := config.Copy()
	assumed.Credentials = credentials.NewStaticCredentialsProvider(aws.ToString(given.AccessKeyId),
		aws.ToString(given.SecretAccessKey), aws.ToString(given.SessionToken))
	return assumed, nil
}

// SplitURI takes s3://bucket/key apart.
func SplitURI(uri string) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
	return bucket, key
}
