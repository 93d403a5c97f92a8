package export

// Rule says how a table is exported.
type Rule struct {
	// Hide are columns left out: what lets somebody in, in whatever form it is kept.
	Hide []string
	// JSON are columns with JSON in them.
	JSON []string
	// Out leaves the whole table out: its rows are only such secrets, or this export itself. That is said in the file.
	Out bool
	// Mail is the column with a mail as it was sent: a file of its own, beside the row.
	Mail string
	// Without leaves out the rows in which a column has this value; they are the centre's own. That is said in the file, too.
	Without map[string]string
}

// Rules has every table that names a company. What a table is about, in words, is the text "export.table_" and its name.
var Rules = map[string]Rule{
	"company":          {},
	"site":             {},
	"person":           {Hide: []string{"password"}},
	"login_session":    {Hide: []string{"id"}},
	"action_link":      {Out: true},
	"login_link":       {Out: true},
	"factor":           {Hide: []string{"secret"}},
	"factor_code":      {Out: true},
	"passkey":          {}, // public keys let nobody in
	"passkey_offer":    {},
	"passkey_only":     {},
	"passkey_spent":    {Out: true},
	"passkey_seal":     {Out: true},
	"oidc_link":        {},
	"oidc_spent":       {Out: true},
	"invite":           {},
	"recovery":         {},
	"share":            {},
	"audit":            {},
	"audit_start":      {},
	"box":              {JSON: []string{"health"}},
	"box_health":       {},
	"box_gap":          {},
	"box_bundle":       {},
	"claim_code":       {Hide: []string{"id", "key_hash", "certificate"}},
	"endpoint":         {},
	"endpoint_about":   {JSON: []string{"info"}},
	"endpoint_change":  {},
	"alert":            {JSON: []string{"families", "evidence"}},
	"alert_change":     {},
	"alert_counter":    {},
	"alert_day":        {},
	"alert_rule":       {},
	"delivery":         {},
	"delivery_copy":    {Mail: "eml"},
	"seen_event":       {},
	"app_use":          {},
	"question":         {JSON: []string{"body", "answer"}},
	"box_test":         {JSON: []string{"answer"}},
	"appeal":           {},
	"report":           {JSON: []string{"figures"}},
	"report_mail":      {},
	"application":      {JSON: []string{"form"}},
	"application_link": {Out: true},
	"care":             {},
	"policy_step":      {JSON: []string{"before", "after"}},
	"policy_box":       {JSON: []string{"said"}},
	"discovery":        {}, // the centre's own
	"discovery_step":   {},
	"discovery_asked":  {},
	"discovery_hit":    {},
	"shift_duty":       {},
	"shift_note":       {},
	"shift_point":      {},
	"shift_read":       {},
	"shift_swap":       {},
	"shift_told":       {},
	"survey":           {JSON: []string{"questions"}},
	"survey_answer":    {JSON: []string{"answers"}},
	"survey_asked":     {JSON: []string{"questions", "answers"}},
	"hook":             {Hide: []string{"secret"}},
	"hook_delivery":    {},
	"contract":         {JSON: []string{"form"}},
	"contract_step":    {},
	"contract_member":  {},
	"stock":            {},
	"stock_step":       {},
	"invoice":          {JSON: []string{"body"}},
	"invoice_paid":     {},
	"invoice_event":    {},
	"invoice_account":  {JSON: []string{"account"}},
	"collection":       {},
	"collection_line":  {JSON: []string{"numbers", "record"}},
	"attachment":       {},
	"advisory":         {JSON: []string{"body"}},
	"advisory_bundle":  {},
	"advisory_finding": {},
	"advisory_label":   {},
	"advisory_notice":  {},
	"attachment_part":  {}, // as files of their own
	"export":           {},
	"export_part":      {Out: true},
	"directory":        {Out: true}, // hashes of addresses and codes that stand elsewhere
	"job":              {Hide: []string{"args", "last_error"}},
	"pairing":          {Hide: []string{"code", "token", "key_hash"}},
	"marked_rule":      {},
	"news":             {JSON: []string{"audience"}},
	"news_feed":        {},
	"news_key":         {Out: true},
	"news_copy":        {},
	"news_read":        {},
	"news_mail":        {},
	"news_choice":      {},
	"news_address":     {},
	"seminar":          {},
	"seminar_place":    {},
	"seminar_seat":     {},
	"desk_ticket":      {JSON: []string{"beforehand"}},
	"desk_message":     {Without: map[string]string{"side": "note"}}, // [Service.Notes] has them
	"desk_file":        {},
	"desk_mail":        {Out: true}, // the centre's own: mails that are not read yet
	"desk_mail_part":   {Out: true},
	"vendor":           {JSON: []string{"body"}},
	"visit":            {JSON: []string{"brief", "report"}},
	"visit_offer":      {},
	"visit_link":       {Out: true},
	"visit_step":       {},
	"visit_file":       {},
	"cover_claim":      {},
	"cover_insurer":    {},
}

// moments are columns with a time that do not end with "_at", which the others do.
var moments = map[string]bool{"at": true, "since": true, "until": true, "last_seen": true, "first_login": true}
