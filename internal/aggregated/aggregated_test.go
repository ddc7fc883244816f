package aggregated_test

import (
	"crypto/md5" //nolint:gosec // the format's checksum
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/internal/aggregated"
)

// sealed puts magic number and checksum around a message.
func sealed(message string) []byte {
	sum := md5.Sum([]byte(message)) //nolint:gosec // as above
	return append([]byte("\xf3\x89\x9a\xc2"+message), sum[:]...)
}

func TestSplit(t *testing.T) {
	for name, test := range map[string]struct {
		give string
		want []string // none: it cannot be taken apart
	}{
		"two keys, hash keys and tags": {"\x0a\x01a\x0a\x01b\x12\x017" +
			"\x1a\x0a\x08\x01\x10\x00\x1a\x02{}\x22\x00" + "\x1a\x05\x08\x00\x1a\x01\n", []string{"{}", "\n"}},
		"an empty user record":             {"\x0a\x01a\x1a\x04\x08\x00\x1a\x00", []string{""}},
		"fields that nobody knows":         {"\x50\x07\x1a\x06\x08\x00\x1a\x02ab\xfa\x01\x01x", []string{"ab"}},
		"no user record":                   {"\x0a\x01a", nil},
		"nothing":                          {"", nil},
		"a user record without data":       {"\x1a\x02\x08\x00", nil},
		"a message that ends early":        {"\x0a\x01a\x1a\x06\x08\x00\x1a\x02a", nil},
		"a user record that ends early":    {"\x1a\x05\x08\x00\x1a\x02a", nil},
		"a second one that holds no field": {"\x1a\x04\x08\x00\x1a\x00\x1a\x01\xff", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := aggregated.Split(sealed(test.give), nil)
			if test.want == nil {
				require.ErrorIs(t, err, aggregated.ErrBroken)
				return
			}
			require.NoError(t, err)
			var texts []string
			for _, one := range got {
				texts = append(texts, string(one))
			}
			assert.Equal(t, test.want, texts)
		})
	}
}

func TestSplitLooksAtTheChecksum(t *testing.T) {
	data := aggregated.Join([][]byte{[]byte("one"), []byte("two")})
	for i := range data {
		broken := append([]byte{}, data...)
		broken[i] ^= 1
		_, err := aggregated.Split(broken, nil)
		require.ErrorIs(t, err, aggregated.ErrBroken, hex.EncodeToString(broken))
	}
	for end := range data {
		_, err := aggregated.Split(data[:end], nil)
		require.ErrorIs(t, err, aggregated.ErrBroken)
	}
}

func TestJoin(t *testing.T) {
	records := [][]byte{[]byte("one\n"), {}, make([]byte, 1000)}
	got, err := aggregated.Split(aggregated.Join(records), nil)
	require.NoError(t, err)
	assert.Equal(t, records, got)
}
