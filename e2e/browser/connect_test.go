package browser

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"otasuke/wire"
)

// waiting is a box that was just unpacked, as the centre sees it.
type waiting struct {
	wire.PairResponse
	csr, number string
}

// unpack has the centre give a new box a code to show.
func (w *world) unpack(t *testing.T) string { return w.newBox(t).Code }

func (w *world) newBox(t *testing.T) (b waiting) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	b.csr, b.number = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})), wire.KeyNumber(spki)
	if status := w.box(t, wire.PathPair, wire.PairRequest{Version: wire.Version, CSR: b.csr, Model: "Otasuke Box 2", Software: "1.4.0"}, &b.PairResponse); status != http.StatusOK {
		t.Fatalf("no code: %d", status)
	}
	return b
}

// box says something at the listener for boxes.
func (w *world) box(t *testing.T, path string, body, answer any) (status int) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer c.CloseIdleConnections()
	resp, err := c.Post("https://"+w.boxes+path, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode
}

// From the link on the box's page over the login to a box of the company, without script.
func TestOwnerConnectsABox(t *testing.T) {
	box := here.newBox(t)
	b := newTab(t, 360, 740)
	b.withoutScript()
	b.open(box.Site + "?code=" + box.Code)
	b.do(chromedp.SendKeys(chromedp.CSS("#email"), here.mori.owner), chromedp.SendKeys(chromedp.CSS("#password"), password))
	b.click(".login .button")
	if got := eval[string](b, `document.querySelector("#code").value`); got != box.Code {
		t.Errorf("after the login the code is %q", got)
	}
	b.click("main .button-key")
	b.says(box.number, "Otasuke Box 2", "The same line as you are on now")
	poll := wire.PairPoll{Version: wire.Version, Token: box.Token, CSR: box.csr}
	var got wire.PairAnswer
	if status := here.box(t, wire.PathPairPoll, poll, &got); status != http.StatusPreconditionRequired {
		t.Fatalf("looking has connected it: %d", status)
	}
	b.click("main .button-key")
	if b.path() != "/" {
		t.Errorf("the end is at %s", b.path())
	}
	b.says("The box was told")
	if status := here.box(t, wire.PathPairPoll, poll, &got); status != http.StatusOK || got.Claim == nil || got.Claim.Company != "Mori Trading" {
		t.Fatalf("%d %+v", status, got)
	}
	b.open(here.portal + "/")
	b.says("Box 2")
	b.calm()

	other := newTab(t, 360, 740)
	other.login(here.portal, here.sato.owner)
	other.open(here.portal + "/connect")
	other.do(chromedp.SendKeys(chromedp.CSS("#code"), box.Code))
	other.click("main .button-key")
	other.says("見つかりませんでした")
}
