package settings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/lastgood"
	"otasuke/gateway/internal/listing"
	"otasuke/gateway/internal/wanted"
	"otasuke/wire"
)

// How what the company wants by way of the centre joins the box's own file: what is a choice of one (encrypted_dns,
// stop_suspicious_files, a group of the same name) the file decides where it says it; lists and [[block]] of both count
// together, with what always counts among lists: a denial, then a permission, then what is blocked. no_policy = true leaves
// all of it out.

// Names of the lists that it makes, as alerts tell them.
const (
	listWanted  = "policy"
	listAllowed = "policy-allow"
	// listStops are the dangers that are stopped for all.
	listStops = wire.ListStops
)

// RenewPolicy reads what the company wants anew. An error tells that its copy counts, or, where there is none or it would not
// do, that the one before goes on.
func (c *Config) RenewPolicy() error {
	if c.NoPolicy || c.StateDir == "" {
		return nil
	}
	p, err := wanted.Load(c.StateDir, time.Now())
	if p == nil && err != nil {
		return err
	}
	if p != nil {
		if bad := c.TryPolicy(p); bad != nil {
			return errors.Join(err, bad)
		}
	}
	c.Policy = p
	return err
}

// PolicyID is that of the policy that counts, "" for none.
func (c *Config) PolicyID() string {
	if c.Policy == nil {
		return ""
	}
	return c.Policy.ID
}

// OwnKeys are the keys of the box's own file that have the last word, or a word, beside a policy.
func (c *Config) OwnKeys() (keys []string) {
	if c.EncryptedDNS != "" {
		keys = append(keys, "encrypted_dns")
	}
	if c.StopSuspicious != nil {
		keys = append(keys, "stop_suspicious_files")
	}
	if len(c.Lists) > 0 {
		keys = append(keys, "list")
	}
	if len(c.Blocked) > 0 {
		keys = append(keys, "block")
	}
	return keys
}

// TryPolicy tells why a policy would not do here.
func (c *Config) TryPolicy(p *wire.Policy) error {
	try := *c
	try.Policy = p
	groups, err := try.groups()
	if err != nil {
		return fmt.Errorf("gateway: policy: %w", err)
	}
	b := filter.NewBuilder(groups)
	errs := []error{}
	for _, l := range try.wantedLists() {
		errs = append(errs, l.Read(b, groups, new(lastgood.Folder)))
	}
	_, err = b.Lists()
	errs = append(errs, err)
	f, err := try.findApplications(new(lastgood.Folder), func(error) {})
	if err == nil {
		_, err = f.known()
	}
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("gateway: policy: %w", err)
	}
	return nil
}

// StopsSuspicious tells whether files that nobody can look into are stopped.
func (c *Config) StopsSuspicious() bool {
	if c.StopSuspicious != nil {
		return *c.StopSuspicious
	}
	return c.Policy != nil && c.Policy.Files == wire.FilesStop
}

func (c *Config) encryptedDNS() string {
	how := ""
	if c.Policy != nil {
		how = c.Policy.EncryptedDNS
	}
	return cmp.Or(c.EncryptedDNS, how, reportResolvers)
}

// wantedGroups adds the groups that a policy has; of two of the same name the file's counts.
func (c *Config) wantedGroups(g *filter.Groups) error {
	if c.Policy == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.Policy.Groups)) {
		if _, ours := c.Groups[name]; ours {
			continue
		}
		if err := g.Add(name, c.Policy.Groups[name]); err != nil {
			return err
		}
	}
	return nil
}

// wantedLists are the lists that a policy makes.
func (c *Config) wantedLists() (all []ListFile) {
	p := c.Policy
	if p == nil {
		return nil
	}
	for _, n := range append([]wire.PolicyNames{{Allow: p.Allow, Deny: p.Deny}}, p.Names...) {
		if len(n.Deny) > 0 {
			all = append(all, ListFile{Name: listWanted, Category: categoryOfOurs, Deny: true, Entries: n.Deny, Groups: n.Groups})
		}
		if len(n.Allow) > 0 {
			all = append(all, ListFile{Name: listAllowed, Allow: true, Entries: n.Allow, Groups: n.Groups})
		}
	}
	stops := map[string][]string{}
	for i := range p.Stops {
		stops[p.Stops[i].Category] = append(stops[p.Stops[i].Category], p.Stops[i].Value)
	}
	for _, category := range slices.Sorted(maps.Keys(stops)) {
		all = append(all, listing.List{Name: listStops, Category: category, Entries: stops[category]})
	}
	return all
}

// StopFiles are the digests of files that are stopped for all.
func (c *Config) StopFiles() (all []string) {
	if c.Policy == nil {
		return nil
	}
	for i := range c.Policy.StopFiles {
		all = append(all, c.Policy.StopFiles[i].SHA256)
	}
	return all
}

// wantedBlocks are the applications that a policy does not let through.
func (c *Config) wantedBlocks() (all []apps.Block) {
	if c.Policy == nil {
		return nil
	}
	for _, b := range c.Policy.Blocks {
		all = append(all, apps.Block{Applications: b.Applications, Categories: b.Categories, Except: b.Except, Groups: b.Groups})
	}
	return all
}

// WantedLeftOut says which applications of the policy are not known here; "" for none.
func (c *Config) WantedLeftOut() string {
	var all []string
	if _, err := c.findApplications(new(lastgood.Folder), func(err error) {
		if s := err.Error(); strings.HasSuffix(s, notKnown) {
			all = append(all, s)
		}
	}); err != nil {
		return ""
	}
	return strings.Join(all, "; ")
}
