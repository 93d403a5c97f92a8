package engine

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
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// newReader makes a reader, nil when there is none for the protocol.
func (w *Worker) newReader(p rule.Proto) app.Reader {
	k := w.sink()
	switch p {
	case rule.ProtoHTTP:
		cfg := w.e.cfg.HTTP
		cfg.Want, cfg.Pool = w.used, &w.codings
		if w.e.cfg.EVE.Alert.XFF.On {
			cfg.Want.Add(rule.HTTPHeaderRaw)
		}
		if w.e.cfg.Scanner != nil {
			cfg.Files = scan.MaxFile + 1 // one more, so that the scanner knows
		}
		return http1.New(k, cfg)
	case rule.ProtoTLS:
		return tlsmsg.New(k, tlsmsg.Config{})
	case rule.ProtoDNS:
		return dnsmsg.New(k, dnsmsg.Config{Stream: w.isTCP(), Log: w.e.cfg.DNS})
	case rule.ProtoMDNS:
		return dnsmsg.New(k, dnsmsg.Config{MDNS: true, Log: w.e.cfg.DNS})
	case rule.ProtoSMTP:
		return smtpcmd.New(k, w.e.cfg.SMTP)
	case rule.ProtoFTP:
		return ftpcmd.New(k, ftpcmd.Config{})
	case rule.ProtoSSH:
		return sshhello.New(k)
	case rule.ProtoPOP3:
		return popcmd.New(k)
	case rule.ProtoSMB:
		return smbmsg.New(k)
	case rule.ProtoDCERPC:
		if !w.isTCP() {
			return dcerpc.NewDatagrams(k)
		}
		return dcerpc.New(k)
	case rule.ProtoHTTP2, rule.ProtoDoH2:
		return http2.New(k, http2.Config{Want: w.used, Pool: &w.codings})
	case rule.ProtoWebSocket:
		return websocket.New(k)
	case rule.ProtoQUIC:
		return quichello.New(k)
	case rule.ProtoKRB5:
		return krb5msg.New(k, w.isTCP())
	case rule.ProtoMQTT:
		return mqttmsg.New(k, w.e.cfg.MQTT)
	case rule.ProtoRFB:
		return rfbmsg.New(k)
	case rule.ProtoLDAP:
		return ldapmsg.New(k, w.isTCP())
	case rule.ProtoSIP:
		return sipmsg.New(k, w.isTCP())
	case rule.ProtoSNMP:
		return snmpmsg.New(k)
	case rule.ProtoDHCP:
		return dhcpmsg.New(k, w.e.cfg.DHCP)
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
		return nfsmsg.New(k, w.isTCP())
	case rule.ProtoENIP:
		return enipmsg.New(k, w.isTCP())
	case rule.ProtoModbus:
		return modbusmsg.New(k)
	case rule.ProtoPGSQL:
		return pgsqlmsg.New(k)
	case rule.ProtoDNP3:
		return dnp3msg.New(k, w.isTCP())
	}
	return nil
}
