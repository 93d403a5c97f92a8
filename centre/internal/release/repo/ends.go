package repo

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// End is when a role's signatures end.
type End struct {
	Role string    `json:"role"`
	At   time.Time `json:"at"`
	Soon bool      `json:"soon"` // a person should sign anew
}

// Ends are the ends of all roles, the first to end first.
func (r *Repo) Ends() (all []End, err error) {
	err = r.locked(func() error {
		t, err := r.tops()
		if err != nil {
			return err
		}
		program, err := r.speaker(t, roleProgram)
		if err != nil {
			return err
		}
		for _, e := range []End{{Role: metadata.ROOT, At: t.root.Signed.Expires}, {Role: metadata.TARGETS, At: t.targets.Signed.Expires}, {Role: roleProgram, At: program.Signed.Expires}} {
			e.Soon = e.At.Sub(r.clock.Now()) < WarnBefore
			all = append(all, e)
		}
		slices.SortFunc(all, func(a, b End) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Role, b.Role)) })
		return nil
	})
	return all, err
}

// Root is the newest root, with which a box begins.
func (r *Repo) Root() ([]byte, error) {
	n := r.newest(metadata.ROOT)
	if n == 0 {
		return nil, ErrNone
	}
	b, err := os.ReadFile(r.metadata(fmt.Sprintf("%d.root.json", n)))
	if err != nil {
		return nil, fmt.Errorf("repo: %w", err)
	}
	return b, nil
}
