package evelog

import (
	"strings"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/file"
	"otasuke/gateway/internal/scan"
)

// Signature numbers of what the scanner finds, in a block of our own.
const (
	sidVirus     = 9900002
	sidEncrypted = 9900003
	sidMacros    = 9900004
)

// FileOf describes a file; magic adds its kind.
func FileOf(f *app.File, st *file.State, magic bool) *eve.Fileinfo {
	fi := &eve.Fileinfo{Filename: Text(f.Name), Gaps: f.Gaps, State: "CLOSED", Size: int64(f.Size) + st.Missing, TxID: f.Tx.ID,
		MD5: st.Sums[file.MD5], SHA1: st.Sums[file.SHA1], SHA256: st.Sums[file.SHA256]}
	if st.Cut {
		fi.State = "TRUNCATED"
	}
	if f.Start >= 0 {
		fi.Start, fi.End = new(f.Start), new(f.End)
	}
	if magic {
		fi.Magic = st.Kind
	}
	return fi
}

// Scanned adds the scanner's answer to the record of a file.
func Scanned(rec *eve.Record, r *scan.Result) *eve.Record {
	rec.Otasuke = &eve.Own{Scan: "clean", Virus: r.Virus}
	switch {
	case r.Err != nil:
		rec.Otasuke.Scan = "not scanned: " + r.Err.Error()
	case r.Virus != "":
		rec.Otasuke.Scan = "infected"
	case r.Flag != "":
		rec.Otasuke.Scan, rec.Otasuke.Virus = "suspicious", r.Flag
	}
	return rec
}

// Found completes an alert about a file with what was found in it.
func Found(rec *eve.Record, r *scan.Result) {
	a := rec.Alert
	a.SignatureID, a.Signature, a.Category, a.Severity = sidVirus, "OTASUKE virus "+r.Virus, "Virus in a file", 1
	rec.Otasuke.Scan, rec.Otasuke.Virus = "infected", r.Virus
	if r.Virus == "" {
		a.SignatureID, a.Signature, a.Category, a.Severity = sidMacros, "OTASUKE file with macros "+r.Flag, "Suspicious file", 3
		if strings.HasPrefix(r.Flag, scan.Encrypted) {
			a.SignatureID, a.Signature = sidEncrypted, "OTASUKE file with a password "+r.Flag
		}
		rec.Otasuke.Scan, rec.Otasuke.Virus = "suspicious", r.Flag
	}
	rec.Fileinfo.SHA256 = r.SHA256
}

// Action is what an alert says became of what it is about.
func Action(stopped bool) string {
	if stopped {
		return "blocked"
	}
	return "allowed"
}
