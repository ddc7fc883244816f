package verify

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lakeformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"dataplatform/operations/erasure"
	"dataplatform/operations/grants"
	"dataplatform/operations/query"
	"dataplatform/operations/replay"
	"dataplatform/operations/statemachine"
	"dataplatform/operations/target"
	"dataplatform/platform/outputs"
)

// poll is how long AWS is left alone between two questions.
const poll = 10 * time.Second

// New makes a Verifier of the stack with these outputs, by these credentials.
func New(config aws.Config, out outputs.Outputs) (*Verifier, error) {
	set, err := out.Contracts()
	if err != nil {
		return nil, err
	}
	objects, functions := s3.NewFromConfig(config), lambda.NewFromConfig(config)
	stateMachines, runner := sfn.NewFromConfig(config), statemachine.New(config)
	// Who verifies is an engineer, who queries in the engineers' workgroup.
	out.Workgroup = cmp.Or(out.Workgroups["engineers"], out.Workgroup)
	v := &Verifier{
		Client: clientOf(config), Stream: kinesis.NewFromConfig(config), Mappings: functions,
		Ledger: dynamodb.NewFromConfig(config), StateMachines: stateMachines, Runner: runner,
		Replayer: &replay.Replayer{
			Objects: objects, Functions: functions, Bucket: out.Buckets["discarded"], Function: out.Functions["clicks"],
		},
		Alarms:    cloudwatch.NewFromConfig(config),
		Schedules: scheduler.NewFromConfig(config), Contracts: set, Outputs: out, Poll: poll,
	}
	v.Granted = func(ctx context.Context) (grants.Report, error) {
		state, err := grants.Read(ctx, lakeformation.NewFromConfig(config), set, out.Databases)
		return grants.Check(set, out.Principals, state), err
	}
	v.As = func(ctx context.Context, role string) (Client, error) {
		assumed, err := target.Assume(ctx, config, role)
		return clientOf(assumed), err
	}
	v.Eraser = &erasure.Eraser{
		Objects: objects, Runner: runner, StateMachines: stateMachines, Bucket: out.Buckets["artifacts"],
		StateMachineARN: out.ErasureStateMachine, StateMachineARNs: v.stateMachines(),
	}
	return v, nil
}

func clientOf(config aws.Config) Client {
	return Client{
		Objects: s3.NewFromConfig(config),
		Query:   func(workgroup string) Querier { return query.New(config, workgroup) },
	}
}
