package apps

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"otasuke/content/apps"
)

// ErrPolicy tells what is wrong with a wish to block.
var ErrPolicy = errors.New("apps: block")

// maxBlocks bounds a company's wishes: each is asked once for a conversation.
const maxBlocks = 100

// Block is a wish not to let applications through. It holds for the devices that are
// named, for all where none is.
type Block struct {
	Applications, Categories []string
	MACs                     [][6]byte
	Nets                     []netip.Prefix
}

// Policy is what a company wants blocked. Nil blocks nothing.
type Policy struct{ blocks []block }

type block struct {
	apps []bool // by number
	macs [][6]byte
	nets []netip.Prefix
}

// NewPolicy makes ready what a company wants blocked; nil where that is nothing.
func NewPolicy(t *Table, c *apps.Catalogue, wishes []Block) (*Policy, error) {
	if len(wishes) > maxBlocks {
		return nil, fmt.Errorf("%w: more than %d", ErrPolicy, maxBlocks)
	}
	p := new(Policy)
	for _, w := range wishes {
		b := block{apps: make([]bool, len(t.apps)), macs: w.MACs, nets: w.Nets}
		for _, id := range w.Applications {
			n := t.Find(id)
			if n == 0 {
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
		if !slices.Contains(b.apps, true) {
			return nil, fmt.Errorf("%w: neither applications nor categories", ErrPolicy)
		}
		p.blocks = append(p.blocks, b)
	}
	if len(p.blocks) == 0 {
		return nil, nil
	}
	return p, nil
}

// Blocks tells whether a device may not use the application of a conversation. It is
// asked once for each finding.
func (p *Policy) Blocks(f *Flow, mac [6]byte, addr netip.Addr) bool {
	if p == nil || f.judged || !f.By.Sure() {
		return false
	}
	f.judged = true
	for i := range p.blocks {
		if b := &p.blocks[i]; int(f.App) < len(b.apps) && b.apps[f.App] && b.holds(mac, addr) {
			return true
		}
	}
	return false
}

func (b *block) holds(mac [6]byte, addr netip.Addr) bool {
	if len(b.macs)+len(b.nets) == 0 || slices.Contains(b.macs, mac) {
		return true
	}
	addr = addr.Unmap()
	for _, n := range b.nets {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}
