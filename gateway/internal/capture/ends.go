package capture

import "sync"

// maxSessions of PPPoE whose ends are remembered: more than a line has ever had. Past them
// all are learned anew.
const maxSessions = 1024

// Ends remembers who stands at the two ends of PPPoE sessions: an answer to the first packet
// of a conversation needs the other one's hardware address, and no packet of it was seen yet.
// Its zero value is ready; the queues of one engine share it.
type Ends struct {
	mu   sync.RWMutex
	list map[uint16][2]sessionEnd
}

type sessionEnd struct {
	port int
	mac  [6]byte
}

// saw notes the sender of a packet.
func (e *Ends) saw(p *Packet) {
	if p.Session == 0 || p.InPort == 0 {
		return
	}
	now := sessionEnd{p.InPort, p.MAC}
	e.mu.RLock()
	s := e.list[p.Session]
	e.mu.RUnlock()
	if s[0] == now || s[1] == now {
		return
	}
	i := 0
	if s[0].port != 0 && s[0].port != now.port {
		if i = 1; s[1].port != 0 && s[1].port != now.port { // one of them is gone, and came again with another number
			s, i = [2]sessionEnd{}, 0
		}
	}
	s[i] = now
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.list == nil || len(e.list) >= maxSessions {
		e.list = make(map[uint16][2]sessionEnd)
	}
	e.list[p.Session] = s
}

// across is the hardware address of the end that is not behind a port; zero when it has not
// been seen.
func (e *Ends) across(session uint16, port int) [6]byte {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, s := range e.list[session] {
		if s.port != 0 && s.port != port {
			return s.mac
		}
	}
	return [6]byte{}
}
