// Command echo is a function for the emulator's tests: it does what its event
// asks for. A list of Kinesis or SQS records is answered by the environment
// variable BEHAVE; every such batch is appended to the file named by SEEN.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

type request struct {
	Do      string            `json:"do"`
	Seconds float64           `json:"seconds"`
	Print   string            `json:"print"`
	Records []json.RawMessage `json:"Records"`
}

var calls int
var mu sync.Mutex

func main() {
	if os.Getenv("BEHAVE") == "no-init" {
		fmt.Println("cannot start")
		os.Exit(3)
	}
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		response, err := http.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		event, _ := io.ReadAll(response.Body)
		response.Body.Close()
		id := response.Header.Get("Lambda-Runtime-Aws-Request-Id")
		answer, failure := handle(event, response.Header)
		path, body := "/response", io.Reader(bytes.NewReader(answer))
		if failure != "" {
			path = "/error"
			body = strings.NewReader(fmt.Sprintf(`{"errorType":"errorString","errorMessage":%q}`, failure))
		}
		post, err := http.Post(base+id+path, "application/json", struct{ io.Reader }{body}) // unknown length: chunked
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, post.Body)
		post.Body.Close()
	}
}

func handle(event []byte, header http.Header) ([]byte, string) {
	var in request
	if err := json.Unmarshal(event, &in); err != nil {
		return nil, err.Error()
	}
	if in.Print != "" {
		fmt.Println(in.Print)
	}
	if in.Records != nil {
		return records(event, in.Records)
	}
	calls++
	switch in.Do {
	case "fail":
		return nil, "asked to fail"
	case "exit":
		os.Exit(7)
	case "sleep":
		time.Sleep(time.Duration(in.Seconds * float64(time.Second)))
	}
	answer, _ := json.Marshal(map[string]any{
		"event": json.RawMessage(event), "calls": calls, "pid": os.Getpid(), "home": os.Getenv("GREETING"),
		"deadline": header.Get("Lambda-Runtime-Deadline-Ms"), "arn": header.Get("Lambda-Runtime-Invoked-Function-Arn"),
	})
	return answer, ""
}

// records keeps a batch in the file SEEN and answers as BEHAVE says: "fail-on:x"
// fails a batch that holds x in a record's data or body, "partial:x" reports the
// first such record, "die-once:path" exits unless the file is there.
func records(event []byte, items []json.RawMessage) ([]byte, string) {
	behave, word, _ := strings.Cut(os.Getenv("BEHAVE"), ":")
	if seen := os.Getenv("SEEN"); seen != "" {
		file, err := os.OpenFile(seen, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err.Error()
		}
		file.Write(append(bytes.TrimSpace(event), '\n'))
		file.Close()
	}
	if behave == "die-once" {
		if _, err := os.Stat(word); err != nil {
			os.WriteFile(word, nil, 0o600)
			os.Exit(9)
		}
	}
	failures := []map[string]string{}
	for _, item := range items {
		var record struct {
			MessageID string `json:"messageId"`
			Body      string `json:"body"`
			Kinesis   struct {
				SequenceNumber string `json:"sequenceNumber"`
				Data           []byte `json:"data"`
			} `json:"kinesis"`
		}
		json.Unmarshal(item, &record)
		if word == "" || !strings.Contains(string(record.Kinesis.Data)+record.Body, word) {
			continue
		}
		switch behave {
		case "fail-on":
			return nil, "bad record"
		case "partial":
			failures = append(failures,
				map[string]string{"itemIdentifier": record.Kinesis.SequenceNumber + record.MessageID})
		}
	}
	answer, _ := json.Marshal(map[string]any{"batchItemFailures": failures})
	return answer, ""
}
