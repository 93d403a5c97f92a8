package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"otasuke/wire"
)

// maxWindow bounds what the zstd decoder may allocate for a hostile frame; a box
// compresses at most [wire.MaxBatchBytes], so a larger window serves no one.
const maxWindow = 8 << 20

// Errors of decoding, which become answers.
var (
	errLimit = errors.New("intake: message is too large")
	errBody  = errors.New("intake: message is malformed")
	// Of one event, which is refused while the others count.
	errLarge      = fmt.Errorf("intake: event has more than %d bytes", wire.MaxEventBytes)
	errUnreadable = errors.New("intake: event is not readable")
)

// batch is a decoded [wire.Batch]: what could be read, and what never will be.
type batch struct {
	events  []wire.Event
	refused map[string]string
}

var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err) // constant options
	}
	return d
}}

// decompress reads at most wire.MaxBatchBytes of plain text out of zstd frames.
func decompress(r io.Reader) ([]byte, error) {
	d := decoders.Get().(*zstd.Decoder)
	defer func() {
		_ = d.Reset(nil) // lets go of r; the pool's decoder is ready again
		decoders.Put(d)
	}()
	if err := d.Reset(r); err != nil {
		return nil, fmt.Errorf("%w: zstd: %w", errBody, err)
	}
	text, err := io.ReadAll(io.LimitReader(d, wire.MaxBatchBytes+1))
	switch {
	case len(text) > wire.MaxBatchBytes, errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return nil, fmt.Errorf("%w: more than %d bytes after decompression", errLimit, wire.MaxBatchBytes)
	case err != nil:
		return nil, fmt.Errorf("%w: zstd: %w", errBody, err)
	}
	return text, nil
}

// decodeBatch reads a batch. One bad event does not spoil the others: a box would
// repeat the batch for ever. It fails with errBody, errLimit or a [wire.Error] for
// the version, which is looked at before anything else.
func decodeBatch(text []byte) (batch, error) {
	var raw struct {
		Version int       `json:"version"`
		Events  rawEvents `json:"events"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		if v := checkVersion(text); v != nil {
			return batch{}, v // the rest may mean something else there
		}
		if errors.Is(err, errLimit) {
			return batch{}, err
		}
		return batch{}, fmt.Errorf("%w: %w", errBody, err)
	}
	if err := wire.CheckVersion(raw.Version); err != nil {
		return batch{}, err
	}
	b := batch{refused: map[string]string{}}
	for i, one := range raw.Events {
		e, err := decodeEvent(one)
		if err == nil {
			b.events = append(b.events, e)
			continue
		}
		var named struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(one, &named) != nil || !wire.ValidID(named.ID) {
			// Nothing to name the refusal by.
			return batch{}, fmt.Errorf("%w: event %d has no id", errBody, i)
		}
		b.refused[named.ID] = err.Error()
	}
	return b, nil
}

// checkVersion reads the version alone, since the rest may mean something else.
func checkVersion(text []byte) error {
	var v struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return fmt.Errorf("%w: %w", errBody, err)
	}
	return wire.CheckVersion(v.Version)
}

// rawEvents stops reading at the limit: a list of a million numbers is small as
// text and large in memory.
type rawEvents []json.RawMessage

// UnmarshalJSON reads a list of at most [wire.MaxBatchEvents].
func (r *rawEvents) UnmarshalJSON(text []byte) error {
	*r = nil
	list := json.NewDecoder(bytes.NewReader(text))
	begin, err := list.Token()
	if err == nil && begin == nil { // null
		return nil
	}
	if err != nil || begin != json.Delim('[') {
		return fmt.Errorf("%w: events are not a list", errBody)
	}
	for list.More() {
		if len(*r) == wire.MaxBatchEvents {
			return fmt.Errorf("%w: more than %d events", errLimit, wire.MaxBatchEvents)
		}
		var one json.RawMessage
		if err := list.Decode(&one); err != nil {
			return err
		}
		*r = append(*r, one)
	}
	return nil
}

// decodeEvent reads and checks one event. Its errors go to the box, so they quote
// nothing of it.
func decodeEvent(text []byte) (e wire.Event, err error) {
	if len(text) > wire.MaxEventBytes {
		return e, errLarge
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, errUnreadable
	}
	return e, e.Check()
}
