package tenant

import (
	"errors"

	"otasuke/centre/internal/store"
)

type scanner = func(dest ...any) error

const companyColumns = `tenant_id, name, name_kana, industry, region, people, lang, passphrase, created_at`

func scanCompany(scan scanner) (c Company, err error) {
	var created int64
	err = scan(&c.ID, &c.Name, &c.NameKana, &c.Industry, &c.Region, &c.Size, &c.Lang, &c.Passphrase, &created)
	c.Created = store.Time(created)
	return c, err
}

func insertCompany(tx *store.Tx, c Company) error {
	_, err := tx.Exec(`INSERT INTO company (`+companyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.Name, c.NameKana, c.Industry, c.Region, c.Size, string(c.Lang), c.Passphrase, store.Micros(c.Created))
	return err
}

func selectCompany(tx *store.Tx) (Company, error) {
	return scanCompany(tx.QueryRow(`SELECT ` + companyColumns + ` FROM company WHERE tenant_id = $1`).Scan)
}

func selectCompanies(tx *store.AllTx) ([]Company, error) {
	return store.Collect[Company](tx.Query(`SELECT `+companyColumns+` FROM company WHERE tenant_id <> $1 ORDER BY name_kana, name, tenant_id`, House))(scanCompany)
}

func insertSite(tx *store.Tx, s Site) error {
	_, err := tx.Exec(`INSERT INTO site (tenant_id, id, name, address) VALUES ($1, $2, $3, $4)`, s.ID, s.Name, s.Address)
	return err
}

func selectSites(tx *store.Tx) ([]Site, error) {
	return store.Collect[Site](tx.Query(`SELECT tenant_id, id, name, address FROM site WHERE tenant_id = $1 ORDER BY name, id`))(func(scan scanner) (s Site, err error) {
		err = scan(&s.TenantID, &s.ID, &s.Name, &s.Address)
		return s, err
	})
}

const personColumns = `tenant_id, id, email, name, lang, role, mails, created_at, password`

func scanPerson(scan scanner) (p Person, password string, err error) {
	var created int64
	err = scan(&p.TenantID, &p.ID, &p.Email, &p.Name, &p.Lang, &p.Role, &p.Mails, &created, &password)
	p.Created = store.Time(created)
	return p, password, err
}

func insertPerson(tx *store.Tx, p Person) error {
	_, err := tx.Exec(`INSERT INTO person (`+personColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '')`,
		p.ID, p.Email, p.Name, string(p.Lang), string(p.Role), p.Mails, store.Micros(p.Created))
	return err
}

func selectPerson(tx *store.Tx, id string) (p Person, password string, err error) {
	return scanPerson(tx.QueryRow(`SELECT `+personColumns+` FROM person WHERE tenant_id = $1 AND id = $2`, id).Scan)
}

func selectPersonByEmail(tx *store.Tx, email string) (p Person, password string, err error) {
	people, err := selectPeopleWithPassword(tx)
	if err != nil {
		return p, "", err
	}
	for _, one := range people {
		if EmailKey(one.Email) == EmailKey(email) {
			return one.Person, one.password, nil
		}
	}
	return p, "", store.ErrNotFound
}

type personWithPassword struct {
	Person
	password string
}

func selectPeopleWithPassword(tx *store.Tx) ([]personWithPassword, error) {
	return store.Collect[personWithPassword](tx.Query(`SELECT ` + personColumns + ` FROM person WHERE tenant_id = $1 AND left_at = 0
		ORDER BY CASE role WHEN 'owner' THEN 0 ELSE 1 END, created_at, id`))(func(scan scanner) (p personWithPassword, err error) {
		p.Person, p.password, err = scanPerson(scan)
		return p, err
	})
}

func selectPeople(tx *store.Tx) ([]Person, error) {
	found, err := selectPeopleWithPassword(tx)
	people := make([]Person, 0, len(found))
	for _, p := range found {
		people = append(people, p.Person)
	}
	return people, err
}

// drop forgets the rows of a table that a condition from $2 on names, with what the directory knows of them as a kind.
func drop(tx *store.Tx, kind, table, where string, args ...any) error {
	ids, err := store.Collect[string](tx.Query(`SELECT id FROM `+table+` WHERE tenant_id = $1 AND `+where, args...))(
		func(scan scanner) (id string, err error) { err = scan(&id); return id, err })
	for _, id := range ids {
		_, err1 := tx.Exec(`DELETE FROM `+table+` WHERE tenant_id = $1 AND id = $2`, id)
		err = errors.Join(err, tx.Unpoint(kind, id), err1)
	}
	return err
}

// endSessions ends all sessions of a person except the one with id keep.
func endSessions(tx *store.Tx, personID, keep string) error {
	return drop(tx, "session", "login_session", `person_id = $2 AND id <> $3`, personID, keep)
}

func endSession(tx *store.Tx, id string) error {
	return drop(tx, "session", "login_session", `id = $2`, id)
}

// Sites lists the places of all companies, inside an operator's reading.
func Sites(tx *store.AllTx) ([]Site, error) {
	return store.Collect[Site](tx.Query(`SELECT tenant_id, id, name, address FROM site ORDER BY tenant_id, id`))(func(scan scanner) (s Site, err error) {
		err = scan(&s.TenantID, &s.ID, &s.Name, &s.Address)
		return s, err
	})
}
