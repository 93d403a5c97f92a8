package policy

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"otasuke/internal/hostname"
	"otasuke/wire"
)

// Groups are devices of a company for which more counts than for all: what is blocked for all is blocked for them too. A state
// keeps them as lines (State.Groups), each with one member or one wish, so that steps are told, compared and taken back line
// by line like everything else of a state.

// Limits of groups: a box takes 20 wishes about applications, one of which is everybody's.
const (
	MaxGroups     = wire.MaxPolicyGroups - 1
	MaxMembers    = wire.MaxMembers
	MaxGroupNames = 200 // of each kind of a group: what is more concerns everybody
	MaxGroupName  = 20  // characters; Japanese ones have three bytes, and boxes take wire.MaxWord
)

// What a line of a group is about.
const (
	GroupMember = "member"
	GroupBlock  = "block"
	GroupDeny   = "deny"
	GroupAllow  = "allow"
)

var groupKinds = []string{GroupMember, GroupBlock, GroupDeny, GroupAllow}

// Errors of a group, for people to correct.
var (
	ErrGroupName = errors.New("policy: a name of up to 20 characters")
	ErrTaken     = errors.New("policy: there is a group of this name")
	ErrNobody    = errors.New("policy: a group without devices")
	ErrNothing   = errors.New("policy: a group for which nothing more counts")
	ErrGroups    = errors.New("policy: too many groups")
	ErrMember    = errors.New("policy: neither a hardware address, an address nor a network")
)

// Group is one of a company. Members are hardware addresses, addresses and networks; Block begins with Category or App.
type Group struct {
	Name                        string
	Members, Block, Deny, Allow []string
}

func (g *Group) lists() map[string]*[]string {
	return map[string]*[]string{GroupMember: &g.Members, GroupBlock: &g.Block, GroupDeny: &g.Deny, GroupAllow: &g.Allow}
}

// between the parts of a line: no name has one in it.
const between = "\t"

// GroupLine takes a line of State.Groups apart.
func GroupLine(line string) (name, kind, value string, ok bool) {
	parts := strings.Split(line, between)
	if len(parts) != 3 || !slices.Contains(groupKinds, parts[1]) {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

// GroupsOf are the groups of a state, by name.
func (s *State) GroupsOf() (all []Group) {
	for _, line := range s.Groups { // in order, so that those of one group are beside each other
		name, kind, value, ok := GroupLine(line)
		if !ok {
			continue
		}
		if len(all) == 0 || all[len(all)-1].Name != name {
			all = append(all, Group{Name: name})
		}
		list := all[len(all)-1].lists()[kind]
		*list = append(*list, value)
	}
	return all
}

// GroupOf is one of them.
func (s *State) GroupOf(name string) (Group, bool) {
	for _, g := range s.GroupsOf() {
		if g.Name == name {
			return g, true
		}
	}
	return Group{}, false
}

// WithGroup is the state with a group in place of the one that was called old: "" makes a new one, nil takes it away.
func (s State) WithGroup(old string, g *Group) (State, error) {
	s.Groups = slices.DeleteFunc(slices.Clone(s.Groups), func(line string) bool { return old != "" && strings.HasPrefix(line, old+between) })
	if g == nil {
		return s, nil
	}
	unseen := func(r rune) bool { return !unicode.IsGraphic(r) || r == utf8.RuneError }
	g.Name = strings.TrimSpace(g.Name)
	switch _, taken := s.GroupOf(g.Name); {
	case g.Name == "" || utf8.RuneCountInString(g.Name) > MaxGroupName || len(g.Name) > wire.MaxWord || strings.ContainsFunc(g.Name, unseen):
		return s, ErrGroupName
	case taken:
		return s, ErrTaken
	case len(g.Members) == 0:
		return s, ErrNobody
	case len(g.Block)+len(g.Deny)+len(g.Allow) == 0:
		return s, ErrNothing
	case len(s.GroupsOf()) >= MaxGroups:
		return s, ErrGroups
	}
	for kind, list := range g.lists() {
		for _, value := range *list {
			s.Groups = append(s.Groups, g.Name+between+kind+between+value)
		}
	}
	slices.Sort(s.Groups)
	return s, nil
}

// Members reads devices as people write them, one on each line.
func Members(text string) (all []string, err error) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		one, ok := member(line)
		if !ok {
			return nil, &Bad{List: GroupMember, Line: short(line), Err: ErrMember}
		}
		all = append(all, one)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// member is one in the form in which it is kept.
func member(text string) (string, bool) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return a.Unmap().String(), true
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked().String(), p.Bits() > 0 // everybody is no group
	}
	hw, err := net.ParseMAC(text)
	return hw.String(), err == nil && len(hw) == 6
}

// tidyGroups checks the lines of groups, and drops those of a group that has no devices, or for which nothing more counts:
// taking a step back may leave such.
func (s *State) tidyGroups(known func(item string) bool) error {
	for _, line := range s.Groups {
		name, kind, value, ok := GroupLine(line)
		if !ok || name == "" || len(name) > wire.MaxWord || !utf8.ValidString(name) {
			return ErrValue
		}
		switch kind {
		case GroupMember:
			if one, ok := member(value); !ok || one != value {
				return &Bad{List: GroupMember, Line: short(value), Err: ErrMember}
			}
		case GroupBlock:
			if !known(value) {
				return ErrItem
			}
		default:
			if clean, err := hostname.Clean(value); err != nil || clean != value {
				return &Bad{List: kind, Line: short(value), Err: hostname.ErrName}
			}
		}
	}
	all := s.GroupsOf()
	if len(all) > MaxGroups {
		return ErrGroups
	}
	for i := range all {
		g := &all[i]
		if len(g.Members) > MaxMembers || len(g.Block) > MaxGroupNames || len(g.Deny) > MaxGroupNames || len(g.Allow) > MaxGroupNames {
			return ErrMany
		}
		for _, n := range g.Allow {
			if slices.Contains(g.Deny, n) {
				return &Bad{List: GroupAllow, Line: n, Err: ErrBoth}
			}
		}
		if len(g.Members) == 0 || len(g.Block)+len(g.Deny)+len(g.Allow) == 0 {
			s.Groups = slices.DeleteFunc(s.Groups, func(line string) bool { return strings.HasPrefix(line, g.Name+between) })
		}
	}
	return nil
}

// wireGroups adds groups to what boxes are told.
func wireGroups(p *wire.Policy, groups []Group) {
	for i := range groups {
		g := &groups[i]
		if p.Groups == nil {
			p.Groups = map[string][]string{}
		}
		p.Groups[g.Name] = g.Members
		if len(g.Block) > 0 {
			b := wire.PolicyBlock{Groups: []string{g.Name}}
			for _, item := range g.Block {
				if id, ok := strings.CutPrefix(item, Category); ok {
					b.Categories = append(b.Categories, id)
				} else {
					b.Applications = append(b.Applications, strings.TrimPrefix(item, App))
				}
			}
			p.Blocks = append(p.Blocks, b)
		}
		if len(g.Deny)+len(g.Allow) > 0 {
			p.Names = append(p.Names, wire.PolicyNames{Allow: g.Allow, Deny: g.Deny, Groups: []string{g.Name}})
		}
	}
}
