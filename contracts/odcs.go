package contracts

import "gopkg.in/yaml.v3"

// The supported subset of ODCS 3.1. Key names are the standard's; a key that is not here is refused by checkKeys.

type document struct {
	APIVersion       string           `yaml:"apiVersion"`
	Kind             string           `yaml:"kind"`
	ID               string           `yaml:"id"`
	Name             string           `yaml:"name"`
	Version          string           `yaml:"version"`
	Status           string           `yaml:"status"`
	Domain           string           `yaml:"domain"`
	Description      text             `yaml:"description"`
	Team             team             `yaml:"team"`
	Schema           []object         `yaml:"schema"`
	SLAProperties    []slaProperty    `yaml:"slaProperties"`
	CustomProperties []customProperty `yaml:"customProperties"`
}

type text struct {
	Purpose     string `yaml:"purpose"`
	Usage       string `yaml:"usage"`
	Limitations string `yaml:"limitations"`
}

type team struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

type object struct {
	Name         string     `yaml:"name"`
	LogicalType  string     `yaml:"logicalType"`
	PhysicalType string     `yaml:"physicalType"`
	Description  string     `yaml:"description"`
	Granularity  string     `yaml:"dataGranularityDescription"`
	Properties   []property `yaml:"properties"`
	Quality      []quality  `yaml:"quality"`
}

type property struct {
	Name                 string           `yaml:"name"`
	LogicalType          string           `yaml:"logicalType"`
	PhysicalType         string           `yaml:"physicalType"`
	Description          string           `yaml:"description"`
	Classification       string           `yaml:"classification"`
	Required             bool             `yaml:"required"`
	Unique               bool             `yaml:"unique"`
	PrimaryKey           bool             `yaml:"primaryKey"`
	PrimaryKeyPosition   int              `yaml:"primaryKeyPosition"`
	Partitioned          bool             `yaml:"partitioned"`
	PartitionKeyPosition int              `yaml:"partitionKeyPosition"`
	LogicalTypeOptions   typeOptions      `yaml:"logicalTypeOptions"`
	Quality              []quality        `yaml:"quality"`
	Properties           []property       `yaml:"properties"`
	Relationships        []relationship   `yaml:"relationships"`
	CustomProperties     []customProperty `yaml:"customProperties"`
}

type relationship struct {
	Type             string           `yaml:"type"`
	To               string           `yaml:"to"`
	CustomProperties []customProperty `yaml:"customProperties"`
}

type typeOptions struct {
	MinLength *int      `yaml:"minLength"`
	MaxLength *int      `yaml:"maxLength"`
	Pattern   string    `yaml:"pattern"`
	Minimum   yaml.Node `yaml:"minimum"` // a number, or for dates a string
	Maximum   yaml.Node `yaml:"maximum"`
}

type quality struct {
	Name        string           `yaml:"name"`
	Description string           `yaml:"description"`
	Type        string           `yaml:"type"`
	Metric      string           `yaml:"metric"`
	Arguments   qualityArguments `yaml:"arguments"`
	Query       string           `yaml:"query"`
	MustBe      *float64         `yaml:"mustBe"`
	AtLeast     *float64         `yaml:"mustBeGreaterOrEqualTo"`
	Above       *float64         `yaml:"mustBeGreaterThan"`
	AtMost      *float64         `yaml:"mustBeLessOrEqualTo"`
	Below       *float64         `yaml:"mustBeLessThan"`
	Unit        string           `yaml:"unit"`
	Dimension   string           `yaml:"dimension"`
	Severity    string           `yaml:"severity"`
}

type qualityArguments struct {
	ValidValues []string `yaml:"validValues"`
	Pattern     string   `yaml:"pattern"`
	Properties  []string `yaml:"properties"`
}

type slaProperty struct {
	Property    string `yaml:"property"`
	Value       int    `yaml:"value"`
	Unit        string `yaml:"unit"`
	Element     string `yaml:"element"`
	Driver      string `yaml:"driver"`
	Description string `yaml:"description"`
}

type customProperty struct {
	Property    string    `yaml:"property"`
	Value       yaml.Node `yaml:"value"`
	Description string    `yaml:"description"`
}
