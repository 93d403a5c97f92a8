package literal

import (
	"slices"
	"testing"
)

func TestCollection(t *testing.T) {
	t.Parallel()
	var c Collection
	for owner, p := range []Pattern{{[]byte("Ab"), false}, {[]byte("Ab"), true}, {[]byte("aB"), true}, {[]byte("Ab"), false}, {[]byte("c"), false}} {
		c.Add(p, uint32(owner))
	}
	all := c.Divided(1, func(uint32) int { return 0 })[0]
	from, owners := all.From, all.Owners
	if c.Len() != 3 || !slices.Equal(from, []uint32{0, 2, 4, 5}) || !slices.Equal(owners, []uint32{0, 3, 1, 2, 4}) {
		t.Errorf("%d patterns, %v of %v", c.Len(), from, owners)
	}
}

// Databases stand in the order of their collections, whoever was ready first.
func TestBuild(t *testing.T) {
	t.Parallel()
	var all []Part
	for i := range 20 {
		c := new(Collection)
		for j := range 1 + (i*7)%20 {
			c.Add(Pattern{[]byte{'a' + byte(i), '0' + byte(j)}, false}, 0)
		}
		all = append(all, c.Whole())
	}
	dbs, err := new(Cache).Build(all, 4)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := NewScratch(dbs...)
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	for i, db := range dbs {
		if got := sc.Scan(db, []byte{'a' + byte(i), '0', 'z'}); !slices.Equal(got, []uint32{0}) {
			t.Errorf("database %d: %v", i, got)
		}
	}
	for _, db := range dbs {
		db.Close()
	}
	if _, err := new(Cache).Build([]Part{all[0], {}}, 2); err == nil {
		t.Error("an empty collection: no error")
	}
	if dbs, err := new(Cache).Build(nil, 2); len(dbs) > 0 || err != nil {
		t.Errorf("nothing to build: %v, %v", dbs, err)
	}
}
