//go:build local

package stack

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/platform/guardrails"
)

// refusedFor is how long AWS may not know everywhere what a call needs.
const refusedFor = 6 * time.Second

// refusals are what AWS says then: of each call the code and the words by which the provider tells it from other
// errors. Untried is the type of the resource where the provider has no word for it.
var refusals = map[string]struct{ code, message, untried string }{
	"CreateFunction": {"InvalidParameterValueException",
		"The role defined for the function cannot be assumed by Lambda.", ""},
	"CreateEventSourceMapping": {"InvalidParameterValueException",
		"The provided execution role does not have permissions to call ReceiveMessage on SQS", ""},
	"CreateStateMachine": {"AccessDeniedException",
		"The state machine IAM Role is not authorized to access the Log Destination", ""},
	"CreateSchedule": {"ValidationException",
		"The execution role you provide must allow AWS EventBridge Scheduler to assume the role.", ""},
	"CreateCrawler": {"InvalidInputException",
		"Service is unable to assume provided role. Please verify role's TrustPolicy.", ""},
	"PutBucketPolicy": {"MalformedPolicy", "Invalid principal in policy", ""},
	"CreateAlias":     {"NotFoundException", "Key does not exist", ""},
	"PutBucketNotification": {"InvalidArgument",
		"Unable to validate the following destination configurations", "aws:s3/bucketNotification:BucketNotification"},
	"PutCompositeAlarm": {
		"ValidationError", "Could not save the composite alarm as alarms in the alarm rule do not exist",
		"aws:cloudwatch/compositeAlarm:CompositeAlarm",
	},
	"RegisterResource": {"InvalidInputException", "Cannot assume the role",
		"aws:lakeformation/resource:Resource"},
	"CreateTrail": {"InsufficientEncryptionPolicyException",
		"Insufficient permissions to access S3 bucket or KMS key", "aws:cloudtrail/trail:Trail"},
	"CreateLogGroup": {"InvalidParameterException",
		"The specified KMS key does not exist or is not allowed to be used", "aws:cloudwatch/logGroup:LogGroup"},
	"PutDataCatalogEncryptionSettings": {"InvalidInputException", "Unable to assume the role",
		"aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"},
}

// restCalls are the calls that no header and no form names.
var restCalls = map[string]*regexp.Regexp{
	"CreateFunction":           regexp.MustCompile(`^POST /2015-03-31/functions\?`),
	"CreateEventSourceMapping": regexp.MustCompile(`^POST /2015-03-31/event-source-mappings/?\?`),
	"CreateSchedule":           regexp.MustCompile(`^POST /schedules/`),
	"RegisterResource":         regexp.MustCompile(`^POST /RegisterResource`),
	"PutBucketPolicy":          regexp.MustCompile(`^PUT /[^/]+/?\?policy`),
	"PutBucketNotification":    regexp.MustCompile(`^PUT /[^/]+/?\?notification`),
}

// hesitant is an emulator that refuses what is asked of it too early.
type hesitant struct {
	emulator *httputil.ReverseProxy
	mu       sync.Mutex
	first    map[string]time.Time // by call
	asked    map[string]int
}

func (h *hesitant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call := callOf(r, body)
	refusal, known := refusals[call]
	if !known || !h.early(call) {
		h.emulator.ServeHTTP(w, r)
		return
	}
	w.Header().Set("X-Amzn-ErrorType", refusal.code)
	w.WriteHeader(http.StatusBadRequest)
	text := fmt.Sprintf(`{"__type":%q,"message":%q,"Message":%q}`, refusal.code, refusal.message, refusal.message)
	switch call {
	case "PutCompositeAlarm":
		text = fmt.Sprintf("<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>",
			refusal.code, refusal.message)
	case "PutBucketPolicy", "PutBucketNotification":
		text = fmt.Sprintf("<Error><Code>%s</Code><Message>%s</Message></Error>", refusal.code, refusal.message)
	}
	_, _ = io.WriteString(w, text)
}

// early counts a call and says whether the first of its kind was less than refusedFor ago.
func (h *hesitant) early(call string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked[call]++; h.asked[call] == 1 {
		h.first[call] = time.Now()
	}
	return time.Since(h.first[call]) < refusedFor
}

// callOf is the name of the call that a request makes; "" for most of REST.
func callOf(r *http.Request, body []byte) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		return form.Get("Action")
	}
	for name, pattern := range restCalls {
		if pattern.MatchString(r.Method + " " + r.URL.Path + "?" + r.URL.RawQuery) {
			return name
		}
	}
	return ""
}

// TestWhatTheProviderDoesNotTryAgain asks the real provider: what it gives up on at the first refusal is what the
// program must not hasten.
func TestWhatTheProviderDoesNotTryAgain(t *testing.T) {
	p := start(t, hasty)
	emulator, err := url.Parse(p.Endpoint)
	require.NoError(t, err)
	h := &hesitant{
		emulator: httputil.NewSingleHostReverseProxy(emulator), first: map[string]time.Time{}, asked: map[string]int{},
	}
	server := httptest.NewServer(h)
	defer server.Close()
	p.Endpoint = server.URL

	_, err = p.up(t.Context(), "up", optup.ContinueOnError())
	require.Error(t, err)
	var untried []string
	for call, refusal := range refusals {
		require.NotZero(t, h.asked[call], "%s was never asked for: %v", call, err)
		assert.Equal(t, refusal.untried == "", h.asked[call] > 1, "%s was asked %d times", call, h.asked[call])
		if refusal.untried != "" {
			untried = append(untried, refusal.untried)
		}
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(guardrails.Untried)), untried, "what the graph is held to")

	// What was refused is known everywhere by now.
	_, err = p.Up(t.Context())
	require.NoError(t, err)
	_, err = p.Destroy(t.Context())
	require.NoError(t, err)
}
