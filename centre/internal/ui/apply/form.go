package apply

import (
	"net/http"
	"slices"

	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/ui"
	"otasuke/content/offer"
	"otasuke/content/text"
)

// Keys of words that the end of the key chooses.
const (
	faultKey    = "apply.fault_"
	fieldKey    = "apply.field_"
	choiceKey   = "apply.choice_"
	hintKey     = "apply.hint_"
	industryKey = "apply.industry_"
	lineKey     = "apply.line_"
	routerKey   = "apply.router_"
	groupKey    = "apply.group_"
)

// own are faults that have words of their own; the others share those of their kind.
var own = []string{"company_missing", "kana_malformed", "contact_kana_malformed", "corporate_digit", "corporate_malformed", "pcs_long", "email_malformed", "phone_malformed", "postcode_malformed", "address_malformed", "consents_missing", "agreed_missing", "chamber_missing"}

func fault(t text.Texts, v *offer.Version, f contract.Fault) string {
	key := f.Field + "_" + f.Why
	if slices.Contains(own, key) {
		return t.T(faultKey+key, "n", v.MaxPCs)
	}
	return t.T(faultKey+f.Why, "field", t.T(fieldKey+f.Field))
}

// showForm shows the form with what was typed.
func (p *Pages) showForm(w http.ResponseWriter, r *http.Request, t text.Texts, v *offer.Version, f *contract.Form, faults []ui.Field, status int) error {
	view := formView{Base: p.base(r, t, "apply.form_title"), Action: p.Root + "/apply/form", Back: p.Root + "/apply", Faults: faults, Groups: p.groups(t, v, f), Agreed: f.Agreed, Terms: terms(t.Lang(), v), Prices: prices(t, v)}
	if token := r.PathValue("token"); token != "" {
		view.Action, view.Back, view.Changing = p.Root+"/apply/"+token+"/form", p.Root+"/apply/"+token, true
	}
	for _, c := range v.Consents {
		row := consentRow{Key: c.Key, What: c.What.In(t.Lang()), Why: c.Why.In(t.Lang()), Required: c.Required, Checked: slices.Contains(f.Consents, c.Key)}
		view.Consents = append(view.Consents, row)
	}
	for _, one := range faults {
		switch one.ID {
		case "consents":
			view.ConsentFault = one.Error
		case "agreed":
			view.AgreedFault = one.Error
		}
		for _, g := range view.Groups {
			g.Fields.Fault(one.ID, one.Error)
		}
	}
	return p.form.Render(w, status, view)
}

// groups are the fields in the order in which somebody can answer them without getting up.
func (p *Pages) groups(t text.Texts, v *offer.Version, f *contract.Form) []group {
	field := func(id, kind, value, auto, mode string, max int) ui.Field {
		return ui.Field{ID: id, Label: t.T(fieldKey + id), Type: kind, Value: value, Auto: auto, Mode: mode, Max: max}
	}
	hint := func(one ui.Field) ui.Field { one.Hint = t.T(hintKey+one.ID, "n", v.MaxPCs); return one }
	optional := func(one ui.Field) ui.Field {
		one.Optional, one.Label = true, t.T("apply.optional", "label", one.Label)
		return one
	}
	choose := func(id, kind, value, key string, of []string) ui.Field {
		one := field(id, kind, value, "off", "", 0)
		if kind == "select" {
			one.Choices = append(one.Choices, ui.Choice{Label: t.T("apply.choose")})
		}
		for _, c := range of {
			one.Choices = append(one.Choices, ui.Choice{Value: c, Label: t.T(key + c)})
		}
		return one
	}
	yes := func(id string, on bool) ui.Field {
		one := field(id, "radio", "no", "off", "", 0)
		if on {
			one.Value = "yes"
		}
		one.Choices = []ui.Choice{{Value: "no", Label: t.T(choiceKey+id+"_no", "yen", price(t, v.Prices.Visit))}, {Value: "yes", Label: t.T(choiceKey+id+"_yes", "yen", price(t, v.Prices.Visit))}}
		return one
	}
	all := []group{
		{ID: "office", Fields: ui.Form{
			hint(field("company", "text", f.Company, "organization", "", 200)), hint(field("kana", "text", f.Kana, "off", "", 200)),
			optional(hint(field("corporate", "text", f.Corporate, "off", "numeric", 40))), choose("industry", "select", f.Industry, industryKey, contract.Industries),
			yes("member", f.Member), optional(hint(field("chamber", "text", f.Chamber, "off", "", 200))), optional(field("member_no", "text", f.MemberNo, "off", "", 80))}},
		{ID: "network", Fields: ui.Form{
			hint(field("pcs", "text", f.PCs, "off", "numeric", 20)), choose("line", "radio", f.Line, lineKey, contract.Lines), choose("router", "radio", f.Router, routerKey, contract.Routers), yes("visit", f.Visit)}},
		{ID: "person", Fields: ui.Form{
			field("contact", "text", f.Contact, "name", "", 200), field("contact_kana", "text", f.ContactKana, "off", "", 200), hint(field("email", "email", f.Email, "email", "email", 254)),
			field("phone", "tel", f.Phone, "tel", "tel", 40), hint(field("passphrase", "text", f.Passphrase, "off", "", 40))}},
		{ID: "delivery", Postcode: p.Postcodes != nil, Fields: ui.Form{
			field("postcode", "text", f.Postcode, "postal-code", "numeric", 20), hint(field("address", "text", f.Address, "street-address", "", 240)), optional(field("building", "text", f.Building, "off", "", 240))}},
	}
	for i := range all {
		all[i].Title = t.T(groupKey + all[i].ID)
	}
	return all
}
