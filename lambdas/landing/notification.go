package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// File is one version of an object that a source dropped.
type File struct {
	Bucket  string
	Key     string
	Version string // "" in a bucket without versions
	Size    int64
	Time    time.Time // of the notification's event
}

// URI names the file for people and in the tables.
func (f File) URI() string {
	uri := "s3://" + f.Bucket + "/" + f.Key
	if f.Version != "" {
		uri += "?versionId=" + f.Version
	}
	return uri
}

// prefix is the first folder of the key: the dataset, when there is one of that name.
func (f File) prefix() string {
	prefix, _, found := strings.Cut(f.Key, "/")
	if !found {
		return ""
	}
	return prefix
}

// parseNotification reads an S3 event notification ("Event message structure" in the Amazon S3 user guide). The test event that
// S3 sends when notifications are configured holds no files, nor do events about anything but new objects and folder markers.
func parseNotification(body string) ([]File, error) {
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
					Key     string `json:"key"`
					Size    int64  `json:"size"`
					Version string `json:"versionId"`
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
	var files []File
	for _, record := range message.Records {
		key, err := url.QueryUnescape(record.S3.Object.Key)
		if err != nil {
			return nil, fmt.Errorf("the notification's key %q: %w", record.S3.Object.Key, err)
		}
		if !strings.HasPrefix(record.EventName, "ObjectCreated:") || strings.HasSuffix(key, "/") && record.S3.Object.Size == 0 {
			continue
		}
		if record.S3.Bucket.Name == "" || key == "" || record.EventTime.IsZero() {
			return nil, errors.New("the notification lacks bucket, key or eventTime")
		}
		files = append(files, File{
			Bucket: record.S3.Bucket.Name, Key: key, Version: record.S3.Object.Version, Size: record.S3.Object.Size,
			Time: record.EventTime.UTC(),
		})
	}
	return files, nil
}
