package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"dataplatform/e2e/load"
	"dataplatform/e2e/report"
	"dataplatform/local/stack"
	"dataplatform/operations/query"
	"dataplatform/operations/statemachine"
	"dataplatform/operations/target"
	"dataplatform/operations/verify"
)

// Session drives one deployed platform: it sends data, waits until it is in,
// runs the state machines and counts.
type Session struct {
	Platform *stack.Platform
	Ledger   *load.Ledger
	Log      io.Writer

	config        aws.Config
	queries       *query.Runner
	stateMachines *statemachine.Runner
	options       Options
	began         time.Time // before anything was sent
	stayed        []verify.Record
}

// NewSession prepares a session on a platform that is up.
func NewSession(p *stack.Platform, options Options, log io.Writer) *Session {
	config := target.Config(p.Endpoint, p.Outputs.Region)
	return &Session{
		Platform: p, Ledger: &load.Ledger{}, Log: log, config: config,
		queries: query.New(config, p.Outputs.Workgroup), stateMachines: statemachine.New(config), options: options,
		began: time.Now(),
	}
}

// As is the session with the credentials of a role of the stack, by its name, which queries in its own workgroup.
func (s *Session) As(ctx context.Context, name string) (*Session, error) {
	principal, known := s.Platform.Outputs.Principals[name]
	if !known {
		return nil, fmt.Errorf("there is no principal %q; there are %s", name,
			strings.Join(slices.Sorted(maps.Keys(s.Platform.Outputs.Principals)), ", "))
	}
	config, err := target.Assume(ctx, s.config, principal.ARN)
	if err != nil {
		return nil, err
	}
	workgroup := principal.Workgroup
	if workgroup == "" { // a job has none, and no right on any
		workgroup = s.Platform.Outputs.Workgroup
	}
	other := *s
	other.config, other.queries, other.stateMachines = config, query.New(config, workgroup), statemachine.New(config)
	return &other, nil
}

// Query runs SQL in the analysts' workgroup.
func (s *Session) Query(ctx context.Context, sql string) (query.Result, error) {
	return s.queries.Run(ctx, sql)
}

func (s *Session) logf(format string, args ...any) { fmt.Fprintf(s.Log, format+"\n", args...) }

// SendClicks sends the clicks, tells the prober (nil for none) what was sent when, and returns what is to be merged
// into the session's ledger.
func (s *Session) SendClicks(ctx context.Context, prober *report.Prober) (*load.Ledger, error) {
	shop, err := target.Assume(ctx, s.config, s.Platform.Outputs.ClickProducerRole)
	if err != nil {
		return nil, err
	}
	ledger := &load.Ledger{Expected: map[string]load.Expected{}}
	sender := &load.ClickSender{
		Client: kinesis.NewFromConfig(shop), Stream: s.Platform.Outputs.Stream, Ledger: ledger,
	}
	if prober != nil {
		sender.OnSent = prober.Sent
	}
	if s.options.Clicks != "" {
		records, err := load.ReadClicks(s.options.Clicks)
		if err != nil {
			return nil, err
		}
		return ledger, sender.Put(ctx, records)
	}
	limits, err := s.limits(ctx)
	if err != nil {
		return nil, err
	}
	generator := load.NewGenerator(s.options.Seed, s.options.Events, limits)
	if err := sender.Generated(ctx, generator, s.options.Rate); err != nil {
		return nil, err
	}
	ledger.Expected["clicks"] = generator.Expected()
	return ledger, nil
}

// limits reads what the deployed function was configured with.
func (s *Session) limits(ctx context.Context) (load.Limits, error) {
	var l load.Limits
	name := "clicks"
	variables, err := s.environment(ctx, name)
	if err != nil {
		return l, err
	}
	if l.EventBytes, err = strconv.Atoi(variables["MAX_EVENT_BYTES"]); err != nil {
		return l, fmt.Errorf("function %s: MAX_EVENT_BYTES: %w", name, err)
	}
	if l.ExpandedBytes, err = strconv.Atoi(variables["MAX_EXPANDED_BYTES"]); err != nil {
		return l, fmt.Errorf("function %s: MAX_EXPANDED_BYTES: %w", name, err)
	}
	if l.Lateness, err = time.ParseDuration(variables["LATENESS_LIMIT"]); err != nil {
		return l, fmt.Errorf("function %s: LATENESS_LIMIT: %w", name, err)
	}
	return l, nil
}

// environment is what a deployed function was configured with.
func (s *Session) environment(ctx context.Context, function string) (map[string]string, error) {
	name := s.Platform.Outputs.Functions[function]
	got, err := lambda.NewFromConfig(s.config).GetFunctionConfiguration(ctx,
		&lambda.GetFunctionConfigurationInput{FunctionName: &name})
	if err != nil {
		return nil, fmt.Errorf("configuration of function %s: %w", name, err)
	}
	if got.Environment == nil {
		return nil, fmt.Errorf("function %s has no environment", name)
	}
	return got.Environment.Variables, nil
}

// SendAssets puts the objects into raw.
func (s *Session) SendAssets(ctx context.Context) error {
	source, err := target.Assume(ctx, s.config, s.Platform.Outputs.AssetSourceRole)
	if err != nil {
		return err
	}
	ledger := &load.Ledger{Expected: map[string]load.Expected{}}
	sender := &load.AssetSender{
		Client: s3.NewFromConfig(source), Bucket: s.Platform.Outputs.Buckets["raw"], Ledger: ledger,
	}
	var drops []load.AssetDrop
	if s.options.Assets != "" {
		drops, err = load.ReadAssets(s.options.Assets)
	} else {
		drops, ledger.Expected["assets"], err = s.generateAssets(ctx)
	}
	if err != nil {
		return err
	}
	if err := sender.Send(ctx, drops); err != nil {
		return err
	}
	s.Ledger.Merge(ledger)
	return nil
}

func (s *Session) generateAssets(ctx context.Context) ([]load.AssetDrop, load.Expected, error) {
	variables, err := s.environment(ctx, "assets")
	if err != nil {
		return nil, load.Expected{}, err
	}
	limit, err := strconv.Atoi(variables["MAX_BYTES"])
	if err != nil {
		return nil, load.Expected{}, fmt.Errorf("function assets: MAX_BYTES: %w", err)
	}
	return load.GenerateAssets(s.options.Seed, s.options.Photos, limit)
}

// SendFiles drops the files of every dataset that arrives as files.
func (s *Session) SendFiles(ctx context.Context) error {
	input, expected, err := s.files()
	if err != nil {
		return err
	}
	producer, err := target.Assume(ctx, s.config, s.Platform.Outputs.ProducerRole)
	if err != nil {
		return err
	}
	ledger := &load.Ledger{Expected: expected}
	sender := &load.FileSender{
		Client: s3.NewFromConfig(producer), Bucket: s.Platform.Outputs.Buckets["landing"], Ledger: ledger,
	}
	for _, dataset := range slices.Sorted(maps.Keys(input)) {
		if err := sender.Put(ctx, dataset, input[dataset]); err != nil {
			return err
		}
	}
	s.Ledger.Merge(ledger)
	return nil
}

// files are the files to drop, by dataset, and what the generated ones of them hold.
func (s *Session) files() (map[string][]load.Drop, map[string]load.Expected, error) {
	input, expected := map[string][]load.Drop{}, map[string]load.Expected{}
	if s.options.Sales != "" {
		sales, err := load.ReadFolder(s.options.Sales, "sales", time.Now())
		if err != nil {
			return nil, nil, err
		}
		if input, expected, err = load.MastersOf(sales); err != nil {
			return nil, nil, err
		}
		input["sales"] = sales
	} else {
		input["products"], expected["products"] = load.GenerateProducts(s.options.Seed)
		input["customers"], expected["customers"] = load.GenerateCustomers(s.options.Seed)
		input["sales"], expected["sales"] = load.GenerateSales(s.options.Seed, s.options.Lines)
		poison, counted := load.GeneratePoison()
		for dataset, drops := range poison {
			input[dataset] = append(input[dataset], drops...)
			expected[dataset] = expected[dataset].Add(counted[dataset])
		}
	}
	samples, counted, err := load.Samples(time.Now().Truncate(time.Second))
	if err != nil {
		return nil, nil, err
	}
	for dataset, drops := range samples {
		if input[dataset] == nil {
			input[dataset], expected[dataset] = drops, counted[dataset]
		}
	}
	for dataset, folder := range s.options.Files {
		drops, err := load.ReadFolder(folder, dataset, time.Now().Truncate(time.Second))
		if err != nil {
			return nil, nil, err
		}
		input[dataset] = drops
		delete(expected, dataset)
	}
	return input, expected, nil
}

// mapping is one event source mapping as the emulator describes it.
type mapping struct {
	Function string `json:"function"`
	Shards   map[string]struct {
		Behind   int `json:"behind"`
		InFlight int `json:"inFlight"`
	} `json:"shards"`
	Queue *struct {
		Visible  int `json:"visible"`
		InFlight int `json:"inFlight"`
	} `json:"queue"`
}

func (m mapping) open() int {
	open := 0
	for _, shard := range m.Shards {
		open += shard.Behind + shard.InFlight
	}
	if m.Queue != nil {
		open += m.Queue.Visible + m.Queue.InFlight
	}
	return open
}

// settle is how long a mapping must have been without work before it counts as
// done: an object's notification reaches the queue a moment after the object.
const settle = time.Second

// Drained waits until no mapping of the function has anything left to do.
func (s *Session) Drained(ctx context.Context, function string) error {
	name := s.Platform.Outputs.Functions[function]
	var idle time.Time
	for lastLog := time.Now(); ; {
		var mappings []mapping
		if err := s.Platform.Call(ctx, "GET", "mappings", nil, &mappings); err != nil {
			return err
		}
		found, open := false, 0
		for _, m := range mappings {
			if m.Function == name {
				found = true
				open += m.open()
			}
		}
		switch {
		case !found:
			return fmt.Errorf("function %s has no event source mapping", name)
		case open > 0:
			idle = time.Time{}
		case idle.IsZero():
			idle = time.Now()
		case time.Since(idle) > settle:
			return nil
		}
		if time.Since(lastLog) > progress {
			s.logf("  %s: %d records or messages to go", function, open)
			lastLog = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// FilesIn waits until every file that was dropped is in the platform's ledger or in quarantine.
func (s *Session) FilesIn(ctx context.Context) error {
	if err := s.Drained(ctx, "landing"); err != nil {
		return err
	}
	db, table := dynamodb.NewFromConfig(s.config), s.Platform.Outputs.Tables["files"]
	var missing []string
	for _, file := range s.Ledger.Files {
		got, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: map[string]types.AttributeValue{
			"dataset": &types.AttributeValueMemberS{Value: file.Dataset},
			"file_id": &types.AttributeValueMemberS{Value: file.Digest},
		}})
		if err != nil {
			return fmt.Errorf("ledger of files: %w", err)
		}
		if got.Item == nil {
			missing = append(missing, file.Digest)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	result, err := s.Query(ctx, fmt.Sprintf(`SELECT DISTINCT identity FROM "%s"."quarantine" WHERE dataset <> 'clicks'`,
		s.Platform.Outputs.Databases["raw"]))
	if err != nil {
		return err
	}
	quarantined := map[string]bool{}
	for _, row := range result.Rows {
		quarantined[row[0]] = true
	}
	for _, digest := range missing {
		if !quarantined[digest+":0"] {
			return fmt.Errorf("file %s is neither in the ledger of files nor in quarantine", digest)
		}
	}
	return nil
}
