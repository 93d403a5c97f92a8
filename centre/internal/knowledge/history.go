package knowledge

import (
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Line is one line of an alert's history in words.
type Line struct{ When, Who, What, Note string }

// History puts the changes of an alert into words, oldest first. names maps ids
// of the company's people to their names; everybody else is the centre.
func (k *Knowledge) History(changes []alert.Change, names map[string]string, lang string) []Line {
	t := k.texts.In(lang)
	lines := make([]Line, 0, len(changes))
	for _, c := range changes {
		l := Line{When: ja.Short(c.At, t.Lang()), Who: who(t, c.Who, names)}
		switch c.What {
		case alert.ChangeOpened:
			l.What = t.T("alert.h_opened")
		case alert.ChangeWorse:
			l.What = t.T("alert.h_worse")
		case alert.ChangeAnswered:
			said, note, _ := strings.Cut(c.Note, " ")
			l.What, l.Note = t.T("alert.h_answered", "answer", answer(t, alert.Answer(said))), note
		case alert.ChangeClosed:
			l.What, l.Note = t.T("alert.h_closed"), c.Note
		case alert.ChangeRestored:
			l.What = t.T("alert.h_restored")
		case alert.ChangeTold:
			l.What = t.T("alert.h_told")
			if _, id, ok := strings.Cut(c.Note, " "); ok {
				l.Note = names[id]
			}
		case alert.ChangeTaken:
			l.What = t.T("alert.h_taken")
		case alert.ChangeNoted:
			l.What, l.Note = t.T("alert.h_noted"), c.Note
		case alert.ChangeTicked:
			l.What, l.Note = t.T("alert.h_ticked"), k.step(c.Note, t.Lang())
		case alert.ChangeUnticked:
			l.What, l.Note = t.T("alert.h_unticked"), k.step(c.Note, t.Lang())
		default:
			l.What, l.Note = t.T("alert.h_other"), c.Note
		}
		lines = append(lines, l)
	}
	return lines
}

func who(t text.Texts, id string, names map[string]string) string {
	switch name := names[id]; {
	case name != "":
		return name
	case id == "" || id == "system" || strings.HasPrefix(id, "system:"):
		return t.T("alert.by_system")
	}
	return t.T("alert.by_centre")
}

// step is a playbook's step in words; its key when this version has no such step.
func (k *Knowledge) step(key, lang string) string {
	if k.playbook != nil {
		if s := k.playbook.Step(key); s != nil {
			return s.In(lang)
		}
	}
	return key
}
