package intake_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"testing"

	"otasuke/wire"
)

// A box without a code gets to the company that enters what it shows, and works from then on.
func TestPair(t *testing.T) {
	suite(t, func(o *office) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(o.T, err)
		send := func(path string, body, answer any) (int, *wire.Error) {
			text, err := json.Marshal(body)
			must(o.T, err)
			return o.post(o.client(), path, text, answer)
		}
		var offer wire.PairResponse
		if _, refused := send(wire.PathPair, wire.PairRequest{Version: wire.Version, CSR: o.csr(key), Model: "OT-1"}, &offer); refused != nil || offer.Check() != nil || offer.Site != "https://portal.example" {
			o.Fatalf("%+v %v", offer, refused)
		}
		poll := func(k *ecdsa.PrivateKey, token string) (got wire.PairAnswer, status int, refused *wire.Error) {
			status, refused = send(wire.PathPairPoll, wire.PairPoll{Version: wire.Version, Token: token, CSR: o.csr(k), Model: "OT-1"}, &got)
			return got, status, refused
		}
		if _, status, refused := poll(key, offer.Token); status != http.StatusPreconditionRequired || refused.Code != "waiting" {
			o.Errorf("before: %d %v", status, refused)
		}
		spki, err := x509.MarshalPKIXPublicKey(key.Public())
		must(o.T, err)
		if w, err := o.pairings.Look(o.Context(), o.own, offer.Code); err != nil || w.Number != wire.KeyNumber(spki) || w.Remote != "127.0.0.1" {
			o.Errorf("%+v %v", w, err)
		}
		must(o.T, o.pairings.Accept(o.Context(), o.own, "", "p1", offer.Code))
		other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(o.T, err)
		if _, status, refused := poll(other, offer.Token); status != http.StatusConflict {
			o.Errorf("with another key: %d %v", status, refused)
		}
		got, _, refused := poll(key, offer.Token)
		if refused != nil || got.Claim == nil || got.Claim.Company != "株式会社さくら金属" {
			o.Fatalf("%+v %v", got, refused)
		}
		block, _ := pem.Decode([]byte(got.Claim.Certificate))
		b := &box{o: o, id: got.Claim.BoxID, key: key, client: o.client(tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key})}
		b.beat(wire.Health{Protecting: true})
		if boxes, err := o.devices.Boxes(o.Context(), o.own); err != nil || len(boxes) != 1 || boxes[0].Model != "OT-1" || !boxes[0].Protecting {
			o.Errorf("%+v %v", boxes, err)
		}
		if _, status, refused := poll(key, "no token of ours"); status != http.StatusGone || refused.Code != "code" {
			o.Errorf("another token: %d %v", status, refused)
		}
		for what, body := range map[string]any{"no CSR": wire.PairRequest{Version: wire.Version}, "another version": wire.PairRequest{Version: 99, CSR: o.csr(key)}, "long": wire.PairRequest{Version: wire.Version, CSR: o.csr(key), Model: string(make([]byte, wire.MaxText+1))}} {
			if status, refused := send(wire.PathPair, body, &offer); refused == nil || status/100 != 4 {
				o.Errorf("%s: %d %v", what, status, refused)
			}
		}
		if status, _ := send(wire.PathPairPoll, wire.PairPoll{Version: wire.Version, CSR: o.csr(key)}, &got); status != http.StatusBadRequest {
			o.Errorf("a poll without a token: %d", status)
		}
	})
}
