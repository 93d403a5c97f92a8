package browser

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"otasuke/centre"
	"otasuke/e2e/idp"
	"otasuke/e2e/mailsink"
)

// provided is a centre of its own whose staff have an identity provider, which is on another site than the console.
func provided(t *testing.T) (console string, by *idp.Provider, sink *mailsink.Sink) {
	t.Helper()
	by = idp.New("otasuke", "a secret")
	t.Cleanup(by.Close)
	by.Claims = map[string]any{"sub": "7", "email": "boss@chamber.example", "email_verified": true}
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("a secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var at [3]string
	for i := range at {
		var err error
		if at[i], err = freeAddress(); err != nil {
			t.Fatal(err)
		}
	}
	sink = &mailsink.Sink{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = sink.Serve(l) }()
	t.Cleanup(func() { _ = sink.Close() })
	console = "http://localhost" + at[1][strings.LastIndex(at[1], ":"):]
	by.Redirect, by.AfterEnd = console+"/login/oidc/back", console+"/login/oidc/ended"
	c, err := centre.New(t.Context(), centre.Config{
		Log: warnings("centre with a provider"), Name: "なにわ商工会議所", Database: "sqlite://" + filepath.Join(dir, "centre.db"), StateDir: filepath.Join(dir, "centre"), Phone: deskPhone,
		Portal: centre.WebConfig{Listen: at[0], URL: "http://" + at[0]}, Console: centre.WebConfig{Listen: at[1], URL: console},
		Boxes: centre.BoxConfig{Listen: at[2], Names: []string{"127.0.0.1"}}, Mail: centre.MailConfig{Server: l.Addr().String(), TLS: "none", From: "otasuke@" + alertDomain},
		OIDC: centre.OIDCConfig{Name: "Example ID", Issuer: by.URL, ClientID: "otasuke", ClientSecretFile: secret, SecondFactor: "provider", Only: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AddOperator(t.Context(), "運用 近藤", "boss@chamber.example", ""); err != nil {
		t.Fatal(err)
	}
	run, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- c.Run(run) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = c.Close()
	})
	eventually(t, "the console", func() bool {
		conn, err := net.DialTimeout("tcp", at[1], time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return console, by, sink
}

// sane fails for anything on the console: requests to the provider are meant.
func (b *tab) sane() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.trouble {
		if !strings.HasPrefix(s, "request to elsewhere") && !strings.Contains(s, "status of 503") && !strings.Contains(s, "status of 403") {
			b.t.Error(s)
		}
	}
	b.trouble = nil
}

// Somebody of the staff comes in by one button, by way of another site, without script too, and reads what to do when it does
// not work.
func TestLoginByProvider(t *testing.T) {
	console, by, sink := provided(t)
	for _, script := range []bool{true, false} {
		b := newTab(t, 360, 740)
		if !script {
			b.withoutScript()
		}
		b.language(console, "ja")
		b.open(console + "/people")
		b.says("Example ID でログイン", "業者・保険会社の方はこちら")
		if script {
			b.usable("the login page with a provider")
			if dir := os.Getenv("OTASUKE_SCREENSHOTS"); dir != "" {
				for _, lang := range languages {
					b.language(console, lang)
					for _, width := range widths {
						b.picture(filepath.Join(dir, fmt.Sprintf("login-provider-%d-%s.png", width, lang)), width)
					}
				}
				b.language(console, "ja")
			}
			b.open(console + "/login?next=%2Fpeople")
			good := by.Claims
			by.Claims = map[string]any{"sub": "8", "email": "stranger@chamber.example", "email_verified": true}
			b.click(".login a.button")
			b.says("Example ID のアカウントでは、ここに入れません", "Example ID でログイン")
			b.usable("who is not let in")
			if dir := os.Getenv("OTASUKE_SCREENSHOTS"); dir != "" {
				b.picture(filepath.Join(dir, "login-stranger-360-ja.png"), 360)
			}
			by.Claims = good
			b.open(console + "/login?next=%2Fpeople")
		}
		if status := b.click(".login a.button"); status != 200 || b.path() != "/people" {
			t.Errorf("script %v: %d %s", script, status, b.path())
		}
		b.says("boss@chamber.example")
		b.open(console + "/account")
		b.says("Example ID のアカウントと結びついています", "ログインは Example ID で行います")
		b.saysNot("パスワードを変える")
		if script {
			b.usable("the account")
			if dir := os.Getenv("OTASUKE_SCREENSHOTS"); dir != "" {
				b.picture(filepath.Join(dir, "account-provider-360-ja.png"), 360)
			}
		}
		b.click(`form[action$="/logout"] button`)
		b.says("Example ID にはまだログインしています")
		if script {
			b.usable("after logging out")
		}
		b.click(`a[href$="/login/oidc/end"]`)
		b.says("Example ID からもログアウトしました")
		b.open(console + "/people")
		b.says("Example ID でログイン")
		b.sane()
	}
	eventually(t, "the mail about it", func() bool {
		for _, m := range sink.Mails() {
			if strings.Contains(m.Subject, "所属組織のアカウントでログインしました") {
				return true
			}
		}
		return false
	})
	if u, err := url.Parse(by.URL); err != nil || strings.HasPrefix(console, "http://"+u.Hostname()) {
		t.Error("provider and console are on one site: nothing is shown of cookies", err)
	}
}
