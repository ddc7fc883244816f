// Package target keeps the provider plugin that is built here away from AWS itself.
package target

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// domains are AWS's own, of all its partitions (the AWS SDKs' partitions file, outputs dnsSuffix and
// dualStackDnsSuffix).
var domains = []string{
	"amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.eu",
	"api.amazonwebservices.eu", "c2s.ic.gov", "api.aws.ic.gov", "sc2s.sgov.gov", "api.aws.scloud", "cloud.adc-e.uk",
	"api.cloud-aws.adc-e.uk", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
}

const refusal = "this AWS provider was compiled by the project to deploy to emulators: it asks every 200 ms where the official one waits as AWS wants it, " +
	"and is older. For AWS itself install the official one"

// Emulator is the address that all calls shall go to: the variable AWS_ENDPOINT_URL or else one of the endpoints of the
// provider's own configuration. It is an error when there is none, for then calls go to AWS, or when one of them, or of
// the variables of single services in the environment, is AWS's.
func Emulator(configured, environment []string) (string, error) {
	var general string
	addresses := slices.Clone(configured)
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if value == "" || !strings.HasPrefix(name, "AWS_ENDPOINT_URL") {
			continue
		}
		if name == "AWS_ENDPOINT_URL" {
			general = value
		}
		addresses = append(addresses, value)
	}
	slices.Sort(addresses)
	for _, address := range addresses {
		parsed, err := url.Parse(address)
		if err != nil || parsed.Hostname() == "" {
			return "", fmt.Errorf("endpoint %q is no URL with a host", address)
		}
		host := strings.ToLower(strings.TrimSuffix(parsed.Hostname(), "."))
		for _, domain := range domains {
			if host == domain || strings.HasSuffix(host, "."+domain) {
				return "", fmt.Errorf("%s (an endpoint is %s)", refusal, address)
			}
		}
	}
	switch {
	case general != "":
		return general, nil
	case len(addresses) > 0:
		return addresses[0], nil
	}
	return "", fmt.Errorf("%s (no endpoint is set)", refusal)
}
