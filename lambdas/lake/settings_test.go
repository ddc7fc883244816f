package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foreign are the settings of an account in which others have said everything that can be said.
func foreign() types.DataLakeSettings {
	everybody := func() []types.PrincipalPermissions {
		return []types.PrincipalPermissions{
			{Principal: principal(anyIAM), Permissions: []types.Permission{types.PermissionAll}},
		}
	}
	return types.DataLakeSettings{
		DataLakeAdmins:                   []types.DataLakePrincipal{*principal(role + "theirs")},
		ReadOnlyAdmins:                   []types.DataLakePrincipal{*principal(role + "auditor")},
		CreateDatabaseDefaultPermissions: everybody(), CreateTableDefaultPermissions: everybody(),
		AllowExternalDataFiltering: aws.Bool(true), AllowFullTableExternalDataAccess: aws.Bool(true),
		ExternalDataFilteringAllowList: []types.DataLakePrincipal{*principal("210987654321")},
		AuthorizedSessionTagValueList:  []string{"engine"}, TrustedResourceOwners: []string{"210987654321"},
		Parameters: map[string]string{"CROSS_ACCOUNT_VERSION": "4", "SET_CONTEXT": "TRUE"},
	}
}

func text(t *testing.T, settings types.DataLakeSettings) string {
	t.Helper()
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	return string(text)
}

func administrators(action string, keep bool, admins ...string) string {
	list, _ := json.Marshal(admins)
	return fmt.Sprintf(`{"administrators":{"admins":%s,"function":%q,"keep":%t},"tf":{"action":%q}}`, list, function,
		keep, action)
}

func arns(settings types.DataLakeSettings) []string {
	var all []string
	for _, admin := range settings.DataLakeAdmins {
		all = append(all, *admin.DataLakePrincipalIdentifier)
	}
	return all
}

func TestSettingsOfOthersSurviveCreateUpdateAndDestroy(t *testing.T) {
	l := &lake{settings: foreign()}
	a, b := role+"a", role+"b"
	assert.Equal(t, Response{Settings: true}, l.must(t, administrators("create", false, a)))
	assert.Equal(t, []string{role + "theirs", a, function}, arns(l.settings))
	assert.NotNil(t, l.settings.CreateTableDefaultPermissions, "an empty list is sent, not left out")
	assert.Empty(t, l.settings.CreateTableDefaultPermissions)
	assert.Empty(t, l.settings.CreateDatabaseDefaultPermissions)

	assert.Equal(t, Response{}, l.must(t, administrators("create", false, a)), "a second time changes nothing")
	assert.Equal(t, 1, l.put)

	assert.Equal(t, Response{Settings: true}, l.must(t, administrators("update", false, b, role+"theirs")))
	assert.Equal(t, []string{role + "theirs", function, b}, arns(l.settings), "who is no longer named goes")
	without := foreign()
	without.DataLakeAdmins, without.CreateDatabaseDefaultPermissions, without.CreateTableDefaultPermissions =
		l.settings.DataLakeAdmins, l.settings.CreateDatabaseDefaultPermissions, l.settings.CreateTableDefaultPermissions
	assert.JSONEq(t, text(t, without), text(t, l.settings), "all else stays as it was")

	assert.Equal(t, Response{Settings: true}, l.must(t, administrators("delete", false, b, role+"theirs")))
	assert.JSONEq(t, text(t, foreign()), text(t, l.settings),
		"with the administrator that the stack named and others had made")
	assert.Nil(t, l.taken)
	assert.Equal(t, Response{}, l.must(t, administrators("delete", false, b, role+"theirs")),
		"a second time changes nothing")
}

func TestWhatOthersSetMeanwhileStays(t *testing.T) {
	l := &lake{settings: foreign()}
	l.must(t, administrators("create", false, role+"a"))
	theirs := []types.PrincipalPermissions{
		{Principal: principal(role + "theirs"), Permissions: []types.Permission{types.PermissionSelect}},
	}
	l.settings.CreateTableDefaultPermissions = theirs
	l.settings.DataLakeAdmins = append(l.settings.DataLakeAdmins, *principal(role + "later"))
	l.must(t, administrators("delete", false, role+"a"))
	want := foreign()
	want.CreateTableDefaultPermissions, want.DataLakeAdmins = theirs,
		append(want.DataLakeAdmins, *principal(role + "later"))
	assert.JSONEq(t, text(t, want), text(t, l.settings))
}

func TestKeptTablesKeepTheirAdministrators(t *testing.T) {
	l := &lake{settings: foreign()}
	l.must(t, administrators("create", true, role+"a"))
	l.must(t, administrators("delete", true, role+"a"))
	want := foreign()
	want.DataLakeAdmins = append(want.DataLakeAdmins, *principal(role + "a"))
	assert.JSONEq(t, text(t, want), text(t, l.settings),
		"and the role of the function, which is gone, is not among them")

	l.must(t, administrators("create", false, role+"a"))
	l.must(t, administrators("delete", false, role+"a"))
	assert.JSONEq(t, text(t, foreign()), text(t, l.settings), "until the tables go, too")
}

// TestAnotherVersionsAdministrators: an earlier program made the function's role an administrator, and remembered
// nothing.
func TestAnotherVersionsAdministrators(t *testing.T) {
	l := &lake{settings: types.DataLakeSettings{
		DataLakeAdmins: []types.DataLakePrincipal{*principal(role + "a"), *principal(function)},
	}}
	l.must(t, administrators("create", false, role+"a"))
	l.must(t, administrators("delete", false, role+"a"))
	assert.Equal(t, []string{role + "a"}, arns(l.settings), "whose the others are is not known")
}

func TestAFailedChangeIsMadeAgain(t *testing.T) {
	l := &lake{settings: foreign(), broken: errors.New("denied")}
	_, err := l.run(t, administrators("create", false, role+"a"))
	require.EqualError(t, err, "the account's settings: put: denied")
	l.broken = nil
	l.must(t, administrators("create", false, role+"a"))
	l.broken = errors.New("denied")
	_, err = l.run(t, administrators("update", false, role+"b"))
	require.Error(t, err)
	l.broken = nil
	l.must(t, administrators("update", false, role+"b"))
	assert.Equal(t, []string{role + "theirs", function, role + "b"}, arns(l.settings),
		"who is no longer named goes although it failed once")
	l.broken = errors.New("denied")
	_, err = l.run(t, administrators("delete", false, role+"b"))
	require.Error(t, err)
	l.broken = nil
	l.must(t, administrators("delete", false, role+"b"))
	assert.JSONEq(t, text(t, foreign()), text(t, l.settings))

	_, err = (&lake{refuse: errors.New("denied")}).run(t, administrators("create", false, role+"a"))
	require.EqualError(t, err, "the account's settings: read: denied")
}

func TestRetryer(t *testing.T) {
	for name, test := range map[string]struct {
		give error
		want bool
	}{
		"a role that is new": {
			&types.InvalidInputException{Message: aws.String("Invalid principal, arn: " + function)}, true,
		},
		"a mistake":              {&types.InvalidInputException{Message: aws.String("Resource is mandatory")}, false},
		"refused":                {&types.AccessDeniedException{}, true},
		"changed by two at once": {&types.ConcurrentModificationException{}, true},
	} {
		assert.Equal(t, test.want, newRetryer().IsErrorRetryable(test.give), name)
	}
}
