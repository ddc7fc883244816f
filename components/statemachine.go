package components

import (
	"encoding/json"
	"fmt"
)

// The parts of the Amazon States Language that the pipelines use. Field names are the language's.

type stateMachineDefinition struct {
	Comment        string           `json:"Comment"`
	StartAt        string           `json:"StartAt"`
	States         map[string]state `json:"States"`
	TimeoutSeconds int              `json:"TimeoutSeconds,omitempty"`
}

type state struct {
	Type           string         `json:"Type"`
	Comment        string         `json:"Comment,omitempty"`
	Resource       string         `json:"Resource,omitempty"`
	Parameters     map[string]any `json:"Parameters,omitempty"`
	ResultSelector map[string]any `json:"ResultSelector,omitempty"`
	ResultPath     *resultPath    `json:"ResultPath,omitempty"`
	Result         any            `json:"Result,omitempty"`
	TimeoutSeconds int            `json:"TimeoutSeconds,omitempty"`
	Retry          []retrier      `json:"Retry,omitempty"`
	Catch          []catcher      `json:"Catch,omitempty"`
	Next           string         `json:"Next,omitempty"`
	End            bool           `json:"End,omitempty"`

	// Wait
	Seconds int `json:"Seconds,omitempty"`

	// Choice
	Choices []choice `json:"Choices,omitempty"`
	Default string   `json:"Default,omitempty"`

	// Map
	ItemsPath      string         `json:"ItemsPath,omitempty"`
	ItemSelector   map[string]any `json:"ItemSelector,omitempty"`
	MaxConcurrency int            `json:"MaxConcurrency,omitempty"`
	ItemProcessor  *itemProcessor `json:"ItemProcessor,omitempty"`

	// Fail
	Error     string `json:"Error,omitempty"`
	CausePath string `json:"CausePath,omitempty"`
}

// resultPath is where a state's result goes in its input; discard, JSON null, drops the result.
type resultPath string

const discard resultPath = ""

// MarshalJSON writes discard as null.
func (p resultPath) MarshalJSON() ([]byte, error) {
	if p == discard {
		return []byte("null"), nil
	}
	return json.Marshal(string(p))
}

func into(path resultPath) *resultPath { return &path }

type retrier struct {
	ErrorEquals     []string `json:"ErrorEquals"`
	IntervalSeconds int      `json:"IntervalSeconds"`
	MaxAttempts     int      `json:"MaxAttempts"`
	BackoffRate     float64  `json:"BackoffRate"`
	MaxDelaySeconds int      `json:"MaxDelaySeconds"`
	JitterStrategy  string   `json:"JitterStrategy"`
}

type catcher struct {
	ErrorEquals []string   `json:"ErrorEquals"`
	ResultPath  resultPath `json:"ResultPath"`
	Next        string     `json:"Next"`
}

type choice struct {
	And                []choice `json:"And,omitempty"`
	Variable           string   `json:"Variable,omitempty"`
	NumericEquals      *float64 `json:"NumericEquals,omitempty"`
	NumericGreaterThan *float64 `json:"NumericGreaterThan,omitempty"`
	BooleanEquals      *bool    `json:"BooleanEquals,omitempty"`
	IsPresent          *bool    `json:"IsPresent,omitempty"`
	Next               string   `json:"Next,omitempty"`
}

type itemProcessor struct {
	ProcessorConfig map[string]string `json:"ProcessorConfig"`
	StartAt         string            `json:"StartAt"`
	States          map[string]state  `json:"States"`
}

// retryOn repeats a call after errors of the service, never after errors of the work itself: those repeat themselves.
func retryOn(attempts int, errorNames ...string) []retrier {
	return []retrier{{
		ErrorEquals: errorNames, IntervalSeconds: 5, MaxAttempts: attempts, BackoffRate: 2, MaxDelaySeconds: 120,
		JitterStrategy: "FULL",
	}}
}

func (m stateMachineDefinition) render() (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("state machine: %w", err)
	}
	// Step Functions CreateStateMachine.
	if len(text) > 1<<20 {
		return "", fmt.Errorf("state machine: %d bytes, AWS allows %d", len(text), 1<<20)
	}
	return string(text), nil
}
