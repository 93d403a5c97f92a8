// Package note keeps the text that rules note of packets and conversations, bounded, and
// compares it (flowvar, pktvar).
//
// A [List] belongs to one worker. Package match keeps and asks them; records tell them.
package note

import (
	"bytes"

	"otasuke/rule"
)

// Note is text that a rule has kept: a group of an expression, or what a list knows of an
// entry.
type Note struct {
	Scope rule.VarScope
	Name  string
	Text  string
	JSON  bool // Text is a JSON object
}

// Limits of kept text.
const (
	// most bounds what one flow, packet or alert keeps.
	most = 32
	// longest bounds a text; what records tell stays readable.
	longest = 1024
)

// List is what one flow, packet or alert keeps.
type List []Note

// Add appends a note, up to the bound.
func (l *List) Add(n Note) {
	if len(*l) < most {
		*l = append(*l, n)
	}
}

// AddText appends text of a buffer, up to the bounds.
func (l *List) AddText(scope rule.VarScope, name string, text []byte) {
	if len(*l) < most {
		*l = append(*l, Note{Scope: scope, Name: name, Text: string(text[:min(len(text), longest)])})
	}
}

// Set replaces the note of that name and scope, or adds it.
func (l *List) Set(n Note) {
	for i := range *l {
		if x := &(*l)[i]; x.Name == n.Name && x.Scope == n.Scope {
			*x = n
			return
		}
	}
	l.Add(n)
}

// Fit tells whether the variables of packet and flow are as a rule wants them.
func Fit(tests []rule.VarTest, packet, flow List) bool {
	for i := range tests {
		list := packet
		if tests[i].Scope == rule.VarFlow {
			list = flow
		}
		if !list.fits(&tests[i]) {
			return false
		}
	}
	return true
}

func (l List) fits(t *rule.VarTest) bool {
	there, has := false, false
	for i := range l {
		if l[i].Name == t.Name && l[i].Scope == t.Scope {
			there, has = true, bytes.Contains([]byte(l[i].Text), t.Text)
		}
	}
	return there && has != t.Negated
}
