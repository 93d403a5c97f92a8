package centre

import (
	"bytes"
	"context"
	"fmt"

	"otasuke/centre/internal/statistics"
	figures "otasuke/centre/internal/ui/statistics"
	"otasuke/internal/atomicfile"
)

// StatisticsFile is what [Centre.Statistics] wrote.
type StatisticsFile struct {
	File   string `json:"file"`
	Months int    `json:"months"`
}

// Statistics writes the published months from one to another (2026-01, both included; "" is no bound) as CSV: for the
// provider's own use, and in the form that the office of the scheme asks for, counts without names.
func (c *Centre) Statistics(ctx context.Context, from, to, file string) (StatisticsFile, error) {
	all, err := c.published.Months(ctx)
	if err != nil {
		return StatisticsFile{}, fmt.Errorf("centre: %w", err)
	}
	var some []statistics.Month
	for _, m := range all {
		if m.Month >= from && (to == "" || m.Month <= to) {
			some = append(some, m)
		}
	}
	var b bytes.Buffer
	if err := figures.Table(&b, some); err != nil {
		return StatisticsFile{}, err
	}
	return StatisticsFile{file, len(some)}, atomicfile.Write(file, b.Bytes(), 0o644)
}

// appName names an application of the catalogue.
func (c *Centre) appName(id string) (nameJA, nameEN string, known bool) {
	a, known := c.apps.App(id)
	return a.Ja, a.En, known
}
