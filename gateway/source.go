package gateway

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/mirror"
)

// source is where a worker's packets come from.
type source interface {
	capture.Source
	Counts() (turns, missed *atomic.Uint64)
	Close() error
}

// openQueues opens a source for each worker.
func openQueues(cfg Config) (queues []source, err error) {
	ends, quiet := new(capture.Ends), 0
	if r, ok := cfg.Route(); ok {
		link, err := net.InterfaceByName(r.Outside)
		if err != nil {
			return nil, fmt.Errorf("gateway: port %s: %w", r.Outside, err)
		}
		quiet = link.Index
	}
	for i := range cfg.Queues {
		var q source
		if cfg.Stops() {
			q, err = capture.NewQueue(capture.QueueConfig{Number: uint16(i), Segmented: cfg.Segmented, Ends: ends, Quiet: quiet})
		} else {
			q, err = mirror.New(cfg.Ports[0], uint16(os.Getpid()))
		}
		if err != nil {
			for _, open := range queues {
				err = errors.Join(err, open.Close())
			}
			return nil, err
		}
		queues = append(queues, q)
	}
	return queues, nil
}
