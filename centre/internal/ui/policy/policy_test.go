package policy

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/ui"
	"otasuke/centre/internal/ui/stage"
	"otasuke/content/apps"
	"otasuke/content/text"
	"otasuke/wire"
)

func TestTemplatesAndTexts(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	used := []string{"policy.go", "staff.go", "group.go", "parts.html"} // what form.go puts together stands below
	for name, data := range map[string]any{"list": listView{}, "template": templateView{}, "check": checkView{}, "company": companyView{}, "group": groupView{}} {
		p, err := ui.ParsePage(files, name+".html", "parts.html")
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(p.Template(), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		used = append(used, name+".html")
	}
	stage.Written(t, used...)
	var keys []string
	for word := range saidWords {
		keys = append(keys, saidKey+word)
	}
	for _, f := range policy.Switches {
		keys = append(keys, freeKey+f)
	}
	for _, d := range []string{wire.DNSReport, wire.DNSBlock, wire.DNSOff} {
		keys = append(keys, dnsKey+d)
	}
	keys = append(keys, filesKey+wire.FilesTell, filesKey+wire.FilesStop, fromKey+string(policy.FromTemplate), fromKey+string(policy.FromCompany))
	for _, w := range []string{"name", "template", "dns", "files", "block", "open", "allow", "deny", "free", "groups"} {
		keys = append(keys, whatKey+w)
	}
	for _, k := range []string{policy.GroupMember, policy.GroupBlock, policy.GroupDeny, policy.GroupAllow} {
		keys = append(keys, groupKey+k)
	}
	keys = append(keys, "policy.group_others", "policy.group_others_hint", "policy.group_field_allow", "policy.group_field_allow_hint")
	for _, id := range []string{"apps", "open", "dns", "files", "deny", "allow"} {
		keys = append(keys, "policy.field_"+id, "policy.field_"+id+"_hint")
	}
	for _, key := range []string{"name", "suffix", "both", "why", "title", "many", "same", "app", "member", "group", "taken", "groups", "nobody", "nothing"} {
		keys = append(keys, "policy.bad_"+key)
	}
	for _, key := range keys {
		if !c.In("en").Has(key) {
			t.Errorf("nobody wrote %s", key)
		}
	}
}

// What comes back from the form unchanged changes nothing; what is ticked and typed becomes a difference.
func TestForm(t *testing.T) {
	t.Parallel()
	known, err := apps.Load()
	if err != nil {
		t.Fatal(err)
	}
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := &pages{Config: Config{Known: known}}
	own := policy.State{Template: "strict", Block: []string{"app:chatgpt", "category:game"}, Open: []string{"app:tor", "category:p2p"}, DNS: wire.DNSOff, Deny: []string{"xn--wgv71a119e.jp"}}
	template := policy.Template{ID: "strict", State: policy.State{Block: []string{"app:zoom", "category:gambling", "category:p2p", "category:tunnel"}, DNS: wire.DNSBlock}}
	s := &shape{own: own, template: &template, free: func(string) bool { return true }}
	visit := func(values url.Values) *ui.Visit {
		r := httptest.NewRequest("POST", "/policy", strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_ = r.ParseForm()
		return &ui.Visit{Texts: c.In("ja"), Request: r}
	}
	shown := p.form(visit(nil), s)
	values := url.Values{}
	for _, f := range slices.Concat(shown.Fields, shown.More) {
		values.Set(f.ID, f.Value)
	}
	for _, x := range shown.Categories {
		if x.On {
			values.Add("block", x.Value)
		}
	}
	back := func() (policy.State, form) {
		v := visit(values)
		f := p.form(v, s)
		return p.read(v, &f, s), f
	}
	state, f := back()
	if d := policy.Changes(&own, &state); len(d) != 0 || len(f.Faults) != 0 {
		t.Errorf("unchanged: %+v, %+v", d, f.Faults)
	}
	if values.Get("deny") != "日本語.jp" {
		t.Errorf("shown as %q", values.Get("deny"))
	}
	values["block"] = slices.DeleteFunc(values["block"], func(v string) bool { return v == "category:gambling" })
	values.Set("apps", "ＢＡＤ\nchatgpt")
	values.Set("deny", "https://game.example/x\nco.jp")
	state, f = back()
	if !slices.Contains(state.Open, "category:gambling") || !slices.Contains(state.Open, "app:zoom") || f.More.Get("apps").Error == "" || f.More.Get("deny").Error == "" || len(f.Faults) != 2 || f.More.Get("deny").Value != values.Get("deny") {
		t.Errorf("%+v %+v", state, f.Faults)
	}
}
