package advisory

import (
	"strings"
	"time"

	"otasuke/centre/internal/device"
	content "otasuke/content/advisory"
	"otasuke/internal/firmware"
)

// Answer says whether an advisory concerns a device.
type Answer string

// Answers.
const (
	Yes Answer = "yes"
	Ask Answer = "ask" // one question decides
	No  Answer = "no"
)

// Firmware is the subject of what a device itself runs; other subjects are programs.
const Firmware = "firmware"

// Label is what somebody read from a device.
type Label struct {
	EndpointID, Subject, Model, Version string
	Unsure                              bool
	Photo, By                           string
	At                                  time.Time
}

// verdict is what one advisory says of one device.
type verdict struct {
	rule                   *content.Rule
	product, subject, seen string
	answer                 Answer
	by                     string    // who knows the version: "box", or a person; "" for nobody
	at                     time.Time // since when
}

type product struct {
	rule *content.Rule
	p    *content.Product
	in   firmware.Range
}

// index finds the rules that may concern a device without looking at all.
type index struct {
	byModel, byProgram map[string][]product
	byMaker            map[string][]*content.Rule // that name models
	rules              map[string]*content.Rule
}

// newIndex is made of rules that are in order.
func newIndex(rules []content.Rule) *index {
	x := &index{byModel: map[string][]product{}, byProgram: map[string][]product{}, byMaker: map[string][]*content.Rule{}, rules: map[string]*content.Rule{}}
	for i := range rules {
		r, models := &rules[i], false
		x.rules[r.ID] = r
		for j := range r.Products {
			p := &r.Products[j]
			in, err := firmware.ParseRange(p.Range)
			if err != nil {
				continue // it was checked when it was kept
			}
			one := product{r, p, in}
			if p.Program != "" {
				x.byProgram[content.Key(p.Program)] = append(x.byProgram[content.Key(p.Program)], one)
				continue
			}
			models = true
			x.byModel[content.Key(p.Model)] = append(x.byModel[content.Key(p.Model)], one)
		}
		if models {
			x.byMaker[content.Key(r.Maker)] = append(x.byMaker[content.Key(r.Maker)], r)
		}
	}
	return x
}

// boxy are kinds of devices that have a label and a firmware of which nobody may have heard.
var boxy = map[string]bool{"router": true, "nas": true, "machine": true, "camera": true, "switch": true, "access-point": true, "unknown": true, "": true}

// judge says which rules concern a device; what is not about it is not named.
func (x *index) judge(k *device.Known, labels map[string]Label) []verdict {
	out := map[*content.Rule]verdict{}
	worst := map[Answer]int{No: 1, Ask: 2, Yes: 3}
	put := func(v verdict) {
		if worst[v.answer] > worst[out[v.rule].answer] {
			out[v.rule] = v
		}
	}
	label := labels[Firmware]
	model := k.About.Model.ID
	if label.Model != "" {
		model = label.Model
	}
	products := x.byModel[content.Key(model)]
	if len(products) == 0 && model != "" {
		for _, word := range strings.Fields(model) {
			products = append(products, x.byModel[content.Key(word)]...)
		}
	}
	for _, p := range products {
		put(decide(p, k, Firmware, p.p.Model, label))
	}
	if model == "" && boxy[k.About.Kind.ID] && k.About.Maker != "" {
		maker := content.Key(k.About.Maker)
		for name, rules := range x.byMaker {
			if strings.HasPrefix(maker, name) {
				for _, r := range rules {
					put(verdict{rule: r, subject: Firmware, answer: Ask})
				}
			}
		}
	}
	for i := range k.About.Software {
		s := &k.About.Software[i]
		if s.Name == Firmware {
			continue
		}
		for _, p := range x.byProgram[content.Key(s.Name)] {
			put(decide(p, k, s.Name, p.p.Program, labels[s.Name]))
		}
	}
	all := make([]verdict, 0, len(out))
	for _, v := range out {
		all = append(all, v)
	}
	return all
}

// decide asks the range about the version that the box saw and the one that somebody told: the newer of those that decide.
func decide(p product, k *device.Known, subject, name string, label Label) verdict {
	v := verdict{rule: p.rule, product: name, subject: subject, answer: Ask}
	for i := range k.About.Software {
		s := &k.About.Software[i]
		if s.Name != subject {
			continue
		}
		text := s.Version
		if s.Partial {
			text += ".x"
		}
		v.seen = text
		parsed, _ := firmware.Parse(strings.ReplaceAll(text, "_", "."))
		if a := p.in.Has(parsed); a != firmware.Unknown {
			v.answer, v.by, v.at = answers[a], byBox, s.Last
		}
	}
	if label.Version != "" && (v.by == "" || label.At.After(v.at)) {
		parsed, _ := firmware.Parse(label.Version)
		if a := p.in.Has(parsed); a != firmware.Unknown {
			v.answer, v.by, v.at, v.seen = answers[a], label.By, label.At, label.Version
		}
	}
	if v.answer == Ask && p.in.Has(firmware.Version{}) == firmware.Yes { // all versions: nothing to ask
		v.answer, v.by, v.at = Yes, byBox, k.Last
	}
	return v
}

var answers = map[firmware.Answer]Answer{firmware.Yes: Yes, firmware.No: No}

// byBox is who saw it where no person did.
const byBox = "box"
