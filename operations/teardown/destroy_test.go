package teardown

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"dataplatform/operations/target"
)

const account = "111122223333"

// fakeAWS is an account with buckets, each a list of pages. They are its own, or another's.
type fakeAWS struct {
	account, owner string
	pages          map[string][]s3.ListObjectVersionsOutput
}

func (f fakeAWS) GetCallerIdentity(
	context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options),
) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Account: &f.account}, nil
}

func (f fakeAWS) ListObjectVersions(
	_ context.Context, in *s3.ListObjectVersionsInput, _ ...func(*s3.Options),
) (*s3.ListObjectVersionsOutput, error) {
	if aws.ToString(in.ExpectedBucketOwner) != f.owner {
		return nil, errors.New("AccessDenied")
	}
	pages, there := f.pages[*in.Bucket]
	if !there {
		return nil, errors.New("NoSuchBucket")
	}
	index := 0
	if in.KeyMarker != nil {
		if _, err := fmt.Sscan(*in.KeyMarker, &index); err != nil {
			return nil, err
		}
	}
	page := pages[index]
	if index+1 < len(pages) {
		page.IsTruncated, page.NextKeyMarker = aws.Bool(true), aws.String(fmt.Sprint(index+1))
	}
	return &page, nil
}

func version(size int64, latest bool) types.ObjectVersion {
	return types.ObjectVersion{Size: &size, IsLatest: &latest}
}

func twoBuckets() fakeAWS {
	return fakeAWS{account: account, owner: account, pages: map[string][]s3.ListObjectVersionsOutput{
		"shop-raw-1": {
			{Versions: []types.ObjectVersion{version(100, true), version(20, false)}},
			{Versions: []types.ObjectVersion{version(7, true)}, DeleteMarkers: []types.DeleteMarkerEntry{{}}},
		},
		"shop-logs-2": {{}},
	}}
}

func devStack() Stack {
	return Stack{
		Name: "dev", File: "Pulumi.dev.yaml", Disposable: true, Account: account, Region: "eu-west-1",
		Buckets: map[string]string{"raw": "shop-raw-1", "logs": "shop-logs-2"}, Others: []string{"the stream clicks-9"},
	}
}

func run(aws fakeAWS, stack Stack, answer string) (out string, removed []string, err error) {
	var text bytes.Buffer
	d := &Destroyer{Caller: aws, Objects: aws, In: strings.NewReader(answer), Out: &text,
		Remove: func(_ context.Context, name string) error {
			removed = append(removed, name)
			return nil
		}}
	err = d.Run(context.Background(), stack)
	return text.String(), removed, err
}

func TestBothKeysRemove(t *testing.T) {
	out, removed, err := run(twoBuckets(), devStack(), "dev\n")
	if err != nil || len(removed) != 1 || removed[0] != "dev" {
		t.Fatalf("removed %v, %v; want [dev]", removed, err)
	}
	fields := map[string][]string{}
	for _, line := range strings.Split(out, "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			fields[words[0]] = words[1:]
		}
	}
	for row, want := range map[string]string{
		"Stack": "dev, account 111122223333, region eu-west-1",
		"raw":   "shop-raw-1 2 1 1 127", "logs": "shop-logs-2 0 0 0 0", "all": "2 1 1 127",
		"and": "the stream clicks-9",
	} {
		if got := strings.Join(fields[row], " "); got != want {
			t.Errorf("line %q says %q, want %q", row, got, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*fakeAWS, *Stack)
		answer string
		want   string
	}{
		"data that is kept": {func(_ *fakeAWS, s *Stack) { s.Disposable = false }, "dev\n",
			"Pulumi.dev.yaml keeps the stack's data (disposableData is false)"},
		"another account": {func(f *fakeAWS, _ *Stack) { f.account = "999988887777" }, "dev\n",
			"the credentials are of account 999988887777, stack dev is in 111122223333"},
		"another name":          {func(*fakeAWS, *Stack) {}, "prod\n", `the answer was "prod", not "dev"`},
		"yes":                   {func(*fakeAWS, *Stack) {}, "yes\n", `the answer was "yes", not "dev"`},
		"nobody there":          {func(*fakeAWS, *Stack) {}, "", `the answer was "", not "dev"`},
		"a name with something": {func(*fakeAWS, *Stack) {}, "dev \n", `the answer was "dev ", not "dev"`},
	} {
		t.Run(name, func(t *testing.T) {
			fake, stack := twoBuckets(), devStack()
			test.change(&fake, &stack)
			_, removed, err := run(fake, stack, test.answer)
			var refused target.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want a refusal with %q", err, test.want)
			}
			if len(removed) > 0 {
				t.Errorf("removed %v", removed)
			}
		})
	}
}

func TestKeptDataIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	stack := devStack()
	stack.Disposable = false
	if out, _, _ := run(twoBuckets(), stack, "dev\n"); out != "" {
		t.Errorf("printed %q", out)
	}
}

func TestABucketThatCannotBeListedStopsEverything(t *testing.T) {
	stack := devStack()
	stack.Buckets["curated"] = "shop-curated-3"
	_, removed, err := run(twoBuckets(), stack, "dev\n")
	if err == nil || !strings.Contains(err.Error(), "what bucket shop-curated-3 holds: NoSuchBucket") ||
		len(removed) > 0 {
		t.Errorf("removed %v, error %v", removed, err)
	}
}
