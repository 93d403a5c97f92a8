package mirror

import (
	"context"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"otasuke/e2e/lab"
	"otasuke/gateway/internal/capture"
)

// judge hands on the first bytes behind the header of frames of ours.
type judge struct{ got chan capture.Packet }

func (j *judge) Packet(p *capture.Packet) capture.Verdict {
	if len(p.Data) > 18 && p.Data[12] == 0x88 && p.Data[13] == 0xb5 {
		c := *p
		c.Data = append([]byte(nil), p.Data...)
		j.got <- c
	}
	return capture.Verdict{Action: capture.Drop}
}
func (j *judge) Tick(int64) {}
func (j *judge) Rest()      {}

// port is a host at a cable, and what writes frames to its other end.
func port(t *testing.T) (box *lab.Namespace, write func([]byte)) {
	t.Helper()
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	var both [2]*lab.Namespace
	for i, name := range []string{"switch", "box"} {
		n, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		both[i] = n
	}
	if err := lab.Cable(both[0], "eth0", both[1], "mon0", 1); err != nil {
		t.Fatal(err)
	}
	fd, err := both[0].Wire()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return both[1], func(b []byte) {
		t.Helper()
		if _, err := unix.Write(fd, b); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t testing.TB, box *lab.Namespace) *Mirror {
	t.Helper()
	var m *Mirror
	if err := box.Do(func() (err error) {
		if err := Prepare("mon0"); err != nil {
			return err
		}
		m, err = New("mon0", 7)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// ours is a frame between two others, with tags before it.
func ours(n uint32, tags ...byte) []byte {
	b := append([]byte{2, 0, 0, 0, 0, 0x22, 2, 0, 0, 0, 0, 0x33}, tags...)
	return append(binary.BigEndian.AppendUint32(append(b, 0x88, 0xb5), n), make([]byte, 60)...)
}

// Frames between others arrive in their order, whole, with the VLAN that the kernel took out,
// round the ring several times; nothing is missed.
func TestMirror(t *testing.T) {
	box, write := port(t)
	m := open(t, box)
	ctx, cancel := context.WithCancel(t.Context())
	j, done := &judge{got: make(chan capture.Packet, 1000)}, make(chan error, 1)
	go func() { done <- m.Run(ctx, j) }()
	next := func(n uint32, vlan uint16) {
		t.Helper()
		select {
		case p := <-j.got:
			if got := binary.BigEndian.Uint32(p.Data[14:]); got != n || p.VLAN != vlan || p.Data[5] != 0x22 || p.Len != len(p.Data) || p.Time == 0 {
				t.Fatalf("frame %d: %d, VLAN %d, %x", n, got, p.VLAN, p.Data)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("frame %d is lost", n)
		}
	}
	write(ours(0))
	next(0, 0)
	write(ours(1, 0x81, 0, 0xe0, 10))
	next(1, 10)
	for n := uint32(2); n < 3*blocks*100; { // a frame fills a hundredth of a block's time at most
		from := n
		for ; n < from+500; n++ {
			write(ours(n))
		}
		for k := from; k < n; k++ {
			next(k, 0)
		}
	}
	m.Wake()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if m.Missed.Load() != 0 || m.Packets.Load() < 3*blocks*100 || m.Turns.Load() == 0 {
		t.Errorf("%d missed of %d in %d turns", m.Missed.Load(), m.Packets.Load(), m.Turns.Load())
	}
	if err := m.Send(&capture.Place{Port: 1, MAC: [6]byte{1}}, make([]byte, 20)); !errors.Is(err, capture.ErrNoWire) {
		t.Errorf("something is sent: %v", err)
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	m.Wake() // harmless then
}

// What comes while nobody looks is counted when the ring is full.
func TestMissed(t *testing.T) {
	box, write := port(t)
	m := open(t, box)
	frame := append(ours(1), make([]byte, 1400)...)
	for range (blocks + 2) * blockBytes / len(frame) {
		write(frame)
	}
	m.count()
	if m.Missed.Load() == 0 {
		t.Error("nothing is said to be missed")
	}
}

// Conversations are shared, both directions of one in the same mirror, and nothing is seen twice.
func TestShared(t *testing.T) {
	box, write := port(t)
	all := []*Mirror{open(t, box), open(t, box)}
	var seen [2]atomic.Int64
	for range 100 {
		write(ours(1))
	}
	var next [2]int
	for end := time.Now().Add(10 * time.Second); seen[0].Load()+seen[1].Load() < 100 && time.Now().Before(end); {
		for i, m := range all {
			if _, err := m.wait(next[i]); err != nil {
				t.Fatal(err)
			}
			for m.block(next[i], counter{&seen[i]}) {
				next[i] = (next[i] + 1) % blocks
			}
		}
	}
	if a, b := seen[0].Load(), seen[1].Load(); a != 0 && b != 0 || a+b != 100 {
		t.Errorf("one conversation of 100 frames is seen %d and %d times", a, b)
	}
}

type counter struct{ n *atomic.Int64 }

func (c counter) Packet(p *capture.Packet) capture.Verdict {
	if p.Data[12] == 0x88 && p.Data[13] == 0xb5 {
		c.n.Add(1)
	}
	return capture.Verdict{}
}
func (c counter) Tick(int64) {}
func (c counter) Rest()      {}

func TestPrepare(t *testing.T) {
	box, _ := port(t)
	if err := box.Do(func() error { return Prepare("eth7") }); err == nil {
		t.Error("a port that is not there is taken")
	}
}
