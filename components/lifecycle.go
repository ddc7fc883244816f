package components

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"dataplatform/components/limits"
)

// Lifecycle says what becomes of a bucket's objects, in days. 0 means never, except NoncurrentDays, which is required.
type Lifecycle struct {
	// GlacierAfterDays and DeepArchiveAfterDays move objects to GLACIER and DEEP_ARCHIVE, by days since they were
	// written. A restore takes hours; queries do not see them. Objects below 128 KB stay where they are (S3's own
	// rule).
	GlacierAfterDays, DeepArchiveAfterDays int
	// ArchiveAccessAfterDays and DeepArchiveAccessAfterDays are Intelligent-Tiering's opt-in tiers, by days without
	// access: 90 to 730 and 180 to 730.
	ArchiveAccessAfterDays, DeepArchiveAccessAfterDays int
	// ExpireAfterDays deletes objects below a prefix, by days since they were written; the prefix "" is the whole
	// bucket. Where a move is due on the same day or later, S3 deletes.
	ExpireAfterDays map[string]int
	// NoncurrentDays is how long overwritten and deleted versions can be brought back.
	NoncurrentDays int
}

const (
	unfinishedUploadDays = 7

	// Intelligent-Tiering's limits (S3 API, Tiering).
	minArchiveAccess, minDeepArchiveAccess, maxArchiveAccess = 90, 180, 730
)

// move is a step of the lifecycle.
type move struct {
	days    int
	class   string
	minimum int
}

// moves are those that are wanted, in their order.
func (a Lifecycle) moves() []move {
	return slices.DeleteFunc([]move{{a.GlacierAfterDays, "GLACIER", limits.GlacierMinimumDays},
		{a.DeepArchiveAfterDays, "DEEP_ARCHIVE", limits.DeepArchiveMinimumDays}},
		func(m move) bool { return m.days <= 0 })
}

func (a Lifecycle) check(c *checks) {
	never := func(days int) bool { return days == 0 }
	c.that(a.NoncurrentDays > 0, "Lifecycle.NoncurrentDays %d: want at least 1", a.NoncurrentDays)
	c.that(a.GlacierAfterDays >= 0, "Lifecycle.GlacierAfterDays %d: want 0 or more", a.GlacierAfterDays)
	c.that(a.DeepArchiveAfterDays >= 0, "Lifecycle.DeepArchiveAfterDays %d: want 0 or more", a.DeepArchiveAfterDays)
	c.that(never(a.DeepArchiveAfterDays) || a.DeepArchiveAfterDays > a.GlacierAfterDays,
		"Lifecycle.DeepArchiveAfterDays %d: want more than GlacierAfterDays %d", a.DeepArchiveAfterDays,
		a.GlacierAfterDays)
	c.that(never(a.ArchiveAccessAfterDays) ||
		a.ArchiveAccessAfterDays >= minArchiveAccess && a.ArchiveAccessAfterDays <= maxArchiveAccess,
		"Lifecycle.ArchiveAccessAfterDays %d: want 0 or %d to %d", a.ArchiveAccessAfterDays, minArchiveAccess,
		maxArchiveAccess)
	c.that(never(a.DeepArchiveAccessAfterDays) ||
		a.DeepArchiveAccessAfterDays >= minDeepArchiveAccess && a.DeepArchiveAccessAfterDays <= maxArchiveAccess,
		"Lifecycle.DeepArchiveAccessAfterDays %d: want 0 or %d to %d", a.DeepArchiveAccessAfterDays,
		minDeepArchiveAccess, maxArchiveAccess)
	c.that(never(a.DeepArchiveAccessAfterDays) || a.DeepArchiveAccessAfterDays > a.ArchiveAccessAfterDays,
		"Lifecycle.DeepArchiveAccessAfterDays %d: want more than ArchiveAccessAfterDays %d",
		a.DeepArchiveAccessAfterDays, a.ArchiveAccessAfterDays)
	last := max(a.GlacierAfterDays, a.DeepArchiveAfterDays)
	for _, prefix := range slices.Sorted(maps.Keys(a.ExpireAfterDays)) {
		days := a.ExpireAfterDays[prefix]
		c.that(days >= 0, "Lifecycle.ExpireAfterDays[%q] %d: want 0 or more", prefix, days)
		c.that(never(days) || prefix != "" || days > last,
			"Lifecycle.ExpireAfterDays[%q] %d: want more than the %d days of the last move", prefix, days, last)
		for _, m := range a.moves() {
			c.that(days <= m.days || days >= m.days+m.minimum,
				"Lifecycle.ExpireAfterDays[%q] %d: want at least %d days in %s, which bills them anyway, after the move on day %d",
				prefix, days, m.minimum, m.class, m.days)
		}
		c.that(!strings.HasPrefix(prefix, "/"), "Lifecycle.ExpireAfterDays[%q]: keys start without a slash", prefix)
	}
}

// lifecycle are the rules that S3 carries out.
func (a Lifecycle) lifecycle() s3.BucketLifecycleConfigurationV2RuleArray {
	rules := s3.BucketLifecycleConfigurationV2RuleArray{
		rule("clean", "", &s3.BucketLifecycleConfigurationV2RuleArgs{
			NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(a.NoncurrentDays),
			},
			AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(unfinishedUploadDays),
			},
			Expiration: &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{
				ExpiredObjectDeleteMarker: pulumi.Bool(true),
			},
		}),
	}
	var moves s3.BucketLifecycleConfigurationV2RuleTransitionArray
	for _, m := range a.moves() {
		moves = append(moves, &s3.BucketLifecycleConfigurationV2RuleTransitionArgs{
			Days: pulumi.Int(m.days), StorageClass: pulumi.String(m.class),
		})
	}
	if len(moves) > 0 {
		rules = append(rules, rule("archive", "", &s3.BucketLifecycleConfigurationV2RuleArgs{Transitions: moves}))
	}
	for _, prefix := range slices.Sorted(maps.Keys(a.ExpireAfterDays)) {
		if days := a.ExpireAfterDays[prefix]; days > 0 {
			id := "expire"
			if prefix != "" {
				id += "-" + strings.ReplaceAll(strings.Trim(prefix, "/"), "/", "-")
			}
			expiry := &s3.BucketLifecycleConfigurationV2RuleArgs{
				Expiration: &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(days)},
			}
			if days < a.NoncurrentDays { // what is kept for so short must not last longer as an old version
				expiry.NoncurrentVersionExpiration =
					&s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
						NoncurrentDays: pulumi.Int(days),
					}
			}
			rules = append(rules, rule(id, prefix, expiry))
		}
	}
	return rules
}

func rule(id, prefix string, r *s3.BucketLifecycleConfigurationV2RuleArgs) *s3.BucketLifecycleConfigurationV2RuleArgs {
	r.Id, r.Status = pulumi.String(id), pulumi.String("Enabled")
	r.Filter = &s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String(prefix)}
	return r
}

// tierings are Intelligent-Tiering's opt-in tiers; none means that no configuration is wanted.
func (a Lifecycle) tierings() s3.BucketIntelligentTieringConfigurationTieringArray {
	var tiers s3.BucketIntelligentTieringConfigurationTieringArray
	for _, tier := range []struct {
		days int
		name string
	}{{a.ArchiveAccessAfterDays, "ARCHIVE_ACCESS"}, {a.DeepArchiveAccessAfterDays, "DEEP_ARCHIVE_ACCESS"}} {
		if tier.days > 0 {
			tiers = append(tiers, &s3.BucketIntelligentTieringConfigurationTieringArgs{
				AccessTier: pulumi.String(tier.name), Days: pulumi.Int(tier.days),
			})
		}
	}
	return tiers
}

// newLifecycle registers a bucket's lifecycle and, when wanted, its Intelligent-Tiering.
func newLifecycle(ctx *pulumi.Context, name string, b *bucket, a Lifecycle, opts ...pulumi.ResourceOption) error {
	opts = after(opts, b.versioning) // rules about versions need versions
	if _, err := s3.NewBucketLifecycleConfigurationV2(ctx, name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: b.ID(), Rules: a.lifecycle(),
	}, opts...); err != nil {
		return fmt.Errorf("lifecycle: %w", err)
	}
	tiers := a.tierings()
	if len(tiers) == 0 {
		return nil
	}
	if _, err := s3.NewBucketIntelligentTieringConfiguration(ctx, name+"-tiering",
		&s3.BucketIntelligentTieringConfigurationArgs{
			Bucket: b.ID(), Name: pulumi.String("archive"), Tierings: tiers,
		}, opts...); err != nil {
		return fmt.Errorf("intelligent tiering: %w", err)
	}
	return nil
}
