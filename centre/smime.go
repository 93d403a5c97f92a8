package centre

import (
	"fmt"
	"os"
	"time"

	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/ops"
)

// smime reads the certificate that signs mails; nil when none is configured.
func (m *MailConfig) smime() (*mail.SMIME, error) {
	switch {
	case m.SMIMECertificateFile == "" && m.SMIMEKeyFile == "":
		return nil, nil
	case m.SMIMECertificateFile == "":
		return nil, fmt.Errorf("%w: mail.smime_certificate_file is missing", ErrConfig)
	case m.SMIMEKeyFile == "":
		return nil, fmt.Errorf("%w: mail.smime_key_file is missing", ErrConfig)
	}
	certificates, err := os.ReadFile(m.SMIMECertificateFile)
	if err != nil {
		return nil, fmt.Errorf("%w: mail.smime_certificate_file: %w", ErrConfig, err)
	}
	key, err := os.ReadFile(m.SMIMEKeyFile)
	if err != nil {
		return nil, fmt.Errorf("%w: mail.smime_key_file: %w", ErrConfig, err)
	}
	s, err := mail.ParseSMIME(certificates, key)
	if err != nil {
		return nil, fmt.Errorf("%w: mail.smime_certificate_file: %w", ErrConfig, err)
	}
	return s, nil
}

// certified notes until when mails are signed, and says in the log when that ends soon.
func (c *Centre) certified(s *mail.SMIME) {
	if s == nil {
		return
	}
	c.signedUntil = s.Certificate.NotAfter
	if left := time.Until(c.signedUntil); left < mail.SMIMEWarning {
		c.cfg.Log.Warn("the S/MIME certificate of mails ends soon; without one they go out unsigned", "until", c.signedUntil)
	}
}

// signature is for who watches the centre.
func (c *Centre) signature() []ops.Figure {
	if c.signedUntil.IsZero() {
		return nil
	}
	return []ops.Figure{{Name: "otasuke_smime_expiry_time_seconds", Help: "When the S/MIME certificate of mails ends, seconds since 1970; mails go out unsigned then.", Value: float64(c.signedUntil.Unix())}}
}
