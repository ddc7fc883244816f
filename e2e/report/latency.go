package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"dataplatform/e2e/load"
	"dataplatform/platform/outputs"
)

// sampled says whether an event takes part in the measurement. Event ids are
// hashes, so their last digit draws one in sixteen; asking for all of them
// again and again would measure the asking.
func sampled(eventID string) bool { return strings.HasSuffix(eventID, "0") }

// Prober measures how long clicks take from the sender's clock to a row that
// the query engine returns, by asking for them while they are sent.
type Prober struct {
	querier Querier
	table   string
	// recent says that events happen about when they are sent, so that only the partitions of the last day need be
	// read.
	recent bool

	mu      sync.Mutex
	waiting map[string]time.Time // when events not returned yet were sent
	seen    map[string]bool
	seconds []float64
}

// NewProber measures against the processed clicks of a stack from now on; recent says that events happen about when
// they are sent.
func NewProber(q Querier, out outputs.Outputs, recent bool) *Prober {
	table := fmt.Sprintf(`"%s"."clicks"`, out.Databases["processed"])
	return &Prober{querier: q, table: table, recent: recent, waiting: map[string]time.Time{}, seen: map[string]bool{}}
}

// Sent books events that were put; it suits ClickSender.OnSent.
func (p *Prober) Sent(clicks []load.Click) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, click := range clicks {
		// The first sending of an id counts, not its duplicates.
		if _, waiting := p.waiting[click.EventID]; sampled(click.EventID) && !waiting && !p.seen[click.EventID] {
			p.waiting[click.EventID] = click.SentAt
		}
	}
}

// every is the pause between questions, and window how far back by arrival
// each looks: far enough that nothing slips between two of them.
const (
	every  = time.Second
	window = time.Minute
)

// Run asks until the context ends, which is no error.
func (p *Prober) Run(ctx context.Context) error {
	for {
		if err := p.ask(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// ask runs one query; every sampled event it returns for the first time has
// arrived, at the latest now.
func (p *Prober) ask(ctx context.Context) error {
	since := time.Now().Add(-window).UTC()
	sql := fmt.Sprintf(`SELECT event_id FROM %s WHERE event_id LIKE '%%0' AND arrival_time >= TIMESTAMP '%s'`,
		p.table, since.Format("2006-01-02 15:04:05.000"))
	if p.recent {
		sql += fmt.Sprintf(` AND event_date >= '%s'`, since.Add(-24*time.Hour).Format(time.DateOnly))
	}
	result, err := p.querier.Run(ctx, sql)
	if err != nil {
		return fmt.Errorf("latency: %w", err)
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, row := range result.Rows {
		if sent, waiting := p.waiting[row[0]]; waiting {
			p.seconds = append(p.seconds, now.Sub(sent).Seconds())
			p.seen[row[0]] = true
			delete(p.waiting, row[0])
		}
	}
	return nil
}

// Latency returns the percentiles so far. Late events count like others.
func (p *Prober) Latency() Latency {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seconds) == 0 {
		return Latency{}
	}
	sorted := slices.Clone(p.seconds)
	slices.Sort(sorted)
	at := func(share float64) float64 { return sorted[int(share*float64(len(sorted)-1))] }
	return Latency{P50: at(0.50), P99: at(0.99), Rows: len(sorted)}
}
