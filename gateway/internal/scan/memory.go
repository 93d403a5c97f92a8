package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// maxRemembered files are known by their digest: what an office exchanges in some weeks,
// about 10 MiB.
const maxRemembered = 1 << 16

// memory is what was said about files. New signatures make it forget all: what was clean
// may be known now, and what was infected may have been a mistake.
type memory struct {
	mu     sync.Mutex
	number uint64 // of the signatures
	sig    Signatures
	newest time.Time // of their folder
	off    time.Time // until then nobody knows which signatures answer
	now    time.Time // of the latest look
	known  map[[sha256.Size]byte]string
	order  [][sha256.Size]byte // a ring, oldest at next when it is full
	next   int
	// stopped are places of which parts must not be taken for files of their own.
	stopped map[Source]stopped
}

// era is the number of the signatures that are in use.
func (m *memory) era() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.number
}

// renew forgets everything if the signatures are other ones. A change of their folder is
// seen before clamd uses it.
func (m *memory) renew(sig Signatures, newest, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = now
	changed := !newest.Equal(m.newest)
	if sig.Version == m.sig.Version && !changed {
		return
	}
	if changed && !m.newest.IsZero() {
		m.off = now.Add(ReloadTime)
	}
	m.number++
	m.sig, m.newest, m.known, m.order, m.next, m.stopped = sig, newest, nil, nil, 0, nil
}

// flagged marks what is no virus; clean files have an empty text.
const flagged = "\x00"

// put remembers the answer to a file that was begun in era.
func (m *memory) put(key [sha256.Size]byte, era uint64, r *Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if era != m.number || m.now.Before(m.off) {
		return
	}
	if m.known == nil {
		m.known = map[[sha256.Size]byte]string{}
	}
	if _, ok := m.known[key]; ok {
		return
	}
	if len(m.order) < maxRemembered {
		m.order = append(m.order, key)
	} else {
		delete(m.known, m.order[m.next])
		m.order[m.next] = key
		m.next = (m.next + 1) % maxRemembered
	}
	m.known[key] = r.Virus
	if r.Flag != "" {
		m.known[key] = flagged + r.Flag
	}
}

// get returns what was said, nil for nothing.
func (m *memory) get(key [sha256.Size]byte) *Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	said, ok := m.known[key]
	if !ok {
		return nil
	}
	r := &Result{Virus: said, SHA256: hex.EncodeToString(key[:]), Remembered: true}
	if len(said) > 0 && said[:1] == flagged {
		r.Virus, r.Flag = "", said[1:]
	}
	return r
}
