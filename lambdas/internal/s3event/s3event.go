// Package s3event reads the notifications that S3 sends of what happens to a bucket's objects.
package s3event

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Event is what happened to one version of an object.
type Event struct {
	Name      string // without the service, such as ObjectCreated:Put
	Bucket    string
	Key       string // decoded
	Version   string // "" in a bucket without versions
	Size      int64  // of the object, bytes; 0 for a removal
	Sequencer string // orders the events of one key; "" where S3 says none
	Time      time.Time
}

// Created says that there is a new object or a new version of one.
func (e Event) Created() bool { return strings.HasPrefix(e.Name, "ObjectCreated:") }

// DeleteMarker says that a version without content now hides the object: its versions are still there.
func (e Event) DeleteMarker() bool {
	return e.Name == "ObjectRemoved:DeleteMarkerCreated" || e.Name == "LifecycleExpiration:DeleteMarkerCreated"
}

// Removed says that the version, or the object in a bucket without versions, is gone.
func (e Event) Removed() bool {
	return e.Name == "ObjectRemoved:Delete" || e.Name == "LifecycleExpiration:Delete"
}

// Folder says that the object is what consoles, or Hadoop and EMR, make to show an empty folder.
func (e Event) Folder() bool {
	return e.Size == 0 && (strings.HasSuffix(e.Key, "/") || strings.HasSuffix(e.Key, "_$folder$"))
}

// URI names the object's version for people and in the tables.
func (e Event) URI() string {
	uri := "s3://" + e.Bucket + "/" + e.Key
	if e.Version != "" {
		uri += "?versionId=" + e.Version
	}
	return uri
}

// Parse reads one notification ("Event message structure" in the Amazon S3 user guide). The test event that S3 sends
// when notifications are configured holds no events.
func Parse(body string) ([]Event, error) {
	var message struct {
		Event   string `json:"Event"`
		Records []struct {
			EventName string    `json:"eventName"`
			EventTime time.Time `json:"eventTime"`
			S3        struct {
				Bucket struct {
					Name string `json:"name"`
				} `json:"bucket"`
				Object struct {
					Key       string `json:"key"`
					Size      int64  `json:"size"`
					Version   string `json:"versionId"`
					Sequencer string `json:"sequencer"`
				} `json:"object"`
			} `json:"s3"`
		} `json:"Records"`
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		return nil, fmt.Errorf("the message is not an S3 event notification: %w", err)
	}
	if message.Records == nil && message.Event != "s3:TestEvent" {
		return nil, errors.New("the message is not an S3 event notification: it has no Records")
	}
	var found []Event
	for _, record := range message.Records {
		// A key is encoded as in a form: a space is "+", and a "+" is "%2B".
		key, err := url.QueryUnescape(record.S3.Object.Key)
		if err != nil {
			return nil, fmt.Errorf("the notification's key %q: %w", record.S3.Object.Key, err)
		}
		if record.S3.Bucket.Name == "" || key == "" || record.EventTime.IsZero() {
			return nil, errors.New("the notification lacks bucket, key or eventTime")
		}
		found = append(found, Event{
			Name: record.EventName, Bucket: record.S3.Bucket.Name, Key: key, Version: record.S3.Object.Version,
			Size: record.S3.Object.Size, Sequencer: record.S3.Object.Sequencer, Time: record.EventTime.UTC(),
		})
	}
	return found, nil
}
