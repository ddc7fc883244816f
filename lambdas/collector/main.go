// Command collector is the Lambda function behind the address that sites, apps and servers send clicks to without AWS
// credentials: it speaks the Segment HTTP API and the plain contract, and puts to the click stream.
package main

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"dataplatform/lambdas/internal/bootstrap"
)

func main() { bootstrap.Start(newHandler, (*Handler).Handle) }

func newHandler(f *bootstrap.Function) (*Handler, error) {
	h := &Handler{
		Stream: Stream{
			// Stream.Put repeats what was refused, so that there is one bound for all tries.
			Client: kinesis.NewFromConfig(f.AWS, func(o *kinesis.Options) { o.RetryMaxAttempts = 1 }),
			ARN:    f.String("STREAM_ARN"),
		},
		Metrics: f.Metrics(), Logger: f.Logger, Now: time.Now,
	}
	f.Parse("ACCESS", func(text string) error { return json.Unmarshal([]byte(text), &h.Access) })
	return h, nil
}
