package frontpage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"otasuke/content/text"
	"otasuke/internal/clock"
)

// Limits of the listener: a page is one small request, and people open a few.
const (
	requestTimeout = 10 * time.Second
	maxHeader      = 8 << 10
	maxConns       = 64
	// retry is how long a port that another program has is waited for.
	retry = 10 * time.Second
)

// LocalName is the name by which devices of the office may call the box (RFC 6762).
const LocalName = "otasuke.local"

// Config says what the page works with.
type Config struct {
	// Listen is the address, ":80"; Device the interface that it is bound to, "" for all.
	Listen, Device string
	// Home tells the office's addresses; nobody else is answered.
	Home func(netip.Addr) bool
	// State is asked for with each page.
	State func() State
	// TestName is that of the self-test.
	TestName string
	// Clock tells the time. Default: the machine's.
	Clock clock.Clock
	Log   *slog.Logger
}

// Page is the server. It is safe for concurrent use.
type Page struct {
	cfg   Config
	texts *text.Catalogue

	mu    sync.Mutex
	tried time.Time
	from  netip.Addr
}

// New makes it.
func New(cfg Config) (*Page, error) {
	texts, err := text.Load()
	if err != nil {
		return nil, err
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Page{cfg: cfg, texts: texts}, nil
}

// Run serves until ctx ends. A port that cannot be had is waited for; the box works without.
func (p *Page) Run(ctx context.Context) error {
	srv := &http.Server{Handler: p, ReadHeaderTimeout: requestTimeout, ReadTimeout: requestTimeout, WriteTimeout: requestTimeout, IdleTimeout: requestTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(p.cfg.Log.Handler(), slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	said := false
	for {
		l, err := p.listen(ctx)
		if err == nil {
			p.cfg.Log.Info("the box's page is up", "address", l.Addr().String())
			if err = srv.Serve(l); errors.Is(err, http.ErrServerClosed) {
				return nil
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		if !said {
			said = true
			p.cfg.Log.Error("the box's page cannot be shown, trying again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retry):
		}
	}
}

func (p *Page) listen(ctx context.Context) (net.Listener, error) {
	c := net.ListenConfig{Control: bind(p.cfg.Device)}
	l, err := c.Listen(ctx, "tcp", p.cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("frontpage: %w", err)
	}
	return netutil.LimitListener(&door{l, p.cfg.Home}, maxConns), nil
}

// door lets devices of the office in, at the box's own addresses of the office.
type door struct {
	net.Listener
	home func(netip.Addr) bool
}

func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if d.allows(c.RemoteAddr()) && inside(at(c.LocalAddr())) {
			return c, nil
		}
		_ = c.Close()
	}
}

func (d *door) allows(remote net.Addr) bool {
	a := at(remote)
	return a.IsLoopback() || a.IsValid() && d.home(a)
}

// inside tells an address that no router of the internet leads to.
func inside(a netip.Addr) bool { return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() }

// at is the address of an end, without its zone.
func at(a net.Addr) netip.Addr {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return t.AddrPort().Addr().Unmap().WithZone("")
}

// headers of all answers: nothing is loaded from elsewhere, framed, sent on or kept.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Frame-Options":         "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}

// ServeHTTP shows the pages.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for k, v := range headers {
		w.Header().Set(k, v)
	}
	name, ok := p.called(r)
	switch {
	case !ok:
		http.Error(w, "This is a box of Otasuke. It answers under its own address only.", http.StatusMisdirectedRequest)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "nothing can be changed here", http.StatusMethodNotAllowed)
	case r.URL.Path == "/page.css":
		w.Header().Set("Cache-Control", "max-age=300")
		http.ServeFileFS(w, r, files, "page.css")
	case name == p.cfg.TestName:
		p.showTried(w, r)
	case r.URL.Path != "/":
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		p.show(w, r)
	}
}

// called says by which of the box's names a request calls it. Another name that leads to the
// box is somebody's who wants to read the page through a browser of the office.
func (p *Page) called(r *http.Request) (string, bool) {
	name := strings.ToLower(r.Host)
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	name = strings.Trim(strings.TrimSuffix(name, "."), "[]")
	if name == LocalName || name == p.cfg.TestName || name == "localhost" {
		return name, true
	}
	a, err := netip.ParseAddr(name)
	if err != nil {
		return "", false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return name, local == nil || at(local) == a.Unmap().WithZone("")
}

func (p *Page) show(w http.ResponseWriter, r *http.Request) {
	s := p.cfg.State()
	v := p.view(r, &s)
	if v.Still != "" {
		after := refreshElse
		if v.Connect {
			after = refreshWaiting
		}
		w.Header().Set("Refresh", strconv.Itoa(after))
	}
	p.failed(w, render(w, "page.html", http.StatusOK, v))
}

// showTried is the end of a test: only the engine leads a browser here.
func (p *Page) showTried(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" {
		p.mu.Lock()
		p.tried, p.from = p.cfg.Clock.Now(), remote(r)
		p.mu.Unlock()
	}
	b := p.base(r)
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	back := LocalName
	if a := at(local); a.Is6() {
		back = "[" + a.String() + "]"
	} else if a.IsValid() {
		back = a.String()
	}
	v := triedView{base: b, Name: p.cfg.TestName, Back: "http://" + back + port(r.Host) + "/?lang=" + b.Lang}
	p.failed(w, render(w, "tried.html", http.StatusForbidden, v))
}

func (p *Page) failed(w http.ResponseWriter, err error) {
	if err == nil {
		return
	}
	p.cfg.Log.Error("the box's page", "err", err)
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}

func remote(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}
