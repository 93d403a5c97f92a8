package tlsmsg

import (
	"testing"

	"otasuke/gateway/internal/eve/object/objecttest"
)

func TestRecordObeysTags(t *testing.T) {
	t.Parallel()
	objecttest.ObeysTags(t, func(r *record) ([]byte, error) { return r.AppendJSON(nil), nil })
}
