package scenarios

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dataplatform/e2e/demo"
	"dataplatform/e2e/load"
)

const kills = 4

// gate stands between the function and S3. While it is shut it lets a raw object through but keeps the answer back
// until the function is gone: that is the one moment at which a crash makes a redelivery visible in raw, and it lasts a
// millisecond otherwise.
type gate struct {
	*httptest.Server
	shut atomic.Bool
	held chan string
}

func newGate(t *testing.T, endpoint, rawBucket string) *gate {
	t.Helper()
	target, err := url.Parse(endpoint)
	require.NoError(t, err)
	g := &gate{held: make(chan string, 64)}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(answer *http.Response) error {
		r := answer.Request
		if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/"+rawBucket+"/clicks/") && g.shut.Load() {
			g.held <- r.URL.Path
			<-r.Context().Done()
		}
		return nil
	}
	// A killed function is what this is for, no error.
	proxy.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		w.WriteHeader(http.StatusBadGateway)
	}
	g.Server = httptest.NewServer(proxy)
	t.Cleanup(g.Close)
	return g
}

// killedFunction kills the function's processes several times while clicks flow, each time in the middle of a batch.
func killedFunction(ctx context.Context, t *testing.T, l *lake) {
	before := l.requireClicks(ctx, t)
	g := newGate(t, l.Endpoint, l.Outputs.Buckets["raw"])
	restore := l.set(ctx, t, "clicks", "AWS_ENDPOINT_URL_S3", g.URL)
	g.shut.Store(true)

	l.seed++
	type sending struct {
		ledger *load.Ledger
		err    error
	}
	over := make(chan sending, 1)
	seed := l.seed
	go func() {
		ledger, err := demo.NewSession(l.Platform, demo.Options{
			Events: 4000, Rate: 300, Seed: seed,
		}, io.Discard).SendClicks(ctx, nil)
		over <- sending{ledger, err}
	}()
	for range kills {
		select {
		case <-g.held:
		case <-time.After(inTime):
			require.Fail(t, "the function wrote no raw object")
		}
		l.killFunction(ctx, t)
	}
	g.shut.Store(false)
	l.killFunction(ctx, t) // what else the gate holds

	sent := <-over
	require.NoError(t, sent.err)
	l.clicks = plus(l.clicks, sent.ledger.Expected["clicks"])
	sent.ledger.Expected = nil
	l.session.Ledger.Merge(sent.ledger)
	l.drained(ctx, t)
	restore()
	after := l.requireClicks(ctx, t)
	require.Greater(t, after.Redelivered, before.Redelivered, "a batch that was stored came again")
}

// killFunction kills every process of the clicks function that is in the middle of a batch.
func (l *lake) killFunction(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, p := range l.processes(ctx, t) {
		if p.Kind == "lambda" && p.Name == l.Outputs.Functions["clicks"] && p.Busy {
			if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
				require.ErrorIs(t, err, syscall.ESRCH)
			}
		}
	}
}
