package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Places in the features layer.
const (
	runsPrefix    = "model_runs/"
	batchPrefix   = "batch/"
	capturePrefix = "capture/"
)

func runKey(run string) string    { return runsPrefix + run + ".json" }
func sampleKey(run string) string { return batchPrefix + run + "/sample.json" }

// Settings are what the deployment says of the pipeline.
type Settings struct {
	// Name of the endpoint, and what the names of everything a run makes begin with.
	Name string
	// PackageGroup is the registry's group of the models.
	PackageGroup string
	// Region is where all of it is: the container asks for it.
	Region string
	// RoleARN is what endpoints act as, Image their container's and Source the URI of the scripts' archive.
	RoleARN string
	Image   string
	Source  string
	// FeaturesBucket takes records and captures, FeaturesKey encrypts the latter.
	FeaturesBucket string
	FeaturesKey    string
	// Holdout is how long before the end of what is known the evaluated model stops training.
	Holdout time.Duration
	// RunLimit is the longest that a run may take.
	RunLimit time.Duration
	// MaxLooks are how often a step looks at an endpoint that changes, before it gives up.
	MaxLooks int
	Limits   Limits
	Endpoint EndpointSettings
	// Tags of what runs make.
	Tags map[string]string
}

// EndpointSettings size the endpoint: serverless without an instance type.
type EndpointSettings struct {
	MemoryMB       int    `json:"memoryMb"`
	MaxConcurrency int    `json:"maxConcurrency"`
	InstanceType   string `json:"instanceType"`
	Instances      int    `json:"instances"`
	CapturePercent int    `json:"capturePercent"`
}

// candidate is the name of the endpoint that a model is tried on.
func (s Settings) candidate() string { return s.Name + "-candidate" }

var runName = regexp.MustCompile(`^[0-9]{8}-[0-9a-f]{7}$`)

// isRun says whether something is called as a run of this pipeline calls it. What another stack's runs make may contain
// the name.
func (s Settings) isRun(name string) bool {
	id, ours := strings.CutPrefix(name, s.Name+"-")
	return ours && runName.MatchString(id)
}

// tags in SageMaker's form.
func (s Settings) tags() []map[string]string {
	list := []map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		list = append(list, map[string]string{"Key": key, "Value": s.Tags[key]})
	}
	return list
}

// shape is the variable that holds what is no single value.
type configuration struct {
	ToleratedFall float64           `json:"toleratedFall"`
	MinCustomers  int               `json:"minCustomers"`
	MaxLooks      int               `json:"maxLooks"`
	Endpoint      EndpointSettings  `json:"endpoint"`
	Tags          map[string]string `json:"tags"`
}

// read takes it into the settings.
func (s *Settings) read(text string) error {
	var given configuration
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return fmt.Errorf("not the settings of the pipeline: %w", err)
	}
	var problems []error
	if given.ToleratedFall < 0 || given.ToleratedFall >= 1 {
		problems = append(problems,
			fmt.Errorf("toleratedFall %v: want a share from 0 to less than 1", given.ToleratedFall))
	}
	if given.MinCustomers < 1 {
		problems = append(problems, fmt.Errorf("minCustomers %d: want at least 1", given.MinCustomers))
	}
	if given.MaxLooks < 1 {
		problems = append(problems, fmt.Errorf("maxLooks %d: want at least 1", given.MaxLooks))
	}
	e := given.Endpoint
	if serverless := e.InstanceType == ""; serverless != (e.MemoryMB > 0 && e.MaxConcurrency > 0) ||
		serverless == (e.Instances > 0) {
		problems = append(problems,
			errors.New("endpoint: want memoryMb and maxConcurrency, or instanceType and instances"))
	}
	s.Limits = Limits{ToleratedFall: given.ToleratedFall, MinCustomers: float64(given.MinCustomers)}
	s.Endpoint, s.Tags, s.MaxLooks = e, given.Tags, given.MaxLooks
	return errors.Join(problems...)
}
