package sample

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/parcel"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/statistics"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/usage"
	"otasuke/content/apps"
	"otasuke/content/cover"
	hours "otasuke/content/desk"
	"otasuke/content/offer"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// ErrInUse: the centre has customers; nothing is made up beside them.
var ErrInUse = errors.New("sample: this centre has customers already")

// Config says what to make, and with what.
type Config struct {
	Store      *store.Store
	Classifier alert.Classifier
	Offers     *offer.Book
	Book       *hours.Book // of the desk
	Covers     cover.Book  // terms of the insurance; a claim is decided where they name an insurer
	Texts      *text.Catalogue
	// Provider issues invoices; without a number there are none.
	Provider billing.Provider
	// Lively companies have everything; Others are there to be compared with.
	Lively, Others int
	// Months of the past, whole ones; the month of Now is added as far as it has come.
	Months int
	Now    time.Time
	// Password of the owners, who log in as owner1@sample.example and so on.
	Password string
	Seed     uint64
	Log      func(format string, args ...any)
}

// Made says what was made.
type Made struct {
	Companies int    `json:"companies"`
	Events    int    `json:"events"`
	Reports   int    `json:"reports"`
	Owner     string `json:"owner"` // address of the first lively company's
}

// company is one that was made.
type company struct {
	id, box  string
	devices  []device.Endpoint
	lively   bool
	activity float64 // how often it is attacked, of the average
}

type maker struct {
	Config
	rnd        *mathrand.Rand
	clock      *clock.Fake
	tenants    *tenant.Service
	alerts     *alert.Service
	devices    *device.Service
	usage      *usage.Service
	reports    *report.Service
	statistics *statistics.Service
	contracts  *contract.Service
	parcels    *parcel.Service
	staff      []string // of the desk
	all        []*company
	events     uint64
	made       Made
}

// boxes says that everybody's box is there, for contracts.
type boxes struct{ clock clock.Clock }

func (b boxes) Boxes(context.Context, string) ([]device.Box, error) {
	return []device.Box{{Claimed: b.clock.Now(), LastSeen: b.clock.Now().Add(time.Second)}}, nil
}

// Fill makes a year up. It takes some ten seconds for each hundred companies.
func Fill(ctx context.Context, cfg Config) (_ Made, err error) {
	m := &maker{Config: cfg, rnd: mathrand.New(mathrand.NewPCG(cfg.Seed, 1))}
	if m.Log == nil {
		m.Log = func(string, ...any) {}
	}
	first := time.Date(cfg.Now.In(ja.Zone).Year(), cfg.Now.In(ja.Zone).Month(), 1, 9, 0, 0, 0, ja.Zone).AddDate(0, -cfg.Months, 0)
	m.clock = clock.NewFake(first.AddDate(0, 0, -14))
	m.tenants = tenant.New(tenant.Config{Store: cfg.Store, Clock: m.clock})
	m.devices = device.New(device.Config{Store: cfg.Store, Clock: m.clock})
	m.alerts = alert.New(alert.Config{Store: cfg.Store, Classifier: cfg.Classifier, Clock: m.clock})
	m.usage = usage.New(cfg.Store, m.clock)
	m.contracts = contract.New(contract.Config{Store: cfg.Store, Companies: m.tenants, Boxes: boxes{m.clock}, Offers: offersFrom(cfg.Offers, first), Clock: m.clock})
	m.parcels = parcel.New(parcel.Config{Store: cfg.Store, Contracts: m.contracts, Boxes: m.devices, Clock: m.clock})
	calm, err := cfg.Store.Hurry(ctx)
	if err != nil {
		return m.made, err
	}
	defer func() { err = errors.Join(err, calm()) }()
	known, err := apps.Load()
	if err != nil {
		return m.made, err
	}
	m.reports = report.New(report.Config{Store: cfg.Store, Alerts: m.alerts, Network: m.devices, Usage: m.usage, Companies: m.tenants, App: appName(known), Clock: m.clock})
	m.statistics = statistics.New(statistics.Config{Store: cfg.Store, Reports: m.reports, Withheld: func(context.Context) (map[string]bool, error) { return nil, nil }, Clock: m.clock})
	if all, err := m.tenants.Companies(ctx, tenant.Session{Staff: true, PersonID: "system:sample"}, "is it empty?"); err != nil || len(all) > 0 {
		return m.made, errors.Join(err, map[bool]error{true: ErrInUse}[len(all) > 0])
	}
	steps := []func(context.Context) error{m.people, m.companies}
	for month := range cfg.Months + 1 {
		steps = append(steps, func(ctx context.Context) error { return m.month(ctx, first.AddDate(0, month, 0)) })
	}
	for _, step := range append(steps, m.applications, m.announcements, m.alive, m.updates, m.visits, m.consult, m.family, m.wishes, m.turns, m.misfires, m.quiet) {
		if err := step(ctx); err != nil {
			return m.made, err
		}
	}
	m.made.Companies, m.made.Owner = len(m.all), owner(1)
	return m.made, nil
}

// appName names applications as the centre does.
func appName(known *apps.Catalogue) func(id string) (string, string, bool) {
	return func(id string) (string, string, bool) {
		a, ok := known.App(id)
		return a.Ja, a.En, ok
	}
}

// offersFrom are the offers with the oldest as if it had always been there: contracts are a year old here.
func offersFrom(b *offer.Book, first time.Time) *offer.Book {
	old := *b
	old.Versions = append([]offer.Version(nil), b.Versions...)
	old.Versions[len(old.Versions)-1].From = first.AddDate(0, -2, 0).Format(time.DateOnly)
	return &old
}

func owner(n int) string { return fmt.Sprintf("owner%d@sample.example", n) }

// Words of names, none of which is a company's: plants and birds, and what they make.
var (
	plants   = []string{"あじさい", "いちょう", "うぐいす", "かえで", "かわせみ", "きんもくせい", "こまどり", "さざんか", "すずらん", "つばめ", "なずな", "ねむの木", "はまなす", "ひばり", "ひまわり", "ふきのとう", "みかん", "むくどり", "もみじ", "やまぶき"}
	kana     = []string{"アジサイ", "イチョウ", "ウグイス", "カエデ", "カワセミ", "キンモクセイ", "コマドリ", "サザンカ", "スズラン", "ツバメ", "ナズナ", "ネムノキ", "ハマナス", "ヒバリ", "ヒマワリ", "フキノトウ", "ミカン", "ムクドリ", "モミジ", "ヤマブキ"}
	trades   = []string{"金属", "工務店", "商店", "食品", "運輸", "不動産", "システム", "薬局", "会計事務所", "クリーニング", "繊維", "旅館"}
	industry = []string{"manufacturing", "construction", "retail", "wholesale", "transport", "realestate", "information", "medical", "professional", "service", "manufacturing", "food"}
	names    = []string{"見本 花子", "見本 太郎", "例田 一郎", "例田 和子", "仮名 実", "仮名 美咲"}
	regions  = []string{"27", "27", "27", "28", "26", "23", "13", "40"}
	areas    = map[string]string{"27": "大阪府大阪市みほん区", "28": "兵庫県神戸市みほん区", "26": "京都府京都市みほん区", "23": "愛知県名古屋市みほん区", "13": "東京都みほん区", "40": "福岡県福岡市みほん区"}
)

// name is the nth company's: 見本 says that there is none.
func name(n int) (string, string) {
	i, j := n%len(plants), n/len(plants)%len(trades)
	full, read := "見本"+plants[i]+trades[j], "ミホン"+kana[i]
	if more := n / len(plants) / len(trades); more > 0 {
		full += fmt.Sprintf("%d号店", more+1)
	}
	return full, read
}

// companies makes all, the lively ones by contracts.
func (m *maker) companies(ctx context.Context) error {
	serials := make([]string, 0, m.Lively+12)
	for i := range m.Lively + 12 {
		serials = append(serials, fmt.Sprintf("SAMPLE-%04d", i+1))
	}
	for len(serials) > 0 {
		n := min(len(serials), parcel.MaxAdd)
		if err := m.parcels.Add(ctx, "system:sample", "Sample Box 2", serials[:n]); err != nil {
			return err
		}
		serials = serials[n:]
	}
	for n := range m.Lively {
		if err := m.customer(ctx, n); err != nil {
			return fmt.Errorf("sample: company %d: %w", n, err)
		}
	}
	for n := m.Lively; n < m.Lively+m.Others; n++ {
		full, read := name(n)
		id, err := m.tenants.CreateCompany(ctx, "system:sample", tenant.Company{Name: full, NameKana: read, Industry: industry[n/len(plants)%len(trades)], Region: regions[m.rnd.IntN(len(regions))], Size: 3 + m.rnd.IntN(60), Passphrase: "見本"})
		if err != nil {
			return err
		}
		c := &company{id: id, activity: m.spread()}
		if err := m.box(ctx, c, n); err != nil {
			return err
		}
		m.all = append(m.all, c)
	}
	m.Log("%d companies", len(m.all))
	return nil
}

// spread is how companies differ: most are near the middle, a few far above.
func (m *maker) spread() float64 { return math.Exp(m.rnd.NormFloat64()*0.45 - 0.1) }

// form is what the nth company entered.
func (m *maker) form(n int) contract.Form {
	full, read := name(n)
	region := regions[n%len(regions)]
	return contract.Form{Company: full, Kana: read, Member: n%3 != 0, Chamber: "みほん商工会議所", MemberNo: fmt.Sprint(10_000 + n), Industry: industry[n/len(plants)%len(trades)], PCs: fmt.Sprint(4 + n%30), Line: "fibre", Router: "provider", Visit: n%4 == 0,
		Contact: names[n%len(names)], ContactKana: "ミホン", Email: owner(n + 1), Phone: fmt.Sprintf("050-0000-%04d", n), Postcode: "0000000", Address: areas[region] + fmt.Sprintf("%d-%d", 1+n%9, 1+n%20), Passphrase: plants[(n*7)%len(plants)] + "坂",
		Consents: []string{"addresses", "names", "files", "devices", "applications", "comparison", "partners"}, Agreed: true, Lang: "ja"}
}

// customer signs, gets a box and logs in.
func (m *maker) customer(ctx context.Context, n int) error {
	token, err := m.contracts.Enter(ctx, m.form(n))
	if err != nil {
		return err
	}
	if err := m.contracts.Submit(ctx, token); err != nil {
		return err
	}
	a, _, err := m.contracts.ByToken(ctx, token)
	if err != nil {
		return err
	}
	if err := errors.Join(m.contracts.Tick(ctx, a.ID, "system:sample"), m.contracts.Accept(ctx, a.ID, "system:sample", contract.Accepted{Member: a.Form.Member, Proof: "見本の会員名簿"}),
		m.contracts.HandleFound(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"id":%q,"who":"system:sample","Member":%t,"Proof":"見本の会員名簿"}`, a.ID, a.Form.Member)))); err != nil {
		return err
	}
	if a, _, err = m.contracts.ByToken(ctx, token); err != nil {
		return err
	}
	c := &company{id: a.CompanyID, lively: true, activity: m.spread()}
	m.all = append(m.all, c)
	serial := fmt.Sprintf("SAMPLE-%04d", n+1)
	if err := m.parcels.Ship(ctx, "system:sample", parcel.Parcel{TenantID: c.id, ContractID: a.ID, Serial: serial, Carrier: "yamato", Tracking: fmt.Sprintf("0000%08d", n)}); err != nil {
		return err
	}
	follow := json.RawMessage(fmt.Sprintf(`{"serial":%q,"who":"system:sample"}`, serial))
	if err := errors.Join(m.parcels.HandleFollow(ctx, tenant.House, follow), m.contracts.HandleWatch(ctx, c.id, json.RawMessage(fmt.Sprintf(`{"id":%q}`, a.ID))), m.parcels.HandleFollow(ctx, tenant.House, follow)); err != nil {
		return err
	}
	person, err := m.tenants.AddPerson(ctx, "system:sample", tenant.Person{TenantID: c.id, Name: a.Form.Contact, Email: owner(n + 1), Role: tenant.RoleOwner, Mails: true})
	if err != nil {
		return err
	}
	if m.Password != "" {
		if err := m.tenants.SetPassword(ctx, "system:sample", c.id, person, m.Password); err != nil {
			return err
		}
	}
	if err := m.box(ctx, c, n); err != nil {
		return err
	}
	return m.inside(ctx, c, n)
}

// box connects a box whose certificate opens nothing.
func (m *maker) box(ctx context.Context, c *company, n int) error {
	code, _, err := m.devices.NewClaim(ctx, c.id, "", "system:sample")
	if err != nil {
		return err
	}
	key := rand.Text()
	b, _, err := m.devices.Redeem(ctx, device.Claim{Code: code, KeyHash: key, Model: "Sample Box 2", Software: "sample", Remote: fmt.Sprintf("192.0.2.1:%d", 1024+n%60_000)}, func(string, string) (string, string, error) { return "", key, nil })
	var many *device.TooMany
	if errors.As(err, &many) { // the clock here is ours
		m.clock.Advance(many.Wait)
		b, _, err = m.devices.Redeem(ctx, device.Claim{Code: code, KeyHash: key, Model: "Sample Box 2", Software: "sample", Remote: fmt.Sprintf("192.0.2.1:%d", 1024+n%60_000)}, func(string, string) (string, string, error) { return "", key, nil })
	}
	c.box = b.ID
	return err
}

// things that stand in an office.
var things = []string{"経理のパソコン", "社長のノート", "受付のパソコン", "営業ノート1", "営業ノート2", "複合機", "ファイルサーバー", "現場のタブレット", "予備のノート", "会議室のテレビ", "倉庫のカメラ", "設計のパソコン"}

func (m *maker) inside(ctx context.Context, c *company, n int) error {
	for i := range 5 + n%8 {
		var e device.Endpoint
		err := m.Store.Write(ctx, c.id, func(tx *store.Tx) (err error) {
			e, err = m.devices.Seen(tx, "", wire.Device{MAC: fmt.Sprintf("02:00:00:00:%02x:%02x", n%256, i), Addr: addr(i)}, m.clock.Now())
			return err
		})
		if err != nil {
			return err
		}
		if err := m.devices.Rename(ctx, c.id, e.ID, "system:sample", things[i%len(things)]); err != nil {
			return err
		}
		e.Name = things[i%len(things)]
		c.devices = append(c.devices, e)
	}
	return nil
}

func addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 168, 1, byte(20 + i)}) }

// applications leaves some in each state that the desk works on.
func (m *maker) applications(ctx context.Context) error {
	for i := range 6 {
		token, err := m.contracts.Enter(ctx, m.form(9_000+i))
		if err != nil {
			return err
		}
		if err := m.contracts.Submit(ctx, token); err != nil {
			return err
		}
		if i%2 == 0 {
			continue
		}
		u, err := attach.Check("申込書.pdf", strings.NewReader("%PDF-1.4\n% sample\n"), attach.Papers...)
		if err != nil {
			return err
		}
		if err := m.contracts.Paper(ctx, token, &u); err != nil {
			return err
		}
		if i != 5 {
			continue
		}
		a, _, err := m.contracts.ByToken(ctx, token)
		if err != nil {
			return err
		}
		if err := errors.Join(m.contracts.Accept(ctx, a.ID, "system:sample", contract.Accepted{}), m.contracts.HandleFound(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"id":%q,"who":"system:sample"}`, a.ID)))); err != nil {
			return err
		}
	}
	return nil
}

// alive has every box heard of just now, and what stands in the offices seen in the last hours, all but what is off today.
func (m *maker) alive(ctx context.Context) error {
	m.clock.Set(m.Now)
	for _, c := range m.all {
		if err := m.Store.Write(ctx, c.id, func(tx *store.Tx) error {
			_, err := m.devices.Heartbeat(tx, c.box, wire.Health{Protecting: true})
			return errors.Join(m.stand(tx, c, m.Now), err)
		}); err != nil {
			return err
		}
	}
	return nil
}

// stand has what stands in an office seen in the last hours before a time.
func (m *maker) stand(tx *store.Tx, c *company, before time.Time) error {
	for i := range c.devices {
		if _, err := m.devices.Seen(tx, "", wire.Device{MAC: c.devices[i].MAC, Addr: addr(i)}, before.Add(-time.Duration(i*i)*5*time.Hour/4)); err != nil {
			return err
		}
	}
	return nil
}

// quiet takes the jobs away that would tell people of a past that never was.
func (m *maker) quiet(ctx context.Context) error { return m.Store.Global(ctx, job.Forget) }
