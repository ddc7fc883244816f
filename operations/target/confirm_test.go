package target

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/outputs"
)

type account string

func (a account) GetCallerIdentity(
	context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options),
) (*sts.GetCallerIdentityOutput, error) {
	id := string(a)
	return &sts.GetCallerIdentityOutput{Account: &id}, nil
}

func TestConfirm(t *testing.T) {
	prod := Target{Stack: "prod", Outputs: outputs.Outputs{
		Region: "eu-west-1", AlarmsTopic: "arn:aws:sns:eu-west-1:111122223333:alarms",
	}}
	for name, tt := range map[string]struct {
		change   func(*Target)
		account  account
		answer   string
		yes      bool
		refused  string
		question string
	}{
		"the name": {answer: "prod\n", question: "Type prod"},
		"another name": {
			answer: "dev\n", question: "Type prod", refused: `the answer was "dev", not "prod"`,
		},
		"no answer": {question: "Type prod", refused: `the answer was "", not "prod"`},
		"yes":       {yes: true},
		"here":      {change: func(t *Target) { t.Here = true }},
		"another account": {
			account: "999999999999", yes: true,
			refused: "the credentials are of account 999999999999, the stack is in 111122223333",
		},
		"another account, here": {
			account: "999999999999", change: func(t *Target) { t.Here = true }, refused: "999999999999",
		},
		"outputs without a name": {
			change: func(t *Target) { t.Stack = "" }, answer: "111122223333\n", question: "Type 111122223333",
		},
		"a name where none is": {
			change: func(t *Target) { t.Stack = "" }, answer: "\n", question: "Type 111122223333",
			refused: "the answer was",
		},
		"outputs without a topic": {
			change: func(t *Target) { t.Outputs.AlarmsTopic = "" }, answer: "prod\n", question: "Type prod",
		},
	} {
		t.Run(name, func(t *testing.T) {
			stack, caller := prod, account("111122223333")
			if tt.account != "" {
				caller = tt.account
			}
			if tt.change != nil {
				tt.change(&stack)
			}
			var out strings.Builder
			err := stack.Confirm(t.Context(),
				"erase one customer",
				Question{Caller: caller, In: strings.NewReader(tt.answer), Out: &out, Yes: tt.yes})
			assert.Contains(t, out.String(), ", account "+string(caller)+", region eu-west-1: erase one customer\n")
			assert.Equal(t, tt.question != "", strings.Contains(out.String(), "Type "))
			assert.Contains(t, out.String(), tt.question)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			var refused RefusedError
			require.ErrorAs(t, err, &refused)
			assert.Contains(t, refused.Reason, tt.refused)
		})
	}
}
