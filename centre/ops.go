package centre

import (
	"context"
	"time"

	"otasuke/centre/internal/intake"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/ops"
)

// operations are the pages for those who run the centre.
func (c *Centre) operations(in *intake.Intake, queue *job.Queue) *ops.Config {
	return &ops.Config{Log: c.cfg.Log, Ready: c.store.Ping, Figures: func(ctx context.Context) ([]ops.Figure, error) {
		jobs, err := queue.Counts(ctx)
		if err != nil {
			return nil, err
		}
		late := 0.0
		if !jobs.Oldest.IsZero() {
			late = time.Since(jobs.Oldest).Seconds()
		}
		n := in.Counts()
		backedUp, err := c.backups.Good(ctx)
		if err != nil {
			return nil, err
		}
		return append(c.signature(), []ops.Figure{
			{Name: "otasuke_box_heartbeats_total", Help: "Heartbeats that this process took.", Value: float64(n.Heartbeats)},
			{Name: "otasuke_box_events_total", Help: "Events that this process took and that were new.", Value: float64(n.Events)},
			{Name: "otasuke_box_events_refused_total", Help: "Events that boxes sent and that are no events.", Value: float64(n.Refused)},
			{Name: "otasuke_box_requests_failed_total", Help: "Requests of boxes that failed by the centre's own fault.", Value: float64(n.Failed)},
			{Name: "otasuke_backup_time_seconds", Help: "When the last backup that is whole was made, seconds since 1970; 0 for none.", Value: float64(max(0, backedUp.Unix()))},
			{Name: "otasuke_jobs", State: "waiting", Help: "Jobs of all processes.", Value: float64(jobs.Waiting)},
			{Name: "otasuke_jobs", State: "running", Help: "Jobs of all processes.", Value: float64(jobs.Running)},
			{Name: "otasuke_jobs", State: "failed", Help: "Jobs of all processes.", Value: float64(jobs.Failed)},
			{Name: "otasuke_jobs_late_seconds", Help: "How late the job is that is due the longest.", Value: late},
		}...), nil
	}}
}
