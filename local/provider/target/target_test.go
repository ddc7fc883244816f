package target

import (
	"strings"
	"testing"
)

func TestOnlyEmulators(t *testing.T) {
	const here, there = "http://127.0.0.1:5000", "http://emulator.example.com:4566"
	for name, test := range map[string]struct {
		configured, environment []string
		want                    string // the address, or what the error holds
		refused                 bool
	}{
		"the provider's configuration": {configured: []string{here, here}, want: here},
		"the environment": {
			environment: []string{"PATH=/bin", "AWS_ENDPOINT_URL=" + there}, want: there,
		},
		"the general one comes first": {
			configured: []string{here}, environment: []string{"AWS_ENDPOINT_URL=" + there}, want: there,
		},
		"none": {environment: []string{"AWS_ENDPOINT_URL=",
			"AWS_REGION=eu-west-1"}, want: "no endpoint is set", refused: true},
		"one of AWS": {configured: []string{here,
			"https://s3.eu-west-1.amazonaws.com"}, want: "https://s3.eu-west-1.amazonaws.com", refused: true},
		"one service of AWS": {environment: []string{"AWS_ENDPOINT_URL=" + here,
			"AWS_ENDPOINT_URL_S3=https://s3.amazonaws.com."}, want: "compiled by the project", refused: true},
		"AWS in other letters": {configured: []string{
			"https://S3.Dualstack.EU-West-1.AmazonAWS.com:443",
		}, want: "compiled by the project", refused: true},
		"AWS in another partition": {configured: []string{
			"https://sts.cn-north-1.amazonaws.com.cn",
		}, want: "compiled by the project", refused: true},
		"an interface endpoint": {configured: []string{
			"https://vpce-1-2.sts.eu-west-1.vpce.amazonaws.com",
		}, want: "compiled by the project", refused: true},
		"a name that only ends like one": {
			configured: []string{"http://notamazonaws.com:1"}, want: "http://notamazonaws.com:1",
		},
		"no URL": {configured: []string{"127.0.0.1:5000"}, want: "no URL", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Emulator(test.configured, test.environment)
			if err != nil {
				got = err.Error()
			}
			if (err != nil) != test.refused || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
