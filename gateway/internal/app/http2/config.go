package http2

import (
	"otasuke/gateway/internal/app/http1/coding"
	"otasuke/rule"
)

// Limits. Those without a comment in Config are Suricata's own.
const (
	// maxFrame bytes of a frame are waited for; of a longer one minFrame are read.
	maxFrame = 65536
	minFrame = 256
	// maxBlock bounds a header block over its frames.
	maxBlock = 102400
	// maxHeaders bounds what the headers of a direction of a stream say in all: a few
	// bytes can name a long one in the table again and again.
	maxHeaders = 256 << 10
	// maxCount bounds the headers of a direction of a stream.
	maxCount = 1024
	// maxString bounds one name or value.
	maxString = 64 << 10
	// maxTable is the largest table of headers that a side may ask for.
	maxTable = 65536
	// maxStreams bounds the streams that are open.
	maxStreams = 4096
	// manyStreams is how many are open before those that were reset are let go: browsers
	// have a hundred open at most.
	manyStreams = 256
	// maxHeld bounds what open streams keep in all: the oldest is let go past it.
	maxHeld = 4 << 20
	// maxNumbers bounds the frames of a stream whose numbers are shown in a direction:
	// endless ones must not fill the memory.
	maxNumbers = 1024
	// maxDNS bounds a message of DNS: what its length field over TCP could say.
	maxDNS = 65535
	// defaultBody is how much of a body is looked at.
	defaultBody = 100 << 10
	// defaultLayers is how many content codings of one body are undone.
	defaultLayers = 2
	// growBody is how much a body grows before rules look again.
	growBody = 32 << 10
	// bombSize and bombRatio tell a body that was made to burst: more than so much that is
	// more than so many times what was sent.
	bombSize, bombRatio = 1 << 20, 2048
	// keepMemory is how large a buffer may be to be kept for later use.
	keepMemory = 16 << 10
	// keepFree is how many streams are kept for the next ones.
	keepFree = 4
)

// Config says how conversations are read.
type Config struct {
	// Want is what rules look at; large buffers are not built for others.
	// It may change while a conversation is read; nil wants nothing.
	Want *rule.BufferSet
	// RequestBody and ResponseBody are how many bytes of a decoded body are looked at;
	// 0 is 100 KiB.
	RequestBody, ResponseBody int
	// Files is how many bytes of a decoded body are given as a file; 0 for all.
	Files uint64
	// Layers is how many content codings of a body are undone; 0 is 2.
	Layers int
	// Pool shares the memory of decoders among the conversations of one worker; nil
	// gives each conversation its own.
	Pool *coding.Pool
}

func (c *Config) complete() {
	if c.Want == nil {
		c.Want = new(rule.BufferSet)
	}
	for _, n := range []*int{&c.RequestBody, &c.ResponseBody} {
		if *n == 0 {
			*n = defaultBody
		}
	}
	if c.Layers == 0 {
		c.Layers = defaultLayers
	}
	if c.Pool == nil {
		c.Pool = new(coding.Pool)
	}
}

func (c *Config) bodyLimit(dir int) int { return [2]int{c.RequestBody, c.ResponseBody}[dir] }
