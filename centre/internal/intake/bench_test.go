package intake_test

import (
	"testing"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/enrol"
	"otasuke/centre/internal/intake"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
	"otasuke/internal/clock"
	"otasuke/wire"
)

// BenchmarkAccept is one full batch of new events, committed: events per second
// are wire.MaxBatchEvents times batches per second.
func BenchmarkAccept(b *testing.B) {
	for engine, url := range map[string]func(testing.TB, ...store.Schema) string{"sqlite": storetest.SQLiteURL, "postgres": storetest.PostgresURL} {
		b.Run(engine, func(b *testing.B) {
			s, err := store.Open(b.Context(), store.Config{URL: url(b)})
			must(b, err)
			defer s.Close()
			must(b, s.Migrate(b.Context(), job.Schema(), tenant.Schema(), device.Schema(), alert.Schema(), intake.Schema(), usage.Schema()))
			known, err := knowledge.Load()
			must(b, err)
			ca, err := enrol.Open(enrol.Config{Dir: b.TempDir()})
			must(b, err)
			c := clock.NewFake(start)
			companies := tenant.New(tenant.Config{Store: s, Clock: c})
			devices := device.New(device.Config{Store: s, Clock: c})
			in := intake.New(intake.Config{Store: s, Companies: companies, Devices: devices, CA: ca, Clock: c,
				Alerts: alert.New(alert.Config{Store: s, Classifier: known, Clock: c}), Usage: usage.New(s, c)})
			id, err := companies.CreateCompany(b.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
			must(b, err)
			code, _, err := devices.NewClaim(b.Context(), id, "", "op-1")
			must(b, err)
			box, _, err := devices.Redeem(b.Context(), device.Claim{Code: code}, func(string, string) (string, string, error) { return "", "", nil })
			must(b, err)
			o := &office{clock: c}
			for b.Loop() {
				events := make([]wire.Event, wire.MaxBatchEvents)
				for i := range events {
					events[i] = o.event()
				}
				if _, err := in.Accept(b.Context(), box, events); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(wire.MaxBatchEvents*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
