package nfsmsg

import (
	"fmt"
	"hash/crc32"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "nfs" of EVE records.
type Record struct {
	Version    uint32  `json:"version"`
	Procedure  string  `json:"procedure"`
	Filename   string  `json:"filename"`
	HandleHash string  `json:"hhash,omitempty"`
	ID         uint64  `json:"id"`
	FileTx     bool    `json:"file_tx"`
	Type       string  `json:"type"`
	Status     string  `json:"status"`
	Read       *Chunks `json:"read,omitempty"`
	Write      *Chunks `json:"write,omitempty"`
	Rename     *Rename `json:"rename,omitempty"`
}

// Chunks are how a file came.
type Chunks struct {
	First   bool   `json:"first"`
	Last    bool   `json:"last"`
	LastXID uint32 `json:"last_xid"`
	Chunks  uint32 `json:"chunks"`
}

// Rename is a change of names.
type Rename struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// RPC is the member "rpc".
type RPC struct {
	XID    uint32 `json:"xid"`
	Status string `json:"status"`
	Auth   string `json:"auth_type"`
	Creds  *Creds `json:"creds,omitempty"`
}

// Creds are who calls.
type Creds struct {
	Machine string `json:"machine_name"`
	UID     uint32 `json:"uid"`
	GID     uint32 `json:"gid"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	x := &turn.Of[action](tx).Data
	text := octets.Text
	r := &Record{Version: x.version, Procedure: x.procedure(), Filename: text(x.name), ID: tx.ID + 1, FileTx: x.isFile, Type: "response", Status: statusName(x.status)}
	if len(x.handle) > 0 {
		r.HandleHash = fmt.Sprintf("%x", crc32.ChecksumIEEE(x.handle))
	}
	if x.version < 4 && x.isFile {
		c := &Chunks{true, x.move.last, x.move.xid, x.move.chunks}
		if x.move.dir == app.ToClient {
			r.Read = c
		} else {
			r.Write = c
		}
	}
	if x.to != nil {
		r.Rename = &Rename{text(x.name), text(x.to)}
	}
	return []app.Field{{Name: "rpc", Value: x.rpc()}, {Name: "nfs", Value: r}}
}

func (x *action) rpc() *RPC {
	r := &RPC{XID: x.xid, Status: "ACCEPTED", Auth: fmt.Sprint(x.flavor)}
	if x.state != 0 {
		r.Status = "DENIED"
	}
	switch x.flavor {
	case authNull:
		r.Auth = "NULL"
	case authUnix:
		r.Auth, r.Creds = "UNIX", &Creds{octets.Text(x.machine), x.uid, x.gid}
	case authGSS:
		r.Auth = "RPCSEC_GSS"
	}
	return r
}

func (x *action) procedure() string {
	names := namesV3
	switch x.version {
	case 2:
		names = namesV2
	case 4:
		names = namesV4
	}
	if int(x.proc) < len(names) && names[x.proc] != "" {
		return names[x.proc]
	}
	return fmt.Sprint(x.proc)
}

var (
	namesV2 = []string{"NULL", "GETATTR", "SETATTR", "ROOT", "LOOKUP", "READLINK", "READ", "WRITECACHE", "WRITE", "CREATE", "REMOVE", "RENAME", "LINK",
		"SYMLINK", "MKDIR", "RMDIR", "READDIR", "STATFS"}
	namesV3 = []string{"NULL", "GETATTR", "SETATTR", "LOOKUP", "ACCESS", "READLINK", "READ", "WRITE", "CREATE", "MKDIR", "SYMLINK", "MKNOD", "REMOVE",
		"RMDIR", "RENAME", "LINK", "READDIR", "READDIRPLUS", "FSSTAT", "FSINFO", "PATHCONF", "COMMIT"}
	namesV4 = []string{"NULL", "COMPOUND", "", "ACCESS", "CLOSE", "COMMIT", "CREATE", "DELEGPURGE", "DELEGRETURN", "GETATTR", "GETFH", "LINK", "LOCK",
		"LOCKT", "LOCKU", "LOOKUP", "LOOKUPP", "NVERIFY", "OPEN", "OPENATTR", "OPEN_CONFIRM", "OPEN_DOWNGRADE", "PUTFH", "PUTPUBFH", "PUTROOTFH",
		"READ", "READDIR", "READLINK", "REMOVE", "RENAME", "RENEW", "RESTOREFH", "SAVEFH", "SECINFO", "SETATTR", "SETCLIENTID",
		"SETCLIENTID_CONFIRM", "VERIFY", "WRITE"}
)

// statusNames of RFC 1813 section 2.6 and RFC 7530 section 13.
var statusNames = map[uint32]string{0: "OK", 1: "ERR_PERM", 2: "ERR_NOENT", 5: "ERR_IO", 6: "ERR_NXIO", 13: "ERR_ACCES", 17: "ERR_EXIST",
	18: "ERR_XDEV", 19: "ERR_NODEV", 20: "ERR_NOTDIR", 21: "ERR_ISDIR", 22: "ERR_INVAL", 27: "ERR_FBIG", 28: "ERR_NOSPC", 30: "ERR_ROFS",
	31: "ERR_MLINK", 63: "ERR_NAMETOOLONG", 66: "ERR_NOTEMPTY", 69: "ERR_DQUOT", 70: "ERR_STALE", 71: "ERR_REMOTE", 10001: "ERR_BADHANDLE",
	10002: "ERR_NOT_SYNC", 10003: "ERR_BAD_COOKIE", 10004: "ERR_NOTSUPP", 10005: "ERR_TOOSMALL", 10006: "ERR_SERVERFAULT",
	10007: "ERR_BADTYPE", 10008: "ERR_JUKEBOX"}

func statusName(n uint32) string {
	if s, ok := statusNames[n]; ok {
		return s
	}
	return fmt.Sprint(n)
}
