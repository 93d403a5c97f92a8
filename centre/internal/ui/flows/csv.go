package flows

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
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
	if _, err := w.Write([]byte("\ufeff")); err != nil { // spreadsheets take it for another encoding without
		return fmt.Errorf("flows: %w", err)
	}
	out := csv.NewWriter(w)
	t := q.Answer.Traffic
	if len(t.Sums) > 0 {
		err = out.Write([]string{q.Question.Traffic.Sum, "flows", "blocked", "bytes_up", "bytes_down", "first", "last"})
		for i := range t.Sums {
			s := &t.Sums[i]
			err = errors.Join(err, out.Write(Safe(f.key(v, q.Question.Traffic.Sum, s, names), strconv.Itoa(s.Flows), strconv.Itoa(s.Blocked), number(s.Up), number(s.Down), stamp(s.First), stamp(s.Last))))
		}
	} else {
		err = out.Write([]string{"start", "end", "device", "mac", "address", "name", "peer", "peer_port", "protocol", "application", "country", "verdict", "why", "bytes_up", "bytes_down"})
		for i := range t.Rows {
			r := &t.Rows[i]
			err = errors.Join(err, out.Write(Safe(stamp(r.Start), stamp(r.End), called(names, r.MAC, r.Device), r.MAC, r.Device.String(), r.Name, r.Peer.String(), strconv.Itoa(int(r.PeerPort)),
				strconv.Itoa(int(r.Proto)), r.App, r.Country, r.Verdict, r.Why, number(r.Up), number(r.Down))))
		}
	}
	out.Flush()
	return errors.Join(err, out.Error())
}

func number(n uint64) string   { return strconv.FormatUint(n, 10) }
func stamp(t time.Time) string { return t.In(ja.Zone).Format("2006-01-02 15:04:05") }

// Safe keeps spreadsheets from taking a name that somebody chose for a formula.
func Safe(cells ...string) []string {
	for i, c := range cells {
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	return cells
}
