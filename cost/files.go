package cost

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Workload is the traffic that is priced.
type Workload struct {
	// Months that data has been kept.
	Months float64 `yaml:"months"`
	Clicks struct {
		EventsPerSecond float64 `yaml:"eventsPerSecond"`
		EventsPerRecord float64 `yaml:"eventsPerRecord"`
		// RecordBytes of a Kinesis record, as put.
		RecordBytes float64 `yaml:"recordBytes"`
	} `yaml:"clicks"`
	// Files of each dataset that comes as files.
	Files struct {
		PerHour float64 `yaml:"perHour"`
		Bytes   float64 `yaml:"bytes"`
	} `yaml:"files"`
	Queries struct {
		PerDay       float64 `yaml:"perDay"`
		BytesScanned float64 `yaml:"bytesScanned"`
	} `yaml:"queries"`
	Redshift struct {
		RPUHoursPerDay float64 `yaml:"rpuHoursPerDay"`
	} `yaml:"redshift"`
	QuickSight struct {
		Authors float64 `yaml:"authors"`
	} `yaml:"quicksight"`
	SageMaker struct {
		RequestsPerDay float64 `yaml:"requestsPerDay"`
	} `yaml:"sagemaker"`
	Assumed Assumed `yaml:"assumed"`
}

// Assumed is what only an AWS account can tell; workload.yaml says what each means.
type Assumed struct {
	PutSeconds            float64 `yaml:"putSeconds"`
	FileSeconds           float64 `yaml:"fileSeconds"`
	JobSeconds            float64 `yaml:"jobSeconds"`
	RowsPerWorkerSecond   float64 `yaml:"rowsPerWorkerSecond"`
	MaintenanceSeconds    float64 `yaml:"maintenanceSeconds"`
	ObjectsPerRun         float64 `yaml:"objectsPerRun"`
	ReadsPerRun           float64 `yaml:"readsPerRun"`
	RawFileShare          float64 `yaml:"rawFileShare"`
	ProcessedFileShare    float64 `yaml:"processedFileShare"`
	CuratedShare          float64 `yaml:"curatedShare"`
	KMSRequestShare       float64 `yaml:"kmsRequestShare"`
	LogBytesPerInvocation float64 `yaml:"logBytesPerInvocation"`
	LogBytesPerRun        float64 `yaml:"logBytesPerRun"`
	CustomMetrics         float64 `yaml:"customMetrics"`
	CrawlerDPUHours       float64 `yaml:"crawlerDpuHours"`
	Emails                float64 `yaml:"emails"`
	ModelJobSeconds       float64 `yaml:"modelJobSeconds"`
	ModelAnswerSeconds    float64 `yaml:"modelAnswerSeconds"`
	CollectorSeconds      float64 `yaml:"collectorSeconds"`
}

// Measured is what the click function needs of an event.
type Measured struct {
	Command   string          `yaml:"command"`
	Date      string          `yaml:"date"`
	Processor string          `yaml:"processor"`
	Batches   []MeasuredBatch `yaml:"batches"` // by events
}

// MeasuredBatch is the mean of batches of one size: bytes and time an event, objects a batch.
type MeasuredBatch struct {
	Events                float64 `yaml:"events"`
	EventBytes            float64 `yaml:"eventBytes"`
	ProcessorMicroseconds float64 `yaml:"processorMicroseconds"` // of one core, a vCPU of Lambda
	RawBytes              float64 `yaml:"rawBytes"`
	ProcessedBytes        float64 `yaml:"processedBytes"`
	QuarantineBytes       float64 `yaml:"quarantineBytes"`
	RawObjects            float64 `yaml:"rawObjects"`
	ProcessedObjects      float64 `yaml:"processedObjects"`
	QuarantineObjects     float64 `yaml:"quarantineObjects"`
}

// objects of one batch.
func (m MeasuredBatch) objects() float64 {
	return m.RawObjects + m.ProcessedObjects + m.QuarantineObjects
}

// atMost is the largest measured batch that is not above events: an event of it costs no less than one of the batch in
// question.
func (m Measured) atMost(events float64) MeasuredBatch {
	found := m.Batches[0]
	for _, batch := range m.Batches {
		if batch.Events <= events {
			found = batch
		}
	}
	return found
}

// atLeast is the smallest measured batch that is not below events: it has no fewer objects than the batch in question.
func (m Measured) atLeast(events float64) MeasuredBatch {
	for _, batch := range m.Batches {
		if batch.Events >= events {
			return batch
		}
	}
	return m.Batches[len(m.Batches)-1]
}

// Input is everything an estimate needs beside the stack.
type Input struct {
	Prices   Prices
	Workload Workload
	Measured Measured
}

// Read reads the three files below root/cost.
func Read(root string) (Input, error) {
	var in Input
	var prices struct {
		Prices []Price `yaml:"prices"`
	}
	for name, target := range map[string]any{
		"prices.yaml": &prices, "workload.yaml": &in.Workload, "measured.yaml": &in.Measured,
	} {
		file := filepath.Join(root, "cost", name)
		text, err := os.ReadFile(file)
		if err != nil {
			return Input{}, err
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		if err := decoder.Decode(target); err != nil {
			return Input{}, fmt.Errorf("%s: %w", file, err)
		}
	}
	var err error
	if in.Prices, err = newPrices(prices.Prices); err != nil {
		return Input{}, fmt.Errorf("cost/prices.yaml: %w", err)
	}
	return in, in.check()
}

func (in Input) check() error {
	var errs []error
	negative(reflect.ValueOf(in.Workload), "cost/workload.yaml", &errs)
	if c := in.Workload.Clicks; c.EventsPerSecond > 0 && (c.EventsPerRecord < 1 || c.RecordBytes < 1) {
		errs = append(errs, errors.New("cost/workload.yaml: clicks: eventsPerRecord and recordBytes are at least 1"))
	}
	if in.Workload.Assumed.RowsPerWorkerSecond < 1 {
		errs = append(errs, errors.New("cost/workload.yaml: assumed: rowsPerWorkerSecond is at least 1"))
	}
	if len(in.Measured.Batches) == 0 {
		errs = append(errs, errors.New("cost/measured.yaml: has no batches"))
	}
	for i := 1; i < len(in.Measured.Batches); i++ {
		if in.Measured.Batches[i].Events <= in.Measured.Batches[i-1].Events {
			errs = append(errs, errors.New("cost/measured.yaml: batches are not in the order of their events"))
		}
	}
	return errors.Join(errs...)
}

func negative(value reflect.Value, path string, errs *[]error) {
	for i := range value.NumField() {
		at := path + ": " + value.Type().Field(i).Tag.Get("yaml")
		switch field := value.Field(i); field.Kind() {
		case reflect.Struct:
			negative(field, at, errs)
		case reflect.Float64:
			if field.Float() < 0 {
				*errs = append(*errs, fmt.Errorf("%s: %v is below 0", at, field.Float()))
			}
		}
	}
}

// Quiet is the same with nothing that comes: no file, no query, and of clicks, by which shares are reckoned, one in
// some hours.
func (in Input) Quiet() Input {
	w := &in.Workload
	w.Clicks.EventsPerSecond, w.Files.PerHour, w.Queries.PerDay, w.Redshift.RPUHoursPerDay = 1e-4, 0, 0, 0
	w.SageMaker.RequestsPerDay = 0
	return in
}
