//go:build !cgo

package literal

import "errors"

// Trim does nothing: the collector does.
func Trim() {}

// Engine names the implementation, for reports.
const Engine = "grams"

// DB is a compiled set of patterns.
type DB struct {
	g       *grams
	numbers []uint32 // of patterns; nil for their places
}

// Compile builds the database. The number reported for a pattern is its index.
func Compile(patterns []Pattern) (*DB, error) {
	if err := check(patterns); err != nil {
		return nil, err
	}
	return &DB{g: newGrams(patterns)}, nil
}

// Close frees the database; no scan may run or follow.
func (db *DB) Close() { db.g = nil }

// Size is the memory of the database in bytes.
func (db *DB) Size() int { return db.g.size() }

// It is built as fast as it would be read.
const serializes = false

func platform() string { return Engine }

func (db *DB) serialize() ([]byte, error) { return nil, errors.ErrUnsupported }

func deserialize([]byte, []Pattern) (*DB, error) { return nil, errors.ErrUnsupported }

// Scratch is the working memory of one goroutine.
type Scratch struct{ marks marks }

// NewScratch makes working memory that fits all the databases.
func NewScratch(dbs ...*DB) (*Scratch, error) {
	most := 1
	for _, db := range dbs {
		most = max(most, len(db.g.patterns))
	}
	return &Scratch{newMarks(most)}, nil
}

// Close frees the memory.
func (s *Scratch) Close() {}

// Scan returns the numbers of the patterns that occur in data, each once, in no
// particular order. The slice is good until the next scan.
func (s *Scratch) Scan(db *DB, data []byte) []uint32 {
	return db.numbered(db.g.scan(&s.marks, data))
}
