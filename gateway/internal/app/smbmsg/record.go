package smbmsg

import (
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dcerpc"
)

// Record is the member "smb" of EVE records.
type Record struct {
	ID             uint64   `json:"id"`
	Dialect        string   `json:"dialect"`
	Command        string   `json:"command"`
	Status         string   `json:"status,omitempty"`
	StatusCode     string   `json:"status_code,omitempty"`
	SessionID      uint64   `json:"session_id"`
	TreeID         uint32   `json:"tree_id"`
	Filename       string   `json:"filename,omitempty"`
	Directory      string   `json:"directory,omitempty"`
	Share          string   `json:"share,omitempty"`
	NamedPipe      string   `json:"named_pipe,omitempty"`
	ShareType      string   `json:"share_type,omitempty"`
	Service        *Service `json:"service,omitempty"`
	Disposition    string   `json:"disposition,omitempty"`
	Access         string   `json:"access,omitempty"`
	Times                   // of a file
	FUID           string   `json:"fuid,omitempty"`
	Function       string   `json:"function,omitempty"`
	Rename         *Rename  `json:"rename,omitempty"`
	SetInfo        *SetInfo `json:"set_info,omitempty"`
	ClientDialects []string `json:"client_dialects,omitempty"`
	ClientGUID     string   `json:"client_guid,omitempty"`
	ServerGUID     string   `json:"server_guid,omitempty"`
	MaxReadSize    uint32   `json:"max_read_size,omitempty"`
	MaxWriteSize   uint32   `json:"max_write_size,omitempty"`
	NTLMSSP        *NTLMSSP `json:"ntlmssp,omitempty"`
	Request        *Native  `json:"request,omitempty"`
	Response       *Native  `json:"response,omitempty"`
	DCERPC         *DCERPC  `json:"dcerpc,omitempty"`
}

// Times are a file's times, in seconds since 1970, and its size in bytes.
type Times struct {
	Created  *int64  `json:"created,omitempty"`
	Accessed *int64  `json:"accessed,omitempty"`
	Modified *int64  `json:"modified,omitempty"`
	Changed  *int64  `json:"changed,omitempty"`
	Size     *uint64 `json:"size,omitempty"`
}

// Service is what kind of share was asked for and given.
type Service struct {
	Request  string `json:"request,omitempty"`
	Response string `json:"response,omitempty"`
}

// Rename is a change of a name.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// SetInfo is a change of a file.
type SetInfo struct {
	Class     string `json:"class"`
	InfoLevel string `json:"info_level"`
}

// NTLMSSP is who logs in.
type NTLMSSP struct {
	Domain  string `json:"domain"`
	User    string `json:"user"`
	Host    string `json:"host"`
	Version string `json:"version,omitempty"`
}

// Native is what a side says of itself.
type Native struct {
	NativeOS string `json:"native_os"`
	NativeLM string `json:"native_lm"`
}

// DCERPC is a remote procedure call in a named pipe.
type DCERPC struct {
	Request    string                   `json:"request"`
	Opnum      *uint16                  `json:"opnum,omitempty"`
	Req        *Part                    `json:"req,omitempty"`
	Response   string                   `json:"response"`
	Res        *Part                    `json:"res,omitempty"`
	Interfaces []dcerpc.InterfaceRecord `json:"interfaces,omitempty"`
	CallID     uint32                   `json:"call_id"`
}

// Part is one direction of a call.
type Part struct {
	FragCnt      int `json:"frag_cnt"`
	StubDataSize int `json:"stub_data_size"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	t := tx.User.(*transaction)
	r := &Record{
		ID: tx.ID + 1, Dialect: t.conn.state.dialect, SessionID: t.session, TreeID: t.tree,
		Command: commandName(t.version, t.command),
	}
	if r.Dialect == "" {
		r.Dialect = "unknown"
	}
	if t.status.known {
		r.Status, r.StatusCode = t.status.names()
	}
	r.fill(t)
	return []app.Field{{Name: "smb", Value: r}}
}

// fill adds what the transaction is about.
func (r *Record) fill(t *transaction) {
	switch d := t.detail.(type) {
	case *negotiate:
		r.ClientDialects, r.MaxReadSize, r.MaxWriteSize = d.dialects, d.maxRead, d.maxWrite
		if !d.one {
			r.ClientGUID = d.clientGUID.uuid()
		}
		if t.replied {
			r.ServerGUID = d.serverGUID.uuid()
		}
	case *session:
		if d.ntlm {
			r.NTLMSSP = &NTLMSSP{Domain: d.domain, User: d.user, Host: d.host, Version: d.version}
		}
		if d.one {
			r.Request = &Native{d.requestOS, d.requestLM}
			if t.replied {
				r.Response = &Native{d.responseOS, d.responseLM}
			}
		}
	case *treeConnect:
		r.ShareType = d.kind
		if d.pipe {
			r.NamedPipe = d.share
		} else {
			r.Share = d.share
		}
		if d.one {
			r.Service = &Service{d.requestService, d.responseService}
		}
	case *create:
		r.create(d)
	case *fileDetail:
		r.Filename, r.Share, r.FUID = d.name, d.share, d.id.uuid()
	case *rename:
		r.Rename = &Rename{d.from, d.to}
	case *ioctl:
		r.Function = functionName(d.code)
	case *setInfo:
		r.Filename, r.FUID, r.SetInfo = d.name, d.id.uuid(), &SetInfo{d.class, d.level}
		r.Access = "normal"
		if d.remove {
			r.Access = "delete on close"
		}
	case *dcerpc.Call:
		r.DCERPC = callRecord(d)
	}
}

func (r *Record) create(d *create) {
	r.Filename, r.Disposition, r.FUID = d.name, disposition(d.disposition), d.id.uuid()
	const directory = 1
	if d.options&directory != 0 {
		r.Filename, r.Directory = "", d.name
	}
	if r.Filename == "" && r.Directory == "" {
		r.Filename = "<share_root>"
	}
	r.Access = "normal"
	if d.options&deleteOnClose != 0 {
		r.Access = "delete on close"
	}
	r.Times = Times{seconds(d.created), seconds(d.accessed), seconds(d.modified), seconds(d.changed), &d.size}
}

// seconds turns a file time, in 100 ns since 1601 (MS-DTYP section 2.3.3), into seconds
// since 1970, 0 for none.
func seconds(t uint64) *int64 {
	const between = 11644473600
	s := int64(t/10_000_000) - between
	if t == 0 || s < 0 {
		s = 0
	}
	return &s
}

func callRecord(c *dcerpc.Call) *DCERPC {
	r := &DCERPC{
		Request: c.RequestName(), Response: c.ResponseName(), CallID: c.ID, Interfaces: c.InterfaceRecords(true),
	}
	if c.Asked && c.Req == dcerpc.Request {
		opnum := c.Opnum
		r.Opnum = &opnum
		r.Req = &Part{c.Frags[app.ToServer], c.Size[app.ToServer]}
	}
	if c.Answered && c.Resp == dcerpc.Response {
		r.Res = &Part{c.Frags[app.ToClient], c.Size[app.ToClient]}
	}
	return r
}

// names are a status in words and as a number.
func (s status) names() (name, code string) {
	if s.dos {
		class, n := s.code&0xff, s.code>>8
		code = fmt.Sprintf("0x%04x", n)
		if name = dosNames[[2]uint32{class, n}]; name == "" {
			name = "UNKNOWN"
		}
		return name, code
	}
	code = fmt.Sprintf("0x%x", s.code)
	if name = statusNames[s.code]; name == "" {
		name = code
	}
	return name, code
}
