package ops

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"runtime/metrics"
	"strconv"
	"time"
)

// askTime bounds what a look at the database may take: who asks has a limit, too.
const askTime = 5 * time.Second

// Figure is one figure of the centre.
type Figure struct {
	// Name in Prometheus' manner: "otasuke_heartbeats_total", Label as `state="waiting"`, or "".
	Name, Label string
	Help        string
	Value       float64
}

// Config says what is asked.
type Config struct {
	// Ready says whether the centre can serve: its database answers.
	Ready func(context.Context) error
	// Figures are what is told beside those of the program. They come in the order of their names.
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
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askTime)
		defer cancel()
		all, err := cfg.Figures(ctx)
		if err != nil {
			cfg.Log.Warn("figures", "err", err)
			say(w, http.StatusServiceUnavailable, "the database does not answer\n")
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write(Text(append(all, program()...)))
	})
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

// Text writes figures; those of one name stand together.
func Text(all []Figure) []byte {
	var b bytes.Buffer
	last := ""
	for _, f := range all {
		if f.Name != last {
			kind := "gauge"
			if len(f.Name) > 6 && f.Name[len(f.Name)-6:] == "_total" {
				kind = "counter"
			}
			fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", f.Name, f.Help, f.Name, kind)
			last = f.Name
		}
		b.WriteString(f.Name)
		if f.Label != "" {
			b.WriteString("{" + f.Label + "}")
		}
		b.WriteString(" " + strconv.FormatFloat(f.Value, 'g', -1, 64) + "\n")
	}
	return b.Bytes()
}

// program are the figures of the program itself, named as those of Prometheus' own library.
func program() []Figure {
	names := []struct{ of, name, help string }{
		{"/memory/classes/heap/objects:bytes", "go_memstats_heap_alloc_bytes", "Bytes of objects in use, or not swept yet."},
		{"/memory/classes/total:bytes", "go_memstats_sys_bytes", "Bytes of memory that the program has from the system."},
		{"/sched/goroutines:goroutines", "go_goroutines", "Goroutines that exist."},
		{"/cpu/classes/gc/total:cpu-seconds", "go_gc_cpu_seconds_total", "CPU time that collecting garbage took."},
	}
	samples := make([]metrics.Sample, len(names))
	for i := range names {
		samples[i].Name = names[i].of
	}
	metrics.Read(samples)
	out := make([]Figure, 0, len(names))
	for i, n := range names {
		f := Figure{Name: n.name, Help: n.help}
		switch samples[i].Value.Kind() {
		case metrics.KindUint64:
			f.Value = float64(samples[i].Value.Uint64())
		case metrics.KindFloat64:
			f.Value = samples[i].Value.Float64()
		default:
			continue // this version of Go has no such figure
		}
		out = append(out, f)
	}
	return out
}
