package main

import (
	"fmt"
	"math"
	"strconv"
)

// Limits are what the gate asks of a model.
type Limits struct {
	// ToleratedFall is the share of the live model's recall that the candidate's may be below it, from 0 to less than
	// 1.
	ToleratedFall float64
	// MinCustomers that judged it.
	MinCustomers float64
}

// Names of metrics, as the training script prints them.
const (
	recall       = "recall_at_20"
	recallLower  = "recall_lower"
	baseline     = "baseline_recall_at_20"
	customers    = "customers"
	products     = "products"
	interactions = "interactions"
)

// decide judges the metrics of a candidate beside those of the live model, nil when nothing is live yet; without
// reasons it passes.
//
// The lower bound of its recall must be above the bestsellers' recall, and its recall not below the live model's by
// more than the tolerated share. Too few customers prove nothing, and what is not a number is no proof either.
func (l Limits) decide(candidate, live map[string]float64) []string {
	var reasons []string
	number := func(of map[string]float64, whose, name string) float64 {
		value, ok := of[name]
		if !ok || math.IsNaN(value) || math.IsInf(value, 0) {
			reasons = append(reasons, whose+name+" is missing or not a number")
			return math.NaN()
		}
		return value
	}
	seen, lower := number(candidate, "", customers), number(candidate, "", recallLower)
	best, found := number(candidate, "", baseline), number(candidate, "", recall)
	if seen < l.MinCustomers {
		reasons = append(reasons,
			fmt.Sprintf("judged by %.0f customers: at least %.0f are wanted", seen, l.MinCustomers))
	}
	if lower <= best {
		reasons = append(reasons,
			fmt.Sprintf("the lower bound of recall@20, %.4f, does not beat the bestsellers' %.4f", lower, best))
	}
	if live != nil {
		was := number(live, "the live model's ", recall)
		if allowed := was * (1 - l.ToleratedFall); found < allowed {
			reasons = append(reasons, fmt.Sprintf("recall@20 %.4f is below %.4f: the live model's %.4f less %.0f%%",
				found, allowed, was, 100*l.ToleratedFall))
		}
	}
	return reasons
}

// drift is how far the volume of interactions is from what the live model learnt from, as a share of that; false when
// it cannot be said.
func drift(candidate, live map[string]float64) (float64, bool) {
	now, then := candidate[interactions], live[interactions]
	if !(now > 0) || !(then > 0) || math.IsInf(now, 0) || math.IsInf(then, 0) {
		return 0, false
	}
	return math.Abs(now-then) / then, true
}

// figures are a job's final metrics by name.
func figures(metrics []Metric) map[string]float64 {
	found := make(map[string]float64, len(metrics))
	for _, m := range metrics {
		found[m.MetricName] = m.Value
	}
	return found
}

// texts are figures as a model package keeps them.
func texts(figures map[string]float64) map[string]string {
	kept := make(map[string]string, len(figures))
	for name, value := range figures {
		kept[name] = strconv.FormatFloat(value, 'f', 6, 64)
	}
	return kept
}

// parsed reads them again; what is no number is left out.
func parsed(kept map[string]string) map[string]float64 {
	found := map[string]float64{}
	for name, text := range kept {
		if value, err := strconv.ParseFloat(text, 64); err == nil {
			found[name] = value
		}
	}
	return found
}
