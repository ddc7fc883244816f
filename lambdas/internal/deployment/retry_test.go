package deployment

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/stretchr/testify/assert"
)

func TestRetryer(t *testing.T) {
	for name, test := range map[string]struct {
		codes []string
		give  error
		want  bool
	}{
		"refused, as the role is new": {nil, &types.AccessDeniedException{}, true},
		"a mistake":                   {nil, &types.InvalidInputException{}, false},
		"another code, not asked for": {nil, &types.ConcurrentModificationException{}, false},
		"another code, asked for": {[]string{"ConcurrentModificationException"},
			&types.ConcurrentModificationException{}, true},
		"refused, with another asked for": {[]string{"ConcurrentModificationException"}, &types.AccessDeniedException{},
			true},
	} {
		t.Run(name, func(t *testing.T) {
			retryer := Retryer(test.codes...)()
			assert.Equal(t, test.want, retryer.IsErrorRetryable(test.give))
			assert.Equal(t, attempts, retryer.MaxAttempts())
		})
	}
}
