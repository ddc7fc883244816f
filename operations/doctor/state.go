package doctor

import (
	"context"
	"encoding/json"
	"strings"
)

// keepSettings makes the engine let go of the account's settings instead of deleting them: what is retained leaves the
// state, and stays on AWS.
const keepSettings = `pulumi stack export | jq '(.deployment.resources[] | select(.urn | test("DataLakeSettings::|::catalog-encryption")) | .retainOnDelete) = true' | pulumi stack import`

// state looks for what an earlier version of the program has left in the stack's state: settings of the account as
// resources of the stack. This version has them no more, so the next update would delete them: Lake Formation's
// administrators and defaults, whosever they are, and the key of the catalog.
func state(ctx context.Context, run Run, needs Needs) Report {
	const name = "the stack's state"
	text, err := run(ctx, "pulumi", "stack", "export", "--stack", needs.Stack)
	if err != nil {
		return Report{ok(name, "no stack %s yet, or none that can be read from here", needs.Stack)}
	}
	var exported struct {
		Deployment struct {
			Resources []struct {
				URN, Type      string
				RetainOnDelete bool
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &exported); err != nil {
		return Report{unread(name, err)}
	}
	for _, r := range exported.Deployment.Resources {
		settings := r.Type == "aws:lakeformation/dataLakeSettings:DataLakeSettings"
		encryption := r.Type == "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings" &&
			!needs.EncryptsCatalog
		if (settings || encryption) && !r.RetainOnDelete {
			return Report{{name, Fail,
				"the update would delete settings of the account, which an earlier version made: " +
					r.URN[strings.LastIndex(
						r.URN, ":",
					)+1:] + " of " + r.Type, keepSettings}}
		}
	}
	return Report{ok(name, "holds no settings of the account that an update would delete")}
}
