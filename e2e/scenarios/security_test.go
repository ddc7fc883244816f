package scenarios

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// protectionTaken makes the calls that take protection away, in an account whose management events a trail records.
func (o *operator) protectionTaken(ctx context.Context, t *testing.T) {
	var trails struct {
		TrailList []struct{ Name string } `json:"trailList"`
	}
	o.ask(ctx, t, "cloudtrail", "CloudTrail_20131101.DescribeTrails", map[string]any{}, &trails)
	require.Len(t, trails.TrailList, 1)
	type selector struct {
		Field  string
		Equals []string
	}
	everything := map[string]any{
		"TrailName": trails.TrailList[0].Name, "AdvancedEventSelectors": []any{
			map[string]any{"FieldSelectors": []selector{{"eventCategory", []string{"Management"}}}},
			map[string]any{"FieldSelectors": []selector{
				{"eventCategory", []string{"Data"}}, {"resources.type", []string{"AWS::S3::Object"}},
			}},
		},
	}
	objects, lake := s3.NewFromConfig(o.config, func(s *s3.Options) { s.UsePathStyle = true }),
		lakeformation.NewFromConfig(o.config)
	bucket := aws.String(o.Outputs.Buckets["curated"])
	encryption, err := objects.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})
	require.NoError(t, err)
	key := encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID
	settings, err := lake.GetDataLakeSettings(ctx, &lakeformation.GetDataLakeSettingsInput{})
	require.NoError(t, err)

	take := func() {
		o.ask(ctx, t, "cloudtrail", "CloudTrail_20131101.PutEventSelectors", everything, nil)
		o.ask(ctx, t, "kms", "TrentService.DisableKeyRotation", map[string]any{"KeyId": *key}, nil)
		_, err := lake.PutDataLakeSettings(ctx,
			&lakeformation.PutDataLakeSettingsInput{DataLakeSettings: settings.DataLakeSettings})
		require.NoError(t, err)
		put, err := objects.PutObject(ctx,
			&s3.PutObjectInput{Bucket: bucket, Key: aws.String("deleted"), Body: strings.NewReader("x")})
		require.NoError(t, err)
		_, err = objects.DeleteObject(ctx,
			&s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("deleted"), VersionId: put.VersionId})
		require.NoError(t, err)
	}
	for _, alarm := range []string{"security-keys", "security-lake", "security-trails", "security-versions"} {
		o.sounding(ctx, t, alarm, take)
	}
}

// ask calls a service for which no SDK is compiled.
func (l *lake) ask(ctx context.Context, t *testing.T, service, operation string, question, answer any) {
	t.Helper()
	body, err := json.Marshal(question)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Endpoint, strings.NewReader(string(body)))
	require.NoError(t, err)
	signed := "AWS4-HMAC-SHA256 Credential=test/20260101/" + l.Outputs.Region + "/" + service + "/aws4_request"
	request.Header = http.Header{
		"X-Amz-Target": {operation}, "Content-Type": {"application/x-amz-json-1.1"}, "Authorization": {signed},
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode, operation)
	if answer != nil {
		require.NoError(t, json.NewDecoder(response.Body).Decode(answer))
	}
}
