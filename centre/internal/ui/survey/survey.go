package survey

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

//go:embed *.html
var files embed.FS

//go:embed survey.css
var style []byte

// Service is survey.Service.
type Service interface {
	Viewed(ctx context.Context, tenantID string) (map[string]string, error)
	Tidy(v *survey.Survey) error
	Send(ctx context.Context, tenantID, who string, v survey.Survey) error
	Made(ctx context.Context, tenantID string) ([]survey.Survey, error)
	Get(ctx context.Context, tenantID, id string) (survey.Survey, []survey.Reply, error)
	Urge(ctx context.Context, tenantID, who, id string) error
	Close(ctx context.Context, tenantID, who, id string) error
	Open(ctx context.Context, tenantID string) ([]survey.Asked, error)
	AskedByID(ctx context.Context, tenantID, id string) (survey.Asked, error)
	Write(ctx context.Context, tenantID, who, id string, answers []survey.Answer, send bool) error
}

// Config says what the pages work with.
type Config struct {
	Service
	// Texts has both languages: the usual questions are sent in both.
	Texts *text.Catalogue
	Clock clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	list, draft, look, result, reply, answer *ui.Page
}

// Customers are the pages, for the portal. They have no entry in its menu: a mail leads to what is to be answered, and the page
// of people to the rest.
func Customers(cfg Config) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Join: func(h ui.Host, r *ui.Router) error {
		p := &pages{Config: cfg, Host: h}
		for name, page := range map[string]**ui.Page{"list": &p.list, "draft": &p.draft, "look": &p.look, "result": &p.result, "reply": &p.reply, "answer": &p.answer} {
			var err error
			if *page, err = ui.ParsePage(files, name+".html"); err != nil {
				return err
			}
		}
		r.Page(ui.Reader, "GET /surveys", p.listPage)
		r.Page(ui.Manager, "GET /surveys/new", p.newPage)
		r.Page(ui.Manager, "POST /surveys/new", p.sendPage)
		r.Page(ui.Manager, "GET /surveys/sent/{survey}", p.resultPage)
		r.Page(ui.Manager, "GET /surveys/sent/{survey}/answers.csv", p.file)
		r.Page(ui.Manager, "POST /surveys/sent/{survey}/remind", p.urge)
		r.Page(ui.Manager, "POST /surveys/sent/{survey}/close", p.close)
		r.Page(ui.Manager, "GET /surveys/sent/{survey}/{branch}", p.replyPage)
		r.Page(ui.Manager, "GET /surveys/{asked}", p.answerPage)
		r.Page(ui.Manager, "POST /surveys/{asked}", p.write)
		return nil
	}}
}

const (
	here    = "/people"
	root    = "/surveys"
	saidKey = "survey.said_"
)

var saidWords = []string{"sent", "urged", "closed", "kept", "answered", "soon"}

func (p *pages) begin(v *ui.Visit) (ui.Base, error) {
	base, err := p.Begin(v, "survey.title", here)
	for _, word := range saidWords {
		if v.Request.URL.Query().Get("said") == word {
			base.Flash = &ui.Flash{Text: v.T(saidKey + word)}
		}
	}
	return base, err
}

// last is the last day of what ends at a time.
func last(t text.Texts, due time.Time) string { return ja.Date(due.Add(-time.Second), t.Lang()) }

type row struct {
	URL, Title, From, Action string
	State                    ui.State
}

type listView struct {
	ui.Base
	Asked, Sent []row
	New, Back   string
}

func (p *pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.begin(v)
	if err != nil {
		return err
	}
	ctx := v.Request.Context()
	asked, err := p.Open(ctx, v.TenantID)
	if err != nil {
		return err
	}
	made, err := p.Made(ctx, v.TenantID)
	if err != nil {
		return err
	}
	view := listView{Base: base, New: p.Root + root + "/new", Back: p.Root + here}
	for i := range asked {
		view.Asked = append(view.Asked, p.asked(v.Texts, &asked[i]))
	}
	for i := range made {
		_, replies, err := p.Get(ctx, v.TenantID, made[i].ID)
		if err != nil {
			return err
		}
		view.Sent = append(view.Sent, row{URL: p.Root + root + "/sent/" + made[i].ID, Title: made[i].Title, From: progress(v.Texts, replies), State: p.state(v.Texts, &made[i])})
	}
	return p.list.Render(w, http.StatusOK, view)
}

func (p *pages) asked(t text.Texts, a *survey.Asked) row {
	x := row{URL: p.Root + root + "/" + a.ID, Title: a.Title, From: t.T("survey.from", "company", a.AskerName), Action: t.T("survey.answer_it")}
	switch {
	case !a.Answered.IsZero():
		x.State, x.Action = ui.State{Tone: ui.Good, Text: t.T("survey.answered", "day", ja.Date(a.Answered, t.Lang()))}, t.T("survey.look_again")
	case !a.Closed.IsZero():
		x.State, x.Action = ui.State{Tone: ui.Off, Text: t.T("survey.closed")}, t.T("survey.look_again")
	case !p.Clock.Now().Before(a.Due):
		x.State = ui.State{Tone: ui.Care, Text: t.T("survey.late", "day", last(t, a.Due))}
	default:
		x.State = ui.State{Tone: ui.Care, Text: t.T("survey.until", "day", last(t, a.Due))}
	}
	return x
}

func (p *pages) state(t text.Texts, s *survey.Survey) ui.State {
	if !s.Closed.IsZero() {
		return ui.State{Tone: ui.Off, Text: t.T("survey.closed")}
	}
	return ui.State{Tone: ui.Good, Text: t.T("survey.until", "day", last(t, s.Due))}
}

func progress(t text.Texts, all []survey.Reply) string {
	n := 0
	for i := range all {
		if !all[i].Answered.IsZero() {
			n++
		}
	}
	return t.T("survey.progress", "n", n, "all", len(all))
}

// basics is how many usual questions the catalogue has.
const basics = 10

// basic is one of them in a language.
func (p *pages) basic(n int, lang string) string {
	return p.Texts.In(lang).T(fmt.Sprint("survey.basic_", n))
}

type draftView struct {
	ui.Base
	Lead   string
	Faults []ui.Field
	Fields ui.Form
	Nobody bool
	ID     string
	Back   string
}

func (p *pages) form(v *ui.Visit) ui.Form {
	var lines []string
	for n := range basics {
		lines = append(lines, p.basic(n+1, v.Texts.Lang()))
	}
	due := p.Clock.Now().In(ja.Zone).AddDate(0, 0, 21)
	return ui.Form{
		{ID: "name", Label: v.T("survey.name"), Type: "text", Auto: "off", Max: 80, Value: v.T("survey.name_value")},
		{ID: "intro", Label: v.T("survey.intro"), Hint: v.T("survey.intro_hint"), Type: "area", Max: 500, Optional: true},
		{ID: "questions", Label: v.T("survey.questions"), Hint: v.T("survey.questions_hint"), Type: "area", Max: 8000, Value: strings.Join(lines, "\n")},
		{ID: "due", Label: v.T("survey.due"), Type: "date", Value: due.Format(time.DateOnly)},
	}
}

func (p *pages) newPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.render(w, v, p.form(v), strings.ToLower(rand.Text()))
}

func (p *pages) render(w http.ResponseWriter, v *ui.Visit, f ui.Form, id string) error {
	base, err := p.begin(v)
	if err != nil {
		return err
	}
	names, err := p.Viewed(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	base.Title = v.T("survey.new")
	view := draftView{Base: base, Lead: v.T("survey.new_lead", "n", len(names)), Fields: f, Faults: f.Faults(), Nobody: len(names) == 0, ID: id, Back: p.Root + root}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.draft.Render(w, status, view)
}

// parse reads questions, one on each line; what is one of the usual ones is known in both languages.
func (p *pages) parse(text string) (all []survey.Question) {
	known := map[string]survey.Question{}
	for n := range basics {
		q := survey.Question{Kind: survey.Check, JA: p.basic(n+1, "ja"), EN: p.basic(n+1, "en")}
		known[q.JA], known[q.EN] = q, q
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		q, ok := known[line]
		if words := strings.TrimLeft(line, "?？ \u3000"); !ok {
			q = survey.Question{Kind: survey.Check, JA: line}
			if words != line {
				q = survey.Question{Kind: survey.Text, JA: words}
			}
		}
		if q.JA != "" {
			all = append(all, q)
		}
	}
	return all
}

type lookView struct {
	ui.Base
	Questions []survey.Question
	Names     []string
	Hidden    ui.Form
	ID, Lead  string
	Due, Send string
}

func (p *pages) sendPage(w http.ResponseWriter, v *ui.Visit) error {
	form := v.Request.PostFormValue
	f := p.form(v).Fill(form)
	s := survey.Survey{ID: form("id"), Title: f.Get("name").Value, Lead: f.Get("intro").Value, Questions: p.parse(f.Get("questions").Value)}
	if day, err := time.ParseInLocation(time.DateOnly, f.Get("due").Value, ja.Zone); err == nil {
		s.Due = day.AddDate(0, 0, 1)
	}
	var err error
	if form("step") == "send" {
		err = p.Send(v.Request.Context(), v.TenantID, v.PersonID, s)
	} else {
		err = p.Tidy(&s)
	}
	switch {
	case form("step") == "change":
		return p.render(w, v, f, s.ID)
	case errors.Is(err, survey.ErrTitle):
		f.Fault("name", v.T("survey.name_bad"))
	case errors.Is(err, survey.ErrLead):
		f.Fault("intro", v.T("survey.intro_bad"))
	case errors.Is(err, survey.ErrQuestions):
		f.Fault("questions", v.T("survey.questions_bad"))
	case errors.Is(err, survey.ErrDue):
		f.Fault("due", v.T("survey.due_bad"))
	case errors.Is(err, survey.ErrTooMany):
		f.Fault("name", v.T("survey.many"))
	case errors.Is(err, survey.ErrNobody):
		return p.render(w, v, f, s.ID)
	case err != nil:
		return err
	case form("step") == "send":
		return ui.To(w, v.Request, p.Root+root+"/sent/"+s.ID+"?said=sent")
	default:
		return p.check(w, v, &s, f)
	}
	return p.render(w, v, f, s.ID)
}

// check shows what would be sent, and to whom.
func (p *pages) check(w http.ResponseWriter, v *ui.Visit, s *survey.Survey, f ui.Form) error {
	base, err := p.begin(v)
	if err != nil {
		return err
	}
	names, err := p.Viewed(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	base.Title = v.T("survey.check_title")
	view := lookView{Base: base, Questions: s.Questions, Names: sorted(names), Hidden: f, ID: s.ID, Lead: s.Lead, Due: v.T("survey.until", "day", last(v.Texts, s.Due)), Send: v.T("survey.send", "n", len(names))}
	return p.look.Render(w, http.StatusOK, view)
}

func (p *pages) urge(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("survey")
	word := "urged"
	switch err := p.Urge(v.Request.Context(), v.TenantID, v.PersonID, id); {
	case errors.Is(err, survey.ErrSoon):
		word = "soon"
	case errors.Is(err, survey.ErrClosed):
		word = "closed"
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, p.Root+root+"/sent/"+id+"?said="+word)
}

func (p *pages) close(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("survey")
	if err := p.Close(v.Request.Context(), v.TenantID, v.PersonID, id); err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+root+"/sent/"+id+"?said=closed")
}

type answerView struct {
	ui.Base
	Asked       row
	Lead, Goes  string
	Faults      []ui.Field
	Items       []item
	Open, Draft bool
	Submit      string
	Back        string
}

// item is a question in the form: its mark where it has one, and its note.
type item struct {
	Number     int
	Mark, Note ui.Field
	HasMark    bool
}

func (p *pages) answerPage(w http.ResponseWriter, v *ui.Visit) error {
	a, err := p.AskedByID(v.Request.Context(), v.TenantID, v.Request.PathValue("asked"))
	if err != nil {
		return err
	}
	return p.renderAnswer(w, v, &a, a.Answers, nil)
}

func markID(i int) string { return fmt.Sprint("mark-", i+1) }
func noteID(i int) string { return fmt.Sprint("note-", i+1) }

const markKey = "survey.mark_"

func (p *pages) renderAnswer(w http.ResponseWriter, v *ui.Visit, a *survey.Asked, answers []survey.Answer, faults map[string]string) error {
	base, err := p.begin(v)
	if err != nil {
		return err
	}
	base.Title = a.Title
	view := answerView{Base: base, Asked: p.asked(v.Texts, a), Lead: a.Lead, Goes: v.T("survey.goes_to", "company", a.AskerName), Open: a.Closed.IsZero(), Draft: a.Answered.IsZero(), Back: p.Root + root,
		Submit: v.T("survey.submit", "company", a.AskerName)}
	if !view.Draft {
		view.Submit = v.T("survey.submit_again", "company", a.AskerName)
	}
	for i := range a.Questions {
		var now survey.Answer
		if i < len(answers) {
			now = answers[i]
		}
		q := &a.Questions[i]
		x := item{Number: i + 1, HasMark: q.Kind == survey.Check, Note: ui.Field{ID: noteID(i), Label: v.T("survey.note"), Type: "area", Max: survey.MaxNote, Value: now.Note, Optional: true, Error: faults[noteID(i)]}}
		if x.HasMark {
			x.Mark = ui.Field{ID: markID(i), Label: fmt.Sprintf("%d. %s", i+1, q.In(v.Texts.Lang())), Type: "radio", Value: now.Mark, Error: faults[markID(i)]}
			for _, m := range survey.Marks {
				x.Mark.Choices = append(x.Mark.Choices, ui.Choice{Value: m, Label: v.T(markKey + m)})
			}
		} else {
			x.Note.Label, x.Note.Optional = fmt.Sprintf("%d. %s", i+1, q.In(v.Texts.Lang())), false
		}
		for _, f := range []ui.Field{x.Mark, x.Note} {
			if f.Error != "" {
				view.Faults = append(view.Faults, f)
			}
		}
		view.Items = append(view.Items, x)
	}
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.answer.Render(w, status, view)
}

func (p *pages) write(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("asked")
	a, err := p.AskedByID(v.Request.Context(), v.TenantID, id)
	if err != nil {
		return err
	}
	form, send := v.Request.PostFormValue, v.Request.PostFormValue("step") != "keep" || !a.Answered.IsZero()
	answers := make([]survey.Answer, len(a.Questions))
	faults := map[string]string{}
	for i := range a.Questions {
		answers[i].Note = strings.TrimSpace(form(noteID(i)))
		check := a.Questions[i].Kind == survey.Check
		if check {
			answers[i].Mark = form(markID(i))
		}
		switch {
		case len([]rune(answers[i].Note)) > survey.MaxNote:
			faults[noteID(i)] = v.T("survey.long")
		case send && check && answers[i].Mark == "":
			faults[markID(i)] = v.T("survey.unanswered")
		case send && !check && answers[i].Note == "":
			faults[noteID(i)] = v.T("survey.unwritten")
		}
	}
	if len(faults) > 0 {
		return p.renderAnswer(w, v, &a, answers, faults)
	}
	switch err := p.Write(v.Request.Context(), v.TenantID, v.PersonID, id, answers, send); {
	case errors.Is(err, survey.ErrAnswer): // no form of ours sends that
		return store.ErrNotFound
	case errors.Is(err, survey.ErrClosed):
		return ui.To(w, v.Request, p.Root+root+"/"+id+"?said=closed")
	case err != nil:
		return err
	case send:
		return ui.To(w, v.Request, p.Root+root+"/"+id+"?said=answered")
	}
	return ui.To(w, v.Request, p.Root+root+"/"+id+"?said=kept")
}
