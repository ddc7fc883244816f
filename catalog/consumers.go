package catalog

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"

	"gopkg.in/yaml.v3"

	"dataplatform/contracts"
)

//go:embed consumers.yaml
var consumersFile []byte

// Kinds of consumers.
const (
	KindDashboard = "dashboard"
	KindModel     = "model"
)

// Consumer is something that reads tables and is no contract.
type Consumer struct {
	ID          string   `yaml:"id"`
	Kind        string   `yaml:"kind"`
	Title       string   `yaml:"title"`
	Description string   `yaml:"description"`
	Reads       []string `yaml:"reads"`
}

// Consumers are those of consumers.yaml.
func Consumers() ([]Consumer, error) {
	consumers, err := parseConsumers(consumersFile)
	if err != nil {
		return nil, fmt.Errorf("catalog/consumers.yaml: %w", err)
	}
	return consumers, nil
}

func parseConsumers(text []byte) ([]Consumer, error) {
	var file struct {
		Consumers []Consumer `yaml:"consumers"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, err
	}
	return file.Consumers, nil
}

// consumerID is what becomes part of a file's name.
var consumerID = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func checkConsumers(consumers []Consumer, set *contracts.Set) error {
	var errs []error
	seen := map[string]bool{}
	for _, c := range consumers {
		if !consumerID.MatchString(c.ID) || seen[c.Kind+c.ID] {
			errs = append(errs,
				fmt.Errorf("consumer %q: the id is not allowed, or given twice; allowed: %s", c.ID, consumerID))
		}
		seen[c.Kind+c.ID] = true
		if c.Kind != KindDashboard && c.Kind != KindModel {
			errs = append(errs, fmt.Errorf("consumer %s: kind %q is not allowed; allowed: %s, %s", c.ID, c.Kind,
				KindDashboard, KindModel))
		}
		if c.Title == "" || c.Description == "" || len(c.Reads) == 0 {
			errs = append(errs, fmt.Errorf("consumer %s: needs title, description and reads", c.ID))
		}
		for _, id := range c.Reads {
			if _, ok := set.Get(id); !ok {
				errs = append(errs, fmt.Errorf("consumer %s: reads %s, which no contract describes", c.ID, id))
			}
		}
	}
	return errors.Join(errs...)
}
