package centre

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/witness"
)

// What the command said is kept as a file and compared: the record goes on from there, or another end is found. A file that is none is told.
func TestAuditIsCompared(t *testing.T) {
	t.Parallel()
	c := testCentre(t, storetest.SQLiteURL(t, schemas()...))
	_, err := c.AddCompany(t.Context(), NewCompany{Name: "佐藤製作所", Lang: "ja", OwnerName: "佐藤", OwnerEmail: "sato@sato.example", Password: word})
	ok(t, err)
	said, err := c.Witness().Ask(t.Context(), "")
	ok(t, err)
	kept, err := json.Marshal(said)
	ok(t, err)
	file := filepath.Join(t.TempDir(), "heads.json")
	ok(t, os.WriteFile(file, kept, 0o600))
	_, err = c.AddOperator(t.Context(), "野田", "noda@centre.example", word)
	ok(t, err)
	if _, err := c.Witness().Ask(t.Context(), file); err != nil {
		t.Errorf("it went on: %v", err)
	}
	head := said.Chains[0].Head
	ok(t, os.WriteFile(file, bytes.ReplaceAll(kept, []byte(head), []byte("00"+head[2:])), 0o600))
	if _, err := c.Witness().Ask(t.Context(), file); head[:2] != "00" && !errors.Is(err, witness.ErrChanged) {
		t.Errorf("another end: %v", err)
	}
	ok(t, os.WriteFile(file, []byte("no report"), 0o600))
	if _, err := c.Witness().Ask(t.Context(), file); err == nil {
		t.Error("a file that is none was taken")
	}
}
