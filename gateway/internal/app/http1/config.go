package http1

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/coding"
	"otasuke/rule"
)

// Limits. Those without a comment in Config are Suricata's own or its defaults.
const (
	// MaxHead bounds start line and headers of a message, and its trailers: servers
	// take 8 to 64 KiB.
	MaxHead = 128 << 10
	// maxLine bounds one line of a head.
	maxLine = 18000
	// maxHeaders bounds the headers of a message.
	maxHeaders = 1024
	// maxRepeats bounds how often headers of a message are repeated.
	maxRepeats = 64
	// defaultBody is how much of a body is looked at.
	defaultBody = 100 << 10
	// defaultLayers is how many content codings of one response are undone.
	defaultLayers = 2
	// maxOpen bounds the transactions that wait for their response (pipelining).
	maxOpen = 512
	// maxOwed bounds the answers that are waited for to requests that were let go.
	maxOwed = 16 << 10
	// maxHeld bounds the memory of transactions that wait for their response: the
	// oldest is let go past it.
	maxHeld = 4 << 20
	// eager is up to which size rules look at each packet's part of a body, where they look
	// at once; behind it whenever an eighth has come, so that the sum of the work stays a
	// small multiple of its size.
	eager = 16 << 10
	// growRequest and growResponse are how much a body grows before rules look again.
	growRequest  = 32 << 10
	growResponse = 40 << 10
	// keepMemory is how large a buffer may be to be kept for the next transaction: most
	// bodies fit, and idle conversations stay small.
	keepMemory = 32 << 10
	// keepFree is how many transactions and lists of lines are kept for the next ones of a
	// worker: those of an office's open pages.
	keepFree = 64
)

// Config says how conversations are read. The zero value is good: Suricata's
// defaults, no buffer.
type Config struct {
	// Want is what rules look at; other buffers are not built.
	// It may change while a conversation is read; nil wants nothing.
	Want *rule.BufferSet
	// RequestBody and ResponseBody are how many bytes of a decoded body are looked
	// at and given as a file; 0 is 100 KiB.
	RequestBody, ResponseBody int
	// Files is how many bytes of a body are given as files when that is more.
	Files int
	// Layers is how many content codings of a response are undone; 0 is 2.
	Layers int
	// AtOnce shows a body that is not whole with each packet: what a browser has, it
	// runs.
	AtOnce bool
	// DumpHeaders puts all headers into records.
	DumpHeaders bool
	// Memory is shared by the conversations of one worker; nil gives each its own.
	Memory *Memory
	// Pool shares the memory of decoders among the conversations of one worker; nil
	// gives each conversation its own.
	Pool *coding.Pool
}

func (c *Config) complete() {
	if c.Want == nil {
		c.Want = new(rule.BufferSet)
	}
	if c.RequestBody == 0 {
		c.RequestBody = defaultBody
	}
	if c.ResponseBody == 0 {
		c.ResponseBody = defaultBody
	}
	if c.Layers == 0 {
		c.Layers = defaultLayers
	}
	if c.Memory == nil {
		c.Memory = new(Memory)
	}
	if c.Pool == nil {
		c.Pool = new(coding.Pool)
	}
}

func (c *Config) bodyLimit(dir int) int {
	if dir == app.ToServer {
		return c.RequestBody
	}
	return c.ResponseBody
}

// fileLimit is how many bytes of a body are decoded at all.
func (c *Config) fileLimit(dir int) int { return max(c.bodyLimit(dir), c.Files) }
