package rarity

import "otasuke/rule"

// Volume is how often bytes are met in a buffer, against a line of a header: by its size,
// and because some hold little else than what every one of their kind does.
func Volume(buf rule.Buffer) float64 {
	switch buf {
	case rule.HTTPMethod, rule.HTTPProtocol, rule.HTTPStatCode, rule.HTTPStatMsg, rule.HTTPConnection, rule.TLSVersion:
		return 10_000
	case rule.HTTPHeaderNames, rule.HTTPAccept, rule.HTTPAcceptEnc, rule.HTTPAcceptLang, rule.HTTPContentType,
		rule.HTTPContentLen, rule.HTTPRequestLine, rule.HTTPResponseLine, rule.HTTPStart, rule.HTTPHeader, rule.HTTPHeaderRaw, rule.HTTPUserAgent:
		return 100
	case rule.BufPayload, rule.FileData, rule.HTTPRequestBody, rule.HTTPResponseBody:
		return 16
	}
	return 1
}

// Telling weighs buffers for rules without a pattern: some are seldom there.
func Telling(buf rule.Buffer) int {
	switch buf {
	case rule.HTTPMethod, rule.HTTPProtocol, rule.HTTPStatCode, rule.HTTPStatMsg, rule.HTTPConnection, rule.TLSVersion:
		return 1
	case rule.HTTPHeaderNames, rule.HTTPAccept, rule.HTTPAcceptEnc, rule.HTTPAcceptLang, rule.HTTPContentType,
		rule.HTTPContentLen, rule.HTTPRequestLine, rule.HTTPResponseLine, rule.HTTPStart:
		return 3
	case rule.BufPayload, rule.HTTPHeader, rule.HTTPHeaderRaw:
		return 5
	}
	return 8
}

// Longest is the greatest [Length].
const Longest = 2

// Length orders buffers by how long their values are.
func Length(buf rule.Buffer) int {
	switch buf {
	case rule.BufPayload, rule.FileData, rule.HTTPRequestBody, rule.HTTPResponseBody:
		return Longest
	case rule.HTTPHeader, rule.HTTPHeaderRaw, rule.HTTPStart:
		return 1
	}
	return 0
}
