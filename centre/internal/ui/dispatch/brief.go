package dispatch

import (
	"strings"

	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// parts of a briefing that the centre fills in before the desk goes over them.
var parts = []struct {
	name string
	of   func(b *dispatch.Brief) string
}{
	{"seen", func(b *dispatch.Brief) string { return b.Seen }}, {"device", func(b *dispatch.Brief) string { return b.Device }}, {"did", func(b *dispatch.Brief) string { return b.Did }},
	{"first", func(b *dispatch.Brief) string { return b.First }}, {"keep", func(b *dispatch.Brief) string { return b.Keep }},
}

// translated keeps with a briefing in which language the desk wrote it, and the other language's words of what was left as it was filled in.
func (p *Pages) translated(v *ui.Visit, tenantID, alertID string, b *dispatch.Brief) error {
	b.Written, b.Also = v.Texts.Lang(), map[string]string{}
	filled, err := p.prefill(v, v.Texts, tenantID, alertID)
	if err != nil {
		return err
	}
	other, err := p.prefill(v, v.Texts.In(elsewhere(b.Written)), tenantID, alertID)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if typed := strings.TrimSpace(strings.ReplaceAll(part.of(b), "\r\n", "\n")); typed != "" && typed == strings.TrimSpace(part.of(&filled)) {
			b.Also[part.name] = part.of(&other)
		}
	}
	return nil
}

// elsewhere is the other of the two languages.
func elsewhere(lang string) string {
	if lang == ja.English {
		return ja.Japanese
	}
	return ja.English
}

// briefing is what a vendor is told, in the language of who reads it as far as there are words; what somebody typed says which it is in.
func briefing(t text.Texts, b *dispatch.Brief, only ...string) (out []pair) {
	for _, part := range parts {
		s := part.of(b)
		if s == "" || len(only) > 0 && part.name != only[0] {
			continue
		}
		one := pair{Label: t.T(fieldKey + part.name), Value: s}
		if b.Written != "" && b.Written != t.Lang() {
			if also, ok := b.Also[part.name]; ok {
				one.Value = also
			} else if part.name != "device" { // a device is called what it is called
				one.Lang, one.Note = b.Written, t.T(writtenKey+b.Written)
			}
		}
		out = append(out, one)
	}
	return out
}
