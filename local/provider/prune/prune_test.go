package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// provider lays out a module like the Terraform provider with two services.
func provider(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module github.com/hashicorp/terraform-provider-aws\n",
		"xpprovider/x.go": "package xpprovider\n\nimport _ \"github.com/hashicorp/terraform-provider-aws/internal/provider\"\n",
		servicesFile: `package provider

import (
	"github.com/hashicorp/terraform-provider-aws/internal/service/s3"
	"github.com/hashicorp/terraform-provider-aws/internal/service/xray"
)

func all() []any { return []any{
	s3.ServicePackage(ctx),
	xray.ServicePackage(ctx),
} }
`,
		"internal/service/s3/bucket.go":      "package s3\n\nimport \"github.com/hashicorp/terraform-provider-aws/internal/conns\"\n\n// @SDKResource(\"aws_s3_bucket\", name=\"Bucket\")\nfunc f(c conns.C) { c.S3Client(ctx) }\n",
		"internal/service/s3/bucket_test.go": "package s3\n",
		"internal/service/xray/group.go":     "package xray\n\n// @SDKResource(\"aws_xray_group\")\n",
		clientsFile: `package conns

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

func (c *C) S3Client() *s3.Client { return nil }

func (c *C) XRayClient() *xray.Client { return nil }
`,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestPruneKeepsWhatTheKindsNeed(t *testing.T) {
	p := pruner{module: provider(t), files: map[string][]byte{}}
	if err := p.prune("# comment\naws_s3_bucket aws:s3/bucketV2:BucketV2\n"); err != nil {
		t.Fatal(err)
	}
	if p.files["internal/service/s3/bucket.go"] == nil {
		t.Error("the needed service was not copied")
	}
	for _, name := range []string{"internal/service/xray/group.go", "internal/service/s3/bucket_test.go"} {
		if p.files[name] != nil {
			t.Errorf("%s was copied", name)
		}
	}
	for _, name := range []string{servicesFile, clientsFile} {
		text := string(p.files[name])
		if strings.Contains(strings.ToLower(text), "xray") || !strings.Contains(text, "s3") {
			t.Errorf("%s was not shortened to what is used:\n%s", name, text)
		}
	}
}

func TestPruneRefusesAKindThatNobodyImplements(t *testing.T) {
	p := pruner{module: provider(t), files: map[string][]byte{}}
	err := p.prune("aws_moon_base aws:moon/base:Base\n")
	if err == nil || !strings.Contains(err.Error(), "aws_moon_base") {
		t.Errorf("got %v", err)
	}
}
