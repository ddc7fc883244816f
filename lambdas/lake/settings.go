package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
)

// Administrators are who shall administer the lake while the stack is there.
type Administrators struct {
	// Admins are the ARNs of who deploys.
	Admins []string `json:"admins"`
	// Function is the ARN of the role of this function: only an administrator grants, and takes back what others were
	// granted.
	Function string `json:"function"`
	// Keep leaves Admins administrators when the stack is destroyed, for the tables that it leaves.
	Keep bool `json:"keep"`
}

// Taken is what the stack has changed in the account's settings.
type Taken struct {
	// Admins are administrators who were none before.
	Admins []string `json:"admins"`
	// Databases and Tables are what new ones were given before.
	Databases []types.PrincipalPermissions `json:"databases"`
	Tables    []types.PrincipalPermissions `json:"tables"`
}

// take makes the administrators, and empties what new databases and tables are given: while IAM has it, whoever makes
// one opens it. The settings are the account's, and are put as a whole: all else in them stays as it is, administrators
// of others included. What is changed is remembered first, so that a destroy can give it back wherever this ends.
func (h *Handler) take(ctx context.Context, want Administrators) (bool, error) {
	settings, taken, err := h.read(ctx)
	if err != nil {
		return false, err
	}
	wanted := append(slices.Clone(want.Admins), want.Function)
	var ours, gone []string
	for _, admin := range wanted {
		// The function's role is nobody else's, so it is ours even when another version of the program has made it one.
		if slices.Contains(taken.Admins, admin) || !administers(settings, admin) || admin == want.Function {
			ours = append(ours, admin)
		}
	}
	for _, admin := range taken.Admins {
		if !slices.Contains(wanted, admin) {
			gone = append(gone, admin)
		}
	}
	remember := Taken{Databases: taken.Databases, Tables: taken.Tables}
	if len(settings.CreateDatabaseDefaultPermissions) > 0 {
		remember.Databases = settings.CreateDatabaseDefaultPermissions
	}
	if len(settings.CreateTableDefaultPermissions) > 0 {
		remember.Tables = settings.CreateTableDefaultPermissions
	}
	remember.Admins = append(slices.Clone(ours), gone...) // until they are out
	if err := h.Memory.Save(ctx, remember); err != nil {
		return false, err
	}
	changed := len(settings.CreateDatabaseDefaultPermissions)+len(settings.CreateTableDefaultPermissions) > 0
	settings.CreateDatabaseDefaultPermissions, settings.CreateTableDefaultPermissions = []types.PrincipalPermissions{},
		[]types.PrincipalPermissions{}
	changed = dismiss(settings, gone) || changed
	for _, admin := range wanted {
		if !administers(settings, admin) {
			settings.DataLakeAdmins = append(settings.DataLakeAdmins,
				types.DataLakePrincipal{DataLakePrincipalIdentifier: aws.String(admin)})
			changed = true
		}
	}
	if err := h.put(ctx, settings, changed); err != nil || len(gone) == 0 {
		return changed, err
	}
	remember.Admins = ours
	return changed, h.Memory.Save(ctx, remember)
}

// giveBack takes our administrators out and puts back what new databases and tables were given, unless somebody has set
// that meanwhile. A role that is no more must not stay: with it in the list, Lake Formation refuses whatever else is
// put.
func (h *Handler) giveBack(ctx context.Context, had Administrators) (bool, error) {
	settings, taken, err := h.read(ctx)
	if err != nil {
		return false, err
	}
	gone := []string{had.Function}
	if !had.Keep {
		gone = append(gone, taken.Admins...)
	}
	changed := dismiss(settings, gone)
	if len(settings.CreateDatabaseDefaultPermissions) == 0 && len(taken.Databases) > 0 {
		settings.CreateDatabaseDefaultPermissions, changed = taken.Databases, true
	}
	if len(settings.CreateTableDefaultPermissions) == 0 && len(taken.Tables) > 0 {
		settings.CreateTableDefaultPermissions, changed = taken.Tables, true
	}
	if err := h.put(ctx, settings, changed); err != nil {
		return false, err
	}
	if had.Keep { // a later destroy, of the tables too, takes them out
		ours := slices.DeleteFunc(taken.Admins, func(admin string) bool { return admin == had.Function })
		return changed, h.Memory.Save(ctx, Taken{Admins: ours})
	}
	return changed, h.Memory.Forget(ctx)
}

// read gives the settings, and what was taken of them.
func (h *Handler) read(ctx context.Context) (*types.DataLakeSettings, Taken, error) {
	got, err := h.Settings.GetDataLakeSettings(ctx, &lakeformation.GetDataLakeSettingsInput{})
	if err != nil {
		return nil, Taken{}, fmt.Errorf("read: %w", err)
	}
	if got.DataLakeSettings == nil {
		return nil, Taken{}, errors.New("read: the answer is empty")
	}
	taken, err := h.Memory.Load(ctx)
	if err != nil {
		return nil, Taken{}, err
	}
	if taken == nil {
		taken = &Taken{}
	}
	return got.DataLakeSettings, *taken, nil
}

// put replaces the settings. An empty list is sent: what is left out stays as it was.
func (h *Handler) put(ctx context.Context, settings *types.DataLakeSettings, changed bool) error {
	if !changed {
		return nil
	}
	if settings.DataLakeAdmins == nil {
		settings.DataLakeAdmins = []types.DataLakePrincipal{}
	}
	if _, err := h.Settings.PutDataLakeSettings(ctx,
		&lakeformation.PutDataLakeSettingsInput{DataLakeSettings: settings}); err != nil {
		return fmt.Errorf("put: %w", err)
	}
	return nil
}

func administers(settings *types.DataLakeSettings, arn string) bool {
	return slices.ContainsFunc(settings.DataLakeAdmins, func(admin types.DataLakePrincipal) bool {
		return aws.ToString(admin.DataLakePrincipalIdentifier) == arn
	})
}

// dismiss takes administrators out, and says whether there was one.
func dismiss(settings *types.DataLakeSettings, arns []string) bool {
	before := len(settings.DataLakeAdmins)
	settings.DataLakeAdmins = slices.DeleteFunc(settings.DataLakeAdmins, func(admin types.DataLakePrincipal) bool {
		return slices.Contains(arns, aws.ToString(admin.DataLakePrincipalIdentifier))
	})
	return len(settings.DataLakeAdmins) < before
}
