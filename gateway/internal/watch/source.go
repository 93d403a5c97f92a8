package watch

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// source is where the answer of a server comes from that a file is.
func (f *File) source() scan.Source {
	if f.Mode != Stop || f.App.Dir != app.ToClient || f.App.Tx.Proto != rule.ProtoHTTP {
		return 0
	}
	asked := &f.App.Tx.Sides[app.ToServer]
	return scan.SourceOf(asked.Get(rule.HTTPHost), asked.Get(rule.HTTPURIRaw))
}

// Rest is the answer about a file that was stopped, where this one is only a part of it; nil for
// none. A client whose download was cut off goes on where it ended, and what is left is harmless
// alone.
func (f *File) Rest(s *scan.Scanner, now int64) *scan.Result {
	if f.From == 0 || f.App.Start < 0 || f.Told {
		return nil
	}
	return s.Rest(f.From, now)
}
