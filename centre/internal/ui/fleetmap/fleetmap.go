package fleetmap

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/ui"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

//go:embed *.html
var files embed.FS

//go:embed fleetmap.css
var style []byte

// maxFleet is how many boxes are looked at, as on the list of boxes.
const maxFleet = 10000

// Addresses are where companies are, as text or as the number of a prefecture.
type Addresses struct {
	Sites     map[[2]string]string // by company and site
	Contracts map[string]string    // by company: of the newest contract
	Regions   map[string]string    // by company: number of the prefecture
}

// Prefecture of a box; 0 when nobody knows.
func (a *Addresses) Prefecture(b *device.Box) int {
	n, err := strconv.Atoi(cmp.Or(entry.Prefecture(a.Sites[[2]string{b.TenantID, b.SiteID}]), entry.Prefecture(a.Contracts[b.TenantID]), a.Regions[b.TenantID]))
	if err != nil || n < 1 || n > Prefectures {
		return 0
	}
	return n
}

// Config says what the page works with.
type Config struct {
	// Fleet is device.Service's.
	Fleet func(ctx context.Context, who, why string, limit int) ([]device.FleetBox, error)
	// Addresses reads where companies are. who of the staff looks, and why, is written down.
	Addresses func(ctx context.Context, who, why string) (*Addresses, error)
	Clock     clock.Clock // default: the machine's
}

type pages struct {
	Config
	ui.Host
	page *ui.Page
}

// Staff is the page of the console. It has no entry in its menu: the list of boxes leads to it.
func Staff(cfg Config) ui.Guest {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return ui.Guest{Style: style, Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Config: cfg, Host: h}
		if p.page, err = ui.ParsePage(files, "map.html"); err != nil {
			return err
		}
		r.Page(ui.Reader, "GET /fleet/map", p.show)
		return nil
	}}
}

type view struct {
	ui.Base
	Lead, List, Unknown string
	UnknownURL          string
	Width, Height       int
	Tiles               []tile
	Legend              []legend
	Rows                []row
}

type tile struct {
	X, Y, TextX, NameY, SignY  int
	Name, Sign, N, Class, Text string
	URL                        string // "" where there is no box
	Long                       bool   // the name needs smaller letters
}

// longName is from how many Latin letters on a name needs smaller letters; of kanji three fit.
const longName = 6

type legend struct{ Sign, Class, Text string }

type row struct {
	Name, URL        string
	State            ui.State
	All, Silent, Old string
}

// Size of a tile and what lies between tiles, in units of the drawing.
const (
	size = 44
	gap  = 4
)

const stateKey = "fleetmap.state_"

var tones = [...]ui.Tone{None: ui.Off, OK: ui.Good, Old: ui.Care, Silent: ui.Alarm}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "fleetmap.title", "/fleet")
	if err != nil {
		return err
	}
	fleet, err := p.Fleet(ctx, v.PersonID, "console: map of the boxes", maxFleet)
	if err != nil {
		return err
	}
	where, err := p.Addresses(ctx, v.PersonID, "console: where the boxes are")
	if err != nil {
		return err
	}
	var counts [Prefectures + 1]Count
	best, now := newest(fleet), p.Clock.Now()
	for i := range fleet {
		counts[where.Prefecture(&fleet[i].Box)].add(&fleet[i].Box, best, now)
	}
	view := p.draw(v, &counts)
	view.Base, view.List = base, p.Root+"/fleet"
	view.Lead = v.T("fleetmap.lead", "n", ja.Number(len(fleet)))
	if n := counts[0].All; n > 0 {
		view.Unknown, view.UnknownURL = v.T("fleetmap.unknown", "n", ja.Number(n)), p.Root+"/fleet?where=0"
	}
	return p.page.Render(w, http.StatusOK, view)
}

func (p *pages) draw(v *ui.Visit, counts *[Prefectures + 1]Count) *view {
	view, lang := &view{}, v.Texts.Lang()
	for state := Silent; state >= None; state-- {
		view.Legend = append(view.Legend, legend{signs[state], words[state], v.T(stateKey + words[state])})
	}
	for n := 1; n <= Prefectures; n++ {
		c, at := counts[n], tiles[n]
		state, name := c.State(), entry.PrefectureName(fmt.Sprintf("%02d", n), lang)
		x := tile{X: at.x * (size + gap), Y: at.y * (size + gap), Name: name, Sign: signs[state], Class: words[state],
			Text: v.T("fleetmap.tile", "name", name, "n", ja.Number(c.All), "state", v.T(stateKey+words[state]))}
		if lang == ja.Japanese && n != 1 { // 北海道 is no 県
			x.Name = strings.TrimRight(name, "都府県")
			if n == 26 {
				x.Name = "京都" // the 都 of 京都府 is no 都
			}
		}
		x.Long = lang != ja.Japanese && len(x.Name) >= longName
		x.TextX, x.NameY, x.SignY = x.X+size/2, x.Y+17, x.Y+36
		if c.All > 0 {
			x.N, x.URL = ja.Number(c.All), p.Root+"/fleet?where="+strconv.Itoa(n)
			view.Rows = append(view.Rows, row{name, x.URL, ui.State{Tone: tones[state], Text: v.T(stateKey + words[state])}, x.N, ja.Number(c.Silent), ja.Number(c.Old)})
		}
		view.Tiles = append(view.Tiles, x)
		view.Width, view.Height = max(view.Width, x.X+size+gap), max(view.Height, x.Y+size+gap) // half a gap on each side
	}
	return view
}
