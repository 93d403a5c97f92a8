package flows

import (
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

// WriteCSV writes the rows or sums of an answer as a file for a spreadsheet.
func (f *Flows) WriteCSV(w http.ResponseWriter, v *ui.Visit, tenantID, id string) error {
	q, err := f.Questions.Get(v.Request.Context(), tenantID, id)
	if err != nil {
		return err
	}
	if q.Answer == nil || q.Answer.Traffic == nil || q.Question.Traffic == nil {
		return store.ErrNotFound
	}
	names, _, err := f.names(v, tenantID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="traffic.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	t := q.Answer.Traffic
	if len(t.Sums) > 0 {
		out := sheet.New(w, q.Question.Traffic.Sum, "flows", "blocked", "bytes_up", "bytes_down", "first", "last")
		for i := range t.Sums {
			s := &t.Sums[i]
			out.Row(f.key(v, q.Question.Traffic.Sum, s, names), strconv.Itoa(s.Flows), strconv.Itoa(s.Blocked), number(s.Up), number(s.Down), stamp(s.First), stamp(s.Last))
		}
		return out.Close()
	}
	out := sheet.New(w, "start", "end", "device", "mac", "address", "name", "peer", "peer_port", "protocol", "application", "country", "verdict", "why", "bytes_up", "bytes_down")
	for i := range t.Rows {
		r := &t.Rows[i]
		out.Row(stamp(r.Start), stamp(r.End), called(names, r.MAC, r.Device), r.MAC, r.Device.String(), r.Name, r.Peer.String(), strconv.Itoa(int(r.PeerPort)),
			strconv.Itoa(int(r.Proto)), r.App, r.Country, r.Verdict, r.Why, number(r.Up), number(r.Down))
	}
	return out.Close()
}

func number(n uint64) string   { return strconv.FormatUint(n, 10) }
func stamp(t time.Time) string { return t.In(ja.Zone).Format("2006-01-02 15:04:05") }
