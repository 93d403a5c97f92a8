package nfsmsg

import (
	"otasuke/gateway/internal/app/octets"
)

// Authentication flavors (RFC 5531 section 8.2, RFC 2203).
const (
	authNull = 0
	authUnix = 1
	authGSS  = 6
)

// rpcCall is the head of a call (RFC 5531 section 9).
type rpcCall struct {
	xid, version, proc uint32
	flavor             uint32
	machine            []byte
	uid, gid           uint32
	gss                bool // the arguments are wrapped
}

// readCall reads a call's head; c stands on the arguments then. False means that it is
// no call. Access control lists, a program of their own, come over the same connection.
func readCall(c *octets.Cursor) (r rpcCall, ok bool) {
	r.xid = c.U32()
	if c.U32() != 0 || c.U32() != 2 {
		return r, false
	}
	c.Skip(4) // program
	r.version, r.proc = c.U32(), c.U32()
	r.flavor = c.U32()
	cred := octets.New(opaque(c))
	switch r.flavor {
	case authUnix:
		cred.Skip(4) // stamp
		r.machine, r.uid, r.gid = opaque(&cred), cred.U32(), cred.U32()
	case authGSS:
		cred.Skip(4) // version
		proc := cred.U32()
		cred.Skip(4) // sequence number
		r.gss = proc == 0 && cred.U32() == gssIntegrity
	}
	c.Skip(4)
	opaque(c) // verifier
	if r.gss {
		c.Skip(8) // length, sequence number
	}
	return r, c.OK()
}

// gssIntegrity is the service that signs but does not encrypt (RFC 2203 section 5.3.2.2).
const gssIntegrity = 2

// rpcReply is the head of a reply.
type rpcReply struct {
	xid, state, accept uint32
}

// readReply reads a reply's head; c stands on the results then.
func readReply(c *octets.Cursor) (r rpcReply, ok bool) {
	r.xid = c.U32()
	if c.U32() != 1 {
		return r, false
	}
	if r.state = c.U32(); r.state == 0 {
		c.Skip(4)
		opaque(c) // verifier
		r.accept = c.U32()
	}
	return r, c.OK()
}

// opaque takes bytes behind their length, with padding to 4 (RFC 4506 section 4.10). The
// padding may be missing at the end.
func opaque(c *octets.Cursor) []byte {
	n := c.U32()
	if n > 1<<30 {
		c.Fail()
		return nil
	}
	b := c.Take(int(n))
	c.Skip(min(int(-n&3), c.Len()))
	return b
}
