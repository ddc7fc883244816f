package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Access says who may send.
type Access struct {
	// Keys are known by their hashes: neither the environment nor who reads it has a key.
	Keys []Key `json:"keys"`
	// Origins are the sites whose pages may send, such as https://www.example.com.
	Origins []string `json:"origins"`
	// CloudFront stands before the function and says who its viewer is.
	CloudFront bool `json:"cloudFront"`
}

// Key is a write key.
type Key struct {
	SHA256 string `json:"sha256"`
	// Server keys belong to servers, which say of whom their events are: address and agent are those of the body.
	Server bool `json:"server"`
}

// key finds the key of a request: the user of its basic authorization, the parameter writeKey of its address, where a
// beacon that can set no header has it, or what its body says.
func (a Access) key(request events.LambdaFunctionURLRequest, body string) (Key, bool) {
	given := body
	if scheme, encoded, ok := strings.Cut(request.Headers["authorization"], " "); ok &&
		strings.EqualFold(scheme, "basic") {
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded)); err == nil {
			given, _, _ = strings.Cut(string(decoded), ":")
		}
	} else if query, err := url.ParseQuery(request.RawQueryString); err == nil && query.Get("writeKey") != "" {
		given = query.Get("writeKey")
	}
	sum := sha256.Sum256([]byte(given))
	i := slices.IndexFunc(a.Keys, func(k Key) bool { return k.SHA256 == hex.EncodeToString(sum[:]) })
	if given == "" || i < 0 {
		return Key{}, false
	}
	return a.Keys[i], true
}

// admits says whether a page of that origin may send. Servers and apps have none.
func (a Access) admits(origin string) bool { return origin == "" || slices.Contains(a.Origins, origin) }

// client is the address that a request came from.
func (a Access) client(request events.LambdaFunctionURLRequest) string {
	if viewer := request.Headers["cloudfront-viewer-address"]; a.CloudFront && viewer != "" {
		return viewer
	}
	return request.RequestContext.HTTP.SourceIP
}
