package passkey

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/throttle"
)

// BeginAdd gives the options for a new passkey of who is logged in, as JSON, after the secret of [tenant.Service.Sure]:
// who has them has shown that. [ErrMany] when there are enough.
func (f *Face) BeginAdd(ctx context.Context, x tenant.Session, secret string) ([]byte, error) {
	keys, err := f.List(ctx, x)
	if err != nil {
		return nil, err
	}
	if len(keys) >= MaxEach {
		return nil, ErrMany
	}
	if err := f.cfg.Tenants.Sure(ctx, x, secret); err != nil {
		return nil, err
	}
	p, err := f.cfg.Tenants.PersonByID(ctx, x.TenantID, x.PersonID)
	if err != nil {
		return nil, err
	}
	challenge, err := f.challenge(ctx, toAdd, f.bound(x.ID))
	if err != nil {
		return nil, err
	}
	return f.creation(&person{Person: p, keys: keys}, challenge)
}

// Add keeps the passkey that a browser made by the options of [Face.BeginAdd], under a name. [ErrStale], [ErrAnswer],
// [ErrKnown], [ErrMany] or [ErrName].
func (f *Face) Add(ctx context.Context, x tenant.Session, name, answer string) error {
	name, err := clean(name)
	if err != nil {
		return err
	}
	c, err := readCreation(answer)
	if err != nil {
		return err
	}
	challenge := sent(c.Response.CollectedClientData)
	expires, err := f.check(ctx, toAdd, f.bound(x.ID), challenge)
	if err != nil {
		return err
	}
	k, err := f.made(x.PersonID, c)
	if err != nil {
		return err
	}
	k.PersonID, k.Name, k.Host, k.Created = x.PersonID, name, f.host, f.cfg.Clock.Now()
	err = f.cfg.Store.Write(ctx, x.TenantID, func(tx *store.Tx) error {
		if err := f.spend(tx, challenge, expires); err != nil {
			return err
		}
		if all, err := selectKeys(tx, x.PersonID); err != nil || len(all) >= MaxEach {
			return errors.Join(err, ErrMany)
		}
		if err := insertKey(tx, &k); err != nil {
			return err
		}
		return f.changed(tx, x.PersonID, "person.passkey_on")
	})
	if errors.Is(err, store.ErrTaken) {
		return ErrKnown
	}
	return err
}

// LoginOptions gives the options for a login by whatever passkey a browser has, as JSON. browser is a random value that
// only this browser knows, by a cookie.
func (f *Face) LoginOptions(ctx context.Context, browser string) ([]byte, error) {
	challenge, err := f.challenge(ctx, toLogin, f.bound(browser))
	if err != nil {
		return nil, err
	}
	return f.request(nil, challenge)
}

// Login begins a whole session by the answer to [Face.LoginOptions]. [ErrStale], [tenant.ErrTooMany], or
// [tenant.ErrLogin] for everything else that is wrong: unknown passkeys take the same way as known ones.
func (f *Face) Login(ctx context.Context, browser, answer string, from tenant.From) (x tenant.Session, token string, err error) {
	address := throttle.Address(from.Addr)
	if _, ok := f.byAddress.Take(address); !ok {
		f.cfg.Log.Warn("too many logins by passkey", "address", address)
		return x, "", tenant.ErrTooMany
	}
	a, err := readAssertion(answer)
	if err != nil {
		return x, "", f.refuse(ctx, tenant.Person{}, address, err)
	}
	challenge := sent(a.Response.CollectedClientData)
	expires, err := f.check(ctx, toLogin, f.bound(browser), challenge)
	if err != nil {
		return x, "", err
	}
	id := hashed(a.RawID)
	if _, ok := f.byAnswer.Take(id); !ok {
		return x, "", tenant.ErrTooMany
	}
	owner, k, err := f.find(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return x, "", f.refuse(ctx, tenant.Person{}, address, err)
	}
	if err != nil {
		return x, "", err
	}
	p := tenant.Person{TenantID: owner, ID: k.PersonID}
	if len(a.Response.UserHandle) == 0 { // 7.2 step 6: nobody was named before
		return x, "", f.refuse(ctx, p, address, ErrAnswer)
	}
	count, back, err := f.proved(&k, a)
	if err == nil && back {
		return x, "", errors.Join(f.copied(ctx, p), f.refuse(ctx, p, address, errors.New("passkey: sign counter went back")))
	}
	if err != nil {
		return x, "", f.refuse(ctx, p, address, err)
	}
	x, token, err = f.enter(ctx, p, &k, count, "", from, func(tx *store.Tx) error { return f.spend(tx, challenge, expires) })
	if errors.Is(err, tenant.ErrLogin) {
		return x, "", f.refuse(ctx, p, address, err)
	}
	return x, token, err
}

// find is a passkey of this site by the hash of its id, and whose it is; [store.ErrNotFound] also for one of elsewhere.
func (f *Face) find(ctx context.Context, id string) (owner string, k Key, err error) {
	owner, err = f.cfg.Store.Owner(ctx, keyOf, id)
	if errors.Is(err, store.ErrNotFound) {
		owner = tenant.House // reads a little all the same, so as to take as long
	} else if err != nil {
		return "", k, err
	}
	err = f.cfg.Store.Read(ctx, owner, func(tx *store.Tx) (err error) {
		k, err = selectKey(tx, id)
		return err
	})
	if err == nil && (k.Host != f.host || (owner == tenant.House) != f.staff) {
		err = store.ErrNotFound
	}
	return owner, k, err
}

// enter uses a passkey whose proof holds. [tenant.ErrLogin] when it was removed or used meanwhile, or its person left.
func (f *Face) enter(ctx context.Context, p tenant.Person, k *Key, count uint32, pending string, from tenant.From, spend func(tx *store.Tx) error) (x tenant.Session, token string, err error) {
	now := f.cfg.Clock.Now()
	err = f.cfg.Store.Write(ctx, p.TenantID, func(tx *store.Tx) error {
		if err := spend(tx); err != nil {
			return err
		}
		ok, err := useKey(tx, k.ID, count, now)
		if err != nil {
			return err
		}
		if !ok {
			return tenant.ErrLogin
		}
		if x, token, err = f.cfg.Tenants.Enter(tx, p.ID, pending, from); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: p.ID, Action: "login.passkey", Object: p.ID})
	})
	if err == nil {
		f.byAnswer.Forgive(k.ID)
		f.byAnswer.Forgive(p.ID)
	}
	return x, token, err
}

// SecondOptions gives the options for the second factor of a [tenant.Session.Pending] session, as JSON;
// [store.ErrNotFound] when the person has no passkey here.
func (f *Face) SecondOptions(ctx context.Context, x tenant.Session) ([]byte, error) {
	keys, err := f.List(ctx, x)
	if err != nil {
		return nil, err
	}
	here := keys[:0]
	for _, k := range keys {
		if k.Host == f.host {
			here = append(here, k)
		}
	}
	if len(here) == 0 {
		return nil, store.ErrNotFound
	}
	challenge, err := f.challenge(ctx, toSecond, f.bound(x.ID))
	if err != nil {
		return nil, err
	}
	return f.request(here, challenge)
}

// Second takes the answer to [Face.SecondOptions] in place of a code, and gives the whole session with a new token.
// [tenant.ErrNoSession], [tenant.ErrTooMany], [ErrStale] or [ErrAnswer].
func (f *Face) Second(ctx context.Context, token, answer string, from tenant.From) (x tenant.Session, fresh string, err error) {
	x, err = f.cfg.Tenants.SessionByToken(ctx, token)
	if err == nil && (!x.Pending || x.Staff != f.staff) {
		err = tenant.ErrNoSession
	}
	if err != nil {
		return x, "", err
	}
	if _, ok := f.byAnswer.Take(x.PersonID); !ok {
		return x, "", tenant.ErrTooMany
	}
	p, address := tenant.Person{TenantID: x.TenantID, ID: x.PersonID}, throttle.Address(from.Addr)
	refuse := func(why error) error {
		return errors.Join(ErrAnswer, why, f.cfg.Tenants.Audit(ctx, p.TenantID, p.ID, "login.refused", address, ""))
	}
	a, err := readAssertion(answer)
	if err != nil {
		return x, "", refuse(err)
	}
	challenge := sent(a.Response.CollectedClientData)
	expires, err := f.check(ctx, toSecond, f.bound(x.ID), challenge)
	if err != nil {
		return x, "", err
	}
	owner, k, err := f.find(ctx, hashed(a.RawID))
	if errors.Is(err, store.ErrNotFound) || err == nil && (owner != x.TenantID || k.PersonID != x.PersonID) {
		return x, "", refuse(nil)
	}
	if err != nil {
		return x, "", err
	}
	count, back, err := f.proved(&k, a)
	if err == nil && back {
		return x, "", errors.Join(refuse(nil), f.copied(ctx, p))
	}
	if err != nil {
		return x, "", refuse(err)
	}
	full, fresh, err := f.enter(ctx, p, &k, count, x.ID, from, func(tx *store.Tx) error { return f.spend(tx, challenge, expires) })
	if errors.Is(err, tenant.ErrLogin) {
		return x, "", refuse(nil)
	}
	return full, fresh, err
}

// bound ties a challenge to this site too: two may be on one host.
func (f *Face) bound(to string) string {
	if f.staff {
		return "staff " + f.host + " " + to
	}
	return f.host + " " + to
}

// sent is the challenge that a browser sends back; what is none is nobody's.
func sent(c protocol.CollectedClientData) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(c.Challenge)
	if err != nil {
		return nil
	}
	return raw
}

// refuse writes a failed login down; the answer is always [tenant.ErrLogin], why is for the operator's log.
func (f *Face) refuse(ctx context.Context, p tenant.Person, address string, why error) error {
	f.cfg.Log.Info("login by passkey refused", "address", address, "why", brief(why))
	return f.cfg.Tenants.Refused(ctx, p, address)
}

// maxWhy bounds a line of the log: parts of it are what a stranger sent.
const maxWhy = 300

func brief(why error) string {
	text := why.Error()
	if len(text) > maxWhy {
		text = text[:maxWhy] + "…"
	}
	return text
}

// copied tells somebody that a copy of one of their passkeys was tried.
func (s *Service) copied(ctx context.Context, p tenant.Person) error {
	return s.cfg.Store.Write(ctx, p.TenantID, func(tx *store.Tx) error { return s.changed(tx, p.ID, "person.passkey_copied") })
}

// changed writes down what became of a person's passkeys, and tells that person.
func (s *Service) changed(tx *store.Tx, personID, action string) error {
	return errors.Join(tenant.Audit(tx, s.cfg.Clock.Now(), tenant.Entry{Who: personID, Action: action, Object: personID}),
		job.Enqueue(tx, job.Job{Kind: tenant.KindTell, Args: tenant.TellArgs{What: tenant.TellChanged, Note: action, Person: personID}}))
}
