//go:build local

package life

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/local/stack"
	"dataplatform/operations/query"
	"dataplatform/operations/target"
	"dataplatform/platform"
)

func TestLife(t *testing.T) {
	t.Chdir("../..") // the program names its files from the root
	for _, test := range lives {
		t.Run(test.name, func(t *testing.T) {
			options := prepared(t, platform.Deploy)
			var settings map[string]string
			if test.everything {
				var err error
				settings, err = everything(".")
				require.NoError(t, err)
				standIn(t)
			}
			require.NoError(t, options.Deploy(test.stack, settings))
			for _, value := range settings {
				if strings.HasPrefix(value, "arn:") {
					options.People = append(options.People, value)
				}
			}
			l := born(t, options)
			defer l.closed()
			l.begins()
			if test.everything {
				l.showsTheLakeToRedshift()
			}
			if !test.keeps {
				l.ends()
				l.up() // nothing of the first life is in the way
				return
			}
			l.endsButForItsData()
			l.goesOn()
			l.Change(map[string]string{"disposableData": "true"}) // the first of the two keys
			l.up()
			l.endsButForTheCatalogsKey()
		})
	}
}

// prepared returns what a stack of the program is started with.
func prepared(t *testing.T, program pulumi.RunFunc) stack.Options {
	options, err := stack.Prepare(t.Context(), ".", filepath.Join(t.TempDir(), "state"), program, t.Output())
	require.NoError(t, err)
	return options
}

// born starts the emulator for a stack that is not there yet. closed ends it.
func born(t *testing.T, options stack.Options) *life {
	p, err := stack.Start(t.Context(), options)
	require.NoError(t, err)
	return &life{T: t, Platform: p}
}

func (l *life) closed() { require.NoError(l, l.Close()) }

// standIn builds what stands in for the plugin of awsx, and lets the engine find it.
func standIn(t *testing.T) {
	folder := t.TempDir()
	said, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder,
		"pulumi-resource-awsx"), "./e2e/life/awsx").CombinedOutput()
	require.NoError(t, err, "%s", said)
	t.Setenv("PATH", folder+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

// life is a stack in the course of its operations.
type life struct {
	*testing.T
	*stack.Platform
	// kept are the URNs of what was protected, and bucket and key of an object that has to outlive the stack.
	kept        []string
	bucket, key string
}

// begins: made from nothing, a second time without a change; people query.
func (l *life) begins() {
	l.up()
	l.unchanged()
	// one with a history is not deleted like one without
	for _, workgroup := range slices.Sorted(maps.Values(l.Outputs.Workgroups)) {
		result, err := query.New(l.config(), workgroup).Run(l.Context(), "SELECT 1 AS one")
		require.NoError(l, err, workgroup)
		require.Equal(l, [][]string{{"1"}}, result.Rows)
	}
}

// showsTheLakeToRedshift: by statements that ran once, though every resource was read back since.
func (l *life) showsTheLakeToRedshift() {
	listed := l.statements()
	require.Len(l, listed, 3, "%v", listed)
	for i, begins := range []string{"GRANT USAGE ON SCHEMA curated", "CREATE EXTERNAL SCHEMA", "DROP SCHEMA"} {
		assert.Equal(l, "FINISHED", listed[i].Status)
		assert.True(l, strings.HasPrefix(listed[i].QueryString, begins), listed[i].QueryString)
	}
}

type statement struct{ QueryString, Status string }

// statements that Redshift was given, the newest first.
func (l *life) statements() []statement {
	request, err := http.NewRequestWithContext(l.Context(), http.MethodPost, l.Endpoint, strings.NewReader("{}"))
	require.NoError(l, err)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "RedshiftData.ListStatements")
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/redshift-data/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	require.NoError(l, err)
	defer response.Body.Close()
	var listed struct{ Statements []statement }
	require.NoError(l, json.NewDecoder(response.Body).Decode(&listed))
	return listed.Statements
}

func (l *life) up() {
	_, err := l.Up(l.Context())
	require.NoError(l, err)
}

func (l *life) unchanged() {
	again, err := l.UpAgain(l.Context())
	require.NoError(l, err)
	require.Empty(l, again.Changes)
}

// endsButForItsData: what is protected stays, and of the rest only what is retained.
func (l *life) endsButForItsData() {
	l.bucket, l.key = l.Outputs.Buckets["landing"], "kept"
	objects := s3.NewFromConfig(l.config(), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := objects.PutObject(l.Context(),
		&s3.PutObjectInput{Bucket: &l.bucket, Key: &l.key, Body: strings.NewReader("kept")})
	require.NoError(l, err)
	l.kept = l.protected()
	require.NotEmpty(l, l.kept)
	_, err = l.DestroyUnprotected(l.Context())
	require.NoError(l, err)
	assert.Equal(l, l.kept, l.protected())
}

// goesOn: with what was kept, and none of it made anew or changed.
func (l *life) goesOn() {
	second, err := l.Up(l.Context())
	require.NoError(l, err)
	for _, change := range second.Changes {
		if change.Op != string(apitype.OpCreate) {
			assert.Fail(l, "what was kept is changed: "+change.String())
		}
	}
	l.unchanged()
	assert.Equal(l, l.kept, l.protected())
	objects := s3.NewFromConfig(l.config(), func(o *s3.Options) { o.UsePathStyle = true })
	_, err = objects.HeadObject(l.Context(), &s3.HeadObjectInput{Bucket: &l.bucket, Key: &l.key})
	require.NoError(l, err)
}

// ends: nothing is left.
func (l *life) ends() { require.Empty(l, l.left()) }

// endsButForTheCatalogsKey: what others have in the account's catalog is encrypted with it.
func (l *life) endsButForTheCatalogsKey() {
	left := l.left()
	require.Len(l, left, 4, "%v", left)
	require.Contains(l, left[0], "glue catalog_encryption/")
	require.Contains(l, left[1], "catalog-encryption-role")
	_, key, found := strings.Cut(left[2], "alias/catalog-encryption-")
	require.True(l, found, left[2])
	require.Equal(l, "kms key/"+key, left[3])
}

// left is what a destroy leaves.
func (l *life) left() []string {
	_, err := l.Destroy(l.Context())
	require.NoError(l, err)
	left, err := l.Left(l.Context())
	require.NoError(l, err)
	return left
}

// protected are the URNs of the state's protected resources, in order.
func (l *life) protected() []string {
	exported, err := l.State(l.Context())
	require.NoError(l, err)
	var deployment apitype.DeploymentV3
	require.NoError(l, json.Unmarshal(exported.Deployment, &deployment))
	var urns []string
	for _, r := range deployment.Resources {
		if r.Protect {
			urns = append(urns, string(r.URN))
		}
	}
	slices.Sort(urns)
	return urns
}

func (l *life) config() aws.Config { return target.Config(l.Endpoint, l.Outputs.Region) }

// Context is the test's.
func (l *life) Context() context.Context { return l.T.Context() }
