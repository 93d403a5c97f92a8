package ops

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// askTime bounds what a look at the database may take: who asks has a limit, too.
const askTime = 5 * time.Second

// Figure is one figure of the centre.
type Figure struct {
	// Name in Prometheus' manner: "otasuke_heartbeats_total", State a label of it, or "".
	Name, State string
	Help        string
	Value       float64
}

// Config says what is asked.
type Config struct {
	// Ready says whether the centre can serve: its database answers.
	Ready func(context.Context) error
	// Figures are what is told beside those of the program.
	Figures func(context.Context) ([]Figure, error)
	Log     *slog.Logger
}

// New makes the pages: /healthz (the process lives), /readyz (it can serve), /metrics, /debug/pprof/.
func New(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askTime)
		defer cancel()
		if err := cfg.Ready(ctx); err != nil {
			cfg.Log.Warn("not ready", "err", err)
			say(w, http.StatusServiceUnavailable, "the database does not answer\n")
			return
		}
		say(w, http.StatusOK, "ok\n")
	})
	reg := prometheus.NewRegistry()
	reg.MustRegister(collector{&cfg}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// collector gives the figures of the moment to Prometheus' library.
type collector struct{ cfg *Config }

// Describe gives nothing: the library then checks the figures as they come.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect asks for the figures.
func (c collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	all, err := c.cfg.Figures(ctx)
	if err != nil {
		c.cfg.Log.Warn("figures", "err", err)
		out <- prometheus.NewInvalidMetric(prometheus.NewDesc("otasuke", "", nil, nil), errors.New("the database does not answer"))
		return
	}
	for _, f := range all {
		kind := prometheus.GaugeValue
		if strings.HasSuffix(f.Name, "_total") {
			kind = prometheus.CounterValue
		}
		var labels prometheus.Labels
		if f.State != "" {
			labels = prometheus.Labels{"state": f.State}
		}
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(f.Name, f.Help, nil, labels), kind, f.Value)
	}
}
