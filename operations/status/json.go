package status

import (
	"encoding/json"
	"time"

	"dataplatform/operations/runs"
)

// MarshalJSON has what Print has: instants in RFC 3339, null for never, for rows that only a query can count and for
// what unread names, SLOs and ages in seconds.
func (s Status) MarshalJSON() ([]byte, error) {
	type dataset struct {
		ID      string     `json:"id"`
		Written *time.Time `json:"written"`
		SLO     float64    `json:"promiseSeconds"`
		Rows    *int64     `json:"rows"`
	}
	type run struct {
		StateMachine string       `json:"machine"`
		Status       string       `json:"status"`
		Started      *time.Time   `json:"started"`
		Counts       *runs.Counts `json:"counts"`
		Execution    string       `json:"execution"`
		Input        string       `json:"input,omitempty"`
		Cause        string       `json:"cause,omitempty"`
	}
	type stream struct {
		Stream
		Age *float64 `json:"ageSeconds"`
	}
	type queue struct {
		Queue
		Oldest *float64 `json:"oldestSeconds"`
	}
	type pipeline struct {
		Name    string      `json:"name"`
		SLO     float64     `json:"promiseSeconds"`
		Last    *run        `json:"lastRun"`
		Waiting int         `json:"waiting"`
		Since   *time.Time  `json:"waitingSince"`
		Hours   []time.Time `json:"hoursWithoutRun"`
		Behind  float64     `json:"behindSeconds"`
		Apart   []Apart     `json:"apart"`
		GivenUp int         `json:"givenUp"`
		Late    bool        `json:"late"`
	}
	out := struct {
		At        time.Time  `json:"at"`
		Datasets  []dataset  `json:"datasets"`
		Pipelines []pipeline `json:"pipelines"`
		Stream    *stream    `json:"stream"`
		Queues    []queue    `json:"queues"`
		Alarms    []Alarm    `json:"alarms"`
		Unread    []Unread   `json:"unread"`
		Well      bool       `json:"well"`
	}{
		At: s.At.UTC(), Datasets: []dataset{}, Pipelines: []pipeline{}, Queues: []queue{},
		Alarms: append([]Alarm{}, s.Alarms...), Unread: append([]Unread{}, s.Unread...), Well: s.Well(),
	}
	if !s.unread("stream") {
		out.Stream = &stream{s.Stream, seconds(s.Stream.Age)}
	}
	for _, q := range s.Queues {
		out.Queues = append(out.Queues, queue{q, seconds(q.Oldest)})
	}
	for _, d := range s.Datasets {
		one := dataset{ID: d.ID, Written: known(d.Newest), SLO: d.SLO.Seconds()}
		if d.Rows >= 0 {
			one.Rows = &d.Rows
		}
		out.Datasets = append(out.Datasets, one)
	}
	for _, p := range s.Pipelines {
		one := pipeline{
			Name: p.Name, SLO: p.SLO.Seconds(), Waiting: p.Waiting, Since: known(p.Since),
			Hours: append([]time.Time{}, p.Hours...), Behind: p.Behind.Seconds(), Apart: append([]Apart{}, p.Apart...),
			Late: p.Late(s.At), GivenUp: p.GivenUp,
		}
		if p.Last.Status != "" {
			one.Last = &run{
				StateMachine: p.Last.StateMachine, Status: p.Last.Status, Started: known(p.Last.Started),
				Counts: p.Last.Counts, Execution: p.Last.Execution, Input: p.Last.Input, Cause: p.Last.Cause,
			}
		}
		out.Pipelines = append(out.Pipelines, one)
	}
	return json.Marshal(out)
}

func known(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func seconds(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	found := d.Seconds()
	return &found
}
