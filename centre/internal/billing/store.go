package billing

import (
	"encoding/json"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/entry"
	"otasuke/internal/zengin"
)

func text(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), err
}

func nextSeq(tx *store.Tx, year int) (n int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(seq), 0) + 1 FROM invoice WHERE tenant_id = $1 AND year = $2`, int64(year)).Scan(&n)
	return n, err
}

func insertInvoice(tx *store.Tx, i *Invoice, year int, seq int64) error {
	body, err := text(i)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO invoice (tenant_id, number, year, seq, company_id, month, corrects, on_day, due, total, fold, body, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		i.Number, int64(year), seq, i.CompanyID, i.Month, i.Corrects, i.Day, i.Due, int64(i.Total), entry.Fold(i.To.Company), body, store.Micros(i.Issued))
	return err
}

const invoiceColumns = `SELECT i.body, i.issued_at, coalesce(p.on_day, ''), coalesce(p.how, ''), coalesce(p.who, ''), coalesce(p.at, 0)
	FROM invoice i LEFT JOIN invoice_paid p ON p.tenant_id = i.tenant_id AND p.number = i.number WHERE i.tenant_id = $1`

func scanInvoice(scan func(...any) error) (i Invoice, err error) {
	var body string
	var issued, at int64
	if err = scan(&body, &issued, &i.Paid.Day, &i.Paid.How, &i.Paid.Who, &at); err != nil {
		return i, err
	}
	i.Issued = store.Time(issued)
	if at != 0 {
		i.Paid.At = store.Time(at)
	}
	return i, json.Unmarshal([]byte(body), &i)
}

func selectInvoice(tx *store.Tx, number string) (Invoice, error) {
	return scanInvoice(tx.QueryRow(invoiceColumns+` AND i.number = $2`, number).Scan)
}

// selectChain is an invoice and its corrections in their order.
func selectChain(tx *store.Tx, first string) ([]Invoice, error) {
	return store.Collect[Invoice](tx.Query(invoiceColumns+` AND (i.number = $2 OR i.corrects = $2) ORDER BY i.corrects, i.year, i.seq`, first))(scanInvoice)
}

func selectCompany(tx *store.Tx, companyID string) ([]Invoice, error) {
	return store.Collect[Invoice](tx.Query(invoiceColumns+` AND i.company_id = $2 ORDER BY i.year DESC, i.seq DESC LIMIT $3`, companyID, maxList))(scanInvoice)
}

// selectOpen are those of a company that are not paid and due by a day; what is the company's own (less than nothing) is due at once.
func selectOpen(tx *store.Tx, companyID, by string) ([]Invoice, error) {
	return store.Collect[Invoice](tx.Query(invoiceColumns+` AND i.company_id = $2 AND p.number IS NULL AND (i.due <= $3 OR i.total < 0) ORDER BY i.year, i.seq`, companyID, by))(scanInvoice)
}

func selectTasks(tx *store.Tx) ([]Invoice, error) {
	return store.Collect[Invoice](tx.Query(invoiceColumns+` AND p.number IS NULL AND i.number IN (SELECT number FROM invoice_event WHERE tenant_id = $1 AND what = $2) ORDER BY i.due, i.number LIMIT $3`, Task, maxList))(scanInvoice)
}

// like makes a pattern that finds s anywhere, whatever signs are in it.
func like(s string) string {
	return "%" + strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`).Replace(s) + "%"
}

func search(tx *store.Tx, q Search) ([]Invoice, error) {
	from, to, most, name := q.From, q.To, int64(q.Max), "%"
	if to == "" {
		to = "9999"
	}
	if most == 0 {
		most = 1 << 40
	}
	least := int64(q.Min)
	if least == 0 && q.Max == 0 {
		least = -most
	}
	if fold := entry.Fold(q.Name); fold != "" {
		name = like(fold)
	}
	return store.Collect[Invoice](tx.Query(invoiceColumns+` AND i.on_day >= $2 AND i.on_day <= $3 AND i.total >= $4 AND i.total <= $5 AND (i.fold LIKE $6 ESCAPE '!' OR i.number = $7) AND (p.number IS NULL OR $8 = 0)
		ORDER BY i.on_day DESC, i.year DESC, i.seq DESC LIMIT $9`, from, to, least, most, name, strings.TrimSpace(q.Name), flag(q.Open), maxList))(scanInvoice)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func hasMonth(tx *store.Tx, companyID, month string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM invoice WHERE tenant_id = $1 AND company_id = $2 AND month = $3 AND corrects = ''`, companyID, month).Scan(&n)
	return n > 0, err
}

func insertPaid(tx *store.Tx, number string, p Paid) error {
	_, err := tx.Exec(`INSERT INTO invoice_paid (tenant_id, number, on_day, how, who, at) VALUES ($1, $2, $3, $4, $5, $6)`, number, p.Day, p.How, p.Who, store.Micros(p.At))
	return err
}

func event(tx *store.Tx, number string, e Event) error {
	_, err := tx.Exec(`INSERT INTO invoice_event (tenant_id, number, seq, at, what, who, why) VALUES ($1, $2, (SELECT coalesce(max(seq), 0) + 1 FROM invoice_event WHERE tenant_id = $1 AND number = $2), $3, $4, $5, $6)`,
		number, store.Micros(e.At), e.What, e.Who, e.Why)
	return err
}

func selectEvents(tx *store.Tx, number string) ([]Event, error) {
	return store.Collect[Event](tx.Query(`SELECT at, what, who, why FROM invoice_event WHERE tenant_id = $1 AND number = $2 ORDER BY seq`, number))(func(scan func(...any) error) (e Event, err error) {
		var at int64
		err = scan(&at, &e.What, &e.Who, &e.Why)
		e.At = store.Time(at)
		return e, err
	})
}

// hasEvent says whether a step of the reminders was done.
func hasEvent(tx *store.Tx, number, step string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM invoice_event WHERE tenant_id = $1 AND number = $2 AND what IN ($3, $4) AND why = $5`, number, Reminded, Task, step).Scan(&n)
	return n > 0, err
}

func nextCustomer(tx *store.Tx) (n int, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(bank_no), 0) + 1 FROM invoice_account WHERE tenant_id = $1`).Scan(&n)
	return n, err
}

func putAccount(tx *store.Tx, a *Account) error {
	account, err := text(a.Account)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO invoice_account (tenant_id, company_id, bank_no, account, holder, fresh, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (tenant_id, company_id) DO UPDATE SET account = excluded.account, holder = excluded.holder, fresh = excluded.fresh, who = excluded.who, at = excluded.at`,
		a.CompanyID, int64(a.Customer), account, a.Holder, a.Fresh, a.Who, store.Micros(a.At))
	return err
}

// deleteAccount keeps the number, so that no other company gets it.
func deleteAccount(tx *store.Tx, companyID string) error {
	_, err := tx.Exec(`UPDATE invoice_account SET account = '', holder = '' WHERE tenant_id = $1 AND company_id = $2`, companyID)
	return err
}

func setUsed(tx *store.Tx, companyID string) error {
	_, err := tx.Exec(`UPDATE invoice_account SET fresh = $3 WHERE tenant_id = $1 AND company_id = $2`, companyID, false)
	return err
}

const accountColumns = `SELECT company_id, bank_no, account, holder, fresh, who, at FROM invoice_account WHERE tenant_id = $1`

func scanAccount(scan func(...any) error) (a Account, err error) {
	var account string
	var at int64
	if err = scan(&a.CompanyID, &a.Customer, &account, &a.Holder, &a.Fresh, &a.Who, &at); err != nil {
		return a, err
	}
	a.At = store.Time(at)
	if account == "" {
		return a, nil
	}
	return a, json.Unmarshal([]byte(account), &a.Account)
}

// selectAccount is that of a company, also one of which only the number is left.
func selectAccount(tx *store.Tx, companyID string) (Account, error) {
	return scanAccount(tx.QueryRow(accountColumns+` AND company_id = $2`, companyID).Scan)
}

func selectAccounts(tx *store.Tx) ([]Account, error) {
	return store.Collect[Account](tx.Query(accountColumns + ` AND account <> '' ORDER BY bank_no`))(scanAccount)
}

func insertCollection(tx *store.Tx, c *Collection) error {
	if _, err := tx.Exec(`INSERT INTO collection (tenant_id, on_day, who, at, result_at) VALUES ($1, $2, $3, $4, 0)`, c.Day, c.Who, store.Micros(c.At)); err != nil {
		return err
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		numbers, err := text(l.Numbers)
		if err != nil {
			return err
		}
		record, err := text(l.Record)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO collection_line (tenant_id, on_day, customer, company_id, yen, numbers, record, result) VALUES ($1, $2, $3, $4, $5, $6, $7, '')`, c.Day, l.Customer, l.CompanyID, int64(l.Yen), numbers, record); err != nil {
			return err
		}
	}
	return nil
}

func selectCollections(tx *store.Tx) ([]Collection, error) {
	return store.Collect[Collection](tx.Query(`SELECT on_day, who, at, result_at FROM collection WHERE tenant_id = $1 ORDER BY on_day DESC LIMIT $2`, maxList))(func(scan func(...any) error) (c Collection, err error) {
		var at, back int64
		if err = scan(&c.Day, &c.Who, &at, &back); back != 0 {
			c.Back = store.Time(back)
		}
		c.At = store.Time(at)
		return c, err
	})
}

func selectLines(tx *store.Tx, day string) ([]Line, error) {
	return store.Collect[Line](tx.Query(`SELECT customer, company_id, yen, numbers, record, result FROM collection_line WHERE tenant_id = $1 AND on_day = $2 ORDER BY customer`, day))(func(scan func(...any) error) (l Line, err error) {
		var numbers, record string
		if err = scan(&l.Customer, &l.CompanyID, &l.Yen, &numbers, &record, &l.Result); err != nil {
			return l, err
		}
		if err = json.Unmarshal([]byte(numbers), &l.Numbers); err != nil {
			return l, err
		}
		return l, json.Unmarshal([]byte(record), &l.Record)
	})
}

func setResult(tx *store.Tx, day, customer string, r zengin.Result) error {
	_, err := tx.Exec(`UPDATE collection_line SET result = $4 WHERE tenant_id = $1 AND on_day = $2 AND customer = $3`, day, customer, string(r))
	return err
}

func setBack(tx *store.Tx, day string, at time.Time) error {
	_, err := tx.Exec(`UPDATE collection SET result_at = $3 WHERE tenant_id = $1 AND on_day = $2`, day, store.Micros(at))
	return err
}

// deleteCollection takes one away as if it had never been.
func deleteCollection(tx *store.Tx, day string) error {
	for _, statement := range []string{`DELETE FROM collection_line WHERE tenant_id = $1 AND on_day = $2`, `DELETE FROM collection WHERE tenant_id = $1 AND on_day = $2`} {
		if _, err := tx.Exec(statement, day); err != nil {
			return err
		}
	}
	return nil
}

// waits says whether an invoice stands in a file of which the bank has not said yet what became of it.
func waits(tx *store.Tx, i *Invoice) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM collection_line WHERE tenant_id = $1 AND company_id = $2 AND result = '' AND numbers LIKE $3`, i.CompanyID, like(`"`+i.Number+`"`)).Scan(&n)
	return n > 0, err
}
