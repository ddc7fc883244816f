package scenarios

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tables that runs write, as layer.dataset.
var (
	curatedClicks = []string{"curated.sessions", "curated.product_funnel_hourly"}
	salesTables   = []string{"processed.sales", "curated.sales_hourly", "curated.customer_value"}
)

// digest names what tables hold: equal digests are equal rows, in whatever order they are stored.
func (l *lake) digest(ctx context.Context, t *testing.T, tables ...string) string {
	t.Helper()
	var digests []string
	for _, table := range tables {
		layer, dataset, ok := strings.Cut(table, ".")
		require.True(t, ok, table)
		rows := l.rows(ctx, t, `SELECT * FROM "%s"."%s"`, l.Outputs.Databases[layer], dataset)
		slices.SortFunc(rows, slices.Compare)
		hash := sha256.New()
		for _, row := range rows {
			fmt.Fprintf(hash, "%q\n", row)
		}
		digests = append(digests, fmt.Sprintf("%s: %d rows %x", table, len(rows), hash.Sum(nil)))
	}
	return strings.Join(digests, "\n")
}

// emptyHour runs every state machine before anything has arrived, as a new deployment's schedules do. Folders that are
// read are not there yet, and rights that only such a run needs show here alone.
func emptyHour(ctx context.Context, t *testing.T, l *lake) {
	hour := time.Now().UTC().Truncate(time.Hour)
	for dataset, stateMachines := range l.Outputs.StateMachines {
		require.NoError(t, l.stateMachines.Hours(ctx, stateMachines.Hourly, hour, hour.Add(time.Hour)), dataset)
	}
	for _, table := range slices.Concat(salesTables, curatedClicks) {
		require.Contains(t, l.digest(ctx, t, table), ": 0 rows ")
	}
}
