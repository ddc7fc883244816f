package load

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"dataplatform/internal/gunzip"
)

// ReadClicks reads a file of events, one a line, gzipped or not: a server's access log, or NDJSON of the contract. A
// line that is neither is sent as it stands, for the platform to quarantine.
func ReadClicks(path string) ([]Record, error) {
	content, err := readMaybeGzipped(path)
	if err != nil {
		return nil, fmt.Errorf("clicks: %w", err)
	}
	var records []Record
	var format logFormat
	alike := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := bytes.Clone(lines.Bytes())
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if format == nil {
			format = formatOf(string(line))
		}
		r, isRequest := format.read(string(line))
		if r == nil && isRequest { // a header
			continue
		}
		if r != nil {
			alike[string(line)]++
			e := r.event(hash(string(line), strconv.Itoa(alike[string(line)])))
			records = append(records, pack([]item{{text: e.text(), eventID: e.EventID}}, packSingle))
			continue
		}
		records = append(records, pack([]item{lineItem(line)}, packSingle))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("clicks %s: %w", path, err)
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("clicks %s: the file holds no events", path)
	}
	return records, nil
}

func lineItem(line []byte) item {
	var head struct {
		EventID string `json:"event_id"`
	}
	// What cannot be read here has no id; the platform says why.
	if err := json.Unmarshal(line, &head); err != nil {
		head.EventID = ""
	}
	return item{text: line, eventID: head.EventID}
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func readMaybeGzipped(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		return content, err
	}
	if content, err = gunzipped(content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, nil
}

func gunzipped(content []byte) ([]byte, error) {
	zip, err := gunzip.NewReader(bufio.NewReader(bytes.NewReader(content)))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zip)
}
