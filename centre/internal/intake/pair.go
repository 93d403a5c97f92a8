package intake

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/enrol"
	"otasuke/centre/internal/pairing"
	"otasuke/wire"
)

// Pairings gives boxes codes to show; pairing.Service is one.
type Pairings interface {
	Ask(ctx context.Context, a pairing.Asking) (pairing.Offer, error)
	Collect(ctx context.Context, token string, c device.Claim, issue device.Issue) (device.Box, string, error)
}

// pair gives a box a code.
func (in *Intake) pair(w http.ResponseWriter, r *http.Request) error {
	var req wire.PairRequest
	if err := control(w, r, &req); err != nil {
		return err
	}
	csr, err := enrol.ParseRequest(req.CSR)
	if err != nil {
		return err
	}
	o, err := in.cfg.Pairings.Ask(r.Context(), pairing.Asking{KeyHash: csr.KeyHash, Number: keyNumber(req.CSR), Model: req.Model, Software: req.Software, Remote: r.RemoteAddr})
	if err != nil {
		return err
	}
	return reply(w, wire.PairResponse{Version: wire.Version, Code: o.Code, Token: o.Token, Expires: int(o.Life.Seconds()), Every: int(o.Every.Seconds()), Site: in.cfg.Site, Phone: in.cfg.Phone})
}

// pairPoll gives a box its identity once somebody has confirmed its code.
func (in *Intake) pairPoll(w http.ResponseWriter, r *http.Request) error {
	var req wire.PairPoll
	if err := control(w, r, &req); err != nil {
		return err
	}
	csr, err := enrol.ParseRequest(req.CSR)
	if err != nil {
		return err
	}
	c := device.Claim{KeyHash: csr.KeyHash, Model: req.Model, Software: req.Software, Remote: r.RemoteAddr}
	box, certificate, err := in.cfg.Pairings.Collect(r.Context(), req.Token, c,
		func(tenantID, boxID string) (string, string, error) { return in.cfg.CA.SignBox(csr, tenantID, boxID) })
	if err != nil {
		return err
	}
	claim, err := in.claimed(r.Context(), &box, certificate)
	if err != nil {
		return err
	}
	return reply(w, wire.PairAnswer{Version: wire.Version, Claim: &claim})
}

// claimed is the answer to a box that has got its identity.
func (in *Intake) claimed(ctx context.Context, box *device.Box, certificate string) (wire.ClaimResponse, error) {
	company, err := in.cfg.Companies.CompanyByID(ctx, box.TenantID)
	if err != nil {
		return wire.ClaimResponse{}, err
	}
	in.cfg.Log.Info("box claimed", "tenant", box.TenantID, "box", box.ID)
	return wire.ClaimResponse{Version: wire.Version, BoxID: box.ID, Certificate: certificate, CA: in.cfg.CA.Certificate(), Company: company.Name, Phone: in.cfg.Phone}, nil
}

// keyNumber is the number of the key of a request that was parsed before.
func keyNumber(text string) string {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return ""
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return ""
	}
	return wire.KeyNumber(csr.RawSubjectPublicKeyInfo)
}
