package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/policy"
	"otasuke/wire"
)

// More counts for a group of devices; its steps are told line by line, and each can be taken back without what came later.
func TestGroupsOfDevices(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		state := policy.State{Template: "standard", Block: []string{"category:game"}}
		must(t, h.svc.Save(ctx, h.own, "op", why, 0, state, true))
		meeting := policy.Group{Name: "会議室", Members: []string{"02:00:00:00:00:01", "192.168.2.0/24"}, Block: []string{"category:social", "app:zoom"}, Deny: []string{"video.example"}}
		state, err := state.WithGroup("", &meeting)
		must(t, err)
		must(t, h.svc.Save(ctx, h.own, "op", why, 1, state, true))
		office := policy.Group{Name: "会", Members: []string{"192.168.2.9"}, Allow: []string{"shop.example"}} // whose name begins the other's
		state, err = state.WithGroup("", &office)
		must(t, err)
		must(t, h.svc.Save(ctx, h.own, "op", why, 2, state, true))

		p := h.wanted(h.own)
		if d := cmp.Diff(map[string][]string{"会議室": {"02:00:00:00:00:01", "192.168.2.0/24"}, "会": {"192.168.2.9"}}, p.Groups); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]wire.PolicyBlock{{Categories: []string{"game"}}, {Applications: []string{"zoom"}, Categories: []string{"social"}, Groups: []string{"会議室"}}}, p.Blocks); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]wire.PolicyNames{{Allow: []string{"shop.example"}, Groups: []string{"会"}}, {Deny: []string{"video.example"}, Groups: []string{"会議室"}}}, p.Names); d != "" {
			t.Error(d)
		}
		if q := h.wanted(h.decoy); len(q.Groups)+len(q.Names) != 0 {
			t.Errorf("another company: %+v", q)
		}
		all, err := h.svc.History(ctx, h.own, "")
		must(t, err)
		if c := policy.Changes(&all[0].Before, &all[0].After); len(c) != 1 || c[0].What != "groups" || len(c[0].Added) != 2 {
			t.Errorf("%+v", c)
		}
		must(t, h.svc.Undo(ctx, h.own, "", "op", why, 2, 3, true))
		o, err := h.svc.Of(ctx, h.own)
		must(t, err)
		if got := o.GroupsOf(); len(got) != 1 || got[0].Name != "会" {
			t.Errorf("after taking the first back: %+v", got)
		}
		must(t, h.svc.Undo(ctx, h.own, "", "op", why, 4, 4, true))
		if got := h.wanted(h.own); !slices.Equal(got.Groups["会議室"], p.Groups["会議室"]) || len(got.Names) != 2 {
			t.Errorf("taken back and back again: %+v", got)
		}
		// Changed since, and taken back: what is left of a group without devices counts for nobody and is gone.
		o, err = h.svc.Of(ctx, h.own)
		must(t, err)
		less := meeting
		less.Members, less.Deny = []string{"10.0.0.9"}, []string{"other.example"}
		less.Block = nil
		changed, err := o.State.WithGroup("会議室", &less)
		must(t, err)
		must(t, h.svc.Save(ctx, h.own, "op", why, 5, changed, true))
		gone, err := changed.WithGroup("会議室", nil)
		must(t, err)
		must(t, h.svc.Save(ctx, h.own, "op", why, 6, gone, true))
		must(t, h.svc.Undo(ctx, h.own, "", "op", why, 6, 7, true))
		p = h.wanted(h.own)
		if g := p.Groups["会議室"]; len(g) != 2 || len(p.Names) != 2 || len(p.Blocks) != 2 {
			t.Errorf("%+v", p)
		}
		must(t, h.svc.Undo(ctx, h.own, "", "op", why, 8, 8, true))
		if p = h.wanted(h.own); len(p.Groups) != 1 {
			t.Errorf("%+v", p)
		}
	})
}

func TestGroupsThatWouldNotDo(t *testing.T) {
	good := func() policy.Group {
		return policy.Group{Name: "会議室", Members: []string{"192.168.2.9"}, Deny: []string{"video.example"}}
	}
	one := good()
	state, err := policy.State{}.WithGroup("", &one)
	must(t, err)
	for name, c := range map[string]struct {
		change func(g *policy.Group)
		want   error
	}{
		"no name":       {func(g *policy.Group) { g.Name = " " }, policy.ErrGroupName},
		"long":          {func(g *policy.Group) { g.Name = strings.Repeat("あ", 21) }, policy.ErrGroupName},
		"four bytes":    {func(g *policy.Group) { g.Name = strings.Repeat("𠮷", 17) }, policy.ErrGroupName},
		"a line's mark": {func(g *policy.Group) { g.Name = "a\tb" }, policy.ErrGroupName},
		"not text":      {func(g *policy.Group) { g.Name = "\xff" }, policy.ErrGroupName},
		"nul":           {func(g *policy.Group) { g.Name = "a\x00" }, policy.ErrGroupName},
		"there already": {func(*policy.Group) {}, policy.ErrTaken},
		"nobody":        {func(g *policy.Group) { g.Name, g.Members = "x", nil }, policy.ErrNobody},
		"nothing":       {func(g *policy.Group) { g.Name, g.Deny = "x", nil }, policy.ErrNothing},
	} {
		g := good()
		c.change(&g)
		if _, err := state.WithGroup("", &g); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range policy.MaxGroups - 1 {
		g := good()
		g.Name = strings.Repeat("x", i+1)
		state, err = state.WithGroup("", &g)
		must(t, err)
	}
	last := good()
	last.Name = "last"
	if _, err := state.WithGroup("", &last); !errors.Is(err, policy.ErrGroups) {
		t.Error(err)
	}
	for text, want := range map[string]string{"192.168.1.20": "192.168.1.20", "::ffff:192.168.1.20": "192.168.1.20", "192.168.2.7/24": "192.168.2.0/24", "00-11-22-AA-BB-CC": "00:11:22:aa:bb:cc", "fe80::1": "fe80::1",
		"fe80::1%eth0": "", "0.0.0.0/0": "", "::/0": "", "printer": "", "192.168.1.300": "", "=1+1": "", "<b>": "", "\xff": ""} {
		got, err := policy.Members(text + "\n")
		if strings.Join(got, ",") != want || (err == nil) != (want != "") {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	suite(t, func(h *house) {
		for name, line := range map[string]string{"no line": "x", "unknown kind": "a\tb\tc", "no member": "a\tmember\tprinter", "other spelling": "a\tmember\t192.168.2.7/24", "unknown application": "a\tblock\tapp:none", "no site": "a\tdeny\tco.jp", "long": strings.Repeat("a", 65) + "\tdeny\tx.example"} {
			if err := h.svc.Save(h.Context(), h.own, "op", why, 0, policy.State{Groups: []string{line}}, true); err == nil || errors.Is(err, policy.ErrSame) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// Applications are not this company's to choose; names are.
		must(t, h.svc.SaveTemplate(h.Context(), "op", why, "school", 0, policy.State{Block: []string{"category:game"}}))
		must(t, h.svc.Save(h.Context(), h.own, "op", why, 0, policy.State{Template: "school"}, true))
		g := good()
		ours, err := policy.State{Template: "school"}.WithGroup("", &g)
		must(t, err)
		g.Name, g.Block = "x", []string{"app:zoom"}
		theirs, err := ours.WithGroup("", &g)
		must(t, err)
		if err := h.svc.Save(h.Context(), h.own, "owner", why, 1, theirs, false); !errors.Is(err, policy.ErrNotFree) {
			t.Error(err)
		}
		must(t, h.svc.Save(h.Context(), h.own, "owner", why, 1, ours, false))
	})
}
