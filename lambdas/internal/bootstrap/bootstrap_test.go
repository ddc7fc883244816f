package bootstrap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kindVariable makes the test's binary a function, which is a process of its own in Lambda, too.
const kindVariable = "BOOTSTRAP_TEST_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(kindVariable) {
	case "events":
		Start(newGreeter, (*greeter).Handle, config.WithRegion("us-east-1"))
	case "payloads":
		StartHandler(newGreeter, config.WithRegion("us-east-1"))
	case "unbuilt":
		Start(func(*Function) (*greeter, error) { return nil, errors.New("no contract") }, (*greeter).Handle)
	}
	os.Exit(m.Run())
}

type greeter struct {
	greeting string
	function *Function
}

func newGreeter(f *Function) (*greeter, error) {
	made := &greeter{f.String("GREETING"), f}
	if f.Bytes("MAX_BYTES") == 0 {
		return nil, errors.New("a greeter needs some bytes")
	}
	return made, nil
}

type greeted struct{ Name string }

// StrangerError shows that Lambda gets the type's name as before, by which state machines catch errors.
type StrangerError struct{ name string }

func (e *StrangerError) Error() string { return e.name + " is a stranger" }

func (g *greeter) Handle(_ context.Context, event greeted) (string, error) {
	if event.Name == "" {
		return "", &StrangerError{"nobody"}
	}
	g.function.Logger.Info("greeting", "name", event.Name)
	return g.greeting + " " + event.Name + " in " + g.function.AWS.Region, nil
}

func (g *greeter) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	return json.Marshal("undecoded " + string(payload))
}

// runtimeAPI gives a function one invocation and then nothing more; answers get what the function sends, by the path's
// last part.
func runtimeAPI(t *testing.T, payload string) (address string, answers chan [2]string) {
	answers = make(chan [2]string, 1)
	given := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusAccepted)
			answers <- [2]string{r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], string(body)}
		case given:
			w.WriteHeader(http.StatusGone) // ends the function
		default:
			given = true
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "r-1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", "9999999999999")
			fmt.Fprint(w, payload)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), answers
}

// start runs this binary as a function until it ends, as it does for want of a handler or of invocations.
func start(t *testing.T, kind, api string, environment ...string) (log string) {
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append([]string{kindVariable + "=" + kind, "AWS_LAMBDA_RUNTIME_API=" + api}, environment...)
	command.Stderr = &stderr
	var exit *exec.ExitError
	require.ErrorAs(t, command.Run(), &exit)
	require.Equal(t, 1, exit.ExitCode(), stderr.String())
	return stderr.String()
}

func TestStart(t *testing.T) {
	whole := []string{"GREETING=good day", "MAX_BYTES=1"}
	for name, test := range map[string]struct{ kind, payload, path, answer string }{
		"an event":  {"events", `{"Name":"Ada"}`, "response", `"good day Ada in us-east-1"`},
		"an error":  {"events", `{}`, "error", `{"errorMessage":"nobody is a stranger","errorType":"StrangerError"}`},
		"a payload": {"payloads", `[ ]`, "response", `"undecoded [ ]"`},
	} {
		t.Run(name, func(t *testing.T) {
			api, answers := runtimeAPI(t, test.payload)
			log := start(t, test.kind, api, whole...)
			answer := <-answers
			assert.Equal(t, test.path, answer[0])
			assert.JSONEq(t, test.answer, answer[1])
			if test.path == "response" && test.kind == "events" {
				assert.Contains(t, log, `"msg":"greeting","name":"Ada"}`)
			}
		})
	}
}

func TestAFunctionThatCannotStart(t *testing.T) {
	for name, test := range map[string]struct {
		kind        string
		environment []string
		want        string
	}{
		"every mistake of the environment, and not what follows from them": {"events", []string{"MAX_BYTES=1k"},
			`GREETING is not set` + "\n" + `MAX_BYTES: "1k" is not a positive number of bytes`},
		"what else is wrong": {"unbuilt", nil, "no contract"},
		"a configuration of the SDK": {"events", []string{"GREETING=a", "MAX_BYTES=1", "AWS_RETRY_MODE=often"},
			"unknown RetryMode"},
	} {
		t.Run(name, func(t *testing.T) {
			var line struct{ Level, Msg, Error string }
			require.NoError(t, json.Unmarshal([]byte(start(t, test.kind, "127.0.0.1:1", test.environment...)), &line))
			assert.Equal(t, "ERROR the function cannot start", line.Level+" "+line.Msg)
			assert.Contains(t, line.Error, test.want)
			assert.NotContains(t, line.Error, "a greeter needs")
		})
	}
}

func TestMetricsGoToTheNamespaceOfTheEnvironment(t *testing.T) {
	t.Setenv("METRICS_NAMESPACE", "shop")
	f := &Function{}
	assert.Equal(t, "shop", f.Metrics().Namespace)
	require.NoError(t, f.Err())
	t.Setenv("METRICS_NAMESPACE", "")
	f.Metrics()
	require.EqualError(t, f.Err(), "METRICS_NAMESPACE is not set")
}
