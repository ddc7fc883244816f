// Package sagemaker calls the few operations of SageMaker that the function needs, over the SDK's own signer: the
// generated client of that service is a hundred times as large and compiles longer than everything else together.
package sagemaker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	service  = "sagemaker"
	attempts = 4
	// answerSeconds is a little more than SageMaker lets a model take.
	answerSeconds = 70
	maxAnswer     = 6 << 20 // bytes; SageMaker's own limit of an answer
)

// Error is what SageMaker answered instead of a result.
type Error struct {
	Operation string
	Status    int
	Code      string // such as ValidationException
	Message   string
	// OriginalStatus and Original are of the container, when it is what refused.
	OriginalStatus int
	Original       string
}

func (e *Error) Error() string {
	return fmt.Sprintf("sagemaker %s: %s: %s", e.Operation, e.Code, e.Message)
}

// IsMissing says whether an error tells that something is not there.
func IsMissing(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && (refused.Code == "ResourceNotFound" ||
		refused.Code == "ValidationException" &&
			(contains(refused.Message, "could not find") || contains(refused.Message, "does not exist")))
}

// IsThere says whether an error tells that something is there already.
func IsThere(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && (refused.Code == "ResourceInUse" ||
		refused.Code == "ValidationException" && contains(refused.Message, "already exist"))
}

func contains(text, part string) bool { return strings.Contains(strings.ToLower(text), part) }

// Client calls SageMaker and endpoints of it. It is safe for use by several at a time.
type Client struct {
	config aws.Config
	http   *http.Client
	signer *v4.Signer
	pause  time.Duration // before the first repetition
}

// New makes a client for the region, credentials and endpoint of the configuration.
func New(config aws.Config) *Client {
	return &Client{
		config: config, http: &http.Client{Timeout: answerSeconds * time.Second}, signer: v4.NewSigner(),
		pause: 200 * time.Millisecond,
	}
}

// Call makes one call of the control plane: in and out are its JSON; out may be nil. The error is an *Error when
// SageMaker refused.
func (c *Client) Call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("sagemaker %s: %w", operation, err)
	}
	answer, err := c.send(ctx, operation, c.url("api", "/"), body, http.Header{
		"X-Amz-Target": {"SageMaker." + operation}, "Content-Type": {"application/x-amz-json-1.1"},
	})
	if err != nil {
		return err
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("sagemaker %s: the answer: %w", operation, err)
	}
	return nil
}

// Invoke asks an endpoint and returns the container's status and answer.
func (c *Client) Invoke(ctx context.Context, endpoint string, body []byte) (int, []byte, error) {
	answer, err := c.send(ctx, "InvokeEndpoint", c.url("runtime", "/endpoints/"+endpoint+"/invocations"), body,
		http.Header{
			"Content-Type": {"application/json"}, "Accept": {"application/json"},
		})
	var refused *Error
	if errors.As(err, &refused) && refused.Code == "ModelError" {
		return refused.OriginalStatus, []byte(refused.Original), nil
	}
	return http.StatusOK, answer, err
}

// url is of the part of the service, or of the endpoint that stands for all of them.
func (c *Client) url(part, path string) string {
	if c.config.BaseEndpoint != nil {
		return strings.TrimSuffix(*c.config.BaseEndpoint, "/") + path
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(c.config.Region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return "https://" + part + "." + service + "." + c.config.Region + "." + domain + path
}

// send repeats what failed on SageMaker's side or on the way.
func (c *Client) send(ctx context.Context, operation, url string, body []byte, header http.Header) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		answer, err := c.once(ctx, operation, url, body, header)
		if err == nil || attempt == attempts || !passing(err) {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		case <-time.After(c.pause << (attempt - 1)):
		}
	}
}

func passing(err error) bool {
	var refused *Error
	if !errors.As(err, &refused) {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	return refused.Code != "ModelError" &&
		(refused.Status >= 500 || refused.Status == http.StatusTooManyRequests || refused.Code == "ThrottlingException")
}

func (c *Client) once(ctx context.Context, operation, url string, body []byte, header http.Header) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("sagemaker %s: %w", operation, err)
	}
	request.Header = header.Clone()
	credentials, err := c.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("sagemaker %s: credentials: %w", operation, err)
	}
	digest := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, credentials, request, hex.EncodeToString(digest[:]), service, c.config.Region,
		time.Now()); err != nil {
		return nil, fmt.Errorf("sagemaker %s: signature: %w", operation, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("sagemaker %s: %w", operation, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("sagemaker %s: the answer: %w", operation, err)
	}
	if response.StatusCode/100 != 2 {
		return nil, refusal(operation, response, answer)
	}
	return answer, nil
}

// refusal reads an error of either protocol: its code is in the body or in a header.
func refusal(operation string, response *http.Response, answer []byte) error {
	var said struct {
		Type               string `json:"__type"`
		Message            string `json:"message"`
		OriginalStatusCode int
		OriginalMessage    string
	}
	e := &Error{
		Operation: operation, Status: response.StatusCode, Code: response.Header.Get("X-Amzn-ErrorType"),
		Message: strings.TrimSpace(string(answer)),
	}
	if json.Unmarshal(answer, &said) == nil { // encoding/json takes Message for message, too
		e.Message, e.OriginalStatus, e.Original = said.Message, said.OriginalStatusCode, said.OriginalMessage
		if said.Type != "" {
			e.Code = said.Type
		}
	}
	e.Code = e.Code[strings.LastIndex(e.Code, "#")+1:]
	e.Code, _, _ = strings.Cut(e.Code, ":")
	return e
}
