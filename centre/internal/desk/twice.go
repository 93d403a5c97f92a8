package desk

import (
	"encoding/json"
	"errors"
	"time"

	"otasuke/centre/internal/store"
)

// pressed is how soon the same words of the same person are the same press: a button that was hit twice, a page that was sent anew.
const pressed = time.Minute

// errTwice stops what was done already; who asked for it learns nothing of that.
var errTwice = errors.New("desk: pressed twice")

// once makes nothing of [errTwice].
func once(err error) error {
	if errors.Is(err, errTwice) {
		return nil
	}
	return err
}

// fresh is [errTwice] when the newest of a ticket's messages is the same, of the same person, and of just now.
func fresh(tx *store.Tx, ticket string, m *Message) error {
	if m.Text == "" {
		return nil // files alone may be one after another
	}
	var n int
	err := tx.QueryRow(`SELECT count(*) FROM desk_message WHERE tenant_id = $1 AND ticket_id = $2 AND side = $3 AND who = $4 AND body = $5 AND at > $6
		AND seq = (SELECT max(seq) FROM desk_message WHERE tenant_id = $1 AND ticket_id = $2)`, ticket, string(m.Side), m.Who, m.Text, micros(m.At.Add(-pressed))).Scan(&n)
	if err == nil && n > 0 {
		err = errTwice
	}
	return err
}

// alike is the ticket that somebody opened just now with the same words; [store.ErrNotFound] for none.
func alike(tx *store.Tx, t *Ticket, who, body string, now time.Time) (Ticket, error) {
	told, err := json.Marshal(t.Told)
	if err != nil {
		return Ticket{}, err
	}
	return scan(tx.QueryRow(`SELECT `+columns+` FROM desk_ticket WHERE tenant_id = $1 AND channel = $2 AND topic = $3 AND subject = $4 AND beforehand = $5 AND opened_at > $6 AND moved_to = ''
		AND EXISTS (SELECT 1 FROM desk_message m WHERE m.tenant_id = desk_ticket.tenant_id AND m.ticket_id = desk_ticket.id AND m.seq = 1 AND m.who = $7 AND m.body = $8) ORDER BY opened_at DESC LIMIT 1`,
		string(t.Channel), t.Topic, t.Subject, string(told), micros(now.Add(-pressed)), who, body).Scan)
}
