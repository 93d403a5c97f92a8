package centre

import (
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/shift"
	shifts "otasuke/centre/internal/ui/shift"
)

// turns is what the pages of hand-over and rota work with.
func (c *Centre) turns() *shifts.Config {
	return &shifts.Config{Service: c.shifts, Names: c.tenants.NamesOf, ByCase: c.alerts.ByCase, Holiday: func(day time.Time, lang string) string {
		if w, ok := c.desk.Book.Holiday(day); ok {
			return w.In(lang)
		}
		return ""
	}}
}

// watchBy has the queue look for cases that nobody has opened.
func (c *Centre) watchBy(queue *job.Queue, n *notify.Notifier) {
	queue.Handle(shift.KindWatch, c.shifts.HandleWatch)
	queue.Handle(shift.KindTell, n.HandleDuty)
}
