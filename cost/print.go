package cost

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Print writes the estimate for a person: a line a service, below it its quantities with their inputs.
func (e Estimate) Print(w io.Writer) error {
	fmt.Fprintf(
		w, "Stack %s, %s: an estimate of one month of %d hours, in USD, before free tiers, discounts and taxes\n\n",
		e.Stack, e.Region, hoursPerMonth,
	)
	foreign := false
	for _, service := range e.Services() {
		fmt.Fprintf(w, "%-58s %10.2f\n", service, e.Of(service))
		for _, line := range e.Lines {
			if line.Service != service {
				continue
			}
			amount := "no price"
			if line.Priced() {
				amount = fmt.Sprintf("%.2f", line.USD)
			}
			mark := " "
			if line.Price.Region != e.Region {
				mark, foreign = "*", true
			}
			fmt.Fprintf(w, "  %-24s %12s %-17s %8s%s  = %s\n", line.What, number(line.Quantity), line.Price.Unit,
				amount, mark, line.Inputs)
		}
	}
	fmt.Fprintf(w, "\n%-58s %10.2f\n", "Total", e.Total())
	if unpriced := e.Unpriced(); len(unpriced) > 0 {
		fmt.Fprintf(w, "not in it: %d line(s) without a price; cost/prices.yaml says why\n", len(unpriced))
	}
	if foreign {
		fmt.Fprintf(w, "* priced as in %s, for want of a source for %s\n", homeRegion, e.Region)
	}
	_, err := fmt.Fprintln(w,
		"~ assumed in cost/workload.yaml, because neither the configuration nor a measurement here can tell")
	return err
}

// MarshalJSON has what Print has; usd is null without a price.
func (e Estimate) MarshalJSON() ([]byte, error) {
	type line struct {
		Service  string   `json:"service"`
		What     string   `json:"what"`
		Quantity float64  `json:"quantity"`
		Unit     string   `json:"unit"`
		Inputs   string   `json:"inputs"`
		USD      *float64 `json:"usd"`
		PricedIn string   `json:"pricedIn"`
		Assumed  bool     `json:"assumed"`
	}
	lines := make([]line, 0, len(e.Lines))
	for _, l := range e.Lines {
		one := line{
			Service: l.Service, What: l.What, Quantity: l.Quantity, Unit: l.Price.Unit, Inputs: l.Inputs,
			PricedIn: l.Price.Region, Assumed: l.Assumed,
		}
		if l.Priced() {
			one.USD = &l.USD
		}
		lines = append(lines, one)
	}
	return json.Marshal(map[string]any{
		"stack": e.Stack, "region": e.Region, "hours": hoursPerMonth, "totalUsd": e.Total(), "lines": lines,
	})
}

// number is short: three significant digits and thousands as k, M, G.
func number(value float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if math.Abs(value) >= unit.size {
			return strconv.FormatFloat(value/unit.size, 'f', digits(value/unit.size), 64) + unit.name
		}
	}
	return strconv.FormatFloat(value, 'f', digits(value), 64)
}

func digits(value float64) int {
	switch value = math.Abs(value); {
	case value == math.Trunc(value):
		return 0
	case value >= 100:
		return 0
	case value >= 10:
		return 1
	case value >= 0.1:
		return 2
	default:
		return 4
	}
}

// Table is the estimates of several stacks side by side, as Markdown, a row a service.
func Table(estimates ...Estimate) string {
	var b strings.Builder
	b.WriteString("| USD a month |")
	rule := "|---|"
	for _, e := range estimates {
		fmt.Fprintf(&b, " %s |", e.Stack)
		rule += "---:|"
	}
	b.WriteString("\n" + rule + "\n")
	for _, service := range estimates[0].Services() {
		fmt.Fprintf(&b, "| %s |", service)
		for _, e := range estimates {
			fmt.Fprintf(&b, " %.2f |", e.Of(service))
		}
		b.WriteString("\n")
	}
	b.WriteString("| **Total** |")
	for _, e := range estimates {
		fmt.Fprintf(&b, " **%.2f** |", e.Total())
	}
	b.WriteString("\n")
	return b.String()
}

// Day is what a day costs of the same stacks without traffic and with it, as Markdown: a thirtieth of the month.
func Day(quiet, busy []Estimate) string {
	const days = 30
	names, rule := "| USD a day |", "|---|"
	without, with := "| without traffic |", "| with it |"
	for i := range quiet {
		names, rule = names+" "+quiet[i].Stack+" |", rule+"---:|"
		without += fmt.Sprintf(" %.2f |", quiet[i].Total()/days)
		with += fmt.Sprintf(" %.2f |", busy[i].Total()/days)
	}
	return strings.Join([]string{names, rule, without, with, ""}, "\n")
}
