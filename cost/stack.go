package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dataplatform/internal/registered"
	"dataplatform/platform/settings"
)

// Stack is what an estimate takes from a stack's settings and from the resources it registers.
type Stack struct {
	Name     string
	Settings settings.Settings
	// Architecture of the functions, amd64 or arm64.
	Architecture string
	// Stream is the dataset that comes on the stream, FileDatasets come as files.
	Stream       string
	FileDatasets []string
	// Counts of resources.
	Keys, AlarmMetrics, Dashboards, QueueMappings, Trails int
	// ClickMemoryMB and FileMemoryMB are the functions' memory.
	ClickMemoryMB, FileMemoryMB float64
	// CollectorMemoryMB is that of the function behind the address for clicks; 0 where the stack has none.
	CollectorMemoryMB float64
	// Runs a month: what schedules start, and what one run of each does.
	Schedules []Schedule
	// CrawlerRuns a month.
	CrawlerRuns float64
	// Redshift, QuickSight and SageMaker say whether the stack has the part.
	Redshift, QuickSight, SageMaker bool
}

// Schedule is one machine that something starts again and again.
type Schedule struct {
	Name         string
	RunsPerMonth float64
	// Transitions and Jobs of a run in which nothing fails.
	Transitions, Jobs int
	// Streaming says that the jobs read what came on the stream in the hour, Maintenance that they care for tables.
	Streaming, Maintenance bool
	// Models says that a run trains one.
	Models bool
}

// ReadStack reads a stack's file below root, and what the program registers with it.
func ReadStack(root, name string, resources []registered.Resource) (Stack, error) {
	of, err := settings.Of(root, name)
	if err != nil {
		return Stack{}, err
	}
	set, err := of.Contracts()
	if err != nil {
		return Stack{}, err
	}
	stack := Stack{Name: name, Settings: of}
	for _, pipeline := range set.Pipelines() {
		if pipeline.Streaming {
			stack.Stream = pipeline.Name
		} else {
			stack.FileDatasets = append(stack.FileDatasets, pipeline.Name)
		}
	}
	return stack, stack.count(resources)
}

// count reads the resources.
func (s *Stack) count(resources []registered.Resource) error {
	var errs []error
	for _, r := range resources {
		switch r.Type {
		case "aws:kms/key:Key":
			s.Keys++
		case "aws:cloudtrail/trail:Trail":
			s.Trails++
		case "aws:cloudwatch/metricAlarm:MetricAlarm":
			s.AlarmMetrics += alarmMetrics(r)
		case "aws:cloudwatch/dashboard:Dashboard":
			s.Dashboards++
		case "aws:lambda/eventSourceMapping:EventSourceMapping":
			if arn, _ := r.Value("eventSourceArn").(string); strings.Contains(arn, ":sqs:") {
				s.QueueMappings++
			}
		case "aws:lambda/function:Function":
			memory, _ := r.Value("memorySize").(float64)
			switch r.Name {
			case "clickstream-function":
				s.ClickMemoryMB = memory
			case "landing-function":
				s.FileMemoryMB = memory
			case "collector-function":
				s.CollectorMemoryMB = memory
			}
			if list, _ := r.Value("architectures").([]any); len(list) == 1 {
				s.Architecture = map[any]string{"arm64": "arm64", "x86_64": "amd64"}[list[0]]
			}
		case "aws:glue/crawler:Crawler":
			runs, err := runsPerMonth(r.Value("schedule"))
			errs = append(errs, err)
			s.CrawlerRuns += runs
		case "aws:scheduler/schedule:Schedule":
			schedule, err := newSchedule(resources, r)
			schedule.Streaming = schedule.Name == s.Stream+"-hourly"
			errs = append(errs, err)
			if err == nil && r.Value("state") != "DISABLED" {
				s.Schedules = append(s.Schedules, schedule)
			}
		}
		s.Redshift = s.Redshift || strings.HasPrefix(r.Type, "aws:redshiftserverless/")
		s.QuickSight = s.QuickSight || r.Type == "dataplatform:analytics:Reports"
		s.SageMaker = s.SageMaker || strings.HasPrefix(r.Type, "aws:sagemaker/")
	}
	if s.Architecture == "" || s.ClickMemoryMB == 0 || s.FileMemoryMB == 0 {
		errs = append(errs,
			errors.New(
				"the program registers no clickstream-function or landing-function with memory and architecture",
			))
	}
	return errors.Join(errs...)
}

// alarmMetrics is how many metrics an alarm is billed for: each that its expression reads, or its one.
func alarmMetrics(r registered.Resource) int {
	queries, ok := r.Value("metricQueries").([]any)
	if !ok {
		return 1
	}
	n := 0
	for _, query := range queries {
		if fields, _ := query.(map[string]any); fields["metric"] != nil {
			n++
		}
	}
	return n
}

func newSchedule(resources []registered.Resource, r registered.Resource) (Schedule, error) {
	runs, err := runsPerMonth(r.Value("scheduleExpression"))
	if err != nil {
		return Schedule{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	schedule := Schedule{Name: r.Name, RunsPerMonth: runs}
	target, _ := r.Value("target.arn").(string)
	if strings.HasSuffix(target, ":aws-sdk:glue:startJobRun") { // the daily job: no state machine around it
		schedule.Jobs, schedule.Maintenance = 1, true
		return schedule, nil
	}
	for _, stateMachine := range resources {
		if stateMachine.Type != "aws:sfn/stateMachine:StateMachine" ||
			!strings.HasSuffix(target, ":stateMachine:"+stateMachine.Name) {
			continue
		}
		text, _ := stateMachine.Value("definition").(string)
		schedule.Models = strings.Contains(text, "sagemaker:createTrainingJob")
		if schedule.Transitions, schedule.Jobs, err = happyPath(text); err != nil {
			return Schedule{}, fmt.Errorf("%s: %w", stateMachine.Name, err)
		}
	}
	if schedule.Jobs == 0 && !strings.Contains(target, ":lambda:") { // a function's seconds a day are cents
		return Schedule{},
			fmt.Errorf("%s: starts %q, of which the estimate does not know what it costs", r.Name, target)
	}
	return schedule, nil
}

// happyPath counts the states that an execution without a failure enters, and the Glue jobs among them. A Choice takes
// its first branch.
func happyPath(definition string) (transitions, jobs int, err error) {
	var stateMachine struct {
		StartAt string
		States  map[string]struct {
			Type, Resource, Next string
			Choices              []struct{ Next string }
		}
	}
	if err := json.Unmarshal([]byte(definition), &stateMachine); err != nil {
		return 0, 0, err
	}
	for at := stateMachine.StartAt; at != ""; {
		state, ok := stateMachine.States[at]
		if !ok || transitions > len(stateMachine.States) {
			return 0, 0, fmt.Errorf("the definition leads to %q, or in a circle", at)
		}
		transitions++
		if strings.Contains(state.Resource, "glue:startJobRun") {
			jobs++
		}
		at = state.Next
		if len(state.Choices) > 0 {
			at = state.Choices[0].Next
		}
	}
	return transitions, jobs, nil
}

// runsPerMonth of a schedule expression: a rate, or a cron whose days are all days or days of the week.
func runsPerMonth(expression any) (float64, error) {
	text, _ := expression.(string)
	unknown := fmt.Errorf("the schedule %q is of no form whose runs the estimate can count", text)
	if inside, ok := strings.CutPrefix(text, "rate("); ok {
		var every float64
		var unit string
		if _, err := fmt.Sscanf(strings.TrimSuffix(inside, ")"), "%f %s", &every, &unit); err != nil || every <= 0 {
			return 0, unknown
		}
		perHour, ok := map[string]float64{"minute": 60, "hour": 1, "day": 1.0 / 24}[strings.TrimSuffix(unit, "s")]
		if !ok {
			return 0, unknown
		}
		return hoursPerMonth * perHour / every, nil
	}
	inside, ok := strings.CutPrefix(text, "cron(")
	fields := strings.Fields(strings.TrimSuffix(inside, ")"))
	if !ok || len(fields) != 6 || fields[3] != "*" || fields[5] != "*" {
		return 0, unknown
	}
	minutes, hours := times(fields[0], 60), times(fields[1], 24)
	week := 7
	if day := fields[4]; day != "?" && day != "*" {
		week = len(strings.Split(day, ","))
		if strings.ContainsAny(day, "-/#L") {
			return 0, unknown
		}
	}
	if minutes == 0 || hours == 0 || (fields[2] != "*" && fields[2] != "?") {
		return 0, unknown
	}
	return float64(minutes*hours) * float64(week) / 7 * daysPerMonth, nil
}

// times is how often a cron field of so many values strikes: *, 5, 5,35 or 0/15. It is 0 for any other form.
func times(field string, values int) int {
	if field == "*" {
		return values
	}
	if start, step, ok := strings.Cut(field, "/"); ok {
		from, err := strconv.Atoi(strings.Replace(start, "*", "0", 1))
		every, stepErr := strconv.Atoi(step)
		if err != nil || stepErr != nil || every < 1 || from < 0 || from >= values {
			return 0
		}
		return (values - from + every - 1) / every
	}
	n := 0
	for _, each := range strings.Split(field, ",") {
		if at, err := strconv.Atoi(each); err != nil || at < 0 || at >= values {
			return 0
		}
		n++
	}
	return n
}
