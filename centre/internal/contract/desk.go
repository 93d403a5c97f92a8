package contract

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// Paper takes the signed form as its applicant sends it; a later one takes the place of one before.
func (s *Service) Paper(ctx context.Context, token string, u *attach.Upload) error {
	return s.byToken(ctx, token, func(tx *store.Tx, a *Application) error {
		if a.State != Papers && a.State != Review {
			return ErrState
		}
		if a.Paper != "" {
			if err := attach.Drop(tx, a.Paper); err != nil {
				return err
			}
		}
		if err := attach.Put(tx, u, Applicant, s.Clock.Now()); err != nil {
			return err
		}
		a.Paper = u.ID
		if a.State == Review {
			return updateApplication(tx, a)
		}
		return errors.Join(s.move(tx, a, Review, Applicant, ""), tell(tx, TellArgs{ID: a.ID, State: Review}), tell(tx, TellArgs{ID: a.ID, State: Review, Staff: true}))
	})
}

// Withdraw ends an application as its applicant wants it.
func (s *Service) Withdraw(ctx context.Context, token string) error {
	return s.byToken(ctx, token, func(tx *store.Tx, a *Application) error {
		sent := a.State != Entered
		if err := s.move(tx, a, Withdrawn, Applicant, ""); err != nil || !sent {
			return err
		}
		return tell(tx, TellArgs{ID: a.ID, State: Withdrawn})
	})
}

// Applications lists those in a state, the one that waits longest first; all but withdrawn and finished ones for "".
func (s *Service) Applications(ctx context.Context, state State) (all []Application, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		all, err = selectApplications(tx, state)
		return err
	})
	return all, err
}

// Application is one, with its steps, and others that may be of the same company.
func (s *Service) Application(ctx context.Context, id string) (a Application, steps []Step, alike []Application, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		if a, err = selectApplication(tx, id); err != nil {
			return err
		}
		if steps, err = selectSteps(tx, id); err != nil {
			return err
		}
		alike, err = selectAlike(tx, &a)
		return err
	})
	return a, steps, alike, err
}

// ByNumber finds one by the number on its paper.
func (s *Service) ByNumber(ctx context.Context, number string) (id string, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		id, err = selectNumber(tx, number)
		return err
	})
	return id, err
}

// File is the signed form of an application.
func (s *Service) File(ctx context.Context, id string) (f attach.File, data []byte, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		a, err := selectApplication(tx, id)
		if err != nil {
			return err
		}
		f, data, err = attach.Get(tx, a.Paper)
		return err
	})
	return f, data, err
}

// byID runs fn for an application.
func (s *Service) byID(ctx context.Context, id string, fn func(tx *store.Tx, a *Application) error) error {
	return s.house(ctx, func(tx *store.Tx) error {
		a, err := selectApplication(tx, id)
		if err != nil {
			return err
		}
		return fn(tx, &a)
	})
}

// Tick says that the signed form came on paper.
func (s *Service) Tick(ctx context.Context, id, who string) error {
	return s.byID(ctx, id, func(tx *store.Tx, a *Application) error {
		return errors.Join(s.move(tx, a, Review, who, ""), tell(tx, TellArgs{ID: a.ID, State: Review}))
	})
}

// SendBack asks for the form once more: the seal is missing, a page cannot be read. The applicant reads why.
func (s *Service) SendBack(ctx context.Context, id, who, why string) error {
	why, err := entry.Line(why, maxWhy)
	if err != nil {
		return err
	}
	return s.byID(ctx, id, func(tx *store.Tx, a *Application) error {
		return errors.Join(s.move(tx, a, Papers, who, why), tell(tx, TellArgs{ID: a.ID, State: Papers, Note: NoteBack, Why: why}))
	})
}

// Refuse ends an application; the applicant reads why.
func (s *Service) Refuse(ctx context.Context, id, who, why string) error {
	why, err := entry.Line(why, maxWhy)
	if err != nil {
		return err
	}
	return s.byID(ctx, id, func(tx *store.Tx, a *Application) error {
		return errors.Join(s.move(tx, a, Withdrawn, who, why), tell(tx, TellArgs{ID: a.ID, State: Withdrawn, Why: why}))
	})
}

// Accepted is what the desk found.
type Accepted struct {
	Member bool   // of a chamber, as was looked up
	Proof  string // how that is known; needed for a member
}

type foundArgs struct {
	ID  string `json:"id"`
	Who string `json:"who"`
	Accepted
}

// Accept makes a contract of an application that was looked at. The company and the owner's invitation follow within seconds.
func (s *Service) Accept(ctx context.Context, id, who string, x Accepted) (err error) {
	if x.Proof, err = entry.Line(x.Proof, maxWhy); err != nil && (x.Member || !errors.Is(err, entry.ErrEmpty)) {
		return err
	}
	return s.byID(ctx, id, func(tx *store.Tx, a *Application) error {
		// Its id is decided here, so that founding it again makes no second one.
		a.CompanyID = strings.ToLower(rand.Text())
		if err := s.move(tx, a, Founding, who, ""); err != nil {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindFound, Args: foundArgs{ID: id, Who: who, Accepted: x}, Unique: id})
	})
}

// HandleFound makes the company of an application, its owner's invitation and its contract, each unless it is there
// already.
func (s *Service) HandleFound(ctx context.Context, _ string, raw json.RawMessage) error {
	var args foundArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: contract: %w", job.ErrGiveUp, err)
	}
	a, _, _, err := s.Application(ctx, args.ID)
	if err != nil || a.State != Founding {
		return err
	}
	f := &a.Form
	_, err = s.Companies.CompanyByID(ctx, a.CompanyID)
	if errors.Is(err, store.ErrNotFound) {
		var size int
		if _, err := fmt.Sscan(f.PCs, &size); err != nil {
			return fmt.Errorf("%w: contract: %w", job.ErrGiveUp, err)
		}
		_, err = s.Companies.CreateCompany(ctx, args.Who, tenant.Company{ID: a.CompanyID, Name: f.Company, NameKana: f.Kana, Industry: f.Industry, Region: entry.Prefecture(f.Address),
			Size: size, Lang: tenant.Lang(ja.Lang(f.Lang)), Passphrase: f.Passphrase})
	}
	if err != nil {
		return fmt.Errorf("contract: company: %w", err)
	}
	if err := s.inviteOwner(ctx, &a, args.Who); err != nil {
		return err
	}
	if err := s.found(ctx, &a, args); err != nil {
		return err
	}
	return s.byID(ctx, a.ID, func(tx *store.Tx, a *Application) error {
		if a.State != Founding {
			return nil
		}
		return s.move(tx, a, Contracted, args.Who, "")
	})
}

// inviteOwner asks in who applied, unless somebody is there or asked already.
func (s *Service) inviteOwner(ctx context.Context, a *Application, who string) error {
	people, err := s.Companies.People(ctx, a.CompanyID)
	if err != nil {
		return fmt.Errorf("contract: people: %w", err)
	}
	invites, err := s.Companies.Invites(ctx, a.CompanyID)
	if err != nil {
		return fmt.Errorf("contract: invitations: %w", err)
	}
	if len(people)+len(invites) > 0 {
		return nil
	}
	_, err = s.Companies.Invite(ctx, who, tenant.Person{TenantID: a.CompanyID, Name: a.Form.Contact, Email: a.Form.Email, Role: tenant.RoleOwner, Mails: true, Lang: tenant.Lang(ja.Lang(a.Form.Lang))})
	if err != nil {
		return fmt.Errorf("contract: invitation: %w", err)
	}
	return nil
}

// found writes the contract of a company, with the price that counts for it.
func (s *Service) found(ctx context.Context, a *Application, args foundArgs) error {
	now := s.Clock.Now()
	c := Contract{ID: a.ID, Application: a.ID, Number: a.Number, State: Contracted, Offer: a.Offer, Form: a.Form, Visit: a.Form.Visit, Signed: now, Moved: now}
	return s.Store.Write(ctx, a.CompanyID, func(tx *store.Tx) error {
		if _, err := selectContract(tx, c.ID); !errors.Is(err, store.ErrNotFound) {
			return err // it is there already
		}
		return errors.Join(insertContract(tx, &c), step(tx, c.ID, Step{At: now, State: Contracted, Who: args.Who}),
			putMember(tx, &Member{Month: now.In(ja.Zone).Format("2006-01"), Member: args.Member, Proof: args.Proof, Who: args.Who, At: now}),
			tenant.Audit(tx, now, tenant.Entry{Who: args.Who, Action: "contract.contracted", Object: c.ID, Why: args.Proof}),
			watch(tx, c.ID, now), tell(tx, TellArgs{ID: c.ID, State: Contracted}))
	})
}

// HandleRemind asks for a signed form once more, and lets an application go at last.
func (s *Service) HandleRemind(ctx context.Context, _ string, raw json.RawMessage) error {
	var args TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: contract: %w", job.ErrGiveUp, err)
	}
	err := s.byID(ctx, args.ID, func(tx *store.Tx, a *Application) error {
		switch {
		case a.State != Papers:
			return nil
		case s.Clock.Now().Sub(a.Moved) >= paperLife:
			return errors.Join(s.move(tx, a, Withdrawn, system, ""), tell(tx, TellArgs{ID: a.ID, State: Withdrawn, Note: NoteRemind}))
		}
		return tell(tx, TellArgs{ID: a.ID, State: Papers, Note: NoteRemind})
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// forget deletes what was never sent, and what nothing came of.
func forget(tx *store.Tx, now time.Time) error {
	return errors.Join(forgetState(tx, Entered, now.Add(-DraftLife)), forgetState(tx, Withdrawn, now.Add(-withdrawnLife)))
}
