// Package layout names the objects the functions write. Every name is a function of the input alone, so a retry writes
// the same object again.
package layout

import (
	"fmt"
	"time"
)

// ArrivalPath is the partition of raw and quarantine data: the UTC hour of arrival.
func ArrivalPath(at time.Time) string {
	at = at.UTC()
	return fmt.Sprintf("ingest_date=%s/ingest_hour=%02d", at.Format(time.DateOnly), at.Hour())
}

// EventPath is the partition of processed data: the UTC hour of the event.
func EventPath(at time.Time) string {
	at = at.UTC()
	return fmt.Sprintf("event_date=%s/event_hour=%02d", at.Format(time.DateOnly), at.Hour())
}

// Raw is the key of a raw object.
func Raw(dataset string, arrival time.Time, object string) string {
	return dataset + "/" + ArrivalPath(arrival) + "/" + object
}

// Rows is the key of a raw row about an object: beside the dataset's folder, where the objects themselves are.
func Rows(dataset string, arrival time.Time, id string) string {
	return dataset + "-rows/" + ArrivalPath(arrival) + "/" + id + ".ndjson.gz"
}

// Thumbnail is the key of an image's thumbnail among the processed objects; digest is the image's.
func Thumbnail(digest string, side int, extension string) string {
	return fmt.Sprintf("thumbnails/%s/%d.%s", digest, side, extension)
}

// Processed is the key of a processed object.
func Processed(dataset string, event time.Time, object string) string {
	return dataset + "/" + EventPath(event) + "/" + object
}

// Quarantine is the key of an object of quarantine rows; id is the identity of the rows' source.
func Quarantine(dataset, reason string, arrival time.Time, id string) string {
	return "quarantine/" + dataset + "/reason=" + reason + "/" + ArrivalPath(arrival) + "/" + id + ".ndjson.gz"
}

// QuarantineFile is the key of the original bytes of a refused file.
func QuarantineFile(dataset, digest string) string {
	return "quarantine-files/" + dataset + "/" + digest
}
