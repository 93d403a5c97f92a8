package news

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
)

func lower(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// micros of a time; 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Micros(t)
}

func moment(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return store.Time(at)
}

func putPiece(tx *store.Tx, p *Piece) error {
	audience, err := json.Marshal(p.Audience)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO news (tenant_id, id, kind, state, title_ja, body_ja, title_en, body_en, audience, send_at, revision, source, source_key, source_url, source_digest, source_changed, made_by, edited_by, asked_by, approved_by, made_at, changed_at, sent_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT (tenant_id, id) DO UPDATE SET kind = excluded.kind, state = excluded.state, title_ja = excluded.title_ja, body_ja = excluded.body_ja, title_en = excluded.title_en, body_en = excluded.body_en, audience = excluded.audience, send_at = excluded.send_at,
			revision = excluded.revision, source_url = excluded.source_url, source_digest = excluded.source_digest, source_changed = excluded.source_changed, edited_by = excluded.edited_by, asked_by = excluded.asked_by, approved_by = excluded.approved_by, changed_at = excluded.changed_at, sent_at = excluded.sent_at`,
		p.ID, string(p.Kind), string(p.State), p.Title[ja.Japanese], p.Body[ja.Japanese], p.Title[ja.English], p.Body[ja.English], string(audience), micros(p.SendAt), p.Revision, p.Source, p.Key, p.URL, p.Digest, p.Changed, p.By, p.Edited, p.Asked, p.Checked, micros(p.Made), micros(p.Moved), micros(p.Out))
	if err != nil || p.Meeting == nil {
		return err
	}
	m := p.Meeting
	_, err = tx.Exec(`INSERT INTO seminar (tenant_id, id, starts_at, ends_at, closes_at, place, online, seats, slides, cancelled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (tenant_id, id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at, closes_at = excluded.closes_at, place = excluded.place, online = excluded.online, seats = excluded.seats, slides = excluded.slides, cancelled_at = excluded.cancelled_at`,
		p.ID, micros(m.Starts), micros(m.Ends), micros(m.Closes), m.Place, m.Online, m.Seats, m.Slides, micros(m.Cancelled))
	return err
}

const pieceColumns = `SELECT n.id, n.kind, n.state, n.title_ja, n.body_ja, n.title_en, n.body_en, n.audience, n.send_at, n.revision, n.source, n.source_key, n.source_url, n.source_digest, n.source_changed, n.made_by, n.edited_by, n.asked_by, n.approved_by, n.made_at, n.changed_at, n.sent_at,
	coalesce(s.id, ''), coalesce(s.starts_at, 0), coalesce(s.ends_at, 0), coalesce(s.closes_at, 0), coalesce(s.place, ''), coalesce(s.online, ''), coalesce(s.seats, 0), coalesce(s.slides, ''), coalesce(s.cancelled_at, 0)
	FROM news n LEFT JOIN seminar s ON s.tenant_id = n.tenant_id AND s.id = n.id WHERE n.tenant_id = $1`

func scanPiece(scan func(...any) error) (p Piece, err error) {
	var sendAt, made, moved, out, starts, ends, closes, cancelled int64
	var titleJa, bodyJa, titleEn, bodyEn, audience, seminar string
	var m Meeting
	if err = scan(&p.ID, &p.Kind, &p.State, &titleJa, &bodyJa, &titleEn, &bodyEn, &audience, &sendAt, &p.Revision, &p.Source, &p.Key, &p.URL, &p.Digest, &p.Changed, &p.By, &p.Edited, &p.Asked, &p.Checked, &made, &moved, &out,
		&seminar, &starts, &ends, &closes, &m.Place, &m.Online, &m.Seats, &m.Slides, &cancelled); err != nil {
		return p, err
	}
	p.Title, p.Body = map[string]string{ja.Japanese: titleJa, ja.English: titleEn}, map[string]string{ja.Japanese: bodyJa, ja.English: bodyEn}
	p.SendAt, p.Made, p.Moved, p.Out = moment(sendAt), moment(made), moment(moved), moment(out)
	if seminar != "" && p.Kind == Seminar {
		m.Starts, m.Ends, m.Closes, m.Cancelled = moment(starts), moment(ends), moment(closes), moment(cancelled)
		p.Meeting = &m
	}
	return p, json.Unmarshal([]byte(audience), &p.Audience)
}

func selectPiece(tx *store.Tx, id string) (Piece, error) {
	return scanPiece(tx.QueryRow(pieceColumns+` AND n.id = $2`, id).Scan)
}

func selectPieces(tx *store.Tx, state State) ([]Piece, error) {
	return store.Collect[Piece](tx.Query(pieceColumns+` AND n.state = $2 ORDER BY n.changed_at DESC, n.id LIMIT $3`, string(state), maxList))(scanPiece)
}

func bySource(tx *store.Tx, source, key string) (Piece, error) {
	return scanPiece(tx.QueryRow(pieceColumns+` AND n.source = $2 AND n.source_key = $3`, source, key).Scan)
}

func keepKey(tx *store.Tx, fresh string) (key string, err error) {
	if _, err = tx.Exec(`INSERT INTO news_key (tenant_id, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING`, fresh); err != nil {
		return "", err
	}
	err = tx.QueryRow(`SELECT secret FROM news_key WHERE tenant_id = $1`).Scan(&key)
	return key, err
}

// readerColumns are people of companies, who are tenant's, with their choices.
const readerColumns = `SELECT p.tenant_id, p.id, p.name, p.email, p.lang, p.role, p.mails, coalesce(c.at, 0), coalesce(c.warnings, FALSE), coalesce(c.offers, FALSE)
	FROM person p LEFT JOIN news_choice c ON c.tenant_id = p.tenant_id AND c.person_id = p.id WHERE p.left_at = 0`

func scanReader(scan func(...any) error) (company string, r reader, err error) {
	var at int64
	err = scan(&company, &r.ID, &r.Name, &r.Email, &r.Lang, &r.Role, &r.Mails, &at, &r.Warnings, &r.Offers)
	r.Chosen = at != 0
	return company, r, err
}

func selectReaders(tx *store.AllTx) (map[string][]reader, error) {
	all := map[string][]reader{}
	_, err := store.Collect[struct{}](tx.Query(readerColumns + ` ORDER BY p.tenant_id, p.id`))(func(scan func(...any) error) (none struct{}, err error) {
		company, r, err := scanReader(scan)
		all[company] = append(all[company], r)
		return none, err
	})
	return all, err
}

func selectOwnReaders(tx *store.Tx) ([]reader, error) {
	return store.Collect[reader](tx.Query(readerColumns + ` AND p.tenant_id = $1 ORDER BY p.id`))(func(scan func(...any) error) (reader, error) {
		_, r, err := scanReader(scan)
		return r, err
	})
}

func putChoice(tx *store.Tx, person string, warnings, offers bool, how string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO news_choice (tenant_id, person_id, warnings, offers, how, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (tenant_id, person_id) DO UPDATE SET warnings = excluded.warnings, offers = excluded.offers, how = excluded.how, at = excluded.at`, person, warnings, offers, how, store.Micros(at))
	return err
}

// copied is what a company got.
type copied struct {
	id   string
	at   time.Time
	read bool
}

func scanCopy(scan func(...any) error) (c copied, err error) {
	var at, read int64
	err = scan(&c.id, &at, &read)
	c.at, c.read = moment(at), read != 0
	return c, err
}

func selectCopies(tx *store.Tx, person string, limit int) ([]copied, error) {
	return store.Collect[copied](tx.Query(`SELECT c.news_id, c.at, coalesce(r.at, 0) FROM news_copy c LEFT JOIN news_read r ON r.tenant_id = c.tenant_id AND r.news_id = c.news_id AND r.person_id = $2
		WHERE c.tenant_id = $1 ORDER BY c.at DESC, c.news_id LIMIT $3`, person, limit))(scanCopy)
}

func selectCopy(tx *store.Tx, id string) (copied, error) {
	return scanCopy(tx.QueryRow(`SELECT news_id, at, 0 FROM news_copy WHERE tenant_id = $1 AND news_id = $2`, id).Scan)
}

func putCopy(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO news_copy (tenant_id, news_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, id, store.Micros(at))
	return err
}

func putRead(tx *store.Tx, id, person string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO news_read (tenant_id, news_id, person_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, id, person, store.Micros(at))
	return err
}

// How a mail stands.
const (
	mailWaiting  = "waiting"
	mailTrying   = "trying"
	mailSent     = "sent"
	mailRefused  = "refused"  // by the server, for good
	mailBounced  = "bounced"  // taken, and sent back
	mailUnknown  = "unknown"  // we died while it was offered
	mailHeld     = "held"     // a promotion to an address at which nothing arrives
	mailDeclined = "declined" // ended before it went out, or the person left
)

// MailStates are all of them, as the desk reads them.
var MailStates = []string{mailSent, mailWaiting, mailTrying, mailRefused, mailBounced, mailHeld, mailUnknown, mailDeclined}

// letter is one mail to one address.
type letter struct {
	TenantID, News, What, To, Email, State string
	Tries                                  int
	MessageID, Answer                      string
	At                                     time.Time
}

func insertLetter(tx *store.Tx, l *letter) (fresh bool, err error) {
	n, err := tx.Exec(`INSERT INTO news_mail (tenant_id, news_id, what, to_id, email, state, tries, message_id, answer, at) VALUES ($1, $2, $3, $4, $5, $6, 0, '', $7, $8) ON CONFLICT DO NOTHING`,
		l.News, l.What, l.To, l.Email, l.State, l.Answer, store.Micros(l.At))
	return n == 1, err
}

const letterColumns = `SELECT tenant_id, news_id, what, to_id, email, state, tries, message_id, answer, at FROM news_mail`

func scanLetter(scan func(...any) error) (l letter, err error) {
	var at int64
	err = scan(&l.TenantID, &l.News, &l.What, &l.To, &l.Email, &l.State, &l.Tries, &l.MessageID, &l.Answer, &at)
	l.At = moment(at)
	return l, err
}

func selectLetter(tx *store.Tx, news, what, to string) (letter, error) {
	return scanLetter(tx.QueryRow(letterColumns+` WHERE tenant_id = $1 AND news_id = $2 AND what = $3 AND to_id = $4`, news, what, to).Scan)
}

func byMessage(tx *store.Tx, id string) (letter, error) {
	return scanLetter(tx.QueryRow(letterColumns+` WHERE tenant_id = $1 AND message_id = $2`, id).Scan)
}

func updateLetter(tx *store.Tx, l *letter) error {
	_, err := tx.Exec(`UPDATE news_mail SET state = $5, tries = $6, message_id = $7, answer = $8, at = $9 WHERE tenant_id = $1 AND news_id = $2 AND what = $3 AND to_id = $4`,
		l.News, l.What, l.To, l.State, l.Tries, l.MessageID, l.Answer, store.Micros(l.At))
	return err
}

// selectTroubled are the mails of a piece that did not go well, of all companies.
func selectTroubled(tx *store.AllTx, news string) ([]letter, error) {
	return store.Collect[letter](tx.Query(letterColumns+` WHERE news_id = $1 AND state IN ('refused', 'bounced', 'unknown', 'held') ORDER BY at DESC, to_id LIMIT $2`, news, maxList))(scanLetter)
}

func countLetters(tx *store.AllTx, news string) (map[string]int, error) {
	all := map[string]int{}
	_, err := store.Collect[struct{}](tx.Query(`SELECT state, count(*) FROM news_mail WHERE news_id = $1 AND what = 'news' GROUP BY state`, news))(func(scan func(...any) error) (none struct{}, err error) {
		var state string
		var n int
		err = scan(&state, &n)
		all[state] = n
		return none, err
	})
	return all, err
}

func putBroken(tx *store.Tx, email, answer string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO news_address (tenant_id, email, answer, at) VALUES ($1, $2, $3, $4) ON CONFLICT (tenant_id, email) DO UPDATE SET answer = excluded.answer, at = excluded.at`, lower(email), answer, store.Micros(at))
	return err
}

func dropBroken(tx *store.Tx, email string) (bool, error) {
	n, err := tx.Exec(`DELETE FROM news_address WHERE tenant_id = $1 AND email = $2`, lower(email))
	return n > 0, err
}

func selectBroken(tx *store.Tx) (map[string]string, error) {
	all := map[string]string{}
	_, err := store.Collect[struct{}](tx.Query(`SELECT email, answer FROM news_address WHERE tenant_id = $1`))(func(scan func(...any) error) (none struct{}, err error) {
		var email, answer string
		err = scan(&email, &answer)
		all[email] = answer
		return none, err
	})
	return all, err
}

// Broken is an address at which mail does not arrive.
type Broken struct {
	TenantID, Email, Answer string
	At                      time.Time
}

func selectAllBroken(tx *store.AllTx) ([]Broken, error) {
	return store.Collect[Broken](tx.Query(`SELECT tenant_id, email, answer, at FROM news_address ORDER BY at DESC, email LIMIT $1`, maxList))(func(scan func(...any) error) (b Broken, err error) {
		var at int64
		err = scan(&b.TenantID, &b.Email, &b.Answer, &at)
		b.At = moment(at)
		return b, err
	})
}

// asked is how it stands with a source.
type asked struct {
	etag, modified, fault string
	at, good              time.Time
}

func selectFeed(tx *store.Tx, name string) (a asked, err error) {
	var at, good int64
	err = tx.QueryRow(`SELECT etag, modified, fault, asked_at, good_at FROM news_feed WHERE tenant_id = $1 AND name = $2`, name).Scan(&a.etag, &a.modified, &a.fault, &at, &good)
	if errors.Is(err, store.ErrNotFound) {
		return a, nil
	}
	a.at, a.good = moment(at), moment(good)
	return a, err
}

func putFeed(tx *store.Tx, name string, a asked) error {
	_, err := tx.Exec(`INSERT INTO news_feed (tenant_id, name, etag, modified, fault, asked_at, good_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id, name) DO UPDATE SET etag = excluded.etag, modified = excluded.modified, fault = excluded.fault, asked_at = excluded.asked_at, good_at = excluded.good_at`, name, a.etag, a.modified, a.fault, micros(a.at), micros(a.good))
	return err
}
