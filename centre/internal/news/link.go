package news

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// What a link in a mail is for. A link for one thing opens no other.
const (
	forLeave = "leave" // no more promotions to a person
	forSeat  = "seat"  // a seat for people of a company
	forPlace = "place" // one's own seat
)

const (
	// signed is how much of the HMAC-SHA256 stands in a link, in bytes: 128 bits.
	signed = 16
	// maxLink in bytes.
	maxLink = 400
)

// keyOnce is the key that links are signed with, once it was read.
type keyOnce struct {
	sync.Mutex
	key []byte
}

// secret is the key, made on first use. Links are good as long as it is: the law wants a way out of an old mail too.
func (s *Service) secret(ctx context.Context) ([]byte, error) {
	s.key.Lock()
	defer s.key.Unlock()
	if s.key.key != nil {
		return s.key.key, nil
	}
	var text string
	err := s.Store.Write(ctx, tenant.House, func(tx *store.Tx) (err error) {
		text, err = keepKey(tx, rand.Text()+rand.Text())
		return err
	})
	if err == nil {
		s.key.key = []byte(text)
	}
	return s.key.key, err
}

// sign makes a token that names a company and something of it.
func (s *Service) sign(ctx context.Context, purpose, tenantID, ref string) (string, error) {
	key, err := s.secret(ctx)
	if err != nil {
		return "", err
	}
	said := tenantID + "\x00" + ref
	return base64.RawURLEncoding.EncodeToString([]byte(said)) + "." + base64.RawURLEncoding.EncodeToString(seal(key, purpose, said)), nil
}

func seal(key []byte, purpose, said string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(purpose + "\x00" + said))
	return mac.Sum(nil)[:signed]
}

// open is what a token names; whatever is not right about it is [store.ErrNotFound].
func (s *Service) open(ctx context.Context, purpose, token string) (tenantID, ref string, err error) {
	key, err := s.secret(ctx)
	if err != nil {
		return "", "", err
	}
	first, second, ok := strings.Cut(token, ".")
	said, err := base64.RawURLEncoding.Strict().DecodeString(first)
	mac, bad := base64.RawURLEncoding.Strict().DecodeString(second)
	if !ok || err != nil || bad != nil || len(token) > maxLink || !hmac.Equal(mac, seal(key, purpose, string(said))) {
		return "", "", store.ErrNotFound
	}
	tenantID, ref, _ = strings.Cut(string(said), "\x00")
	return tenantID, ref, nil
}

// Leaver is who holds the link to end promotions.
type Leaver struct {
	Company, Name string
	Off           bool // it is so already
}

// Leaver says whose link it is.
func (s *Service) Leaver(ctx context.Context, token string) (l Leaver, err error) {
	company, person, err := s.open(ctx, forLeave, token)
	if err != nil {
		return l, err
	}
	c, err := s.Companies.CompanyByID(ctx, company)
	if err != nil {
		return l, err
	}
	people, err := s.readersOf(ctx, company)
	for _, r := range people {
		if r.ID == person {
			return Leaver{c.Name, r.Name, !r.wants(Offer)}, err
		}
	}
	return l, firstOf(err, store.ErrNotFound)
}

// Leave ends promotions to whoever holds the link, or lets them come again.
func (s *Service) Leave(ctx context.Context, token string, again bool) error {
	company, person, err := s.open(ctx, forLeave, token)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, company, func(tx *store.Tx) error {
		all, err := selectOwnReaders(tx)
		if err != nil {
			return err
		}
		for i := range all {
			if r := &all[i]; r.ID == person {
				return s.choose(tx, r, r.wants(Warning), again, "link", "person:"+person)
			}
		}
		return store.ErrNotFound
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
