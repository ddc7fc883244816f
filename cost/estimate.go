package cost

import (
	"errors"
	"fmt"
	"strings"
)

// A month is 730 hours, as in AWS's own calculator.
const (
	hoursPerMonth   = 730
	daysPerMonth    = hoursPerMonth / 24.0
	secondsPerMonth = hoursPerMonth * 3600
	gigabyte        = 1e9
)

// Line is one quantity and what it costs a month.
type Line struct {
	Service string
	What    string
	// Inputs are the factors of Quantity, for a reader who wants to check it.
	Inputs   string
	Quantity float64
	Price    Price
	// USD a month; 0 without a price.
	USD float64
	// Assumed says that a factor is neither configured nor measured.
	Assumed bool
}

// Priced says whether the line has a price.
func (l Line) Priced() bool { return l.Price.USD != nil }

// Estimate is a stack's month.
type Estimate struct {
	Stack  string
	Region string
	Lines  []Line
}

// Total of the lines that have a price.
func (e Estimate) Total() float64 { return e.Of("") }

// Of is the sum of one service's lines, or of all with an empty name.
func (e Estimate) Of(service string) float64 {
	sum := 0.0
	for _, line := range e.Lines {
		if service == "" || line.Service == service {
			sum += line.USD
		}
	}
	return sum
}

// Services in the order of the lines.
func (e Estimate) Services() []string {
	var services []string
	for _, line := range e.Lines {
		if len(services) == 0 || services[len(services)-1] != line.Service {
			services = append(services, line.Service)
		}
	}
	return services
}

// Unpriced are the lines that need a price that nobody could read.
func (e Estimate) Unpriced() []Line {
	var lines []Line
	for _, line := range e.Lines {
		if !line.Priced() && line.Quantity > 0 {
			lines = append(lines, line)
		}
	}
	return lines
}

// estimator collects lines.
type estimator struct {
	Stack
	Input
	clicks  clickLoad
	lines   []Line
	service string
	errs    []error
}

// New estimates a stack's month.
func New(stack Stack, in Input) (Estimate, error) {
	e := &estimator{Stack: stack, Input: in}
	e.clicks = newClickLoad(stack.Settings.Clickstream, in.Workload, in.Measured)
	for _, part := range []struct {
		service string
		add     func()
	}{
		{"Kinesis", e.kinesis}, {"Lambda", e.lambda}, {"S3", e.s3}, {"KMS", e.kms}, {"Glue", e.glue},
		{"Step Functions", e.stepFunctions}, {"DynamoDB", e.dynamoDB}, {"Athena", e.athena},
		{"CloudWatch", e.cloudWatch}, {"CloudTrail", e.cloudTrail}, {"SNS and SQS", e.messages},
		{"EventBridge Scheduler", e.scheduler}, {"Redshift Serverless", e.redshift}, {"QuickSight", e.quickSight},
		{"SageMaker", e.sageMaker},
	} {
		e.service = part.service
		part.add()
	}
	return Estimate{Stack: stack.Name, Region: stack.Settings.Region, Lines: e.lines}, errors.Join(e.errs...)
}

// add appends a line. Inputs that start with ~ are assumed.
func (e *estimator) add(price, what string, quantity float64, inputs string, args ...any) {
	row, err := e.Prices.in(price, e.Settings.Region)
	if err != nil {
		e.errs = append(e.errs, err)
		return
	}
	line := Line{Service: e.service, What: what, Quantity: quantity, Price: row, Inputs: fmt.Sprintf(inputs, args...)}
	line.Assumed = strings.Contains(line.Inputs, "~")
	if row.USD != nil {
		line.USD = quantity / row.Per * *row.USD
	}
	e.lines = append(e.lines, line)
}
