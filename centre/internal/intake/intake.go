package intake

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/enrol"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/question"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
	"otasuke/internal/clock"
	"otasuke/wire"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package; they point to those of tenant.
func Schema() store.Schema { return store.Sub("intake", migrations) }

// Limits of the listener.
const (
	// batchesAtOnce bounds the memory of batches in work: each may be several
	// times wire.MaxBatchBytes while it is decoded.
	batchesAtOnce = 16
	headerTimeout = 10 * time.Second
	bodyTimeout   = time.Minute // 4 MiB over a poor line
	idleTimeout   = 3 * time.Minute
	bundleTimeout = time.Hour // what a box allows itself
	maxHeader     = 16 << 10
)

// Companies tells the name of a company. The tenant service is one.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
}

// Config says what the intake works with.
type Config struct {
	Store     *store.Store
	Companies Companies
	Devices   *device.Service
	Alerts    *alert.Service
	Usage     *usage.Service
	Questions *question.Service
	Appeals   *appeal.Service
	Releases  *release.Service
	Policies  *policy.Service
	// Stopped gives what counts events of what is stopped for all, nil for none of such; may be nil.
	Stopped  func(ctx context.Context, events []wire.Event) (func(tx *store.Tx, e *wire.Event) error, error)
	Pairings Pairings
	CA       *enrol.CA
	// Site is where people enter what a box shows, Phone whom they call.
	Site, Phone string
	// Clock tells the time. Default: the machine's.
	Clock clock.Clock
	// Log gets what went wrong on our side, and refused boxes. Default: discarded.
	Log *slog.Logger
}

// Intake is the door for boxes. It is safe for concurrent use.
type Intake struct {
	cfg   Config
	slots *slots
	mux   *http.ServeMux
	life  context.Context // ends when the listener shuts down: no box waits any longer
	end   context.CancelFunc

	counts  counts
	waiting atomic.Int64 // boxes that wait for a question
}

// Counts say what boxes have sent to this process.
type Counts struct{ Heartbeats, Events, Refused, Failed uint64 }

type counts struct{ heartbeats, events, refused, failed atomic.Uint64 }

// Counts since the process began; Failed are requests that failed by our own fault.
func (in *Intake) Counts() Counts {
	return Counts{in.counts.heartbeats.Load(), in.counts.events.Load(), in.counts.refused.Load(), in.counts.failed.Load()}
}

// New makes the intake. Its tables must have been migrated.
func New(cfg Config) *Intake {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	in := &Intake{cfg: cfg, slots: newSlots(batchesAtOnce), mux: http.NewServeMux()}
	in.life, in.end = context.WithCancel(context.Background())
	in.mux.Handle(wire.PathClaim, in.post(in.claim))
	in.mux.Handle(wire.PathPair, in.post(in.pair))
	in.mux.Handle(wire.PathPairPoll, in.post(in.pairPoll))
	in.mux.Handle(wire.PathEvents, in.post(in.withBox(in.events)))
	in.mux.Handle(wire.PathHeartbeat, in.post(in.withBox(in.heartbeat)))
	in.mux.Handle(wire.PathQuestions, in.post(in.withBox(in.questions)))
	in.mux.Handle(wire.PathAnswers, in.post(in.withBox(in.answers)))
	in.mux.Handle(wire.PathPolicy, in.get(in.withBox(in.policy)))
	in.mux.Handle(wire.PathBundleMetadata, in.get(in.withBox(in.bundles)))
	in.mux.Handle(wire.PathBundleTargets, in.get(in.withBox(in.bundles)))
	in.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "body", "there is no such path on the box listener")
	})
	return in
}

// ServeHTTP serves the paths of package wire. The connection's TLS state must come
// from [enrol.CA.ServerTLS].
func (in *Intake) ServeHTTP(w http.ResponseWriter, r *http.Request) { in.mux.ServeHTTP(w, r) }

// Register makes q run this package's jobs.
func (in *Intake) Register(q *job.Queue) {
	q.Handle(kindGap, in.gapJob)
	q.Handle(kindSilence, in.silenceJob)
	q.Handle(kindNews, in.newsJob)
}

// Server is the box listener for names (host names or addresses that boxes call),
// ready for ServeTLS(listener, "", "").
func (in *Intake) Server(names []string) (*http.Server, error) {
	config, err := in.cfg.CA.ServerTLS(names)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: in, TLSConfig: config, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout,
		WriteTimeout: bodyTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(in.cfg.Log.Handler(), slog.LevelDebug)}
	server.RegisterOnShutdown(in.end)
	return server, nil
}
