package survey

import (
	"encoding/json"
	"time"

	"otasuke/centre/internal/store"
)

func text(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func insertSurvey(tx *store.Tx, v *Survey) error {
	questions, err := text(v.Questions)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO survey (tenant_id, id, title, lead, questions, due, made_by, made_at, urged_at, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`,
		v.ID, v.Title, v.Lead, questions, store.Micros(v.Due), v.By, store.Micros(v.Made))
	return err
}

const surveyColumns = `SELECT id, title, lead, questions, due, made_by, made_at, urged_at, closed_at FROM survey WHERE tenant_id = $1`

func scanSurvey(scan func(...any) error) (v Survey, err error) {
	var questions string
	var due, made, urged, closed int64
	if err = scan(&v.ID, &v.Title, &v.Lead, &questions, &due, &v.By, &made, &urged, &closed); err != nil {
		return v, err
	}
	v.Due, v.Made, v.Urged, v.Closed = store.Time(due), store.Time(made), store.Time(urged), store.Time(closed)
	return v, json.Unmarshal([]byte(questions), &v.Questions)
}

func selectSurvey(tx *store.Tx, id string) (Survey, error) {
	return scanSurvey(tx.QueryRow(surveyColumns+` AND id = $2`, id).Scan)
}

func selectSurveys(tx *store.Tx) ([]Survey, error) {
	return store.Collect[Survey](tx.Query(surveyColumns + ` ORDER BY made_at DESC, id`))(scanSurvey)
}

func setUrged(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`UPDATE survey SET urged_at = $3 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(at))
	return err
}

func setClosed(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`UPDATE survey SET closed_at = $3 WHERE tenant_id = $1 AND id = $2`, id, store.Micros(at))
	return err
}

func ensureReply(tx *store.Tx, id, company, name string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO survey_answer (tenant_id, survey_id, company, name, asked_at, answered_at, answered_by, answers) VALUES ($1, $2, $3, $4, $5, 0, '', '[]')
		ON CONFLICT (tenant_id, survey_id, company) DO NOTHING`, id, company, name, store.Micros(at))
	return err
}

func setReply(tx *store.Tx, id, company, by string, at time.Time, answers []Answer) error {
	b, err := text(answers)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE survey_answer SET answered_at = $4, answered_by = $5, answers = $6 WHERE tenant_id = $1 AND survey_id = $2 AND company = $3 AND answered_at < $4`,
		id, company, store.Micros(at), by, b)
	return err
}

func selectReplies(tx *store.Tx, id string) ([]Reply, error) {
	return store.Collect[Reply](tx.Query(`SELECT company, name, asked_at, answered_at, answered_by, answers FROM survey_answer WHERE tenant_id = $1 AND survey_id = $2 ORDER BY name, company`, id))(
		func(scan func(...any) error) (r Reply, err error) {
			var asked, answered int64
			var answers string
			if err = scan(&r.Company, &r.Name, &asked, &answered, &r.By, &answers); err != nil {
				return r, err
			}
			r.Asked, r.Answered = store.Time(asked), store.Time(answered)
			return r, json.Unmarshal([]byte(answers), &r.Answers)
		})
}

func insertAsked(tx *store.Tx, a *Asked) error {
	questions, err := text(a.Questions)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO survey_asked (tenant_id, id, asker, asker_name, title, lead, questions, due, asked_at, closed_at, answers, answered_by, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '[]', '', 0)`,
		a.ID, a.Asker, a.AskerName, a.Title, a.Lead, questions, store.Micros(a.Due), store.Micros(a.At))
	return err
}

const askedColumns = `SELECT id, asker, asker_name, title, lead, questions, due, asked_at, closed_at, answers, answered_by, answered_at FROM survey_asked WHERE tenant_id = $1`

func scanAsked(scan func(...any) error) (a Asked, err error) {
	var questions, answers string
	var due, at, closed, answered int64
	if err = scan(&a.ID, &a.Asker, &a.AskerName, &a.Title, &a.Lead, &questions, &due, &at, &closed, &answers, &a.By, &answered); err != nil {
		return a, err
	}
	a.Due, a.At, a.Closed, a.Answered = store.Time(due), store.Time(at), store.Time(closed), store.Time(answered)
	if err = json.Unmarshal([]byte(questions), &a.Questions); err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(answers), &a.Answers)
}

func selectAsked(tx *store.Tx, id string) (Asked, error) {
	return scanAsked(tx.QueryRow(askedColumns+` AND id = $2`, id).Scan)
}

func selectAllAsked(tx *store.Tx) ([]Asked, error) {
	return store.Collect[Asked](tx.Query(askedColumns + ` ORDER BY asked_at DESC, id`))(scanAsked)
}

func countOpen(tx *store.Tx) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM survey_asked WHERE tenant_id = $1 AND closed_at = 0 AND answered_at = 0`).Scan(&n)
	return n, err
}

func closeAsked(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`UPDATE survey_asked SET closed_at = $3 WHERE tenant_id = $1 AND id = $2 AND closed_at = 0`, id, store.Micros(at))
	return err
}

func setDraft(tx *store.Tx, id string, answers []Answer) error {
	b, err := text(answers)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE survey_asked SET answers = $3 WHERE tenant_id = $1 AND id = $2`, id, b)
	return err
}

func setAnswers(tx *store.Tx, id string, answers []Answer, who string, at time.Time) error {
	b, err := text(answers)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE survey_asked SET answers = $3, answered_by = $4, answered_at = $5 WHERE tenant_id = $1 AND id = $2`, id, b, who, store.Micros(at))
	return err
}
