package centre

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"otasuke/centre/internal/letin"
	"otasuke/centre/internal/oidc"
	"otasuke/centre/internal/passkey"
	"otasuke/centre/internal/store"
)

// SecretEnv is the variable with the client's secret, for those who keep it in no file.
const SecretEnv = "OTASUKE_OIDC_SECRET"

// OIDCConfig is the identity provider of the operating organisation.
type OIDCConfig struct {
	// Name of the provider on the button: "Microsoft", "Google", "社内ID".
	Name string `toml:"name"`
	// Issuer is the provider as it names itself; empty: there is none.
	Issuer   string `toml:"issuer"`
	ClientID string `toml:"client_id"`
	// ClientSecretFile holds the client's secret; without it [SecretEnv] does.
	ClientSecretFile string `toml:"client_secret_file"`
	// SecondFactor is who answers for it: "ours" (default; the centre asks, as after a password), "claim" (the token says so) or
	// "provider" (its policy makes sure, and the token does not say so).
	SecondFactor string `toml:"second_factor"`
	// AMR and ACR are the values of these claims of which one is needed with "claim".
	AMR []string `toml:"amr"`
	ACR []string `toml:"acr"`
	// HostedDomain is the organisation's domain at Google.
	HostedDomain string `toml:"hosted_domain"`
	// Only turns passwords and passkeys off for operators, analysts, desk and auditors.
	Only bool `toml:"only"`
}

func (o *OIDCConfig) config(c *Config) oidc.Config {
	return oidc.Config{Name: o.Name, Issuer: o.Issuer, ClientID: o.ClientID, Redirect: c.Console.URL + "/login/oidc/back", Ended: c.Console.URL + "/login/oidc/ended", Proof: oidc.Proof(cmp.Or(o.SecondFactor, string(oidc.ProofOurs))),
		AMR: o.AMR, ACR: o.ACR, HostedDomain: o.HostedDomain, Only: o.Only, Log: c.Log}
}

func (o *OIDCConfig) check(c *Config) error {
	if o.Issuer == "" {
		if o.Name != "" || o.ClientID != "" || o.Only {
			return fmt.Errorf("%w: oidc.issuer is missing", ErrConfig)
		}
		return nil
	}
	one := o.config(c)
	if err := one.Check(); err != nil {
		return fmt.Errorf("%w: oidc: %w", ErrConfig, err)
	}
	return nil
}

// openProvider makes the way in by the identity provider, if there is one. It is not asked yet: the centre starts without it.
func (c *Centre) openProvider() (err error) {
	o := &c.cfg.OIDC
	if o.Issuer == "" {
		return nil
	}
	cfg := o.config(&c.cfg)
	cfg.Store, cfg.Tenants, cfg.Secret = c.store, c.tenants, os.Getenv(SecretEnv)
	if o.ClientSecretFile != "" {
		b, err := os.ReadFile(o.ClientSecretFile)
		if err != nil {
			return fmt.Errorf("%w: oidc.client_secret_file: %w", ErrConfig, err)
		}
		cfg.Secret = string(b)
	}
	if cfg.Secret = strings.TrimSpace(cfg.Secret); cfg.Secret == "" {
		return fmt.Errorf("%w: oidc.client_secret_file is missing or empty, and so is %s", ErrConfig, SecretEnv)
	}
	if c.idp, err = oidc.New(cfg); err != nil {
		return fmt.Errorf("%w: oidc: %w", ErrConfig, err)
	}
	return nil
}

// ways are the ways in of people that rooms above tenant keep.
type ways struct{ passkey.Keys }

// Drop implements [tenant.Keys].
func (w ways) Drop(tx *store.Tx, personID string) error {
	return errors.Join(w.Keys.Drop(tx, personID), oidc.Drop(tx, personID))
}

// glass is for when nothing else lets the staff in.
func (c *Centre) glass() *letin.Service {
	return letin.New(letin.Config{Store: c.store, Tenants: c.tenants})
}

// LetInLink is what [Centre.LetIn] made.
type LetInLink struct {
	Link    string    `json:"link"` // shown once
	Expires time.Time `json:"expires"`
}

// LetIn makes a link that lets somebody of the staff in once, when the identity provider or a lost second factor keeps them out.
func (c *Centre) LetIn(ctx context.Context, email, why string) (LetInLink, error) {
	token, expires, err := c.glass().Make(ctx, cli, email, why)
	if err != nil {
		return LetInLink{}, err
	}
	return LetInLink{Link: strings.TrimSuffix(c.cfg.Console.URL, "/") + "/let-in/" + token, Expires: expires}, nil
}
