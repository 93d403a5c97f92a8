package desk

import (
	"encoding/json"
	"time"

	"otasuke/centre/internal/store"
)

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

const columns = `tenant_id, id, number, channel, topic, subject, state, urgent, name, company, email, phone, person_id, by_address, alert_id, box_id, application, beforehand, lang,
	reason, escalated, face, word, opened_at, moved_at, due_at, first_at, acked_at, assignee, rung_at, moved_to, moved_from`

func scan(scan func(...any) error) (t Ticket, err error) {
	var told string
	var opened, moved, due, first, acked, rung int64
	if err = scan(&t.TenantID, &t.ID, &t.Number, &t.Channel, &t.Topic, &t.Subject, &t.State, &t.Urgent, &t.Name, &t.Company, &t.Email, &t.Phone, &t.PersonID, &t.ByAddress, &t.AlertID, &t.BoxID, &t.Application, &told, &t.Lang,
		&t.Reason, &t.Escalated, &t.Face, &t.Word, &opened, &moved, &due, &first, &acked, &t.Assignee, &rung, &t.MovedTo, &t.MovedFrom); err != nil {
		return t, err
	}
	t.Opened, t.Moved, t.Due, t.First, t.LastAcked, t.Rung = moment(opened), moment(moved), moment(due), moment(first), moment(acked), moment(rung)
	return t, json.Unmarshal([]byte(told), &t.Told)
}

func insertTicket(tx *store.Tx, t *Ticket) error {
	told, err := json.Marshal(t.Told)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO desk_ticket (`+columns+`, digits) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)`,
		t.ID, t.Number, string(t.Channel), t.Topic, t.Subject, string(t.State), t.Urgent, t.Name, t.Company, t.Email, t.Phone, t.PersonID, t.ByAddress, t.AlertID, t.BoxID, t.Application, string(told), t.Lang,
		t.Reason, t.Escalated, t.Face, t.Word, micros(t.Opened), micros(t.Moved), micros(t.Due), micros(t.First), micros(t.LastAcked), t.Assignee, micros(t.Rung), t.MovedTo, t.MovedFrom, digitsOf(t.Phone))
	return err
}

// updateTicket writes what changes in the life of a ticket; [ErrMoved] when it has gone to another company in the meantime: nothing is
// said into a thread that is being copied.
func updateTicket(tx *store.Tx, t *Ticket) error {
	n, err := tx.Exec(`UPDATE desk_ticket SET topic = $3, state = $4, urgent = $5, alert_id = $6, box_id = $7, application = $8, reason = $9, escalated = $10, face = $11, word = $12, moved_at = $13, due_at = $14, first_at = $15, acked_at = $16
		WHERE tenant_id = $1 AND id = $2 AND moved_to = ''`, t.ID, t.Topic, string(t.State), t.Urgent, t.AlertID, t.BoxID, t.Application, t.Reason, t.Escalated, t.Face, t.Word, micros(t.Moved), micros(t.Due), micros(t.First), micros(t.LastAcked))
	if err == nil && n == 0 {
		err = ErrMoved
	}
	return err
}

// here are tickets that have not gone to another company, for conditions; while one is on its way it is still shown.
const here = `(moved_to = '' OR state <> 'closed')`

// setAssignee gives a ticket to somebody if it is still with from; of two at once one changes a row.
func setAssignee(tx *store.Tx, id, from, to string) (n int64, err error) {
	return tx.Exec(`UPDATE desk_ticket SET assignee = $4 WHERE tenant_id = $1 AND id = $2 AND assignee = $3 AND moved_to = ''`, id, from, to)
}

func setRung(tx *store.Tx, id string, at time.Time) error {
	_, err := tx.Exec(`UPDATE desk_ticket SET rung_at = $3 WHERE tenant_id = $1 AND id = $2`, id, micros(at))
	return err
}

func selectTicket(tx *store.Tx, id string) (Ticket, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM desk_ticket WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectNumber(tx *store.Tx, number string) (Ticket, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM desk_ticket WHERE tenant_id = $1 AND number = $2`, number).Scan)
}

func selectTickets(tx *store.Tx) ([]Ticket, error) {
	return store.Collect[Ticket](tx.Query(`SELECT `+columns+` FROM desk_ticket WHERE tenant_id = $1 AND `+here+` ORDER BY CASE state WHEN 'closed' THEN 1 ELSE 0 END, opened_at DESC, id LIMIT $2`, maxList))(scan)
}

func countOpen(tx *store.Tx) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM desk_ticket WHERE tenant_id = $1 AND state <> 'closed' AND channel <> 'mail'`).Scan(&n)
	return n, err
}

// countAcked counts acknowledgements to an address since a time.
func countAcked(tx *store.Tx, email string, since time.Time) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM desk_ticket WHERE tenant_id = $1 AND email = $2 AND acked_at > $3`, email, micros(since)).Scan(&n)
	return n, err
}

// selectQueue is what is not closed, of all: the desk's turn first, then by when an answer is due.
func selectQueue(tx *store.AllTx) ([]Ticket, error) {
	return store.Collect[Ticket](tx.Query(`SELECT `+columns+` FROM desk_ticket WHERE state <> 'closed'
		ORDER BY CASE state WHEN 'new' THEN 0 ELSE 1 END, CASE WHEN first_at = 0 THEN 0 ELSE 1 END, due_at, moved_at, id LIMIT $1`, maxList))(scan)
}

func selectDigits(tx *store.AllTx, digits string) ([]Ticket, error) {
	return store.Collect[Ticket](tx.Query(`SELECT `+columns+` FROM desk_ticket WHERE digits = $1 AND `+here+` ORDER BY opened_at DESC, id LIMIT $2`, digits, maxList))(scan)
}

func selectSince(tx *store.AllTx, since time.Time) ([]Ticket, error) {
	return store.Collect[Ticket](tx.Query(`SELECT `+columns+` FROM desk_ticket WHERE opened_at >= $1 AND `+here+` ORDER BY opened_at, id LIMIT $2`, micros(since), 20*maxList))(scan)
}

const messageColumns = `seq, at, side, who, name, address, body, mail_id, message_id, auto, cut, sent`

func scanMessage(scan func(...any) error) (m Message, err error) {
	var at int64
	err = scan(&m.Seq, &at, &m.Side, &m.Who, &m.Name, &m.Address, &m.Text, &m.MailID, &m.MessageID, &m.Auto, &m.Cut, &m.Sent)
	m.At = moment(at)
	return m, err
}

func insertMessage(tx *store.Tx, ticket string, m *Message) error {
	if err := tx.QueryRow(`SELECT coalesce(max(seq), 0) + 1 FROM desk_message WHERE tenant_id = $1 AND ticket_id = $2`, ticket).Scan(&m.Seq); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO desk_message (tenant_id, ticket_id, `+messageColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		ticket, m.Seq, micros(m.At), string(m.Side), m.Who, m.Name, m.Address, m.Text, m.MailID, m.MessageID, m.Auto, m.Cut, m.Sent)
	return err
}

func selectMessages(tx *store.Tx, ticket string, most int) ([]Message, error) {
	all, err := store.Collect[Message](tx.Query(`SELECT `+messageColumns+` FROM desk_message WHERE tenant_id = $1 AND ticket_id = $2 ORDER BY seq LIMIT $3`, ticket, most))(scanMessage)
	if err != nil {
		return nil, err
	}
	type filed struct {
		seq int
		File
	}
	files, err := store.Collect[filed](tx.Query(`SELECT f.seq, a.id, a.name, a.kind, a.size, f.state, f.virus FROM desk_file f JOIN attachment a ON a.tenant_id = f.tenant_id AND a.id = f.attachment_id
		WHERE f.tenant_id = $1 AND f.ticket_id = $2 ORDER BY f.seq, a.sent_at, a.id`, ticket))(func(scan func(...any) error) (f filed, err error) {
		err = scan(&f.seq, &f.ID, &f.Name, &f.Kind, &f.Size, &f.State, &f.Virus)
		return f, err
	})
	for _, f := range files {
		for i := range all {
			if all[i].Seq == f.seq {
				all[i].Files = append(all[i].Files, f.File)
			}
		}
	}
	return all, err
}

func setSent(tx *store.Tx, ticket string, seq int, how, messageID string) error {
	_, err := tx.Exec(`UPDATE desk_message SET sent = $4, message_id = $5 WHERE tenant_id = $1 AND ticket_id = $2 AND seq = $3`, ticket, seq, how, messageID)
	return err
}

// hasMail says which ticket a mail lies in, "" for none.
func hasMail(tx *store.Tx, mailID string) (ticket string, err error) {
	rows, err := store.Collect[string](tx.Query(`SELECT ticket_id FROM desk_message WHERE tenant_id = $1 AND mail_id = $2 LIMIT 1`, mailID))(scanText)
	if len(rows) > 0 {
		ticket = rows[0]
	}
	return ticket, err
}

// byMessageID is the ticket that a mail is of, "" for none.
func byMessageID(tx *store.Tx, id string) (ticket string, err error) {
	rows, err := store.Collect[string](tx.Query(`SELECT ticket_id FROM desk_message WHERE tenant_id = $1 AND message_id = $2 LIMIT 1`, id))(scanText)
	if len(rows) > 0 {
		ticket = rows[0]
	}
	return ticket, err
}

func scanText(scan func(...any) error) (s string, err error) { err = scan(&s); return s, err }

func insertFile(tx *store.Tx, ticket string, seq int, attachment, state string) error {
	_, err := tx.Exec(`INSERT INTO desk_file (tenant_id, ticket_id, seq, attachment_id, state, virus) VALUES ($1, $2, $3, $4, $5, '')`, ticket, seq, attachment, state)
	return err
}

func selectFile(tx *store.Tx, ticket, attachment string) (f File, err error) {
	err = tx.QueryRow(`SELECT attachment_id, state, virus FROM desk_file WHERE tenant_id = $1 AND ticket_id = $2 AND attachment_id = $3`, ticket, attachment).Scan(&f.ID, &f.State, &f.Virus)
	return f, err
}

func setFile(tx *store.Tx, attachment, state, virus string) error {
	_, err := tx.Exec(`UPDATE desk_file SET state = $3, virus = $4 WHERE tenant_id = $1 AND attachment_id = $2`, attachment, state, virus)
	return err
}

// mailRow is what is known of a mail that came.
type mailRow struct {
	goal string
	size int64
	cut  bool
	done bool
	at   time.Time
}

func insertMail(tx *store.Tx, id string, raw []byte, cut bool, at time.Time) error {
	if _, err := tx.Exec(`INSERT INTO desk_mail (tenant_id, id, at, size, cut, goal, done_at) VALUES ($1, $2, $3, $4, $5, '', 0)`, id, micros(at), len(raw), cut); err != nil {
		return err
	}
	for seq := 0; len(raw) > 0; seq++ {
		n := min(len(raw), mailPart)
		if _, err := tx.Exec(`INSERT INTO desk_mail_part (tenant_id, mail_id, seq, data) VALUES ($1, $2, $3, $4)`, id, seq, raw[:n]); err != nil {
			return err
		}
		raw = raw[n:]
	}
	return nil
}

func selectMail(tx *store.Tx, id string) (m mailRow, err error) {
	var done, at int64
	err = tx.QueryRow(`SELECT goal, size, cut, done_at, at FROM desk_mail WHERE tenant_id = $1 AND id = $2`, id).Scan(&m.goal, &m.size, &m.cut, &done, &at)
	m.done, m.at = done != 0, moment(at)
	return m, err
}

func selectRaw(tx *store.Tx, id string, size int64) ([]byte, error) {
	parts, err := store.Collect[[]byte](tx.Query(`SELECT data FROM desk_mail_part WHERE tenant_id = $1 AND mail_id = $2 ORDER BY seq`, id))(
		func(scan func(...any) error) (data []byte, err error) { err = scan(&data); return data, err })
	raw := make([]byte, 0, size)
	for _, p := range parts {
		raw = append(raw, p...)
	}
	return raw, err
}

func setGoal(tx *store.Tx, id, goal string) error {
	_, err := tx.Exec(`UPDATE desk_mail SET goal = $3 WHERE tenant_id = $1 AND id = $2`, id, goal)
	return err
}

func endMail(tx *store.Tx, id string, at time.Time) error {
	if _, err := tx.Exec(`DELETE FROM desk_mail_part WHERE tenant_id = $1 AND mail_id = $2`, id); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE desk_mail SET done_at = $3 WHERE tenant_id = $1 AND id = $2`, id, micros(at))
	return err
}

// forgetMails lets go what is only kept to know a mail again.
func forgetMails(tx *store.Tx, before time.Time) error {
	_, err := tx.Exec(`DELETE FROM desk_mail WHERE tenant_id = $1 AND done_at <> 0 AND done_at < $2`, micros(before))
	return err
}

// countUnread counts mails that have not been read into a ticket since a time.
func countUnread(tx *store.Tx, before time.Time) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM desk_mail WHERE tenant_id = $1 AND done_at = 0 AND at < $2`, micros(before)).Scan(&n)
	return n, err
}
