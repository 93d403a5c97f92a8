package demo

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

// newDanger is what nobody knew of yesterday.
const newDanger = `drop http any any -> any any (msg:"DEMO a danger that is new today"; flow:established,to_server; http.uri; content:"/page/99"; classtype:trojan-activity; sid:9900099; rev:1;)
`

// current is step 13: a danger of today stands in one of the centre's sources, becomes a signed bundle, and the box fetches
// it, tries it and blocks by it.
func (d *demo) current(ctx context.Context) {
	start := time.Now()
	s := Step{ID: "13", Expected: "passes before, blocked after the box has fetched the bundle, the rest goes on"}
	opens := func(page string) bool {
		code, _ := d.curl(ctx, d.lab.PC1, "-m", "2", "-o", "/dev/null", "http://"+lab.Good+page)
		return code == 0
	}
	before := opens("/page/99")
	err := d.release(ctx)
	blocked := err == nil && eventually(ctx, 30*time.Second, func() bool { return !opens("/page/99") })
	told := blocked && eventually(ctx, 20*time.Second, func() bool { return d.released(ctx) == "trial" })
	switch {
	case err != nil:
		s.Seen = err.Error()
	case !before:
		s.Seen = "it was blocked before"
	case !blocked:
		s.Seen = "it still passes; the centre says the box has it as " + d.released(ctx)
	case !told:
		s.Seen = "the centre does not hear that the box has it"
	case !opens("/page/1"):
		s.Seen = "other pages are blocked, too"
	default:
		s.Seen, s.OK = s.Expected, true
		s.Note = "look at: otasuke centre bundle list -config " + d.path("centre.toml")
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "A danger that is new today reaches the box as a signed bundle")
}

// release makes the provider's keys and lets a rule out.
func (d *demo) release(ctx context.Context) error {
	err := errors.Join(os.MkdirAll(d.path("today"), 0o700), os.WriteFile(d.path("today/today.rules"), []byte(newDanger), 0o600))
	if err != nil {
		return err
	}
	if err := d.admin(ctx, "bundle init", nil, nil, "-keys", d.path("keys")); err != nil {
		return err
	}
	return d.admin(ctx, "bundle fetch", nil, nil) // it is one of the centre's sources
}

// released is what became of the release on the box.
func (d *demo) released(ctx context.Context) string {
	var list struct {
		Releases []struct {
			States map[string]int `json:"states"`
		} `json:"releases"`
	}
	if err := d.admin(ctx, "bundle list", nil, &list); err != nil || len(list.Releases) != 1 {
		return "unknown"
	}
	var words []string
	for state := range list.Releases[0].States {
		words = append(words, state)
	}
	return strings.Join(words, ", ")
}
