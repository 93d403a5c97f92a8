package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/clienthello"
	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/app/http1"
	"otasuke/gateway/internal/app/quichello"
	"otasuke/rule"
)

// newReader makes a reader, nil when there is none for the protocol.
func (w *Worker) newReader(p rule.Proto) app.Reader {
	k := w.sink()
	switch p {
	case rule.ProtoHTTP:
		cfg := w.e.cfg.HTTP
		cfg.Want = w.used
		return http1.New(k, cfg)
	case rule.ProtoTLS:
		return clienthello.New(k)
	case rule.ProtoDNS:
		return dnsmsg.New(k, w.isTCP())
	case rule.ProtoQUIC:
		return quichello.New(k)
	}
	return nil
}
