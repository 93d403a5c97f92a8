package tenant_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/totp"
)

const other = "another password 88"

func (o *office) alive(token string, want bool) {
	o.Helper()
	if _, err := o.svc.SessionByToken(o.Context(), token); (err == nil) != want || err != nil && !errors.Is(err, tenant.ErrNoSession) {
		o.Errorf("session: %v, want alive %v", err, want)
	}
}

func (o *office) is(err, want error) {
	o.Helper()
	if !errors.Is(err, want) {
		o.Errorf("%v, want %v", err, want)
	}
}

func (o *office) actions() (all []string) {
	o.Helper()
	entries, err := o.svc.AuditLog(o.Context(), o.own, 100)
	must(o.T, err)
	for _, e := range entries {
		all = append(all, e.Action)
	}
	return all
}

// invite and the token of its mail.
func (o *office) invite(email string, role tenant.Role) (id, token string) {
	o.Helper()
	id, err := o.svc.Invite(o.Context(), o.owner, tenant.Person{TenantID: o.own, Email: email, Name: "桜田 次郎", Role: role, Mails: true})
	must(o.T, err)
	i, err := o.svc.InviteByID(o.Context(), o.own, id)
	must(o.T, err)
	token, err = o.svc.NewLoginLink(o.Context(), o.own, tenant.TellInvite, id, i.Expires)
	must(o.T, err)
	return id, token
}

func TestInvitation(t *testing.T) {
	suite(t, func(o *office) {
		_, token := o.invite("jiro@sakura.example", tenant.RoleMember)
		if people, err := o.svc.People(o.Context(), o.own); err != nil || len(people) != 1 {
			o.Errorf("somebody who was only invited counts already: %v %v", people, err)
		}
		for range 3 { // a scanner opens the link
			_, err := o.svc.InviteByToken(o.Context(), token)
			must(o.T, err)
		}
		_, err := o.svc.Join(o.Context(), token, "桜田 次郎", "short")
		o.is(err, tenant.ErrInvalid)
		p, err := o.svc.Join(o.Context(), token, "桜田 次郎（営業）", other)
		must(o.T, err)
		x, _, err := o.svc.Login(o.Context(), "jiro@sakura.example", other, tenant.From{Addr: "192.0.2.7:1"})
		if err != nil || x.PersonID != p.ID || x.Role != tenant.RoleMember || x.TenantID != o.own || x.Name != "桜田 次郎（営業）" {
			o.Errorf("after joining: %+v %v", x, err)
		}
		_, err = o.svc.Join(o.Context(), token, "x", other)
		o.is(err, store.ErrNotFound)

		_, err = o.svc.Invite(o.Context(), o.owner, tenant.Person{TenantID: o.own, Email: "JIRO@sakura.example", Name: "x", Role: tenant.RoleMember})
		o.is(err, tenant.ErrEmailTaken)
		_, err = o.svc.Invite(o.Context(), o.owner, tenant.Person{TenantID: o.own, Email: "k@sakura.example", Name: "x", Role: tenant.RoleOperator})
		o.is(err, tenant.ErrInvalid)

		id, token := o.invite("k@sakura.example", tenant.RoleReadonly)
		_, err = o.svc.Invite(o.Context(), o.owner, tenant.Person{TenantID: o.own, Email: "K@sakura.example", Name: "x", Role: tenant.RoleMember})
		o.is(err, tenant.ErrInvited)
		o.is(o.svc.Withdraw(o.Context(), o.stranger, o.decoy, id), store.ErrNotFound)
		must(o.T, o.svc.Withdraw(o.Context(), o.owner, o.own, id))
		_, err = o.svc.Join(o.Context(), token, "x", other)
		o.is(err, store.ErrNotFound)

		_, token = o.invite("late@sakura.example", tenant.RoleReadonly)
		o.clock.Advance(tenant.InviteLife)
		_, err = o.svc.Join(o.Context(), token, "x", other)
		o.is(err, tenant.ErrLinkExpired)
		if all, err := o.svc.Invites(o.Context(), o.own); err != nil || len(all) != 0 {
			o.Errorf("expired invitations wait: %v %v", all, err)
		}
		// The address of another company's person: only who reads its mails learns that.
		_, token = o.invite("owner@decoy.example", tenant.RoleReadonly)
		_, err = o.svc.Join(o.Context(), token, "x", other)
		o.is(err, tenant.ErrEmailTaken)
		// A token of one kind is none of another.
		_, err = o.svc.RecoveryByToken(o.Context(), token, tenant.TellRecovery)
		o.is(err, store.ErrNotFound)
	})
}

func TestInvitationsAreBounded(t *testing.T) {
	suite(t, func(o *office) {
		var err error
		n := 0
		for ; err == nil && n < 100; n++ {
			_, err = o.svc.Invite(o.Context(), o.owner, tenant.Person{TenantID: o.own, Email: strings.Repeat("a", n+1) + "@x.example", Name: "x", Role: tenant.RoleMember})
		}
		o.is(err, tenant.ErrTooManyInvites)
	})
}

func TestSomebodyWhoLeftIsOutAtOnce(t *testing.T) {
	suite(t, func(o *office) {
		_, link := o.invite("jiro@sakura.example", tenant.RoleMember)
		p, err := o.svc.Join(o.Context(), link, "桜田 次郎", other)
		must(o.T, err)
		_, token, err := o.svc.Login(o.Context(), "jiro@sakura.example", other, tenant.From{})
		must(o.T, err)
		var button string
		must(o.T, o.s.Write(o.Context(), o.own, func(tx *store.Tx) (err error) {
			button, err = o.svc.NewActionLink(tx, o.own, "1-1", p.ID)
			return err
		}))
		o.is(o.svc.RemovePerson(o.Context(), o.stranger, o.decoy, p.ID), store.ErrNotFound)
		must(o.T, o.svc.RemovePerson(o.Context(), o.owner, o.own, p.ID))
		o.alive(token, false)
		_, _, err = o.svc.Login(o.Context(), "jiro@sakura.example", other, tenant.From{})
		o.is(err, tenant.ErrLogin)
		_, err = o.svc.ActionLink(o.Context(), button)
		o.is(err, store.ErrNotFound)
		o.is(o.svc.SetPassword(o.Context(), "x", o.own, p.ID, other), store.ErrNotFound)
		o.is(o.svc.RemovePerson(o.Context(), o.owner, o.own, p.ID), store.ErrNotFound)
		if names, err := o.svc.NamesOf(o.Context(), o.own); err != nil || names[p.ID].Name != "桜田 次郎" {
			o.Errorf("the record lost the name: %v %v", names, err)
		}
		o.invite("jiro@sakura.example", tenant.RoleMember) // and may come back
	})
}

func TestACompanyKeepsAnOwner(t *testing.T) {
	suite(t, func(o *office) {
		o.is(o.svc.RemovePerson(o.Context(), o.owner, o.own, o.owner), tenant.ErrLast)
		o.is(o.svc.ChangePerson(o.Context(), o.owner, o.own, o.owner, tenant.RoleMember, true), tenant.ErrLast)
		o.is(o.svc.ChangePerson(o.Context(), o.owner, o.own, o.owner, tenant.RoleDesk, true), tenant.ErrInvalid)
		_, link := o.invite("jiro@sakura.example", tenant.RoleOwner)
		p, err := o.svc.Join(o.Context(), link, "桜田 次郎", other)
		must(o.T, err)
		// Two owners remove each other at the same time.
		done := make(chan error, 2)
		go func() { done <- o.svc.RemovePerson(o.Context(), o.owner, o.own, p.ID) }()
		go func() { done <- o.svc.RemovePerson(o.Context(), p.ID, o.own, o.owner) }()
		a, b := <-done, <-done
		if (a == nil) == (b == nil) {
			o.Errorf("both or neither: %v, %v", a, b)
		}
		if people, err := o.svc.People(o.Context(), o.own); err != nil || len(people) != 1 {
			o.Errorf("%v %v", people, err)
		}
	})
}

// code of the person's authenticator now.
func (o *office) code(secret []byte) string { return totp.Code(secret, totp.Step(o.clock.Now())) }

// enrol gives a session's person a second factor.
func (o *office) enrol(x tenant.Session) (secret []byte, codes []string) {
	o.Helper()
	must(o.T, o.svc.BeginFactor(o.Context(), x, password))
	secret, err := o.svc.FactorSecret(o.Context(), x)
	must(o.T, err)
	codes, err = o.svc.ConfirmFactor(o.Context(), x, o.code(secret))
	must(o.T, err)
	return secret, codes
}

func TestSecondFactor(t *testing.T) {
	suite(t, func(o *office) {
		x, first := o.login("owner@sakura.example")
		_, elsewhere := o.login("owner@sakura.example")
		o.is(o.svc.BeginFactor(o.Context(), x, "wrong password"), tenant.ErrPassword)
		must(o.T, o.svc.BeginFactor(o.Context(), x, password))
		_, err := o.svc.ConfirmFactor(o.Context(), x, "000000")
		o.is(err, tenant.ErrCode)
		if x, _ := o.login("owner@sakura.example"); x.Pending {
			o.Error("a factor that was not confirmed is asked for")
		}
		secret, codes := o.enrol(x)
		o.alive(first, true)
		o.alive(elsewhere, false)
		_, err = o.svc.FactorSecret(o.Context(), x)
		o.is(err, store.ErrNotFound)
		used := o.code(secret)

		half, token := o.login("owner@sakura.example")
		if !half.Pending || half.Expires.Sub(o.clock.Now()) > 10*time.Minute {
			o.Errorf("half a session: %+v", half)
		}
		_, _, err = o.svc.Second(o.Context(), token, used, tenant.From{})
		o.is(err, tenant.ErrCode) // it was used to confirm
		o.clock.Advance(30 * time.Second)
		whole, fresh, err := o.svc.Second(o.Context(), token, o.code(secret), tenant.From{Agent: "Mozilla/5.0"})
		must(o.T, err)
		if whole.Pending || fresh == token || whole.Role != tenant.RoleOwner || whole.Agent != "Mozilla/5.0" || whole.CSRF == "" {
			o.Errorf("whole session: %+v", whole)
		}
		o.alive(token, false)
		o.alive(fresh, true)
		_, _, err = o.svc.Second(o.Context(), fresh, o.code(secret), tenant.From{})
		o.is(err, tenant.ErrNoSession)
		_, token = o.login("owner@sakura.example")
		_, _, err = o.svc.Second(o.Context(), token, o.code(secret), tenant.From{})
		o.is(err, tenant.ErrCode) // the same again

		if len(codes) != tenant.RecoveryCodes || len(slices.Compact(slices.Sorted(slices.Values(codes)))) != len(codes) {
			o.Errorf("codes %v", codes)
		}
		_, fresh, err = o.svc.Second(o.Context(), token, strings.ToLower(codes[3]), tenant.From{})
		must(o.T, err)
		o.alive(fresh, true)
		_, token = o.login("owner@sakura.example")
		_, _, err = o.svc.Second(o.Context(), token, codes[3], tenant.From{})
		o.is(err, tenant.ErrCode)
		if n, err := o.svc.CodesLeft(o.Context(), x); err != nil || n != 9 {
			o.Errorf("%d codes left, %v", n, err)
		}
		if !slices.Contains(o.actions(), "login.recovery_code") {
			o.Errorf("actions %v", o.actions())
		}
		o.clock.Advance(time.Hour)
		o.is(o.svc.RemoveFactor(o.Context(), x, "000000"), tenant.ErrCode)
		fresh2, err := o.svc.NewCodes(o.Context(), x, o.code(secret))
		must(o.T, err)
		o.clock.Advance(30 * time.Second)
		must(o.T, o.svc.RemoveFactor(o.Context(), x, fresh2[0]))
		if x, _ := o.login("owner@sakura.example"); x.Pending {
			o.Error("a factor that was taken off is asked for")
		}
	})
}

func TestCodesCannotBeGuessed(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("owner@sakura.example")
		secret, _ := o.enrol(x)
		o.clock.Advance(time.Hour)
		var err error
		tries := 0
		for ; tries < 50 && !errors.Is(err, tenant.ErrTooMany); tries++ {
			_, token := o.login("owner@sakura.example") // a new half session does not help
			_, _, err = o.svc.Second(o.Context(), token, "000000", tenant.From{})
		}
		if tries > 6 {
			o.Errorf("%d tries", tries)
		}
		_, token := o.login("owner@sakura.example")
		_, _, err = o.svc.Second(o.Context(), token, o.code(secret), tenant.From{})
		o.is(err, tenant.ErrTooMany)
		o.clock.Advance(5 * time.Minute)
		_, _, err = o.svc.Second(o.Context(), token, o.code(secret), tenant.From{})
		must(o.T, err)
	})
}

func TestHalfASessionEnds(t *testing.T) {
	suite(t, func(o *office) {
		x, _ := o.login("owner@sakura.example")
		secret, _ := o.enrol(x)
		_, token := o.login("owner@sakura.example")
		o.clock.Advance(10 * time.Minute)
		_, _, err := o.svc.Second(o.Context(), token, o.code(secret), tenant.From{})
		o.is(err, tenant.ErrNoSession)
		if all, err := o.svc.Sessions(o.Context(), o.own, o.owner); err != nil || len(all) != 1 {
			o.Errorf("half sessions are listed: %v %v", all, err)
		}
	})
}

func TestStaffNeedASecondFactorAfterAWeek(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(start)}
		o.svc = tenant.New(tenant.Config{Store: s, Clock: o.clock, Cost: tenant.Cost{Time: 1, Memory: 64, Threads: 1}, FactorRequired: true})
		must(t, o.svc.EnsureHouse(t.Context(), "見守りセンター"))
		o.own, o.owner = o.company("owner@sakura.example")
		x := o.operator()
		if x.FactorBy != start.Add(tenant.FactorGrace) || x.MustEnrol(o.clock.Now()) {
			o.Errorf("first login: %+v", x)
		}
		o.clock.Advance(tenant.FactorGrace)
		x, _ = o.login("op@centre.example")
		if !x.MustEnrol(o.clock.Now()) {
			o.Errorf("after the grace: %+v", x)
		}
		if x, _ := o.login("owner@sakura.example"); x.MustEnrol(o.clock.Now()) || !x.FactorBy.IsZero() {
			o.Errorf("a customer: %+v", x)
		}
		_, codes := o.enrol(x)
		if x, _ := o.login("op@centre.example"); !x.Pending || x.MustEnrol(o.clock.Now()) {
			o.Errorf("with a factor: %+v", x)
		}
		o.is(o.svc.RemoveFactor(o.Context(), x, codes[0]), tenant.ErrRequired)
	}, schemas()...)
}

func TestChangeOfPassword(t *testing.T) {
	suite(t, func(o *office) {
		x, here := o.login("owner@sakura.example")
		_, elsewhere := o.login("owner@sakura.example")
		o.is(o.svc.ChangePassword(o.Context(), x, "wrong password", other), tenant.ErrPassword)
		o.is(o.svc.ChangePassword(o.Context(), x, password, "short"), tenant.ErrInvalid)
		o.alive(elsewhere, true)
		must(o.T, o.svc.ChangePassword(o.Context(), x, password, other))
		o.alive(here, true)
		o.alive(elsewhere, false)
		_, _, err := o.svc.Login(o.Context(), "owner@sakura.example", password, tenant.From{})
		o.is(err, tenant.ErrLogin)
		_, _, err = o.svc.Login(o.Context(), "owner@sakura.example", other, tenant.From{})
		must(o.T, err)
		for range 10 {
			err = o.svc.ChangePassword(o.Context(), x, "guess guess", other)
		}
		o.is(err, tenant.ErrTooMany)
	})
}

// links of the mails of a recovery.
func (o *office) recovery(r tenant.Recovery) (take, cancel string) {
	o.Helper()
	take, err := o.svc.NewLoginLink(o.Context(), r.TenantID, tenant.TellRecovery, r.ID, r.Expires)
	must(o.T, err)
	cancel, err = o.svc.NewLoginLink(o.Context(), r.TenantID, tenant.LinkCancel, r.ID, r.Expires)
	must(o.T, err)
	return take, cancel
}

func TestRecovery(t *testing.T) {
	suite(t, func(o *office) {
		op := o.operator()
		x, session := o.login("owner@sakura.example")
		_, err := o.svc.StartRecovery(o.Context(), x, o.decoy, o.stranger, false, "電話で確認")
		o.is(err, store.ErrNotFound)
		_, err = o.svc.StartRecovery(o.Context(), op, o.own, o.stranger, false, "電話で確認")
		o.is(err, store.ErrNotFound)
		_, err = o.svc.StartRecovery(o.Context(), op, o.own, o.owner, false, " ")
		o.is(err, tenant.ErrInvalid)
		r, err := o.svc.StartRecovery(o.Context(), op, o.own, o.owner, false, "合言葉を確認しました")
		must(o.T, err)
		take, cancel := o.recovery(r)
		_, err = o.svc.Recover(o.Context(), take, other)
		o.is(err, tenant.ErrEarly)
		_, err = o.svc.Recover(o.Context(), cancel, other) // of the wrong kind
		o.is(err, store.ErrNotFound)
		o.clock.Advance(time.Hour)
		_, err = o.svc.Recover(o.Context(), take, "short")
		o.is(err, tenant.ErrInvalid)
		_, err = o.svc.Recover(o.Context(), take, other)
		must(o.T, err)
		o.alive(session, false)
		_, _, err = o.svc.Login(o.Context(), "owner@sakura.example", other, tenant.From{})
		must(o.T, err)
		_, err = o.svc.Recover(o.Context(), take, password)
		o.is(err, tenant.ErrLinkUsed)
		_, err = o.svc.CancelRecovery(o.Context(), cancel)
		o.is(err, tenant.ErrLinkUsed)
	})
}

func TestRecoveryCanBeStopped(t *testing.T) {
	suite(t, func(o *office) {
		op := o.operator()
		r, err := o.svc.StartRecovery(o.Context(), op, o.own, o.owner, true, "電話で確認")
		must(o.T, err)
		take, cancel := o.recovery(r)
		for range 3 { // scanners open it
			_, err = o.svc.RecoveryByToken(o.Context(), cancel, tenant.LinkCancel)
			must(o.T, err)
		}
		_, err = o.svc.CancelRecovery(o.Context(), cancel)
		must(o.T, err)
		o.clock.Advance(25 * time.Hour)
		_, err = o.svc.Recover(o.Context(), take, other)
		o.is(err, tenant.ErrLinkUsed)

		again, err := o.svc.StartRecovery(o.Context(), op, o.own, o.owner, false, "電話で確認")
		must(o.T, err)
		take, _ = o.recovery(again)
		_, err = o.svc.StartRecovery(o.Context(), op, o.own, o.owner, false, "もう一度電話")
		must(o.T, err)
		o.clock.Advance(2 * time.Hour)
		_, err = o.svc.Recover(o.Context(), take, other)
		o.is(err, tenant.ErrLinkUsed) // the newer one counts
		if all, err := o.svc.Recoveries(o.Context(), o.own); err != nil || len(all) != 1 {
			o.Errorf("%v %v", all, err)
		}
	})
}

func TestRecoveryTakesTheSecondFactorAfterADay(t *testing.T) {
	suite(t, func(o *office) {
		op := o.operator()
		x, _ := o.login("owner@sakura.example")
		o.enrol(x)
		plain, err := o.svc.StartRecovery(o.Context(), op, o.own, o.owner, false, "電話で確認")
		must(o.T, err)
		take, _ := o.recovery(plain)
		o.clock.Advance(time.Hour)
		_, err = o.svc.Recover(o.Context(), take, other)
		must(o.T, err)
		if x, _, err := o.svc.Login(o.Context(), "owner@sakura.example", other, tenant.From{}); err != nil || !x.Pending {
			o.Errorf("a new password alone took the second factor off: %+v %v", x, err)
		}
		r, err := o.svc.StartRecovery(o.Context(), op, o.own, o.owner, true, "電話で確認")
		must(o.T, err)
		take, _ = o.recovery(r)
		o.clock.Advance(23 * time.Hour)
		_, err = o.svc.Recover(o.Context(), take, password)
		o.is(err, tenant.ErrEarly)
		o.clock.Advance(time.Hour)
		_, err = o.svc.Recover(o.Context(), take, password)
		must(o.T, err)
		if x, _ := o.login("owner@sakura.example"); x.Pending {
			o.Error("the second factor is still asked for")
		}
		o.clock.Advance(24 * time.Hour)
		_, err = o.svc.RecoveryByToken(o.Context(), take, tenant.TellRecovery)
		if err == nil {
			o.Error("an old link works")
		}
		if _, _, err := o.svc.VerifyAudit(o.Context(), o.own); err != nil {
			o.Error(err)
		}
	})
}

func TestDeskCannotRiseByRecovery(t *testing.T) {
	suite(t, func(o *office) {
		op := o.operator()
		id, err := o.svc.AddPerson(o.Context(), "system", tenant.Person{TenantID: tenant.House, Email: "desk@centre.example", Name: "窓口", Role: tenant.RoleDesk})
		must(o.T, err)
		desk := tenant.Session{PersonID: id, TenantID: tenant.House, Role: tenant.RoleDesk, Staff: true}
		_, err = o.svc.StartRecovery(o.Context(), desk, tenant.House, op.PersonID, false, "本人です")
		o.is(err, store.ErrNotFound)
		_, err = o.svc.StartRecovery(o.Context(), desk, tenant.House, id, false, "自分です")
		o.is(err, store.ErrNotFound)
		_, err = o.svc.StartRecovery(o.Context(), desk, o.own, o.owner, false, "電話で確認")
		must(o.T, err)
	})
}

// The whole table of who may what: a line that changes here is a decision.
func TestRoles(t *testing.T) {
	t.Parallel()
	all := []tenant.Right{tenant.MayRead, tenant.MayWrite, tenant.MayManage, tenant.MayOperate, tenant.MayHelp, tenant.MayFleet, tenant.MayDecide}
	for role, want := range map[tenant.Role]string{
		tenant.RoleOwner: "xxx....", tenant.RoleMember: "xx.....", tenant.RoleReadonly: "x......",
		tenant.RoleOperator: "xxxxxx.", tenant.RoleAnalyst: "xx...x.", tenant.RoleDesk: "xx..xx.",
		tenant.RoleVendor: ".....x.", tenant.RoleInsurer: "......x", tenant.RoleAuditor: "x....x.", "": ".......", "root": ".......",
	} {
		got := ""
		for _, right := range all {
			if role.May(right) {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", role, got, want)
		}
		if staff := slices.Contains(tenant.StaffRoles, role); staff != role.Staff() {
			t.Errorf("%s: staff %v", role, role.Staff())
		}
	}
}

func TestShares(t *testing.T) {
	suite(t, func(o *office) {
		kinds := []string{tenant.ShareFigures, tenant.ShareBoxes}
		may := func(want bool, viewer, kind string) {
			o.Helper()
			if err := o.svc.Shared(o.Context(), viewer, o.own, kind); (err == nil) != want || err != nil && !errors.Is(err, store.ErrNotFound) {
				o.Errorf("%s: %v", kind, err)
			}
		}
		may(false, o.decoy, tenant.ShareFigures)
		may(false, "", tenant.ShareFigures)
		day := o.clock.Now().AddDate(0, 1, 0)
		for _, viewer := range []string{"nobody", "", o.own, tenant.House} {
			_, err := o.svc.NewShare(o.Context(), o.owner, o.own, viewer, kinds, day)
			o.is(err, tenant.ErrNoCompany)
		}
		for _, bad := range [][]string{nil, {"everything"}} {
			_, err := o.svc.NewShare(o.Context(), o.owner, o.own, o.decoy, bad, day)
			o.is(err, tenant.ErrInvalid)
		}
		for _, bad := range []time.Time{{}, o.clock.Now(), o.clock.Now().Add(tenant.MaxShare + time.Hour)} {
			_, err := o.svc.NewShare(o.Context(), o.owner, o.own, o.decoy, kinds, bad)
			o.is(err, tenant.ErrInvalid)
		}
		id, err := o.svc.NewShare(o.Context(), o.owner, o.own, o.decoy, kinds, day)
		must(o.T, err)
		may(true, o.decoy, tenant.ShareFigures)
		may(false, o.decoy, tenant.ShareAlerts)
		if err := o.svc.Shared(o.Context(), o.own, o.decoy, tenant.ShareFigures); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("the other way round: %v", err)
		}
		o.is(o.svc.EndShare(o.Context(), o.stranger, o.decoy, id), store.ErrNotFound)
		must(o.T, o.svc.EndShare(o.Context(), o.owner, o.own, id))
		may(false, o.decoy, tenant.ShareFigures)
		_, err = o.svc.NewShare(o.Context(), o.owner, o.own, o.decoy, kinds, day)
		must(o.T, err)
		o.clock.Set(day)
		may(false, o.decoy, tenant.ShareFigures)
	})
}

func TestLoginsAreWrittenDown(t *testing.T) {
	suite(t, func(o *office) {
		long := strings.Repeat("long words ", 8) // 88 characters, taken whole
		must(o.T, o.svc.SetPassword(o.Context(), o.owner, o.own, o.owner, long))
		_, _, err := o.svc.Login(o.Context(), "owner@sakura.example", long[:72], tenant.From{Addr: "192.0.2.8:1"})
		o.is(err, tenant.ErrLogin)
		_, _, err = o.svc.Login(o.Context(), "owner@sakura.example", long, tenant.From{Addr: "192.0.2.8:1"})
		must(o.T, err)
		if got := o.actions(); !slices.Equal(got[:2], []string{"login", "login.refused"}) {
			o.Errorf("record %v", got)
		}
	})
}
