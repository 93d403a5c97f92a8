package apps

import (
	"errors"
	"fmt"
	"slices"

	"otasuke/content/apps"
	"otasuke/gateway/internal/filter"
)

// ErrPolicy tells what is wrong with a wish to block.
var ErrPolicy = errors.New("apps: block")

// maxBlocks bounds a company's wishes: each is asked once for a conversation.
const maxBlocks = 100

// Block is a wish not to let applications through, for the groups of devices that are
// named, for all where none is.
type Block struct {
	Applications []string `toml:"applications"`
	Categories   []string `toml:"categories"`
	// Except are applications of those categories that are let through.
	Except []string `toml:"except"`
	Groups []string `toml:"groups"`
}

// Policy is what a company wants blocked. Nil blocks nothing.
type Policy struct {
	groups *filter.Groups
	blocks []block
}

type block struct {
	apps []bool // by number
	mask uint64 // of groups, 0 for all devices
}

// NewPolicy makes ready what a company wants blocked; nil where that is nothing.
func NewPolicy(t *Table, c *apps.Catalogue, groups *filter.Groups, wishes []Block) (*Policy, error) {
	if len(wishes) > maxBlocks {
		return nil, fmt.Errorf("%w: more than %d", ErrPolicy, maxBlocks)
	}
	p := &Policy{groups: groups}
	for _, w := range wishes {
		b := block{apps: make([]bool, len(t.apps))}
		for _, id := range w.Applications {
			n := t.Find(id)
			if _, ok := c.App(id); n == 0 || !ok { // a table also has those that are gone
				return nil, fmt.Errorf("%w: application %q is not known", ErrPolicy, id)
			}
			b.apps[n] = true
		}
		for _, id := range w.Categories {
			if _, ok := c.Category(id); !ok {
				return nil, fmt.Errorf("%w: category %q is not known", ErrPolicy, id)
			}
			for n := range t.apps {
				b.apps[n] = b.apps[n] || n > 0 && t.apps[n].Category == id
			}
		}
		for _, id := range w.Except {
			n := t.Find(id)
			if _, ok := c.App(id); n == 0 || !ok {
				return nil, fmt.Errorf("%w: application %q is not known", ErrPolicy, id)
			}
			b.apps[n] = false
		}
		if !slices.Contains(b.apps, true) {
			return nil, fmt.Errorf("%w: neither applications nor categories", ErrPolicy)
		}
		var err error
		if b.mask, err = groups.Mask(w.Groups); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
		p.blocks = append(p.blocks, b)
	}
	if len(p.blocks) == 0 {
		return nil, nil
	}
	return p, nil
}

// Pending tells that it must be asked whether a conversation is wanted: once for each finding.
func (p *Policy) Pending(f *Flow) bool { return p != nil && !f.judged && f.By.Sure() }

// Blocks tells whether a device may not use the application of a conversation.
func (p *Policy) Blocks(f *Flow, d filter.Device) bool {
	if !p.Pending(f) {
		return false
	}
	f.judged = true
	d.Addr = d.Addr.Unmap()
	for i := range p.blocks {
		if b := &p.blocks[i]; int(f.App) < len(b.apps) && b.apps[f.App] && (b.mask == 0 || b.mask&p.groups.Of(d) != 0) {
			return true
		}
	}
	return false
}
