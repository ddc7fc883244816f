package sagemaker

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// served is a client of a server that gives these answers, one a request, and the requests that it saw.
func served(t *testing.T, answers ...func(http.ResponseWriter)) (*Client, *[]*http.Request) {
	t.Helper()
	var seen []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		r.Header.Set("Test-Body", string(body))
		seen = append(seen, r)
		answers[min(len(seen), len(answers))-1](w)
	}))
	t.Cleanup(server.Close)
	client := New(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	client.pause = time.Millisecond
	return client, &seen
}

func answer(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestCallIsSignedAndRead(t *testing.T) {
	client, seen := served(t, answer(200, `{"EndpointStatus":"InService"}`))
	var out struct{ EndpointStatus string }
	require.NoError(t,
		client.Call(context.Background(), "DescribeEndpoint", map[string]string{"EndpointName": "a"}, &out))
	assert.Equal(t, "InService", out.EndpointStatus)
	request := (*seen)[0]
	assert.Equal(t, "SageMaker.DescribeEndpoint", request.Header.Get("X-Amz-Target"))
	assert.JSONEq(t, `{"EndpointName":"a"}`, request.Header.Get("Test-Body"))
	assert.Contains(t, request.Header.Get("Authorization"), "/eu-west-1/sagemaker/aws4_request")
}

func TestWhatPassesIsRepeatedAndNothingElse(t *testing.T) {
	throttled := answer(400, `{"__type":"ThrottlingException","message":"slow down"}`)
	client, seen := served(t, throttled, answer(503, "busy"), answer(200, "{}"))
	require.NoError(t, client.Call(context.Background(), "DeleteModel", nil, nil))
	assert.Len(t, *seen, 3)

	client, seen = served(t, throttled)
	require.ErrorContains(t, client.Call(context.Background(), "DeleteModel", nil, nil),
		"ThrottlingException: slow down")
	assert.Len(t, *seen, attempts)

	client, seen = served(t,
		answer(400, `{"__type":"com.amazon.coral#ValidationException","Message":"Could not find model \"m\"."}`))
	err := client.Call(context.Background(), "DescribeModel", nil, nil)
	assert.True(t, IsMissing(err))
	assert.False(t, IsThere(err))
	assert.Len(t, *seen, 1)

	client, _ = served(t,
		answer(400, `{"__type":"ValidationException","message":"Cannot create already existing model \"m\"."}`))
	err = client.Call(context.Background(), "CreateModel", nil, nil)
	assert.True(t, IsThere(err))
	assert.False(t, IsMissing(err))
}

func TestInvokeTellsTheContainersAnswer(t *testing.T) {
	client, seen := served(t, answer(200, `{"basis":"customer"}`))
	status, body, err := client.Invoke(context.Background(), "shop", []byte("{}"))
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"basis":"customer"}`, string(body))
	assert.Equal(t, "/endpoints/shop/invocations", (*seen)[0].URL.Path)

	client, seen = served(t, func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-ErrorType", "ModelError:http://internal.amazon.com/")
		answer(424,
			`{"Message":"Received client error (400)","OriginalStatusCode":400,"OriginalMessage":"{\"error\":\"why\"}"}`)(
			w,
		)
	})
	status, body, err = client.Invoke(context.Background(), "shop", []byte("{"))
	require.NoError(t, err)
	assert.Equal(t, 400, status)
	assert.JSONEq(t, `{"error":"why"}`, string(body))
	assert.Len(t, *seen, 1, "the container's answer is one")
}

func TestURLs(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1":  "https://runtime.sagemaker.eu-west-1.amazonaws.com/x",
		"cn-north-1": "https://runtime.sagemaker.cn-north-1.amazonaws.com.cn/x",
	} {
		assert.Equal(t, want, New(aws.Config{Region: region}).url("runtime", "/x"))
	}
}
