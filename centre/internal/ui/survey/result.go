package survey

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/ja"
	"otasuke/internal/sheet"
)

func sorted(names map[string]string) []string { return slices.Sorted(maps.Values(names)) }

type resultView struct {
	ui.Base
	State     ui.State
	Progress  string
	Self      string
	Open      bool
	Waiting   bool // somebody has not answered
	Companies []companyRow
	Questions []questionRow
	Back      string
}

type companyRow struct {
	URL, Name, By string
	State         ui.State
	Counts        []count
}

type count struct {
	Mark, Label string
	N           int
}

type questionRow struct {
	Text   string
	Counts []count
	Wrote  string // of a question that is answered in words
	weak   int
}

// counts of marks among answers, those that are there.
func counts(t text.Texts, marks []string) (all []count) {
	for _, m := range survey.Marks {
		n := 0
		for _, x := range marks {
			if x == m {
				n++
			}
		}
		if n > 0 {
			all = append(all, count{m, t.T(markKey + m), n})
		}
	}
	return all
}

func (p *pages) resultPage(w http.ResponseWriter, v *ui.Visit) error {
	s, replies, err := p.Get(v.Request.Context(), v.TenantID, v.Request.PathValue("survey"))
	if err != nil {
		return err
	}
	base, err := p.begin(v)
	if err != nil {
		return err
	}
	base.Title = s.Title
	view := resultView{Base: base, State: p.state(v.Texts, &s), Progress: progress(v.Texts, replies), Self: p.Root + root + "/sent/" + s.ID, Open: s.Closed.IsZero(), Back: p.Root + root}
	for i := range replies {
		r := &replies[i]
		x := companyRow{Name: r.Name, State: ui.State{Tone: ui.Care, Text: v.T("survey.waiting")}}
		if r.Answered.IsZero() {
			view.Waiting = true
		} else {
			x.URL, x.By = view.Self+"/"+r.Company, v.T("survey.by", "name", r.By, "day", ja.Date(r.Answered, v.Texts.Lang()))
			x.State = ui.State{Tone: ui.Good, Text: v.T("survey.answered", "day", ja.Date(r.Answered, v.Texts.Lang()))}
			var marks []string
			for _, a := range r.Answers {
				marks = append(marks, a.Mark)
			}
			x.Counts = counts(v.Texts, marks)
		}
		view.Companies = append(view.Companies, x)
	}
	view.Questions = questions(v.Texts, &s, replies)
	return p.result.Render(w, http.StatusOK, view)
}

// questions with what was answered to each, that with most left to do first.
func questions(t text.Texts, s *survey.Survey, replies []survey.Reply) (all []questionRow) {
	for i := range s.Questions {
		x := questionRow{Text: s.Questions[i].In(t.Lang())}
		var marks []string
		wrote := 0
		for j := range replies {
			if i >= len(replies[j].Answers) {
				continue
			}
			a := replies[j].Answers[i]
			marks = append(marks, a.Mark)
			if a.Note != "" {
				wrote++
			}
			one := survey.Reply{Answers: []survey.Answer{a}}
			x.weak += one.Weak()
		}
		x.Counts = counts(t, marks)
		if s.Questions[i].Kind == survey.Text {
			x.Wrote = t.T("survey.text_count", "n", wrote)
		}
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b questionRow) int { return b.weak - a.weak })
	return all
}

// file is a row for each company and a column for each question.
func (p *pages) file(w http.ResponseWriter, v *ui.Visit) error {
	s, replies, err := p.Get(v.Request.Context(), v.TenantID, v.Request.PathValue("survey"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="answers.csv"`)
	h.Set("Cache-Control", "no-store")
	head := []string{v.T("survey.company"), v.T("survey.state")}
	for i := range s.Questions {
		head = append(head, fmt.Sprintf("%d. %s", i+1, s.Questions[i].In(v.Texts.Lang())))
	}
	out := sheet.New(w, head...)
	for i := range replies {
		r := &replies[i]
		line := []string{r.Name, v.T("survey.waiting")}
		if !r.Answered.IsZero() {
			line[1] = v.T("survey.by", "name", r.By, "day", ja.Date(r.Answered, v.Texts.Lang()))
		}
		for _, a := range r.Answers {
			line = append(line, said(v.Texts, a))
		}
		out.Row(line...)
	}
	return out.Close()
}

// said is an answer in words.
func said(t text.Texts, a survey.Answer) string {
	switch {
	case a.Mark == "":
		return a.Note
	case a.Note == "":
		return t.T(markKey + a.Mark)
	}
	return t.T(markKey+a.Mark) + " — " + a.Note
}

type replyView struct {
	ui.Base
	Survey, By, Back string
	Rows             []replyRow
}

type replyRow struct {
	Question, Mark, Word, Note string
}

func (p *pages) replyPage(w http.ResponseWriter, v *ui.Visit) error {
	s, replies, err := p.Get(v.Request.Context(), v.TenantID, v.Request.PathValue("survey"))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(replies, func(r survey.Reply) bool { return r.Company == v.Request.PathValue("branch") })
	if i < 0 {
		return store.ErrNotFound
	}
	base, err := p.begin(v)
	if err != nil {
		return err
	}
	r := &replies[i]
	base.Title = r.Name
	view := replyView{Base: base, Survey: s.Title, Back: p.Root + root + "/sent/" + s.ID, By: v.T("survey.nothing_yet")}
	if !r.Answered.IsZero() {
		view.By = v.T("survey.by", "name", r.By, "day", ja.Date(r.Answered, v.Texts.Lang()))
	}
	for j, a := range r.Answers {
		if j < len(s.Questions) {
			x := replyRow{Question: fmt.Sprintf("%d. %s", j+1, s.Questions[j].In(v.Texts.Lang())), Mark: a.Mark, Note: a.Note}
			if a.Mark != "" {
				x.Word = v.T(markKey + a.Mark)
			}
			view.Rows = append(view.Rows, x)
		}
	}
	return p.reply.Render(w, http.StatusOK, view)
}
