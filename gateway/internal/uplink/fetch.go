package uplink

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"
)

const (
	// fetchTime of one download: 230 MiB of signatures over a line of 1 Mbit/s take half an hour.
	fetchTime = time.Hour
	// stall is how long a download may bring nothing.
	stall = 30 * time.Second
)

// Fetch opens what the centre has at a path; the caller bounds what it reads, and closes it. An
// error is [fs.ErrNotExist] where the centre has nothing.
func (u *Uplink) Fetch(ctx context.Context, path string) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	d := &download{cancel: cancel, watch: time.AfterFunc(stall, cancel)}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.cfg.URL+path, http.NoBody)
	if err != nil {
		d.stop()
		return nil, fmt.Errorf("uplink: %w", err)
	}
	client := *u.client()
	client.Timeout = 0 // large files on slow lines: stall instead
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		d.stop()
		return nil, fmt.Errorf("uplink: %w", err)
	}
	d.body = resp.Body
	if resp.StatusCode != http.StatusOK {
		d.Close()
		if resp.StatusCode == http.StatusNotFound {
			return nil, fmt.Errorf("uplink: %s: %w", path, fs.ErrNotExist)
		}
		return nil, fmt.Errorf("uplink: centre answered %s", resp.Status)
	}
	return d, nil
}

// download is a body that may not stand still.
type download struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	watch  *time.Timer
}

func (d *download) Read(b []byte) (int, error) {
	n, err := d.body.Read(b)
	if n > 0 {
		d.watch.Reset(stall)
	}
	return n, err
}

func (d *download) stop() {
	d.watch.Stop()
	d.cancel()
}

func (d *download) Close() error {
	defer d.stop()
	return d.body.Close()
}
