package mail

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMIMEWarning is how long before its end a certificate is warned of: to order one takes people weeks.
const SMIMEWarning = 30 * 24 * time.Hour

// minRSA is the shortest key that mail programs still take (RFC 8551, 4.2).
const minRSA = 2048

// SMIME is the certificate that signs (RFC 8551), with its key.
type SMIME struct {
	Certificate  *x509.Certificate
	Intermediate *x509.Certificate // who signed it; nil when the file has none
	Key          crypto.Signer
}

// ParseSMIME reads a certificate, with the authority's own behind it, and its key from PEM. What mail programs would not take is
// an error: better at the start than with every customer.
func ParseSMIME(certificates, key []byte) (*SMIME, error) {
	bad := func(what string) error { return fmt.Errorf("%w: S/MIME: %s", errConfig, what) }
	pair, err := tls.X509KeyPair(certificates, key)
	if err != nil {
		return nil, bad(strings.TrimPrefix(err.Error(), "tls: "))
	}
	s := &SMIME{}
	if s.Certificate, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
		return nil, bad(err.Error())
	}
	if len(pair.Certificate) > 1 {
		if s.Intermediate, err = x509.ParseCertificate(pair.Certificate[1]); err != nil {
			return nil, bad("the second certificate: " + err.Error())
		}
	}
	switch k := pair.PrivateKey.(type) {
	case *rsa.PrivateKey:
		if s.Key = k; k.N.BitLen() < minRSA {
			return nil, bad(fmt.Sprintf("an RSA key of %d bits is too short", k.N.BitLen()))
		}
	case *ecdsa.PrivateKey:
		s.Key = k
	default:
		return nil, bad("mail programs know RSA and ECDSA keys only")
	}
	c := s.Certificate
	switch {
	case c.IsCA:
		return nil, bad("the first certificate is an authority's; put the one of the address first")
	case c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0:
		return nil, bad("the certificate is not for signatures")
	case len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0 && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny):
		return nil, bad("the certificate is not for mail (emailProtection); one of a web server does not do")
	}
	return s, nil
}

// emailAddress is where older certificates have the address (RFC 8550, 3).
var emailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

// addresses that the certificate is for.
func (s *SMIME) addresses() []string {
	all := slices.Clone(s.Certificate.EmailAddresses)
	for _, n := range s.Certificate.Subject.Names {
		if text, ok := n.Value.(string); ok && n.Type.Equal(emailAddress) {
			all = append(all, text)
		}
	}
	return all
}

// fits wants the certificate to be of the address that mails come from: mail programs warn of any other (RFC 8550, 3).
func (s *SMIME) fits(from string) error {
	if s.Certificate == nil || s.Key == nil {
		return fmt.Errorf("%w: S/MIME needs a certificate and its key", errConfig)
	}
	same := func(one string) bool { return strings.EqualFold(one, from) }
	if all := s.addresses(); !slices.ContainsFunc(all, same) {
		return fmt.Errorf("%w: the S/MIME certificate is for %q, and mails come from %q: mail programs would warn of them", errConfig, all, from)
	}
	return nil
}

// Valid says whether the certificate may sign at a time.
func (s *SMIME) Valid(at time.Time) bool {
	return !at.Before(s.Certificate.NotBefore) && at.Before(s.Certificate.NotAfter)
}

// sign has a message signed, unless the certificate is not valid: a mail without a signature is better than none.
func (s *Sender) sign(msg *gomail.Msg) error {
	if s.cfg.SMIME == nil {
		return nil
	}
	if now := time.Now(); !s.cfg.SMIME.Valid(now) {
		s.cfg.Log.Error("mail goes out without S/MIME: the certificate is not valid", "until", s.cfg.SMIME.Certificate.NotAfter)
		return nil
	}
	if err := msg.SignWithKeypair(s.cfg.SMIME.Key, s.cfg.SMIME.Certificate, s.cfg.SMIME.Intermediate); err != nil {
		return errors.Join(errConfig, err)
	}
	return nil
}
