package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Paths by which a box without a claim code gets to its company: it shows a short code, somebody
// who is logged in enters it, and the box asks until that has happened (as RFC 8628 does it for
// televisions). Neither wants a certificate.
const (
	PathPair     = "/v1/pair"
	PathPairPoll = "/v1/pair/poll"
)

// maxToken bounds the secret of a poll; ours have 26 characters.
const maxToken = 128

var errPair = errors.New("wire: bad pairing")

// PairRequest is the body of [PathPair]: a box asks for a code that it may show.
type PairRequest struct {
	Version int `json:"version"`
	// CSR is as in [ClaimRequest]; what comes of the code counts for this key alone.
	CSR      string `json:"csr"`
	Model    string `json:"model,omitempty"`
	Software string `json:"software,omitempty"`
}

// PairResponse gives the box its code.
type PairResponse struct {
	Version int `json:"version"`
	// Code is for people, in groups of four; Token is the box's own secret, for its polls.
	Code  string `json:"code"`
	Token string `json:"token"`
	// Expires is for how many seconds both count, Every after how many the box may ask again.
	Expires int `json:"expires"`
	Every   int `json:"every"`
	// Site is where people enter the code; "" when the centre does not say.
	Site string `json:"site,omitempty"`
	// Phone is whom to call; "" when the centre does not say.
	Phone string `json:"phone,omitempty"`
}

// PairPoll is the body of [PathPairPoll].
type PairPoll struct {
	Version  int    `json:"version"`
	Token    string `json:"token"`
	CSR      string `json:"csr"`
	Model    string `json:"model,omitempty"`
	Software string `json:"software,omitempty"`
}

// PairAnswer answers it when the code was confirmed; until then the answer is an [Error] with
// the code "waiting", and with "code" when a new one is needed.
type PairAnswer struct {
	Version int            `json:"version"`
	Claim   *ClaimResponse `json:"claim"`
}

// KeyNumber is the number by which people compare a key on two screens, "482 913": of a public
// key in PKIX form (RFC 5280 section 4.1). A million of them are enough for a comparison; they
// protect nothing by themselves.
func KeyNumber(spki []byte) string {
	sum := sha256.Sum256(spki)
	n := binary.BigEndian.Uint32(sum[:4]) % 1_000_000
	return fmt.Sprintf("%03d %03d", n/1000, n%1000)
}

// Check says what is wrong with a request for a code, apart from its CSR.
func (p *PairRequest) Check() error {
	if longer([]string{p.Model, p.Software}, MaxText) || len(p.CSR) > MaxCSR {
		return fmt.Errorf("%w: text is too long", errPair)
	}
	return nil
}

// Check says what is wrong with a poll, apart from its CSR.
func (p *PairPoll) Check() error {
	if p.Token == "" || len(p.Token) > maxToken || len(p.CSR) > MaxCSR || longer([]string{p.Model, p.Software}, MaxText) {
		return fmt.Errorf("%w: a text of a poll", errPair)
	}
	return nil
}

// Limits of what a box believes of a centre: a code lives a day at most, and is asked for no
// more often than each second.
const (
	maxPairLife  = 24 * 60 * 60
	maxPairEvery = 60
	maxPairCode  = 16
)

// Check says what is wrong with an answer of the centre, which the box shows to people.
func (p *PairResponse) Check() error {
	wrong := ""
	switch {
	case p.Code == "" || len(p.Code) > maxPairCode || !plainCode(p.Code):
		wrong = "code"
	case p.Token == "" || len(p.Token) > maxToken:
		wrong = "token"
	case p.Expires < 1 || p.Expires > maxPairLife || p.Every < 1 || p.Every > maxPairEvery:
		wrong = "times"
	case len(p.Site) > MaxText || len(p.Phone) > MaxWord:
		wrong = "site or phone"
	}
	if wrong != "" {
		return fmt.Errorf("%w: %s", errPair, wrong)
	}
	return nil
}

func plainCode(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}
