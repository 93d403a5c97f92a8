package parse

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"otasuke/rule"
)

// The states of a keyword in docs/rule-language.md.
const (
	full    = "full"
	partial = "partial"
	no      = "refused"
)

// language says of the keywords that are not plain buffers how they are written, and what
// is missing of those that are not complete. Each row is a test: its rule must load, or be
// refused for that keyword.
var language = map[string]struct{ state, options, note string }{
	"sid": {full, ``, ""}, "msg": {full, `msg:"x";`, ""}, "rev": {full, `rev:2;`, ""}, "gid": {full, `gid:3;`, ""}, "priority": {full, `priority:1;`, ""},
	"classtype": {full, `classtype:trojan-activity;`, ""}, "metadata": {full, `metadata:confidence High;`, ""},
	"reference": {full, `reference:cve,2021-44228;`, ""}, "target": {full, `target:src_ip;`, ""}, "noalert": {full, `noalert;`, ""}, "alert": {full, `alert;`, ""},
	"requires": {full, `requires: version >= 7.0.3;`, ""}, "tag": {full, `tag:session,10,packets;`, ""},
	"config":  {partial, `config: logging disable, type tx, scope tx;`, "read; what is recorded does not change"},
	"content": {full, `content:"x";`, ""}, "uricontent": {full, `uricontent:"x";`, ""}, "nocase": {full, `content:"x"; nocase;`, ""},
	"depth": {full, `content:"x"; depth:1;`, ""}, "offset": {full, `content:"x"; offset:1;`, ""}, "distance": {full, `content:"x"; content:"y"; distance:0;`, ""},
	"within": {full, `content:"x"; content:"y"; within:1;`, ""}, "startswith": {full, `content:"x"; startswith;`, ""}, "endswith": {full, `content:"x"; endswith;`, ""},
	"fast_pattern": {full, `content:"xy"; fast_pattern:0,1;`, ""}, "rawbytes": {full, `content:"x"; rawbytes;`, ""}, "prefilter": {full, `content:"x"; prefilter;`, ""},
	"replace": {no, `content:"x"; replace:"y";`, ""}, "isdataat": {full, `isdataat:1;`, ""}, "bsize": {full, `http.uri; bsize:1;`, ""}, "urilen": {full, `urilen:1;`, ""},
	"pcre":      {full, `pcre:"/(x)/, flow:name";`, ""},
	"byte_test": {full, `byte_test:1,>,1,0;`, ""}, "byte_jump": {full, `byte_jump:1,0;`, ""}, "byte_extract": {full, `byte_extract:1,0,n;`, ""},
	"byte_math": {full, `byte_math:bytes 1, offset 0, oper +, rvalue 1, result n;`, ""}, "base64_decode": {full, `base64_decode; base64_data; content:"x";`, ""},
	"asn1": {full, `asn1:bitstring_overflow, oversize_length 1024;`, ""}, "lua": {no, `lua:x.lua;`, ""}, "luaxform": {no, `http.uri; luaxform:x.lua; content:"x";`, ""},
	"absent": {full, `http.referer; absent;`, ""}, "entropy": {full, `http.uri; entropy:value >= 4;`, ""},
	"dataset": {partial, `dns.query; dataset:isset,d,type string;`, "lists are not written back"},
	"datarep": {full, `dns.query; datarep:d,>,1,type string;`, ""},
	"flow":    {full, `flow:established,to_server;`, ""}, "flowbits": {full, `flowbits:set,x;`, ""}, "flowint": {full, `flowint:x,+,1;`, ""},
	"flowvar": {full, `flowvar:x,1;`, ""}, "pktvar": {full, `pktvar:x,1;`, ""}, "hostbits": {full, `hostbits:set,x,src;`, ""},
	"xbits": {full, `xbits:set,x,track ip_src;`, ""}, "threshold": {full, `threshold:type limit,track by_src,count 1,seconds 60;`, ""},
	"detection_filter": {full, `detection_filter:track by_src,count 1,seconds 60;`, ""}, "stream_size": {full, `stream_size:server,<,5;`, ""},
	"flow.age": {full, `flow.age:>1;`, ""}, "flow.pkts": {full, `flow.pkts:either,>1;`, ""}, "flow.pkts_toserver": {full, `flow.pkts_toserver:>1;`, ""},
	"flow.pkts_toclient": {full, `flow.pkts_toclient:>1;`, ""}, "flow.bytes": {full, `flow.bytes:either,>1;`, ""},
	"flow.bytes_toserver": {full, `flow.bytes_toserver:>1;`, ""}, "flow.bytes_toclient": {full, `flow.bytes_toclient:>1;`, ""},
	"app-layer-protocol": {full, `app-layer-protocol:http;`, ""}, "app-layer-event": {full, `app-layer-event:http.range_invalid;`, ""},
	"app-layer-state": {no, `app-layer-state:>x;`, ""}, "decode-event": {full, `decode-event:ipv4.trunc_pkt;`, ""},
	"engine-event": {full, `engine-event:ipv4.trunc_pkt;`, ""}, "stream-event": {full, `stream-event:est_invalid_ack;`, ""},
	"frame": {partial, `frame:http1.request; content:"x";`, "those of HTTP/1, DNS, SIP, WebSocket, DCERPC, ENIP, SSH, MQTT, LDAP, TLS and SMTP"},
	"ttl":   {full, `ttl:>1;`, ""}, "tos": {full, `tos:8;`, ""}, "id": {full, `id:1;`, ""}, "ip_proto": {full, `ip_proto:6;`, ""}, "ipopts": {full, `ipopts:lsrr;`, ""},
	"fragbits": {full, `fragbits:M;`, ""}, "fragoffset": {full, `fragoffset:1;`, ""}, "sameip": {full, `sameip;`, ""}, "dsize": {full, `dsize:>1;`, ""},
	"itype": {full, `itype:8;`, ""}, "icode": {full, `icode:0;`, ""}, "icmp_id": {full, `icmp_id:1;`, ""}, "icmp_seq": {full, `icmp_seq:1;`, ""},
	"icmpv6.mtu": {full, `icmpv6.mtu:>1280;`, ""}, "tcp.flags": {full, `tcp.flags:S;`, ""}, "tcp.seq": {full, `tcp.seq:1;`, ""}, "tcp.ack": {full, `tcp.ack:1;`, ""},
	"tcp.window": {full, `tcp.window:1;`, ""}, "tcp.mss": {full, `tcp.mss:>500;`, ""}, "tcp.wscale": {full, `tcp.wscale:>5;`, ""},
	"vlan.id": {full, `vlan.id:3;`, ""}, "vlan.layers": {full, `vlan.layers:1;`, ""},
	"ipv4-csum": {full, `ipv4-csum:invalid;`, ""}, "tcpv4-csum": {full, `tcpv4-csum:invalid;`, ""}, "tcpv6-csum": {full, `tcpv6-csum:invalid;`, ""},
	"udpv4-csum": {full, `udpv4-csum:invalid;`, ""}, "udpv6-csum": {full, `udpv6-csum:invalid;`, ""}, "icmpv4-csum": {full, `icmpv4-csum:invalid;`, ""},
	"icmpv6-csum": {full, `icmpv6-csum:invalid;`, ""}, "l3_proto": {full, `l3_proto:ipv6;`, ""}, "rpc": {full, `rpc:100000,*,*;`, "in rules for tcp or udp"},
	"geoip": {partial, `geoip:src,JP;`, "needs a list of countries in the configuration"}, "iprep": {full, `iprep:src,bad,>,30;`, ""},
	"nfq_set_mark": {no, `nfq_set_mark:1/1;`, ""}, "bypass": {partial, `bypass;`, "offline; inline the box itself decides what it lets go"},
	"tls.version": {full, `tls.version:1.2;`, ""}, "tls.subject": {full, `tls.subject:"x";`, ""}, "tls.issuerdn": {full, `tls.issuerdn:"x";`, ""},
	"tls.fingerprint": {full, `tls.fingerprint:"aa";`, ""}, "tls_store": {partial, `tls_store;`, "read; certificates are not stored"},
	"tls.cert_chain_len": {full, `tls.cert_chain_len:>2;`, ""}, "tls_cert_notbefore": {full, `tls_cert_notbefore:<2026;`, ""},
	"tls_cert_notafter": {full, `tls_cert_notafter:<2026-11-22;`, ""}, "tls_cert_expired": {full, `tls_cert_expired;`, ""}, "tls_cert_valid": {full, `tls_cert_valid;`, ""},
	"ssl_version": {full, `ssl_version:tls1.2;`, ""}, "ssl_state": {full, `ssl_state:client_hello;`, ""},
	"http_cookie": {full, `content:"x"; http_cookie;`, ""}, "http_method": {full, `content:"x"; http_method;`, ""}, "http_client_body": {full, `content:"x"; http_client_body;`, ""},
	"http_server_body": {full, `content:"x"; http_server_body;`, ""}, "http_header": {full, `content:"x"; http_header;`, ""},
	"http_raw_header": {full, `content:"x"; http_raw_header;`, ""}, "http_uri": {full, `content:"x"; http_uri;`, ""}, "http_raw_uri": {full, `content:"x"; http_raw_uri;`, ""},
	"http_stat_msg": {full, `content:"x"; http_stat_msg;`, ""}, "http_stat_code": {full, `content:"x"; http_stat_code;`, ""},
	"http_user_agent": {full, `content:"x"; http_user_agent;`, ""}, "http_host": {full, `content:"x"; http_host;`, ""}, "http_raw_host": {full, `content:"x"; http_raw_host;`, ""},
	"pkt_data": {full, `pkt_data; content:"x";`, ""},
	"filename": {full, `filename:"x";`, ""}, "fileext": {full, `fileext:"pdf";`, ""}, "filemagic": {partial, `filemagic:"PDF";`, "the first bytes of common types only"},
	"filestore": {partial, `filestore;`, "read; contents of files are never kept"}, "filesize": {full, `filesize:>100;`, ""},
	"filemd5": {full, `filemd5:list;`, ""}, "filesha1": {full, `filesha1:list;`, ""}, "filesha256": {full, `filesha256:list;`, ""},
	"dns.opcode": {full, `dns.opcode:4;`, ""}, "dns.rcode": {full, `dns.rcode:nxdomain;`, ""}, "dns.rrtype": {full, `dns.rrtype:TXT;`, ""},
	"http2.frametype": {full, `http2.frametype:goaway;`, ""}, "http2.errorcode": {full, `http2.errorcode:cancel;`, ""}, "http2.priority": {full, `http2.priority:1;`, ""},
	"http2.window": {full, `http2.window:>5;`, ""}, "http2.size_update": {full, `http2.size_update:1;`, ""}, "http2.settings": {full, `http2.settings:SETTINGS_ENABLE_PUSH=0;`, ""},
	"dcerpc.iface": {full, `dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003;`, ""}, "dcerpc.opnum": {full, `dcerpc.opnum:0-11,15;`, ""},
	"smb.version": {full, `smb.version:2;`, ""}, "nfs_procedure": {full, `nfs_procedure:read;`, ""}, "nfs.version": {full, `nfs.version:3;`, ""},
	"ssh.protoversion": {full, `ssh.protoversion:2_compat;`, ""}, "ssh.softwareversion": {full, `ssh.softwareversion:"x";`, ""},
	"ftpbounce": {full, `ftpbounce;`, ""}, "ftp.dynamic_port": {full, `ftp.dynamic_port:>1024;`, ""}, "ftp.mode": {full, `ftp.mode:passive;`, ""},
	"ftp.reply_received": {full, `ftp.reply_received:yes;`, ""}, "ftpdata_command": {full, `ftpdata_command:retr;`, ""},
	"krb5_msg_type": {full, `krb5_msg_type:10;`, ""}, "krb5_err_code": {full, `krb5_err_code:6;`, ""}, "krb5.ticket_encryption": {full, `krb5.ticket_encryption:weak;`, ""},
	"modbus": {full, `modbus: access write coils, address 1500<>2000, value 1;`, ""}, "dnp3_func": {full, `dnp3_func:cold_restart;`, ""},
	"dnp3_ind": {full, `dnp3_ind:device_restart;`, ""}, "dnp3_obj": {full, `dnp3_obj:99,99;`, ""},
	"template2": {full, `template2:>1;`, ""}, "quic.cyu.hash": {full, `quic.cyu.hash; content:"x";`, ""},
	"cip_service": {full, `cip_service:1,2,3;`, ""}, "ike.chosen_sa_attribute": {full, `ike.chosen_sa_attribute:alg_enc=7;`, ""},
	"xor":       {partial, `http.uri; xor:"0d"; content:"x";`, "the key is written out; keys out of the traffic are refused"},
	"pcrexform": {full, `http.uri; pcrexform:"(x)"; content:"x";`, ""},
}

// row is one keyword of the table.
type row struct{ name, state, example, note string }

// table makes the rows: of the map above, of every sticky buffer, transform and number.
func table() []row {
	rows := map[string]row{}
	put := func(name, state, example, note string) {
		if _, ok := rows[name]; !ok {
			rows[name] = row{name, state, example, note}
		}
	}
	for name, l := range language {
		put(name, l.state, l.options, l.note)
	}
	for name := range numberKeywords {
		put(name, full, name+":1;", "")
	}
	for name := range transformByName {
		put(name, full, "http.uri; "+name+`; content:"x";`, "")
	}
	for name := range stickyByName {
		put(name, full, name+`; content:"x";`, "")
	}
	for name := range keywords {
		put(name, full, "", "")
	}
	for name := range refused {
		put(name, no, "", refused[name])
	}
	out := make([]row, 0, len(rows))
	for _, r := range rows {
		if r.note == "" && r.state == no {
			r.note = refused[r.name]
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b row) int { return strings.Compare(a.name, b.name) })
	return out
}

// protoFor finds a protocol in which an example can stand.
func protoFor(example string) string {
	for _, p := range []string{"tcp", "dns", "ip"} {
		if _, refused := load(p, example); refused == nil {
			return p
		}
	}
	return "tcp"
}

func load(proto, options string) (*rule.Rule, *rule.Refusal) {
	rules, refused := Rules("x", fmt.Appendf(nil, "alert %s any any -> any any (%s sid:1;)", proto, options),
		Options{Open: func(string) ([]byte, error) { return nil, nil }})
	if len(refused) > 0 {
		return nil, &refused[0]
	}
	return rules[0], nil
}

// TestLanguage: every keyword of the table is as the table says.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, r := range table() {
		if r.example == "" {
			continue
		}
		_, refusal := load(protoFor(r.example), r.example)
		switch {
		case r.state == no && refusal == nil:
			t.Errorf("%s is listed as refused, but %q loads", r.name, r.example)
		case r.state == no && refusal.Keyword != r.name:
			t.Errorf("%s: the refusal names %q", r.name, refusal.Keyword)
		case r.state != no && refusal != nil:
			t.Errorf("%s: %s", r.name, refusal)
		}
	}
}

// TestLanguageComplete: the table has every keyword that the field's engine knows.
func TestLanguageComplete(t *testing.T) {
	t.Parallel()
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	text, err := os.ReadFile(filepath.Join(data, "oracle/suricata-8.0.6-keywords.csv"))
	if err != nil {
		t.Skipf("the list of keywords is not there: %v", err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = ';', true, -1
	known, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, r := range table() {
		have[r.name] = true
	}
	for _, k := range known[1:] {
		if !have[k[0]] {
			t.Errorf("%s is not in the table", k[0])
		}
	}
}

// Where the table stands in the document.
const (
	document = "../../docs/rule-language.md"
	begin    = "<!-- keywords: made by TestLanguageDocument, UPDATE_DOCS=1 makes it again -->\n"
	end      = "<!-- end of keywords -->\n"
)

// TestLanguageDocument: the table in the document is this one.
func TestLanguageDocument(t *testing.T) {
	var b strings.Builder
	count := map[string]int{}
	rows := table()
	for _, r := range rows {
		count[r.state]++
	}
	fmt.Fprintf(&b, "\n%d keywords with their aliases: %d full, %d partial, %d refused.\n\n| keyword | state | what is missing, or what to do |\n|---|---|---|\n",
		len(rows), count[full], count[partial], count[no])
	for _, r := range rows {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.name, r.state, strings.ReplaceAll(r.note, "|", "\\|"))
	}
	inDocument(t, begin, end, b.String()+"\n", "LanguageDocument")
}

// inDocument compares what stands between two marks of the document, or writes it anew.
func inDocument(t *testing.T, begin, end, part, test string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", document)
	}
	want := head + begin + part + end + tail
	if want == string(text) {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("%s is not fresh: UPDATE_DOCS=1 go test ./rule/parse -run %s", document, test)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
