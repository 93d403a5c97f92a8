package update

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"otasuke/wire"
)

// A download over a slow line takes up to an hour. What changes beside bundles does not wait for it: signatures that the system
// has renewed under another name would be missing for so long.
func TestMinutesGoOnDuringADownload(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		minutes := 0
		hours, _ := ParseHours("")
		k, err := New(Config{StateDir: dir, Hours: hours, Minute: func() { minutes++ }, Note: func(string) {}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); k.Run(ctx) }()
		begun := false
		k.Reach(func(ctx context.Context, _ string) (io.ReadCloser, error) {
			begun = true
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
			return nil, io.ErrUnexpectedEOF
		})
		k.Want([]wire.BundleWanted{{Kind: wire.BundleRules, Version: 1}})
		for range 2 {
			time.Sleep(90 * time.Second)
			synctest.Wait()
		}
		if !begun || minutes < 3 {
			t.Errorf("a download has begun: %v; %d times in three minutes", begun, minutes)
		}
		cancel()
		<-done
	})
}
