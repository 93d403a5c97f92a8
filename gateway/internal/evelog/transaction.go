package evelog

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
)

// Tell adds the fields of a transaction.
func Tell(r *eve.Record, tx *app.Tx) {
	if a, ok := tx.Recorder.(app.Appender); ok {
		if r.Written, ok = a.AppendRecord(r.Written, tx); ok {
			return
		}
	}
	r.Extra = Fields(tx)
}

// Fields are the fields of a transaction.
func Fields(tx *app.Tx) []app.Field {
	if tx.Recorder == nil {
		return nil
	}
	return tx.Recorder.Record(tx)
}
