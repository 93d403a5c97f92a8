package evelog

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/file"
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
