package account

import (
	"errors"
	"net/http"

	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// passkeyRoutes adds the ways to one's own passkeys.
func (p *Pages) passkeyRoutes(r *ui.Router) {
	r.Page(ui.Self, "POST /account/passkeys", p.beginPasskey)
	r.Page(ui.Self, "POST /account/passkeys/made", p.addPasskey)
	r.Page(ui.Self, "POST /account/passkeys/later", p.later)
	r.Page(ui.Self, "POST /account/passkeys/only", p.onlyPasskeys)
	r.Page(ui.Self, "GET /account/passkeys/{passkey}", p.passkeyPage)
	r.Page(ui.Self, "POST /account/passkeys/{passkey}", p.renamePasskey)
	r.Page(ui.Self, "POST /account/passkeys/{passkey}/remove", p.removePasskey)
}

// keyRow is one passkey in the list.
type keyRow struct{ ID, Name, Created, Used string }

// passkeyPart is the section about passkeys of the account's page.
type passkeyPart struct {
	On   bool
	Full bool // there are as many as may be
	Rows []keyRow
	New  form
	// Only: the password opens nothing. May: it could be so. Switch asks who wants to change that.
	Only, May bool
	Switch    form
}

const (
	keyName    = "key-name"
	keySecret  = "key-secret"
	onlySecret = "only-secret"
)

// secretField asks again for what a thief of the session does not have.
func secretField(v *ui.Visit) field {
	f := field{ID: keySecret, Label: v.T("login.password_old"), Type: "password", Auto: "current-password", Max: 256, Hint: v.T("login.passkey_secret_hint")}
	if v.Factor {
		f.Label, f.Type, f.Auto, f.Max = v.T("login.code_label"), "text", "one-time-code", 40
	}
	return f
}

func onlyForm(v *ui.Visit) form {
	f := secretField(v)
	f.ID = onlySecret
	return form{f}
}

func passkeyForm(v *ui.Visit) form {
	return form{
		{ID: keyName, Label: v.T("login.passkey_name"), Type: "text", Auto: "off", Max: passkey.MaxName, Hint: v.T("login.passkey_name_hint"), Value: device(v.Texts, v.Request.UserAgent())},
		secretField(v),
	}
}

// keyFaults are the fields and words for what may be wrong; what is none of these is ours to repair.
var keyFaults = []struct {
	err      error
	id, text string
}{
	{tenant.ErrPassword, keySecret, "login.password_wrong"}, {tenant.ErrCode, keySecret, "login.code_wrong"}, {tenant.ErrTooMany, keySecret, "login.code_later"},
	{passkey.ErrFew, keySecret, "login.passkey_only_few"}, {tenant.ErrRequired, keySecret, "login.passkey_last"}, {passkey.ErrName, keyName, "login.passkey_name_bad"},
	{passkey.ErrStale, keySecret, "login.passkey_again"}, {passkey.ErrAnswer, keySecret, "login.passkey_unmade"}, {passkey.ErrKnown, keySecret, "login.passkey_known"}, {passkey.ErrMany, keyName, "login.passkey_many"},
}

// blame marks the field that an error is about; false for none.
func blame(v *ui.Visit, f form, err error) bool {
	for _, one := range keyFaults {
		if errors.Is(err, one.err) {
			f.Fault(one.id, v.T(one.text))
			return true
		}
	}
	return false
}

func (p *Pages) passkeyPart(v *ui.Visit, fresh, change form) (part passkeyPart, err error) {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return part, nil
	}
	all, err := keys.List(v.Request.Context(), v.Session)
	if err != nil {
		return part, err
	}
	part = passkeyPart{On: true, Full: len(all) >= passkey.MaxEach, New: fresh, May: len(all) >= passkey.MinOnly, Switch: change}
	for i := range all {
		part.Rows = append(part.Rows, rowOf(v, &all[i]))
	}
	part.Only, err = keys.Only(v.Request.Context(), v.Session)
	return part, err
}

// onlyPasskeys has the password open nothing any more, or open again.
func (p *Pages) onlyPasskeys(w http.ResponseWriter, v *ui.Visit) error {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return ui.ErrBadInput
	}
	word, only := "passkey_only_off", v.Request.PostFormValue("only") == "1"
	if only {
		word = "passkey_only_on"
	}
	f := formsOf(v)
	err := keys.SetOnly(v.Request.Context(), v.Session, only, v.Request.PostFormValue(onlySecret))
	for _, one := range keyFaults {
		if errors.Is(err, one.err) {
			f.only.Fault(onlySecret, v.T(one.text))
			return p.showAccount(w, v, f)
		}
	}
	if err != nil {
		return err
	}
	return p.back(w, v, "/account?said="+word)
}

func rowOf(v *ui.Visit, k *passkey.Key) keyRow {
	row := keyRow{ID: k.ID, Name: k.Name, Created: ja.Day(k.Created, v.Texts.Lang()), Used: v.T("login.passkey_never")}
	if !k.Used.IsZero() {
		row.Used = ja.Short(k.Used, v.Texts.Lang())
	}
	return row
}

// madeView asks the browser to make the passkey.
type madeView struct {
	ui.Base
	Options string // JSON for the script
	Called  string // its name
}

// beginPasskey takes a name and the secret, and gives the page on which the browser makes a passkey.
func (p *Pages) beginPasskey(w http.ResponseWriter, v *ui.Visit) error {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return ui.ErrBadInput
	}
	f := formsOf(v)
	f.key.Fill(v.Request.PostFormValue)
	if fault := passkey.NameFault(f.key.Get(keyName).Value); fault != nil {
		blame(v, f.key, fault)
		return p.showAccount(w, v, f)
	}
	options, err := keys.BeginAdd(v.Request.Context(), v.Session, v.Request.PostFormValue(keySecret))
	if blame(v, f.key, err) {
		return p.showAccount(w, v, f)
	}
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "login.passkey_make_title", "/account")
	if err != nil {
		return err
	}
	base.Path, base.PasskeyScript, base.PasskeyOffer = p.Root+"/account", p.Gate.PasskeyScript(), false // the language switch cannot repeat a POST
	return p.made.Render(w, http.StatusOK, madeView{Base: base, Options: string(options), Called: f.key.Get(keyName).Value})
}

func (p *Pages) addPasskey(w http.ResponseWriter, v *ui.Visit) error {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return ui.ErrBadInput
	}
	f := formsOf(v)
	f.key.Fill(v.Request.PostFormValue)
	err := keys.Add(v.Request.Context(), v.Session, f.key.Get(keyName).Value, v.Request.PostFormValue("answer"))
	if blame(v, f.key, err) {
		return p.showAccount(w, v, f)
	}
	if err != nil {
		return err
	}
	p.Gate.Heard(w)
	return p.back(w, v, "/account?said=passkey_on")
}

// later ends the offer of passkeys, for good. The script only says that it was seen.
func (p *Pages) later(w http.ResponseWriter, v *ui.Visit) error {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return ui.ErrBadInput
	}
	if err := keys.Heard(v.Request.Context(), v.Session); err != nil {
		return err
	}
	if v.Request.PostFormValue("seen") != "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	p.Gate.Heard(w)
	return ui.To(w, v.Request, ui.LocalPath(v.Request.PostFormValue("back"), p.Root+"/"))
}

// keyView is the page of one passkey.
type keyView struct {
	ui.Base
	Row    keyRow
	URL    string
	Faults []field
	Name   form
	Secret form
}

func (p *Pages) passkeyPage(w http.ResponseWriter, v *ui.Visit) error {
	return p.showPasskey(w, v, nil, nil)
}

// showPasskey shows a passkey with what was typed and what is wrong with it, if anything.
func (p *Pages) showPasskey(w http.ResponseWriter, v *ui.Visit, typed *string, fault error) error {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return ui.ErrBadInput
	}
	k, err := keys.Get(v.Request.Context(), v.Session, v.Request.PathValue("passkey"))
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "login.passkey_one", "/account")
	if err != nil {
		return err
	}
	fields := passkeyForm(v)
	fields[0].Value, fields[0].Hint, fields[1].Hint = k.Name, "", ""
	if typed != nil {
		fields[0].Value = *typed
	}
	if fault != nil && !blame(v, fields, fault) {
		return fault
	}
	view := keyView{Base: base, Row: rowOf(v, &k), URL: p.Root + "/account/passkeys/" + k.ID, Faults: fields.Faults(), Name: fields[:1], Secret: fields[1:]}
	view.Path = view.URL
	return p.one.Render(w, status(view.Faults), view)
}

func (p *Pages) renamePasskey(w http.ResponseWriter, v *ui.Visit) error {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return ui.ErrBadInput
	}
	name := v.Request.PostFormValue(keyName)
	if err := keys.Rename(v.Request.Context(), v.Session, v.Request.PathValue("passkey"), name); err != nil {
		return p.showPasskey(w, v, &name, err)
	}
	return p.back(w, v, "/account?said=passkey_name")
}

func (p *Pages) removePasskey(w http.ResponseWriter, v *ui.Visit) error {
	keys := p.Gate.Passkeys()
	if keys == nil {
		return ui.ErrBadInput
	}
	if err := keys.Remove(v.Request.Context(), v.Session, v.Request.PathValue("passkey"), v.Request.PostFormValue(keySecret)); err != nil {
		return p.showPasskey(w, v, nil, err)
	}
	return p.back(w, v, "/account?said=passkey_off")
}
