package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

// stranger is a ticket of somebody whose address is unknown: a mail with a file, an answer and a note.
func (r *room) stranger() desk.Ticket {
	r.Helper()
	photo := bytes.Repeat([]byte("写真"), 100_000) // in more than one row
	raw := strings.Join([]string{"From: Goro <goro@home.example>", "Subject: 会社のパソコンについて", "Message-ID: <s1@home.example>", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "",
		"--b", "Content-Type: text/plain; charset=utf-8", "", "佐藤製作所の者です。", "--b", "Content-Type: application/octet-stream; name=photo.bin", "Content-Disposition: attachment; filename=photo.bin", "", string(photo), "--b--", ""}, "\r\n")
	r.comes([]byte(raw))
	all := r.tickets(tenant.House)
	if len(all) != 1 {
		r.Fatalf("%d tickets of strangers", len(all))
	}
	must(r.T, r.svc.Jot(r.Context(), tenant.House, all[0].ID, r.staff, "名刺で確かめた", false))
	must(r.T, r.svc.Answer(r.Context(), tenant.House, all[0].ID, r.staff, "拝見します。", false))
	if failed := r.work(); len(failed) > 0 {
		r.Fatal(failed)
	}
	return all[0]
}

func (r *room) actions(tenantID, object string) (all []string) {
	r.Helper()
	log, err := r.tenants.AuditLog(r.Context(), tenantID, 1000)
	must(r.T, err)
	for _, e := range log {
		if e.Object == object {
			all = append(all, e.Action)
		}
	}
	return all
}

// whole fails unless a ticket has all that the stranger's had.
func (r *room) whole(t desk.Ticket) {
	r.Helper()
	now, all := r.thread(t)
	if len(all) != 3 || !strings.Contains(all[0].Text, "佐藤製作所の者です") || all[1].Side != desk.Note || all[2].Sent != desk.SentOut || len(all[0].Files) != 1 || now.Number != t.Number || now.Subject != "会社のパソコンについて" || now.Email != "goro@home.example" {
		r.Fatalf("%+v\n%+v", now, all)
	}
	f, data, err := r.svc.File(r.Context(), t.TenantID, t.ID, all[0].Files[0].ID)
	if err != nil || !bytes.HasPrefix(data, []byte("写真写真")) || int64(len(data)) != f.Size {
		r.Errorf("%d bytes, %v", len(data), err)
	}
}

// A stranger's ticket goes to a company with all that is in it; nothing of it stays behind, and its number and mails lead to
// where it is. It goes back only with a reason, which the company's record keeps.
func TestAStrangersTicketMoves(t *testing.T) {
	suite(t, func(r *room) {
		one := r.stranger()
		must(r.T, r.svc.Move(r.Context(), tenant.House, one.ID, r.staff, r.own, ""))
		if n := len(r.tickets(tenant.House)); n != 0 {
			r.Errorf("%d tickets stay behind", n)
		}
		moved := r.tickets(r.own)
		if len(moved) != 1 || moved[0].ID != one.ID || moved[0].MovedFrom != tenant.House || moved[0].PersonID != "" {
			r.Fatalf("%+v", moved)
		}
		r.whole(moved[0])
		if now, err := r.svc.ByNumber(r.Context(), one.Number); err != nil || now.TenantID != r.own {
			r.Errorf("the number leads to %q, %v", now.TenantID, err)
		}
		if out, in := r.actions(tenant.House, one.ID), r.actions(r.own, one.ID); !slices.Contains(out, "desk.move_out") || !slices.Contains(in, "desk.move_in") {
			r.Errorf("records: %v, %v", out, in)
		}
		left, emptied := r.thread(one)
		for _, m := range emptied {
			if m.Text+m.Name+m.Address != "" || len(m.Files) != 0 {
				r.Errorf("stays behind: %+v", m)
			}
		}
		if left.Name+left.Email+left.Subject != "" {
			r.Errorf("stays behind: %+v", left)
		}
		if _, _, err := r.svc.Ticket(r.Context(), tenant.House, one.ID, false); !errors.Is(err, store.ErrNotFound) {
			r.Errorf("what only leads on is shown: %v", err)
		}
		// The stranger answers our answer, and asks again with the number.
		r.comes(letter("ありがとう。", "From: goro@home.example", "Subject: Re: x", "Message-ID: <s2@home.example>", fmt.Sprintf("In-Reply-To: <%s.3@centre.example>", one.ID)))
		r.comes(letter("もう一つ。", "From: goro@home.example", "Subject: Re: [相談 "+one.Number+"] x", "Message-ID: <s3@home.example>"))
		r.comes(letter("最初の続き。", "From: goro@home.example", "Subject: y", "Message-ID: <s4@home.example>", "In-Reply-To: <s1@home.example>"))
		if _, all := r.thread(moved[0]); len(all) != 6 || len(r.tickets(tenant.House)) != 0 {
			r.Errorf("%d messages, %d new tickets", len(all), len(r.tickets(tenant.House)))
		}
		// Nothing is said into what only leads on.
		if err := r.svc.Answer(r.Context(), tenant.House, one.ID, r.staff, "x", false); !errors.Is(err, desk.ErrMoved) {
			r.Errorf("%v", err)
		}
		// Back only with a reason, and not further.
		if err := r.svc.Move(r.Context(), r.own, one.ID, r.staff, tenant.House, " "); !errors.Is(err, desk.ErrEmpty) {
			r.Errorf("without a reason: %v", err)
		}
		if err := r.svc.Move(r.Context(), r.own, one.ID, r.staff, r.decoy, "x"); !errors.Is(err, desk.ErrState) {
			r.Errorf("from company to company: %v", err)
		}
		must(r.T, r.svc.Move(r.Context(), r.own, one.ID, r.staff, tenant.House, "別の佐藤さんでした"))
		if back := r.tickets(tenant.House); len(back) != 1 || len(r.tickets(r.own)) != 0 {
			r.Fatalf("%+v", back)
		}
		log, err := r.tenants.AuditLog(r.Context(), r.own, 1000)
		must(r.T, err)
		if !slices.ContainsFunc(log, func(e tenant.Entry) bool {
			return e.Action == "desk.move_out" && e.Why == "別の佐藤さんでした"
		}) {
			r.Errorf("%+v", log)
		}
		// And there again, to the right one.
		must(r.T, r.svc.Move(r.Context(), tenant.House, one.ID, r.staff, r.decoy, ""))
		if all := r.tickets(r.decoy); len(all) != 1 || all[0].Number != one.Number {
			r.Errorf("%+v", all)
		}
		if now, err := r.svc.ByNumber(r.Context(), one.Number); err != nil || now.TenantID != r.decoy {
			r.Errorf("%+v, %v", now, err)
		}
		// What a company said itself does not leave it.
		own := r.ask("自社の相談")
		if err := r.svc.Move(r.Context(), r.own, own.ID, r.staff, tenant.House, "x"); !errors.Is(err, desk.ErrState) {
			r.Errorf("%v", err)
		}
	})
}

// Whoever dies at any point of a move goes on where it was: nothing is lost and nothing is there twice. A statement that fails stands
// for the death: its transaction is gone, those before it stay.
func TestAMoveSurvivesAnyDeath(t *testing.T) {
	suite(t, func(r *room) {
		one := r.stranger()
		late := letter("途中の続き。", "From: goro@home.example", "Subject: Re: [相談 "+one.Number+"] x", "Message-ID: <late@home.example>", "In-Reply-To: <s1@home.example>")
		// After the first step: the mark and the job are there, nothing is copied.
		broken := *r.svc
		broken.People = missing{r.tenants}
		must(r.T, broken.Move(r.Context(), tenant.House, one.ID, r.staff, r.own, ""))
		if len(r.tickets(r.own)) != 0 || len(r.tickets(tenant.House)) != 1 {
			r.Fatal("it is not seen where it still is")
		}
		// A mail that comes now waits.
		must(r.T, r.svc.Take(r.Context(), late, false))
		if failed := r.work(); len(failed) == 0 {
			r.Fatal("a mail went into a ticket that is on its way")
		}
		args := json.RawMessage(r.job(tenant.House, desk.KindMove))
		// After the second: it is there twice for a moment, and the job comes again and again.
		ctx, die := context.WithCancel(r.Context())
		broken.People, broken.Clock = r.tenants, &last{Clock: r.clock, left: 1, die: die}
		if err := broken.HandleMove(ctx, tenant.House, args); err == nil {
			r.Fatal("it did not die")
		}
		if len(r.tickets(r.own)) != 1 || len(r.tickets(tenant.House)) != 1 {
			r.Errorf("%d there, %d here", len(r.tickets(r.own)), len(r.tickets(tenant.House)))
		}
		must(r.T, r.svc.HandleMove(r.Context(), tenant.House, args))
		must(r.T, r.svc.HandleMove(r.Context(), tenant.House, args))
		moved := r.tickets(r.own)
		if len(moved) != 1 || len(r.tickets(tenant.House)) != 0 {
			r.Fatalf("%d there, %d here", len(moved), len(r.tickets(tenant.House)))
		}
		r.whole(moved[0])
		if failed := r.work(); len(failed) > 0 {
			r.Fatal(failed)
		}
		if _, all := r.thread(moved[0]); len(all) != 4 {
			r.Errorf("%d messages", len(all))
		}
		// A move that was undone in the meantime is not done again by a job that comes late.
		must(r.T, r.svc.Move(r.Context(), r.own, one.ID, r.staff, tenant.House, "まちがい"))
		must(r.T, r.svc.HandleMove(r.Context(), tenant.House, args))
		if len(r.tickets(tenant.House)) != 1 || len(r.tickets(r.own)) != 0 {
			r.Error("a late job moved it again")
		}
	})
}

// missing are the people of a centre that dies when it looks for those of a company.
type missing struct{ *tenant.Service }

func (missing) People(context.Context, string) ([]tenant.Person, error) {
	return nil, errors.New("the process died")
}

// last is a clock at whose last look the process dies.
type last struct {
	clock.Clock
	left int
	die  func()
}

func (l *last) Now() time.Time {
	if l.left--; l.left < 0 {
		l.die()
	}
	return l.Clock.Now()
}

// job is what waits of a kind.
func (r *room) job(owner, kind string) (args string) {
	r.Helper()
	must(r.T, r.s.Read(r.Context(), owner, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT args FROM job WHERE owner = $1 AND kind = $2 AND state = 'waiting'`, kind).Scan(&args)
	}))
	return args
}
