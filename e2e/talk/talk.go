package talk

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Turn is one message.
type Turn struct {
	ToServer bool
	Data     []byte
	Wait     time.Duration // before it is said
}

// Flow is what two ends say to each other.
type Flow struct {
	Proto          string // "tcp" or "udp"
	Client, Server netip.AddrPort
	Turns          []Turn
	Wait           time.Duration // before it begins
}

// Conversation is one or more flows, one after the other.
type Conversation struct{ Flows []Flow }

// maxRepeat bounds >*N, so that a typing error does not fill the disk.
const maxRepeat = 1 << 20

var errNoFlow = errors.New("a flow must be opened first, for example: tcp 192.0.2.1:1024 > 192.0.2.2:80")

// reader is the state of reading a conversation.
type reader struct {
	c     Conversation
	wait  time.Duration
	apart bool // the next line begins a new message
}

// Parse reads a conversation.
func Parse(text string) (*Conversation, error) {
	r := &reader{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		if err := r.line(line); err != nil {
			return nil, fmt.Errorf("talk: line %d: %w", n, err)
		}
	}
	if len(r.c.Flows) == 0 {
		return nil, fmt.Errorf("talk: %w", errNoFlow)
	}
	return &r.c, nil
}

func (r *reader) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "tcp", "udp", "dns":
		return r.open(word, rest)
	case "wait":
		d, err := time.ParseDuration(rest)
		r.wait += d
		r.apart = true
		return err
	case ".":
		r.apart = true
		return nil
	}
	side, times, repeated := strings.Cut(word, "*")
	count := 1
	if repeated {
		n, err := strconv.Atoi(times)
		if err != nil || n < 1 || n > maxRepeat {
			return fmt.Errorf("%q is not a number of repetitions", times)
		}
		count = n
	}
	if side != ">" && side != "<" {
		return fmt.Errorf("%q is not understood", word)
	}
	data, err := unescape(rest)
	if err != nil {
		return err
	}
	if len(data)*count > maxRepeat {
		return errors.New("the message is too long")
	}
	return r.say(side == ">", bytes.Repeat(data, count))
}

func (r *reader) open(proto, rest string) error {
	f := strings.Fields(rest)
	if len(f) < 3 || f[1] != ">" || (proto == "dns") != (len(f) == 4) {
		return errors.New("write for example: tcp 192.0.2.1:1024 > 192.0.2.2:80")
	}
	client, err := netip.ParseAddrPort(f[0])
	if err != nil {
		return err
	}
	server, err := netip.ParseAddrPort(f[2])
	if err != nil {
		return err
	}
	if client.Addr().Is4() != server.Addr().Is4() {
		return errors.New("the ends are of different families")
	}
	flow := Flow{Proto: proto, Client: client, Server: server, Wait: r.wait}
	r.wait, r.apart = 0, false
	if proto == "dns" {
		flow.Proto = "udp"
		query, err := dnsQuery(f[3])
		if err != nil {
			return err
		}
		flow.Turns = []Turn{{ToServer: true, Data: query}}
		r.apart = true
	}
	r.c.Flows = append(r.c.Flows, flow)
	return nil
}

func (r *reader) say(toServer bool, data []byte) error {
	if len(r.c.Flows) == 0 {
		return errNoFlow
	}
	f := &r.c.Flows[len(r.c.Flows)-1]
	if n := len(f.Turns); n > 0 && !r.apart && f.Turns[n-1].ToServer == toServer {
		f.Turns[n-1].Data = append(f.Turns[n-1].Data, data...)
		return nil
	}
	f.Turns = append(f.Turns, Turn{ToServer: toServer, Data: data, Wait: r.wait})
	r.wait, r.apart = 0, false
	return nil
}

func unescape(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i++; i == len(s) {
			return nil, errors.New(`a single \ at the end`)
		}
		switch s[i] {
		case 'r':
			out = append(out, '\r')
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case '0':
			out = append(out, 0)
		case '\\':
			out = append(out, '\\')
		case 'x':
			if i+2 >= len(s) {
				return nil, errors.New(`\x needs two hexadecimal digits`)
			}
			v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return nil, errors.New(`\x needs two hexadecimal digits`)
			}
			out = append(out, byte(v))
			i += 2
		default:
			return nil, fmt.Errorf(`\%c is not an escape`, s[i])
		}
	}
	return out, nil
}

// dnsQuery makes a question for the A record of a name (RFC 1035 section 4.1).
func dnsQuery(name string) ([]byte, error) {
	out := []byte{0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > 63 {
			return nil, fmt.Errorf("label %q of the name is empty or longer than 63", label)
		}
		out = append(append(out, byte(len(label))), label...)
	}
	return append(out, 0, 0, 1, 0, 1), nil
}
