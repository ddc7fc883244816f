// Package teardown removes a stack with its data, when two keys say so: the
// stack's settings, which someone else has reviewed, and whoever runs the
// command, who reads what will go and types the stack's name.
package teardown

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/operations/target"
)

// Stack is what would go.
type Stack struct {
	Name string
	// File holds the stack's settings; Disposable is what they say about its data.
	File       string
	Disposable bool
	// Account and Region are where it was deployed. Account is empty when nothing was made yet that tells it.
	Account, Region string
	// Buckets by what the program calls them.
	Buckets map[string]string
	// Others is what holds data beside the buckets, in words.
	Others []string
}

// Destroyer asks and removes.
type Destroyer struct {
	Caller  target.Caller
	Objects s3.ListObjectVersionsAPIClient
	In      io.Reader
	Out     io.Writer
	// Remove destroys the stack: it is called when both keys were turned.
	Remove func(ctx context.Context, stack string) error
}

// Run removes the stack when its settings and the answer agree to it.
func (d *Destroyer) Run(ctx context.Context, stack Stack) error {
	if !stack.Disposable {
		return target.RefusedError{
			Reason: fmt.Sprintf("%s keeps the stack's data (disposableData is false). The first key is disposableData: true in that file, "+
				"deployed by pulumi up, which lifts the protection; this command is the second", stack.File),
		}
	}
	var err error
	if stack.Account, err = d.sameAccount(ctx, stack); err != nil {
		return err
	}
	if err := d.print(ctx, stack); err != nil {
		return err
	}
	if err := target.Typed(stack.Name, "\nThere is no way back. Type the stack's name to remove all of it: ", d.In,
		d.Out); err != nil {
		return err
	}
	return d.Remove(ctx, stack.Name)
}

// sameAccount is the account of the credentials. It refuses those of another account than the stack's: its buckets
// would not be the ones shown.
func (d *Destroyer) sameAccount(ctx context.Context, stack Stack) (string, error) {
	account, err := target.AccountOf(ctx, d.Caller)
	if err != nil {
		return "", err
	}
	if stack.Account != "" && account != stack.Account {
		return "", target.RefusedError{Reason: fmt.Sprintf("the credentials are of account %s, stack %s is in %s",
			account, stack.Name, stack.Account)}
	}
	return account, nil
}

func (d *Destroyer) print(ctx context.Context, stack Stack) error {
	fmt.Fprintf(d.Out, "Stack %s, account %s, region %s\n\n", stack.Name, stack.Account, stack.Region)
	table := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "bucket\tname\tobjects\told versions\tdelete markers\tbytes\t")
	var total usage
	for _, layer := range slices.Sorted(maps.Keys(stack.Buckets)) {
		bucket := stack.Buckets[layer]
		used, err := measure(ctx, d.Objects, bucket, stack.Account)
		if err != nil {
			return fmt.Errorf("what bucket %s holds: %w", bucket, err)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t\n", layer, bucket, used)
		total.add(used)
	}
	fmt.Fprintf(table, "all\t\t%s\t\n", total)
	if err := table.Flush(); err != nil {
		return err
	}
	for _, other := range stack.Others {
		fmt.Fprintf(d.Out, "and %s\n", other)
	}
	return nil
}

// usage counts what a bucket holds. A destroy removes every version, so all are counted.
type usage struct {
	objects, old, markers int
	bytes                 int64
}

func (u usage) String() string {
	return fmt.Sprintf("%d\t%d\t%d\t%d", u.objects, u.old, u.markers, u.bytes)
}

func (u *usage) add(other usage) {
	u.objects, u.old, u.markers, u.bytes = u.objects+other.objects, u.old+other.old, u.markers+other.markers,
		u.bytes+other.bytes
}

// measure lists a bucket of the account: its metrics in CloudWatch are a day old, and do not tell versions apart.
func measure(ctx context.Context, objects s3.ListObjectVersionsAPIClient, bucket, account string) (usage, error) {
	var used usage
	pages := s3.NewListObjectVersionsPaginator(objects,
		&s3.ListObjectVersionsInput{Bucket: &bucket, ExpectedBucketOwner: &account})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return usage{}, err
		}
		used.markers += len(page.DeleteMarkers)
		for _, version := range page.Versions {
			used.bytes += aws.ToInt64(version.Size)
			if aws.ToBool(version.IsLatest) {
				used.objects++
			} else {
				used.old++
			}
		}
	}
	return used, nil
}
