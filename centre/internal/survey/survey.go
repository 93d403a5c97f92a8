package survey

import (
	"context"
	"embed"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of questionnaires; they point to those of tenant.
func Schema() store.Schema { return store.Sub("survey", migrations) }

// Jobs.
const (
	KindSpread  = "survey.spread"  // of who asks: gives the questions to each company
	KindTell    = "survey.tell"    // of who is asked: a mail
	KindRemind  = "survey.remind"  // of who is asked: a mail if they have not answered
	KindDeliver = "survey.deliver" // of who is asked: brings the answer
)

const (
	// maxQuestions: more than can be answered over a cup of tea are not.
	maxQuestions = 20
	// maxOpen surveys of a company: each is a mail to everybody.
	maxOpen = 10
	// maxAsked bounds what one company can be asked at a time, by all.
	maxAsked = 100
	maxTitle = 80
	maxLead  = 500
	// MaxQuestion and MaxNote are in characters.
	MaxQuestion = 300
	MaxNote     = 500
	// MaxTime is how long a questionnaire can be answered.
	MaxTime = 92 * 24 * time.Hour
	// before the last day, and after it, who has not answered is reminded.
	before = 3 * 24 * time.Hour
	after  = 24 * time.Hour
	// urgeEvery is how often all can be reminded by hand.
	urgeEvery = 24 * time.Hour
)

// Kinds of questions.
const (
	Check = "check" // one of [Marks], and a note
	Text  = "text"  // a note only
)

// Marks are the answers to a check, the best first.
var Marks = []string{"yes", "partly", "no", "unknown"}

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	ErrTitle      = errors.New("survey: title missing or too long")
	ErrLead       = errors.New("survey: introduction too long")
	ErrQuestions  = errors.New("survey: no question, too many, or one too long")
	ErrDue        = errors.New("survey: last day is over or too far")
	ErrTooMany    = errors.New("survey: too many open questionnaires")
	ErrNobody     = errors.New("survey: no company lets this one look")
	ErrClosed     = errors.New("survey: closed")
	ErrUnanswered = errors.New("survey: some questions are not answered")
	ErrAnswer     = errors.New("survey: not an answer")
	ErrSoon       = errors.New("survey: reminded a short time ago")
)

// Question is one, in the words of who asks, in two languages where they are known.
type Question struct {
	Kind string `json:"kind"`
	JA   string `json:"ja"`
	EN   string `json:"en,omitempty"`
}

// In is the question in a language.
func (q *Question) In(lang string) string {
	if lang == "en" && q.EN != "" {
		return q.EN
	}
	return q.JA
}

// Answer is one, in the order of the questions.
type Answer struct {
	Mark string `json:"mark,omitempty"`
	Note string `json:"note,omitempty"`
}

func (a Answer) given(q *Question) bool {
	if q.Kind == Check {
		return a.Mark != ""
	}
	return a.Note != ""
}

// Survey is a questionnaire of a company.
type Survey struct {
	ID, Title, Lead string
	Questions       []Question
	Due             time.Time // first moment when it is over
	By              string
	Made, Urged     time.Time
	Closed          time.Time // zero while it is open
}

// Reply is what an asked company sent, with no answers yet where Answered is zero.
type Reply struct {
	Company, Name   string
	Asked, Answered time.Time
	By              string
	Answers         []Answer
}

// Weak counts what is not, or only partly, done; unknown counts as not.
func (r *Reply) Weak() (n int) {
	for _, a := range r.Answers {
		switch a.Mark {
		case "no", "unknown":
			n += 2
		case "partly":
			n++
		}
	}
	return n
}

// Asked is a questionnaire at who is asked.
type Asked struct {
	ID, Asker, AskerName, Title, Lead string
	Questions                         []Question
	Due, At, Closed                   time.Time
	Answers                           []Answer
	By                                string
	Answered                          time.Time
}

// Shares is tenant.Service.
type Shares interface {
	SharedWith(ctx context.Context, viewer string) ([]tenant.Share, error)
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	PersonByID(ctx context.Context, tenantID, personID string) (tenant.Person, error)
}

// Config says what the service works with.
type Config struct {
	Store  *store.Store
	Shares Shares
	Clock  clock.Clock // default: the machine's
}

// Service is the way to questionnaires. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg}
}

// ids that a form may bring, so that what is sent twice is one.
var ids = regexp.MustCompile(`^[a-z0-9]{20,40}$`)

// Tidy says what is wrong with a questionnaire, and makes one line of each of its texts.
func (s *Service) Tidy(v *Survey) (err error) {
	if v.Title, err = entry.Line(v.Title, maxTitle); err != nil {
		return ErrTitle
	}
	if v.Lead = strings.TrimSpace(v.Lead); len([]rune(v.Lead)) > maxLead {
		return ErrLead
	}
	if len(v.Questions) == 0 || len(v.Questions) > maxQuestions {
		return ErrQuestions
	}
	for i := range v.Questions {
		q := &v.Questions[i]
		if q.JA, err = entry.Line(q.JA, MaxQuestion); err != nil || q.Kind != Check && q.Kind != Text {
			return ErrQuestions
		}
	}
	if now := s.Clock.Now(); !v.Due.After(now) || v.Due.After(now.Add(MaxTime)) {
		return ErrDue
	}
	return nil
}

// Viewed are the companies that let a company look, by id, with their names: those that can be asked.
func (s *Service) Viewed(ctx context.Context, tenantID string) (map[string]string, error) {
	shares, err := s.Shares.SharedWith(ctx, tenantID)
	names := map[string]string{}
	for _, x := range shares {
		names[x.TenantID] = x.Other
	}
	return names, err
}

// Send asks all companies that let this one look. The id is the form's: sent twice it is one questionnaire.
func (s *Service) Send(ctx context.Context, tenantID, who string, v Survey) error {
	if !ids.MatchString(v.ID) {
		return store.ErrNotFound
	}
	if err := s.Tidy(&v); err != nil {
		return err
	}
	names, err := s.Viewed(ctx, tenantID)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return ErrNobody
	}
	v.By, v.Made = who, s.Clock.Now()
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := selectSurveys(tx)
		if err != nil {
			return err
		}
		open := 0
		for i := range all {
			if all[i].ID == v.ID {
				return nil
			}
			if all[i].Closed.IsZero() {
				open++
			}
		}
		if open >= maxOpen {
			return ErrTooMany
		}
		if err := insertSurvey(tx, &v); err != nil {
			return err
		}
		for company, name := range names {
			if err := ensureReply(tx, v.ID, company, name, v.Made); err != nil {
				return err
			}
		}
		return errors.Join(spread(tx, v.ID), tenant.Audit(tx, v.Made, tenant.Entry{Who: who, Action: "survey.send", Object: v.Title}))
	})
}

// Made are the questionnaires of a company, the newest first.
func (s *Service) Made(ctx context.Context, tenantID string) (all []Survey, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectSurveys(tx)
		return err
	})
	return all, err
}

// Get is one of them with the replies: who has not answered first, then the weakest.
func (s *Service) Get(ctx context.Context, tenantID, id string) (v Survey, all []Reply, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		if v, err = selectSurvey(tx, id); err != nil {
			return err
		}
		all, err = selectReplies(tx, id)
		return err
	})
	slices.SortStableFunc(all, func(a, b Reply) int {
		if a.Answered.IsZero() != b.Answered.IsZero() {
			if a.Answered.IsZero() {
				return -1
			}
			return 1
		}
		if w := b.Weak() - a.Weak(); w != 0 {
			return w
		}
		return strings.Compare(a.Name, b.Name)
	})
	return v, all, err
}

// Urge asks companies that have come since, and reminds all that have not answered: once a day.
func (s *Service) Urge(ctx context.Context, tenantID, who, id string) error {
	now := s.Clock.Now()
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		v, err := selectSurvey(tx, id)
		switch {
		case err != nil:
			return err
		case !v.Closed.IsZero():
			return ErrClosed
		case now.Sub(v.Urged) < urgeEvery || now.Sub(v.Made) < urgeEvery:
			return ErrSoon
		}
		return errors.Join(setUrged(tx, id, now), spread(tx, id), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "survey.remind", Object: v.Title}))
	})
}

// Close ends a questionnaire: nobody is reminded any more, and answers are not changed any more.
func (s *Service) Close(ctx context.Context, tenantID, who, id string) error {
	now := s.Clock.Now()
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		v, err := selectSurvey(tx, id)
		if err != nil || !v.Closed.IsZero() {
			return err
		}
		return errors.Join(setClosed(tx, id, now), spread(tx, id), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "survey.close", Object: v.Title}))
	})
}

func spread(tx *store.Tx, id string) error {
	return job.Enqueue(tx, job.Job{Kind: KindSpread, Args: Args{ID: id}, Unique: id})
}

// Open are the questionnaires that a company was asked, the newest first.
func (s *Service) Open(ctx context.Context, tenantID string) (all []Asked, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectAllAsked(tx)
		return err
	})
	return all, err
}

// AskedByID is one of them.
func (s *Service) AskedByID(ctx context.Context, tenantID, id string) (a Asked, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		a, err = selectAsked(tx, id)
		return err
	})
	return a, err
}

// Write keeps answers; send sends them to who asked, which may be done again until it is closed.
func (s *Service) Write(ctx context.Context, tenantID, who, id string, answers []Answer, send bool) error {
	now := s.Clock.Now()
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		a, err := selectAsked(tx, id)
		if err != nil {
			return err
		}
		if !a.Closed.IsZero() {
			return ErrClosed
		}
		if err := checkAnswers(a.Questions, answers, send); err != nil {
			return err
		}
		if !send {
			return setDraft(tx, id, answers)
		}
		return errors.Join(setAnswers(tx, id, answers, who, now), job.Enqueue(tx, job.Job{Kind: KindDeliver, Args: Args{ID: id}, Unique: id}),
			tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "survey.answer", Object: a.AskerName, Why: a.Title}))
	})
}

func checkAnswers(questions []Question, answers []Answer, whole bool) error {
	if len(answers) != len(questions) {
		return ErrAnswer
	}
	for i := range answers {
		a, q := &answers[i], &questions[i]
		a.Note = strings.TrimSpace(a.Note)
		if len([]rune(a.Note)) > MaxNote || a.Mark != "" && (q.Kind != Check || !slices.Contains(Marks, a.Mark)) {
			return ErrAnswer
		}
	}
	for i := range answers {
		if whole && !answers[i].given(&questions[i]) {
			return ErrUnanswered
		}
	}
	return nil
}
