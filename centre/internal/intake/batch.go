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

// maxMitre bounds a list in an event; a rule names one or two techniques.
const maxMitre = 16

// Errors of decoding, which become answers.
var (
	errLimit = errors.New("intake: message is too large")
	errBody  = errors.New("intake: message is malformed")
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
	if err := checkVersion(text); err != nil {
		return batch{}, err
	}
	var raw struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return batch{}, fmt.Errorf("%w: %w", errBody, err)
	}
	if len(raw.Events) > wire.MaxBatchEvents {
		return batch{}, fmt.Errorf("%w: more than %d events", errLimit, wire.MaxBatchEvents)
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
		if json.Unmarshal(one, &named) != nil || !goodID(named.ID) {
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

func decodeEvent(text []byte) (e wire.Event, err error) {
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("%w: %w", errBody, err)
	}
	if err := e.Check(); err != nil {
		return e, err
	}
	if !goodID(e.ID) {
		return e, fmt.Errorf("%w: id has other characters than letters and digits", errBody)
	}
	return e, checkTexts(&e)
}

// goodID says whether s is 26 letters and digits.
func goodID(s string) bool {
	return len(s) == 26 && bytes.IndexFunc([]byte(s), func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// checkTexts refuses an event whose free texts are longer than agreed.
func checkTexts(e *wire.Event) error {
	texts := []string{e.App, e.URL, e.Flow.Proto, e.Device.MAC, string(e.Direction)}
	if r := e.Rule; r != nil {
		if len(r.Mitre) > maxMitre {
			return fmt.Errorf("%w: too many techniques", errLimit)
		}
		texts = append(append(texts, r.Msg, r.Class, r.Family), r.Mitre...)
	}
	if s := e.Site; s != nil {
		texts = append(texts, s.Name, s.Layer, s.Category, s.List)
	}
	if f := e.File; f != nil {
		texts = append(texts, f.Name, f.SHA256, f.Virus)
	}
	if e.Health != nil {
		texts = append(texts, e.Health.Software, e.Health.Note)
	}
	for _, s := range texts {
		if len(s) > wire.MaxText {
			return fmt.Errorf("%w: a text has more than %d bytes", errLimit, wire.MaxText)
		}
	}
	return checkParts(e.Health)
}

// maxParts bounds the functions that a box reports on; there are five today.
const maxParts = 32

func checkParts(h *wire.Health) error {
	if h == nil {
		return nil
	}
	if len(h.Parts) > maxParts {
		return fmt.Errorf("%w: too many parts", errLimit)
	}
	for name, state := range h.Parts {
		if len(name) > wire.MaxText || len(state) > wire.MaxText {
			return fmt.Errorf("%w: a part's name is too long", errLimit)
		}
	}
	return nil
}
