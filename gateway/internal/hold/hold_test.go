package hold

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"

	"otasuke/wire"
)

// Who is held stays so over a restart; a list that says the same changes nothing; what is no
// address holds nobody; a kernel that refuses is asked again.
func TestKeeper(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "held.json")
	var got [][]net.HardwareAddr
	var fail error
	make := func() *Keeper {
		return New(Config{Path: path, Log: slog.New(slog.DiscardHandler), Apply: func(l []net.HardwareAddr) error {
			if fail == nil {
				got = append(got, l)
			}
			return fail
		}})
	}
	k := make()
	if k.Want(nil) || len(got) != 0 {
		t.Error("nobody was to be held, and something was done")
	}
	a, b := "00:1b:8b:00:00:01", "00-1B-8B-00-00-02"
	if !k.Want([]string{b, a, a, "nonsense", "01:00:5e:00:00:01", "00:1b:8b"}) || k.InForce() != 2 || len(got[0]) != 2 || got[0][0].String() != a {
		t.Errorf("%v, %d in force", got, k.InForce())
	}
	if k.Want([]string{a, b}) || len(got) != 1 {
		t.Error("the same list again was put in force anew")
	}
	if again := make(); again.InForce() != 2 || len(got) != 2 {
		t.Errorf("after a restart %d are held", again.InForce())
	}
	fail = errors.New("no nftables")
	if k.Want([]string{a}) || k.InForce() != 2 {
		t.Errorf("%d in force", k.InForce())
	}
	fail = nil
	if !k.Want([]string{a}) || k.InForce() != 1 {
		t.Errorf("not tried again: %d in force", k.InForce())
	}
	if !k.Want(nil) || k.InForce() != 0 || len(got[len(got)-1]) != 0 {
		t.Errorf("not let go: %v", got)
	}
	many := []string{}
	for i := range 2 * wire.MaxHeld {
		many = append(many, net.HardwareAddr{0, 1, 2, 3, byte(i >> 8), byte(i)}.String())
	}
	if k.Want(many); k.InForce() != wire.MaxHeld {
		t.Errorf("%d in force", k.InForce())
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k := make(); k.InForce() != 0 || !k.Want([]string{a}) {
		t.Error("a broken file is in the way")
	}
}
