package readers

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dcerpc"
	"otasuke/gateway/internal/app/dhcpmsg"
	"otasuke/gateway/internal/app/dhtmsg"
	"otasuke/gateway/internal/app/dnp3msg"
	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/app/enipmsg"
	"otasuke/gateway/internal/app/ftpcmd"
	"otasuke/gateway/internal/app/http1"
	"otasuke/gateway/internal/app/http2"
	"otasuke/gateway/internal/app/ikemsg"
	"otasuke/gateway/internal/app/imapcmd"
	"otasuke/gateway/internal/app/krb5msg"
	"otasuke/gateway/internal/app/ldapmsg"
	"otasuke/gateway/internal/app/modbusmsg"
	"otasuke/gateway/internal/app/mqttmsg"
	"otasuke/gateway/internal/app/nfsmsg"
	"otasuke/gateway/internal/app/ntpmsg"
	"otasuke/gateway/internal/app/pgsqlmsg"
	"otasuke/gateway/internal/app/popcmd"
	"otasuke/gateway/internal/app/quichello"
	"otasuke/gateway/internal/app/rdpmsg"
	"otasuke/gateway/internal/app/rfbmsg"
	"otasuke/gateway/internal/app/sipmsg"
	"otasuke/gateway/internal/app/smbmsg"
	"otasuke/gateway/internal/app/smtpcmd"
	"otasuke/gateway/internal/app/snmpmsg"
	"otasuke/gateway/internal/app/sshhello"
	"otasuke/gateway/internal/app/tftpmsg"
	"otasuke/gateway/internal/app/tlsmsg"
	"otasuke/gateway/internal/app/websocket"
	"otasuke/rule"
)

// make makes a reader, nil when there is none for the protocol.
func (p *Pool) make(k app.Sink, proto rule.Proto, stream bool) app.Reader {
	switch proto {
	case rule.ProtoHTTP:
		cfg := p.cfg.HTTP
		cfg.Want, cfg.Pool, cfg.Memory = &p.want, &p.codings, &p.http
		return http1.New(k, cfg)
	case rule.ProtoTLS:
		return tlsmsg.New(k, p.cfg.TLS)
	case rule.ProtoDNS:
		return dnsmsg.New(k, dnsmsg.Config{Stream: stream, Log: p.cfg.DNS, Scratch: &p.dns})
	case rule.ProtoMDNS:
		return dnsmsg.New(k, dnsmsg.Config{MDNS: true, Log: p.cfg.DNS, Scratch: &p.dns})
	case rule.ProtoSMTP:
		cfg := p.cfg.SMTP
		cfg.AllParts = p.cfg.Mail
		return smtpcmd.New(k, cfg)
	case rule.ProtoFTP:
		return ftpcmd.New(k, ftpcmd.Config{})
	case rule.ProtoSSH:
		return sshhello.New(k)
	case rule.ProtoPOP3:
		return popcmd.New(k, popcmd.Config{Files: p.cfg.Mail})
	case rule.ProtoIMAP:
		if p.cfg.Mail {
			return imapcmd.New(k)
		}
	case rule.ProtoSMB:
		return smbmsg.New(k)
	case rule.ProtoDCERPC:
		if !stream {
			return dcerpc.NewDatagrams(k)
		}
		return dcerpc.New(k)
	case rule.ProtoHTTP2, rule.ProtoDoH2:
		return http2.New(k, http2.Config{Want: &p.want, Pool: &p.codings})
	case rule.ProtoWebSocket:
		return websocket.New(k)
	case rule.ProtoQUIC:
		return quichello.New(k)
	case rule.ProtoKRB5:
		return krb5msg.New(k, stream)
	case rule.ProtoMQTT:
		return mqttmsg.New(k, p.cfg.MQTT)
	case rule.ProtoRFB:
		return rfbmsg.New(k)
	case rule.ProtoLDAP:
		return ldapmsg.New(k, stream)
	case rule.ProtoSIP:
		return sipmsg.New(k, stream)
	case rule.ProtoSNMP:
		return snmpmsg.New(k)
	case rule.ProtoDHCP:
		return dhcpmsg.New(k, p.cfg.DHCP)
	case rule.ProtoNTP:
		return ntpmsg.New(k)
	case rule.ProtoTFTP:
		return tftpmsg.New(k)
	case rule.ProtoBitTorrent:
		return dhtmsg.New(k)
	case rule.ProtoIKE:
		return ikemsg.New(k)
	case rule.ProtoRDP:
		return rdpmsg.New(k)
	case rule.ProtoNFS:
		return nfsmsg.New(k, stream)
	case rule.ProtoENIP:
		return enipmsg.New(k, stream)
	case rule.ProtoModbus:
		return modbusmsg.New(k)
	case rule.ProtoPGSQL:
		return pgsqlmsg.New(k)
	case rule.ProtoDNP3:
		return dnp3msg.New(k, stream)
	}
	return nil
}
