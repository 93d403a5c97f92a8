package parse

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"otasuke/rule"
)

// builder gathers the options of one rule.
type builder struct {
	p *parser
	r *rule.Rule

	buf        rule.Buffer
	transforms []rule.Transform
	section    int // section in use, -1 until the first match of a buffer
	sticky     bool
	fresh      bool // the next match opens another value of a multi buffer
	last       *rule.Content
	vars       map[string]int
	matches    int

	toServer, toClient bool // from the flow keyword
	forcePacket        bool
	priorityGiven      bool
	eventApp           rule.Proto // of an event's name
}

func (b *builder) option(o setting) error {
	if reason, ok := refused[o.key]; ok {
		return errors.New(reason)
	}
	if buf, ok := stickyByName[o.key]; ok {
		if o.value != "" {
			return fmt.Errorf("the buffer keyword takes no value, but has %q; put it into a content", o.value)
		}
		b.stick(buf)
		return nil
	}
	if kind, ok := transformByName[o.key]; ok {
		return b.transform(kind, o.value)
	}
	if buf, ok := modifierByName[o.key]; ok {
		return b.moveLast(buf)
	}
	if n, ok := numberKeywords[o.key]; ok {
		if o.value == "" {
			return errors.New("the keyword needs a value; write it behind a colon")
		}
		return n.set(b, o.value)
	}
	kw, ok := keywords[o.key]
	if !ok {
		if kw, ok = keywords[strings.ToLower(o.key)]; !ok {
			return errors.New("the keyword is not known; remove the rule or wait for a version that knows it")
		}
	}
	switch {
	case kw.value == valueNone && o.value != "":
		return fmt.Errorf("the keyword takes no value, but has %q; remove it", o.value)
	case kw.value == valueNeeded && o.value == "":
		return errors.New("the keyword needs a value; write it behind a colon")
	}
	return kw.set(b, o.value)
}

// stick makes buf the buffer of the following matches.
func (b *builder) stick(buf rule.Buffer) {
	b.fresh = buf.Multi()
	b.buf, b.transforms, b.section, b.sticky, b.last = buf, nil, -1, buf != rule.BufPayload, nil
}

// add puts a match into the section in use.
func (b *builder) add(m rule.Match) error {
	if b.matches++; b.matches > maxMatches {
		return fmt.Errorf("the rule has more than %d matches; split it", maxMatches)
	}
	if b.section < 0 {
		b.section = b.findSection(b.buf, b.transforms, b.fresh)
		b.fresh = false
	}
	at := b.section
	if _, content := m.(*rule.Content); !content && !b.sticky && m.Relative() && b.last != nil {
		at = b.holds(b.last) // an older modifier may have moved what it is relative to
	}
	s := &b.r.Sections[at]
	s.Matches = append(s.Matches, m)
	if c, ok := m.(*rule.Content); ok {
		b.last = c // keywords such as nocase may follow behind other matches
	}
	return nil
}

// holds finds the section of a match.
func (b *builder) holds(m rule.Match) int {
	for i, s := range b.r.Sections {
		if slices.Contains(s.Matches, m) {
			return i
		}
	}
	return b.section
}

func (b *builder) findSection(buf rule.Buffer, transforms []rule.Transform, fresh bool) int {
	for i, s := range b.r.Sections {
		if !fresh && s.Buffer == buf && slices.Equal(s.Transforms, transforms) {
			return i
		}
	}
	b.r.Sections = append(b.r.Sections, rule.Section{Buffer: buf, Transforms: transforms})
	return len(b.r.Sections) - 1
}

// moveLast moves the former content to a buffer, for the older modifiers.
func (b *builder) moveLast(buf rule.Buffer) error {
	if b.last == nil {
		return errors.New("no content stands before it; put it behind the content it belongs to")
	}
	if b.sticky {
		if b.buf == buf {
			return nil
		}
		return fmt.Errorf("it contradicts the buffer %s in use; keep one of them", b.buf)
	}
	s := &b.r.Sections[b.section]
	at := slices.Index(s.Matches, rule.Match(b.last))
	if at < 0 {
		return errors.New("the content before it was moved already; put it behind the content it belongs to")
	}
	s.Matches = slices.Delete(s.Matches, at, at+1)
	to := b.findSection(buf, nil, false)
	b.r.Sections[to].Matches = append(b.r.Sections[to].Matches, b.last)
	// The next match may belong to the payload again or be moved as well; the
	// payload section stays the one in use. Empty ones are removed at the end.
	return nil
}

// finish checks the whole and fills in what follows from it.
func (b *builder) finish() (keyword string, err error) {
	r := b.r
	if r.SID == 0 {
		return "sid", errors.New("the rule has no sid; give it a number of its own")
	}
	r.Sections = slices.DeleteFunc(r.Sections, func(s rule.Section) bool { return len(s.Matches) == 0 && s.Absent == rule.AbsentFails })
	if keyword, err := b.checkContents(); err != nil {
		return keyword, err
	}
	if err := b.directions(); err != nil {
		return "flow", err
	}
	if err := b.application(); err != nil {
		return "", err
	}
	return b.payload()
}

// directions decides in which directions the rule can match.
func (b *builder) directions() error {
	r := b.r
	r.ToServer, r.ToClient = true, true
	if r.BothSides {
		return b.bothSides()
	}
	for _, s := range r.Sections {
		r.ToServer = r.ToServer && s.Buffer.ToServer()
		r.ToClient = r.ToClient && s.Buffer.ToClient()
	}
	if b.toServer {
		r.ToClient = false
	}
	if b.toClient {
		r.ToServer = false
	}
	if !r.ToServer && !r.ToClient {
		return errors.New("the buffers and the flow keyword name different directions, so the rule can never match; correct one of them")
	}
	return nil
}

// bothSides prepares a rule that looks at a request and its answer: it is judged with the
// answer.
func (b *builder) bothSides() error {
	r := b.r
	r.ToServer = false
	if b.toServer || b.toClient {
		return errors.New("the direction sign => looks at both directions; remove to_server and to_client")
	}
	if !slices.ContainsFunc(r.Sections, func(s rule.Section) bool { return s.Buffer.ToClient() && s.Buffer != rule.BufPayload }) {
		return errors.New("the direction sign => needs a buffer of the answer; add one, or use ->")
	}
	return nil
}

// application checks that buffers and protocol fit, and narrows tcp to the
// protocol of the buffers.
func (b *builder) application() error {
	r := b.r
	defer func(before rule.Proto) {
		if r.Proto != before && (before == rule.ProtoUDP || before.Carries(rule.IPProtoTCP, 4) && before != rule.ProtoIP) {
			r.Transport = before
		}
	}(r.Proto)
	if b.eventApp != rule.ProtoUnknown && !r.Proto.App() && r.Proto != rule.ProtoIP {
		r.Proto = b.eventApp
	}
	for _, s := range r.Sections {
		app := s.Buffer.App()
		switch {
		case app == rule.ProtoUnknown:
		case r.Proto.App():
			if !app.Includes(r.Proto) && !r.Proto.Includes(app) {
				return fmt.Errorf("the buffer %s does not exist in protocol %s; change one of them", s.Buffer, r.Proto)
			}
		case !app.Carries(rule.IPProtoTCP, 4) && !app.Carries(rule.IPProtoUDP, 4):
			return fmt.Errorf("the buffer %s does not exist in protocol %s", s.Buffer, r.Proto)
		default:
			r.Proto = app
		}
	}
	return nil
}

// payload decides whether payload sections see packets or the stream.
func (b *builder) payload() (string, error) {
	r := b.r
	anchored, any := false, false
	for _, s := range r.Sections {
		if s.Buffer != rule.BufPayload {
			continue
		}
		any = true
		for _, m := range s.Matches {
			c, ok := m.(*rule.Content)
			anchored = anchored || ok && (c.HasDepth || c.HasOffset || c.StartsWith)
		}
	}
	packetOnly := b.forcePacket || r.Proto == rule.ProtoTCPPkt || r.Flow.NoStream
	streamOnly := r.Proto == rule.ProtoTCPStream || r.Flow.OnlyStream
	if packetOnly && streamOnly {
		return "flow", errors.New("the rule wants packets and only the stream; remove one")
	}
	if !any {
		return "", nil
	}
	r.PayloadPacket = packetOnly || !streamOnly && anchored
	r.PayloadStream = !packetOnly
	return "", nil
}
