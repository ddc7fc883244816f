package main

import (
	"strings"
	"time"

	"dataplatform/lambdas/internal/s3event"
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

// parseNotification returns the files that a notification tells of; events about anything but new objects, and folder
// markers, are none.
func parseNotification(body string) ([]File, error) {
	happened, err := s3event.Parse(body)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, event := range happened {
		if event.Created() && !event.Folder() {
			files = append(files,
				File{Bucket: event.Bucket, Key: event.Key, Version: event.Version, Size: event.Size, Time: event.Time})
		}
	}
	return files, nil
}
