package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRefusedRecordsAreRepeated, they alone, after pauses that grow.
func TestRefusedRecordsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := &memory{}
		var at []time.Duration
		start := time.Now()
		for range 3 {
			stream.answers = append(stream.answers, func([]types.PutRecordsRequestEntry) ([]int, string, error) {
				at = append(at, time.Since(start))
				return []int{0}, "InternalFailure", nil
			})
		}
		repeated, err := Stream{Client: stream}.Put(t.Context(),
			[]record{{"a", []byte("1")}, {"b", []byte("2")}, {"c", []byte("3")}})
		require.NoError(t, err)
		assert.Equal(t, 3, repeated)
		assert.Len(t, stream.taken, 3)
		sizes := []int{}
		for _, call := range stream.calls {
			sizes = append(sizes, len(call.Records))
		}
		assert.Equal(t, []int{3, 1, 1, 1}, sizes)
		assert.Less(t, at[1]-at[0], at[2]-at[1]+firstPause)
		assert.GreaterOrEqual(t, at[1], firstPause/2)
	})
}

// TestEventsOfAVisitorStayInOrder although the stream refuses any records of any call.
func TestEventsOfAVisitorStayInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		stream := &memory{}
		for range tries - 1 {
			stream.answers = append(stream.answers,
				func(entries []types.PutRecordsRequestEntry) (refused []int, code string, err error) {
					for i := range entries {
						if random.IntN(2) == 0 {
							refused = append(refused, i)
						}
					}
					return refused, "ProvisionedThroughputExceededException", nil
				})
		}
		var lines []line
		for i := range 12 { // three records of a megabyte a visitor
			text := fmt.Sprintf(`{"n":%d,"x":%q}`, i, strings.Repeat("x", maxRecordBytes/2-100))
			lines = append(lines, line{fmt.Sprintf("visitor-%d", i%2), []byte(text)})
		}
		records, cut := recordsOf(lines)
		assert.Zero(t, cut)
		assert.Len(t, records, 6)
		_, err := Stream{Client: stream}.Put(t.Context(), records)
		require.NoError(t, err)
		last := map[string]int{}
		for _, entry := range stream.taken {
			for _, text := range bytes.Split(entry.Data, []byte("\n")) {
				var n int
				_, err := fmt.Sscanf(string(text), `{"n":%d,`, &n)
				require.NoError(t, err)
				assert.GreaterOrEqual(t, n, last[aws.ToString(entry.PartitionKey)])
				last[aws.ToString(entry.PartitionKey)] = n
			}
		}
		assert.Equal(t, map[string]int{"visitor-0": 10, "visitor-1": 11}, last)
	})
}

// TestCallsFitKinesis: at most 500 records and 5 MiB, keys counted, and a record of 1 MiB.
func TestCallsFitKinesis(t *testing.T) {
	var lines []line
	for i := range 1200 {
		lines = append(lines, line{fmt.Sprintf("%032d", i), bytes.Repeat([]byte("x"), 10_000)})
	}
	records, _ := recordsOf(append(lines, line{strings.Repeat("k", 32), bytes.Repeat([]byte("y"), maxRecordBytes-32)}))
	stream := &memory{}
	_, err := Stream{Client: stream}.Put(t.Context(), records)
	require.NoError(t, err)
	assert.Len(t, stream.taken, 1201)
	for _, call := range stream.calls {
		size := 0
		for _, entry := range call.Records {
			size += len(*entry.PartitionKey) + len(entry.Data)
		}
		assert.LessOrEqual(t, len(call.Records), maxCallRecords)
		assert.LessOrEqual(t, size, maxCallBytes)
	}
}

// TestAnEventWithoutRoomCostsNoOther: it is packed, or its beginning alone is put, for quarantine.
func TestAnEventWithoutRoomCostsNoOther(t *testing.T) {
	packs := bytes.Repeat([]byte("x"), maxRecordBytes)
	random := rand.NewChaCha8([32]byte{})
	noise := make([]byte, 3*maxRecordBytes)
	_, err := random.Read(noise)
	require.NoError(t, err)
	records, cut := recordsOf([]line{{"a", []byte("1")}, {"a", packs}, {"a", noise}, {"a", []byte("2")}})
	assert.Equal(t, 1, cut)
	require.Len(t, records, 4)
	assert.Equal(t, "1", string(records[0].data))
	unpacked, err := gzip.NewReader(bytes.NewReader(records[1].data))
	require.NoError(t, err)
	whole, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	assert.Equal(t, packs, whole)
	assert.Equal(t, noise[:maxRecordBytes/2], records[2].data)
	assert.Equal(t, "2", string(records[3].data))
}
