package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strings"
)

func setFlow(b *builder, v string) error {
	f := &b.r.Flow
	for _, word := range value.Fields(v) {
		switch word {
		case "established":
			f.Established = true
		case "not_established":
			f.NotEstablished = true
		case "stateless":
			f.Stateless = true
		case "to_server", "from_client":
			b.toServer = true
		case "to_client", "from_server":
			b.toClient = true
		case "no_stream":
			f.NoStream = true
		case "only_stream":
			f.OnlyStream = true
		case "no_frag":
			f.NoFrag = true
		case "only_frag":
			f.OnlyFrag = true
		default:
			return value.Unknown(word)
		}
	}
	switch {
	case b.toServer && b.toClient:
		return errors.New("it names both directions; keep one")
	case f.Established && f.NotEstablished, f.Established && f.Stateless:
		return errors.New("established contradicts not_established and stateless; keep one")
	}
	return nil
}

func setAppProto(b *builder, v string) error {
	name, mode, _ := strings.Cut(v, ",")
	name, negated := strings.CutPrefix(strings.TrimSpace(name), "!")
	p, ok := protoByName[name]
	switch name {
	case "failed":
		p, ok = rule.ProtoFailed, true
	case "unknown":
		p, ok = rule.ProtoUnknown, true
	}
	if !ok || p < rule.ProtoHTTP && p != rule.ProtoUnknown {
		return fmt.Errorf("application protocol %q is not recognised here", name)
	}
	modes := map[string]rule.Recognised{"": 0, "final": rule.RecognisedFinal, "original": rule.RecognisedOriginal, "either": rule.RecognisedEither,
		"to_server": rule.RecognisedToServer, "to_client": rule.RecognisedToClient, "toserver": rule.RecognisedToServer, "toclient": rule.RecognisedToClient}
	m, ok := modes[strings.TrimSpace(mode)]
	if !ok {
		return value.Unknown(mode)
	}
	b.r.AppProtos = append(b.r.AppProtos, rule.AppProto{Proto: p, Negated: negated, Mode: m})
	return nil
}
