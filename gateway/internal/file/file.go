// Package file is what is kept of a file while it passes: its first bytes for rules, its
// digests, its kind. The bytes themselves are not.
//
// Pure: no I/O. Only the engine calls it.
package file

import (
	"crypto/md5" // names of files in rules, not protection
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// Limits.
const (
	// MaxData bytes of each file are matched against rules: what bodies are limited to.
	MaxData = 100 << 10
	// firstData is how much of a file is waited for before its beginning is matched.
	firstData = 1024
	// eager is up to which size it is matched with each packet inline; behind it whenever
	// an eighth has come.
	eager = 16 << 10
)

// Digest is one of the digests of a file.
type Digest uint8

// Digests, in the order of [State.Sums].
const (
	MD5 Digest = iota
	SHA1
	SHA256
	NumDigests
)

// State is what is kept of one file. Make it with [New].
type State struct {
	// Data are its first bytes, if they are wanted.
	Data []byte
	// Sums are its digests in hexadecimal digits after [State.Close], "" where nobody asks.
	Sums [NumDigests]string
	// Closed tells that it has ended, Cut that it was not whole.
	Closed, Cut bool
	// Kind is what the first bytes say that it is, after Close.
	Kind string
	// Missing are bytes that were not seen.
	Missing int64

	buffers Buffers // nil when nothing is kept
	spent   [][]byte
	judged  int // bytes of Data that were matched
	hashes  [NumDigests]hash.Hash
}

// Buffers lends memory.
type Buffers interface {
	Get(n int) []byte // empty, with room for n
	Put(b []byte)
}

// New begins a file whose first bytes are kept, if keep is set, in memory of buffers.
func New(buffers Buffers, keep bool, digests [NumDigests]bool) *State {
	st := new(State)
	if keep {
		st.buffers = buffers
	}
	for d, wanted := range digests {
		if wanted {
			st.hashes[d] = [...]func() hash.Hash{MD5: md5.New, SHA1: sha1.New, SHA256: sha256.New}[d]()
		}
	}
	return st
}

// Write takes the next bytes. due tells that Data has grown so much that it is to be
// matched again: by a quarter, so that the sum of the work stays a small multiple of it.
func (st *State) Write(b []byte) (due bool) {
	if st.Missing == 0 {
		for _, h := range st.hashes {
			if h != nil {
				h.Write(b)
			}
		}
	}
	room := MaxData - len(st.Data)
	if st.buffers == nil || room <= 0 {
		return false
	}
	b = b[:min(room, len(b))]
	if n := len(st.Data) + len(b); n > cap(st.Data) {
		if st.Data != nil {
			st.spent = append(st.spent, st.Data) // somebody may look at it still
		}
		st.Data = append(st.buffers.Get(n), st.Data...)
	}
	st.Data = append(st.Data, b...)
	n := st.judged
	return len(st.Data) >= firstData && len(st.Data) >= n+n/4 || len(st.Data) == MaxData
}

// Due tells that bytes have come that are to be matched at once, where they are on their
// way to a receiver.
func (st *State) Due() bool {
	n := len(st.Data) - st.judged
	return n > 0 && (len(st.Data) <= eager || n >= st.judged/8)
}

// Judged notes that Data is matched as it is: who looked at it before looks at it anew.
func (st *State) Judged() {
	st.judged = len(st.Data)
	st.putSpent()
}

func (st *State) putSpent() {
	for i, b := range st.spent {
		st.buffers.Put(b)
		st.spent[i] = nil
	}
	st.spent = st.spent[:0]
}

// Gap notes n missing bytes.
func (st *State) Gap(n int) { st.Missing += int64(n) }

// Close ends the file; cut tells that it is not whole.
func (st *State) Close(cut bool) {
	st.Closed, st.Cut, st.Kind = true, cut, Type(st.Data)
	for d, h := range st.hashes {
		if h != nil {
			st.Sums[d] = hex.EncodeToString(h.Sum(nil)) // of what is there
		}
	}
}

// Release gives the memory back: nobody looks at Data any more.
func (st *State) Release() {
	if st.buffers == nil {
		return
	}
	st.putSpent()
	st.buffers.Put(st.Data)
	st.Data, st.spent, st.buffers = nil, nil, nil
}

// List are files whose memory is given back together.
type List []*State

// Release gives the memory of all back and empties the list.
func (l *List) Release() {
	for _, st := range *l {
		st.Release()
	}
	clear(*l)
	*l = (*l)[:0]
}

// Whole tells that the digests are those of the whole file.
func (st *State) Whole() bool { return !st.Cut && st.Missing == 0 }
