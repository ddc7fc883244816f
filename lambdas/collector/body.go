package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// maxBodyBytes bounds a body after gunzip. Lambda itself takes 6 MB of a request (AWS Lambda quotas).
const maxBodyBytes = 8 << 20

// bodyOf is the body of a request, unpacked.
func bodyOf(request events.LambdaFunctionURLRequest) ([]byte, *refusal) {
	body := []byte(request.Body)
	if request.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(request.Body)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body cannot be read")
		}
		body = decoded
	}
	// Some libraries gzip and do not say so.
	if strings.EqualFold(request.Headers["content-encoding"], "gzip") || bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		packed, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is not gzip, as content-encoding says")
		}
		if body, err = io.ReadAll(io.LimitReader(packed, maxBodyBytes+1)); err != nil {
			return nil, refuse(http.StatusBadRequest, "the body is broken gzip")
		}
	}
	if len(body) > maxBodyBytes {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is too large: want at most %d bytes, unpacked",
			maxBodyBytes)
	}
	return body, nil
}

// objectOf is a body that has to be one JSON object.
func objectOf(body []byte) (map[string]any, *refusal) {
	values, refused := valuesOf(body)
	if refused != nil {
		return nil, refused
	}
	if len(values) == 1 {
		if object, ok := values[0].(map[string]any); ok {
			return object, nil
		}
	}
	return nil, refuse(http.StatusBadRequest, "the body is not a JSON object")
}

// valuesOf are the JSON values of a body, one after the other, numbers as they are written.
func valuesOf(body []byte) ([]any, *refusal) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var values []any
	for {
		var value any
		switch err := decoder.Decode(&value); {
		case errors.Is(err, io.EOF):
			return values, nil
		case err != nil:
			return nil, refuse(http.StatusBadRequest, "the body is not JSON: %s", err)
		}
		values = append(values, value)
	}
}
