package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// managementEvents: EventBridge gets a call only where a trail records it (Amazon EventBridge User Guide, "AWS service
// events delivered via AWS CloudTrail"), and the stack's own trail records data events, which are paid by the event:
// management events are the account's.
func (a *Account) managementEvents(ctx context.Context, needs Needs) Check {
	const name = "management events"
	trails, err := a.Trails.ManagementTrails(ctx)
	if err != nil {
		return unread(name, err)
	}
	if len(trails) > 0 {
		return ok(name, "recorded by %s", strings.Join(trails, ", "))
	}
	state := Fail
	if needs.Disposable {
		state = Warn
	}
	return Check{name, state, "no trail records them: nobody would be told of changed keys, settings of the lake or stopped trails",
		"make a trail of the account or organization with management events; the first copy of them is free"}
}

// ManagementTrails reads them with DescribeTrails, GetTrailStatus and GetEventSelectors.
func (c CloudTrail) ManagementTrails(ctx context.Context) ([]string, error) {
	var all struct {
		TrailList []struct {
			Name, TrailARN, HomeRegion string
			IsMultiRegionTrail         bool
		} `json:"trailList"`
	}
	if err := c.ask(ctx, "DescribeTrails", map[string]any{"includeShadowTrails": true}, &all); err != nil {
		return nil, err
	}
	var found []string
	for _, trail := range all.TrailList {
		if !trail.IsMultiRegionTrail && trail.HomeRegion != c.Config.Region {
			continue
		}
		var status struct{ IsLogging bool }
		if err := c.ask(ctx, "GetTrailStatus", map[string]any{"Name": trail.TrailARN}, &status); err != nil {
			return nil, err
		}
		var selectors eventSelectors
		if err := c.ask(ctx, "GetEventSelectors", map[string]any{"TrailName": trail.TrailARN}, &selectors); err != nil {
			return nil, err
		}
		if status.IsLogging && selectors.management() {
			found = append(found, trail.Name)
		}
	}
	return found, nil
}

// eventSelectors say what a trail records, in the old or the new way.
type eventSelectors struct {
	EventSelectors []struct {
		ReadWriteType           string
		IncludeManagementEvents bool
	}
	AdvancedEventSelectors []struct {
		FieldSelectors []struct {
			Field  string
			Equals []string
		}
	}
}

func (s eventSelectors) management() bool {
	for _, one := range s.EventSelectors {
		if one.IncludeManagementEvents && one.ReadWriteType != "ReadOnly" {
			return true
		}
	}
	for _, one := range s.AdvancedEventSelectors {
		management, reads := false, false
		for _, field := range one.FieldSelectors {
			management = management || field.Field == "eventCategory" && slices.Contains(field.Equals, "Management")
			reads = reads || field.Field == "readOnly" && slices.Contains(field.Equals, "true")
		}
		if management && !reads {
			return true
		}
	}
	return false
}

func (c CloudTrail) ask(ctx context.Context, operation string, question map[string]any, answer any) error {
	url := fmt.Sprintf("https://cloudtrail.%s.%s/", c.Config.Region, domain(c.Config.Region))
	if c.Config.BaseEndpoint != nil {
		url = *c.Config.BaseEndpoint + "/"
	}
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	text, err := ask(ctx, c.Client, c.Config, asked{
		service: "cloudtrail", region: c.Config.Region, method: http.MethodPost, url: url, body: string(body),
		header: map[string]string{
			"Content-Type": "application/x-amz-json-1.1",
			"X-Amz-Target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101." + operation,
		},
	})
	if err != nil {
		return err
	}
	return json.Unmarshal(text, answer)
}
