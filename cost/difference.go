package cost

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// Reported is an estimate as MarshalJSON writes it: that of another commit is made by that commit's own program.
type Reported struct {
	Stack string         `json:"stack"`
	Total float64        `json:"totalUsd"`
	Lines []ReportedLine `json:"lines"`
}

// ReportedLine is one quantity of an estimate.
type ReportedLine struct {
	Service string  `json:"service"`
	What    string  `json:"what"`
	Inputs  string  `json:"inputs"`
	USD     float64 `json:"usd"` // 0 without a price
}

// Difference is what a change costs a month.
type Difference struct {
	Stack    string        `json:"stack"`
	Against  string        `json:"against"`
	Before   float64       `json:"beforeUsd"`
	After    float64       `json:"afterUsd"`
	Services []Moved       `json:"services"`
	Lines    []ChangedLine `json:"lines"`
}

// Moved is what a service cost before and costs after.
type Moved struct {
	Service string  `json:"service"`
	Before  float64 `json:"beforeUsd"`
	After   float64 `json:"afterUsd"`
}

// ChangedLine is a line that costs something else; its inputs are why, empty where it was not there or is not any more.
type ChangedLine struct {
	Service string  `json:"service"`
	What    string  `json:"what"`
	USD     float64 `json:"usd"` // more a month
	Before  string  `json:"before"`
	After   string  `json:"after"`
}

// Compare says what an estimate has become, against that of another commit.
func Compare(before Reported, against string, now Estimate) (Difference, error) {
	text, err := json.Marshal(now)
	if err != nil {
		return Difference{}, err
	}
	var after Reported
	if err := json.Unmarshal(text, &after); err != nil {
		return Difference{}, err
	}
	d := Difference{Stack: after.Stack, Against: against, Before: before.Total, After: after.Total}
	changed := map[string]*ChangedLine{}
	of := map[string]*Moved{}
	add := func(line ReportedLine, sign float64) *ChangedLine {
		key := line.Service + "\x00" + line.What
		if changed[key] == nil {
			changed[key] = &ChangedLine{Service: line.Service, What: line.What}
		}
		if of[line.Service] == nil {
			of[line.Service] = &Moved{Service: line.Service}
		}
		changed[key].USD += sign * line.USD
		return changed[key]
	}
	for _, line := range before.Lines {
		add(line, -1).Before = line.Inputs
		of[line.Service].Before += line.USD
	}
	for _, line := range after.Lines {
		add(line, 1).After = line.Inputs
		of[line.Service].After += line.USD
	}
	for _, line := range changed {
		if math.Abs(line.USD) >= smallest {
			d.Lines = append(d.Lines, *line)
		}
	}
	for _, service := range of {
		if math.Abs(service.After-service.Before) >= smallest {
			d.Services = append(d.Services, *service)
		}
	}
	slices.SortFunc(d.Lines, func(a, b ChangedLine) int {
		return cmp.Or(cmp.Compare(math.Abs(b.USD), math.Abs(a.USD)), cmp.Compare(a.Service+a.What, b.Service+b.What))
	})
	slices.SortFunc(d.Services, func(a, b Moved) int { return cmp.Compare(a.Service, b.Service) })
	return d, nil
}

// smallest is what is shown of a difference: a cent.
const smallest = 0.005

// Print writes the difference for a person.
func (d Difference) Print(w io.Writer) error {
	fmt.Fprintf(w, "Stack %s, against %s: %.2f USD a month, %+.2f\n", d.Stack, d.Against, d.After, d.After-d.Before)
	for _, one := range d.Services {
		fmt.Fprintf(w, "\n%-24s %10.2f %+10.2f\n", one.Service, one.After, one.After-one.Before)
		for _, line := range d.Lines {
			if line.Service != one.Service {
				continue
			}
			fmt.Fprintf(w, "  %-32s %+10.2f\n    was %s\n    is  %s\n", line.What, line.USD, orNothing(line.Before),
				orNothing(line.After))
		}
	}
	if len(d.Services) == 0 {
		_, err := fmt.Fprintln(w, "nothing costs anything else")
		return err
	}
	return nil
}

func orNothing(inputs string) string { return cmp.Or(inputs, "nothing") }
