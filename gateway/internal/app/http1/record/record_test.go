package record

import (
	"testing"

	"otasuke/gateway/internal/eve/object/objecttest"
)

func TestObeysTags(t *testing.T) {
	objecttest.ObeysTags(t, func(r *Record) ([]byte, error) { return r.AppendJSON(nil), nil })
}
