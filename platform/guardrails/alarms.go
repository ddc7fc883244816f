package guardrails

import (
	"fmt"
	"strings"

	"dataplatform/internal/graph"
)

var alarmsReached = Control{
	Name:     "alarms see data that come late",
	Protects: "No alarm looks at minutes alone whose data are not there yet, or waits for more failures than there will be.",
	Over:     of(alarmToken),
	Evaluate: func(g Graph, alarm graph.Resource) []string {
		periods, _ := alarm.Value("evaluationPeriods").(float64)
		breaches, ok := alarm.Value("datapointsToAlarm").(float64)
		if !ok {
			breaches = periods
		}
		filled, metrics := false, []map[string]any{{
			"metricName": alarm.Value("metricName"), "dimensions": alarm.Value("dimensions"),
			"period": alarm.Value("period"),
		}}
		for _, query := range objects(alarm.Value("metricQueries")) {
			if metric, ok := query["metric"].(map[string]any); ok {
				metrics = append(metrics, metric)
			}
			expression, _ := query["expression"].(string)
			filled = filled || strings.Contains(expression, "FILL(")
		}
		var problems []string
		if filled && breaches >= periods {
			problems = append(problems, "fills the latest period, which has no data yet, and needs it")
		}
		for _, metric := range metrics {
			problems = append(problems, g.evaluateFunctionAlarm(metric, periods, breaches)...)
		}
		return problems
	},
}

// ofInvocations are the metrics that Lambda stamps with an invocation's start (AWS Lambda Developer Guide, "Viewing
// metrics for Lambda functions").
var ofInvocations = map[string]bool{"Errors": true, "Duration": true, "IteratorAge": true}

// evaluateFunctionAlarm asks whether an invocation that took all of its time is still looked at when it ends, and
// whether a queue or a deployment calls the function often enough.
func (g Graph) evaluateFunctionAlarm(metric map[string]any, periods, breaches float64) []string {
	dimensions, _ := metric["dimensions"].(map[string]any)
	name, _ := metric["metricName"].(string)
	function, ok := g.named(dimensions["FunctionName"], functionToken)
	if !ok || !ofInvocations[name] {
		return nil
	}
	period, _ := metric["period"].(float64)
	timeout, _ := function.Value("timeout").(float64)
	var problems []string
	if period*periods < timeout+period {
		problems = append(problems, fmt.Sprintf("looks back %.0f s, an invocation takes up to %.0f", period*periods, timeout))
	}
	if breaches > 1 && !g.readsStream(function) {
		problems = append(problems, "waits for more failures than a function that is called now and then has")
	}
	return problems
}

// readsStream says whether a function is called for a stream, and so all the time.
func (g Graph) readsStream(function graph.Resource) bool {
	for _, m := range g.Of(mappingToken) {
		_, ok := g.named(m.Value("eventSourceArn"), streamToken)
		if ok && answersTo(function, m.Value("functionName")) {
			return true
		}
	}
	return false
}
