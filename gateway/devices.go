package gateway

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"otasuke/content/devices"
	"otasuke/gateway/internal/heard"
	"otasuke/gateway/internal/inventory"
	"otasuke/gateway/internal/listen"
	"otasuke/gateway/internal/makers"
)

// saveDevicesEvery is how much of what was heard a power cut may cost.
const saveDevicesEvery = time.Minute

// inside is what the engine knows of the devices of the office.
type inside struct {
	cfg   *Config
	table *inventory.Table
	saved time.Time
	full  bool // the state cannot be written; said once
}

// openInside begins to know devices; nil when that is switched off.
func openInside(cfg *Config) (*inside, error) {
	if cfg.NoDevices {
		return nil, nil
	}
	known, err := devices.Load()
	if err != nil {
		return nil, err
	}
	list, err := makers.Read(cfg.Makers)
	if err != nil {
		cfg.Log.Warn("makers of devices are not known", "err", err)
	} else if list.Len() == 0 {
		cfg.Log.Info("makers of devices are not known: install ieee-data, or name a list of the IEEE in makers")
	}
	in := &inside{cfg: cfg, saved: time.Now()}
	in.table, err = inventory.Open(inventory.Config{Known: known, Makers: list, Every: cfg.DevicesEvery, Dormant: cfg.Dormant, Home: cfg.Inside},
		in.path(), time.Now().UnixMicro())
	if err != nil {
		cfg.Log.Warn("the inventory of devices begins anew", "err", err)
	}
	return in, nil
}

func (in *inside) path() string { return filepath.Join(in.cfg.StateDir, "devices.json") }

// listen hears what devices call out, until ctx ends. Without it everything else goes on.
func (in *inside) listen(ctx context.Context) {
	if in == nil {
		return
	}
	var ports sync.WaitGroup
	defer ports.Wait()
	for _, name := range in.cfg.Ports {
		p, err := listen.Open(name)
		if err != nil {
			in.cfg.Log.Warn("what devices call out is not heard", "err", err)
			continue
		}
		ports.Go(func() {
			defer p.Close()
			var at int64
			ear := heard.New(func(n heard.Note) { in.table.Hear(n, at) })
			err := p.Run(ctx, func(b []byte, now int64) { at = now; ear.Frame(b, now) })
			if err != nil {
				in.cfg.Log.Warn("what devices call out is not heard any more", "err", err)
			}
		})
	}
}

// devices writes what the centre should hear of devices; all keeps what is known, too.
func (w *writer) devices(all bool) {
	in := w.inside
	if in == nil {
		return
	}
	now := time.Now()
	_, _ = w.pipe.Write(in.table.Lines(now.UnixMicro()))
	if !all && now.Sub(in.saved) < saveDevicesEvery {
		return
	}
	in.saved = now
	err := in.table.Save(in.path())
	if err != nil && !in.full {
		w.log.Error("the inventory of devices is not kept", "err", err)
	}
	in.full = err != nil
}
