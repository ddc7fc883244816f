package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxTrails is how many trails a region may have, those of other regions that record in it, too, and of an
// organization; nobody gives more (AWS CloudTrail User Guide, "Quotas in AWS CloudTrail").
const maxTrails = 5

// Trails says which trails record in a region.
type Trails interface {
	// Trails are their names.
	Trails(ctx context.Context) ([]string, error)
	// ManagementTrails are those that record management events, at least those that change something.
	ManagementTrails(ctx context.Context) ([]string, error)
}

// trails looks for room for those of the stack, whose names are the account's and region's.
func (a *Account) trails(ctx context.Context, needs Needs, own bool) Report {
	const name = "audit trail"
	if len(needs.Trails) == 0 {
		return nil
	}
	found, err := a.Trails.Trails(ctx)
	if err != nil {
		return Report{unread(name, err)}
	}
	missing := 0
	var report Report
	for _, trail := range needs.Trails {
		switch exists := slices.Contains(found, trail); {
		case !exists:
			missing++
		case !own:
			report = append(report, Check{name, Fail, trail + " exists, and the stack does not",
				"choose another prefix in Pulumi." + needs.Stack +
					".yaml, or remove it; a kept stack's trail goes on with its state"})
		default:
			report = append(report, ok(name, "%s is there, and so is the stack", trail))
		}
	}
	switch {
	case len(found)+missing > maxTrails:
		report = append(report, Check{name, Fail,
			fmt.Sprintf("%d of %d trails record in %s, the stack needs %d more", len(found), maxTrails, needs.Region, missing),
			"remove one: AWS gives no more"})
	case missing > 0:
		report = append(report, ok(name, "%d of %d trails record in %s", len(found), maxTrails, needs.Region))
	}
	return report
}

// CloudTrail asks its API itself, as QuickSight does.
type CloudTrail struct {
	Config aws.Config
	Client *http.Client
}

// Trails reads them with DescribeTrails, which answers all at once.
func (c CloudTrail) Trails(ctx context.Context) ([]string, error) {
	var answer struct {
		TrailList []struct{ Name string } `json:"trailList"`
	}
	if err := c.ask(ctx, "DescribeTrails", map[string]any{}, &answer); err != nil {
		return nil, err
	}
	var names []string
	for _, trail := range answer.TrailList {
		names = append(names, trail.Name)
	}
	return names, nil
}
