package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/desk/letter"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// A ticket goes to another company in three steps, each a transaction of one company: it is marked, which ends all talk in it; it is
// copied, with its id, its number and all that was said; what stays behind is emptied and only leads on, for numbers and mails
// that still point to it. Whoever dies in between goes on where it was: a copy that is there is not made twice.

// moveArgs are those of [KindMove].
type moveArgs struct {
	ID  string `json:"id"`
	To  string `json:"to"`
	Who string `json:"who"`
	Why string `json:"why"`
}

// maxHops bounds how often a ticket is followed: there, back, and there again.
const maxHops = 8

// Move gives a stranger's ticket to a company, whose people read it from then on; or back, with a reason, when it was the wrong one. Both
// ends have it in their record. The job that does it is left in the same transaction; it is tried at once.
func (s *Service) Move(ctx context.Context, tenantID, id string, who tenant.Person, to, why string) error {
	why = letter.Line(why, MaxReason)
	args := moveArgs{ID: id, To: to, Who: who.ID, Why: why}
	if to == tenantID {
		return ErrState
	}
	company, err := s.People.CompanyByID(ctx, to)
	if err != nil {
		return err
	}
	err = s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		t, err := selectTicket(tx, id)
		switch {
		case err != nil:
			return err
		case t.MovedTo != "":
			return ErrMoved
		case tenantID != tenant.House && (to != tenant.House || t.MovedFrom == ""):
			return ErrState // what a company said itself stays with it
		case tenantID != tenant.House && why == "":
			return ErrEmpty
		}
		now := s.Clock.Now()
		if n, err := setMoved(tx, id, to); err != nil || n == 0 {
			return errors.Join(err, ErrMoved)
		}
		return errors.Join(tenant.Audit(tx, now, tenant.Entry{Who: who.ID, Action: "desk.move_out", Object: id, Why: firstOf(why, company.Name)}),
			job.Enqueue(tx, job.Job{Kind: KindMove, Args: args, Unique: id}))
	})
	if err != nil {
		return err
	}
	if err := s.move(ctx, tenantID, args); err != nil {
		s.Log.Warn("ticket is moved later", "ticket", id, "error", err)
	}
	return nil
}

// HandleMove does what [Service.Move] decided; any number of times.
func (s *Service) HandleMove(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args moveArgs
	if err := unmarshal(raw, &args); err != nil {
		return err
	}
	return s.move(ctx, tenantID, args)
}

func (s *Service) move(ctx context.Context, from string, args moveArgs) error {
	var t Ticket
	var all []Message
	err := s.Store.Read(ctx, from, func(tx *store.Tx) (err error) {
		if t, err = selectTicket(tx, args.ID); err == nil {
			all, err = selectMessages(tx, args.ID, math.MaxInt32)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && (t.MovedTo != args.To || t.Topic == "") {
		return nil // done, and perhaps undone
	}
	if err != nil {
		return err
	}
	people, err := s.People.People(ctx, args.To)
	if err != nil {
		return fmt.Errorf("desk: people: %w", err)
	}
	if err := s.Store.Write(ctx, args.To, func(tx *store.Tx) error { return s.copyTo(tx, t, all, people, args) }); err != nil {
		return err
	}
	return s.Store.Write(ctx, from, func(tx *store.Tx) error { return s.leave(tx, args, all) })
}

// copyTo makes the ticket in its new company, unless it is there.
func (s *Service) copyTo(tx *store.Tx, t Ticket, all []Message, people []tenant.Person, args moveArgs) error {
	from, now := t.TenantID, s.Clock.Now()
	there, err := selectTicket(tx, t.ID)
	if err == nil && there.MovedTo == "" {
		return nil
	}
	if err == nil {
		err = dropTicket(tx, t.ID) // what it left when it went from here
	} else if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return err
	}
	t.TenantID, t.MovedTo, t.MovedFrom, t.Moved = tx.Tenant(), "", from, now
	t.PersonID, t.ByAddress, t.AlertID, t.BoxID = "", false, "", ""
	if i := slices.IndexFunc(people, func(p tenant.Person) bool { return t.Email != "" && strings.EqualFold(p.Email, t.Email) }); i >= 0 && tx.Tenant() != tenant.House {
		t.PersonID, t.ByAddress = people[i].ID, true
	}
	if err := insertTicket(tx, &t); err != nil {
		return err
	}
	for i := range all {
		if err := s.copyMessage(tx, from, &t, &all[i]); err != nil {
			return err
		}
	}
	if t.State == Fresh {
		if err := s.ring(tx, &t, now); err != nil {
			return err
		}
	}
	return tenant.Audit(tx, now, tenant.Entry{Who: args.Who, Action: "desk.move_in", Object: t.ID, Why: args.Why})
}

// copyMessage copies one with its files, which are read one by one: they are large.
func (s *Service) copyMessage(tx *store.Tx, from string, t *Ticket, m *Message) error {
	if err := putMessage(tx, t.ID, m); err != nil {
		return err
	}
	for _, f := range m.Files {
		var file attach.File
		var data []byte
		if err := s.Store.Read(tx.Context(), from, func(there *store.Tx) (err error) {
			file, data, err = attach.Get(there, f.ID)
			return err
		}); err != nil {
			return err
		}
		if err := errors.Join(attach.Again(tx, file, data), insertFile(tx, t.ID, m.Seq, f.ID, f.State), setFile(tx, f.ID, f.State, f.Virus)); err != nil {
			return err
		}
		if f.State == FileWaiting && s.Clamd != "" {
			if err := job.Enqueue(tx, job.Job{Kind: KindScan, Args: scanArgs{f.ID}, Unique: f.ID}); err != nil {
				return err
			}
		}
	}
	if m.Sent != SentWaiting {
		return nil
	}
	return job.Enqueue(tx, job.Job{Kind: KindSend, Args: sendArgs{Ticket: t.ID, Seq: m.Seq}, Unique: fmt.Sprint(t.ID, " ", m.Seq)})
}

// leave empties what stays behind.
func (s *Service) leave(tx *store.Tx, args moveArgs, all []Message) error {
	n, err := emptyTicket(tx, args.ID, args.To, s.Clock.Now())
	if err != nil || n == 0 {
		return err
	}
	if err := emptyMessages(tx, args.ID); err != nil {
		return err
	}
	for i := range all {
		for _, f := range all[i].Files {
			if err := attach.Drop(tx, f.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow leads to where a ticket is now. While it is on its way that is [ErrMoved] with the place that it leaves; [store.ErrNotFound] with the
// goal as it was when there is none.
func (s *Service) follow(ctx context.Context, to goal) (goal, error) {
	leaves, left := to, Ticket{}
	for range maxHops {
		var t Ticket
		err := s.Store.Read(ctx, to.Tenant, func(tx *store.Tx) (err error) {
			t, err = selectTicket(tx, to.Ticket)
			return err
		})
		if errors.Is(err, store.ErrNotFound) && left.Topic != "" {
			return leaves, ErrMoved
		}
		if err != nil || t.MovedTo == "" {
			return to, err
		}
		leaves, left = to, t
		to.Tenant, to.Make, to.PersonID = t.MovedTo, false, ""
	}
	return leaves, ErrMoved // both ends lead to each other, while it goes back
}

// Where is the ticket wherever it has gone since; while it is on its way that is where it leaves.
func (s *Service) Where(ctx context.Context, tenantID, id string) (t Ticket, err error) {
	to, err := s.follow(ctx, goal{Tenant: tenantID, Ticket: id})
	if err != nil && !errors.Is(err, ErrMoved) {
		return t, err
	}
	err = s.Store.Read(ctx, to.Tenant, func(tx *store.Tx) (err error) {
		t, err = selectTicket(tx, to.Ticket)
		return err
	})
	return t, err
}

func setMoved(tx *store.Tx, id, to string) (int64, error) {
	return tx.Exec(`UPDATE desk_ticket SET moved_to = $3 WHERE tenant_id = $1 AND id = $2 AND moved_to = ''`, id, to)
}

// putMessage keeps one with the number that it had.
func putMessage(tx *store.Tx, ticket string, m *Message) error {
	_, err := tx.Exec(`INSERT INTO desk_message (tenant_id, ticket_id, `+messageColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		ticket, m.Seq, micros(m.At), string(m.Side), m.Who, m.Name, m.Address, m.Text, m.MailID, m.MessageID, m.Auto, m.Cut, m.Sent)
	return err
}

// emptyTicket leaves of a ticket that has gone its number and where it is.
func emptyTicket(tx *store.Tx, id, to string, at time.Time) (int64, error) {
	return tx.Exec(`UPDATE desk_ticket SET state = 'closed', topic = '', subject = '', name = '', company = '', email = '', phone = '', digits = '', person_id = '', alert_id = '', box_id = '', application = '', beforehand = '{}',
		reason = '', escalated = '', word = '', assignee = '', moved_at = $4 WHERE tenant_id = $1 AND id = $2 AND moved_to = $3`, id, to, micros(at))
}

// emptyMessages leaves of them by what a mail is known to belong to them.
func emptyMessages(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM desk_file WHERE tenant_id = $1 AND ticket_id = $2`, id)
	if err == nil {
		_, err = tx.Exec(`UPDATE desk_message SET body = '', name = '', address = '', sent = '' WHERE tenant_id = $1 AND ticket_id = $2`, id)
	}
	return err
}

// dropTicket deletes one that only led on.
func dropTicket(tx *store.Tx, id string) error {
	for _, q := range []string{`DELETE FROM desk_file WHERE tenant_id = $1 AND ticket_id = $2`, `DELETE FROM desk_message WHERE tenant_id = $1 AND ticket_id = $2`, `DELETE FROM desk_ticket WHERE tenant_id = $1 AND id = $2`} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	return nil
}
